import type { Goal } from './goal.js';
import type { Figure } from './report.js';
import { measured } from './statistics.js';

/** A figure that is wanted of what each round gave. */
export interface Wanted<T> {
  readonly what: string;
  readonly unit: string;
  /** Default: less. */
  readonly better?: Figure['better'];
  readonly value: (sample: T) => number;
  readonly goal?: Goal | undefined;
  readonly compared?: boolean;
}

/** At most, or at least, so many times theirs. */
export function times(bound: number): Goal {
  return { of: 'ratio', bound };
}

/** At most, or at least, so much. */
export function absolutely(bound: number): Goal {
  return { of: 'figure', bound };
}

/** @param samples of each round: theirs, then those of each variant of ours */
export function sideBySide<T>(
  [theirs, ...ours]: readonly (readonly T[])[],
  { value, better = 'less', ...wanted }: Wanted<T>,
): Figure {
  return {
    ...wanted,
    better,
    theirs: measured((theirs ?? []).map(value)),
    ours: ours.map((samples) => measured(samples.map(value))),
  };
}

/** What has no counterpart. */
export function oursAlone<T>(
  samples: readonly (readonly T[])[],
  { value, better = 'less', ...wanted }: Wanted<T>,
): Figure {
  return { ...wanted, better, ours: samples.map((each) => measured(each.map(value))) };
}
