import type { ChannelData } from '../wire/index.js';

/** Where to send: what the transmitter needs of a member. */
export interface Destination {
  /** Identifies the destination among the pooled connections. */
  readonly key: string;
  readonly host: string;
  readonly port: number;
  /** Where it takes datagrams (SEND_OPTIONS_UDP); less than 1, or undefined: nowhere. */
  readonly udpPort?: number;
}

/** What became of one destination. */
export interface FaultyDestination<D extends Destination = Destination> {
  readonly destination: D;
  /** TRIBES_E_SEND_REFUSED, _TIMEOUT, _CLOSED, _FAIL_ACK … */
  readonly cause: Error;
}

/** Sends one message to some members, over pooled connections (ReplicationTransmitter, PooledParallelSender). */
export interface ReplicationTransmitter {
  start(): Promise<void>;
  stop(): Promise<void>;
  /**
   * Resolves when every destination has taken the message (with USE_ACK: acknowledged it) or failed; returns the failed.
   * Never rejects for the sake of one destination.
   */
  send<D extends Destination>(
    destinations: readonly D[],
    message: ChannelData,
  ): Promise<FaultyDestination<D>[]>;
  /** Lets go of the connections to a member that has gone (ChannelSender.remove); what is on its way is finished first. */
  remove(key: string): void;
  /** Closes connections that are over age or were closed by the other side; called with each channel heartbeat. */
  keepAlive(): void;
}
