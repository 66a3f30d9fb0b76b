import type { ByteWriter } from './byte-writer.js';
import type { JavaFieldValue, JavaPrimitive, PrimitiveType } from './model.js';
import { unwritable } from './unwritable.js';

/** Bytes of a primitive in a field or an array cell. */
export function primitiveSize(type: PrimitiveType): 1 | 2 | 4 | 8 {
  switch (type) {
    case 'B':
    case 'Z':
      return 1;
    case 'C':
    case 'S':
      return 2;
    case 'F':
    case 'I':
      return 4;
    case 'D':
    case 'J':
      return 8;
  }
}

/** The primitive at `at` of `bytes`, all bits of it; `numbers` is a view of the same bytes. */
export function readPrimitive(
  bytes: Buffer,
  numbers: DataView,
  at: number,
  type: PrimitiveType,
): JavaPrimitive {
  switch (type) {
    case 'B':
      return numbers.getInt8(at);
    case 'C':
      return String.fromCharCode(numbers.getUint16(at));
    case 'D': {
      const value = numbers.getFloat64(at);
      return Number.isNaN(value) && !isCanonicalNaN(bytes, at, 'D') ? raw(bytes, at, type) : value;
    }
    case 'F': {
      const value = numbers.getFloat32(at);
      return Number.isNaN(value) && !isCanonicalNaN(bytes, at, 'F') ? raw(bytes, at, type) : value;
    }
    case 'I':
      return numbers.getInt32(at);
    case 'J':
      return numbers.getBigInt64(at);
    case 'S':
      return numbers.getInt16(at);
    case 'Z': {
      const byte = bytes[at];
      return byte === 0 ? false : byte === 1 ? true : raw(bytes, at, type);
    }
  }
}

/** `Double.NaN` and `Float.NaN` as `doubleToLongBits` gives them. */
function isCanonicalNaN(bytes: Buffer, at: number, type: 'D' | 'F'): boolean {
  return type === 'D'
    ? bytes.readUInt32BE(at) === 0x7ff80000 && bytes.readUInt32BE(at + 4) === 0
    : bytes.readUInt32BE(at) === 0x7fc00000;
}

function raw(bytes: Buffer, at: number, type: PrimitiveType): JavaPrimitive {
  return { kind: 'raw', type, bytes: bytes.subarray(at, at + primitiveSize(type)) };
}

/** Writes what `readPrimitive` returns for a field of `type`. Error: TRIBES_E_JAVA_UNWRITABLE. */
export function writePrimitive(
  out: ByteWriter,
  type: PrimitiveType,
  value: JavaFieldValue,
  fieldName: string,
): void {
  if (typeof value === 'number') {
    if (writeNumber(out, type, value)) {
      return;
    }
  } else if (typeof value === 'boolean') {
    if (type === 'Z') {
      out.u8(value ? 1 : 0);
      return;
    }
  } else if (typeof value === 'bigint') {
    if (type === 'J' && BigInt.asIntN(64, value) === value) {
      out.i64(value);
      return;
    }
  } else if (typeof value === 'string') {
    if (type === 'C' && value.length === 1) {
      out.u16(value.charCodeAt(0));
      return;
    }
  } else if (value?.kind === 'raw' && value.type === type && value.bytes.length === primitiveSize(type)) {
    out.bytes(value.bytes);
    return;
  }
  throw unwritable(`the value of field ${fieldName} is none of its type ${type}`);
}

function writeNumber(out: ByteWriter, type: PrimitiveType, value: number): boolean {
  switch (type) {
    case 'I':
      if ((value | 0) !== value) {
        return false;
      }
      out.i32(value);
      return true;
    case 'S':
      if ((value << 16) >> 16 !== value) {
        return false;
      }
      out.u16(value);
      return true;
    case 'B':
      if ((value << 24) >> 24 !== value) {
        return false;
      }
      out.u8(value);
      return true;
    case 'F':
      out.f32(value);
      return true;
    case 'D':
      out.f64(value);
      return true;
    default:
      return false;
  }
}
