import type { JavaObject } from '../model.js';
import { instantOfMillis } from './iso-8601.js';
import { javaTimeOf } from './java-time.js';
import { bigDecimalOf, bigIntegerOf, jsonLong, jsonNumber, plainLong, shortestFloat } from './numbers.js';
import { fieldOf } from '../graph.js';
import { annotationBytes, annotationObjects, isReference, numberField, textField } from './parts.js';

/** A value without parts: how it looks in JSON, and as a plain JavaScript value. */
export interface Scalar {
  readonly json: string | number | boolean;
  readonly plain: string | number | boolean | bigint | Date;
}

type ScalarReader = (object: JavaObject) => Scalar | undefined;

const both = (value: string | number | boolean | undefined): Scalar | undefined =>
  value === undefined ? undefined : { json: value, plain: value };

/** Reads a value of a JDK class that is shown as a single text, number or boolean; undefined for all others. */
export function scalarOf(object: JavaObject, className: string): Scalar | undefined {
  return readers.get(className)?.(object);
}

const readers = new Map<string, ScalarReader>([
  ['java.lang.Boolean', (object) => booleanScalar(fieldOf(object, 'value', 'java.lang.Boolean'))],
  ['java.lang.Character', (object) => both(character(object))],
  ['java.lang.Byte', (object) => both(numberField(object, 'java.lang.Byte', 'value'))],
  ['java.lang.Short', (object) => both(numberField(object, 'java.lang.Short', 'value'))],
  ['java.lang.Integer', (object) => both(numberField(object, 'java.lang.Integer', 'value'))],
  ['java.lang.Long', (object) => longScalar(object, 'java.lang.Long')],
  ['java.lang.Float', (object) => floatingScalar(object, 'java.lang.Float', shortestFloat)],
  ['java.lang.Double', (object) => floatingScalar(object, 'java.lang.Double', (value) => value)],
  [
    'java.util.concurrent.atomic.AtomicInteger',
    (object) => both(numberField(object, 'java.util.concurrent.atomic.AtomicInteger', 'value')),
  ],
  [
    'java.util.concurrent.atomic.AtomicBoolean',
    (object) => {
      const value = numberField(object, 'java.util.concurrent.atomic.AtomicBoolean', 'value');
      return value === undefined ? undefined : both(value !== 0);
    },
  ],
  [
    'java.util.concurrent.atomic.AtomicLong',
    (object) => longScalar(object, 'java.util.concurrent.atomic.AtomicLong'),
  ],
  [
    'java.util.concurrent.atomic.LongAdder$SerializationProxy',
    (object) => longScalar(object, 'java.util.concurrent.atomic.LongAdder$SerializationProxy'),
  ],
  ['java.math.BigInteger', bigIntegerScalar],
  ['java.math.BigDecimal', (object) => both(bigDecimalOf(object))],
  ['java.util.UUID', (object) => both(uuid(object))],
  ['java.util.Date', dateScalar],
  ['java.sql.Date', dateScalar],
  ['java.sql.Time', dateScalar],
  ['java.sql.Timestamp', dateScalar],
  ['java.util.GregorianCalendar', calendarScalar],
  ['java.time.Ser', (object) => both(javaTimeOf(object)?.text)],
  ['java.net.URI', (object) => both(textField(object, 'java.net.URI', 'string'))],
  ['java.net.URL', (object) => both(url(object))],
  ['java.io.File', (object) => both(textField(object, 'java.io.File', 'path'))],
  ['java.util.Currency', (object) => both(textField(object, 'java.util.Currency', 'currencyCode'))],
  ['java.util.Locale', (object) => both(languageTag(object))],
  ['java.util.SimpleTimeZone', timeZoneScalar],
  ['sun.util.calendar.ZoneInfo', timeZoneScalar],
  ['java.net.InetAddress', (object) => both(inetAddress(object))],
  ['java.net.Inet6Address', (object) => both(inetAddress(object))],
  ['java.net.InetSocketAddress', (object) => both(inetSocketAddress(object))],
  ['java.lang.StringBuilder', (object) => both(stringBuilder(object))],
  ['java.lang.StringBuffer', (object) => both(stringBuffer(object))],
]);

function booleanScalar(value: unknown): Scalar | undefined {
  return typeof value === 'boolean' ? both(value) : undefined;
}

function character(object: JavaObject): string | undefined {
  const value = fieldOf(object, 'value', 'java.lang.Character');
  return typeof value === 'string' ? value : undefined;
}

function longScalar(object: JavaObject, className: string): Scalar | undefined {
  const value = fieldOf(object, 'value', className);
  return typeof value === 'bigint' ? { json: jsonLong(value), plain: plainLong(value) } : undefined;
}

function floatingScalar(
  object: JavaObject,
  className: string,
  show: (value: number) => number,
): Scalar | undefined {
  const value = fieldOf(object, 'value', className);
  if (typeof value === 'number') {
    return { json: jsonNumber(show(value)), plain: show(value) };
  }
  // A NaN that is not the canonical one.
  return value === undefined ? undefined : { json: 'NaN', plain: NaN };
}

function bigIntegerScalar(object: JavaObject): Scalar | undefined {
  const value = bigIntegerOf(object);
  return value === undefined ? undefined : { json: value.toString(), plain: value };
}

function uuid(object: JavaObject): string | undefined {
  const most = fieldOf(object, 'mostSigBits', 'java.util.UUID');
  const least = fieldOf(object, 'leastSigBits', 'java.util.UUID');
  if (typeof most !== 'bigint' || typeof least !== 'bigint') {
    return undefined;
  }
  const digits = [most, least]
    .map((half) => BigInt.asUintN(64, half).toString(16).padStart(16, '0'))
    .join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function dateScalar(object: JavaObject): Scalar | undefined {
  const bytes = annotationBytes(object, 'java.util.Date');
  if (bytes?.length !== 8) {
    return undefined;
  }
  const millis = bytes.readBigInt64BE(0);
  const nanos = numberField(object, 'java.sql.Timestamp', 'nanos');
  if (nanos === undefined) {
    return instantScalar(millis);
  }
  const second = millis - (((millis % 1000n) + 1000n) % 1000n);
  return {
    json: instantOfMillis(second, nanos),
    plain: plainDate(second + BigInt(Math.floor(nanos / 1_000_000))) ?? instantOfMillis(second, nanos),
  };
}

function calendarScalar(object: JavaObject): Scalar | undefined {
  const millis = fieldOf(object, 'time', 'java.util.Calendar');
  return typeof millis === 'bigint' ? instantScalar(millis) : undefined;
}

function instantScalar(millis: bigint): Scalar {
  const json = instantOfMillis(millis);
  return { json, plain: plainDate(millis) ?? json };
}

function plainDate(millis: bigint): Date | undefined {
  const date = new Date(Number(millis));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function timeZoneScalar(object: JavaObject): Scalar | undefined {
  return both(textField(object, 'java.util.TimeZone', 'ID'));
}

/** `java.net.URL.toExternalForm()`. */
function url(object: JavaObject): string | undefined {
  const text = (name: string): string | undefined => textField(object, 'java.net.URL', name);
  const protocol = text('protocol');
  if (protocol === undefined) {
    return undefined;
  }
  const authority = text('authority');
  const ref = text('ref');
  return `${protocol}:${authority ? `//${authority}` : ''}${text('file') ?? ''}${ref === undefined ? '' : `#${ref}`}`;
}

/** `java.util.Locale.toLanguageTag()`, for well-formed locales. */
function languageTag(object: JavaObject): string | undefined {
  const text = (name: string): string => textField(object, 'java.util.Locale', name) ?? '';
  if (textField(object, 'java.util.Locale', 'language') === undefined) {
    return undefined;
  }
  const replaced = new Map([
    ['iw', 'he'],
    ['ji', 'yi'],
    ['in', 'id'],
  ]).get(text('language'));
  const variant = text('variant').replaceAll('_', '-');
  return [
    replaced ?? (text('language') || 'und'),
    text('script'),
    text('country'),
    variant,
    text('extensions'),
  ]
    .filter((subtag) => subtag !== '')
    .join('-');
}

/** `java.net.InetAddress.toString()`. */
function inetAddress(object: JavaObject): string | undefined {
  const address = addressText(object);
  return address === undefined
    ? undefined
    : `${textField(object, 'java.net.InetAddress', 'hostName') ?? ''}/${address}`;
}

function addressText(object: JavaObject): string | undefined {
  const ipv6 = fieldOf(object, 'ipaddress', 'java.net.Inet6Address');
  if (isReference(ipv6) && ipv6?.kind === 'primitiveArray' && ipv6.bytes.length === 16) {
    const groups = Array.from({ length: 8 }, (_, index) => ipv6.bytes.readUInt16BE(index * 2).toString(16));
    return groups.join(':');
  }
  const ipv4 = numberField(object, 'java.net.InetAddress', 'address');
  return ipv4 === undefined ? undefined : [24, 16, 8, 0].map((shift) => (ipv4 >>> shift) & 255).join('.');
}

function inetSocketAddress(object: JavaObject): string | undefined {
  const port = numberField(object, 'java.net.InetSocketAddress', 'port');
  const address = fieldOf(object, 'addr', 'java.net.InetSocketAddress');
  let host = textField(object, 'java.net.InetSocketAddress', 'hostname');
  if (host === undefined && isReference(address) && address?.kind === 'object') {
    host = textField(address, 'java.net.InetAddress', 'hostName') ?? addressText(address);
  }
  return port === undefined || host === undefined ? undefined : `${host}:${port}`;
}

/** The first `length` of the characters that follow; the array is as long as the builder's capacity. */
function stringBuilder(object: JavaObject): string | undefined {
  const length = annotationBytes(object, 'java.lang.StringBuilder');
  const value = annotationObjects(object, 'java.lang.StringBuilder')?.[0];
  return length?.length === 4 ? charsUpTo(value, length.readInt32BE(0)) : undefined;
}

function stringBuffer(object: JavaObject): string | undefined {
  const count = numberField(object, 'java.lang.StringBuffer', 'count');
  const value = fieldOf(object, 'value', 'java.lang.StringBuffer');
  return count === undefined || !isReference(value) ? undefined : charsUpTo(value, count);
}

function charsUpTo(value: ReturnType<typeof fieldOf>, length: number): string | undefined {
  if (!isReference(value) || value?.kind !== 'primitiveArray' || value.type !== 'C' || length < 0) {
    return undefined;
  }
  return Buffer.from(value.bytes.subarray(0, length * 2))
    .swap16()
    .toString('utf16le');
}
