import { expect } from 'chai';
import { completeLimits } from '../../src/base/index.js';
import { thrownBy } from '../support/errors.js';

const defaults: Readonly<Record<'depth' | 'nodes', number>> = { depth: 10, nodes: 20 };

describe('limits that are given in part', () => {
  it('have the defaults for the rest', () => {
    expect(completeLimits(defaults, { depth: 3 })).to.deep.equal({ depth: 3, nodes: 20 });
    expect(completeLimits(defaults, {})).to.deep.equal(defaults);
  });

  it('are the defaults themselves, and nothing is made, when none are given', () => {
    expect(completeLimits(defaults)).to.equal(defaults);
    expect(completeLimits(defaults, defaults)).to.equal(defaults);
  });

  it('take no bound away, unless that is said', () => {
    const careless = { depth: undefined } as unknown as { depth: number };
    expect(completeLimits(defaults, careless)).to.deep.equal(defaults);
    expect(completeLimits(defaults, { depth: 0, nodes: Infinity })).to.deep.equal({
      depth: 0,
      nodes: Infinity,
    });
    for (const found of [NaN, -1, null, '5']) {
      const wrong = { depth: found } as unknown as { depth: number };
      const { params } = thrownBy('TRIBES_E_LIBRARY_LIMIT', () => completeLimits(defaults, wrong));
      expect(params).to.deep.equal({ name: 'depth', found: String(found) });
    }
  });
});
