import { expect } from 'chai';
import { defaultJavaLimits } from '../../src/base/index.js';
import { fromJs, graphOutput, writeStream, type JavaObject, type JavaValue } from '../../src/java/index.js';
import {
  encodeDeltaRequest,
  readQuickDelta,
  type DeltaAction,
  type DialectObservation,
  type QuickDelta,
} from '../../src/wire/index.js';
import { hex, wireVectors } from './wire-vectors.js';

type Action = DeltaAction<JavaValue>;

const set = (
  type: 'attribute' | 'note' | 'principal' | 'listener',
  name: string,
  value: JavaValue,
): Action => ({
  type,
  action: 'set',
  name,
  value,
});
const remove = (type: 'attribute' | 'note' | 'principal' | 'listener', name: string): Action => ({
  type,
  action: 'remove',
  name,
  value: undefined,
});
const text = (value: string): JavaValue => ({ kind: 'string', value });

function payloadOf(actions: readonly Action[]): Buffer {
  const output = graphOutput();
  encodeDeltaRequest({ sessionId: '0123.node1', recordAllActions: false, actions }, output);
  return writeStream({ contents: output.contents() });
}

describe('a delta read the quick way', () => {
  let seen: DialectObservation[];

  beforeEach(() => {
    seen = [];
  });

  function read(payload: Buffer): QuickDelta | undefined {
    return readQuickDelta(payload, (observation) => seen.push(observation), defaultJavaLimits);
  }

  it('has a stream for each value that is set', () => {
    const list = fromJs(['a', 'b']);
    const delta = read(payloadOf([set('attribute', 'list', list), set('attribute', 'text', text('x'))]));
    expect(delta?.attributes.set.map(({ names, stream }) => [...names, hex(stream)])).to.deep.equal([
      ['list', hex(writeStream({ contents: [list] }))],
      ['text', hex(writeStream({ contents: [text('x')] }))],
    ]);
  });

  it('takes removals and nulls as removals', () => {
    const delta = read(
      payloadOf([remove('attribute', 'a'), set('attribute', 'b', null), remove('note', 'c')]),
    );
    expect(delta?.attributes).to.deep.equal({ set: [], removed: ['a', 'b'] });
    expect(delta?.notes).to.deep.equal({ set: [], removed: ['c'] });
  });

  it('tells of notes, and keeps them apart from attributes', () => {
    const delta = read(payloadOf([set('note', 'a', text('n')), set('attribute', 'a', text('v'))]));
    expect(delta?.notes.set.map(({ stream }) => stream.toString('latin1', 7))).to.deep.equal(['n']);
    expect(delta?.attributes.set.map(({ stream }) => stream.toString('latin1', 7))).to.deep.equal(['v']);
    expect(seen).to.deep.equal([{ seen: 'noteAction' }]);
  });

  it('has the scalars, the last of each', () => {
    const interval = { type: 'maxInactiveInterval', action: 'set', name: 'i' } as const;
    const auth = { type: 'authType', name: 'a' } as const;
    const delta = read(
      payloadOf([
        { type: 'isNew', action: 'set', name: 'n', value: true },
        { ...interval, value: 60 },
        { ...interval, value: 1800 },
        { ...auth, action: 'set', value: 'FORM' },
        remove('principal', 'p'),
      ]),
    );
    expect(delta).to.deep.equal({
      attributes: { set: [], removed: [] },
      notes: { set: [], removed: [] },
      listeners: [],
      maxInactiveInterval: 1800,
      authType: 'FORM',
      principal: null,
    });
    expect(read(payloadOf([{ ...auth, action: 'remove', value: undefined }]))?.authType).to.equal(null);
  });

  it('puts a box in that stands in an action before', () => {
    const yes: Action = { type: 'isNew', action: 'set', name: 'n', value: true };
    const source = payloadOf([yes, set('attribute', 'a', text('?'))]);
    // In a JVM there is one TRUE: the second is a reference to the first.
    const payload = Buffer.concat([source.subarray(0, -4), Buffer.from('71007e0001', 'hex')]);
    const [group] = read(payload)?.attributes.set ?? [];
    expect(hex(group?.stream ?? null)).to.equal(hex(writeStream({ contents: [fromJs(true)] })));
  });

  for (const { name, file, bytes } of wireVectors(['05-', '08-'], /DeltaRequest\.serialize\(\)$/)) {
    const plain = /principal$|principal-authtype|listener/.test(name);
    it(`${plain ? 'leaves' : 'takes'} ${name} of ${file}`, () => {
      expect(read(bytes) === undefined).to.equal(plain);
    });
  }

  describe('is none', () => {
    const shared = fromJs(['shared']) as JavaObject;
    const refused = new Map<string, readonly Action[]>([
      ['that names something twice', [set('attribute', 'a', text('1')), remove('attribute', 'a')]],
      ['whose values share a list', [set('attribute', 'a', shared), set('attribute', 'b', shared)]],
      ['that sets a principal', [set('principal', 'p', text('somebody'))]],
      ['with a listener', [set('listener', 'l', text('listener'))]],
      [
        'with an action of a release to come',
        [{ type: 'unknown', code: 7, action: 'set', name: 'x', value: null }],
      ],
      ['that gives a value to what it removes', [{ ...set('attribute', 'a', text('1')), action: 'remove' }]],
    ]);
    for (const [what, actions] of refused) {
      it(what, () => expect(read(payloadOf([set('note', 'n', null), ...actions]))).to.equal(undefined));
    }

    it('that names something twice among many', () => {
      const many = Array.from({ length: 40 }, (_, i) => set('attribute', `a${i}`, text('x')));
      expect(read(payloadOf(many))?.attributes.set).to.have.lengthOf(40);
      expect(read(payloadOf([...many, remove('attribute', 'a20')]))).to.equal(undefined);
    });

    it('without what it says it has', () => {
      const good = payloadOf([set('attribute', 'a', text('1'))]);
      const { length } = good;
      for (let end = 0; end < length; end++) {
        expect(read(good.subarray(0, end)), String(end)).to.equal(undefined);
      }
      for (const count of ['00000002', 'ffffffff']) {
        const other = Buffer.from(good);
        other.write(count, good.indexOf(Buffer.from('00000001', 'hex')), 'hex');
        expect(read(other), count).to.equal(undefined);
      }
    });

    afterEach(() => expect(seen).to.deep.equal([]));
  });
});
