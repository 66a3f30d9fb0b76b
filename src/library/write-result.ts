import type { WriteOutcome } from '../session/index.js';
import { clusterMember, type ClusterMember } from './member.js';
import type { Session } from './session.js';

/** What became of a write. It is in this mirror, whoever of the others has acknowledged it. */
export interface WriteResult {
  /** The session as it is now; null when it was expired. */
  readonly session: Session | null;
  /** Whether all the other members have processed the write; so it is, too, when there are none. */
  readonly complete: boolean;
  /** Members that have processed the write. */
  readonly acknowledged: readonly ClusterMember[];
  /** Members that have not said so: they may have taken it, or may take it yet. */
  readonly unacknowledged: readonly { readonly member: ClusterMember; readonly reason: string }[];
}

export function writeResult(
  { acknowledged, unacknowledged }: WriteOutcome,
  session: Session | null,
): WriteResult {
  return {
    session,
    complete: unacknowledged.length === 0,
    acknowledged: acknowledged.map(clusterMember),
    unacknowledged: unacknowledged.map(({ member, reason }) => ({ member: clusterMember(member), reason })),
  };
}
