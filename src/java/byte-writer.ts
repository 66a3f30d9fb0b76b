import { encodeInto } from './modified-utf8.js';

/** Below this length a loop beats the call into the native encoder. */
const SHORT = 24;

/** Writes big-endian values into a buffer that grows. */
export class ByteWriter {
  private buffer: Buffer;
  private end = 0;

  constructor(initialCapacity = 256) {
    this.buffer = Buffer.allocUnsafe(initialCapacity);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.end;
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
    this.buffer[at] = value >>> 24;
    this.buffer[at + 1] = value >>> 16;
    this.buffer[at + 2] = value >>> 8;
    this.buffer[at + 3] = value;
  }

  /** Signed or unsigned. */
  i64(value: bigint): void {
    const at = this.claim(8);
    this.buffer.writeBigInt64BE(BigInt.asIntN(64, value), at);
  }

  f32(value: number): void {
    const at = this.claim(4);
    this.buffer.writeFloatBE(value, at);
  }

  f64(value: number): void {
    const at = this.claim(8);
    this.buffer.writeDoubleBE(value, at);
  }

  bytes(source: Uint8Array): void {
    const at = this.claim(source.length);
    this.buffer.set(source, at);
  }

  /** Appends `source[start, end)`. */
  copy(source: Buffer, start: number, end: number): void {
    const at = this.claim(end - start);
    source.copy(this.buffer, at, start, end);
  }

  /** The canonical modified UTF-8 of `text`, which takes `length` bytes. */
  text(text: string, length: number): void {
    const at = this.claim(length);
    if (length === text.length && length > SHORT) {
      this.buffer.write(text, at, length, 'latin1');
    } else {
      encodeInto(text, this.buffer, at);
    }
  }

  /** What was written, as a view: valid until the writer is used again. */
  view(): Buffer {
    return this.buffer.subarray(0, this.end);
  }

  /** What was written, in a buffer of its own. */
  toBuffer(): Buffer {
    return Buffer.from(this.view());
  }

  /** Forgets what was written and keeps the memory. */
  clear(): void {
    this.end = 0;
  }

  private claim(count: number): number {
    const at = this.end;
    const end = at + count;
    if (end > this.buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(end, this.buffer.length * 2));
      this.buffer.copy(grown, 0, 0, at);
      this.buffer = grown;
    }
    this.end = end;
    return at;
  }
}
