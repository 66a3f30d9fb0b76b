import type { Measured } from './statistics.js';

/** One thing measured, of everybody in the same run. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  /** Of what we are compared with. */
  readonly theirs: Measured;
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
  const head = ['', 'unit', theirs, ...ours.flatMap((name) => [name, 'ratio']), 'better'];
  const rows = figures.map((figure) => [
    figure.what,
    figure.unit,
    number(figure.theirs.median),
    ...figure.ours.flatMap((mine) => [number(mine.median), ratio(mine, figure.theirs).toFixed(2)]),
    figure.better,
  ]);
  return [...aligned([head, ...rows]), ...notes.map((note) => `- ${note}`)].join('\n');
}

/** The report for programs: with the ratios, each variant by its name. */
export function reportJson({ theirs, ours, figures, notes }: Report): object {
  return {
    theirs,
    ours,
    figures: figures.map((figure) => ({
      ...figure,
      ours: figure.ours.map((mine, index) => ({
        name: ours[index],
        ...mine,
        ratio: ratio(mine, figure.theirs),
      })),
    })),
    notes,
  };
}

function ratio(ours: Measured, theirs: Measured): number {
  return ours.median / theirs.median;
}

function number(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
