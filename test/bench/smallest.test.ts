import { expect } from 'chai';
import { smallest } from '../../bench/kit/smallest.js';

describe('The search for the smallest size', () => {
  async function search(needed: number, precision: number): Promise<{ found: number; trials: number[] }> {
    const trials: number[] = [];
    const found = await smallest(100, precision, (size) => {
      trials.push(size);
      return Promise.resolve(size >= needed);
    });
    return { found, trials };
  }

  it('finds one that suffices, larger than the smallest by no more than the precision', async () => {
    for (const needed of [101, 149, 150, 151, 1_000, 54_321]) {
      const { found, trials } = await search(needed, 1.1);
      expect(found).to.be.within(needed, needed * 1.1);
      expect(trials).to.include(found).and.to.have.length.below(25);
    }
  });

  it('is content with the first that suffices where the precision is coarse', async () => {
    expect(await search(120, 4)).to.deep.equal({ found: 150, trials: [150] });
  });

  it('gives up where nothing suffices', async () => {
    let error: unknown;
    await smallest(100, 1.1, () => Promise.resolve(false)).catch((cause: unknown) => (error = cause));
    expect(error).to.be.instanceOf(Error);
  });
});
