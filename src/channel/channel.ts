import type { UniqueId } from '../base/index.js';
import type { DisappearReason, Member } from '../membership/index.js';
import type { Dialect } from '../wire/index.js';

/** A message as it reaches the listeners of the channel. */
export interface ReceivedMessage {
  /** The message field of ChannelData after all interceptors: raw bytes, or a Java stream with one object. */
  readonly payload: Buffer;
  readonly isByteMessage: boolean;
  /** Whoever the header names; known to the member list or not. */
  readonly sender: Member;
  /** Union of the SEND_OPTIONS bits. */
  readonly options: number;
  /** The sender's epoch milliseconds. */
  readonly timestamp: number;
  readonly uniqueId: UniqueId;
}

export interface ChannelListener {
  /**
   * True when it has taken the message; listeners are asked in the order in which they were added, all of them. With
   * SYNCHRONIZED_ACK the acknowledgement waits for the promise, and a rejection becomes FAIL_ACK.
   */
  messageReceived(message: ReceivedMessage): boolean | Promise<boolean>;
}

export interface ChannelMembershipListener {
  memberAdded(member: Member): void;
  memberDisappeared(member: Member, reason: DisappearReason): void;
}

/** The bytes of one message, in the dialect of whoever gets it. */
export type EncodeForDialect = (dialect: Dialect) => Uint8Array;

/** What happened to a message on its way to each member. */
export interface SendOutcome {
  /** Members that took it (acknowledged it, if the options ask for that). */
  readonly delivered: readonly Member[];
  readonly faulty: readonly { readonly member: Member; readonly cause: Error }[];
}

/** A group of members that exchange messages (org.apache.catalina.tribes.Channel). */
export interface Channel {
  start(): Promise<void>;
  stop(): Promise<void>;
  readonly local: Member;
  /** As the topmost interceptor lists them: the longest running first. */
  members(): readonly Member[];
  /**
   * Destinations are grouped by dialect, and the interceptors run once for each group. Never rejects for the sake of one
   * member. Error: TRIBES_E_CHANNEL_NO_DESTINATION for an empty list.
   */
  send(destinations: readonly Member[], encode: EncodeForDialect, options: number): Promise<SendOutcome>;
  /** What is known of the member's dialect; the newest Tomcat's until it has sent something. */
  dialectOf(member: Member): Dialect;
  addChannelListener(listener: ChannelListener): void;
  addMembershipListener(listener: ChannelMembershipListener): void;
  /** What the node says of its age: see MembershipService.setSynchronised. */
  setSynchronised(synchronised: boolean): void;
}
