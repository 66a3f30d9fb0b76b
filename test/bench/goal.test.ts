import { expect } from 'chai';
import { goalText, isMet, ratioOf, type Judged } from '../../bench/kit/goal.js';
import { measured } from '../../bench/kit/statistics.js';

describe('A goal', () => {
  const theirs = measured([100]);
  const half: Judged = { unit: 'µs', better: 'less', theirs, goal: { of: 'ratio', bound: 0.5 } };
  const twice: Judged = { unit: '1/s', better: 'more', theirs, goal: { of: 'ratio', bound: 2 } };
  const seconds: Judged = { unit: 's', better: 'less', theirs, goal: { of: 'figure', bound: 10 } };

  it('is met by what is equal to its bound, or better', () => {
    expect([49, 50, 51].map((ours) => isMet(half, measured([ours])))).to.deep.equal([true, true, false]);
    expect([199, 200, 201].map((ours) => isMet(twice, measured([ours])))).to.deep.equal([false, true, true]);
  });

  it('may be about the figure itself, whatever theirs is', () => {
    expect([10, 11].map((ours) => isMet(seconds, measured([ours])))).to.deep.equal([true, false]);
  });

  it('of a ratio is not met where there is nothing to compare with', () => {
    expect(isMet({ ...half, theirs: undefined }, measured([1]))).to.equal(false);
    expect(isMet({ ...half, theirs: measured([0]) }, measured([1]))).to.equal(false);
  });

  it('that is none is neither met nor missed', () => {
    expect(isMet({ ...half, goal: undefined }, measured([1]))).to.equal(undefined);
  });

  it('is told with its direction and its unit', () => {
    expect([half, twice, seconds, { ...half, goal: undefined }].map(goalText)).to.deep.equal([
      '≤ 0.5 ×',
      '≥ 2 ×',
      '≤ 10 s',
      '',
    ]);
  });

  it('leaves out a ratio that says nothing', () => {
    expect(ratioOf(half, measured([30]))).to.equal(0.3);
    expect(ratioOf({ ...half, compared: false }, measured([30]))).to.equal(undefined);
  });
});
