import type { RootDatabase } from 'lmdb';
import { checksumSeal } from './row-seal.js';

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;
/** What one transaction may change: it is held in memory until it ends. */
const ROWS_A_TRANSACTION = 5000;

/** Where the format of a record stands in its head, and what it was and is. */
const FORMAT_OFFSET = 0;
const OLD_FORMAT = 1;
const NEW_FORMAT = 2;
/** The new field at the end of a head: by how many members the session was confirmed. */
const NOBODY = Buffer.of(0);

/**
 * Brings a store from format 1 to 2: heads say by whom their session has been confirmed, and there are facts. It may be
 * broken off at any moment and begins anew: what has been changed is passed over.
 *
 * Returns the number of sessions changed.
 */
export function migrate(root: RootDatabase<Buffer, Buffer>): number {
  const heads = root.openDB<Buffer, Buffer>({ name: 'heads', ...BINARY });
  let changed = 0;
  let rows: { readonly key: Buffer; readonly value: Buffer }[] = [];
  const write = (): void => {
    root.transactionSync(() => rows.forEach(({ key, value }) => heads.putSync(key, value)));
    changed += rows.length;
    rows = [];
  };
  let from: Buffer | undefined;
  for (;;) {
    const range = {
      ...(from !== undefined && { start: from, exclusiveStart: true }),
      limit: ROWS_A_TRANSACTION,
    };
    const keys = [...heads.getKeys(range)].map((key) => Buffer.from(key));
    from = keys.at(-1);
    if (from === undefined) {
      return changed;
    }
    for (const key of keys) {
      const value = heads.get(key);
      const migrated = value && migratedHead(key, value);
      if (migrated !== undefined) {
        rows.push({ key, value: migrated });
      }
    }
    write();
  }
}

/** Undefined for one that is damaged, which stays so, or of the new format. */
function migratedHead(key: Buffer, sealed: Buffer): Buffer | undefined {
  let head: Buffer;
  try {
    head = checksumSeal.open('heads', key, sealed);
  } catch {
    return undefined; // it is reported when it is read
  }
  if (head[FORMAT_OFFSET] !== OLD_FORMAT) {
    return undefined;
  }
  const migrated = Buffer.concat([head, NOBODY]);
  migrated.writeUInt8(NEW_FORMAT, FORMAT_OFFSET);
  return checksumSeal.seal('heads', key, migrated);
}
