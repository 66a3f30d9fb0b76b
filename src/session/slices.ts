import type { Clock } from '../base/index.js';

/** Lets everything else have its turn. */
export type Pause = () => Promise<void>;

const nextTurn: Pause = () => new Promise((resolve) => void setImmediate(resolve));

/** Bulk work in slices, so that acknowledgements and heartbeats never wait for it. */
export class Slices {
  readonly #clock: Clock;
  readonly #sliceMs: number;
  readonly #pause: Pause;

  /** @param sliceMs how long a slice may take, give or take one step. */
  constructor(clock: Clock, { sliceMs = 5, pause = nextTurn }: { sliceMs?: number; pause?: Pause } = {}) {
    this.#clock = clock;
    this.#sliceMs = sliceMs;
    this.#pause = pause;
  }

  /**
   * Hands every item to `each`, with pauses between them. Rejects with whatever `items` or `each` throws.
   *
   * @param paused called behind each pause; false ends the work. What it throws is thrown.
   */
  async forEach<T>(
    items: Iterable<T>,
    each: (item: T) => void,
    paused: () => boolean | Promise<boolean> = () => true,
  ): Promise<void> {
    let sliceEnd = this.#clock.monotonic() + this.#sliceMs;
    for (const item of items) {
      each(item);
      if (this.#clock.monotonic() >= sliceEnd) {
        await this.#pause();
        if (!(await paused())) {
          return;
        }
        sliceEnd = this.#clock.monotonic() + this.#sliceMs;
      }
    }
  }
}
