import { decodeStrictly } from './modified-utf8.js';

/** Texts kept: a power of two. */
const MAX_TEXTS = 1024;
/** Longer ones are decoded each time. */
const MAX_BYTES = 255;

/** A text that comes again and again. */
export interface InternedText {
  readonly text: string;
  /** A list of it alone. */
  readonly alone: readonly [string];
}

interface Entry extends InternedText {
  readonly bytes: Uint8Array;
}

/** Texts by their bytes in modified UTF-8, so that one that comes again is compared and not decoded. */
export class InternedTexts {
  private readonly entries = new Array<Entry | undefined>(MAX_TEXTS).fill(undefined);

  /** The text of `bytes[start, end)`; undefined where a JVM refuses the bytes. */
  find(bytes: Buffer, start: number, end: number): InternedText | undefined {
    const slot = hashOf(bytes, start, end) & (MAX_TEXTS - 1);
    const known = this.entries[slot];
    if (known !== undefined && isText(known.bytes, bytes, start, end)) {
      return known;
    }
    const text = decodeStrictly(bytes, start, end);
    if (text === undefined) {
      return undefined;
    }
    const entry: Entry = { text, alone: [text], bytes: new Uint8Array(bytes.subarray(start, end)) };
    if (end - start <= MAX_BYTES) {
      this.entries[slot] = entry;
    }
    return entry;
  }
}

function hashOf(bytes: Buffer, start: number, end: number): number {
  let hash = end - start;
  for (let at = start; at < end; at++) {
    hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  }
  return hash ^ (hash >>> 10);
}

function isText(text: Uint8Array, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) {
    return false;
  }
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== bytes[start + i]) {
      return false;
    }
  }
  return true;
}
