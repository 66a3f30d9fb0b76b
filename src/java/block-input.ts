import { TribesError } from '../base/index.js';
import { decodeStrictly } from './modified-utf8.js';
import type { ObjectInput } from './object-input.js';

/** What stands next. */
export type Ahead = ReturnType<ObjectInput<unknown>['peek']>;

const NOTHING = Buffer.alloc(0);

/**
 * The half of an `ObjectInput` that reads primitives across the borders of block-data records, as
 * `ObjectInputStream.BlockDataInputStream` does. As there, resets are passed over.
 */
export abstract class BlockInput<V> implements ObjectInput<V> {
  /** What is left of the record being read: `record[at, end)`. */
  private record: Buffer = NOTHING;
  private at = 0;
  private end = 0;

  /** What stands behind the record being read, without moving. */
  protected abstract ahead(): Ahead;
  /** Takes the record, reset or exception that stands next; a record is then entered. */
  protected abstract takeRecord(): void;
  protected abstract takeReset(): void;
  protected abstract takeException(): void;
  /** The object that stands next, without moving. */
  protected abstract objectAhead(): V;
  protected abstract takeObject(): void;
  protected abstract classNameAhead(): string | null;
  protected abstract stringOf(object: V): string | null | undefined;
  protected abstract integerOf(object: V): number | undefined;
  protected abstract longOf(object: V): bigint | undefined;
  protected abstract booleanOf(object: V): boolean | undefined;
  /** Where the next content stands, for messages. */
  protected abstract where(): string;

  /** What is read next stands in `record[start, end)`. */
  protected enter(record: Buffer, start: number, end: number): void {
    this.record = record;
    this.at = start;
    this.end = end;
  }

  peek(): Ahead {
    while (this.at === this.end && this.ahead() === 'primitive') {
      this.takeRecord();
    }
    return this.at < this.end ? 'primitive' : this.ahead();
  }

  peekClassName(): string | null {
    this.expect('object', 'an object');
    return this.classNameAhead();
  }

  skipException(): void {
    this.expect('exception', 'an exception');
    this.takeException();
  }

  readObject(): V {
    this.expect('object', 'an object');
    const object = this.objectAhead();
    this.takeObject();
    return object;
  }

  readStringObject(): string | null {
    return this.unbox('a String', (object) => this.stringOf(object));
  }

  readIntegerObject(): number {
    return this.unbox('an Integer', (object) => this.integerOf(object));
  }

  readLongObject(): bigint {
    return this.unbox('a Long', (object) => this.longOf(object));
  }

  readBooleanObject(): boolean {
    return this.unbox('a Boolean', (object) => this.booleanOf(object));
  }

  readBoolean(): boolean {
    return this.readByte() !== 0;
  }

  readByte(): number {
    return this.inRecord(1) ? this.record.readInt8(this.at++) : this.readAcross(1).readInt8(0);
  }

  readInt(): number {
    if (!this.inRecord(4)) {
      return this.readAcross(4).readInt32BE(0);
    }
    const { at } = this;
    this.at = at + 4;
    return this.record.readInt32BE(at);
  }

  readLong(): bigint {
    if (!this.inRecord(8)) {
      return this.readAcross(8).readBigInt64BE(0);
    }
    const { at } = this;
    this.at = at + 8;
    return this.record.readBigInt64BE(at);
  }

  readUTF(): string {
    const length = this.readUnsignedShort();
    if (!this.inRecord(length)) {
      const where = this.where();
      return decodeStrictly(this.readAcross(length), 0, length) ?? this.noText(where);
    }
    const start = this.at;
    this.at = start + length;
    return decodeStrictly(this.record, start, this.at) ?? this.noText(this.where());
  }

  /** The next `length` bytes, if possible as a view; a length read from the stream may be negative, which is refused. */
  readBytes(length: number): Buffer {
    if (length < 0) {
      const found = String(length);
      throw new TribesError('TRIBES_E_JAVA_UNEXPECTED', { expected: 'a length', found, where: this.where() });
    }
    if (!this.inRecord(length)) {
      return this.readAcross(length);
    }
    const { at } = this;
    this.at = at + length;
    return this.record.subarray(at, this.at);
  }

  private readUnsignedShort(): number {
    if (!this.inRecord(2)) {
      return this.readAcross(2).readUInt16BE(0);
    }
    const { at } = this;
    this.at = at + 2;
    return this.record.readUInt16BE(at);
  }

  private inRecord(length: number): boolean {
    return length <= this.end - this.at;
  }

  private readAcross(length: number): Buffer {
    const pieces: Buffer[] = [];
    let left = length;
    while (left > 0) {
      this.expect('primitive', `${left} bytes of primitive data`);
      const piece = this.record.subarray(this.at, Math.min(this.at + left, this.end));
      this.at += piece.length;
      left -= piece.length;
      pieces.push(piece);
    }
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, length);
  }

  private unbox<T>(expected: string, valueOf: (object: V) => T | undefined): T {
    this.expect('object', expected);
    const value = valueOf(this.objectAhead());
    if (value === undefined) {
      const found = this.classNameAhead() ?? 'null';
      throw new TribesError('TRIBES_E_JAVA_UNEXPECTED', { expected, found, where: this.where() });
    }
    this.takeObject();
    return value;
  }

  private noText(where: string): never {
    throw new TribesError('TRIBES_E_JAVA_UNEXPECTED', {
      expected: 'modified UTF-8',
      found: 'bytes that are none',
      where,
    });
  }

  private expect(wanted: Ahead, expected: string): void {
    let found = this.peek();
    while (found === 'reset') {
      this.takeReset();
      found = this.peek();
    }
    if (found === wanted) {
      return;
    }
    const where = this.where();
    throw found === 'end'
      ? new TribesError('TRIBES_E_JAVA_TRUNCATED', { expected, where })
      : new TribesError('TRIBES_E_JAVA_UNEXPECTED', { expected, found, where });
  }
}
