import { contextName, messageOf, TribesError, type ContextName } from '../base/index.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { DatabaseName, RowKind } from './database-names.js';
import type { Descriptor, DescriptorTable } from './descriptor-table.js';
import type { FactTable } from './fact-table.js';
import type { Environment } from './lmdb-environment.js';
import type { SessionIndex } from './session-index.js';
import { KEY_BYTES } from './session-key.js';
import type { UnreadableRecords } from './unreadable-records.js';
import type { Row, Write } from './write-batch.js';
import type { Unwritten } from './write-behind.js';

/** Row of `contexts`: the number under which the sessions of a context rest, and its name. */
export function contextRow(number: number, name: ContextName): Write {
  const writer = new ByteWriter();
  writer.writeText(name);
  return { database: 'contexts', key: numberKey(number), value: writer.toBuffer() };
}

export function removedContextRow(number: number): Write {
  return { database: 'contexts', key: numberKey(number), value: null };
}

/** Row of `descriptors`: a number of the dictionary, and the bytes of the class descriptor. */
export function descriptorRow({ id, bytes }: Descriptor): Write {
  return { database: 'descriptors', key: numberKey(id), value: bytes };
}

/** The value under `key`. Error: TRIBES_E_STORE_RECORD if it is missing or damaged. */
export function readRow({ root, databases, seal }: Environment, database: DatabaseName, key: Buffer): Buffer {
  let value: Buffer | undefined;
  try {
    value = databases[database].get(key);
  } catch (error) {
    // LMDB fails everything that is read in a transaction behind a damaged page (MDB_BAD_TXN).
    root.resetReadTxn();
    throw damaged(`a readable page of ${database}`, messageOf(error), error);
  }
  if (value === undefined) {
    throw damaged(`a row of ${database}`, 'none');
  }
  return seal.open(database, key, value);
}

/** What is there: the databases, with what is to be written to them over it. */
export class Rows {
  readonly #environment: Environment;
  readonly #unwritten = new Map<RowKind, Map<string, Row>>();

  constructor(environment: Environment, unwritten: Iterable<Unwritten>) {
    this.#environment = environment;
    for (const { rows } of unwritten) {
      for (const row of rows) {
        const database = this.#unwritten.get(row.database) ?? new Map<string, Row>();
        this.#unwritten.set(row.database, database);
        database.set(row.key.toString('latin1'), row);
      }
    }
  }

  *keys(database: DatabaseName): Generator<Buffer> {
    const unwritten = this.#unwritten.get(database) ?? new Map<string, Row>();
    for (const key of this.#environment.databases[database].getKeys()) {
      if (!unwritten.has(key.toString('latin1'))) {
        yield key;
      }
    }
    for (const { key, value } of unwritten.values()) {
      if (value !== null) {
        yield key;
      }
    }
  }

  /** As `readRow`. */
  read(database: DatabaseName, key: Buffer): Buffer {
    const value = this.#unwritten.get(database)?.get(key.toString('latin1'))?.value;
    return value ?? readRow(this.#environment, database, key);
  }
}

/** Learns which contexts, descriptors, sessions and facts there are. Reads no session. */
export function restoreRows(
  rows: Rows,
  into: {
    readonly index: SessionIndex;
    readonly descriptors: DescriptorTable;
    readonly facts: FactTable;
    readonly unreadable: UnreadableRecords;
  },
): void {
  const { index, descriptors, facts, unreadable } = into;
  for (const key of rows.keys('contexts')) {
    unreadable.guard('context', key, () => {
      const name = new ByteReader(rows.read('contexts', key)).readText('name of a context');
      index.restoreContext(contextName(name), key.readUInt32BE(0));
    });
  }
  for (const key of rows.keys('descriptors')) {
    const id = key.readUInt32BE(0);
    descriptors.reserve(id);
    unreadable.guard('descriptor', key, () => {
      descriptors.restore({ id, bytes: rows.read('descriptors', key) });
    });
  }
  for (const key of rows.keys('heads')) {
    if (key.length !== KEY_BYTES || !index.set(key, 0)) {
      unreadable.report('session', key, 'its context is not known');
    }
  }
  for (const key of rows.keys('facts')) {
    unreadable.guard('fact', key, () => facts.restore(rows.read('facts', key)));
  }
}

function numberKey(number: number): Buffer {
  const key = Buffer.alloc(4);
  key.writeUInt32BE(number);
  return key;
}

function damaged(expected: string, found: string, cause?: unknown): TribesError {
  return new TribesError('TRIBES_E_STORE_RECORD', { expected, found, offset: 0 }, { cause });
}
