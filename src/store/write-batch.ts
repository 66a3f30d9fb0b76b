import { TribesError } from '../base/index.js';
import { DATABASE_NAMES, type DatabaseName } from './database-names.js';

/** One row to write; null: to remove. */
export interface Write {
  readonly database: DatabaseName;
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** Number of the database, length of the key, length of the value or -1. */
const HEADER_BYTES = 1 + 2 + 4;

/** Bytes that writes take in a batch. */
export function writeBytes(writes: readonly Write[]): number {
  return writes.reduce((sum, { key, value }) => sum + HEADER_BYTES + key.length + (value?.length ?? 0), 0);
}

/** Writes them to `bytes`, which has room for them, from `start` on; returns where they end. */
export function encodeWrites(writes: readonly Write[], bytes: Buffer, start: number): number {
  let offset = start;
  for (const { database, key, value } of writes) {
    offset = bytes.writeUInt8(DATABASE_NAMES.indexOf(database), offset);
    offset = bytes.writeUInt16BE(key.length, offset);
    offset = bytes.writeInt32BE(value?.length ?? -1, offset);
    offset += key.copy(bytes, offset);
    offset += value?.copy(bytes, offset) ?? 0;
  }
  return offset;
}

/** The writes in one block of memory, to be handed to another thread. */
export function encodeBatch(writes: readonly Write[]): Uint8Array<ArrayBuffer> {
  const block = new ArrayBuffer(writeBytes(writes));
  encodeWrites(writes, Buffer.from(block), 0);
  return new Uint8Array(block);
}

/** The inverse of `encodeBatch`; keys and values are views. Error: TRIBES_E_STORE_RECORD. */
export function* decodeBatch(block: Uint8Array): Generator<Write> {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  for (let offset = 0; offset < bytes.length;) {
    checkLeft(bytes, offset, HEADER_BYTES);
    const database = DATABASE_NAMES[bytes.readUInt8(offset)];
    const keyStart = offset + HEADER_BYTES;
    const keyEnd = keyStart + bytes.readUInt16BE(offset + 1);
    const length = bytes.readInt32BE(offset + 3);
    const end = keyEnd + Math.max(0, length);
    if (database === undefined) {
      throw new TribesError('TRIBES_E_STORE_RECORD', {
        expected: 'the number of a database',
        found: `${bytes.readUInt8(offset)}`,
        offset,
      });
    }
    checkLeft(bytes, offset, end - offset);
    const value = length < 0 ? null : bytes.subarray(keyEnd, end);
    yield { database, key: bytes.subarray(keyStart, keyEnd), value };
    offset = end;
  }
}

function checkLeft(bytes: Buffer, offset: number, length: number): void {
  if (offset + length > bytes.length) {
    throw new TribesError('TRIBES_E_STORE_RECORD', {
      expected: `${length} bytes of a row`,
      found: `${bytes.length - offset}`,
      offset,
    });
  }
}
