/**
 * Control characters, and those that change the direction of what follows: what comes from the cluster must not be able
 * to steer the terminal or to make a line look like another.
 */
const STEERING = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;

/** `text` in one line that cannot steer a terminal: what could is written as `\u001b`. */
export function printable(text: string): string {
  return text.replace(STEERING, escaped);
}

/** JSON that cannot steer a terminal either, and is the same JSON. `indent` 0: in one line. */
export function printableJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(STEERING, (character) =>
    character === '\n' ? character : escaped(character),
  );
}

/** Columns as wide as their widest cell, two spaces apart; the first row is the head. */
export function table(rows: readonly (readonly string[])[]): string {
  const safe = rows.map((row) => row.map(printable));
  const widths = (safe[0] ?? []).map((_, column) =>
    Math.max(...safe.map((row) => (row[column] ?? '').length)),
  );
  return safe
    .map(
      (row) =>
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd() + '\n',
    )
    .join('');
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
