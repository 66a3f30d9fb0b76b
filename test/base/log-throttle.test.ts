import { expect } from 'chai';
import { LogThrottle } from '../../src/base/index.js';
import { ManualClock } from '../support/manual-clock.js';

describe('LogThrottle', () => {
  it('admits the first event of a key and holds back the others of the period', () => {
    const throttle = new LogThrottle(new ManualClock(), 60_000);
    expect([throttle.admit('a'), throttle.admit('a'), throttle.admit('b'), throttle.admit('a')]).to.eql([
      1, 0, 1, 0,
    ]);
  });

  it('says after the period how many events the next line stands for', () => {
    const clock = new ManualClock();
    const throttle = new LogThrottle(clock, 60_000);
    throttle.admit('a');
    throttle.admit('a');
    throttle.admit('a');
    clock.advance(59_999);
    expect(throttle.admit('a')).to.equal(0);
    clock.advance(1);
    expect(throttle.admit('a')).to.equal(4);
    expect(throttle.admit('a')).to.equal(0);
  });

  it('lets all keys that it has no room for share one line', () => {
    const throttle = new LogThrottle(new ManualClock(), 60_000, 2);
    expect(['a', 'b', 'c', 'd', 'e', 'a'].map((key) => throttle.admit(key))).to.eql([1, 1, 1, 0, 0, 0]);
  });

  it('makes room by forgetting a key with nothing to report', () => {
    const clock = new ManualClock();
    const throttle = new LogThrottle(clock, 60_000, 2);
    throttle.admit('a');
    throttle.admit('b');
    throttle.admit('b');
    clock.advance(60_000);
    expect(throttle.admit('c')).to.equal(1);
    expect(throttle.admit('b')).to.equal(2);
  });
});
