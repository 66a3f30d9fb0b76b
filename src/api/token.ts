import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { TribesError, messageOf } from '../base/index.js';
import { makeDirectories } from '../store/index.js';

const TOKEN_BYTES = 32;

export interface LoadedToken {
  readonly token: string;
  /** Other users can read or write the file. */
  readonly shared: boolean;
  /** Other users can put another file in its place. */
  readonly replaceable: boolean;
}

/**
 * The access token of `path`; makes the file, readable only for this user, with a new token of 32 random bytes, when it
 * does not exist.
 *
 * Error: TRIBES_E_API_TOKEN_FILE.
 */
export function loadOrCreateToken(path: string): LoadedToken {
  try {
    makeDirectories(dirname(path), 0o700);
    createToken(path);
    const file = openSync(path, constants.O_RDONLY);
    try {
      const { mode } = fstatSync(file);
      return {
        token: readToken(file),
        shared: (mode & 0o077) !== 0,
        replaceable: (statSync(dirname(path)).mode & 0o022) !== 0,
      };
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

/**
 * `link`: of two processes that start together one makes the token, and the other finds it; and nobody ever finds a
 * file that is half written, whatever happened to who wrote it.
 */
function createToken(path: string): void {
  if (existsSync(path)) {
    return;
  }
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  try {
    writeFileSync(draft, `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw error;
    }
  } finally {
    rmSync(draft, { force: true });
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
