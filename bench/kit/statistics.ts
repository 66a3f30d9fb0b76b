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

/** The value below which `percent` of all are; NaN of none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? NaN;
}

/**
 * How a cost grows with a size: 0 where it is flat, 1 where it is linear. The exponent of the power of the size that fits
 * best (least squares of the logarithms).
 *
 * @throws RangeError of fewer than two sizes
 */
export function growthExponent(points: readonly { readonly size: number; readonly cost: number }[]): number {
  const sizes = points.map(({ size }) => Math.log(size));
  const costs = points.map(({ cost }) => Math.log(cost));
  const [meanSize, meanCost] = [mean(sizes), mean(costs)];
  const spread = sum(sizes.map((size) => (size - meanSize) ** 2));
  if (!(spread > 0)) {
    throw new RangeError('there is no growth without two sizes');
  }
  return sum(sizes.map((size, index) => (size - meanSize) * ((costs[index] ?? NaN) - meanCost))) / spread;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function mean(numbers: readonly number[]): number {
  return sum(numbers) / numbers.length;
}
