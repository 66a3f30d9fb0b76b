import { systemClock, type Clock } from '../../src/base/index.js';

/** A clock for which every time is `factor` times as short. What it says of the day is true. */
export function quickClock(factor: number): Clock {
  return {
    now: () => systemClock.now(),
    monotonic: () => systemClock.monotonic() * factor,
    after: (delayMs, action) => systemClock.after(delayMs / factor, action),
    every: (periodMs, action) => systemClock.every(periodMs / factor, action),
  };
}
