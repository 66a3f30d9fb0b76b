import type { ChannelData } from '../wire/index.js';
import type { Member, MemberKey } from './member.js';

/** Why a member went. `shutdown`: it said so (BABY-ALEX); `expired`: not heard for dropTime. */
export type DisappearReason = 'shutdown' | 'expired';

export interface MembershipListener {
  memberAdded(member: Member): void;
  memberDisappeared(member: Member, reason: DisappearReason): void;
}

/** Levels of `Channel.start`, to be added up (org.apache.catalina.tribes.Channel). */
export const StartLevel = { SND_RX: 1, SND_TX: 2, MBR_RX: 4, MBR_TX: 8, DEFAULT: 15 } as const;

/** What the channel tells the membership once the receiver is bound (MembershipService.setLocalMemberProperties). */
export interface LocalMemberProperties {
  /** Text of the address that others connect to; never the unspecified address. */
  readonly host: string;
  readonly port: number;
  /** -1, the default, when unused. */
  readonly securePort?: number;
  /** -1, the default, when UDP reception is off. */
  readonly udpPort?: number;
}

/** Who is in the cluster. Every implementation passes `test/membership/membership-service-suite.ts`. */
export interface MembershipService {
  /**
   * Ourselves, at the address that was set last. Its `info` is what the last heartbeat said, and what goes into the
   * header of every message (`MemberImpl.getData(false)`).
   */
  readonly local: Member;
  /** The address that the receiver got. To be called before MBR_TX is started; what only listens does without. */
  setLocalMemberProperties(properties: LocalMemberProperties): void;
  /** Known members, the longest running first, never the local one. */
  members(): readonly Member[];
  /** The one of `members` that has this key. */
  member(key: MemberKey): Member | undefined;
  /** Listens (MBR_RX), then announces (MBR_TX). Errors: TRIBES_E_MEMBERSHIP_… that name the setting. */
  start(level: number): Promise<void>;
  /** Says goodbye when both levels are stopped; idempotent. */
  stop(level: number): Promise<void>;
  setListener(listener: MembershipListener): void;
  /**
   * Sends a message to everybody who listens, members or not (SEND_OPTIONS_MULTICAST). Undefined where there is no multicast
   * group; there Tomcat's does nothing, and says nothing (`MembershipServiceBase.broadcast`).
   *
   * Errors: TRIBES_E_MEMBERSHIP_SILENT, TRIBES_E_SEND_TOO_LARGE, TRIBES_E_MEMBERSHIP_SEND.
   */
  readonly broadcast?: ((message: ChannelData) => Promise<void>) | undefined;
  /**
   * What the heartbeat says of our age: 0 until the node is synchronised, so that nobody takes an empty mirror for its
   * source of state; then the true age.
   *
   * @param stateAgeMs for how long the state that we have has been handed on by now, where that is longer than we run:
   * announced in place of our own age. Milliseconds; default 0.
   */
  setSynchronised(synchronised: boolean, stateAgeMs?: number): void;
  /** Counted since the service was made. */
  readonly statistics: MembershipStatistics;
}

export interface MembershipStatistics {
  /** From other members: zero after a while means that nobody is heard. */
  readonly heartbeatsReceived: number;
  readonly heartbeatsSent: number;
  readonly sendErrors: number;
  /** Datagrams or messages that were not understood. */
  readonly garbage: number;
  /** Announcements that were not believed: more members than MembershipLimits.maxMembers, or too large a payload. */
  readonly refused: number;
}
