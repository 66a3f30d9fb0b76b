import { expect } from 'chai';
import fc from 'fast-check';
import { holdsAt } from '../../src/wire/index.js';

describe('holdsAt', () => {
  const fewBytes = fc
    .array(fc.integer({ min: 0, max: 1 }), { maxLength: 6 })
    .map((bytes) => Buffer.from(bytes));

  it('says what a comparison with the view says', () => {
    fc.assert(
      fc.property(fewBytes, fc.nat(8), fewBytes, (bytes, offset, expected) => {
        const view = bytes.subarray(offset, offset + expected.length);
        const isWithin = offset + expected.length <= bytes.length;
        expect(holdsAt(bytes, offset, expected)).to.equal(isWithin && expected.equals(view));
      }),
      { numRuns: 1000 },
    );
  });
});
