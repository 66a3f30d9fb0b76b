import type { ContextName, SessionRecord, ShareGroup } from '../base/index.js';
import { PartedGroup, type DescriptorDictionary } from '../java/index.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { decodeHead, readNames, writeHead, writeNames } from './record-head.js';
import { RestingGroup } from './resting-group.js';
import { StreamCodec, writeStream, type RestingStream } from './stream-codec.js';

/**
 * A session record as bytes, in two parts that rest side by side: lists and expiry read heads only.
 *
 *     head: as `writeHead` writes it
 *     body: a stream for each group | [stream principal] | varint notes, each: names as in heads, stream
 *           | varint listeners, a stream each
 *     stream: as `writeStream` writes it
 *
 * The context is not in it: it is the beginning of the key under which a record rests.
 */
export interface RecordParts {
  readonly head: Buffer;
  readonly body: Buffer;
}

/** Encodes and decodes records by one dictionary. */
export class RecordCodec {
  readonly #streams: StreamCodec;
  readonly #kept: Rest;
  readonly #once: Rest;

  constructor(dictionary: DescriptorDictionary) {
    const streams = new StreamCodec(dictionary);
    const parted = (group: PartedGroup): RestingStream => streams.restParted(group);
    this.#streams = streams;
    this.#kept = { parted, whole: (stream) => streams.rest(stream) };
    this.#once = { parted, whole: (stream) => streams.restOnce(stream) };
  }

  encode(record: SessionRecord): RecordParts {
    return this.#encode(record, this.#kept);
  }

  /** The same of a record that is not kept. */
  encodeOnce(record: SessionRecord): RecordParts {
    return this.#encode(record, this.#once);
  }

  /**
   * Error: TRIBES_E_STORE_RECORD. Nothing of the result refers to the memory of the parts. The streams of its groups are made
   * when somebody looks, which cannot fail any more.
   */
  decode(context: ContextName, { head, body }: RecordParts): SessionRecord {
    const { groups, hasPrincipal, ...fields } = decodeHead(head);
    const isShort = body.length <= SHORT_BODY_BYTES;
    const reader = new ByteReader(isShort ? Buffer.from(body) : body);
    const streams = this.#streams;
    const read = (): RestingStream => {
      const resting = streams.read(reader);
      return isShort ? resting : { ...resting, bytes: Buffer.from(resting.bytes) };
    };
    const attributes = groups.map((names) => new RestingGroup(names, read(), streams));
    const principal = hasPrincipal ? streams.unpack(read()) : null;
    const notes = reader.readMany('notes', () => {
      const names = readNames(reader);
      return new RestingGroup(names, read(), streams);
    });
    const listeners = reader.readMany('listeners', () => streams.unpack(read()));
    reader.expectEnd();
    return {
      context,
      id: fields.id,
      creationTime: fields.creationTime,
      lastAccessedTime: fields.lastAccessedTime,
      thisAccessedTime: fields.thisAccessedTime,
      maxInactiveInterval: fields.maxInactiveInterval,
      isNew: fields.isNew,
      isValid: fields.isValid,
      authType: fields.authType,
      attributes,
      principal,
      notes,
      listeners,
      receivedAt: fields.receivedAt,
      source: fields.source,
      confirmedBy: fields.confirmedBy,
      version: fields.version,
    };
  }

  #encode(record: SessionRecord, rest: Rest): RecordParts {
    scratch.clear();
    writeHead(scratch, record);
    return { head: scratch.toBuffer(), body: encodeBody(record, rest) };
  }
}

/** What is to rest for a stream that is there, and for one in parts. */
interface Rest {
  readonly whole: (stream: Buffer) => RestingStream;
  readonly parted: (group: PartedGroup) => RestingStream;
}

function encodeBody(record: SessionRecord, rest: Rest): Buffer {
  const writer = scratch;
  writer.clear();
  for (const group of record.attributes) {
    writeStream(writer, restOf(group, rest));
  }
  if (record.principal !== null) {
    writeStream(writer, rest.whole(record.principal));
  }
  writer.writeVarint(record.notes.length);
  for (const note of record.notes) {
    writeNames(writer, note);
    writeStream(writer, restOf(note, rest));
  }
  writer.writeVarint(record.listeners.length);
  for (const listener of record.listeners) {
    writeStream(writer, rest.whole(listener));
  }
  return writer.toBuffer();
}

function restOf(group: ShareGroup, rest: Rest): RestingStream {
  if (group instanceof RestingGroup) {
    return group.resting;
  }
  return group instanceof PartedGroup ? rest.parted(group) : rest.whole(group.stream);
}

/**
 * A body up to this length is copied as a whole. Of a longer one each stream is: else one that stays would keep the memory of
 * all that were replaced.
 */
const SHORT_BODY_BYTES = 2048;

/** One for all records: what it makes is copied. */
const scratch = new ByteWriter();

/** About what a record in use takes in memory: nothing is made to find out. */
export function sizeOf(record: SessionRecord): number {
  let bytes = RECORD_BYTES + record.id.length + (record.principal?.length ?? 0);
  for (const group of record.attributes) {
    bytes += groupSize(group);
  }
  for (const note of record.notes) {
    bytes += groupSize(note);
  }
  for (const listener of record.listeners) {
    bytes += listener.length;
  }
  return bytes;
}

/** What `after` takes, which was made of a record whose size is known. */
export function sizeAfter(
  { record: before, size }: { readonly record: SessionRecord; readonly size: number },
  after: SessionRecord,
): number {
  const isAlike =
    before.attributes.length === after.attributes.length &&
    before.principal === after.principal &&
    before.notes === after.notes &&
    before.listeners === after.listeners &&
    before.id.length === after.id.length;
  return isAlike ? size + sizeChange(before.attributes, after.attributes) : sizeOf(after);
}

/** As many groups in both; most of them are the same. */
function sizeChange(before: readonly ShareGroup[], after: readonly ShareGroup[]): number {
  let bytes = 0;
  for (let i = 0; before !== after && i < after.length; i++) {
    const old = before[i] as ShareGroup;
    const group = after[i] as ShareGroup;
    bytes += old === group ? 0 : groupSize(group) - groupSize(old);
  }
  return bytes;
}

/** What the objects take that hold a record and a group: measured, with Node.js 20. */
const RECORD_BYTES = 512;
const GROUP_BYTES = 160;

function groupSize(group: ShareGroup): number {
  let bytes = GROUP_BYTES + (group instanceof RestingGroup ? group.resting.bytes : group.stream).length;
  for (const name of group.names) {
    bytes += name.length;
  }
  return bytes;
}
