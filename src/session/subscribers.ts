import { messageOf, type Logger } from '../base/index.js';
import type { SessionEvent } from './session-mirror.js';

/** Those who want to be told of events. */
export class Subscribers {
  readonly #logger: Logger;
  readonly #listeners = new Set<(event: SessionEvent) => void>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(listener: (event: SessionEvent) => void): () => void {
    // A function of its own, so that who subscribes twice is told twice.
    const entry = (event: SessionEvent): void => listener(event);
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  tell(event: SessionEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#logger.error(
          { error: messageOf(error), event: event.type },
          'a listener for session events failed',
        );
      }
    }
  }
}
