import { TribesError } from '../base/index.js';

/** Reads big-endian values from a buffer, in order, and never beyond its end. */
export class Cursor {
  readonly bytes: Buffer;
  private at: number;
  private readonly end: number;

  /** Reads `bytes[start, end)`; offsets in errors count from the beginning of `bytes`. */
  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  get offset(): number {
    return this.at;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  u8(): number {
    return this.bytes.readUInt8(this.claim(1, 'a byte'));
  }

  i8(): number {
    return this.bytes.readInt8(this.claim(1, 'a byte'));
  }

  u16(): number {
    return this.bytes.readUInt16BE(this.claim(2, 'a short'));
  }

  i32(): number {
    return this.bytes.readInt32BE(this.claim(4, 'an int'));
  }

  i64(): bigint {
    return this.bytes.readBigInt64BE(this.claim(8, 'a long'));
  }

  /** The next `count` bytes, as a view. */
  take(count: number): Buffer {
    const at = this.claim(count, `${count} bytes`);
    return this.bytes.subarray(at, at + count);
  }

  skip(count: number): void {
    this.claim(count, `${count} bytes`);
  }

  private claim(count: number, expected: string): number {
    if (count > this.end - this.at) {
      throw new TribesError('TRIBES_E_JAVA_TRUNCATED', { expected, where: `offset ${this.at}` });
    }
    const at = this.at;
    this.at += count;
    return at;
  }
}
