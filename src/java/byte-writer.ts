import { encodeInto } from './modified-utf8.js';

/** Up to this length a loop beats the call into native code. */
const SHORT = 24;
/** Memory that a cleared writer keeps. */
const MAX_KEPT = 2 ** 20;

/** Writes big-endian values into a buffer that grows. */
export class ByteWriter {
  private buffer: Buffer;
  private cachedNumbers: DataView | undefined;
  private end = 0;

  constructor(initialCapacity = 1024) {
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
    this.numbers.setBigInt64(at, value);
  }

  f32(value: number): void {
    const at = this.claim(4);
    this.numbers.setFloat32(at, value);
  }

  f64(value: number): void {
    const at = this.claim(8);
    this.numbers.setFloat64(at, value);
  }

  bytes(source: Uint8Array): void {
    this.copy(source, 0, source.length);
  }

  /** Appends `source[start, end)`. */
  copy(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    const at = this.claim(count);
    if (count > SHORT) {
      this.buffer.set(source.subarray(start, end), at);
      return;
    }
    for (let i = 0; i < count; i++) {
      this.buffer[at + i] = source[start + i] as number;
    }
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

  /** Forgets what was written; keeps its memory for what comes next, unless that is much. */
  clear(): void {
    this.end = 0;
    if (this.buffer.length > MAX_KEPT) {
      this.buffer = Buffer.allocUnsafe(1024);
      this.cachedNumbers = undefined;
    }
  }

  private get numbers(): DataView {
    const { buffer } = this.buffer;
    this.cachedNumbers ??= new DataView(buffer, this.buffer.byteOffset, this.buffer.length);
    return this.cachedNumbers;
  }

  private claim(count: number): number {
    const at = this.end;
    const end = at + count;
    if (end > this.buffer.length) {
      const grown = Buffer.allocUnsafe(Math.max(end, this.buffer.length * 2));
      this.buffer.copy(grown, 0, 0, at);
      this.buffer = grown;
      this.cachedNumbers = undefined;
    }
    this.end = end;
    return at;
  }
}
