import {
  sessionId,
  uniqueId,
  uniqueIdBytes,
  type ContextName,
  type SessionRecord,
  type SessionSummary,
  type ShareGroup,
  type UniqueId,
} from '../base/index.js';
import type { DescriptorDictionary } from '../java/index.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { StreamCodec } from './stream-codec.js';

/**
 * A session record as bytes, in two parts that rest side by side: lists and expiry read heads only.
 *
 *     head: u8 format | u8 flags | double creationTime, lastAccessedTime, thisAccessedTime, receivedAt
 *           | i32 maxInactiveInterval | varint version | text id | [text authType] | [counted source]
 *           | varint groups, each: varint names (0: one, uncut), texts
 *           | varint confirmers, counted each
 *     body: a stream for each group | [stream principal] | varint notes, each: names as above, stream
 *           | varint listeners, a stream each
 *     stream: as `StreamCodec` writes it
 *
 * The context is not in it: it is the beginning of the key under which a record rests.
 */
export interface RecordParts {
  readonly head: Buffer;
  readonly body: Buffer;
}

/** `migration.ts` brings heads of older formats to this one. */
const FORMAT = 2;

const Flag = { isNew: 1, isValid: 2, authType: 4, source: 8, principal: 16 } as const;

/** Encodes and decodes records by one dictionary. */
export class RecordCodec {
  readonly #streams: StreamCodec;

  constructor(dictionary: DescriptorDictionary) {
    this.#streams = new StreamCodec(dictionary);
  }

  encode(record: SessionRecord): RecordParts {
    return { head: encodeHead(record), body: encodeBody(record, this.#streams) };
  }

  /** Error: TRIBES_E_STORE_RECORD. Nothing of the result refers to the memory of the parts. */
  decode(context: ContextName, { head, body }: RecordParts): SessionRecord {
    const { groups, hasPrincipal, ...fields } = decodeHead(head);
    const reader = new ByteReader(body);
    const streams = this.#streams;
    const attributes = groups.map((group) => ({ ...group, stream: streams.read(reader) }));
    const principal = hasPrincipal ? streams.read(reader) : null;
    const notes = readMany(reader, 'notes', () => ({ ...readGroup(reader), stream: streams.read(reader) }));
    const listeners = readMany(reader, 'listeners', () => streams.read(reader));
    reader.expectEnd();
    return { context, ...fields, attributes, principal, notes, listeners };
  }
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
    attributeNames: groups.flatMap(({ names }) => names),
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
    writeGroup(writer, group);
  }
  writer.writeVarint(record.confirmedBy.length);
  for (const member of record.confirmedBy) {
    writer.writeCountedBytes(uniqueIdBytes(member));
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
    source: has(Flag.source) ? readMember(reader) : null,
    groups: readMany(reader, 'attribute groups', () => readGroup(reader)),
    hasPrincipal: has(Flag.principal),
    confirmedBy: readMany(reader, 'confirmers', () => readMember(reader)),
  };
  reader.expectEnd();
  return fields;
}

function readMember(reader: ByteReader): UniqueId {
  return uniqueId(reader.readBytes('unique id', reader.readVarint('length of unique id')));
}

function encodeBody(record: SessionRecord, streams: StreamCodec): Buffer {
  const writer = new ByteWriter();
  for (const group of record.attributes) {
    streams.write(writer, group.stream);
  }
  if (record.principal !== null) {
    streams.write(writer, record.principal);
  }
  writer.writeVarint(record.notes.length);
  for (const note of record.notes) {
    writeGroup(writer, note);
    streams.write(writer, note.stream);
  }
  writer.writeVarint(record.listeners.length);
  for (const listener of record.listeners) {
    streams.write(writer, listener);
  }
  return writer.toBuffer();
}

/** All of a group but its stream. One that is uncut has one name, and 0 for the number of its names. */
function writeGroup(writer: ByteWriter, { names, uncut }: ShareGroup): void {
  writer.writeVarint(uncut === true ? 0 : names.length);
  for (const name of names) {
    writer.writeText(name);
  }
}

function readGroup(reader: ByteReader): Omit<ShareGroup, 'stream'> {
  const names = readMany(reader, 'names', () => reader.readText('name'));
  return names.length === 0 ? { names: [reader.readText('name')], uncut: true } : { names };
}

function readMany<T>(reader: ByteReader, field: string, readOne: () => T): T[] {
  const items: T[] = [];
  for (let left = reader.readCount(field); left > 0; left--) {
    items.push(readOne());
  }
  return items;
}
