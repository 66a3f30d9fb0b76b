import type { Clock, Timer } from '../../src/base/index.js';

interface PendingTimer {
  readonly due: number;
  readonly order: number;
  readonly action: () => void;
}

/**
 * Time that moves only when a test says so. Timers fire inside `advance`, in the order of their due times, each at its
 * own time.
 */
export class ManualClock implements Clock {
  readonly #epoch: number;
  readonly #pending = new Set<PendingTimer>();
  #elapsed = 0;
  #wallOffset = 0;
  #created = 0;

  /** @param epoch what `now` says at first, epoch milliseconds. */
  constructor(epoch = 1_700_000_000_000) {
    this.#epoch = epoch;
  }

  now(): number {
    return this.#epoch + this.#elapsed + this.#wallOffset;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(delayMs: number, action: () => void): Timer {
    const timer = { due: this.#elapsed + Math.max(0, delayMs), order: this.#created++, action };
    this.#pending.add(timer);
    return { cancel: () => void this.#pending.delete(timer) };
  }

  every(periodMs: number, action: () => void): Timer {
    let next: Timer;
    const repeat = (): void => {
      next = this.after(periodMs, repeat);
      action();
    };
    next = this.after(periodMs, repeat);
    return { cancel: () => next.cancel() };
  }

  /** Timers that have neither fired nor been called off: zero after everything has been stopped. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  /** Lets `ms` pass. */
  advance(ms: number): void {
    const target = this.#elapsed + ms;
    for (let timer = this.#nextUntil(target); timer !== undefined; timer = this.#nextUntil(target)) {
      this.#pending.delete(timer);
      this.#elapsed = timer.due;
      timer.action();
    }
    this.#elapsed = target;
  }

  /** The wall clock is set forward or back: `now` jumps, `monotonic` and the timers do not. */
  shiftWallClock(byMs: number): void {
    this.#wallOffset += byMs;
  }

  #nextUntil(target: number): PendingTimer | undefined {
    let first: PendingTimer | undefined;
    for (const timer of this.#pending) {
      const earlier =
        first === undefined ||
        timer.due < first.due ||
        (timer.due === first.due && timer.order < first.order);
      if (timer.due <= target && earlier) {
        first = timer;
      }
    }
    return first;
  }
}
