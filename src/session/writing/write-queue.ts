import { TribesError } from '../../base/index.js';

/** Lets writes that have a key in common run one after the other, in the order in which they came. */
export class WriteQueue {
  readonly #maxPending: number;
  /** The end of the last write of each key. */
  readonly #ends = new Map<string, Promise<void>>();
  #pending = 0;

  constructor(maxPending: number) {
    this.#maxPending = maxPending;
  }

  /** Writes that have not ended. */
  get pending(): number {
    return this.#pending;
  }

  /** What `write` resolves or rejects to. Error: TRIBES_E_WRITE_BUSY when too many wait. */
  async run<T>(keys: readonly string[], write: () => Promise<T>): Promise<T> {
    if (this.#pending >= this.#maxPending) {
      throw new TribesError('TRIBES_E_WRITE_BUSY', { count: this.#pending });
    }
    this.#pending++;
    const before = Promise.all(keys.map((key) => this.#ends.get(key) ?? Promise.resolve()));
    const result = before.then(write);
    const end = result.then(ignore, ignore);
    for (const key of keys) {
      this.#ends.set(key, end);
    }
    try {
      return await result;
    } finally {
      this.#pending--;
      for (const key of keys) {
        if (this.#ends.get(key) === end) {
          this.#ends.delete(key);
        }
      }
    }
  }

  /** Resolves when the writes that have begun or wait now have ended. */
  async idle(): Promise<void> {
    await Promise.all(this.#ends.values());
  }
}

/** Whoever waits for the write itself is told. */
const ignore = (): void => undefined;
