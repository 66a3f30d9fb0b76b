/** Longer texts are cut, in UTF-16 units. */
const MAX_TEXT = 200;

/** Further elements and members are only counted. */
const MAX_PARTS = 20;

/** A JSON value as people want to see it: what is long is cut, and says how much is left out. */
export function abbreviate(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.length <= MAX_TEXT ? value : `${value.slice(0, MAX_TEXT)}… (${value.length} characters)`;
  }
  if (Array.isArray(value)) {
    const left = value.length - MAX_PARTS;
    const parts: unknown[] = value.slice(0, MAX_PARTS).map(abbreviate);
    return left > 0 ? [...parts, `… (${left} more)`] : parts;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    const left = entries.length - MAX_PARTS;
    const parts = entries.slice(0, MAX_PARTS).map(([key, part]) => [key, abbreviate(part)] as const);
    return Object.fromEntries(left > 0 ? [...parts, ['…', `${left} more`]] : parts);
  }
  return value;
}
