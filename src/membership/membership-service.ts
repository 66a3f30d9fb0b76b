import type { Member } from './member.js';

/** Why a member went. `shutdown`: it said so (BABY-ALEX); `expired`: not heard for dropTime. */
export type DisappearReason = 'shutdown' | 'expired';

export interface MembershipListener {
  memberAdded(member: Member): void;
  memberDisappeared(member: Member, reason: DisappearReason): void;
}

/** Levels of `Channel.start`, to be added up (org.apache.catalina.tribes.Channel). */
export const StartLevel = { SND_RX: 1, SND_TX: 2, MBR_RX: 4, MBR_TX: 8, DEFAULT: 15 } as const;

/** Who is in the cluster. Every implementation passes `test/membership/membership-service-suite.ts`. */
export interface MembershipService {
  /** The local member with the address that the receiver got. */
  readonly local: Member;
  /** Known members, the longest running first, never the local one. */
  members(): readonly Member[];
  /** Listens (MBR_RX), then announces (MBR_TX). Errors: TRIBES_E_MEMBERSHIP_… that name the setting. */
  start(level: number): Promise<void>;
  /** Says goodbye when both levels are stopped; idempotent. */
  stop(level: number): Promise<void>;
  setListener(listener: MembershipListener): void;
  /**
   * What the heartbeat says of our age: 0 until the node is synchronised, so that nobody takes an empty mirror for its
   * source of state; then the true age.
   */
  setSynchronised(synchronised: boolean): void;
  /** Datagrams or messages that were not understood, since the start. */
  readonly statistics: MembershipStatistics;
}

export interface MembershipStatistics {
  readonly heartbeatsReceived: number;
  readonly heartbeatsSent: number;
  readonly garbage: number;
}
