import { goalText, isMet, ratioOf, type Judged } from './goal.js';
import type { Measured } from './statistics.js';

/** One thing measured, of everybody in the same run. */
export interface Figure extends Judged {
  readonly what: string;
  /** Of each variant of ours, in the order of `Report.ours`. */
  readonly ours: readonly Measured[];
}

export interface Report {
  /** What we are compared with: "OpenJDK 17". */
  readonly theirs: string;
  readonly ours: readonly string[];
  readonly figures: readonly Figure[];
  /** What a reader has to know to believe the figures. */
  readonly notes: readonly string[];
}

/** A table for people: a line for each figure, then the notes. */
export function reportText({ theirs, ours, figures, notes }: Report): string {
  const head = ['', 'unit', theirs, ...ours.flatMap((name) => [name, 'ratio']), 'better', 'goal', 'met'];
  const rows = figures.map((figure) => [
    figure.what,
    figure.unit,
    figure.theirs === undefined ? '' : number(figure.theirs.median),
    ...figure.ours.flatMap((mine) => [number(mine.median), ratioOf(figure, mine)?.toFixed(2) ?? '']),
    figure.better,
    goalText(figure),
    figure.ours.flatMap((mine) => verdict(isMet(figure, mine))).join(', '),
  ]);
  return [...aligned([head, ...rows]), ...notes.map((note) => `- ${note}`)].join('\n');
}

/** The report for programs: with the ratios and the verdicts, each variant by its name. */
export function reportJson({ theirs, ours, figures, notes }: Report): object {
  return {
    theirs,
    ours,
    figures: figures.map((figure) => ({
      ...figure,
      ours: figure.ours.map((mine, index) => ({
        name: ours[index],
        ...mine,
        ratio: ratioOf(figure, mine),
        met: isMet(figure, mine),
      })),
    })),
    notes,
  };
}

function verdict(met: boolean | undefined): string[] {
  return met === undefined ? [] : [met ? 'yes' : 'NO'];
}

function number(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const isText = (column: number): boolean => column < 2 || column >= widths.length - 3;
  return rows.map((row) =>
    row
      .map((cell, column) =>
        isText(column) ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
