import { encodeInto } from './modified-utf8.js';

/** Up to these lengths a loop beats the call into native code. */
const SHORT = 48;
const SHORT_TEXT = 40;

/** For writers that write many streams, which then share memory: as much as in Node's own pool. */
export const SLAB_BYTES = 2 ** 13;
/** With less left of a slab, another is begun. */
const MIN_ROOM = 2 ** 9;
/** Memory beyond the slab that is kept for what comes next. */
const MAX_KEPT = 2 ** 20;

/** The bits of a number, in the order of this machine. */
const bits = new ArrayBuffer(8);
const words = new Int32Array(bits);
const bigints = new BigInt64Array(bits);
const floats = new Float32Array(bits);
const doubles = new Float64Array(bits);
const LOW_WORD = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
const HIGH_WORD = 1 - LOW_WORD;

/** Writes big-endian values into memory that grows. */
export class ByteWriter {
  /** What was written is `buffer[start, end)`. */
  private buffer: Buffer;
  private start = 0;
  private end = 0;
  private slab: Buffer;
  /** Where the free part of the slab begins. */
  private slabStart = 0;
  /** For what is too long for the slab. */
  private spare: Buffer | undefined;

  constructor(capacity = 1024) {
    this.slab = Buffer.allocUnsafe(capacity);
    this.buffer = this.slab;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.end - this.start;
  }

  u8(value: number): void {
    const at = this.claim(1);
    this.buffer[at] = value;
  }

  u16(value: number): void {
    const at = this.claim(2);
    this.buffer[at] = value >>> 8;
    this.buffer[at + 1] = value;
  }

  /** Signed or unsigned. */
  i32(value: number): void {
    const at = this.claim(4);
    this.put32(at, value);
  }

  /** `u8` and `i32`. */
  u8i32(first: number, second: number): void {
    const at = this.claim(5);
    this.buffer[at] = first;
    this.put32(at + 1, second);
  }

  /** Signed or unsigned. */
  i64(value: bigint): void {
    bigints[0] = value;
    this.twoWords();
  }

  f32(value: number): void {
    floats[0] = value;
    this.i32(words[0] as number);
  }

  f64(value: number): void {
    doubles[0] = value;
    this.twoWords();
  }

  bytes(source: Uint8Array): void {
    const { length } = source;
    if (length > SHORT) {
      const at = this.claim(length);
      this.buffer.set(source, at);
    } else {
      this.copy(source, 0, length);
    }
  }

  /** Appends `source[start, end)`. */
  copy(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    const at = this.claim(count);
    if (count > SHORT) {
      this.buffer.set(source.subarray(start, end), at);
      return;
    }
    const { buffer } = this;
    for (let i = 0; i < count; i++) {
      buffer[at + i] = source[start + i] as number;
    }
  }

  /** The canonical modified UTF-8 of `text`, which takes `length` bytes. */
  text(text: string, length: number): void {
    const at = this.claim(length);
    if (length === text.length && length > SHORT_TEXT) {
      this.buffer.write(text, at, length, 'latin1');
    } else {
      encodeInto(text, this.buffer, at);
    }
  }

  /**
   * A short text of ASCII without NUL, as `writeUTF` writes it, in one go, and behind a type code if one is given. False,
   * and nothing is written, for any other text.
   */
  shortUtf(text: string, code = 0): boolean {
    const { length } = text;
    if (length > SHORT_TEXT) {
      return false;
    }
    const begin = this.claim(3 + length);
    const { buffer } = this;
    const head = code === 0 ? begin : begin + 1;
    let at = head + 2;
    // One look at all units costs less than one at each: bits of any, and the sign of what is one less than NUL.
    let any = 0;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      any |= unit | (unit - 1);
      buffer[at++] = unit;
    }
    if ((any & ~0x7f) !== 0) {
      this.end = begin;
      return false;
    }
    buffer[begin] = code;
    buffer[head] = 0;
    buffer[head + 1] = length;
    this.end = at;
    return true;
  }

  /** What was written, as a view: valid until the writer is used again. */
  view(): Buffer {
    return this.buffer.subarray(this.start, this.end);
  }

  /**
   * What was written, in memory that nobody writes to again; the writer is empty then. Short ones share memory, as those
   * of `Buffer.allocUnsafe` do.
   */
  take(): Buffer {
    let bytes: Buffer;
    if (this.buffer === this.slab) {
      bytes = this.view();
      this.slabStart = this.end;
    } else {
      bytes = Buffer.allocUnsafeSlow(this.length);
      this.buffer.copy(bytes, 0, this.start, this.end);
    }
    this.clear();
    return bytes;
  }

  /** Forgets what was written behind the first `length` bytes. */
  truncate(length: number): void {
    this.end = this.start + length;
  }

  /** Forgets what was written. */
  clear(): void {
    if (this.slabStart > 0 && this.slab.length - this.slabStart < MIN_ROOM) {
      this.beginSlab();
    }
    if (this.spare !== undefined && this.spare.length > MAX_KEPT) {
      this.spare = undefined;
    }
    this.buffer = this.slab;
    this.start = this.slabStart;
    this.end = this.slabStart;
  }

  private twoWords(): void {
    const at = this.claim(8);
    this.put32(at, words[HIGH_WORD] as number);
    this.put32(at + 4, words[LOW_WORD] as number);
  }

  private put32(at: number, value: number): void {
    const { buffer } = this;
    buffer[at] = value >>> 24;
    buffer[at + 1] = value >>> 16;
    buffer[at + 2] = value >>> 8;
    buffer[at + 3] = value;
  }

  /** Makes room for `count` bytes; returns where they begin. */
  private claim(count: number): number {
    if (this.end + count > this.buffer.length) {
      this.grow(this.length + count);
    }
    const at = this.end;
    this.end = at + count;
    return at;
  }

  private grow(needed: number): void {
    if (this.buffer === this.slab && needed <= this.slab.length / 2) {
      this.beginSlab();
      this.moveTo(this.slab);
      return;
    }
    if (this.spare === undefined || this.spare.length < needed) {
      this.spare = Buffer.allocUnsafeSlow(Math.max(needed, this.length * 2));
    }
    this.moveTo(this.spare);
  }

  private beginSlab(): void {
    this.slab = Buffer.allocUnsafeSlow(this.slab.length);
    this.slabStart = 0;
  }

  private moveTo(larger: Buffer): void {
    const { length } = this;
    this.buffer.copy(larger, 0, this.start, this.end);
    this.buffer = larger;
    this.start = 0;
    this.end = length;
  }
}
