import { expect } from 'chai';
import { LogThrottle } from '../../src/base/index.js';
import { ManualClock } from '../support/manual-clock.js';
import { recordingLogger } from '../support/recording-logger.js';

describe('LogThrottle', () => {
  it('admits the first event of a key and holds back the others of the period', () => {
    const throttle = new LogThrottle(new ManualClock());
    expect([throttle.admit('a'), throttle.admit('a'), throttle.admit('b'), throttle.admit('a')]).to.eql([
      1, 0, 1, 0,
    ]);
  });

  it('tells at the end of the period how many events it held back, and then has no timer any more', () => {
    const clock = new ManualClock();
    const { logger, lines } = recordingLogger();
    const throttle = new LogThrottle(clock, { logger });
    throttle.admit('a');
    clock.advance(30_000);
    throttle.admit('b');
    throttle.admit('a');
    throttle.admit('b');
    throttle.admit('a');
    clock.advance(29_999);
    expect(lines('warn')).to.eql([]);
    clock.advance(1);
    expect(lines('warn').map(({ fields }) => fields)).to.eql([{ about: 'a', heldBack: 2, periodMs: 60_000 }]);
    expect(throttle.admit('a')).to.equal(1);
    clock.advance(30_000);
    expect(lines('warn')[1]?.fields).to.eql({ about: 'b', heldBack: 1, periodMs: 60_000 });
    expect(clock.pendingTimers).to.equal(0);
  });

  it('needs no timer while nothing is held back', () => {
    const clock = new ManualClock();
    const throttle = new LogThrottle(clock);
    throttle.admit('a');
    throttle.admit('b');
    expect(clock.pendingTimers).to.equal(0);
  });

  it('tells of the keys that it has no room for together', () => {
    const clock = new ManualClock();
    const { logger, lines } = recordingLogger();
    const throttle = new LogThrottle(clock, { logger, maxKeys: 1 });
    ['a', 'b', 'c', 'd'].forEach((key) => throttle.admit(key));
    clock.advance(60_000);
    expect(lines('warn').map(({ fields }) => fields)).to.eql([
      { about: 'others', heldBack: 2, periodMs: 60_000 },
    ]);
  });

  it('lets all keys that it has no room for share one line', () => {
    const throttle = new LogThrottle(new ManualClock(), { maxKeys: 2 });
    expect(['a', 'b', 'c', 'd', 'e', 'a'].map((key) => throttle.admit(key))).to.eql([1, 1, 1, 0, 0, 0]);
  });

  it('makes room when a period is over', () => {
    const clock = new ManualClock();
    const throttle = new LogThrottle(clock, { maxKeys: 2 });
    throttle.admit('a');
    throttle.admit('b');
    throttle.admit('b');
    clock.advance(60_000);
    expect(['c', 'b', 'c', 'd', 'e'].map((key) => throttle.admit(key))).to.eql([1, 1, 0, 1, 0]);
  });
});
