import type { Clock } from './clock.js';

interface Window {
  readonly until: number;
  heldBack: number;
}

/** Stands for all keys that there is no room for. No real key is empty. */
const EVERYBODY_ELSE = '';

/**
 * One log line a period for each key (a sender, say), however often its event happens. Memory is bounded: beyond
 * `maxKeys` keys, all further ones share one line.
 */
export class LogThrottle {
  readonly #clock: Clock;
  readonly #periodMs: number;
  readonly #maxKeys: number;
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock, periodMs = 60_000, maxKeys = 1024) {
    this.#clock = clock;
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
      return 0;
    }
    this.#windows.set(slot, { until: now + this.#periodMs, heldBack: 0 });
    return 1 + (window?.heldBack ?? 0);
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
