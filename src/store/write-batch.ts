import { crc32 } from 'node:zlib';
import { TribesError } from '../base/index.js';
import { DATABASE_NAMES, type DatabaseName } from './lmdb-environment.js';

/** One row to write; null: to remove. */
export interface Write {
  readonly database: DatabaseName;
  readonly key: Buffer;
  readonly value: Buffer | null;
}

const CHECKSUM_BYTES = 4;
/** Number of the database, length of the key, length of the value or -1. */
const HEADER_BYTES = 1 + 2 + 4;

/** Bytes that a write takes in a batch. */
export function writeBytes({ key, value }: Write): number {
  return HEADER_BYTES + key.length + (value === null ? 0 : CHECKSUM_BYTES + value.length);
}

/** The writes in one block of memory, to be handed to another thread. Room for the checksums is left empty. */
export function encodeBatch(writes: readonly Write[]): Uint8Array<ArrayBuffer> {
  const block = new ArrayBuffer(writes.reduce((sum, write) => sum + writeBytes(write), 0));
  const bytes = Buffer.from(block);
  let offset = 0;
  for (const { database, key, value } of writes) {
    offset = bytes.writeUInt8(DATABASE_NAMES.indexOf(database), offset);
    offset = bytes.writeUInt16BE(key.length, offset);
    offset = bytes.writeInt32BE(value?.length ?? -1, offset);
    offset += key.copy(bytes, offset);
    if (value !== null) {
      offset += CHECKSUM_BYTES + value.copy(bytes, offset + CHECKSUM_BYTES);
    }
  }
  return new Uint8Array(block);
}

/** The inverse of `encodeBatch`; the values are views, sealed in place. */
export function* decodeBatch(block: Uint8Array): Generator<Write> {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  for (let offset = 0; offset < bytes.length;) {
    const database = DATABASE_NAMES[bytes.readUInt8(offset)];
    const keyStart = offset + HEADER_BYTES;
    const keyEnd = keyStart + bytes.readUInt16BE(offset + 1);
    const length = bytes.readInt32BE(offset + 3);
    const end = length < 0 ? keyEnd : keyEnd + CHECKSUM_BYTES + length;
    if (database === undefined) {
      throw new RangeError('a batch names a database that there is not');
    }
    const value = length < 0 ? null : seal(bytes.subarray(keyEnd, end));
    yield { database, key: bytes.subarray(keyStart, keyEnd), value };
    offset = end;
  }
}

/** Writes the checksum of what is behind it into the first bytes: LMDB has none of its own. */
function seal(value: Buffer): Buffer {
  value.writeUInt32BE(crc32(value.subarray(CHECKSUM_BYTES)), 0);
  return value;
}

/** What `seal` has sealed, without its checksum. Error: TRIBES_E_STORE_RECORD. */
export function unseal(value: Buffer): Buffer {
  const payload = value.subarray(CHECKSUM_BYTES);
  const expected = value.length < CHECKSUM_BYTES ? 0 : value.readUInt32BE(0);
  const found = crc32(payload);
  if (value.length < CHECKSUM_BYTES || expected !== found) {
    throw new TribesError('TRIBES_E_STORE_RECORD', {
      expected: `checksum ${expected.toString(16)}`,
      found: `${found.toString(16)} over ${payload.length} bytes`,
      offset: 0,
    });
  }
  return payload;
}
