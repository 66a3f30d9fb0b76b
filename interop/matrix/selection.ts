import { randomNumbers } from '../scenarios/chance.js';
import { shuffled } from './pairwise.js';
import type { CellResult } from './results.js';

/** So long a cell takes that was never run, in seconds, on two cores. */
const USUAL_SECONDS = 35;

/** How many cells of the covering set there are to one of the guides while both last. */
const COVERING_TO_A_GUIDE = 2;

interface Named {
  readonly name: string;
}

export interface SelectionOptions {
  /** Those that the run may take; default: no limit. */
  readonly minutes?: number;
  /** Of earlier runs. */
  readonly results?: readonly CellResult[];
  /** Of this build; what passed with it is not run again. Default: everything is. */
  readonly fingerprint?: string;
}

/** What is run, what need not be, and what there is no time for. */
export interface Selection<Cell extends Named> {
  readonly chosen: readonly Cell[];
  readonly passedBefore: readonly Cell[];
  readonly leftOut: readonly Cell[];
  /** So long the chosen ones will take. */
  readonly seconds: number;
}

/** In the order in which they are run: what covers most first, and guides by chance in between, so that a slice has of both. */
export function runningOrder<Cell>(covering: readonly Cell[], guides: readonly Cell[], seed: number): Cell[] {
  const others = shuffled(guides, randomNumbers(seed));
  const mixed = covering.flatMap((cell, number) =>
    number % COVERING_TO_A_GUIDE === COVERING_TO_A_GUIDE - 1 ? [cell, ...others.splice(0, 1)] : [cell],
  );
  return [...mixed, ...others];
}

/** Chooses of cells in their running order those that are to be run. */
export function select<Cell extends Named>(
  cells: readonly Cell[],
  { minutes = Infinity, results = [], fingerprint }: SelectionOptions,
): Selection<Cell> {
  const last = new Map(results.map((result) => [result.cell, result]));
  const chosen: Cell[] = [];
  const [passedBefore, leftOut]: [Cell[], Cell[]] = [[], []];
  let seconds = 0;
  for (const cell of cells) {
    const before = last.get(cell.name);
    const expected = before?.seconds ?? USUAL_SECONDS;
    if (before?.passed === true && before.fingerprint === fingerprint) {
      passedBefore.push(cell);
    } else if (seconds + expected > minutes * 60) {
      leftOut.push(cell);
    } else {
      chosen.push(cell);
      seconds += expected;
    }
  }
  return { chosen, passedBefore, leftOut, seconds };
}
