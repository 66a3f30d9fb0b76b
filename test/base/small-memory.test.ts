import { expect } from 'chai';
import { SmallMemory } from '../../src/base/index.js';

describe('SmallMemory', () => {
  it('gives memory that nobody else has, whatever the lengths', () => {
    const memory = new SmallMemory();
    const lengths = [0, 1, 100, 511, 512, 513, 700, 512, 5000, 3];
    const taken = lengths.map((length, i) => memory.take(length).fill(i));
    taken.forEach((bytes, i) => {
      expect(bytes).to.deep.equal(Buffer.alloc(lengths[i] as number, i));
    });
  });

  it('lets nothing small keep much', () => {
    const memory = new SmallMemory();
    for (const length of [1, 400, 512, 513, 100_000]) {
      expect(memory.take(length).buffer.byteLength).to.be.at.most(Math.max(2048, length));
    }
  });

  it('copies', () => {
    const bytes = Buffer.from('abc');
    const copy = new SmallMemory().copy(bytes);
    bytes.fill(0);
    expect(copy.toString()).to.equal('abc');
  });
});
