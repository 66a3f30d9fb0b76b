import { FACTORS } from './factors.js';

/** "none": it was not run, and has not passed before. */
export type Outcome = 'passed' | 'failed' | 'none';

interface Judged {
  readonly values: Readonly<Record<string, string>>;
  readonly outcome: Outcome;
}

/** Line by line, how often each value of each factor passed, failed, and was not run. */
export function outcomeTable(cells: readonly Judged[]): string[] {
  const names = [...Object.keys(FACTORS), 'guide'];
  const rows = names.flatMap((name) => {
    const values = new Set(cells.flatMap(({ values: { [name]: value } }) => value ?? []));
    return [...values].sort().map((value) => {
      const those = cells.filter(({ values: { [name]: found } }) => found === value);
      const count = (outcome: Outcome): string => String(those.filter((it) => it.outcome === outcome).length);
      return [name, value, count('passed'), count('failed'), count('none')];
    });
  });
  return aligned([['factor', 'value', 'passed', 'failed', 'not run'], ...rows]);
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((text, column) =>
        column < 2 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}
