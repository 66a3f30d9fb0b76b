import { TribesError } from './errors/index.js';

type Limits<K extends string> = Readonly<Record<K, number>>;

/**
 * `given` over `defaults`: what is not given keeps its bound, and so does what is undefined. Infinity is how to say that
 * there shall be none.
 *
 * Error: TRIBES_E_LIBRARY_LIMIT for what is no bound: whatever is compared with NaN is within it.
 */
export function completeLimits<K extends string>(
  defaults: Limits<K>,
  given: Partial<Limits<K>> = defaults,
): Limits<K> {
  if (given === defaults) {
    return defaults;
  }
  const complete: Record<K, number> = { ...defaults };
  for (const name of Object.keys(defaults) as K[]) {
    const value: unknown = given[name];
    if (value !== undefined) {
      complete[name] = bound(name, value);
    }
  }
  return complete;
}

function bound(name: string, value: unknown): number {
  if (typeof value !== 'number' || !(value >= 0)) {
    throw new TribesError('TRIBES_E_LIBRARY_LIMIT', { name, found: String(value) });
  }
  return value;
}
