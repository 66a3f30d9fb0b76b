import type { Reader, Writer } from 'protobufjs/minimal.js';
import { sessionId, type ContextName, type SessionRecord, type ShareGroup } from '../base/index.js';
import { bufferOf, readCount, readFields, readLong, readText, writeLong, writeText } from './text-message.js';

/** Told how many more things were read, before they are kept. */
export type CountElements = (count: number) => void;

/**
 * Adds `record` to a `Sessions` message. Who sent and who confirmed the session is not written: it says something only
 * within the cluster where it was.
 */
export function writeSession(writer: Writer, record: SessionRecord, context: number): void {
  const message = writer.uint32(0x0a).fork();
  message.uint32(0x08).uint32(context);
  writeText(message, 0x12, record.id);
  writeLong(message, 0x18, record.creationTime);
  writeLong(message, 0x20, record.lastAccessedTime);
  writeLong(message, 0x28, record.thisAccessedTime);
  message.uint32(0x30).sint32(record.maxInactiveInterval);
  message.uint32(0x38).bool(record.isNew);
  message.uint32(0x40).bool(record.isValid);
  if (record.authType !== null) {
    writeText(message, 0x4a, record.authType);
  }
  for (const group of record.attributes) {
    writeGroup(message, 0x52, group);
  }
  if (record.principal !== null) {
    message.uint32(0x5a).bytes(record.principal);
  }
  for (const note of record.notes) {
    writeGroup(message, 0x62, note);
  }
  for (const listener of record.listeners) {
    message.uint32(0x6a).bytes(listener);
  }
  writeLong(message, 0x70, record.receivedAt);
  message.uint32(0x78).uint64(record.version);
  message.ldelim();
}

/**
 * The session whose length comes next. Its streams are views of what is read.
 *
 * @throws {RangeError} where the message cannot be read.
 */
export function readSession(
  reader: Reader,
  contexts: readonly ContextName[],
  count: CountElements,
): SessionRecord {
  const fields = {
    id: sessionId(''),
    creationTime: 0,
    lastAccessedTime: 0,
    thisAccessedTime: 0,
    maxInactiveInterval: 0,
    isNew: false,
    isValid: false,
    authType: null as string | null,
    principal: null as Buffer | null,
    receivedAt: 0,
    version: 1,
  };
  const attributes: ShareGroup[] = [];
  const notes: ShareGroup[] = [];
  const listeners: Buffer[] = [];
  let context = 0;
  count(1);
  readFields(reader, (tag) => {
    switch (tag) {
      case 0x08:
        context = reader.uint32();
        break;
      case 0x12:
        fields.id = sessionId(readText(reader));
        break;
      case 0x18:
        fields.creationTime = readLong(reader);
        break;
      case 0x20:
        fields.lastAccessedTime = readLong(reader);
        break;
      case 0x28:
        fields.thisAccessedTime = readLong(reader);
        break;
      case 0x30:
        fields.maxInactiveInterval = reader.sint32();
        break;
      case 0x38:
        fields.isNew = reader.bool();
        break;
      case 0x40:
        fields.isValid = reader.bool();
        break;
      case 0x4a:
        fields.authType = readText(reader);
        break;
      case 0x52:
        attributes.push(readGroup(reader, count));
        break;
      case 0x5a:
        fields.principal = bufferOf(reader);
        break;
      case 0x62:
        notes.push(readGroup(reader, count));
        break;
      case 0x6a:
        count(1);
        listeners.push(bufferOf(reader));
        break;
      case 0x70:
        fields.receivedAt = readLong(reader);
        break;
      case 0x78:
        fields.version = readCount(reader);
        break;
      default:
        return false;
    }
    return true;
  });
  const name = contexts[context];
  if (name === undefined) {
    throw new RangeError(`a session is of context ${context}, and the header names ${contexts.length}`);
  }
  return { ...fields, context: name, attributes, notes, listeners, source: null, confirmedBy: [] };
}

function writeGroup(writer: Writer, tag: number, { names, stream, uncut }: ShareGroup): void {
  const message = writer.uint32(tag).fork();
  for (const name of names) {
    writeText(message, 0x0a, name);
  }
  message.uint32(0x12).bytes(stream);
  if (uncut === true) {
    message.uint32(0x18).bool(true);
  }
  message.ldelim();
}

function readGroup(reader: Reader, count: CountElements): ShareGroup {
  const names: string[] = [];
  const fields = { stream: Buffer.alloc(0) as Buffer, uncut: false };
  count(1);
  readFields(reader, (tag) => {
    switch (tag) {
      case 0x0a:
        count(1);
        names.push(readText(reader));
        break;
      case 0x12:
        fields.stream = bufferOf(reader);
        break;
      case 0x18:
        fields.uncut = reader.bool();
        break;
      default:
        return false;
    }
    return true;
  });
  const { stream, uncut } = fields;
  if (names.length === 0 || (uncut && names.length > 1)) {
    throw new RangeError(`a group has ${names.length} names`);
  }
  return uncut ? { names, stream, uncut } : { names, stream };
}
