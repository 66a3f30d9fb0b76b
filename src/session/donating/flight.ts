/** Messages on their way. */
export class Flight {
  readonly #tasks = new Set<Promise<void>>();

  /** Begins `task` as soon as fewer than `atATime` go on; resolves then. A task must not reject. */
  async launch(atATime: number, task: () => Promise<void>): Promise<void> {
    while (this.#tasks.size >= atATime) {
      await Promise.race(this.#tasks);
    }
    const running = task().finally(() => this.#tasks.delete(running));
    this.#tasks.add(running);
  }

  /** Resolves when none goes on. */
  async landed(): Promise<void> {
    while (this.#tasks.size > 0) {
      await Promise.all(this.#tasks);
    }
  }
}
