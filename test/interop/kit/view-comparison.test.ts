import { expect } from 'chai';
import { viewDifference } from '../../../interop/kit/index.js';

describe('viewDifference', () => {
  it('finds nothing between equal views', () => {
    const view = { '@class': 'A', list: [1, 'two', null, true], map: { a: { b: [] } } };
    expect(viewDifference(view, structuredClone(view))).to.equal(undefined);
  });

  it('names the first place that differs', () => {
    expect(viewDifference({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] })).to.equal('#/a/1/b: 2, 3');
  });

  for (const [what, left, right] of [
    ['a number and its text', 1, '1'],
    ['null and nothing', { a: null }, {}],
    ['an array and an object', [], {}],
    ['arrays of different lengths', [1], [1, 2]],
    ['another order', [1, 2], [2, 1]],
    ['another class', { '@class': 'A' }, { '@class': 'B' }],
    ['a further field', { a: 1 }, { a: 1, b: 2 }],
    ['another content of a class that extends a container', { '@value': [1] }, { '@value': [2] }],
  ] as const) {
    it(`tells ${what} apart`, () => {
      expect(viewDifference(left, right)).to.be.a('string');
    });
  }

  it('does not look at explanations', () => {
    expect(viewDifference({ '@class': 'A' }, { '@class': 'A', '@data': [1] })).to.equal(undefined);
  });

  it('compares sets by their elements, whatever their order', () => {
    expect(viewDifference({ '@set': ['b', 'a', { x: 1 }] }, [{ x: 1 }, 'a', 'b'])).to.equal(undefined);
    expect(viewDifference({ '@set': ['b', 'a'] }, ['a', 'c'])).to.be.a('string');
  });

  it('compares unordered maps by their pairs', () => {
    const pairs = {
      '@pairs': [
        [5, 'five'],
        [1, 'one'],
      ],
    };
    expect(
      viewDifference(pairs, [
        [1, 'one'],
        [5, 'five'],
      ]),
    ).to.equal(undefined);
    expect(
      viewDifference(pairs, [
        [1, 'five'],
        [5, 'one'],
      ]),
    ).to.be.a('string');
  });

  it('does not mind which of two places of an object comes first', () => {
    const shared = { '@class': 'S', n: 1 };
    expect(viewDifference({ a: shared, b: { '@ref': '#/a' } }, { a: { '@ref': '#/b' }, b: shared })).to.equal(
      undefined,
    );
  });

  it('tells a shared object from two equal ones', () => {
    const shared = { '@class': 'S', n: 1 };
    expect(viewDifference([shared, { '@ref': '#/0' }], [shared, { ...shared }])).to.equal(
      '#/1: shared differently',
    );
  });

  it('follows cycles, and names with slashes and tildes', () => {
    const cycle = {
      '@class': 'A',
      'a/b~c': { '@class': 'B', up: { '@ref': '#' }, me: { '@ref': '#/a~1b~0c' } },
    };
    expect(viewDifference(cycle, structuredClone(cycle))).to.equal(undefined);
  });

  it('refuses a reference that leads nowhere', () => {
    expect(() => viewDifference([{ '@ref': '#/7' }], [1])).to.throw('#/7 leads nowhere');
  });
});
