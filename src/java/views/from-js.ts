import { TribesError } from '../../base/index.js';
import type { JavaClassDesc, JavaContent, JavaFieldValue, JavaObject, JavaValue } from '../model.js';
import {
  ARRAY_LIST,
  BIG_INTEGER,
  BOOLEAN,
  BYTE_ARRAY,
  DATE,
  DOUBLE,
  HASH_MAP,
  HASH_SET,
  INTEGER,
  LINKED_HASH_MAP,
  LINKED_HASH_SET,
  LONG,
  NUMBER,
} from './jdk-descriptors.js';
import { JavaLiteral } from './java-literal.js';

const MAX_DEPTH = 1000;
const LOAD_FACTOR = 0.75;
const SMALLEST_TABLE = 16;

/**
 * A plain JavaScript value as the Java object that stands for it: string → String, boolean → Boolean, number → Integer, Long
 * (safe integers) or Double, bigint → BigInteger, Date → java.util.Date, Uint8Array → byte[], Array → ArrayList, Map and plain
 * objects → LinkedHashMap, Set → LinkedHashSet, null → null. The bytes are those a JVM writes for a container filled one by
 * one. Shared and cyclic references stay so.
 * A `JavaLiteral` is taken as the Java value that it is; `further`, where given, is asked of every other object first.
 *
 * Errors: TRIBES_E_JAVA_FROM_JS for anything else, and beyond 1000 levels of nesting.
 */
export function fromJs(value: unknown, further?: ObjectConverter): JavaValue {
  return new Converter(further).convert(value, 0);
}

/** The Java value that stands for an object of a class of its own; undefined to leave it to others. */
export type ObjectConverter = (object: object, context: ConversionContext) => JavaValue | undefined;

export interface ConversionContext {
  /** What the object holds. */
  readonly convert: (value: unknown) => JavaValue;
  /** To be called before the contents are converted, so that a reference back to the object finds it. */
  readonly remember: <T extends JavaValue>(made: T) => T;
}

class Converter {
  private readonly further: ObjectConverter | undefined;
  private readonly made = new Map<object, JavaValue>();

  constructor(further: ObjectConverter | undefined) {
    this.further = further;
  }

  convert(value: unknown, depth: number): JavaValue {
    if (depth > MAX_DEPTH) {
      throw unsupported(`a value nested deeper than ${MAX_DEPTH}`);
    }
    switch (typeof value) {
      case 'string':
        return { kind: 'string', value };
      case 'boolean':
        return object([BOOLEAN, [value], null]);
      case 'number':
        return number(value);
      case 'bigint':
        return bigInteger(value);
      case 'object':
        return value === null ? null : (this.made.get(value) ?? this.container(value, depth));
      default:
        throw unsupported(`a ${typeof value}`);
    }
  }

  private container(value: object, depth: number): JavaValue {
    if (value instanceof JavaLiteral) {
      return value.node;
    }
    const made = this.further?.(value, {
      convert: (inner) => this.convert(inner, depth + 1),
      remember: (node) => this.remember(value, node),
    });
    if (made !== undefined) {
      return made;
    }
    if (value instanceof Date) {
      return this.remember(value, date(value));
    }
    if (value instanceof Uint8Array) {
      return this.remember(value, {
        kind: 'primitiveArray',
        desc: BYTE_ARRAY,
        type: 'B',
        bytes: Buffer.from(value),
      });
    }
    // Remembered before its contents, so that a reference back to it finds it.
    if (Array.isArray(value)) {
      const contents: JavaContent[] = [block(int(value.length))];
      const list = this.remember(value, object([ARRAY_LIST, [value.length], contents]));
      value.forEach((element) => contents.push(this.convert(element, depth + 1)));
      return list;
    }
    if (value instanceof Set) {
      const contents: JavaContent[] = [
        block(int(tableSize(value.size)), float(LOAD_FACTOR), int(value.size)),
      ];
      const set = this.remember(value, object([HASH_SET, [], contents], [LINKED_HASH_SET, [], null]));
      value.forEach((element) => contents.push(this.convert(element, depth + 1)));
      return set;
    }
    if (value instanceof Map) {
      return this.map(value, value as ReadonlyMap<unknown, unknown>, depth);
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      return this.map(value, new Map<unknown, unknown>(Object.entries(value)), depth);
    }
    throw unsupported(`an object of class ${value.constructor.name}`);
  }

  private map(source: object, entries: ReadonlyMap<unknown, unknown>, depth: number): JavaValue {
    const table = tableSize(entries.size);
    const threshold = entries.size === 0 ? 0 : table * LOAD_FACTOR;
    const contents: JavaContent[] = [block(int(table), int(entries.size))];
    const map = this.remember(
      source,
      object([HASH_MAP, [LOAD_FACTOR, threshold], contents], [LINKED_HASH_MAP, [false], null]),
    );
    for (const [key, value] of entries) {
      contents.push(this.convert(key, depth + 1), this.convert(value, depth + 1));
    }
    return map;
  }

  private remember<T extends JavaValue>(source: object, made: T): T {
    this.made.set(source, made);
    return made;
  }
}

/** An object from what each class of its hierarchy writes, topmost first. */
function object(...parts: [JavaClassDesc, JavaFieldValue[], JavaContent[] | null][]): JavaObject {
  const lowest = parts.at(-1);
  if (!lowest) {
    throw new RangeError('an object has at least one class');
  }
  return {
    kind: 'object',
    desc: lowest[0],
    parts: parts.map(([desc, values, annotation]) => ({ desc, values, annotation })),
  };
}

function numeric(
  desc: JavaClassDesc,
  values: JavaFieldValue[],
  annotation: JavaContent[] | null = null,
): JavaObject {
  return object([NUMBER, [], null], [desc, values, annotation]);
}

function number(value: number): JavaObject {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    return numeric(DOUBLE, [value]);
  }
  return (value | 0) === value ? numeric(INTEGER, [value]) : numeric(LONG, [BigInt(value)]);
}

function bigInteger(value: bigint): JavaObject {
  const digits = (value < 0n ? -value : value).toString(16);
  const bytes =
    value === 0n ? Buffer.alloc(0) : Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  const magnitude: JavaValue = { kind: 'primitiveArray', desc: BYTE_ARRAY, type: 'B', bytes };
  const signum = value === 0n ? 0 : value < 0n ? -1 : 1;
  // The first four are constants that readers ignore.
  return numeric(BIG_INTEGER, [-1, -1, -2, -2, signum, magnitude], []);
}

function date(value: Date): JavaObject {
  const time = value.getTime();
  if (Number.isNaN(time)) {
    throw unsupported('an invalid Date');
  }
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(time));
  return object([DATE, [], [block(bytes)]]);
}

/** Buckets of a HashMap that was filled one by one: it doubles when more than 3/4 full. */
function tableSize(size: number): number {
  let buckets = SMALLEST_TABLE;
  while (size > buckets * LOAD_FACTOR) {
    buckets *= 2;
  }
  return buckets;
}

function block(...bytes: Buffer[]): JavaContent {
  return { kind: 'blockData', bytes: Buffer.concat(bytes) };
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return bytes;
}

function unsupported(what: string): TribesError {
  return new TribesError('TRIBES_E_JAVA_FROM_JS', { what });
}
