import type { Clock } from '../base/index.js';

/** How long a loop over sessions holds the event loop before others get their turn, in milliseconds. */
const SLICE_MS = 5;

/** Gives way to others every few milliseconds, whoever has used them. */
export class Pace {
  readonly #clock: Clock;
  #sliceEnd: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sliceEnd = clock.monotonic() + SLICE_MS;
  }

  /** True when the slice is over; then `pause` is to be waited for. */
  get isOver(): boolean {
    return this.#clock.monotonic() >= this.#sliceEnd;
  }

  async pause(): Promise<void> {
    await new Promise((resolve) => void setImmediate(resolve));
    this.#sliceEnd = this.#clock.monotonic() + SLICE_MS;
  }
}
