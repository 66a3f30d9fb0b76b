import { createHistogram } from 'node:perf_hooks';
import type { Clock, Timer } from '../base/index.js';

/**
 * Milliseconds between two looks. What holds the event loop up for longer is always seen, what holds it up for less as often as
 * it meets one. The monitor of Node.js itself looks every 10 ms, which is most of what an idle node does.
 */
const PERIOD_MS = 100;
const NANOSECONDS_PER_MS = 1e6;
const NANOSECONDS = 1e9;

/** By how much timers were late, in seconds. */
export interface LagSummary {
  readonly last: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly stddev: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** By how much timers are late, since the event loop is busy with something else. */
export class EventLoopLag {
  readonly #clock: Clock;
  readonly #timer: Timer;
  readonly #histogram = createHistogram();
  #lookedAt: number;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lookedAt = clock.monotonic();
    this.#timer = clock.every(PERIOD_MS, () => this.#look());
  }

  /** Since it was asked the last time; all 0 where there was no look since then. */
  take(): LagSummary {
    const histogram = this.#histogram;
    const seconds = (nanoseconds: number): number => (histogram.count === 0 ? 0 : nanoseconds / NANOSECONDS);
    const summary = {
      last: this.#last / NANOSECONDS,
      min: seconds(histogram.min),
      max: seconds(histogram.max),
      mean: seconds(histogram.mean),
      stddev: seconds(histogram.stddev),
      p50: seconds(histogram.percentile(50)),
      p90: seconds(histogram.percentile(90)),
      p99: seconds(histogram.percentile(99)),
    };
    histogram.reset();
    return summary;
  }

  stop(): void {
    this.#timer.cancel();
  }

  #look(): void {
    const now = this.#clock.monotonic();
    const late = Math.round((now - this.#lookedAt - PERIOD_MS) * NANOSECONDS_PER_MS);
    this.#lookedAt = now;
    this.#last = Math.max(late, 0);
    this.#histogram.record(Math.max(late, 1)); // it takes no 0
  }
}
