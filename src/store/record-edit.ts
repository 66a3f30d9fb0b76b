import { crc32 } from 'node:zlib';
import type { SessionRecord, ShareGroup } from '../base/index.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { applyDelta } from './delta-edit.js';
import type { RecordParts } from './record-codec.js';
import { decodeHead, readHead, readNames, writeHead, writeNames, type GroupNames } from './record-head.js';
import { applyUpdate, isUpdate, writeUpdate } from './record-update.js';
import { checkState, EditFormat, writeState } from './record-state.js';
import { restingOf } from './resting-group.js';
import { asItIs, viewStream, writeStream, type RestingStream } from './stream-codec.js';

/**
 * What makes one record of another, as bytes: most changes are of one attribute among many.
 *
 *     edit:    update | whole | delta (`delta-edit.ts`)
 *     update:  u8 UPDATE | state | times and values that have changed: see `record-update.ts`
 *     whole:   u8 WHOLE | u8 0: made of nothing, or 1 | [state] | head | a group for each of the head
 *              | u8 kept principal | [stream principal]
 *              | varint notes, each: names, group | u8 kept listeners | [varint listeners, a stream each]
 *     group:   varint 0, stream | varint 1 + place among the attributes (or notes) of the record before, which has it
 *     earlier: u8 EARLIER | i32 CRC of the head before, 0 for nothing | as `whole` from its head on; it is only read
 *
 * `state` is of the record before: an edit is carried out only upon the record that it was made for, since where a journal is
 * damaged, others may be missing. `kept principal` and `kept listeners` are 1 where they are those of the record before.
 * Streams stand here as they came: to pack them takes longer than it saves, and most are replaced by others before they rest.
 */
const NEW = 0;
const KEPT = 1;

/** The edit that makes `after` of `before`; undefined: of nothing. Groups that are the same objects in both are kept. Good until the next is made. */
export function encodeEdit(before: SessionRecord | undefined, after: SessionRecord): Buffer {
  writer.clear();
  if (before !== undefined && isUpdate(before, after)) {
    writeUpdate(writer, before, after);
  } else {
    writeWhole(before, after);
  }
  return writer.view();
}

const NO_GROUPS: readonly ShareGroup[] = [];

/** One for all edits: they are copied to the journal at once. */
const writer = new ByteWriter();

function writeWhole(before: SessionRecord | undefined, after: SessionRecord): void {
  writer.writeUInt8(EditFormat.WHOLE);
  writer.writeUInt8(before === undefined ? 0 : 1);
  if (before !== undefined) {
    writeState(writer, before);
  }
  writeHead(writer, after);
  const attributes = new GroupPlaces(before?.attributes ?? NO_GROUPS);
  for (let i = 0; i < after.attributes.length; i++) {
    writeGroup(after.attributes[i] as ShareGroup, attributes, i);
  }
  writePrincipal(before, after.principal);
  writeNotes(before?.notes ?? NO_GROUPS, after.notes);
  writeListeners(before, after.listeners);
}

function writeGroup(group: ShareGroup, before: GroupPlaces, likely: number): void {
  const place = before.find(group, likely);
  writer.writeVarint(1 + place);
  if (place < 0) {
    writeStream(writer, restingOf(group));
  }
}

/** So many groups are looked through sooner than put into a map. */
const FEW = 16;

/** Where groups stood. */
class GroupPlaces {
  readonly #groups: readonly ShareGroup[];
  #places: ReadonlyMap<ShareGroup, number> | undefined;

  constructor(groups: readonly ShareGroup[]) {
    this.#groups = groups;
  }

  /** `likely`: where it is as a rule; -1 where it is not. */
  find(group: ShareGroup, likely: number): number {
    const groups = this.#groups;
    if (groups[likely] === group) {
      return likely;
    }
    if (groups.length <= FEW) {
      return groups.indexOf(group);
    }
    this.#places ??= new Map(groups.map((each, place) => [each, place]));
    return this.#places.get(group) ?? -1;
  }
}

function writePrincipal(before: SessionRecord | undefined, principal: Buffer | null): void {
  const kept = before !== undefined && before.principal === principal;
  writer.writeUInt8(kept ? KEPT : NEW);
  if (!kept && principal !== null) {
    writeStream(writer, asItIs(principal));
  }
}

function writeNotes(notesBefore: readonly ShareGroup[], notes: readonly ShareGroup[]): void {
  const before = new GroupPlaces(notesBefore);
  writer.writeVarint(notes.length);
  for (let i = 0; i < notes.length; i++) {
    const note = notes[i] as ShareGroup;
    writeNames(writer, note);
    writeGroup(note, before, i);
  }
}

function writeListeners(before: SessionRecord | undefined, listeners: readonly Buffer[]): void {
  const kept = before !== undefined && before.listeners === listeners;
  writer.writeUInt8(kept ? KEPT : NEW);
  if (!kept) {
    writer.writeVarint(listeners.length);
    for (const listener of listeners) {
      writeStream(writer, asItIs(listener));
    }
  }
}

/**
 * The parts of the record that the edit makes of that of `before`; undefined: of nothing.
 *
 * Error: TRIBES_E_STORE_RECORD, also for an edit that was made for another record than that.
 */
export function applyEdit(before: RecordParts | undefined, edit: Buffer): RecordParts {
  const reader = new ByteReader(edit);
  const format = reader.readUInt8('format of edit');
  switch (format) {
    case EditFormat.UPDATE:
      return applyUpdate(before, reader);
    case EditFormat.WHOLE:
      return applyWhole(
        reader.readUInt8('made of something') === 0 ? undefined : stated(before, reader),
        edit,
        reader,
      );
    case EditFormat.DELTA:
      return applyDelta(before, reader);
    case EditFormat.EARLIER:
      return applyWhole(checksummed(before, reader), edit, reader);
    default:
      throw reader.error('the format of an edit, 1 to 4', `${format}`);
  }
}

function stated(before: RecordParts | undefined, reader: ByteReader): RecordParts {
  checkState(reader, before?.head);
  return before as RecordParts;
}

/** One that was made of nothing keeps nothing. */
function checksummed(before: RecordParts | undefined, reader: ByteReader): RecordParts | undefined {
  const expected = reader.readInt32('checksum of the head before');
  const found = before === undefined ? NO_CHECKSUM : crc32(before.head) | 0;
  if (expected !== found && expected !== NO_CHECKSUM) {
    throw reader.error(`a record whose head has the checksum ${expected}`, `${found}`);
  }
  return before;
}

const NO_CHECKSUM = 0;

function applyWhole(before: RecordParts | undefined, edit: Buffer, reader: ByteReader): RecordParts {
  const headStart = reader.offset;
  const base = before === undefined ? NOTHING : streamsOf(before);
  const { groups, hasPrincipal } = readHead(reader);
  const head = Buffer.from(edit.subarray(headStart, reader.offset));
  const body = new ByteWriter();
  for (let left = groups.length; left > 0; left--) {
    writeStream(body, readGroup(reader, base.attributes));
  }
  if (reader.readUInt8('kept principal') === KEPT) {
    if (hasPrincipal) {
      writeStream(body, base.principal ?? missing(reader, 'the principal'));
    }
  } else if (hasPrincipal) {
    writeStream(body, viewStream(reader));
  }
  const notes = reader.readMany('notes', () => readNote(reader, base.notes));
  body.writeVarint(notes.length);
  for (const { names, stream } of notes) {
    writeNames(body, names);
    writeStream(body, stream);
  }
  const listeners =
    reader.readUInt8('kept listeners') === KEPT
      ? base.listeners
      : reader.readMany('listeners', () => viewStream(reader));
  body.writeVarint(listeners.length);
  listeners.forEach((listener) => writeStream(body, listener));
  reader.expectEnd();
  return { head, body: body.toBuffer() };
}

/** The streams of a record, as views. */
interface Streams {
  readonly attributes: readonly RestingStream[];
  readonly principal: RestingStream | null;
  readonly notes: readonly RestingStream[];
  readonly listeners: readonly RestingStream[];
}

const NOTHING: Streams = { attributes: [], principal: null, notes: [], listeners: [] };

function streamsOf({ head, body }: RecordParts): Streams {
  const { groups, hasPrincipal } = decodeHead(head);
  const reader = new ByteReader(body);
  const attributes = groups.map(() => viewStream(reader));
  const principal = hasPrincipal ? viewStream(reader) : null;
  const notes = reader.readMany('notes', () => {
    readNames(reader);
    return viewStream(reader);
  });
  const listeners = reader.readMany('listeners', () => viewStream(reader));
  reader.expectEnd();
  return { attributes, principal, notes, listeners };
}

function readNote(
  reader: ByteReader,
  before: readonly RestingStream[],
): { readonly names: GroupNames; readonly stream: RestingStream } {
  const names = readNames(reader);
  return { names, stream: readGroup(reader, before) };
}

function readGroup(reader: ByteReader, before: readonly RestingStream[]): RestingStream {
  const place = reader.readVarint('place of group') - 1;
  return place < 0 ? viewStream(reader) : (before[place] ?? missing(reader, `group ${place}`));
}

function missing(reader: ByteReader, what: string): never {
  throw reader.error(`${what} of the record before`, 'none');
}
