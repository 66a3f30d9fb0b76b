import { defaultJavaLimits } from '../../src/base/index.js';
import { descOf, fieldOf, readObject, writeStream, type JavaObject } from '../../src/java/index.js';

const NOTE = descOf({ name: 'Note', suid: 1n, fields: ['Ljava/lang/String; text'] });

/** A value of a map: `interop/java/histories/Note.java`. */
export function encodeNote(text: string): Buffer {
  const parts = [{ desc: NOTE, values: [{ kind: 'string', value: text } as const], annotation: null }];
  return writeStream({ contents: [{ kind: 'object', desc: NOTE, parts } satisfies JavaObject] });
}

export function decodeNote(stream: Buffer): string {
  const note = readObject(stream, defaultJavaLimits);
  const text = note?.kind === 'object' ? fieldOf(note, 'text') : undefined;
  if (typeof text !== 'object' || text?.kind !== 'string') {
    throw new Error('a value of the map is no note');
  }
  return text.value;
}
