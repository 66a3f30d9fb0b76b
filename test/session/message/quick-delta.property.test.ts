import { expect } from 'chai';
import fc from 'fast-check';
import { defaultJavaLimits, isTribesError } from '../../../src/base/index.js';
import {
  fromJs,
  graphOutput,
  readObject,
  scanStream,
  writeStream,
  type JavaValue,
} from '../../../src/java/index.js';
import { readDelta, readPlainDelta, type Shortcoming } from '../../../src/session/message/message-reader.js';
import {
  checkPlainDelta,
  encodeDeltaRequest,
  readQuickDelta,
  type DeltaAction,
  type DialectObservation,
  type PlainDeltaFacts,
  type QuickDelta,
} from '../../../src/wire/index.js';
import { arbitraryValues } from '../../java/kit/arbitrary-graph.js';
import { mutations } from '../../java/kit/mutations.js';
import { vectorFiles } from '../../support/vectors.js';
import { wireVectors } from '../../wire/wire-vectors.js';

/** Each takes both ways, and the comparison takes longer than both. */
const RUNS = Math.ceil(Number(process.env['TRIBES_FUZZ_RUNS'] ?? 50_000) / 5);
const SEED = Number(process.env['TRIBES_FUZZ_SEED'] ?? 20_261_128);

/** What comes of a payload, and everything that is said on the way. */
function outcome(read: typeof readDelta, payload: Buffer): unknown {
  const seen: DialectObservation[] = [];
  const shortcomings: Shortcoming[] = [];
  try {
    const delta = read(
      payload,
      (observation) => seen.push(observation),
      (shortcoming) => shortcomings.push(shortcoming),
    );
    return { delta, seen, shortcomings };
  } catch (error) {
    if (!isTribesError(error)) {
      throw error;
    }
    return { error: error.message, code: error.code, seen, shortcomings };
  }
}

/** Holds the quick way against the plain one; true if it was taken. */
function isQuick(payload: Buffer): boolean {
  expect(outcome(readDelta, payload), payload.toString('hex')).to.deep.equal(
    outcome(readPlainDelta, payload),
  );
  const quick = readQuickDelta(payload, () => undefined, defaultJavaLimits);
  expect(checkPlainDelta(payload, defaultJavaLimits)).to.deep.equal(factsOf(quick));
  return quick !== undefined;
}

/** What is to be known of a delta before it is read. */
function factsOf(quick: QuickDelta | undefined): PlainDeltaFacts | undefined {
  const { notes, authType, principal, maxInactiveInterval } = quick ?? {};
  const isPlain = notes?.set.length === 0 && notes.removed.length === 0;
  return isPlain && authType === undefined && principal === undefined ? { maxInactiveInterval } : undefined;
}

const tomcats = wireVectors(['05-', '08-'], /DeltaRequest\.serialize\(\)$/).map(({ bytes }) => bytes);

/** Values of the JDK; each of them is the same object whenever it is taken. */
const jdkValues = [...vectorFiles('06-').values()].flat().flatMap(({ bytes }) => {
  const { contents, values } = scanStream(bytes);
  return contents.length === 1 && values.length === 1 ? [readObject(bytes)] : [];
});

type Action = DeltaAction<JavaValue>;

const name = fc.oneof(fc.constantFrom('a', 'b', 'user', 'cart'), fc.string({ maxLength: 8 }));
const actionCode = fc.constantFrom<'set' | 'remove'>('set', 'set', 'set', 'set', 'remove');

/** Deltas of values that are taken from `values`, some of them more than once, and of others. */
function deltas(values: fc.Arbitrary<JavaValue>): fc.Arbitrary<Buffer> {
  const named = fc
    .record({
      type: fc.constantFrom<'attribute' | 'note'>('attribute', 'attribute', 'note'),
      action: actionCode,
      name,
      value: values,
    })
    .map((action): Action => (action.action === 'remove' ? { ...action, value: undefined } : action));
  const field = fc.oneof(
    fc.record({ type: fc.constant('isNew' as const), action: actionCode, name, value: fc.boolean() }),
    fc.record({
      type: fc.constant('maxInactiveInterval' as const),
      action: actionCode,
      name,
      value: fc.integer(),
    }),
    fc.record({
      type: fc.constant('authType' as const),
      action: actionCode,
      name,
      value: fc.option(fc.string(), { nil: undefined }),
    }),
    fc.record({
      type: fc.constantFrom('principal' as const, 'listener' as const),
      action: actionCode,
      name,
      value: fc.option(values, { nil: undefined }),
    }),
  );
  const actions = fc.array(fc.oneof({ weight: 6, arbitrary: named }, { weight: 1, arbitrary: field }), {
    maxLength: 12,
  });
  return fc
    .record({ sessionId: fc.string({ maxLength: 12 }), recordAllActions: fc.boolean(), actions })
    .map((delta) => {
      const output = graphOutput();
      encodeDeltaRequest(delta, output);
      return writeStream({ contents: output.contents() });
    });
}

const ordinary = fc.oneof(
  fc.constantFrom(...jdkValues),
  fc.jsonValue({ maxDepth: 3 }).map((value) => fromJs(value)),
  fc.date({ noInvalidDate: true }).map((value) => fromJs(value)),
  fc.constantFrom(...[1, 2, true, false, 'shared'].map((value) => fromJs(value))),
);

describe('a delta, read the quick way or the plain way, is the same', () => {
  it('from every line of Tomcat', () => {
    expect(tomcats.filter(isQuick).length).to.be.greaterThan(tomcats.length / 2);
  });

  it('whatever values of the JDK it holds', function () {
    this.timeout(0);
    let quick = 0;
    fc.assert(
      fc.property(deltas(ordinary), (payload) => {
        quick += isQuick(payload) ? 1 : 0;
      }),
      { numRuns: Math.ceil(RUNS / 20) },
    );
    expect(quick).to.be.greaterThan(RUNS / 100);
  });

  it('whatever graphs it holds', function () {
    this.timeout(0);
    let quick = 0;
    const graphs = arbitraryValues.chain((values) =>
      deltas(fc.constantFrom(...values, ...jdkValues.slice(0, 8))),
    );
    fc.assert(
      fc.property(graphs, (payload) => {
        quick += isQuick(payload) ? 1 : 0;
      }),
      { numRuns: Math.ceil(RUNS / 20) },
    );
    expect(quick).to.be.greaterThan(RUNS / 400);
  });

  it(`and so is what is said of ${RUNS} damaged ones, seed ${SEED}`, function () {
    this.timeout(0);
    const good = [...tomcats, ...fc.sample(deltas(ordinary), { numRuns: 100, seed: SEED })];
    let quick = 0;
    for (const payload of mutations(good, RUNS, SEED)) {
      quick += isQuick(payload) ? 1 : 0;
    }
    expect(quick).to.be.greaterThan(RUNS / 20);
  });
});
