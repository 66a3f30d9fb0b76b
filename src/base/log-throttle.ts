import type { Clock, Timer } from './clock.js';
import { silentLogger, type Logger } from './logger.js';

export interface LogThrottleOptions {
  /** Told at the end of each period what was held back in it. Default: nobody. */
  readonly logger?: Logger;
  /** Milliseconds; default: a minute. */
  readonly periodMs?: number;
  /** Default: 1024. */
  readonly maxKeys?: number;
}

interface Window {
  readonly until: number;
  heldBack: number;
}

/** Stands for all keys that there is no room for. No real key is empty. */
const EVERYBODY_ELSE = '';

/**
 * One log line a period for each key (a sender, say), however often its event happens; and one at the end of the period
 * that says how many more there were. Memory is bounded: beyond `maxKeys` keys, all further ones share these lines.
 * There is a timer only while something is held back, and only one.
 */
export class LogThrottle {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #periodMs: number;
  readonly #maxKeys: number;
  readonly #windows = new Map<string, Window>();
  #timer: Timer | undefined;

  constructor(
    clock: Clock,
    { logger = silentLogger, periodMs = 60_000, maxKeys = 1024 }: LogThrottleOptions = {},
  ) {
    this.#clock = clock;
    this.#logger = logger;
    this.#periodMs = periodMs;
    this.#maxKeys = maxKeys;
  }

  /** How many events of `key` the line to be written stands for, this one included; 0 when no line is to be written. */
  admit(key: string): number {
    const now = this.#clock.monotonic();
    const slot = this.#slot(key, now);
    const window = this.#windows.get(slot);
    if (window !== undefined && now < window.until) {
      window.heldBack++;
      if (this.#timer === undefined) {
        this.#timer = this.#clock.after(window.until - now, () => this.#report());
      }
      return 0;
    }
    this.#windows.set(slot, { until: now + this.#periodMs, heldBack: 0 });
    return 1 + (window?.heldBack ?? 0);
  }

  /** Tells what the periods that are over have held back, and waits for the next one to end. */
  #report(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    let next = Infinity;
    for (const [key, { until, heldBack }] of this.#windows) {
      if (now >= until) {
        this.#windows.delete(key);
        if (heldBack > 0) {
          const fields = {
            about: key === EVERYBODY_ELSE ? 'others' : key,
            heldBack,
            periodMs: this.#periodMs,
          };
          this.#logger.warn(fields, 'more of the same happened, and was not logged each time');
        }
      } else if (heldBack > 0) {
        next = Math.min(next, until);
      }
    }
    if (next < Infinity) {
      this.#timer = this.#clock.after(next - now, () => this.#report());
    }
  }

  #slot(key: string, now: number): string {
    if (this.#windows.has(key) || this.#windows.size < this.#maxKeys) {
      return key;
    }
    for (const [other, window] of this.#windows) {
      if (now >= window.until && window.heldBack === 0) {
        this.#windows.delete(other);
        return key;
      }
    }
    return EVERYBODY_ELSE;
  }
}
