import type { Measured } from './statistics.js';

/** What a figure should be at most, or at least where more of it is better. */
export interface Goal {
  /** Whether it is about the figure itself, or about its ratio to theirs. */
  readonly of: 'figure' | 'ratio';
  readonly bound: number;
}

/** What a goal is about. */
export interface Judged {
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly theirs?: Measured | undefined;
  /** False where both sides can be looked at, and their ratio says nothing. Default: true. */
  readonly compared?: boolean | undefined;
  readonly goal?: Goal | undefined;
}

/** "≤ 0.5 ×", "≥ 2 ×", "≤ 10 s"; nothing where there is no goal. */
export function goalText({ goal, better, unit }: Judged): string {
  if (goal === undefined) {
    return '';
  }
  return `${better === 'less' ? '≤' : '≥'} ${goal.bound.toLocaleString('en')} ${goal.of === 'ratio' ? '×' : unit}`.trimEnd();
}

/** Undefined where there is no goal. */
export function isMet(judged: Judged, ours: Measured): boolean | undefined {
  const { goal, better } = judged;
  if (goal === undefined) {
    return undefined;
  }
  const value = goal.of === 'ratio' ? ratioOf(judged, ours) : ours.median;
  return value !== undefined && (better === 'less' ? value <= goal.bound : value >= goal.bound);
}

/** Of ours to theirs; undefined where nobody stands beside us, or has taken nothing that could be measured. */
export function ratioOf({ theirs, compared = true }: Judged, ours: Measured): number | undefined {
  return theirs === undefined || theirs.median === 0 || !compared ? undefined : ours.median / theirs.median;
}
