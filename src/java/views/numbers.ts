import type { JavaObject, JavaPrimitive, PrimitiveType, RawPrimitive } from '../model.js';
import { fieldOf } from '../graph.js';
import { primitiveSize } from '../primitives.js';
import { isReference, numberField } from './parts.js';

/** Magnitudes beyond this many bytes are not turned into digits, which would take long. */
const MAX_MAGNITUDE_BYTES = 65_536;

/** A number as JSON can carry it: NaN and the infinities as text. */
export function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** A long as JSON can carry it: text beyond 2^53 - 1. */
export function jsonLong(value: bigint): number | string {
  return isSafe(value) ? Number(value) : value.toString();
}

/** A long as a number where it fits, else as a bigint. */
export function plainLong(value: bigint): number | bigint {
  return isSafe(value) ? Number(value) : value;
}

/** The number with the fewest digits that is the same float, as `Float.toString` prints it. */
export function shortestFloat(value: number): number {
  if (!Number.isFinite(value)) {
    return value;
  }
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) {
      return candidate;
    }
  }
  return value;
}

/** The value of a `java.math.BigInteger`; undefined when it is not one, or too large to print. */
export function bigIntegerOf(object: JavaObject): bigint | undefined {
  const signum = numberField(object, 'java.math.BigInteger', 'signum');
  const magnitude = fieldOf(object, 'magnitude', 'java.math.BigInteger');
  if (signum === undefined || !isReference(magnitude) || magnitude?.kind !== 'primitiveArray') {
    return undefined;
  }
  if (magnitude.bytes.length > MAX_MAGNITUDE_BYTES) {
    return undefined;
  }
  const absolute = magnitude.bytes.length === 0 ? 0n : BigInt(`0x${magnitude.bytes.toString('hex')}`);
  return signum < 0 ? -absolute : absolute;
}

/** `java.math.BigDecimal.toString()`. */
export function bigDecimalOf(object: JavaObject): string | undefined {
  const scale = numberField(object, 'java.math.BigDecimal', 'scale');
  const intVal = fieldOf(object, 'intVal', 'java.math.BigDecimal');
  if (scale === undefined || !isReference(intVal) || intVal?.kind !== 'object') {
    return undefined;
  }
  const unscaled = bigIntegerOf(intVal);
  return unscaled === undefined ? undefined : decimalText(unscaled, scale);
}

function decimalText(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString();
  if (scale === 0) {
    return sign + digits;
  }
  const exponent = digits.length - 1 - scale;
  // BigDecimal switches to scientific notation below 10^-6 and for negative scales.
  if (scale > 0 && exponent >= -6) {
    const padded = digits.padStart(scale + 1, '0');
    return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
  }
  const mantissa = digits.length === 1 ? digits : `${digits.slice(0, 1)}.${digits.slice(1)}`;
  return exponent === 0 ? sign + mantissa : `${sign}${mantissa}E${exponent > 0 ? '+' : ''}${exponent}`;
}

/** A primitive whose bits a JavaScript value cannot carry, as near as it can be shown. */
export function rawPrimitive(raw: RawPrimitive): boolean | number {
  return raw.type === 'Z' ? raw.bytes.some((byte) => byte !== 0) : NaN;
}

export function isRaw(value: JavaPrimitive): value is RawPrimitive {
  return typeof value === 'object';
}

export function cellCount(type: PrimitiveType, bytes: Buffer): number {
  return bytes.length / primitiveSize(type);
}

/** The cells of an array of primitives, of type `B` and `C` apart: those are shown as texts. */
export function cellAt(type: Exclude<PrimitiveType, 'B' | 'C'>, bytes: Buffer, index: number): JavaPrimitive {
  const offset = index * primitiveSize(type);
  switch (type) {
    case 'D':
      return bytes.readDoubleBE(offset);
    case 'F':
      return shortestFloat(bytes.readFloatBE(offset));
    case 'I':
      return bytes.readInt32BE(offset);
    case 'J':
      return bytes.readBigInt64BE(offset);
    case 'S':
      return bytes.readInt16BE(offset);
    case 'Z':
      return bytes[offset] !== 0;
  }
}

/** Indices of the bits that are set in the big-endian longs of a BitSet, ascending; at most `limit` of them. */
export function setBits(words: Buffer, limit: number): number[] {
  const set: number[] = [];
  for (let byteIndex = 0; byteIndex < words.length && set.length < limit; byteIndex++) {
    // Bytes of a word from its lowest on: the last one first.
    const byte = words[(byteIndex & ~7) + 7 - (byteIndex & 7)] ?? 0;
    for (let bit = 0; byte !== 0 && bit < 8; bit++) {
      if ((byte & (1 << bit)) !== 0) {
        set.push(byteIndex * 8 + bit);
      }
    }
  }
  return set.slice(0, limit);
}

/** The text of a `char[]`. */
export function charsOf(bytes: Buffer): string {
  return Buffer.from(bytes).swap16().toString('utf16le');
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}
