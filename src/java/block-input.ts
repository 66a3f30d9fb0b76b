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
  /** The record being read. */
  private record: Buffer = NOTHING;
  private at = 0;

  /** What stands behind the record being read, without moving. */
  protected abstract ahead(): Ahead;
  /** Takes the record, reset or exception that stands next. */
  protected abstract takeRecord(): Buffer;
  protected abstract takeReset(): void;
  protected abstract takeException(): void;
  protected abstract takeObject(): V;
  protected abstract classNameAhead(): string | null;
  protected abstract stringOf(object: V): string | null | undefined;
  protected abstract integerOf(object: V): number | undefined;
  protected abstract longOf(object: V): bigint | undefined;
  protected abstract booleanOf(object: V): boolean | undefined;
  /** Where the next content stands, for messages. */
  protected abstract where(): string;

  peek(): Ahead {
    while (this.at === this.record.length && this.ahead() === 'primitive') {
      this.record = this.takeRecord();
      this.at = 0;
    }
    return this.at < this.record.length ? 'primitive' : this.ahead();
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
    return this.takeObject();
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
    return this.readBytes(1).readInt8(0);
  }

  readInt(): number {
    return this.readBytes(4).readInt32BE(0);
  }

  readLong(): bigint {
    return this.readBytes(8).readBigInt64BE(0);
  }

  readUTF(): string {
    const where = this.where();
    const bytes = this.readBytes(this.readBytes(2).readUInt16BE(0));
    const text = decodeStrictly(bytes, 0, bytes.length);
    if (text === undefined) {
      throw new TribesError('TRIBES_E_JAVA_UNEXPECTED', {
        expected: 'modified UTF-8',
        found: 'bytes that are none',
        where,
      });
    }
    return text;
  }

  /** The next `length` bytes, if possible as a view; a length read from the stream may be negative, which is refused. */
  readBytes(length: number): Buffer {
    if (length < 0) {
      const found = String(length);
      throw new TribesError('TRIBES_E_JAVA_UNEXPECTED', { expected: 'a length', found, where: this.where() });
    }
    const end = this.at + length;
    if (end <= this.record.length) {
      const bytes = this.record.subarray(this.at, end);
      this.at = end;
      return bytes;
    }
    return this.readAcross(length);
  }

  private readAcross(length: number): Buffer {
    const pieces: Buffer[] = [];
    let left = length;
    while (left > 0) {
      this.expect('primitive', `${left} bytes of primitive data`);
      const piece = this.record.subarray(this.at, this.at + left);
      this.at += piece.length;
      left -= piece.length;
      pieces.push(piece);
    }
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, length);
  }

  private unbox<T>(what: string, valueOf: (object: V) => T | undefined): T {
    this.expect('object', what);
    const where = this.where();
    const className = this.classNameAhead();
    const value = valueOf(this.takeObject());
    if (value === undefined) {
      throw new TribesError('TRIBES_E_JAVA_UNEXPECTED', {
        expected: what,
        found: className ?? 'null',
        where,
      });
    }
    return value;
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
