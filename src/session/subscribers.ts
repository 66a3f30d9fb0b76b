import { messageOf, type Logger } from '../base/index.js';

/** A listener on its own, so that who subscribes twice is told twice. */
interface Subscription<Told> {
  readonly listener: (told: Told) => void;
}

/** Those who want to be told of something. One that throws harms nobody. */
export class Subscribers<Told> {
  readonly #of: string;
  readonly #logger: Logger;
  readonly #subscriptions = new Set<Subscription<Told>>();

  /** @param of what they are told of, for the log. */
  constructor(of: string, logger: Logger) {
    this.#of = of;
    this.#logger = logger;
  }

  get isEmpty(): boolean {
    return this.#subscriptions.size === 0;
  }

  add(listener: (told: Told) => void): () => void {
    const subscription = { listener };
    this.#subscriptions.add(subscription);
    return () => void this.#subscriptions.delete(subscription);
  }

  tell(told: Told): void {
    for (const { listener } of this.#subscriptions) {
      try {
        listener(told);
      } catch (error) {
        this.#logger.error({ error: messageOf(error) }, `a listener for ${this.#of} failed`);
      }
    }
  }
}
