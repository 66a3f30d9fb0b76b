import { expect } from 'chai';
import { fromJs, readStream, scanStream, writeStream } from '../../src/java/index.js';
import { cutGroups, namesIn, replaced, without } from '../../src/session/share-groups.js';
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
    expect([...namesIn(cut)]).to.deep.equal(['a', 'b', 'c']);
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

  it('are replaced by what is set, and gone when removed', () => {
    const after = replaced(groups({ a: '1', b: '2', c: '3' }), groups({ a: 'new', d: '4' }), ['b', 'x']);
    expect(valuesOf(after)).to.deep.equal({ a: 'new', c: '3', d: '4' });
  });
});
