import type { JavaObject, JavaValue } from '../model.js';
import { arrayDesc } from './value-descriptors.js';
import { JsonNumber, type JsonNode } from './json-text.js';
import { Block, boxOf, noValue, objectOf } from './make.js';
import { instantParts } from './time-text.js';

/** Makes a value of its class of the JSON that stands for it (docs/json-view.md). Error: TRIBES_E_WRITE_VALUE. */
export type ScalarMaker = (json: JsonNode) => JavaValue;

/** Digits of a number without bounds; it takes long to read more. */
const MAX_DIGITS = 10_000;

const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

export const scalarMakers: ReadonlyMap<string, ScalarMaker> = new Map<string, ScalarMaker>([
  ['java.lang.String', (json) => ({ kind: 'string', value: textOf(json, 'java.lang.String', 'a string') })],
  ['java.lang.Boolean', boolean],
  ['java.lang.Character', character],
  ['java.lang.Byte', integral('java.lang.Byte', -128, 127)],
  ['java.lang.Short', integral('java.lang.Short', -32_768, 32_767)],
  ['java.lang.Integer', integral('java.lang.Integer', -(2 ** 31), 2 ** 31 - 1)],
  ['java.lang.Long', (json) => boxOf('java.lang.Long', longOf(json, 'java.lang.Long'))],
  ['java.lang.Float', (json) => boxOf('java.lang.Float', Math.fround(floatingOf(json, 'java.lang.Float')))],
  ['java.lang.Double', (json) => boxOf('java.lang.Double', floatingOf(json, 'java.lang.Double'))],
  ['java.math.BigInteger', (json) => bigInteger(digitsOf(json, 'java.math.BigInteger'))],
  ['java.math.BigDecimal', bigDecimal],
  ['java.util.Date', date],
  ['java.util.UUID', uuid],
]);

/** A number as JSON has it: with fraction or exponent a Double, else the smallest of Integer, Long and BigInteger. */
export function plainNumber(json: JsonNumber): JavaObject {
  if (!json.isInteger) {
    return boxOf('java.lang.Double', Number(json.text));
  }
  const value = digitsOf(json, 'java.math.BigInteger');
  if (value === BigInt.asIntN(32, value)) {
    return boxOf('java.lang.Integer', Number(value));
  }
  return value >= LONG_MIN && value <= LONG_MAX ? boxOf('java.lang.Long', value) : bigInteger(value);
}

export function plainBoolean(value: boolean): JavaObject {
  return boxOf('java.lang.Boolean', value);
}

/** A whole number from `min` to `max`, out of a number or its digits as text. */
export function wholeNumber(json: JsonNode, className: string, min: number, max: number): number {
  const value = digitsOf(json, className);
  if (value < BigInt(min) || value > BigInt(max)) {
    throw noValue(className, `a whole number from ${min} to ${max}`);
  }
  return Number(value);
}

export function longOf(json: JsonNode, className: string): bigint {
  const value = digitsOf(json, className);
  if (value < LONG_MIN || value > LONG_MAX) {
    throw noValue(className, `a whole number from ${LONG_MIN} to ${LONG_MAX}`);
  }
  return value;
}

/** A number, or one of the texts that JSON has no number for. */
export function floatingOf(json: JsonNode, className: string): number {
  if (json instanceof JsonNumber) {
    return Number(json.text);
  }
  if (typeof json === 'string' && /^(?:NaN|-?Infinity|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(json)) {
    return Number(json);
  }
  throw noValue(className, 'a number, "NaN", "Infinity" or "-Infinity"');
}

export function textOf(json: JsonNode, className: string, expected: string): string {
  if (typeof json !== 'string') {
    throw noValue(className, expected);
  }
  return json;
}

function integral(className: string, min: number, max: number): ScalarMaker {
  return (json) => boxOf(className, wholeNumber(json, className, min, max));
}

function boolean(json: JsonNode): JavaValue {
  if (typeof json !== 'boolean') {
    throw noValue('java.lang.Boolean', 'true or false');
  }
  return plainBoolean(json);
}

function character(json: JsonNode): JavaValue {
  const expected = 'a string of one UTF-16 unit';
  const text = textOf(json, 'java.lang.Character', expected);
  if (text.length !== 1) {
    throw noValue('java.lang.Character', expected);
  }
  return boxOf('java.lang.Character', text);
}

function digitsOf(json: JsonNode, className: string): bigint {
  const text = json instanceof JsonNumber ? json.text : json;
  if (typeof text !== 'string' || text.length > MAX_DIGITS || !/^[+-]?\d+$/.test(text)) {
    throw noValue(className, `a whole number, or its digits as a string, ${MAX_DIGITS} at most`);
  }
  return BigInt(text.replace(/^\+/, ''));
}

function bigInteger(value: bigint): JavaObject {
  const magnitude = value < 0n ? -value : value;
  const digits = magnitude.toString(16);
  const hex = magnitude === 0n ? '' : digits.padStart(digits.length + (digits.length % 2), '0');
  const bytes: JavaValue = {
    kind: 'primitiveArray',
    desc: arrayDesc('[B'),
    type: 'B',
    bytes: Buffer.from(hex, 'hex'),
  };
  const signum = value === 0n ? 0 : value < 0n ? -1 : 1;
  // The first four are constants that readers ignore.
  return objectOf('java.math.BigInteger', [[]], [[-1, -1, -2, -2, signum, bytes], []]);
}

function bigDecimal(json: JsonNode): JavaValue {
  const text = json instanceof JsonNumber ? json.text : json;
  const match =
    typeof text === 'string' && text.length <= MAX_DIGITS
      ? /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,10}))?$/.exec(text)
      : null;
  if (match === null) {
    throw noValue('java.math.BigDecimal', `a number, or its digits as a string, ${MAX_DIGITS} at most`);
  }
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const scale = fraction.length - Number(exponent);
  if (scale !== (scale | 0)) {
    throw noValue('java.math.BigDecimal', 'an exponent of 32 bits');
  }
  const unscaled = BigInt(whole + fraction);
  return objectOf(
    'java.math.BigDecimal',
    [[]],
    [[scale, bigInteger(sign === '-' ? -unscaled : unscaled)], []],
  );
}

function date(json: JsonNode): JavaValue {
  const millis = json instanceof JsonNumber ? longOf(json, 'java.util.Date') : millisOf(json);
  return objectOf('java.util.Date', [[], [new Block().long(millis).content]]);
}

function millisOf(json: JsonNode): bigint {
  const expected = 'an instant such as "2024-02-29T12:00:00.123Z", or epoch milliseconds';
  const parts = instantParts(textOf(json, 'java.util.Date', expected));
  if (parts === undefined || parts.nanos % 1_000_000 !== 0) {
    throw noValue('java.util.Date', expected);
  }
  return parts.seconds * 1000n + BigInt(parts.nanos / 1_000_000);
}

function uuid(json: JsonNode): JavaValue {
  const expected = 'a UUID of 36 characters';
  const text = textOf(json, 'java.util.UUID', expected);
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) {
    throw noValue('java.util.UUID', expected);
  }
  const bits = BigInt(`0x${text.replaceAll('-', '')}`);
  return objectOf('java.util.UUID', [[BigInt.asIntN(64, bits), BigInt.asIntN(64, bits >> 64n)]]);
}
