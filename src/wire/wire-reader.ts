import { TribesError } from '../base/index.js';

/**
 * A cursor over the big-endian layouts of Tribes. Every read checks the bytes left first and names the field it was
 * after; nothing is copied.
 */
export class WireReader {
  readonly #layout: string;
  readonly #bytes: Buffer;
  readonly #end: number;
  #offset: number;

  /** Reads from `offset` up to, not including, `end`. `layout` names the layout in errors. */
  constructor(layout: string, bytes: Buffer, offset = 0, end = bytes.length) {
    this.#layout = layout;
    this.#bytes = bytes;
    this.#offset = offset;
    this.#end = end;
  }

  get offset(): number {
    return this.#offset;
  }

  get left(): number {
    return this.#end - this.#offset;
  }

  readInt8(field: string): number {
    return this.#bytes.readInt8(this.#take(field, 1));
  }

  readInt32(field: string): number {
    return this.#bytes.readInt32BE(this.#take(field, 4));
  }

  readInt64(field: string): bigint {
    return this.#bytes.readBigInt64BE(this.#take(field, 8));
  }

  /** A view of the next `length` bytes, `length` not being negative. */
  readBytes(field: string, length: number): Buffer {
    const start = this.#take(field, length);
    return this.#bytes.subarray(start, start + length);
  }

  /** An int32 length, and a view of that many bytes. */
  readCountedBytes(field: string): Buffer {
    const at = this.#offset;
    const length = this.readInt32(`length of ${field}`);
    if (length < 0) {
      throw this.lengthError(field, length, at, '0 or more');
    }
    return this.readBytes(field, length);
  }

  /** Moves past `marker`. */
  expectMarker(name: string, marker: Buffer): void {
    const at = this.#offset;
    const found = this.readBytes(name, marker.length);
    if (!found.equals(marker)) {
      throw new TribesError('TRIBES_E_WIRE_MARKER', {
        layout: this.#layout,
        marker: name,
        offset: at,
        expected: marker.toString('hex'),
        found: found.toString('hex'),
      });
    }
  }

  expectEnd(): void {
    if (this.left > 0) {
      throw new TribesError('TRIBES_E_WIRE_TRAILING', {
        layout: this.#layout,
        offset: this.#offset,
        left: this.left,
      });
    }
  }

  lengthError(field: string, length: number, offset: number, expected: string): TribesError {
    return new TribesError('TRIBES_E_WIRE_LENGTH', { layout: this.#layout, field, length, offset, expected });
  }

  #take(field: string, needed: number): number {
    const start = this.#offset;
    if (needed > this.#end - start) {
      throw new TribesError('TRIBES_E_WIRE_TRUNCATED', {
        layout: this.#layout,
        field,
        offset: start,
        needed,
        left: this.#end - start,
      });
    }
    this.#offset = start + needed;
    return start;
  }
}
