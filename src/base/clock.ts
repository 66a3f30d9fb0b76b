/** A timer that can be called off; calling it off twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Time, passed in, so that tests can run it by hand. */
export interface Clock {
  /** Wall clock, epoch milliseconds: what goes on the wire and to disk. May jump. */
  now(): number;
  /** Milliseconds since some fixed instant; never jumps back. For measuring intervals. */
  monotonic(): number;
  /** Calls `action` once after `delayMs`. A pending timer does not keep the process alive. */
  after(delayMs: number, action: () => void): Timer;
  /** Calls `action` every `periodMs`, the first time after `periodMs`. */
  every(periodMs: number, action: () => void): Timer;
}

/** The clocks and timers of the system. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, action) {
    const timeout = setTimeout(action, delayMs);
    timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  },
  every(periodMs, action) {
    const interval = setInterval(action, periodMs);
    interval.unref();
    return { cancel: () => clearInterval(interval) };
  },
};
