import {
  isTribesError,
  messageOf,
  sessionId,
  uniqueId,
  uniqueIdBytes,
  type ContextName,
  type SessionRecord,
  type SessionSummary,
  type ShareGroup,
} from '../base/index.js';
import { packStream, unpackStream, type DescriptorDictionary } from '../java/index.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/**
 * A session record as bytes, in two parts that rest side by side: lists and expiry read heads only.
 *
 *     head: u8 format | u8 flags | double creationTime, lastAccessedTime, thisAccessedTime, receivedAt
 *           | i32 maxInactiveInterval | varint version | text id | [text authType] | [counted source]
 *           | varint groups, each: varint names, texts
 *     body: a stream for each group | [stream principal] | varint notes, each: names as above, stream
 *           | varint listeners, a stream each
 *     stream: varint length * 2 + packed | bytes
 *
 * The context is not in it: it is the beginning of the key under which a record rests. A packed stream has its class
 * descriptors in the dictionary (`packStream`); one that cannot be packed, or gains nothing, rests as it is.
 */
export interface RecordParts {
  readonly head: Buffer;
  readonly body: Buffer;
}

const FORMAT = 1;

const Flag = { isNew: 1, isValid: 2, authType: 4, source: 8, principal: 16 } as const;

export function encodeRecord(record: SessionRecord, dictionary: DescriptorDictionary): RecordParts {
  return { head: encodeHead(record), body: encodeBody(record, dictionary) };
}

/** Error: TRIBES_E_STORE_RECORD. Nothing of the result refers to the memory of `parts`. */
export function decodeRecord(
  context: ContextName,
  { head, body }: RecordParts,
  dictionary: DescriptorDictionary,
): SessionRecord {
  const { groups, hasPrincipal, ...fields } = decodeHead(head);
  const reader = new ByteReader(body);
  const attributes = groups.map((names) => ({ names, stream: readStream(reader, dictionary) }));
  const principal = hasPrincipal ? readStream(reader, dictionary) : null;
  const notes = readMany(reader, 'notes', () => readGroup(reader, dictionary));
  const listeners = readMany(reader, 'listeners', () => readStream(reader, dictionary));
  reader.expectEnd();
  return { context, ...fields, attributes, principal, notes, listeners };
}

/** Error: TRIBES_E_STORE_RECORD. */
export function decodeSummary(context: ContextName, head: Buffer): SessionSummary {
  const { groups, id, creationTime, lastAccessedTime, thisAccessedTime, receivedAt, ...rest } =
    decodeHead(head);
  return {
    context,
    id,
    creationTime,
    lastAccessedTime,
    thisAccessedTime,
    maxInactiveInterval: rest.maxInactiveInterval,
    isNew: rest.isNew,
    isValid: rest.isValid,
    authType: rest.authType,
    attributeNames: groups.flat(),
    receivedAt,
  };
}

function encodeHead(record: SessionRecord): Buffer {
  const writer = new ByteWriter();
  writer.writeUInt8(FORMAT);
  writer.writeUInt8(
    (record.isNew ? Flag.isNew : 0) |
      (record.isValid ? Flag.isValid : 0) |
      (record.authType === null ? 0 : Flag.authType) |
      (record.source === null ? 0 : Flag.source) |
      (record.principal === null ? 0 : Flag.principal),
  );
  writer.writeDouble(record.creationTime);
  writer.writeDouble(record.lastAccessedTime);
  writer.writeDouble(record.thisAccessedTime);
  writer.writeDouble(record.receivedAt);
  writer.writeInt32(record.maxInactiveInterval);
  writer.writeVarint(record.version);
  writer.writeText(record.id);
  if (record.authType !== null) {
    writer.writeText(record.authType);
  }
  if (record.source !== null) {
    writer.writeCountedBytes(uniqueIdBytes(record.source));
  }
  writer.writeVarint(record.attributes.length);
  for (const group of record.attributes) {
    writeNames(writer, group.names);
  }
  return writer.toBuffer();
}

function decodeHead(head: Buffer) {
  const reader = new ByteReader(head);
  const format = reader.readUInt8('format');
  if (format !== FORMAT) {
    throw reader.error(`record format ${FORMAT}`, `${format}`);
  }
  const flags = reader.readUInt8('flags');
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const fields = {
    creationTime: reader.readDouble('creationTime'),
    lastAccessedTime: reader.readDouble('lastAccessedTime'),
    thisAccessedTime: reader.readDouble('thisAccessedTime'),
    receivedAt: reader.readDouble('receivedAt'),
    maxInactiveInterval: reader.readInt32('maxInactiveInterval'),
    isNew: has(Flag.isNew),
    isValid: has(Flag.isValid),
    version: reader.readVarint('version'),
    id: sessionId(reader.readText('id')),
    authType: has(Flag.authType) ? reader.readText('authType') : null,
    source: has(Flag.source)
      ? uniqueId(reader.readBytes('source', reader.readVarint('length of source')))
      : null,
    groups: readMany(reader, 'attribute groups', () => readNames(reader)),
    hasPrincipal: has(Flag.principal),
  };
  reader.expectEnd();
  return fields;
}

function encodeBody(record: SessionRecord, dictionary: DescriptorDictionary): Buffer {
  const writer = new ByteWriter();
  for (const group of record.attributes) {
    writeStream(writer, group.stream, dictionary);
  }
  if (record.principal !== null) {
    writeStream(writer, record.principal, dictionary);
  }
  writer.writeVarint(record.notes.length);
  for (const note of record.notes) {
    writeNames(writer, note.names);
    writeStream(writer, note.stream, dictionary);
  }
  writer.writeVarint(record.listeners.length);
  for (const listener of record.listeners) {
    writeStream(writer, listener, dictionary);
  }
  return writer.toBuffer();
}

function writeNames(writer: ByteWriter, names: readonly string[]): void {
  writer.writeVarint(names.length);
  for (const name of names) {
    writer.writeText(name);
  }
}

function readNames(reader: ByteReader): string[] {
  return readMany(reader, 'names', () => reader.readText('name'));
}

function readGroup(reader: ByteReader, dictionary: DescriptorDictionary): ShareGroup {
  return { names: readNames(reader), stream: readStream(reader, dictionary) };
}

function readMany<T>(reader: ByteReader, field: string, readOne: () => T): T[] {
  return Array.from({ length: reader.readCount(field) }, readOne);
}

function writeStream(writer: ByteWriter, stream: Buffer, dictionary: DescriptorDictionary): void {
  const packed = tryPack(stream, dictionary);
  if (packed !== undefined && packed.length < stream.length) {
    writer.writeVarint(packed.length * 2 + 1);
    writer.writeBytes(packed);
  } else {
    writer.writeVarint(stream.length * 2);
    writer.writeBytes(stream);
  }
}

function readStream(reader: ByteReader, dictionary: DescriptorDictionary): Buffer {
  const header = reader.readVarint('length of stream');
  const bytes = reader.readBytes('stream', Math.floor(header / 2));
  if (header % 2 === 0) {
    return Buffer.from(bytes);
  }
  try {
    const stream = unpackStream(bytes, dictionary);
    return stream.buffer === bytes.buffer ? Buffer.from(stream) : stream;
  } catch (error) {
    throw reader.error('a packed Java stream', messageOf(error), { cause: error });
  }
}

/** Undefined for what is not a stream that can be understood, and when the dictionary is full. */
function tryPack(stream: Buffer, dictionary: DescriptorDictionary): Buffer | undefined {
  try {
    return packStream(stream, dictionary);
  } catch (error) {
    if (isTribesError(error)) {
      return undefined;
    }
    throw error;
  }
}
