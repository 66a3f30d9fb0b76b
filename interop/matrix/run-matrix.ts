import { randomInt } from 'node:crypto';
import { findTomcat, LocalPlace, LoopbackNetwork } from '../kit/index.js';
import { runScenario } from '../scenarios/run-scenario.js';
import { coveringCells, type MatrixCell } from './cells.js';
import { guideCells } from './guides.js';
import { fingerprint as fingerprintOf, ResultsFile, type CellResult } from './results.js';
import { runningOrder, select, type Selection } from './selection.js';
import { playCell } from './play-cell.js';
import { outcomeTable, type Outcome } from './table.js';

export interface MatrixOptions {
  /** Of the covering set. Default: that of the last run of the same build, so that it is gone on with; without one, by chance. */
  readonly seed?: number;
  /** Default: no limit. */
  readonly minutes?: number;
  /** Whether what passed with the same build is run again. */
  readonly fresh: boolean;
  /** The file of results. */
  readonly results: string;
  /** Only cells whose name contains one of these, if there are any. */
  readonly filter: readonly string[];
  readonly withoutNode: boolean;
  readonly keepFiles: boolean;
  /** Whether the cells are only named. */
  readonly listOnly: boolean;
}

/** The cells of a seed in the order in which they are run. */
export function matrixCells(seed: number): MatrixCell[] {
  return runningOrder(coveringCells(seed), guideCells, seed);
}

/** Runs what has not passed yet, tells each cell as soon as it is known, and a table in the end. Answers whether nothing failed. */
export async function runMatrix(options: MatrixOptions): Promise<boolean> {
  const file = new ResultsFile(options.results);
  const releases = (['9', '10.1'] as const).map((version) => findTomcat(version).release);
  const fingerprint = fingerprintOf(options.withoutNode ? [...releases, 'without the node'] : releases);
  const results = file.read();
  const seed = options.seed ?? seedOf(results, fingerprint, options.fresh) ?? randomInt(1, 2 ** 31);
  const cells = matrixCells(seed).filter(({ name }) => fits(name, options.filter));
  const selection = select(cells, {
    results,
    ...(options.minutes !== undefined && { minutes: options.minutes }),
    ...(!options.fresh && { fingerprint }),
  });
  tell(selection, seed, releases, options);
  if (options.listOnly) {
    return true;
  }
  const outcomes = new Map<MatrixCell, Outcome>(selection.passedBefore.map((cell) => [cell, 'passed']));
  const start = performance.now();
  for (const [number, cell] of selection.chosen.entries()) {
    if (secondsSince(start) > (options.minutes ?? Infinity) * 60) {
      console.log(`the time is over: ${selection.chosen.length - number} of the chosen cells are not run`);
      break;
    }
    const result = { fingerprint, seed, ...(await runCell(cell, options)) };
    file.add(result);
    outcomes.set(cell, result.passed ? 'passed' : 'failed');
    const place = `[${number + 1}/${selection.chosen.length}]`;
    console.log(
      `${result.passed ? 'ok  ' : 'FAIL'}  ${place} ${cell.name} (${result.seconds} s)${result.failure === undefined ? '' : `: ${result.failure}`}`,
    );
  }
  return summed(cells, outcomes, { seed, seconds: secondsSince(start), path: file.path });
}

function seedOf(results: readonly CellResult[], fingerprint: string, fresh: boolean): number | undefined {
  return fresh ? undefined : results.findLast((result) => result.fingerprint === fingerprint)?.seed;
}

function fits(name: string, filter: readonly string[]): boolean {
  return filter.length === 0 || filter.some((text) => name.includes(text));
}

function tell(
  { chosen, passedBefore, leftOut, seconds }: Selection<MatrixCell>,
  seed: number,
  releases: readonly string[],
  { minutes }: MatrixOptions,
): void {
  const within = minutes === undefined ? '' : `, within ${minutes} minutes`;
  console.log(`the matrix of seed ${seed}, Tomcat ${releases.join(' and ')}${within}:`);
  console.log(`${chosen.length} cells to be run, about ${Math.ceil(seconds / 60)} minutes:`);
  chosen.forEach(({ name }) => console.log(`  ${name}`));
  if (passedBefore.length > 0) {
    console.log(`${passedBefore.length} cells have passed with this build before (--fresh runs them again)`);
  }
  if (leftOut.length > 0) {
    console.log(`${leftOut.length} cells are not run, for want of time:`);
    leftOut.forEach(({ name }) => console.log(`  ${name}`));
  }
}

async function runCell(
  cell: MatrixCell,
  { withoutNode, keepFiles }: Pick<MatrixOptions, 'withoutNode' | 'keepFiles'>,
): Promise<Omit<CellResult, 'fingerprint' | 'seed'>> {
  const start = performance.now();
  const ended = (): Omit<CellResult, 'fingerprint' | 'seed' | 'passed'> => ({
    cell: cell.name,
    seconds: Math.round(secondsSince(start)),
    at: new Date().toISOString(),
  });
  try {
    const { failures } = await playCell(cell, async () => {
      const place = await LocalPlace.open(new LoopbackNetwork());
      await runScenario(cell, { place, withoutNode, keepFiles, report: () => undefined });
    });
    const [first] = failures;
    return { ...ended(), passed: true, ...(first !== undefined && { failure: `played again: ${first}` }) };
  } catch (error) {
    return { ...ended(), passed: false, failure: error instanceof Error ? error.message : String(error) };
  }
}

function summed(
  cells: readonly MatrixCell[],
  outcomes: ReadonlyMap<MatrixCell, Outcome>,
  { seed, seconds, path }: { readonly seed: number; readonly seconds: number; readonly path: string },
): boolean {
  const judged = cells.map((cell) => ({ ...cell, outcome: outcomes.get(cell) ?? ('none' as const) }));
  const count = (outcome: Outcome): number => judged.filter((cell) => cell.outcome === outcome).length;
  console.log(['', ...outcomeTable(judged), ''].join('\n'));
  judged.filter(({ outcome }) => outcome === 'failed').forEach(({ name }) => console.log(`failed: ${name}`));
  const time = `${Math.round(seconds / 60)} minutes, seed ${seed}; results in ${path}`;
  console.log(`${count('passed')} passed, ${count('failed')} failed, ${count('none')} not run; ${time}`);
  return count('failed') === 0 && count('passed') > 0;
}

function secondsSince(start: number): number {
  return (performance.now() - start) / 1000;
}
