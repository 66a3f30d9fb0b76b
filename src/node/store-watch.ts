import type { Clock, SessionStore, Timer } from '../base/index.js';

/** How often the store is asked whether it can write. */
const PERIOD_MS = 5_000;

/** A store that has not come to rest for that long is in trouble, although it has not said so. */
const PATIENCE_MS = 15_000;

/** Whether what the node accepts comes to rest. */
export class StoreWatch {
  readonly #store: Pick<SessionStore, 'flush' | 'statistics'>;
  readonly #clock: Clock;
  readonly #timer: Timer;
  #waitingSince: number | undefined;

  constructor(store: Pick<SessionStore, 'flush' | 'statistics'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#timer = clock.every(PERIOD_MS, () => void this.#look());
  }

  /** Why the store is not in order; undefined when it is. */
  get problem(): string | undefined {
    const { problem } = this.#store.statistics();
    if (problem !== null) {
      return problem;
    }
    const waiting = this.#waitingSince === undefined ? 0 : this.#clock.monotonic() - this.#waitingSince;
    return waiting > PATIENCE_MS
      ? `sessions have not been written for ${Math.round(waiting / 1000)} s`
      : undefined;
  }

  stop(): void {
    this.#timer.cancel();
  }

  /** Never rejects. */
  async #look(): Promise<void> {
    if (this.#waitingSince !== undefined) {
      return;
    }
    this.#waitingSince = this.#clock.monotonic();
    try {
      await this.#store.flush();
    } catch {
      // The statistics say so, until something can be written again.
    } finally {
      this.#waitingSince = undefined;
    }
  }
}
