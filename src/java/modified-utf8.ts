import type { JavaText } from './model.js';

/**
 * Modified UTF-8 (`java.io.DataInput`): U+0000 as C0 80, every UTF-16 unit on its own, so that supplementary
 * characters take two sequences of three bytes and lone surrogates travel as they are.
 */

const REPLACEMENT = 0xfffd;
/** Up to this length a loop beats the call into the native decoder. */
const SHORT = 16;
/** From this length on, native code that says whether a text is ASCII beats a loop. */
const LONG = 40;
/** Units given to `String.fromCharCode` at a time: its arguments live on the call stack. */
const CHUNK = 4096;

/**
 * The text of `bytes[start, end)`. Sequences that no JVM writes are kept in `bytes` of the result: those that a JVM
 * understands all the same (a plain NUL, overlong forms) are decoded, those that it refuses become U+FFFD.
 */
export function decodeText(bytes: Buffer, start: number, end: number): JavaText {
  if (isAscii(bytes, start, end)) {
    return { value: sliceAscii(bytes, start, end) };
  }
  const { value, canonical } = decodeUnits(bytes, start, end);
  return canonical ? { value } : { value, bytes: bytes.subarray(start, end) };
}

/** The text of `bytes[start, end)` as a JVM reads it, or undefined where a JVM refuses the bytes. */
export function decodeStrictly(bytes: Buffer, start: number, end: number): string | undefined {
  if (isAscii(bytes, start, end)) {
    return sliceAscii(bytes, start, end);
  }
  const { value, valid } = decodeUnits(bytes, start, end);
  return valid ? value : undefined;
}

/** Bytes that the canonical encoding of `text` takes. */
export function encodedLength(text: string): number {
  let { length } = text;
  if (length > LONG && Buffer.byteLength(text) === length && !text.includes('\0')) {
    return length;
  }
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x800) {
      length += 2;
    } else if (unit >= 0x80 || unit === 0) {
      length += 1;
    }
  }
  return length;
}

/** Writes the canonical encoding of `text` at `offset`, where `encodedLength(text)` bytes must be free; returns the end. */
export function encodeInto(text: string, target: Buffer, offset: number): number {
  let at = offset;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit !== 0 && unit < 0x80) {
      target[at++] = unit;
    } else if (unit < 0x800) {
      target[at++] = 0xc0 | (unit >> 6);
      target[at++] = 0x80 | (unit & 0x3f);
    } else {
      target[at++] = 0xe0 | (unit >> 12);
      target[at++] = 0x80 | ((unit >> 6) & 0x3f);
      target[at++] = 0x80 | (unit & 0x3f);
    }
  }
  return at;
}

/** The canonical encoding of `text`. */
export function encodeText(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(encodedLength(text));
  encodeInto(text, bytes, 0);
  return bytes;
}

/** The text of `bytes[start, end)` if it is ASCII without NUL; `numbers` is a view of the same bytes. */
export function decodeAscii(
  bytes: Buffer,
  numbers: DataView,
  start: number,
  end: number,
): string | undefined {
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const four = numbers.getInt32(at);
    if (((four | (four - 0x01010101)) & 0x80808080) !== 0) {
      return undefined;
    }
  }
  return isAscii(bytes, at, end) ? sliceAscii(bytes, start, end) : undefined;
}

function isAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === 0 || byte >= 0x80) {
      return false;
    }
  }
  return true;
}

/** What `Buffer.toString('latin1')` calls once it has found out what the encoding is and where the bounds are. */
interface Latin1Buffer {
  latin1Slice(start: number, end: number): string;
}

function sliceAscii(bytes: Buffer, start: number, end: number): string {
  return end - start > SHORT
    ? (bytes as Buffer & Latin1Buffer).latin1Slice(start, end)
    : shortAscii(bytes, start, end);
}

/** Eight characters at a time: a string that grows by one at a time is copied each time. */
function shortAscii(bytes: Buffer, start: number, end: number): string {
  let text = '';
  let at = start;
  for (; at + 8 <= end; at += 8) {
    text += String.fromCharCode(
      bytes[at] as number,
      bytes[at + 1] as number,
      bytes[at + 2] as number,
      bytes[at + 3] as number,
      bytes[at + 4] as number,
      bytes[at + 5] as number,
      bytes[at + 6] as number,
      bytes[at + 7] as number,
    );
  }
  for (; at + 2 <= end; at += 2) {
    text += String.fromCharCode(bytes[at] as number, bytes[at + 1] as number);
  }
  return at < end ? text + String.fromCharCode(bytes[at] as number) : text;
}

function decodeUnits(
  bytes: Buffer,
  start: number,
  end: number,
): { value: string; canonical: boolean; valid: boolean } {
  const units = new Uint16Array(end - start);
  let count = 0;
  let canonical = true;
  let valid = true;
  let at = start;
  while (at < end) {
    const first = bytes[at] as number;
    let unit = REPLACEMENT;
    let length = 1;
    let shortest = false;
    if (first < 0x80) {
      unit = first;
      shortest = first !== 0;
    } else if (first >> 5 === 0b110 && continues(bytes, at + 1, end)) {
      unit = ((first & 0x1f) << 6) | ((bytes[at + 1] as number) & 0x3f);
      length = 2;
      shortest = unit >= 0x80 || unit === 0;
    } else if (first >> 4 === 0b1110 && continues(bytes, at + 1, end) && continues(bytes, at + 2, end)) {
      unit =
        ((first & 0x0f) << 12) |
        (((bytes[at + 1] as number) & 0x3f) << 6) |
        ((bytes[at + 2] as number) & 0x3f);
      length = 3;
      shortest = unit >= 0x800;
    } else {
      valid = false;
    }
    canonical &&= shortest;
    units[count++] = unit;
    at += length;
  }
  return { value: unitsToString(units.subarray(0, count)), canonical, valid };
}

function continues(bytes: Buffer, at: number, end: number): boolean {
  return at < end && (bytes[at] as number) >> 6 === 0b10;
}

function unitsToString(units: Uint16Array): string {
  let text = '';
  for (let at = 0; at < units.length; at += CHUNK) {
    text += String.fromCharCode(...units.subarray(at, at + CHUNK));
  }
  return text;
}
