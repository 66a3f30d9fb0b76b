/** It ends, whatever is said. */
const MOST_TRIALS = 30;

/**
 * The smallest of all sizes that suffices, where all that are larger do too.
 *
 * @param tooSmall a size that does not suffice
 * @param precision how many times as large as the smallest the answer may be
 * @throws Error where nothing seems to suffice
 */
export async function smallest(
  tooSmall: number,
  precision: number,
  suffices: (size: number) => Promise<boolean>,
): Promise<number> {
  let low = tooSmall;
  let high: number | undefined;
  for (let trial = 0; trial < MOST_TRIALS; trial++) {
    if (high !== undefined && high / low <= precision) {
      return high;
    }
    const size: number = high === undefined ? low * 1.5 : Math.sqrt(low * high);
    if (await suffices(size)) {
      high = size;
    } else {
      low = size;
    }
  }
  throw new Error(`nothing up to ${low} seems to suffice`);
}
