import type { UniqueId } from '../base/index.js';
import type { DisappearReason, Member } from '../membership/index.js';
import type { Dialect, DialectObservation, RpcHead } from '../wire/index.js';
import type { RpcDiscovery, RpcHandler } from './rpc-services.js';

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
   * SYNCHRONIZED_ACK the acknowledgement waits for the promise, and a rejection becomes FAIL_ACK. A rejection with a
   * coded error of the Java or wire codecs, or about a session message, says that the payload cannot be understood: that
   * is counted and logged, and acknowledged as if nothing had happened, as Tomcat does.
   */
  messageReceived(message: ReceivedMessage): boolean | Promise<boolean>;
  /** Called every heartbeatSleeptime. */
  heartbeat?(): void;
}

export interface ChannelMembershipListener {
  memberAdded(member: Member): void;
  memberDisappeared(member: Member, reason: DisappearReason): void;
  /** A coordinator interceptor has found other members, or another order: the coordinator is the first of them. */
  viewChanged?(view: readonly Member[]): void;
  /** Called every heartbeatSleeptime; once for an object that is registered as both kinds of listener. */
  heartbeat?(): void;
}

/** The bytes of one message, in the dialect of whoever gets it. */
export type EncodeForDialect = (dialect: Dialect) => Uint8Array;

/** What happened to a message on its way to each member. */
export interface SendOutcome {
  /**
   * Members that took it (acknowledged it, if the options ask for that). With ASYNCHRONOUS: members for which it is
   * queued; what becomes of it then is only counted and logged.
   */
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
   * member; members for whose dialect `encode` throws are faulty. What `encode` returns is a Java stream, or raw bytes
   * if the options have BYTE_MESSAGE.
   *
   * Errors: TRIBES_E_CHANNEL_NO_DESTINATION for an empty list, TRIBES_E_CHANNEL_NOT_A_STREAM,
   * TRIBES_E_CHANNEL_NOT_STARTED.
   */
  send(destinations: readonly Member[], encode: EncodeForDialect, options: number): Promise<SendOutcome>;
  /** What is known of the member's dialect; the newest Tomcat's until it has sent something. */
  dialectOf(member: Member): Dialect;
  /** Whether the member has shown its MemberImpl, or is known from before: what is sent with members in it, it can read. */
  hasShownMemberImpl(member: Member): boolean;
  /** Tells what was seen of the member's dialect in what it sent. */
  observeDialect(member: Member, observation: DialectObservation): void;
  addChannelListener(listener: ChannelListener): void;
  addMembershipListener(listener: ChannelMembershipListener): void;
  /**
   * Registers the handler of an RPC service, such as a replicated map; calls of any other are answered with
   * NoRpcChannelReply. Returns what takes it away again. Error: TRIBES_E_CHANNEL_LISTENER.
   */
  registerRpcService(rpcId: Uint8Array, handler: RpcHandler): () => void;
  /** Asks `discovery`, behind those that were added before, about every call of a service that is not registered. */
  discoverRpcServices(discovery: RpcDiscovery): void;
  /** Answers a call as a node that has no such service. */
  declineRpc(head: Pick<RpcHead, 'uuid' | 'rpcId'>, caller: Member): void;
  /** What the node says of its age: see MembershipService.setSynchronised. */
  setSynchronised(synchronised: boolean, stateAgeMs?: number): void;
}
