import type { Clock } from '../base/index.js';

/** Lets everything else have its turn. */
export type Pause = () => Promise<void>;

/** To be called behind each step of a job: what has to be awaited before the next one, if anything. */
export type Breath = () => Promise<void> | undefined;

/** Bulk work in slices, so that acknowledgements and heartbeats never wait for it. */
export class Slices {
  readonly #clock: Clock;
  readonly #sliceMs: number;
  readonly #pause: Pause;
  /** Jobs that wait for their next slice. */
  readonly #waiting: (() => void)[] = [];

  /** @param sliceMs how long a slice may take, give or take one step. */
  constructor(clock: Clock, { sliceMs = 5, pause }: { sliceMs?: number; pause?: Pause } = {}) {
    this.#clock = clock;
    this.#sliceMs = sliceMs;
    this.#pause = pause ?? (() => this.#nextTurn());
  }

  /** Begins a job of many steps. */
  begin(): Breath {
    const clock = this.#clock;
    let sliceEnd = clock.monotonic() + this.#sliceMs;
    return () =>
      clock.monotonic() < sliceEnd
        ? undefined
        : this.#pause().then(() => {
            sliceEnd = clock.monotonic() + this.#sliceMs;
          });
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
    let breath = this.begin();
    for (const item of items) {
      each(item);
      const pause = breath();
      if (pause !== undefined) {
        await pause;
        if (!(await paused())) {
          return;
        }
        breath = this.begin();
      }
    }
  }

  /** In each turn of the event loop one job goes on: else what they hold it for would add up. */
  #nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) {
        setImmediate(() => this.#goOn());
      }
    });
  }

  #goOn(): void {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) {
      setImmediate(() => this.#goOn());
    }
  }
}
