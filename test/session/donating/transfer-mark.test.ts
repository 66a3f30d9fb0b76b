import { expect } from 'chai';
import { randomUniqueId } from '../../../src/base/index.js';
import { transferMark } from '../../../src/session/donating/transfer-mark.js';

describe('the time stamp of a state', () => {
  const [asker, ahead, behind] = [randomUniqueId(), randomUniqueId(), randomUniqueId()];

  it("is the asker's own, where no clock is behind", () => {
    expect(transferMark(10_000, asker, [], () => 0)).to.equal(10_000);
    const skews = new Map([[ahead, -3000]]);
    expect(transferMark(10_000, asker, [asker, ahead], (id) => skews.get(id) ?? 0)).to.equal(10_000);
  });

  it('is the moment of the request by the clock that is the most behind', () => {
    // The asker is 1 s behind our clock, another member 3 s.
    const skews = new Map([
      [asker, 1000],
      [behind, 3000],
    ]);
    expect(transferMark(10_000, asker, [asker, behind, ahead], (id) => skews.get(id) ?? 0)).to.equal(8000);
  });

  it('is never before the epoch', () => {
    expect(transferMark(5, asker, [behind], () => 0)).to.equal(5);
    expect(transferMark(5, asker, [behind], (id) => (id === behind ? 60_000 : 0))).to.equal(0);
  });
});
