import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { isTribesError } from '../base/index.js';
import type { Cipher } from './cipher.js';
import { decodeRows, encodeWrites, writeBytes } from './write-batch.js';
import type { Unwritten } from './write-behind.js';

/**
 * A file of the journal. Numbers are big-endian.
 *
 *     file:    header | frames
 *     header:  magic (8) | u16 format | u16 flags | id of the store (16) | u48 base | marker (8) | u32 CRC of all before
 *     frame:   marker (8) | u32 length | u32 CRC of length and payload | payload
 *     payload: entries; encrypted, as `Cipher` does it, where the flags say so
 *     entry:   u48 place | u32 length | rows, as in a batch; instead of the rows of a session in use, an edit of it
 *
 * A frame is what was written at once. The marker is random: behind a damaged frame the next one is found by it, and
 * nothing that a session holds is ever taken for a frame.
 */
export interface SegmentHeader {
  readonly storeId: Buffer;
  /** What stands in this file and behind makes sense to a store where everything up to this place is at rest. */
  readonly base: number;
  readonly marker: Buffer;
  readonly isEncrypted: boolean;
}

const MAGIC = Buffer.from('TRIBESJL');
const FORMAT = 2;
/** The same, without edits. */
const FORMAT_WITHOUT_EDITS = 1;
const Flag = { encrypted: 1 } as const;
const ID_BYTES = 16;
const MARKER_BYTES = 8;
const PLACE_BYTES = 6;
const FLAGS_OFFSET = MAGIC.length + 2;
const ID_OFFSET = FLAGS_OFFSET + 2;
const BASE_OFFSET = ID_OFFSET + ID_BYTES;
const MARKER_OFFSET = BASE_OFFSET + PLACE_BYTES;
const CRC_OFFSET = MARKER_OFFSET + MARKER_BYTES;

export const SEGMENT_HEADER_BYTES = CRC_OFFSET + 4;
/** What stands before the entries of a frame. */
export const FRAME_HEAD_BYTES = MARKER_BYTES + 4 + 4;
const ENTRY_HEAD_BYTES = PLACE_BYTES + 4;

export function newSegmentHeader(storeId: Buffer, base: number, isEncrypted: boolean): SegmentHeader {
  return { storeId, base, marker: randomBytes(MARKER_BYTES), isEncrypted };
}

export function encodeSegmentHeader({ storeId, base, marker, isEncrypted }: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt16BE(FORMAT, MAGIC.length);
  bytes.writeUInt16BE(isEncrypted ? Flag.encrypted : 0, FLAGS_OFFSET);
  storeId.copy(bytes, ID_OFFSET);
  bytes.writeUIntBE(base, BASE_OFFSET, PLACE_BYTES);
  marker.copy(bytes, MARKER_OFFSET);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, CRC_OFFSET)), CRC_OFFSET);
  return bytes;
}

/** Null for what is none, or not whole. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | null {
  if (
    bytes.length < SEGMENT_HEADER_BYTES ||
    !bytes.subarray(0, MAGIC.length).equals(MAGIC) ||
    !isKnownFormat(bytes.readUInt16BE(MAGIC.length)) ||
    bytes.readUInt32BE(CRC_OFFSET) !== crc32(bytes.subarray(0, CRC_OFFSET))
  ) {
    return null;
  }
  return {
    storeId: bytes.subarray(ID_OFFSET, BASE_OFFSET),
    base: bytes.readUIntBE(BASE_OFFSET, PLACE_BYTES),
    marker: bytes.subarray(MARKER_OFFSET, CRC_OFFSET),
    isEncrypted: (bytes.readUInt16BE(FLAGS_OFFSET) & Flag.encrypted) !== 0,
  };
}

function isKnownFormat(format: number): boolean {
  return format === FORMAT || format === FORMAT_WITHOUT_EDITS;
}

/** Bytes that a change takes in a frame. */
export function entryBytes({ rows }: Unwritten): number {
  return ENTRY_HEAD_BYTES + writeBytes(rows);
}

/** Writes it to `bytes`, which has room for it, at `start`; returns where it ends. */
export function encodeEntry({ place, rows }: Unwritten, bytes: Buffer, start: number): number {
  const end = encodeWrites(rows, bytes, start + ENTRY_HEAD_BYTES);
  bytes.writeUIntBE(place, start, PLACE_BYTES);
  bytes.writeUInt32BE(end - start - ENTRY_HEAD_BYTES, start + PLACE_BYTES);
  return end;
}

/**
 * The frame with the entries in `bytes`, in front of which room is left for its head, as it is to be written at
 * `offset` of the file.
 */
export function encodeFrame(
  { marker }: SegmentHeader,
  bytes: Buffer,
  offset: number,
  cipher: Cipher | undefined,
): Buffer {
  const frame =
    cipher === undefined
      ? bytes
      : Buffer.concat([
          Buffer.alloc(FRAME_HEAD_BYTES),
          cipher.seal(bytes.subarray(FRAME_HEAD_BYTES), placeOf(marker, offset)),
        ]);
  marker.copy(frame);
  frame.writeUInt32BE(frame.length - FRAME_HEAD_BYTES, MARKER_BYTES);
  frame.writeUInt32BE(frameChecksum(frame), MARKER_BYTES + 4);
  return frame;
}

export interface SegmentContents {
  /** In the order in which they were written. */
  readonly entries: Unwritten[];
  /** Bytes that cannot be read and have readable ones behind them: the file was damaged. */
  readonly lostBytes: number;
  /** Bytes at the end that were not written to their end: the process or the system ended meanwhile. */
  readonly tornBytes: number;
}

/** Reads what is behind the header. */
export function readSegment(
  bytes: Buffer,
  { marker }: SegmentHeader,
  cipher: Cipher | undefined,
): SegmentContents {
  const entries: Unwritten[] = [];
  let lostBytes = 0;
  let offset = SEGMENT_HEADER_BYTES;
  while (offset < bytes.length) {
    const frame = frameAt(bytes, offset, marker);
    if (frame !== undefined) {
      const found = entriesOf(frame, marker, offset, cipher);
      entries.push(...(found ?? []));
      lostBytes += found === null ? frame.length : 0;
      offset += frame.length;
      continue;
    }
    const next = nextFrame(bytes, offset + 1, marker);
    if (next < 0) {
      return { entries, lostBytes, tornBytes: bytes.length - offset };
    }
    lostBytes += next - offset;
    offset = next;
  }
  return { entries, lostBytes, tornBytes: 0 };
}

/** The frame that begins there; undefined if none does, or not a whole one. */
function frameAt(bytes: Buffer, offset: number, marker: Buffer): Buffer | undefined {
  const head = bytes.subarray(offset, offset + FRAME_HEAD_BYTES);
  if (head.length < FRAME_HEAD_BYTES || !head.subarray(0, MARKER_BYTES).equals(marker)) {
    return undefined;
  }
  const length = FRAME_HEAD_BYTES + head.readUInt32BE(MARKER_BYTES);
  const frame = bytes.subarray(offset, offset + length);
  return frame.length === length && head.readUInt32BE(MARKER_BYTES + 4) === frameChecksum(frame)
    ? frame
    : undefined;
}

/** Where the next whole frame begins; -1 if there is none. */
function nextFrame(bytes: Buffer, from: number, marker: Buffer): number {
  let offset = bytes.indexOf(marker, from);
  while (offset >= 0 && frameAt(bytes, offset, marker) === undefined) {
    offset = bytes.indexOf(marker, offset + 1);
  }
  return offset;
}

/** Null for what nobody who has the key has written. */
function entriesOf(
  frame: Buffer,
  marker: Buffer,
  offset: number,
  cipher: Cipher | undefined,
): Unwritten[] | null {
  const payload = frame.subarray(FRAME_HEAD_BYTES);
  const plain = cipher === undefined ? payload : cipher.open(payload, placeOf(marker, offset));
  try {
    return plain && decodeEntries(plain);
  } catch (error) {
    if (isTribesError(error, 'TRIBES_E_STORE_RECORD') || error instanceof RangeError) {
      return null;
    }
    throw error;
  }
}

function decodeEntries(payload: Buffer): Unwritten[] {
  const entries: Unwritten[] = [];
  for (let offset = 0; offset < payload.length;) {
    const rowsStart = offset + ENTRY_HEAD_BYTES;
    const end = rowsStart + payload.readUInt32BE(offset + PLACE_BYTES);
    const place = payload.readUIntBE(offset, PLACE_BYTES);
    if (end > payload.length) {
      throw new RangeError('an entry is longer than its frame');
    }
    entries.push({ place, rows: [...decodeRows(payload.subarray(rowsStart, end))] });
    offset = end;
  }
  return entries;
}

/** Over the length and the payload. */
function frameChecksum(frame: Buffer): number {
  const length = frame.subarray(MARKER_BYTES, MARKER_BYTES + 4);
  return crc32(frame.subarray(FRAME_HEAD_BYTES), crc32(length));
}

/** A frame opens only where it was written. */
function placeOf(marker: Buffer, offset: number): Buffer {
  const place = Buffer.alloc(MARKER_BYTES + PLACE_BYTES);
  marker.copy(place);
  place.writeUIntBE(offset, MARKER_BYTES, PLACE_BYTES);
  return place;
}
