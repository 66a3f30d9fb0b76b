/**
 * Whether `expected` stands in `bytes` at `offset`, all of it. Markers and class names are short, and what is not meant
 * differs early: a loop is done before a view is made.
 */
export function holdsAt(bytes: Uint8Array, offset: number, expected: Uint8Array): boolean {
  if (offset + expected.length > bytes.length) {
    return false;
  }
  for (let i = 0; i < expected.length; i++) {
    if (bytes[offset + i] !== expected[i]) {
      return false;
    }
  }
  return true;
}
