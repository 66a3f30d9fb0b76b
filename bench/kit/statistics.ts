/** What the rounds gave, in their order. */
export interface Measured {
  readonly median: number;
  readonly rounds: readonly number[];
}

/** @throws RangeError of no rounds */
export function measured(rounds: readonly number[]): Measured {
  const sorted = [...rounds].sort((left, right) => left - right);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) {
    throw new RangeError('there is no median of nothing');
  }
  return { median: (lower + upper) / 2, rounds };
}
