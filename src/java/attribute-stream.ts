import { TribesError, type JavaLimits, type ShareGroup } from '../base/index.js';
import { cut } from './cutter.js';
import { scanStream } from './scanner.js';

/** The attribute `index` of a group as a Java stream of its own. Errors: TRIBES_E_SESSION_UNCUT, TRIBES_E_JAVA_…. */
export function attributeStream(
  { names, stream, uncut }: ShareGroup,
  index: number,
  java: JavaLimits,
): Buffer {
  const name = names[index] ?? '';
  if (uncut) {
    // The message that brought it: it holds other attributes, other sessions, and maybe passwords.
    throw new TribesError('TRIBES_E_SESSION_UNCUT', { name });
  }
  if (names.length === 1) {
    return stream;
  }
  const value = scanStream(stream, java).values[index];
  if (value === undefined) {
    throw new TribesError('TRIBES_E_SESSION_UNCUT', { name });
  }
  return cut([value], java);
}
