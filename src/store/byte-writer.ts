const LONE_SURROGATE = /\p{Surrogate}/u;

/** Texts up to this length are written character by character: that is quicker than to ask Node for it. */
const SHORT_TEXT = 0x3f;

const FIRST_BYTES = 512;
/** Memory beyond that is not kept for what comes next. */
const MAX_KEPT_BYTES = 2 ** 20;

/** Gathers the fields of a record. Numbers are big-endian. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(FIRST_BYTES);
  #length = 0;

  /** Bytes written. */
  get length(): number {
    return this.#length;
  }

  /** Forgets what was written, and keeps the memory unless that is much. */
  clear(): void {
    this.#length = 0;
    if (this.#bytes.length > MAX_KEPT_BYTES) {
      this.#bytes = Buffer.allocUnsafe(FIRST_BYTES);
    }
  }

  writeUInt8(value: number): void {
    const offset = this.#grow(1);
    this.#bytes[offset] = value;
  }

  writeInt32(value: number): void {
    const offset = this.#grow(4);
    this.#bytes.writeInt32BE(value, offset);
  }

  writeDouble(value: number): void {
    const offset = this.#grow(8);
    this.#bytes.writeDoubleBE(value, offset);
  }

  /** A whole number from 0 to 2^53 - 1: seven bits a byte, lowest first. */
  writeVarint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`a varint holds whole numbers from 0 to 2^53 - 1, not ${value}`);
    }
    let rest = value;
    while (rest > 0x7f) {
      this.writeUInt8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.writeUInt8(rest);
  }

  writeBytes(bytes: Uint8Array): void {
    const offset = this.#grow(bytes.length);
    this.#bytes.set(bytes, offset);
  }

  writeCountedBytes(bytes: Uint8Array): void {
    this.writeVarint(bytes.length);
    this.writeBytes(bytes);
  }

  /** UTF-8; UTF-16 when there are lone surrogates, which Java strings may hold and UTF-8 may not. */
  writeText(text: string): void {
    if (this.#writeShortAscii(text)) {
      return;
    }
    const lone = LONE_SURROGATE.test(text);
    const bytes = Buffer.from(text, lone ? 'utf16le' : 'utf8');
    this.writeVarint(bytes.length * 2 + (lone ? 1 : 0));
    this.writeBytes(bytes);
  }

  /** A copy of what was written, which is not to be kept for long: small ones share memory. */
  toBuffer(): Buffer {
    const bytes = Buffer.allocUnsafe(this.#length);
    this.#bytes.copy(bytes, 0, 0, this.#length);
    return bytes;
  }

  /** What was written, good until more is written or it is forgotten. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** False, with nothing written, for a text that is long or not ASCII. */
  #writeShortAscii(text: string): boolean {
    const { length } = text;
    if (length > SHORT_TEXT) {
      return false;
    }
    const start = this.#grow(length + 1);
    const bytes = this.#bytes;
    bytes[start] = length * 2;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.#length = start;
        return false;
      }
      bytes[start + 1 + i] = code;
    }
    return true;
  }

  /** Makes room for `count` bytes, in a new buffer if need be; returns where. */
  #grow(count: number): number {
    const offset = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, offset);
      this.#bytes = larger;
    }
    return offset;
  }
}
