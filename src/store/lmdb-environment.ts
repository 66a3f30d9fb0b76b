import { open as openFile, rm, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { open, type Database, type RootDatabase } from 'lmdb';
import { TribesError, type Logger } from '../base/index.js';
import { Cipher } from './cipher.js';
import type { DatabaseName } from './database-names.js';
import { preparePrivateFile } from './private-directory.js';
import { checksumSeal, cipherSeal, type RowSeal } from './row-seal.js';
import { checkIdentity, type StoreIdentity } from './store-identity.js';

export interface Environment {
  readonly root: RootDatabase<Buffer, Buffer>;
  readonly databases: Readonly<Record<DatabaseName, Database<Buffer, Buffer>>>;
  readonly seal: RowSeal;
}

const DATA_FILE = 'data.mdb';
const LOCK_FILE = 'lock.mdb';
/** More than it needs for its 126 readers. */
const LOCK_FILE_BYTES = 16_384;
const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;

export const dataFile = (directory: string): string => join(directory, DATA_FILE);

/**
 * Opens the databases in `directory`, which this process has locked; makes them when the directory is new.
 *
 * @param secret what they are encrypted with, 32 bytes; undefined: they are not.
 * Errors: TRIBES_E_STORE_UNREADABLE, TRIBES_E_STORE_NEWER, TRIBES_E_STORE_KEY; those of LMDB as they come.
 */
export async function openEnvironment(
  directory: string,
  secret: Buffer | undefined,
  logger: Logger,
): Promise<{ readonly environment: Environment; readonly identity: StoreIdentity }> {
  // Nobody else has the environment open, so what stands here is left over from a process that was killed. LMDB would
  // keep its readers' places, and the pages they once saw, when it finds a living process of the same id.
  await rm(join(directory, LOCK_FILE), { force: true });
  await preparePrivateFile(join(directory, LOCK_FILE), logger);
  // LMDB maps this file; on a full disk the process would be killed for writing where there is no room.
  await writeFile(join(directory, LOCK_FILE), Buffer.alloc(LOCK_FILE_BYTES));
  const size = await preparePrivateFile(dataFile(directory), logger);
  if (size > 0) {
    await checkFile(directory, size, logger);
  }
  const root = openRoot(directory);
  try {
    const identity = checkIdentity(directory, root, secret, logger);
    return { environment: { root, databases: openDatabases(root), seal: sealOf(secret) }, identity };
  } catch (error) {
    await root.close();
    throw error;
  }
}

/** Opens once more, in another thread, what `openEnvironment` has opened in this process. */
export function joinEnvironment(directory: string, secret: Buffer | undefined): Environment {
  const root = openRoot(directory);
  return { root, databases: openDatabases(root), seal: sealOf(secret) };
}

function sealOf(secret: Buffer | undefined): RowSeal {
  return secret === undefined ? checksumSeal : cipherSeal(new Cipher(secret));
}

/**
 * Without `overlappingSync` (an addition of lmdb-js) a commit returns when the data is on disk, as in LMDB itself,
 * and a failed one leaves the environment usable.
 */
function openRoot(directory: string): RootDatabase<Buffer, Buffer> {
  return open<Buffer, Buffer>({
    path: directory,
    noSubdir: false,
    overlappingSync: false,
    maxDbs: 8,
    ...BINARY,
  });
}

function openDatabases(root: RootDatabase<Buffer, Buffer>): Environment['databases'] {
  const openOne = (name: DatabaseName) => root.openDB<Buffer, Buffer>({ name, ...BINARY });
  return {
    contexts: openOne('contexts'),
    descriptors: openOne('descriptors'),
    heads: openOne('heads'),
    bodies: openOne('bodies'),
    facts: openOne('facts'),
    meta: openOne('meta'),
    ledger: openOne('ledger'),
  };
}

function notOurs(directory: string, reason: string): TribesError {
  return new TribesError('TRIBES_E_STORE_UNREADABLE', { directory, reason });
}

/** Places in an LMDB data file: `MDB_meta` stands behind a page header of 24 bytes, on the pages 0 and 1. */
const Meta = { magic: 24, version: 28, pageSize: 48, lastPage: 144, end: 152 } as const;
const META_MAGIC = 0xbeefc0de;
const META_VERSION = 2;
/** Those of the systems that LMDB runs on: it takes the system's. */
const PAGE_SIZES: readonly number[] = [4096, 8192, 16_384, 32_768, 65_536];
const MAX_MISSING_BYTES = 2 ** 20;

/**
 * LMDB believes what it finds, and a file that is not whole kills the process: by SIGSEGV when it is opened, by
 * SIGBUS when a part that was cut off is read. So the file is looked at first. A healthy one may lack free pages at
 * its end (`MDB_meta.mm_last_pg`); they are put back, empty. One that lacks more than they can be is refused. An
 * empty page in place of data, LMDB notices itself.
 */
async function checkFile(directory: string, size: number, logger: Logger): Promise<void> {
  const file = await openFile(dataFile(directory), 'r+');
  try {
    const first = await readMeta(file, 0);
    if (first === undefined) {
      throw notOurs(directory, `${DATA_FILE} is not an LMDB file of data version ${META_VERSION}`);
    }
    const second = await readMeta(file, first.pageSize);
    const expected = (Math.max(first.lastPage, second?.lastPage ?? 1) + 1) * first.pageSize;
    const missing = expected - size;
    if (missing > MAX_MISSING_BYTES || size < 2 * first.pageSize) {
      throw notOurs(directory, `${DATA_FILE} was cut short: it has ${size} of ${expected} bytes`);
    }
    if (missing > 0) {
      logger.warn(
        { size, expected },
        `${DATA_FILE} was shorter than it should be: filled up with empty pages`,
      );
      await file.truncate(expected);
    }
  } finally {
    await file.close();
  }
}

interface FileMeta {
  readonly pageSize: number;
  readonly lastPage: number;
}

async function readMeta(file: FileHandle, position: number): Promise<FileMeta | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(Meta.end), 0, Meta.end, position);
  if (
    bytesRead < Meta.end ||
    buffer.readUInt32LE(Meta.magic) !== META_MAGIC ||
    buffer.readUInt32LE(Meta.version) !== META_VERSION
  ) {
    return undefined;
  }
  const pageSize = buffer.readUInt32LE(Meta.pageSize);
  return PAGE_SIZES.includes(pageSize)
    ? { pageSize, lastPage: Number(buffer.readBigUInt64LE(Meta.lastPage)) }
    : undefined;
}
