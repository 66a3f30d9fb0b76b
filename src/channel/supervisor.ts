import { messageOf, type Logger } from '../base/index.js';

/** Holds what runs beside its caller, so that no failure goes unseen and nothing outlives a stop. */
export class Supervisor {
  readonly #logger: Logger;
  readonly #running = new Set<Promise<void>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Runs `task`, which is expected not to fail; if it does, an error is logged. */
  run(name: string, task: () => Promise<void>): void {
    const running = task().catch((error: unknown) => {
      this.#logger.error(
        { task: name, error: messageOf(error) },
        'a task of the channel failed unexpectedly',
      );
    });
    this.#running.add(running);
    void running.then(() => this.#running.delete(running));
  }

  /** Resolves when nothing runs any more, tasks begun meanwhile included. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) {
      await Promise.all(this.#running);
    }
  }
}
