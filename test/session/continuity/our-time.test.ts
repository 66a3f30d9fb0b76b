import { expect } from 'chai';
import { MARK_MS, OurTime, type BootTime, type TimeMark } from '../../../src/session/continuity/our-time.js';
import { ManualClock } from '../../support/manual-clock.js';

const HOUR = 3_600_000;

describe('our time', () => {
  const start = 1_700_000_000_000;
  const boot =
    (uptimeMs: number, id = 'one'): (() => BootTime) =>
    () => ({ id, uptimeMs });

  /** What a run says that begins when the wall clock says `wall`, after one that ended with `last`. */
  const next = (last: TimeMark, wall: number, bootTime?: () => BootTime | null): number =>
    new OurTime(new ManualClock(wall), { last, ...(bootTime && { bootTime }) }).now();

  const last: TimeMark = { at: start, wall: start, boot: { id: 'one', uptimeMs: HOUR } };

  it('is that of the wall clock in the first run, and does not jump with it', () => {
    const clock = new ManualClock(start);
    const time = new OurTime(clock);
    clock.advance(500);
    clock.shiftWallClock(-HOUR);
    clock.advance(500);
    expect(time.now()).to.equal(start + 1000);
    expect(time.mark()).to.deep.equal({ at: start + 1000, wall: start + 1000 - HOUR, boot: null });
  });

  it('goes on from run to run with the wall clock, where that went on as the machine did', () => {
    expect(next(last, start + HOUR + 700, boot(2 * HOUR))).to.equal(start + HOUR + 700);
  });

  it('goes on with the machine where the wall clock was set', () => {
    for (const wall of [start - 24 * HOUR, start + 24 * HOUR]) {
      expect(next(last, wall, boot(2 * HOUR)), String(wall)).to.equal(start + HOUR);
    }
  });

  it('goes on with the wall clock when the machine was booted anew, or does not tell', () => {
    expect(next(last, start + HOUR, boot(1000, 'two'))).to.equal(start + HOUR);
    expect(next(last, start + HOUR)).to.equal(start + HOUR);
    expect(next(last, start + HOUR, boot(1000))).to.equal(start + HOUR);
  });

  it('never goes back: what was stored since the last mark is not of the future', () => {
    expect(next(last, start - HOUR)).to.equal(start + MARK_MS);
    expect(next(last, start - 5, boot(HOUR))).to.equal(start);
  });

  it('stays apart from a wall clock that was wrong once, and goes on at the same pace', () => {
    const apart: TimeMark = { at: start + 24 * HOUR, wall: start, boot: null };
    expect(next(apart, start + HOUR)).to.equal(start + 25 * HOUR);
  });
});
