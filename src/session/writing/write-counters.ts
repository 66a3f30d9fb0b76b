/** What was written since the start. Plain numbers, for metrics. */
export interface WriteCounters {
  created: number;
  changed: number;
  expired: number;
  idsChanged: number;
  /** Writes refused, for whatever reason, before anything was changed. */
  refused: number;
  /** Members that did not acknowledge a write, counted for each. */
  unacknowledged: number;
}

export function newWriteCounters(): WriteCounters {
  return { created: 0, changed: 0, expired: 0, idsChanged: 0, refused: 0, unacknowledged: 0 };
}
