import type {
  ChannelLimits,
  JavaLimits,
  MembershipLimits,
  SessionLimits,
  StoreLimits,
  TransportLimits,
  ViewLimits,
} from '../base/index.js';
import type { Settings } from '../config/index.js';
import { ClassRules, vetValue } from '../java/index.js';
import type { McastSettings } from '../membership/index.js';
import type { BackupSettings, WriteSettings } from '../session/index.js';
import { encodeMirrorPayload, parseSendOptions } from '../wire/index.js';

/** The attributes of `McastService`, out of our settings; the payload tells other mirrors that this is one. */
export function mcastSettings({ membership }: Settings): McastSettings {
  return { ...membership, bind: membership.bind ?? undefined, payload: encodeMirrorPayload() };
}

export const membershipLimits = ({ membership }: Settings): MembershipLimits => membership;

export const channelLimits = ({ channel }: Settings): ChannelLimits => channel;

export const transportLimits = ({ receiver }: Settings): TransportLimits => receiver;

export const storeLimits = ({ store }: Settings): StoreLimits => store;

export const sessionLimits = ({ session }: Settings): SessionLimits => session;

export const javaLimits = ({ java }: Settings): JavaLimits => java;

export const viewLimits = ({ java }: Settings): ViewLimits => java;

/** How the node takes part in replicated maps. */
export function backupSettings({ backup: { mode, mapSendOptions, ...others } }: Settings): BackupSettings {
  return { ...others, part: mode, mapSendOptions: parseSendOptions(mapSendOptions) };
}

/** How sessions may be written; undefined: not at all. */
export function writeSettings({ write }: Settings): WriteSettings | undefined {
  if (!write.enabled) {
    return undefined;
  }
  const { maxBytes, maxDepth, maxPending, sendOptions } = write;
  const rules = { classes: new ClassRules(write.allowedClasses), maxBytes, maxDepth };
  return { vet: (stream) => vetValue(stream, rules), sendOptions: parseSendOptions(sendOptions), maxPending };
}
