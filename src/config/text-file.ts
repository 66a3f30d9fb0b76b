import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { TribesError, messageOf } from '../base/index.js';

const MAX_FILE_BYTES = 2 ** 20;

/** A file of at most 1 MiB, as UTF-8. Error: TRIBES_E_CONFIG_FILE. */
export function readTextFile(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      if (size > MAX_FILE_BYTES) {
        throw new Error(`it has ${size} bytes, at most ${MAX_FILE_BYTES} are expected`);
      }
      return readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new TribesError('TRIBES_E_CONFIG_FILE', { path, reason: messageOf(error) }, { cause: error });
  }
}
