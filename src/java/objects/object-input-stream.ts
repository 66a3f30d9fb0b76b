import {
  TribesError,
  completeLimits,
  defaultViewLimits,
  type JavaLimits,
  type ViewLimits,
} from '../../base/index.js';
import { graphInput } from '../graph-io.js';
import type { JavaValue } from '../model.js';
import type { ObjectInput } from '../object-input.js';
import { readStream } from '../reader.js';
import { setDeclaredField } from './declared-field.js';
import { JavaClasses, type JavaConstructor, type RegisterOptions } from './java-classes.js';
import { TypedView } from './typed-view.js';

/** Where an `ObjectInputStream` reads from: a whole stream, or what one class wrote of an object. */
export interface ObjectSource {
  readonly input: ObjectInput<JavaValue>;
  readonly show: (value: JavaValue) => unknown;
  /** Within `readObject`: the object that is being read, and its fields as this class wrote them. */
  readonly current?: { readonly object: object; readonly fields: () => Map<string, unknown> };
}

/** What an `ObjectInputStream` makes of a stream, and how large that may be: limits not given have their defaults. */
export interface ObjectInputStreamOptions {
  /** Default: `JavaClasses.shared`. */
  readonly classes?: JavaClasses;
  readonly javaLimits?: Partial<JavaLimits>;
  readonly viewLimits?: Partial<ViewLimits>;
}

/**
 * Reads the values of a Java stream one by one, as `java.io.ObjectInputStream` does: objects of registered classes as
 * objects of these, all others as plain values. It is also what `readObject` and `readExternal` of such a class are given.
 * Where the package `java-object-serialization` has a method, this one is called as there; unlike there, integers
 * have a sign.
 *
 * Errors of all methods: TRIBES_E_JAVA_UNEXPECTED when something else stands there, TRIBES_E_JAVA_TRUNCATED at the end,
 * TRIBES_E_JAVA_CLASS when a class of the program fails.
 */
export class ObjectInputStream {
  readonly #source: ObjectSource;

  /** Registers a class for all streams that are not given classes of their own; see `JavaClasses.register`. */
  static readonly RegisterObjectClass = (
    type: JavaConstructor,
    className: string,
    serialVersionUID?: bigint | string | number,
    options?: RegisterOptions,
  ): void => {
    JavaClasses.shared.register(type, className, serialVersionUID, options);
  };

  constructor(source: Uint8Array | ObjectSource, options: ObjectInputStreamOptions = {}) {
    this.#source = source instanceof Uint8Array ? wholeStream(source, options) : source;
  }

  /** The next object, which is null for a null reference. */
  readObject(): unknown {
    return this.#source.show(this.#source.input.readObject());
  }

  readBoolean(): boolean {
    return this.#source.input.readBoolean();
  }

  /** -128 to 127. */
  readByte(): number {
    return this.#source.input.readByte();
  }

  /** 0 to 255. */
  readUnsignedByte(): number {
    return this.readByte() & 0xff;
  }

  /** One UTF-16 unit. */
  readChar(): string {
    return String.fromCharCode(this.readUnsignedShort());
  }

  readDouble(): number {
    return this.readBytes(8).readDoubleBE(0);
  }

  readFloat(): number {
    return this.readBytes(4).readFloatBE(0);
  }

  readInt(): number {
    return this.#source.input.readInt();
  }

  readLong(): bigint {
    return this.#source.input.readLong();
  }

  /** -32,768 to 32,767. */
  readShort(): number {
    return this.readBytes(2).readInt16BE(0);
  }

  /** 0 to 65,535. */
  readUnsignedShort(): number {
    return this.readBytes(2).readUInt16BE(0);
  }

  readUTF(): string {
    return this.#source.input.readUTF();
  }

  /** `length` bytes of primitive data: Java's `readFully`. */
  readBytes(length: number): Buffer {
    return this.#source.input.readBytes(length);
  }

  /** Within `readObject`: the fields that this class wrote, by name; none where it did not write its default fields. */
  readFields(): Map<string, unknown> {
    return this.#current().fields();
  }

  /** Within `readObject`: sets the fields that the object declares to what this class wrote. */
  defaultReadObject(): void {
    const { object, fields } = this.#current();
    for (const [name, value] of fields()) {
      setDeclaredField(object, name, value);
    }
  }

  #current(): NonNullable<ObjectSource['current']> {
    const { current } = this.#source;
    if (current === undefined) {
      throw new TribesError('TRIBES_E_JAVA_UNEXPECTED', {
        expected: 'a call from within readObject',
        found: 'none',
        where: 'the top level',
      });
    }
    return current;
  }
}

function wholeStream(bytes: Uint8Array, options: ObjectInputStreamOptions): ObjectSource {
  const { classes = JavaClasses.shared, javaLimits, viewLimits } = options;
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { contents, opaque } = readStream(buffer, javaLimits);
  const limits = completeLimits(defaultViewLimits, viewLimits);
  const view = new TypedView(limits, classes, (source) => new ObjectInputStream(source));
  return { input: graphInput(contents, opaque), show: (value) => view.show(value, 0) };
}
