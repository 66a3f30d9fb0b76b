import { SEND_OPTIONS, type Probe } from '../wire/index.js';

/** Counted since the channel was made. Messages to several members count once for each. */
export interface ChannelStatistics {
  readonly messagesSent: number;
  readonly messagesReceived: number;
  /** By the send options that they carry, unknown bits left out. */
  readonly sentByOptions: ReadonlyMap<number, number>;
  readonly receivedByOptions: ReadonlyMap<number, number>;
  /** Members that a message could not be delivered to; queued messages are counted by their interceptor. */
  readonly faultySends: number;
  /** Messages of our own that came back to us. */
  readonly ownMessages: number;
  /** Messages by multicast that were dropped, since too much was being processed (ChannelLimits.maxBroadcastBytes). */
  readonly broadcastsDropped: number;
  /** Messages of interceptors that this node does not have, recognised and dropped. */
  readonly swallowed: Readonly<Record<Probe, number>>;
  /** Payloads that are not what their options say, or that a listener could not understand. */
  readonly undecodable: number;
  /** Payloads that no listener took. */
  readonly unaccepted: number;
  /** Messages whose processing failed. */
  readonly failed: number;
  /** Calls of RPC services that this node does not have, answered with NoRpcChannelReply. */
  readonly rpcDeclined: number;
  /** Such calls that were left unanswered, because too many answers were on their way. */
  readonly rpcUnanswered: number;
  /** Answers to calls that nobody here has made, or waits for. */
  readonly rpcAnswersIgnored: number;
  /** Of each interceptor, nearest to the application first. */
  readonly interceptors: readonly {
    readonly name: string;
    readonly statistics: Readonly<Record<string, number>>;
  }[];
}

const KNOWN_OPTIONS = Object.values(SEND_OPTIONS).reduce((bits, bit) => bits | bit, 0);

/** Counts messages by their options; there are not more kinds than combinations of known bits. */
export class OptionsCounter {
  readonly #counts = new Map<number, number>();
  #total = 0;

  add(options: number, messages = 1): void {
    const known = options & KNOWN_OPTIONS;
    this.#counts.set(known, (this.#counts.get(known) ?? 0) + messages);
    this.#total += messages;
  }

  get total(): number {
    return this.#total;
  }

  get byOptions(): ReadonlyMap<number, number> {
    return new Map(this.#counts);
  }
}
