import { open } from 'node:fs/promises';
import { isTribesError, messageOf, TribesError } from '../base/index.js';
import { KEY_LENGTH } from './cipher.js';

const OTHERS = 0o077;
/** A key, and blank space around it. */
const MAX_FILE_BYTES = 1024;
const KEY_TEXT = new RegExp(`^[0-9a-fA-F]{${2 * KEY_LENGTH}}$`);

/**
 * The key in `file`: 64 hexadecimal digits. Nobody but its owner may have rights to the file.
 * Error: TRIBES_E_STORE_KEY_FILE, which never says what is in it.
 */
export async function readKeyFile(file: string): Promise<Buffer> {
  const refused = (reason: string, cause?: unknown) =>
    new TribesError('TRIBES_E_STORE_KEY_FILE', { file, reason }, { cause });
  try {
    const handle = await open(file, 'r');
    try {
      const { mode, size } = await handle.stat();
      if ((mode & OTHERS) !== 0) {
        throw refused('other users have rights to it: chmod 600');
      }
      const text = size > MAX_FILE_BYTES ? '' : (await handle.readFile('latin1')).trim();
      if (!KEY_TEXT.test(text)) {
        throw refused('it does not hold 64 hexadecimal digits');
      }
      return Buffer.from(text, 'hex');
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw isTribesError(error) ? error : refused(messageOf(error), error);
  }
}
