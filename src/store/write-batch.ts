import { TribesError } from '../base/index.js';
import { isOfDatabase, ROW_KINDS, type DatabaseName, type RowKind } from './database-names.js';

/** One row on its way; null: to remove. */
export interface Row {
  readonly database: RowKind;
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** One row to write to a database. */
export interface Write extends Row {
  readonly database: DatabaseName;
}

/** Number of the database, length of the key, length of the value or -1. */
const HEADER_BYTES = 1 + 2 + 4;

const NUMBERS = new Map(ROW_KINDS.map((kind, number) => [kind, number]));

/** Bytes that rows take in a batch. */
export function writeBytes(rows: readonly Row[]): number {
  let bytes = 0;
  for (const { key, value } of rows) {
    bytes += HEADER_BYTES + key.length + (value?.length ?? 0);
  }
  return bytes;
}

/** Writes them to `bytes`, which has room for them, from `start` on; returns where they end. */
export function encodeWrites(rows: readonly Row[], bytes: Buffer, start: number): number {
  let offset = start;
  for (const { database, key, value } of rows) {
    bytes[offset] = NUMBERS.get(database) as number;
    bytes.writeUInt16BE(key.length, offset + 1);
    bytes.writeInt32BE(value?.length ?? -1, offset + 3);
    offset += HEADER_BYTES;
    // Keys are short: so it is quicker than `set`.
    for (let i = 0; i < key.length; i++) {
      bytes[offset + i] = key[i] as number;
    }
    offset += key.length;
    if (value !== null) {
      bytes.set(value, offset);
      offset += value.length;
    }
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
  for (const { database, key, value } of decodeRows(block)) {
    if (!isOfDatabase(database)) {
      throw damaged('a row of a database', `one of ${database}`, 0);
    }
    yield { database, key, value };
  }
}

/** The inverse of `encodeWrites`; keys and values are views. Error: TRIBES_E_STORE_RECORD. */
export function* decodeRows(block: Uint8Array): Generator<Row> {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  for (let offset = 0; offset < bytes.length;) {
    checkLeft(bytes, offset, HEADER_BYTES);
    const database = ROW_KINDS[bytes.readUInt8(offset)];
    const keyStart = offset + HEADER_BYTES;
    const keyEnd = keyStart + bytes.readUInt16BE(offset + 1);
    const length = bytes.readInt32BE(offset + 3);
    const end = keyEnd + Math.max(0, length);
    if (database === undefined) {
      throw damaged('the number of a database', `${bytes.readUInt8(offset)}`, offset);
    }
    checkLeft(bytes, offset, end - offset);
    const value = length < 0 ? null : bytes.subarray(keyEnd, end);
    yield { database, key: bytes.subarray(keyStart, keyEnd), value };
    offset = end;
  }
}

function checkLeft(bytes: Buffer, offset: number, length: number): void {
  if (offset + length > bytes.length) {
    throw damaged(`${length} bytes of a row`, `${bytes.length - offset}`, offset);
  }
}

function damaged(expected: string, found: string, offset: number): TribesError {
  return new TribesError('TRIBES_E_STORE_RECORD', { expected, found, offset });
}
