import { messageOf, type Logger } from '../base/index.js';

/** Those who want to be told of something. One that throws harms nobody. */
export class Subscribers<Told extends readonly unknown[]> {
  readonly #of: string;
  readonly #logger: Logger;
  readonly #listeners = new Set<(...told: Told) => void>();

  /** @param of what they are told of, for the log. */
  constructor(of: string, logger: Logger) {
    this.#of = of;
    this.#logger = logger;
  }

  add(listener: (...told: Told) => void): () => void {
    // A function of its own, so that who subscribes twice is told twice.
    const entry = (...told: Told): void => listener(...told);
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  tell(...told: Told): void {
    for (const listener of this.#listeners) {
      try {
        listener(...told);
      } catch (error) {
        this.#logger.error({ error: messageOf(error) }, `a listener for ${this.#of} failed`);
      }
    }
  }
}
