import type { Access } from './access.js';
import { Context } from './context.js';

/** The web applications of the cluster, in the order of their names. They are found by themselves. */
export class Contexts implements AsyncIterable<Context> {
  readonly #access: Access;

  /** @internal */
  constructor(access: Access) {
    this.#access = access;
  }

  /** How many are known now. */
  get size(): number {
    return this.#access.mirror.contexts().length;
  }

  get names(): string[] {
    return this.#access.mirror.contexts().map(({ name }) => name);
  }

  has(name: string): boolean {
    return this.#access.mirror.contexts().some((context) => context.name === name);
  }

  /** Those that are known when the loop begins. */
  // eslint-disable-next-line @typescript-eslint/require-await
  async *[Symbol.asyncIterator](): AsyncGenerator<Context, undefined> {
    for (const name of this.names) {
      yield new Context(name, this.#access);
    }
  }
}
