import type { SessionRecord, ShareGroup } from '../base/index.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { RecordParts } from './record-codec.js';
import { decodeHead, withAccess } from './record-head.js';
import { checkState, EditFormat, writeState } from './record-state.js';
import { restingOf } from './resting-group.js';
import { viewStream, writeStream, type RestingStream } from './stream-codec.js';

/**
 * The edit of a record in which times, and values under the names that were there, are all that has changed: that is most
 * changes.
 *
 *     u8 UPDATE | state | u8 1: isNew, 2: isValid | double lastAccessedTime, thisAccessedTime, receivedAt | varint version
 *     | varint values, each: varint place among the attributes, stream
 */
const Flag = { isNew: 1, isValid: 2 } as const;

/** Whether an update makes `after` of `before`, both of one session. */
export function isUpdate(before: SessionRecord, after: SessionRecord): boolean {
  return (
    before.attributes.length === after.attributes.length &&
    before.principal === after.principal &&
    before.notes === after.notes &&
    before.listeners === after.listeners &&
    before.confirmedBy === after.confirmedBy &&
    before.creationTime === after.creationTime &&
    before.maxInactiveInterval === after.maxInactiveInterval &&
    before.authType === after.authType &&
    before.source === after.source &&
    hasSameNames(before.attributes, after.attributes)
  );
}

function hasSameNames(before: readonly ShareGroup[], after: readonly ShareGroup[]): boolean {
  for (let i = 0; i < after.length; i++) {
    const old = before[i] as ShareGroup;
    const group = after[i] as ShareGroup;
    if (old !== group && !(isPlain(old) && isPlain(group) && old.names[0] === group.names[0])) {
      return false;
    }
  }
  return true;
}

const isPlain = ({ names, uncut }: ShareGroup): boolean => names.length === 1 && uncut === undefined;

/** `isUpdate` says that it can be written. */
export function writeUpdate(writer: ByteWriter, before: SessionRecord, after: SessionRecord): void {
  writer.writeUInt8(EditFormat.UPDATE);
  writeState(writer, before);
  writer.writeUInt8((after.isNew ? Flag.isNew : 0) | (after.isValid ? Flag.isValid : 0));
  writer.writeDouble(after.lastAccessedTime);
  writer.writeDouble(after.thisAccessedTime);
  writer.writeDouble(after.receivedAt);
  writer.writeVarint(after.version);
  const { attributes } = after;
  if (attributes === before.attributes) {
    writer.writeVarint(0);
    return;
  }
  let changed = 0;
  for (let i = 0; i < attributes.length; i++) {
    changed += attributes[i] === before.attributes[i] ? 0 : 1;
  }
  writer.writeVarint(changed);
  for (let i = 0; i < attributes.length; i++) {
    const group = attributes[i] as ShareGroup;
    if (group !== before.attributes[i]) {
      writer.writeVarint(i);
      writeStream(writer, restingOf(group));
    }
  }
}

/** The parts of the record that the update makes; the reader is behind its format. Error: TRIBES_E_STORE_RECORD. */
export function applyUpdate(before: RecordParts | undefined, reader: ByteReader): RecordParts {
  checkState(reader, before?.head);
  const { head, body } = before as RecordParts;
  const flags = reader.readUInt8('flags');
  const access = {
    isNew: (flags & Flag.isNew) !== 0,
    isValid: (flags & Flag.isValid) !== 0,
    lastAccessedTime: reader.readDouble('lastAccessedTime'),
    thisAccessedTime: reader.readDouble('thisAccessedTime'),
    receivedAt: reader.readDouble('receivedAt'),
    version: reader.readVarint('version'),
  };
  const values = new Map<number, RestingStream>();
  reader.readMany('values', () => values.set(reader.readVarint('place of attribute'), viewStream(reader)));
  reader.expectEnd();
  return { head: withAccess(head, access), body: withValues(before as RecordParts, body, values, reader) };
}

function withValues(
  { head }: RecordParts,
  body: Buffer,
  values: ReadonlyMap<number, RestingStream>,
  edit: ByteReader,
): Buffer {
  const { groups } = decodeHead(head);
  const wrong = [...values.keys()].find((place) => place >= groups.length);
  if (wrong !== undefined) {
    throw edit.error(`one of ${groups.length} attributes`, `that at place ${wrong}`);
  }
  if (values.size === 0) {
    return body;
  }
  const old = new ByteReader(body);
  const writer = new ByteWriter();
  for (let place = 0; place < groups.length; place++) {
    const stream = viewStream(old);
    writeStream(writer, values.get(place) ?? stream);
  }
  writer.writeBytes(old.readBytes('what is behind the attributes', old.left));
  return writer.toBuffer();
}
