import { expect } from 'chai';
import { StateSource, type StateSourcePolicy } from '../../../src/session/continuity/state-source.js';

const HOUR = 3_600_000;

describe('what a node says of its age', () => {
  /** What was said: nothing (0), its own age, or that of its state. */
  let said: (number | 'own')[];

  beforeEach(() => {
    said = [];
  });

  const source = (policy: StateSourcePolicy = 'auto'): StateSource =>
    new StateSource({
      policy,
      announce: (synchronised, stateAgeMs) => void said.push(synchronised ? (stateAgeMs ?? 'own') : 0),
    });

  it('is 0 until it is synchronised, and while it is not any more', () => {
    const node = source();
    node.incomplete(1000);
    node.synchronised(HOUR, 2000);
    node.incomplete(3000);
    node.synchronised(HOUR, 4000);
    expect(said).to.deep.equal(['own', 0, 'own']);
  });

  it('is that of its state from the start, when it came back with one', () => {
    const node = source();
    node.restore(5 * HOUR, 1000);
    node.incomplete(2000);
    node.synchronised(0, 3000);
    expect(said).to.deep.equal([5 * HOUR]);
    expect(node.isHeir).to.equal(true);
  });

  it('is 0 again when the cluster turns out to be there', () => {
    const node = source();
    node.restore(5 * HOUR, 1000);
    node.clusterLives(2000);
    node.synchronised(HOUR, 3000);
    expect(said).to.deep.equal([5 * HOUR, 0, 'own']);
    expect(node.stateAge(3000), 'what it has is as old all the same').to.equal(5 * HOUR + 2000);
  });

  it('is never anything but 0 where nobody is to ask', () => {
    const node = source('never');
    node.restore(5 * HOUR, 1000);
    node.synchronised(HOUR, 2000);
    expect(said).to.deep.equal([]);
    expect(node.isHeir).to.equal(false);
  });

  describe('the age of the state', () => {
    it('is none before there is a state', () => {
      expect(source().stateAge(1000)).to.equal(null);
    });

    it('begins with that of the longest running member', () => {
      const node = source();
      node.synchronised(HOUR, 1000);
      expect(node.stateAge(2000)).to.equal(HOUR + 1000);
    });

    it('is that of the older of two clusters that have become one', () => {
      for (const [own, other] of [
        [5, 2],
        [2, 5],
      ] as const) {
        const node = source();
        node.restore(own * HOUR, 0);
        node.synchronised(other * HOUR, 0);
        expect(node.stateAge(1000)).to.equal(5 * HOUR + 1000);
      }
      expect(said, 'and is said so').to.deep.equal([5 * HOUR, 2 * HOUR, 5 * HOUR]);
    });
  });
});
