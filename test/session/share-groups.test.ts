import { expect } from 'chai';
import fc from 'fast-check';
import { fromJs, readStream, scanStream, writeStream } from '../../src/java/index.js';
import { cutGroups, heldNames, replaced, without } from '../../src/session/share-groups.js';
import type { ShareGroup } from '../../src/base/index.js';
import { groups, stringStream, valuesOf } from './support/streams.js';

const never = (): never => {
  throw new Error('everything here can be cut');
};

/** Attributes a and b share a list, c is a string; all in one stream. */
function cutThree(): ShareGroup[] {
  const list = fromJs(['shared']);
  const { values } = scanStream(writeStream({ contents: [list, { kind: 'string', value: 'alone' }, list] }));
  const named = ['a', 'c', 'b'].flatMap((name, i) => {
    const value = values[i];
    return value === undefined ? [] : [{ name, value }];
  });
  return cutGroups(named, never);
}

describe('share groups', () => {
  it('hold together what shares a mutable object, and part what does not', () => {
    const cut = cutThree();
    expect(cut.map(({ names }) => names)).to.deep.equal([['a', 'b'], ['c']]);
    const [a, b] = readStream(cut[0]?.stream ?? Buffer.alloc(0)).contents;
    expect(a).to.equal(b);
    expect(cut[1]?.stream).to.deep.equal(stringStream('alone'));
    expect(cut.flatMap(({ names }) => names)).to.deep.equal(['a', 'b', 'c']);
  });

  it('are left by a name without touching the others', () => {
    const [shared, alone] = cutThree();
    const left = without(
      [shared, alone].filter((group) => group !== undefined),
      (name) => name === 'a',
    );
    expect(left.map(({ names }) => names)).to.deep.equal([['b'], ['c']]);
    expect(readStream(left[0]?.stream ?? Buffer.alloc(0)).contents).to.have.lengthOf(1);
    expect(left[1]).to.equal(alone);
  });

  it('are parted when what held them together leaves', () => {
    const [x, y] = [fromJs(['x']), fromJs(['y'])];
    const both = fromJs([1]);
    if (both?.kind === 'object') {
      both.parts.at(-1)?.annotation?.push(x, y);
    }
    const { values } = scanStream(writeStream({ contents: [both, x, y] }));
    const named = ['both', 'x', 'y'].flatMap((name, i) => {
      const value = values[i];
      return value === undefined ? [] : [{ name, value }];
    });
    const [group] = cutGroups(named, never);
    expect(group?.names).to.deep.equal(['both', 'x', 'y']);
    const left = without(group === undefined ? [] : [group], (name) => name === 'both');
    expect(left.map(({ names }) => names)).to.deep.equal([['x'], ['y']]);
  });

  it('stay the same object when nothing leaves', () => {
    const all = groups({ a: '1', b: '2' });
    expect(without(all, () => false)).to.equal(all);
  });

  it('stay where they are when they are replaced; the others stay the same objects', () => {
    const before = groups({ a: '1', b: '2', c: '3' });
    const set = groups({ d: '4', b: 'new' });
    const after = replaced(before, set, []);
    expect(after).to.deep.equal([before[0], set[1], before[2], set[0]]);
    expect([after[0] === before[0], after[2] === before[2]]).to.deep.equal([true, true]);
  });

  it('leave what they shared with another when they are set alone', () => {
    const [shared, alone] = cutThree();
    const before = [shared, alone].filter((group) => group !== undefined);
    const after = replaced(before, groups({ a: 'new' }), []);
    expect(after.map(({ names }) => names)).to.deep.equal([['b'], ['c'], ['a']]);
    expect(after[1]).to.equal(alone);
  });

  it('go where they are set together', () => {
    const before = groups({ a: '1', x: '2', b: '3' });
    const after = replaced(before, cutThree(), ['y']);
    expect(after.map(({ names }) => names)).to.deep.equal([['x'], ['a', 'b'], ['c']]);
  });

  it('are what plain maps would be, however many there are', () => {
    const values = fc.dictionary(
      fc.nat(40).map((n) => `a${n}`),
      fc.constantFrom('1', '2', '3'),
      { maxKeys: 40 },
    );
    fc.assert(
      fc.property(values, values, fc.array(fc.nat(40).map((n) => `a${n}`)), (had, set, gone) => {
        const removed = gone.filter((name) => set[name] === undefined);
        const after = replaced(groups(had), groups(set), removed);
        const plain = new Map(Object.entries({ ...had, ...set }));
        removed.forEach((name) => plain.delete(name));
        expect(valuesOf(after)).to.deep.equal(Object.fromEntries([...plain].sort()));
        expect(after.flatMap(({ names }) => names)).to.deep.equal([...plain.keys()]);
        expect(heldNames(groups(had), removed)).to.deep.equal(removed.filter((name) => name in had));
      }),
    );
  });

  it('are replaced by what is set, and gone when removed', () => {
    const after = replaced(groups({ a: '1', b: '2', c: '3' }), groups({ a: 'new', d: '4' }), ['b', 'x']);
    expect(valuesOf(after)).to.deep.equal({ a: 'new', c: '3', d: '4' });
  });
});
