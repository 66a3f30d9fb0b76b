/** Starts and stops, one after the other; a stop wakes the starts before it. */
export class Lifecycle {
  #last: Promise<void> = Promise.resolve();
  #stopping = new AbortController();

  /** `step` is given what tells it that it is stopped, and rejects if it fails. */
  start(step: (stopping: AbortSignal) => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    return this.#inTurn(() => step(signal));
  }

  stop(step: () => Promise<void>): Promise<void> {
    this.#stopping.abort();
    this.#stopping = new AbortController();
    return this.#inTurn(step);
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(step);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
