import type { Registry } from 'prom-client';
import type { Channel, GroupChannel } from '../channel/index.js';
import type {
  ProgramMaps,
  SessionImporter,
  SessionMirror,
  SessionWriter,
  WriteSettings,
} from '../session/index.js';

/** Whether the node can be asked: joined and synchronised (or nobody else is there), and able to store. */
export type Health = ({ readonly ready: true } | { readonly ready: false; readonly reason: string }) & {
  /** What has been lost from the store, and what to do about it; left out where nothing has. */
  readonly warnings?: readonly string[];
};

/** What a program may send over the channel and hear from it, beside sessions and maps. */
export interface ProgramMessages {
  readonly channel: Pick<Channel, 'send' | 'addChannelListener' | 'registerRpcService' | 'declineRpc'> &
    Pick<GroupChannel, 'view'>;
  /** Judges a Java stream that is to be sent; null where nothing may be. Errors: TRIBES_E_WRITE_CLASS, TRIBES_E_WRITE_LIMIT. */
  readonly vet: WriteSettings['vet'] | null;
}

/** What the faces see of a running node. */
export interface NodeView {
  readonly mirror: SessionMirror;
  /** Null where nothing may be written (`write.enabled`). */
  readonly writer: SessionWriter | null;
  readonly importer: SessionImporter;
  /** Replicated maps that are no sessions. */
  readonly maps: Pick<ProgramMaps, 'mayWrite' | 'open' | 'close' | 'put' | 'remove'>;
  readonly channel: Pick<Channel, 'local' | 'members' | 'addMembershipListener'> &
    Pick<GroupChannel, 'problemOf'>;
  readonly messages: ProgramMessages;
  /** Prometheus metrics. */
  readonly metrics: Registry;
  health(): Health;
}
