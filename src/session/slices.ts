import type { Clock } from '../base/index.js';

/** Lets everything else have its turn. */
export type Pause = () => Promise<void>;

/** To be called behind each step of a job: what has to be awaited before the next one, if anything. */
export type Breath = () => Promise<void> | undefined;

/** For so long after a message slices are short: where one came, others are likely to come. Milliseconds. */
const LIVELY_MS = 500;

/**
 * Bulk work in slices, so that acknowledgements and heartbeats never wait long for it. Each slice costs a turn of the event
 * loop; so they are short only where there have been messages of late, which may have to wait for the end of one.
 */
export class Slices {
  readonly #clock: Clock;
  readonly #sliceMs: number;
  readonly #shortSliceMs: number;
  readonly #pause: Pause;
  /** When somebody was last known to wait. */
  #livelyAt = -Infinity;
  /** Jobs that wait for their next slice. */
  readonly #waiting: (() => void)[] = [];

  /**
   * @param sliceMs how long a slice may take, give or take one step.
   * @param shortSliceMs the same while messages come.
   */
  constructor(
    clock: Clock,
    {
      sliceMs = 5,
      shortSliceMs = 0.2,
      pause,
    }: { sliceMs?: number; shortSliceMs?: number; pause?: Pause } = {},
  ) {
    this.#clock = clock;
    this.#sliceMs = sliceMs;
    this.#shortSliceMs = shortSliceMs;
    this.#pause = pause ?? (() => this.#nextTurn());
  }

  /** A message has come that others do not like to wait behind. */
  messageCame(): void {
    this.#livelyAt = this.#clock.monotonic();
  }

  /** Begins a job of many steps. */
  begin(): Breath {
    let sliceEnd = this.#nextEnd();
    return () =>
      this.#clock.monotonic() < sliceEnd
        ? undefined
        : this.#pause().then(() => {
            sliceEnd = this.#nextEnd();
          });
  }

  /** When a slice ends that begins now. */
  #nextEnd(): number {
    const now = this.#clock.monotonic();
    return now + (now - this.#livelyAt < LIVELY_MS ? this.#shortSliceMs : this.#sliceMs);
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
        behindTheNextTurn(() => this.#goOn());
      }
    });
  }

  #goOn(): void {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) {
      behindTheNextTurn(() => this.#goOn());
    }
  }
}

/**
 * Messages that have waited are taken in the next turn, and what they have changed is journalled at its end, by what is due
 * then (`Journal.append`): behind that, and not before it, the next slice may begin.
 */
function behindTheNextTurn(step: () => void): void {
  setImmediate(() => setImmediate(step));
}
