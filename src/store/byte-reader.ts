import { TribesError } from '../base/index.js';
import { InternedTexts, type InternedText } from '../java/index.js';

const MAX_VARINT_BYTES = 8;

/** Attributes of many sessions have the same names. */
const names = new InternedTexts();

/** The inverse of `ByteWriter`. Every read checks the bytes left first; errors are TRIBES_E_STORE_RECORD. */
export class ByteReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Of the next byte. */
  get offset(): number {
    return this.#offset;
  }

  get left(): number {
    return this.#bytes.length - this.#offset;
  }

  readUInt8(field: string): number {
    return this.#bytes.readUInt8(this.#take(field, 1));
  }

  readInt32(field: string): number {
    return this.#bytes.readInt32BE(this.#take(field, 4));
  }

  readDouble(field: string): number {
    return this.#bytes.readDoubleBE(this.#take(field, 8));
  }

  readVarint(field: string): number {
    const first = this.#bytes[this.#offset];
    if (first !== undefined && first < 0x80) {
      this.#offset++;
      return first;
    }
    let value = 0;
    for (let place = 0; place < MAX_VARINT_BYTES; place++) {
      const byte = this.readUInt8(field);
      value += (byte & 0x7f) * 2 ** (7 * place);
      if (byte < 0x80) {
        if (value <= Number.MAX_SAFE_INTEGER) {
          return value;
        }
        break;
      }
    }
    throw this.error(`${field} below 2^53`, 'a larger number');
  }

  /** The number of things that follow, each of at least one byte. */
  readCount(field: string): number {
    const count = this.readVarint(`number of ${field}`);
    if (count > this.left) {
      throw this.error(`${field}, ${count} of them`, `${this.left} bytes`);
    }
    return count;
  }

  /** A number, and so many things. */
  readMany<T>(field: string, readOne: () => T): T[] {
    const items: T[] = [];
    for (let left = this.readCount(field); left > 0; left--) {
      items.push(readOne());
    }
    return items;
  }

  /** A view of the next bytes. */
  readBytes(field: string, length: number): Buffer {
    const start = this.#take(field, length);
    return this.#bytes.subarray(start, start + length);
  }

  readText(field: string): string {
    const header = this.readVarint(`length of ${field}`);
    const length = Math.floor(header / 2);
    if (header % 2 === 0) {
      const start = this.#take(field, length);
      return this.#bytes.toString('utf8', start, start + length);
    }
    if (length % 2 !== 0) {
      throw this.error(`${field} in UTF-16`, `${length} bytes, an odd number`);
    }
    return this.readBytes(field, length).toString('utf16le');
  }

  /** As `readText`, of a text that is likely to come again. */
  readName(field: string): InternedText {
    const start = this.#offset;
    const text = this.#knownName();
    if (text !== undefined) {
      return text;
    }
    this.#offset = start;
    const other = this.readText(field);
    return { text: other, alone: [other] };
  }

  /** Undefined where what stands next is long, or not of ASCII alone. */
  #knownName(): InternedText | undefined {
    const header = this.#bytes[this.#offset] ?? 1;
    const start = this.#offset + 1;
    const end = start + header / 2;
    if (header % 2 !== 0 || header >= 0x80 || end > this.#bytes.length) {
      return undefined;
    }
    for (let at = start; at < end; at++) {
      const byte = this.#bytes[at] as number;
      if (byte === 0 || byte >= 0x80) {
        return undefined;
      }
    }
    this.#offset = end;
    return names.find(this.#bytes, start, end);
  }

  expectEnd(): void {
    if (this.left > 0) {
      throw this.error('the end', `${this.left} more bytes`);
    }
  }

  error(expected: string, found: string, options?: ErrorOptions): TribesError {
    return new TribesError('TRIBES_E_STORE_RECORD', { expected, found, offset: this.#offset }, options);
  }

  #take(field: string, length: number): number {
    if (length > this.left) {
      throw this.error(`${field} (${length} bytes)`, `${this.left} bytes`);
    }
    const start = this.#offset;
    this.#offset += length;
    return start;
  }
}
