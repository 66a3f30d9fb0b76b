import { messageOf, type Logger } from '../base/index.js';

/** What has been started, to be stopped in the reverse order: after a failed start, or at the end. */
export class StartSequence {
  readonly #logger: Logger;
  readonly #started: { readonly name: string; readonly stop: () => Promise<void> }[] = [];
  #stopping: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** `part` is running from now on, until `stop` has resolved. */
  started(name: string, stop: () => Promise<void>): void {
    this.#started.push({ name, stop });
  }

  /** Stops everything, also what comes after a part that fails; rejects with the first failure. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const { name, stop } of this.#started.reverse()) {
      try {
        await stop();
      } catch (error) {
        this.#logger.error(
          { part: name, error: messageOf(error) },
          'a part of the node did not stop cleanly',
        );
        failures.push(error);
      }
    }
    if (failures.length > 0) {
      throw failures[0];
    }
  }
}
