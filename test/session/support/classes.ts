import { descOf, writeStream, type JavaObject } from '../../../src/java/index.js';

/** An object of a class without fields. */
export function instanceOf(className: string, suid = 1n): JavaObject {
  const desc = descOf({ name: className, suid });
  return { kind: 'object', desc, parts: [{ desc, values: [], annotation: null }] };
}

/** A Java stream with one such object. */
export function objectStream(className: string, suid = 1n): Buffer {
  return writeStream({ contents: [instanceOf(className, suid)] });
}
