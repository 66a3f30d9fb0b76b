import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, constants, fstatSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { TribesError, messageOf } from '../base/index.js';

const TOKEN_BYTES = 32;

/**
 * The access token of `path`; makes the file, readable only for this user, with a new token of 32 random bytes, when it
 * does not exist. `shared` is true when other users can read the file.
 *
 * Error: TRIBES_E_API_TOKEN_FILE.
 */
export function loadOrCreateToken(path: string): { token: string; shared: boolean } {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    createToken(path);
    const file = openSync(path, constants.O_RDONLY);
    try {
      const { mode } = fstatSync(file);
      return { token: readToken(file), shared: (mode & 0o077) !== 0 };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw tokenFileError(path, error);
  }
}

/** The token that another process has put there. Error: TRIBES_E_API_TOKEN_FILE. */
export function loadToken(path: string): string {
  try {
    return readToken(path);
  } catch (error) {
    throw tokenFileError(path, error);
  }
}

/** Compares in a time that does not depend on where the two differ. */
export function sameToken(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

/** O_EXCL: of two processes that start together one makes the token, and the other finds it. */
function createToken(path: string): void {
  let file: number;
  try {
    file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return;
    }
    throw error;
  }
  try {
    writeSync(file, `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`);
  } finally {
    closeSync(file);
  }
}

function readToken(file: string | number): string {
  const token = readFileSync(file, 'utf8').trim();
  if (!/^[\x21-\x7e]{16,512}$/.test(token)) {
    throw new Error('it does not hold one token of 16 to 512 printable characters');
  }
  return token;
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function tokenFileError(path: string, cause: unknown): TribesError {
  return new TribesError('TRIBES_E_API_TOKEN_FILE', { path, reason: messageOf(cause) }, { cause });
}
