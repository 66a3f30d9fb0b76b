import { TribesError } from '../base/index.js';
import type {
  JavaClassData,
  JavaContent,
  JavaDesc,
  JavaFieldValue,
  JavaObject,
  JavaValue,
  ScannedValue,
} from '../java/index.js';

/** What stands at a place of a stream, in words: for errors. Says nothing of its content. */
export function describe(value: JavaFieldValue | JavaContent): string {
  if (value === null || typeof value !== 'object') {
    return value === null ? 'null' : typeof value;
  }
  return 'desc' in value && value.desc !== null ? `${value.kind} of class ${nameOf(value.desc)}` : value.kind;
}

/** The name of a class descriptor; for a proxy, in words. */
export function nameOf(desc: JavaDesc): string {
  return desc.kind === 'classDesc' ? desc.name.value : 'a proxy';
}

/** `value` as an object of exactly the class `className`. Error: TRIBES_E_WIRE_CLASS. */
export function expectObject(layout: string, value: JavaValue, className: string): JavaObject {
  if (value?.kind === 'object' && nameOf(value.desc) === className) {
    return value;
  }
  throw wrongClass(layout, className, value);
}

export function wrongClass(layout: string, expected: string, found: JavaValue): TribesError {
  return new TribesError('TRIBES_E_WIRE_CLASS', { layout, expected, found: describe(found) });
}

/** The same for a value of which nothing is built. */
export function wrongScannedClass(
  layout: string,
  expected: string,
  { kind, className }: ScannedValue,
): TribesError {
  return new TribesError('TRIBES_E_WIRE_CLASS', { layout, expected, found: className ?? kind });
}

/**
 * What one class of an object's hierarchy wrote, by field name. As a JVM does, it takes fields in any order, and for
 * those that are absent zero, false or null; a field of another type is an error (TRIBES_E_WIRE_FIELD).
 */
export class JavaFields {
  readonly #layout: string;
  readonly #part: JavaClassData | undefined;

  constructor(layout: string, object: JavaObject, className: string) {
    this.#layout = layout;
    this.#part = object.parts.find(({ desc }) => nameOf(desc) === className);
  }

  /** True when the class of the sender has a field of that name. */
  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  boolean(name: string): boolean {
    const value = this.#find(name) ?? false;
    // A boolean byte other than 0 and 1 is true for ObjectInputStream.
    if (typeof value === 'object' && value.kind === 'raw' && value.type === 'Z') {
      return true;
    }
    return typeof value === 'boolean' ? value : this.#wrongType(name, 'boolean', value);
  }

  int(name: string): number {
    const value = this.#find(name) ?? 0;
    return typeof value === 'number' ? value : this.#wrongType(name, 'int', value);
  }

  long(name: string): bigint {
    const value = this.#find(name) ?? 0n;
    return typeof value === 'bigint' ? value : this.#wrongType(name, 'long', value);
  }

  string(name: string): string | null {
    const value = this.object(name);
    return value === null || value.kind === 'string'
      ? (value?.value ?? null)
      : this.#wrongType(name, 'String', value);
  }

  /** A byte array: a view of the stream's bytes. */
  bytes(name: string): Buffer | null {
    const value = this.object(name);
    if (value !== null && (value.kind !== 'primitiveArray' || value.type !== 'B')) {
      return this.#wrongType(name, 'byte[]', value);
    }
    return value?.bytes ?? null;
  }

  /** Anything that is not a primitive. */
  object(name: string): JavaValue {
    const value = this.#find(name) ?? null;
    return value === null || (typeof value === 'object' && value.kind !== 'raw')
      ? value
      : this.#wrongType(name, 'object', value);
  }

  #find(name: string): JavaFieldValue | undefined {
    const part = this.#part;
    if (part?.desc.kind !== 'classDesc' || part.values === null) {
      return undefined;
    }
    const index = part.desc.fields.findIndex((field) => field.name.value === name);
    return index < 0 ? undefined : part.values[index];
  }

  #wrongType(field: string, expected: string, found: JavaFieldValue): never {
    throw wrongField(this.#layout, field, expected, found);
  }
}

/** The elements of an array of strings; null for null. Error: TRIBES_E_WIRE_FIELD. */
export function stringElements(layout: string, field: string, value: JavaValue): (string | null)[] | null {
  if (value === null) {
    return null;
  }
  if (value.kind !== 'array') {
    throw wrongField(layout, field, 'String[]', value);
  }
  return value.elements.map((element) => {
    if (element !== null && element.kind !== 'string') {
      throw wrongField(layout, field, 'String', element);
    }
    return element?.value ?? null;
  });
}

function wrongField(layout: string, field: string, expected: string, found: JavaFieldValue): TribesError {
  return new TribesError('TRIBES_E_WIRE_FIELD', { layout, field, expected, found: describe(found) });
}
