import { randomBytes } from 'node:crypto';
import type { Database, RootDatabase } from 'lmdb';
import { TribesError, type Logger } from '../base/index.js';
import { fingerprintOf } from './cipher.js';
import { migrate } from './migration.js';

/** Version of the layout: the databases, their keys and their values, and the journal. */
export const STORE_FORMAT = 4;

/** Since when there is a journal, which knows the store by its id, and heads say by whom sessions were confirmed. */
const JOURNAL_FORMAT = 2;

/** What a store says of itself, in `meta`, readable without its key. */
export interface StoreIdentity {
  /** 16 random bytes, by which its journal knows it. */
  readonly id: Buffer;
}

const META_DATABASE = 'meta';
const FORMAT_KEY = Buffer.from('format');
const ID_KEY = Buffer.from('id');
const FINGERPRINT_KEY = Buffer.from('key');
const ID_BYTES = 16;
const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;

/**
 * Makes sure that what is there is a store of ours, of a format that is known, that `secret` opens; makes a new one where
 * nothing is, and brings one of an older format up to date.
 * Errors: TRIBES_E_STORE_UNREADABLE, TRIBES_E_STORE_NEWER, TRIBES_E_STORE_KEY.
 */
export function checkIdentity(
  directory: string,
  root: RootDatabase<Buffer, Buffer>,
  secret: Buffer | undefined,
  logger: Logger,
): StoreIdentity {
  // lmdb-js writes the names of databases with a final NUL.
  const names = [...root.getKeys()].map((name) => name.toString('utf8').replace(/\0$/, ''));
  if (names.length > 0 && !names.includes(META_DATABASE)) {
    throw unusable(directory, 'data.mdb is an LMDB environment of another program');
  }
  const meta = root.openDB<Buffer, Buffer>({ name: META_DATABASE, ...BINARY });
  const format = meta.get(FORMAT_KEY);
  if (format === undefined && names.length <= 1) {
    return create(root, meta, secret);
  }
  if (format?.length !== 4) {
    throw unusable(directory, 'data.mdb does not say which format it has');
  }
  const found = format.readUInt32BE();
  if (found > STORE_FORMAT) {
    throw new TribesError('TRIBES_E_STORE_NEWER', { directory, found, known: STORE_FORMAT });
  }
  checkKey(directory, meta.get(FINGERPRINT_KEY), secret);
  if (found < STORE_FORMAT) {
    // Since 3, journals hold edits; since 4, there is a ledger.
    const sessions = found < JOURNAL_FORMAT ? migrate(root) : 0;
    root.transactionSync(() => {
      if (found < JOURNAL_FORMAT) {
        meta.putSync(ID_KEY, randomBytes(ID_BYTES));
      }
      meta.putSync(FORMAT_KEY, uint32(STORE_FORMAT));
    });
    logger.info(
      { directory, from: found, to: STORE_FORMAT, sessions },
      'the store has been brought up to date',
    );
  }
  const id = meta.get(ID_KEY);
  if (id?.length !== ID_BYTES) {
    throw unusable(directory, 'data.mdb does not say which store it is');
  }
  return { id };
}

function create(
  root: RootDatabase<Buffer, Buffer>,
  meta: Database<Buffer, Buffer>,
  secret: Buffer | undefined,
): StoreIdentity {
  const id = randomBytes(ID_BYTES);
  root.transactionSync(() => {
    meta.putSync(ID_KEY, id);
    if (secret !== undefined) {
      meta.putSync(FINGERPRINT_KEY, fingerprintOf(secret));
    }
    meta.putSync(FORMAT_KEY, uint32(STORE_FORMAT));
  });
  return { id };
}

/** `found`: what is there of the key that the store was made with. */
function checkKey(directory: string, found: Buffer | undefined, secret: Buffer | undefined): void {
  const refused = (reason: string) => new TribesError('TRIBES_E_STORE_KEY', { directory, reason });
  if (found !== undefined && secret === undefined) {
    throw refused('it is encrypted, and no key is given');
  }
  if (found === undefined && secret !== undefined) {
    throw refused('it is not encrypted, and a key is given');
  }
  if (found !== undefined && secret !== undefined && !found.equals(fingerprintOf(secret))) {
    throw refused('it is encrypted with another key');
  }
}

function unusable(directory: string, reason: string): TribesError {
  return new TribesError('TRIBES_E_STORE_UNREADABLE', { directory, reason });
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
