import type { FactStore } from '../base/index.js';

/** Facts in memory. */
export class MemoryFacts implements FactStore {
  readonly #facts = new Map<string, Buffer>();

  get(key: string): Buffer | undefined {
    return this.#facts.get(key);
  }

  put(key: string, value: Buffer): void {
    this.#facts.set(key, value);
  }

  delete(key: string): boolean {
    return this.#facts.delete(key);
  }

  entries(prefix: string): Iterable<readonly [string, Buffer]> {
    return [...this.#facts].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
  }
}
