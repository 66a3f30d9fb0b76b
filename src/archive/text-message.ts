import type { Long, Reader, Writer } from 'protobufjs/minimal.js';

const LONE_SURROGATE = /\p{Surrogate}/u;

/** `Text` as field `tag` of the message that is being written. */
export function writeText(writer: Writer, tag: number, text: string): void {
  const message = writer.uint32(tag).fork();
  if (LONE_SURROGATE.test(text)) {
    message.uint32(0x12).bytes(Buffer.from(text, 'utf16le'));
  } else {
    message.uint32(0x0a).string(text);
  }
  message.ldelim();
}

/** The `Text` whose length comes next. */
export function readText(reader: Reader): string {
  let text = '';
  readFields(reader, (tag) => {
    switch (tag) {
      case 0x0a:
        text = reader.string();
        return true;
      case 0x12:
        text = bufferOf(reader).toString('utf16le');
        return true;
      default:
        return false;
    }
  });
  return text;
}

/**
 * Reads the fields of the message whose length comes next. `read` is given each tag, and returns false for one that it
 * does not know, which is skipped.
 */
export function readFields(reader: Reader, read: (tag: number) => boolean): void {
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) {
    throw new RangeError(`a message ends ${end - reader.len} bytes behind what holds it`);
  }
  readFieldsUpTo(reader, end, read);
}

/** As `readFields`, for a message that ends at `end`. */
export function readFieldsUpTo(reader: Reader, end: number, read: (tag: number) => boolean): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (!read(tag)) {
      reader.skipType(tag & 7, 0, tag >>> 3);
    }
  }
  if (reader.pos !== end) {
    throw new RangeError(`a field ends ${reader.pos - end} bytes behind its message`);
  }
}

/** The bytes that come next, as a view. */
export function bufferOf(reader: Reader): Buffer {
  const bytes = reader.bytes();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A whole number that Java has as a long; beyond 2^53 the nearest that there is. */
export function readLong(reader: Reader): number {
  const value = reader.int64();
  return typeof value === 'number' ? value : value.high * 2 ** 32 + (value.low >>> 0);
}

/** The inverse of `readLong`; what is beyond a long becomes the last long. */
export function writeLong(writer: Writer, tag: number, value: number): void {
  writer.uint32(tag).int64(Number.isSafeInteger(value) ? value : longOf(value));
}

/** @throws {RangeError} above 2^53 - 1. */
export function readCount(reader: Reader): number {
  const value = reader.uint64();
  const count = typeof value === 'number' ? value : (value.high >>> 0) * 2 ** 32 + (value.low >>> 0);
  if (!Number.isSafeInteger(count)) {
    throw new RangeError(`${count} is no count`);
  }
  return count;
}

const MIN_LONG = -(2n ** 63n);
const MAX_LONG = 2n ** 63n - 1n;

function longOf(value: number): Long {
  const whole = BigInt(Math.trunc(value));
  const long = whole < MIN_LONG ? MIN_LONG : whole > MAX_LONG ? MAX_LONG : whole;
  return {
    low: Number(BigInt.asIntN(32, long)),
    high: Number(BigInt.asIntN(32, long >> 32n)),
    unsigned: false,
  };
}
