import { TribesError } from '../../base/index.js';
import { graphOutput } from '../graph-io.js';
import type { JavaContent, JavaValue } from '../model.js';

/** What an `ObjectOutputStream` writes for. */
export interface ObjectSink {
  readonly className: string;
  readonly convert: (value: unknown) => JavaValue;
  /** Writes the fields of the object; null for an Externalizable, which has none. */
  readonly writeFields: (() => void) | null;
}

/**
 * What `writeObject` and `writeExternal` of a registered class are given: `java.io.ObjectOutputStream`, as far as they
 * need it. Error of its methods: TRIBES_E_JAVA_FROM_JS for what is none of the type that is written.
 */
export class ObjectOutputStream {
  readonly #sink: ObjectSink;
  readonly #output = graphOutput();
  #begun = false;

  /** @internal */
  constructor(sink: ObjectSink) {
    this.#sink = sink;
  }

  /** Writes the fields; to be called before anything else is written, once, or not at all. */
  defaultWriteObject(): void {
    const { writeFields, className } = this.#sink;
    if (this.#begun || writeFields === null) {
      throw new TribesError('TRIBES_E_JAVA_FROM_JS', {
        what: `an object of class ${className} whose fields are not written first`,
      });
    }
    this.#begun = true;
    writeFields();
  }

  writeObject(value: unknown): void {
    this.#write().writeObject(this.#sink.convert(value));
  }

  writeBoolean(value: boolean): void {
    this.#write().writeBoolean(value);
  }

  /** -128 to 127. */
  writeByte(value: number): void {
    this.#write().writeByte(whole(value, 8));
  }

  writeShort(value: number): void {
    const bytes = Buffer.alloc(2);
    bytes.writeInt16BE(whole(value, 16));
    this.writeBytes(bytes);
  }

  /** One UTF-16 unit. */
  writeChar(value: string): void {
    if (value.length !== 1) {
      throw unwritable(`a char of ${value.length} units`);
    }
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16BE(value.charCodeAt(0));
    this.writeBytes(bytes);
  }

  writeInt(value: number): void {
    this.#write().writeInt(whole(value, 32));
  }

  writeLong(value: bigint | number): void {
    const long = typeof value === 'bigint' || Number.isSafeInteger(value) ? BigInt(value) : undefined;
    if (long === undefined || BigInt.asIntN(64, long) !== long) {
      throw unwritable(`the long ${value}`);
    }
    this.#write().writeLong(long);
  }

  writeFloat(value: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatBE(value);
    this.writeBytes(bytes);
  }

  writeDouble(value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    this.writeBytes(bytes);
  }

  /** At most 65,535 bytes of modified UTF-8. */
  writeUTF(value: string): void {
    this.#write().writeUTF(value);
  }

  writeBytes(value: Uint8Array): void {
    this.#write().writeBytes(value);
  }

  /**
   * What was written so far, the fields apart.
   *
   * @internal
   */
  contents(): JavaContent[] {
    return this.#output.contents();
  }

  #write(): ReturnType<typeof graphOutput> {
    this.#begun = true;
    return this.#output;
  }
}

function whole(value: number, bits: number): number {
  const end = 2 ** (bits - 1);
  if (!Number.isInteger(value) || value < -end || value >= end) {
    throw unwritable(`${value} as a whole number of ${bits} bits`);
  }
  return value;
}

function unwritable(what: string): TribesError {
  return new TribesError('TRIBES_E_JAVA_FROM_JS', { what });
}
