/** What a transmitter has done since it was made. Counters only grow, apart from `connections`. */
export interface SenderStatistics {
  /** Open now, over TCP and UDP. */
  readonly connections: number;
  /** Connections opened. */
  readonly connects: number;
  /** Messages taken by a destination, counted for each. */
  readonly messages: number;
  readonly bytes: number;
  /** Those messages that went by UDP. */
  readonly datagrams: number;
  readonly retries: number;
  /** Messages that a destination did not take. */
  readonly failures: number;
  /** Acknowledgements that nobody had asked for. */
  readonly strays: number;
}

export type SenderCounters = { -readonly [Name in keyof SenderStatistics]: number };

export function newSenderCounters(): SenderCounters {
  return {
    connections: 0,
    connects: 0,
    messages: 0,
    bytes: 0,
    datagrams: 0,
    retries: 0,
    failures: 0,
    strays: 0,
  };
}
