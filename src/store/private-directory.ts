import { constants, type Stats } from 'node:fs';
import { chmod, open, stat } from 'node:fs/promises';
import { messageOf, TribesError, type Logger } from '../base/index.js';
import { makeDirectories } from './make-directories.js';

const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
const OTHERS = 0o077;

/**
 * Makes `path`, and what is missing above it, for this user alone. One that exists and gives others rights is
 * tightened, with a warning. Error: TRIBES_E_STORE_UNREADABLE, also when it belongs to another user, who could read
 * or replace what we write.
 */
export async function preparePrivateDirectory(path: string, logger: Logger): Promise<void> {
  await guarded(path, async () => {
    makeDirectories(path, DIRECTORY_MODE);
    const found = await stat(path);
    checkOwner(path, found);
    if ((found.mode & OTHERS) !== 0) {
      await chmod(path, DIRECTORY_MODE);
      warnTightened(path, found, DIRECTORY_MODE, logger);
    }
  });
}

/** Makes the file `path`, empty, if it does not exist; else as `preparePrivateDirectory`. Returns its length. */
export async function preparePrivateFile(path: string, logger: Logger): Promise<number> {
  return guarded(path, async () => {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, FILE_MODE);
    try {
      const found = await file.stat();
      checkOwner(path, found);
      if ((found.mode & OTHERS) !== 0) {
        await file.chmod(FILE_MODE);
        warnTightened(path, found, FILE_MODE, logger);
      }
      return found.size;
    } finally {
      await file.close();
    }
  });
}

export function unreadable(directory: string, cause: unknown): TribesError {
  return new TribesError('TRIBES_E_STORE_UNREADABLE', { directory, reason: messageOf(cause) }, { cause });
}

async function guarded<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function checkOwner(path: string, found: Stats): void {
  const user = process.getuid?.();
  if (user !== undefined && found.uid !== user) {
    throw new Error(`${path} belongs to user ${found.uid}, and this process runs as user ${user}`);
  }
}

function warnTightened(path: string, found: Stats, mode: number, logger: Logger): void {
  const octal = (value: number): string => (value & 0o777).toString(8).padStart(4, '0');
  logger.warn(
    { path, found: octal(found.mode), mode: octal(mode) },
    'other users could read the session store: rights taken away',
  );
}
