import { expect } from 'chai';
import fc from 'fast-check';
import {
  defaultJavaLimits,
  isTribesError,
  type JavaLimits,
  type ShareGroup,
} from '../../../src/base/index.js';
import {
  fromJs,
  graphOutput,
  packParts,
  packQuickly,
  packStream,
  PartedGroup,
  readObject,
  scanStream,
  writeStream,
  type JavaValue,
} from '../../../src/java/index.js';
import {
  walkPlainTransfer,
  walkTransfer,
  type Shortcoming,
} from '../../../src/session/message/message-reader.js';
import type { TransferredSession } from '../../../src/session/session-changes.js';
import {
  messageLimitsOf,
  QuickSessionList,
  writeSessionList,
  type DialectObservation,
  type SessionBody,
} from '../../../src/wire/index.js';
import { arbitraryValues } from '../../java/kit/arbitrary-graph.js';
import { MapDictionary } from '../../java/kit/map-dictionary.js';
import { mutations } from '../../java/kit/mutations.js';
import { vectorFiles } from '../../support/vectors.js';

/** Each takes both ways, and the comparison takes longer than both. */
const RUNS = Math.ceil(Number(process.env['TRIBES_FUZZ_RUNS'] ?? 50_000) / 100);
const SEED = Number(process.env['TRIBES_FUZZ_SEED'] ?? 20_261_129);

/** What comes of a payload, and everything that is said on the way. */
function outcome(walk: typeof walkTransfer, payload: Buffer, limits: JavaLimits): unknown {
  const seen: DialectObservation[] = [];
  const shortcomings: Shortcoming[] = [];
  const sessions: TransferredSession[] = [];
  const said = { sessions, seen, shortcomings };
  try {
    const steps = walk(
      payload,
      (observation) => seen.push(observation),
      (shortcoming) => shortcomings.push(shortcoming),
      limits,
    );
    for (const session of steps) {
      if (session !== undefined) {
        sessions.push({ ...session, attributes: session.attributes.map(wholeGroup) });
      }
    }
    return said;
  } catch (error) {
    if (!isTribesError(error)) {
      throw error;
    }
    return { error: error.message, code: error.code, ...said };
  }
}

const dictionary = new MapDictionary();
/** How many streams came without their descriptors. */
let parted = 0;

/** The group with its stream; it is packed as the stream is. */
function wholeGroup(group: ShareGroup): ShareGroup {
  const { stream } = group;
  if (group instanceof PartedGroup && group.parts.descriptors.length > 0) {
    parted++;
    const packed = packQuickly(stream, dictionary) ?? packStream(stream, dictionary);
    expect(packParts(group.parts, dictionary).toString('hex')).to.equal(packed.toString('hex'));
  }
  return group instanceof PartedGroup ? { names: group.names, stream } : group;
}

/** How many sessions were read the plain way, but each by itself. */
let whole = 0;

/** Holds the quick way against the plain one; returns how many sessions were read the quick way. */
function readQuickly(payload: Buffer, limits = defaultJavaLimits): number {
  expect(outcome(walkTransfer, payload, limits), payload.toString('hex')).to.deep.equal(
    outcome(walkPlainTransfer, payload, limits),
  );
  const quick = QuickSessionList.open(payload, () => undefined, messageLimitsOf(limits));
  let read = 0;
  for (;;) {
    if (quick?.next() !== undefined) {
      read++;
    } else if (quick?.nextWhole() !== undefined) {
      whole++;
    } else {
      break;
    }
  }
  quick?.close();
  return read;
}

const tomcats = ['05-', '08-']
  .flatMap((prefix) => [...vectorFiles(prefix).values()].flat())
  .filter(({ class: javaClass }) => javaClass === 'payload of EVT_ALL_SESSION_DATA')
  .map(({ bytes }) => bytes);

/** Values of the JDK; each of them is the same object whenever it is taken. */
const jdkValues = [...vectorFiles('06-').values()].flat().flatMap(({ bytes }) => {
  const { contents, values } = scanStream(bytes);
  return contents.length === 1 && values.length === 1 ? [readObject(bytes)] : [];
});

const ordinary = fc.oneof(
  fc.constantFrom(...jdkValues),
  fc.jsonValue({ maxDepth: 3 }).map((value) => fromJs(value)),
  fc.date({ noInvalidDate: true }).map((value) => fromJs(value)),
  fc.constantFrom(...[1, 2, true, false, 'shared'].map((value) => fromJs(value))),
);

const time = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 43n }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const name = fc.oneof(fc.constantFrom('a', 'b', 'user', 'cart', 'ü'), fc.string({ maxLength: 8 }));

/** Lists of sessions whose values are taken from `values`, some of them more than once. */
function lists(values: fc.Arbitrary<JavaValue>, maxLength: number): fc.Arbitrary<Buffer> {
  const session: fc.Arbitrary<SessionBody<JavaValue>> = fc.record({
    creationTime: time,
    lastAccessedTime: time,
    thisAccessedTime: time,
    maxInactiveInterval: fc.integer(),
    isNew: fc.boolean(),
    isValid: fc.boolean(),
    version: fc.constant(0n),
    principal: fc.option(
      values.map((value) => ({ kind: 'object' as const, value })),
      { freq: 4 },
    ),
    id: name,
    notes: fc.option(
      fc.record({
        sessionId: fc.option(values, { nil: null }),
        request: fc.option(values, { nil: null }),
      }),
    ),
    attributes: fc.array(fc.record({ name, value: values }), { maxLength: 8 }),
    aborted: fc.constant([]),
    listeners: fc.array(values, { maxLength: 2 }),
  });
  return fc.tuple(fc.array(session, { maxLength }), fc.boolean()).map(([sessions, hasSlots]) => {
    const output = graphOutput();
    writeSessionList(sessions, output, {
      noteSlots: hasSlots ? 'yes' : 'no',
      principalForm: 'attributes',
    });
    return writeStream({ contents: output.contents() });
  });
}

describe('a state, read the quick way or the plain way, is the same', () => {
  it('from every line of Tomcat', () => {
    expect(tomcats.filter((payload) => readQuickly(payload) > 0).length).to.be.greaterThan(
      tomcats.length / 2,
    );
  });

  it('of ordinary values, which may be the same in many sessions', function () {
    this.timeout(0);
    let quick = 0;
    parted = 0;
    fc.assert(
      fc.property(lists(ordinary, 5), (payload) => {
        quick += readQuickly(payload);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    expect(quick).to.be.greaterThan(RUNS / 5);
    expect(parted).to.be.greaterThan(RUNS / 5);
  });

  it('whatever graphs it holds', function () {
    this.timeout(0);
    const graphs = arbitraryValues.chain((values) =>
      lists(fc.constantFrom(...values, ...jdkValues.slice(0, 8)), 3),
    );
    let quick = 0;
    whole = 0;
    fc.assert(
      fc.property(graphs, (payload) => {
        quick += readQuickly(payload);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    expect(quick).to.be.greaterThan(RUNS / 50);
    expect(whole).to.be.greaterThan(RUNS / 50);
  });

  it('and so is what is said of damaged ones', function () {
    this.timeout(0);
    const good = [...tomcats, ...fc.sample(lists(ordinary, 4), { numRuns: 100, seed: SEED })];
    let quick = 0;
    for (const payload of mutations(good, 5 * RUNS, SEED)) {
      quick += readQuickly(payload);
    }
    expect(quick).to.be.greaterThan(RUNS / 5);
  });

  it('where there are more handles, or longer cuts, than are allowed', function () {
    this.timeout(0);
    const limits = { ...defaultJavaLimits, maxHandles: 5_000, maxCutBytes: 50_000 };
    const list = fromJs(Array.from({ length: 2_000 }, (_, i) => `text ${i}`));
    const lists3 = lists(fc.oneof(ordinary, fc.constant(list), fc.constant(fromJs('x'.repeat(9_000)))), 3);
    fc.assert(
      fc.property(lists3, (payload) => void readQuickly(payload, limits)),
      { numRuns: Math.ceil(RUNS / 10), seed: SEED },
    );
  });
});
