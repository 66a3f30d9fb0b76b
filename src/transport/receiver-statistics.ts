/** What a receiver has done since it was made. Counters only grow, apart from `connections` and `heldBytes`. */
export interface ReceiverStatistics {
  /** Open now. */
  readonly connections: number;
  readonly accepted: number;
  /** Connections closed at once because there were TransportLimits.maxConnections already. */
  readonly rejected: number;
  readonly frames: number;
  readonly bytes: number;
  readonly acks: number;
  readonly failAcks: number;
  /** Connections closed because of what came on them. */
  readonly garbage: number;
  /** Connections closed by us before their time, by the code of the error: garbage, and what took too long. */
  readonly refusals: ReadonlyMap<string, number>;
  /** Frames that began and did not end: the sender stopped, or took too long. Garbage is none of them. */
  readonly brokenFrames: number;
  /** Received by UDP; the messages in them are counted as frames. */
  readonly datagrams: number;
  /** Those that were dropped because they held no messages, or not whole ones. */
  readonly malformedDatagrams: number;
  /** Those that were dropped because there was no room for them (TransportLimits.maxBufferedBytes). */
  readonly droppedDatagrams: number;
  /** Bytes of unfinished frames and unprocessed messages held now. */
  readonly heldBytes: number;
}

export type ReceiverCounters = {
  -readonly [Name in Exclude<keyof ReceiverStatistics, 'heldBytes' | 'refusals'>]: number;
} & { readonly refusals: Map<string, number> };

export function newReceiverCounters(): ReceiverCounters {
  return {
    connections: 0,
    accepted: 0,
    rejected: 0,
    frames: 0,
    bytes: 0,
    acks: 0,
    failAcks: 0,
    garbage: 0,
    refusals: new Map(),
    brokenFrames: 0,
    datagrams: 0,
    malformedDatagrams: 0,
    droppedDatagrams: 0,
  };
}
