import fc from 'fast-check';
import {
  contextName,
  MAX_CONFIRMERS,
  sessionId,
  uniqueId,
  type SessionRecord,
  type SessionSummary,
  type ShareGroup,
} from '../../src/base/index.js';
import { vectorFiles } from '../support/vectors.js';

const jdkVectors = [...vectorFiles('06-jdk-classes').values()].flat();

/** The standalone Java stream of a golden vector of page 06. */
export function jdkStream(name: string): Buffer {
  const vector = jdkVectors.find((candidate) => candidate.name === name);
  if (vector === undefined) {
    throw new Error(`there is no vector ${name}`);
  }
  return vector.bytes;
}

/** The stream of a java.lang.String of ASCII characters. */
export function javaString(text: string): Buffer {
  const bytes = Buffer.from(text, 'ascii');
  return Buffer.concat([
    Buffer.from([0xac, 0xed, 0, 5, 0x74, bytes.length >> 8, bytes.length & 0xff]),
    bytes,
  ]);
}

export function attribute(name: string, vector: string): ShareGroup {
  return { names: [name], stream: jdkStream(vector) };
}

export function sessionRecord(fields: Partial<SessionRecord> = {}): SessionRecord {
  return {
    context: contextName('localhost#/app'),
    id: sessionId('5A0B7C6D1E2F30415263748596A7B8C9.jvm1'),
    creationTime: 1_700_000_000_000,
    lastAccessedTime: 1_700_000_001_000,
    thisAccessedTime: 1_700_000_002_000,
    maxInactiveInterval: 1800,
    isNew: false,
    isValid: true,
    authType: null,
    attributes: [],
    principal: null,
    notes: [],
    listeners: [],
    receivedAt: 1_700_000_003_000,
    source: uniqueId(Buffer.alloc(16, 7)),
    confirmedBy: [],
    version: 1,
    ...fields,
  };
}

/** A record that uses every field. */
export const fullRecord = sessionRecord({
  isNew: true,
  authType: 'FORM',
  attributes: [
    { names: ['user'], stream: javaString('alice') },
    { names: ['cart', 'order', ''], stream: jdkStream('LinkedHashMap') },
    attribute('__proto__', 'Integer'),
    attribute('\u0000 \ud83d\ude00 \ud800', 'BigDecimal'),
    { names: ['opaque'], stream: jdkStream('HashMap'), uncut: true },
  ],
  principal: jdkStream('ArrayList'),
  notes: [{ names: ['a note'], stream: javaString('secret') }],
  listeners: [jdkStream('HashMap'), jdkStream('Long')],
  confirmedBy: [uniqueId(Buffer.alloc(16, 7)), uniqueId(Buffer.alloc(16, 8))],
  version: 300,
});

/** A record of which nothing is made only when somebody looks, to be compared with another. */
export function plain(record: SessionRecord | undefined): SessionRecord | undefined {
  return (
    record && {
      ...record,
      attributes: record.attributes.map(plainGroup),
      notes: record.notes.map(plainGroup),
    }
  );
}

function plainGroup({ names, stream, uncut }: ShareGroup): ShareGroup {
  return uncut ? { names, stream, uncut } : { names, stream };
}

export function summaryOf(record: SessionRecord): SessionSummary {
  return {
    context: record.context,
    id: record.id,
    creationTime: record.creationTime,
    lastAccessedTime: record.lastAccessedTime,
    thisAccessedTime: record.thisAccessedTime,
    maxInactiveInterval: record.maxInactiveInterval,
    isNew: record.isNew,
    isValid: record.isValid,
    authType: record.authType,
    attributeNames: record.attributes.flatMap((group) => group.names),
    receivedAt: record.receivedAt,
  };
}

/** Any Java text: lone surrogates, NUL, and now and then a very long one. */
export const arbitraryText = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 2, arbitrary: fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('__proto__', 'constructor', '', 'x'.repeat(5000), '\ud800'.repeat(3000)),
  },
);

/** A Java stream of a JVM, or bytes that are none: a store keeps both. */
const arbitraryStream = fc.oneof(
  fc.constantFrom(...jdkVectors.map((vector) => vector.bytes)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);

const arbitraryGroup = fc.oneof(
  fc.record({ names: fc.array(arbitraryText, { minLength: 1, maxLength: 3 }), stream: arbitraryStream }),
  fc.record({ names: fc.tuple(arbitraryText), stream: arbitraryStream, uncut: fc.constant(true as const) }),
);

const arbitraryMember = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(uniqueId);

const arbitraryTime = fc.oneof(fc.nat(2 ** 45), fc.constantFrom(0, -1, 2 ** 63, -(2 ** 63)));

export function arbitraryRecord(
  contexts: fc.Arbitrary<string> = arbitraryText,
  ids: fc.Arbitrary<string> = arbitraryText,
): fc.Arbitrary<SessionRecord> {
  return fc.record({
    context: contexts.map(contextName),
    id: ids.map(sessionId),
    creationTime: arbitraryTime,
    lastAccessedTime: arbitraryTime,
    thisAccessedTime: arbitraryTime,
    maxInactiveInterval: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
    isNew: fc.boolean(),
    isValid: fc.boolean(),
    authType: fc.option(arbitraryText),
    attributes: fc.array(arbitraryGroup, { maxLength: 4 }),
    principal: fc.option(arbitraryStream),
    notes: fc.array(arbitraryGroup, { maxLength: 2 }),
    listeners: fc.array(arbitraryStream, { maxLength: 2 }),
    receivedAt: arbitraryTime,
    source: fc.option(arbitraryMember),
    confirmedBy: fc.array(arbitraryMember, { maxLength: MAX_CONFIRMERS }),
    version: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  });
}
