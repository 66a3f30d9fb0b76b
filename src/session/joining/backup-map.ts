import type { ReceivedMessage } from '../../channel/index.js';
import { rpcHeadOf } from '../../wire/index.js';

/** `BackupManager.getMapName`; the maps of ClusterSingleSignOn and ReplicatedContext have other names. */
const MAP_SUFFIX = Buffer.from('-map', 'latin1');

/**
 * Whether the message is a call of the replicated map in which a BackupManager keeps its sessions: to every member of the
 * channel it sends INIT and START when it starts, and then a PING with every heartbeat of its channel (5 s).
 */
export function isBackupMapCall({ payload, isByteMessage }: ReceivedMessage): boolean {
  const head = isByteMessage ? null : rpcHeadOf(payload);
  return head?.kind === 'request' && head.rpcId.subarray(-MAP_SUFFIX.length).equals(MAP_SUFFIX);
}
