import { expect } from 'chai';
import { growthExponent, measured, percentile } from '../../bench/kit/statistics.js';

describe('The statistics of a benchmark', () => {
  it('count the median: the middle round, or the mean of the two in the middle', () => {
    expect(measured([30, 10, 20])).to.deep.equal({ median: 20, rounds: [30, 10, 20] });
    expect(measured([40, 10, 20, 30]).median).to.equal(25);
    expect(() => measured([])).to.throw(RangeError);
  });

  it('give percentiles of what is not in order', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 99 - index);
    expect([0, 50, 99, 100].map((percent) => percentile(hundred, percent))).to.deep.equal([0, 50, 99, 99]);
    expect(percentile([7], 99)).to.equal(7);
    expect(percentile([], 50)).to.be.NaN;
  });

  it('tell how a cost grows: 0 where it is flat, 1 where it is linear, and between two sizes what lies between', () => {
    const sizes = [10, 100, 1000];
    const exponentOf = (cost: (size: number) => number): number =>
      growthExponent(sizes.map((size) => ({ size, cost: cost(size) })));
    expect(exponentOf(() => 3)).to.be.closeTo(0, 1e-9);
    expect(exponentOf((size) => 5 * size)).to.be.closeTo(1, 1e-9);
    expect(exponentOf((size) => size ** 0.3)).to.be.closeTo(0.3, 1e-9);
    expect(() => growthExponent([{ size: 10, cost: 1 }])).to.throw(RangeError);
  });
});
