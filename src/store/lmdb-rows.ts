import { contextName, messageOf, TribesError, type ContextName } from '../base/index.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { Descriptor, DescriptorTable } from './descriptor-table.js';
import type { DatabaseName, Environment } from './lmdb-environment.js';
import type { SessionIndex } from './session-index.js';
import { KEY_BYTES } from './session-key.js';
import type { UnreadableRecords } from './unreadable-records.js';
import { unseal, type Write } from './write-batch.js';

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
export function readRow({ databases }: Environment, database: DatabaseName, key: Buffer): Buffer {
  let value: Buffer | undefined;
  try {
    value = databases[database].get(key);
  } catch (error) {
    throw damaged(`a readable page of ${database}`, messageOf(error), error);
  }
  if (value === undefined) {
    throw damaged(`a row of ${database}`, 'none');
  }
  return unseal(value);
}

/** Learns from the databases which contexts, descriptors and sessions there are. Reads no session. */
export function restoreRows(
  environment: Environment,
  into: { index: SessionIndex; descriptors: DescriptorTable; unreadable: UnreadableRecords },
): void {
  const { index, descriptors, unreadable } = into;
  for (const key of environment.databases.contexts.getKeys()) {
    unreadable.guard('context', key, () => {
      const name = new ByteReader(readRow(environment, 'contexts', key)).readText('name of a context');
      index.restoreContext(contextName(name), key.readUInt32BE(0));
    });
  }
  for (const key of environment.databases.descriptors.getKeys()) {
    const id = key.readUInt32BE(0);
    descriptors.reserve(id);
    unreadable.guard('descriptor', key, () => {
      descriptors.restore({ id, bytes: readRow(environment, 'descriptors', key) });
    });
  }
  for (const key of environment.databases.heads.getKeys()) {
    if (key.length !== KEY_BYTES || !index.set(key, 0)) {
      unreadable.report('session', key, 'its context is not known');
    }
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
