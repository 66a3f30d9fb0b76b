import { TribesError } from '../../base/index.js';

interface Held<T> {
  readonly number: number;
  readonly since: number;
  readonly item: T;
}

export interface SequenceSettings {
  /** Milliseconds after which a message waits no longer for those before it. */
  readonly expire: number;
  /** Messages that wait. */
  readonly maxQueue: number;
  /** Whether a message that has waited for too long is delivered; else it is dropped. */
  readonly forwardExpired: boolean;
}

/** What to do with messages now. */
export interface SequenceStep<T> {
  /** To be delivered, in this order. */
  readonly due: readonly T[];
  /** How many of them had to wait for too long. */
  readonly overdue: number;
  readonly dropped: readonly T[];
}

/** The numbered messages of one sender, put in order (OrderInterceptor.Counter). The first has number 1. */
export class MessageSequence<T> {
  readonly #settings: SequenceSettings;
  #expected = 1;
  /** By number, ascending. */
  #held: Held<T>[] = [];

  constructor(settings: SequenceSettings) {
    this.#settings = settings;
  }

  get waiting(): number {
    return this.#held.length;
  }

  /**
   * A message has come: its own turn, and that of others. One with a number below the expected one is delivered at once:
   * it is not new, but nobody knows that.
   *
   * Error: TRIBES_E_CHANNEL_UNWRAP for a number that waits already.
   */
  take(number: number, item: T, now: number): SequenceStep<T> {
    if (number < this.#expected) {
      return { due: [item], dropped: [], overdue: 0 };
    }
    const at = this.#held.findLastIndex((held) => held.number <= number);
    if (this.#held[at]?.number === number) {
      const problem = `the number ${number} came twice`;
      throw new TribesError('TRIBES_E_CHANNEL_UNWRAP', { interceptor: 'OrderInterceptor', problem });
    }
    this.#held.splice(at + 1, 0, { number, since: now, item });
    return this.expire(now);
  }

  /** Time has passed. */
  expire(now: number): SequenceStep<T> {
    const due = this.#inSequence();
    const { expire, maxQueue, forwardExpired } = this.#settings;
    const late = this.#held.findLastIndex(({ since }) => now - since > expire);
    const overdue = this.#held.splice(0, Math.max(late + 1, this.#held.length - maxQueue));
    const last = overdue.at(-1);
    if (last === undefined) {
      return { due, dropped: [], overdue: 0 };
    }
    this.#expected = last.number + 1;
    const given = overdue.map(({ item }) => item);
    const after = this.#inSequence();
    return forwardExpired
      ? { due: [...due, ...given, ...after], dropped: [], overdue: given.length }
      : { due: [...due, ...after], dropped: given, overdue: 0 };
  }

  /** Everything that waits: its sender has gone, or there is no room. */
  drain(): T[] {
    const held = this.#held;
    this.#held = [];
    this.#expected = Math.max(this.#expected, (held.at(-1)?.number ?? 0) + 1);
    return held.map(({ item }) => item);
  }

  #inSequence(): T[] {
    let ready = 0;
    while (this.#held[ready]?.number === this.#expected) {
      this.#expected++;
      ready++;
    }
    return this.#held.splice(0, ready).map(({ item }) => item);
  }
}
