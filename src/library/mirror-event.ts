import type { SessionEvent } from '../session/index.js';
import type { ClusterMember } from './member.js';

/** Something that happened in the cluster. `at`: when the mirror learnt of it, epoch milliseconds by its own clock. */
export type MirrorEvent =
  | SessionEvent
  | { readonly type: 'memberAdded'; readonly at: number; readonly member: ClusterMember }
  | {
      readonly type: 'memberDisappeared';
      readonly at: number;
      readonly member: ClusterMember;
      /** `shutdown`: it said good-bye; `expired`: it fell silent for `membership.dropTime`. */
      readonly reason: 'shutdown' | 'expired';
    }
  /** A coordinator interceptor has found other members, or another order. The coordinator is the first of them. */
  | { readonly type: 'viewChanged'; readonly at: number; readonly members: readonly ClusterMember[] }
  /** The mirror has the sessions of the cluster: after it joined, and after every time it was cut off. */
  | { readonly type: 'synchronised'; readonly at: number };

/** The events by their names. */
export type MirrorEvents = {
  readonly [Type in MirrorEvent['type']]: Extract<MirrorEvent, { readonly type: Type }>;
};

/** In the stream of a reader that was too slow: events that were dropped, the oldest first. */
export interface MissedEvents {
  readonly type: 'missed';
  readonly count: number;
}
