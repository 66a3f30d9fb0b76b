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
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/** `migration.ts` brings heads of older formats to this one. */
const FORMAT = 2;

const Flag = { isNew: 1, isValid: 2, authType: 4, source: 8, principal: 16 } as const;

const DOUBLE_BYTES = 8;

/** Members whose bytes are remembered: there are few, but their ids come from others. */
const MAX_KNOWN_MEMBERS = 4096;

const knownMembers = new Map<UniqueId, Buffer>();

/** A group without its stream. */
export type GroupNames = Omit<ShareGroup, 'stream'>;

/** What `decodeHead` finds: a record without its streams. */
export type RecordHead = ReturnType<typeof decodeHead>;

/** What a head is made of: a record, or what `decodeHead` has found with other groups. */
export type HeadFields = Omit<
  SessionRecord,
  'context' | 'attributes' | 'principal' | 'notes' | 'listeners'
> & {
  readonly attributes: readonly GroupNames[];
} & ({ readonly principal: Buffer | null } | { readonly hasPrincipal: boolean });

/**
 * The head of a record:
 *
 *     u8 format | u8 flags | double creationTime, lastAccessedTime, thisAccessedTime, receivedAt
 *     | i32 maxInactiveInterval | varint version | text id | [text authType] | [counted source]
 *     | varint groups, each: varint names (0: one, uncut), texts
 *     | varint confirmers, counted each
 */
export function writeHead(writer: ByteWriter, record: HeadFields): void {
  writer.writeUInt8(FORMAT);
  writer.writeUInt8(
    (record.isNew ? Flag.isNew : 0) |
      (record.isValid ? Flag.isValid : 0) |
      (record.authType === null ? 0 : Flag.authType) |
      (record.source === null ? 0 : Flag.source) |
      (hasPrincipal(record) ? Flag.principal : 0),
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
    writer.writeCountedBytes(bytesOfMember(record.source));
  }
  writer.writeVarint(record.attributes.length);
  for (const group of record.attributes) {
    writeNames(writer, group);
  }
  writer.writeVarint(record.confirmedBy.length);
  for (const member of record.confirmedBy) {
    writer.writeCountedBytes(bytesOfMember(member));
  }
}

function hasPrincipal(fields: HeadFields): boolean {
  return 'hasPrincipal' in fields ? fields.hasPrincipal : fields.principal !== null;
}

/** What changes with every access. */
export type Access = Pick<
  SessionRecord,
  'isNew' | 'isValid' | 'lastAccessedTime' | 'thisAccessedTime' | 'receivedAt' | 'version'
>;

/** The head with that in the place of what it says. Error: TRIBES_E_STORE_RECORD. */
export function withAccess(head: Buffer, access: Access): Buffer {
  const reader = new ByteReader(head);
  const format = reader.readUInt8('format');
  const flags = reader.readUInt8('flags') & ~(Flag.isNew | Flag.isValid);
  const writer = new ByteWriter();
  writer.writeUInt8(format);
  writer.writeUInt8(flags | (access.isNew ? Flag.isNew : 0) | (access.isValid ? Flag.isValid : 0));
  writer.writeDouble(reader.readDouble('creationTime'));
  writer.writeDouble(access.lastAccessedTime);
  writer.writeDouble(access.thisAccessedTime);
  writer.writeDouble(access.receivedAt);
  reader.readBytes('times', 3 * DOUBLE_BYTES);
  writer.writeInt32(reader.readInt32('maxInactiveInterval'));
  writer.writeVarint(access.version);
  reader.readVarint('version');
  writer.writeBytes(reader.readBytes('what is behind the version', reader.left));
  return writer.toBuffer();
}

/** Error: TRIBES_E_STORE_RECORD. */
export function decodeHead(head: Buffer) {
  const reader = new ByteReader(head);
  const fields = readHead(reader);
  reader.expectEnd();
  return fields;
}

/** Reads a head that other things follow. Error: TRIBES_E_STORE_RECORD. */
export function readHead(reader: ByteReader) {
  const format = reader.readUInt8('format');
  if (format !== FORMAT) {
    throw reader.error(`record format ${FORMAT}`, `${format}`);
  }
  const flags = reader.readUInt8('flags');
  const has = (flag: number): boolean => (flags & flag) !== 0;
  return {
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
    groups: reader.readMany('attribute groups', () => readNames(reader)),
    hasPrincipal: has(Flag.principal),
    confirmedBy: reader.readMany('confirmers', () => readMember(reader)),
  };
}

/** Error: TRIBES_E_STORE_RECORD. */
export function decodeSummary(context: ContextName, head: Buffer): SessionSummary {
  const { groups, ...fields } = decodeHead(head);
  return summaryOf({ context, attributes: groups, ...fields });
}

/** A record, or its head, without its values. */
export function summaryOf(
  record: Omit<SessionSummary, 'attributeNames'> & { readonly attributes: readonly GroupNames[] },
): SessionSummary {
  return {
    context: record.context,
    id: record.id,
    creationTime: record.creationTime,
    lastAccessedTime: record.lastAccessedTime,
    thisAccessedTime: record.thisAccessedTime,
    maxInactiveInterval: record.maxInactiveInterval,
    isNew: record.isNew,
    isValid: record.isValid,
    authType: record.authType,
    attributeNames: record.attributes.flatMap(({ names }) => names),
    receivedAt: record.receivedAt,
  };
}

/** One that is uncut has one name, and 0 for the number of its names. */
export function writeNames(writer: ByteWriter, { names, uncut }: GroupNames): void {
  writer.writeVarint(uncut === true ? 0 : names.length);
  for (const name of names) {
    writer.writeText(name);
  }
}

export function readNames(reader: ByteReader): GroupNames {
  const count = reader.readCount('names');
  if (count <= 1) {
    const names = reader.readName('name').alone;
    return count === 0 ? { names, uncut: true } : { names };
  }
  const names: string[] = [];
  for (let left = count; left > 0; left--) {
    names.push(reader.readName('name').text);
  }
  return { names };
}

function readMember(reader: ByteReader): UniqueId {
  return uniqueId(reader.readBytes('unique id', reader.readVarint('length of unique id')));
}

function bytesOfMember(id: UniqueId): Buffer {
  const known = knownMembers.get(id);
  if (known !== undefined) {
    return known;
  }
  if (knownMembers.size >= MAX_KNOWN_MEMBERS) {
    knownMembers.clear();
  }
  const bytes = uniqueIdBytes(id);
  knownMembers.set(id, bytes);
  return bytes;
}
