import { TribesError } from '../../base/index.js';
import { boxed } from '../boxes.js';
import { descOf } from '../descriptors.js';
import { classNameOf } from '../graph.js';
import type { JavaClassDesc, JavaFieldValue, JavaPrimitive, JavaValue, PrimitiveType } from '../model.js';
import { primitiveSize } from '../primitives.js';
import { BOOLEAN, DOUBLE, INTEGER, LONG, NUMBER } from '../views/jdk-descriptors.js';
import { arrayDesc } from './array-descriptors.js';
import { arrayClassName, type JavaType } from './java-type.js';

/** The wrapper classes of `java.lang`, each with the primitive that it wraps. */
const BOXES: ReadonlyMap<string, { readonly code: PrimitiveType; readonly desc: JavaClassDesc }> = new Map([
  [
    'java.lang.Byte',
    {
      code: 'B',
      desc: descOf({ name: 'java.lang.Byte', suid: 0x9c4e6084ee50f51cn, fields: ['B value'], super: NUMBER }),
    },
  ],
  [
    'java.lang.Short',
    {
      code: 'S',
      desc: descOf({
        name: 'java.lang.Short',
        suid: 0x684d37133460da52n,
        fields: ['S value'],
        super: NUMBER,
      }),
    },
  ],
  ['java.lang.Integer', { code: 'I', desc: INTEGER }],
  ['java.lang.Long', { code: 'J', desc: LONG }],
  [
    'java.lang.Float',
    {
      code: 'F',
      desc: descOf({
        name: 'java.lang.Float',
        suid: 0xdaedc9a2db3cf0ecn,
        fields: ['F value'],
        super: NUMBER,
      }),
    },
  ],
  ['java.lang.Double', { code: 'D', desc: DOUBLE }],
  ['java.lang.Boolean', { code: 'Z', desc: BOOLEAN }],
  [
    'java.lang.Character',
    {
      code: 'C',
      desc: descOf({ name: 'java.lang.Character', suid: 0x348b47d96b1a2678n, fields: ['C value'] }),
    },
  ],
]);

/** What may hold each of the objects that plain values become, beside their own class. */
const SUPERTYPES: ReadonlyMap<string, readonly string[]> = new Map([
  ['java.lang.String', ['java.lang.CharSequence', 'java.lang.Comparable']],
  ['java.lang.Boolean', ['java.lang.Comparable']],
  ['java.lang.Integer', ['java.lang.Number', 'java.lang.Comparable']],
  ['java.lang.Long', ['java.lang.Number', 'java.lang.Comparable']],
  ['java.lang.Double', ['java.lang.Number', 'java.lang.Comparable']],
  ['java.math.BigInteger', ['java.lang.Number', 'java.lang.Comparable']],
  ['java.util.Date', ['java.lang.Comparable']],
  [
    'java.util.ArrayList',
    [
      'java.util.List',
      'java.util.AbstractList',
      'java.util.AbstractCollection',
      'java.util.Collection',
      'java.lang.Iterable',
      'java.util.RandomAccess',
    ],
  ],
  ['java.util.LinkedHashMap', ['java.util.HashMap', 'java.util.AbstractMap', 'java.util.Map']],
  [
    'java.util.LinkedHashSet',
    [
      'java.util.HashSet',
      'java.util.AbstractSet',
      'java.util.AbstractCollection',
      'java.util.Set',
      'java.util.Collection',
      'java.lang.Iterable',
    ],
  ],
]);

const SUPERTYPES_OF_ALL: ReadonlySet<string> = new Set(['java.lang.Object', 'java.io.Serializable']);

/**
 * `value` as Java's `type`, so that a field or an array cell of that type can hold it. Where the type leaves a choice,
 * `convert` makes it.
 *
 * Error: TRIBES_E_JAVA_FROM_JS.
 */
export function typedValue(
  type: JavaType,
  value: unknown,
  convert: (value: unknown) => JavaValue,
): JavaFieldValue {
  switch (type.kind) {
    case 'primitive':
      return primitive(type.code, value, type.name);
    case 'array':
      return value === null || value === undefined ? null : array(type, value, convert);
    case 'class':
      return value === null || value === undefined ? null : objectOf(type.name, value, convert);
  }
}

function objectOf(className: string, value: unknown, convert: (value: unknown) => JavaValue): JavaValue {
  const box = BOXES.get(className);
  if (box !== undefined && typeof value !== 'object') {
    return boxed(box.desc, primitive(box.code, value, className));
  }
  const node = convert(value);
  const made = classNameOf(node) ?? className;
  const supertypes = SUPERTYPES.get(made);
  const fits =
    made === className ||
    SUPERTYPES_OF_ALL.has(className) ||
    // Of classes that we know nothing of, whoever named them knows.
    (supertypes?.includes(className) ?? (box === undefined && className !== 'java.lang.String'));
  if (!fits) {
    throw unfit(`a ${made}`, className);
  }
  return node;
}

function array(
  type: JavaType & { kind: 'array' },
  value: unknown,
  convert: (value: unknown) => JavaValue,
): JavaValue {
  const { of } = type;
  if (typeof value === 'object' && value !== null && !isSequence(value)) {
    const node = convert(value);
    if (classNameOf(node) === arrayClassName(type)) {
      return node;
    }
  }
  if (!isSequence(value)) {
    throw unfit(found(value), type.name);
  }
  const desc = arrayDesc(arrayClassName(type));
  if (of.kind === 'primitive') {
    return { kind: 'primitiveArray', desc, type: of.code, bytes: cells(of.code, value, type.name) };
  }
  const elements = Array.from(value, (element) => typedValue(of, element, convert) as JavaValue);
  return { kind: 'array', desc, elements };
}

type Sequence = ArrayLike<unknown>;

function isSequence(value: unknown): value is Sequence {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function cells(code: PrimitiveType, values: Sequence, typeName: string): Buffer {
  const size = primitiveSize(code);
  const bytes = Buffer.alloc(values.length * size);
  for (let index = 0; index < values.length; index++) {
    let value = values[index];
    if (code === 'B' && values instanceof Uint8Array) {
      value = ((value as number) << 24) >> 24;
    }
    putCell(bytes, index * size, code, primitive(code, value, typeName));
  }
  return bytes;
}

function putCell(bytes: Buffer, at: number, code: PrimitiveType, value: JavaPrimitive): void {
  switch (code) {
    case 'B':
      bytes.writeInt8(value as number, at);
      break;
    case 'S':
      bytes.writeInt16BE(value as number, at);
      break;
    case 'I':
      bytes.writeInt32BE(value as number, at);
      break;
    case 'J':
      bytes.writeBigInt64BE(value as bigint, at);
      break;
    case 'F':
      bytes.writeFloatBE(value as number, at);
      break;
    case 'D':
      bytes.writeDoubleBE(value as number, at);
      break;
    case 'C':
      bytes.writeUInt16BE((value as string).charCodeAt(0), at);
      break;
    case 'Z':
      bytes.writeUInt8(value === true ? 1 : 0, at);
      break;
  }
}

const BITS: Readonly<Record<string, number>> = { B: 8, S: 16, I: 32 };

function primitive(code: PrimitiveType, value: unknown, typeName: string): JavaPrimitive {
  switch (code) {
    case 'Z':
      if (typeof value === 'boolean') {
        return value;
      }
      break;
    case 'C':
      if (typeof value === 'string' && value.length === 1) {
        return value;
      }
      break;
    case 'F':
    case 'D':
      if (typeof value === 'number') {
        return value;
      }
      break;
    case 'J': {
      const long = Number.isSafeInteger(value) ? BigInt(value as number) : value;
      if (typeof long === 'bigint' && BigInt.asIntN(64, long) === long) {
        return long;
      }
      break;
    }
    case 'B':
    case 'S':
    case 'I': {
      const end = 2 ** ((BITS[code] ?? 0) - 1);
      if (Number.isInteger(value) && (value as number) >= -end && (value as number) < end) {
        return value as number;
      }
      break;
    }
  }
  throw unfit(found(value), typeName);
}

/** What `value` is, without what it holds: it may be nobody's business. */
function found(value: unknown): string {
  if (value === null || value === undefined) {
    return String(value);
  }
  if (typeof value === 'number') {
    return 'a number beyond its range';
  }
  return typeof value === 'object' ? `an object of class ${value.constructor.name}` : `a ${typeof value}`;
}

function unfit(what: string, typeName: string): TribesError {
  return new TribesError('TRIBES_E_JAVA_FROM_JS', { what: `${what} where ${typeName} is wanted` });
}
