interface Aged<V> {
  readonly value: V;
  readonly at: number;
}

/** A map that forgets: what is older than `maxAgeMs`, and the oldest when there are more than `maxEntries`. */
export class AgedMap<K, V> {
  readonly #maxAgeMs: number;
  readonly #maxEntries: number;
  readonly #forgotten: (key: K, value: V) => void;
  /** In the order of their age: setting an entry moves it to the end. */
  readonly #entries = new Map<K, Aged<V>>();

  /** @param forgotten told of what is forgotten, not of what is deleted. */
  constructor(maxAgeMs: number, maxEntries: number, forgotten: (key: K, value: V) => void = () => undefined) {
    this.#maxAgeMs = maxAgeMs;
    this.#maxEntries = maxEntries;
    this.#forgotten = forgotten;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** When the entry was set; undefined where there is none. */
  setAt(key: K): number | undefined {
    return this.#entries.get(key)?.at;
  }

  set(key: K, value: V, now: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, at: now });
    if (this.#entries.size > this.#maxEntries) {
      this.#forgetOldest();
    }
  }

  delete(key: K): boolean {
    return this.#entries.delete(key);
  }

  age(now: number): void {
    for (const [key, { value, at }] of this.#entries) {
      if (now - at < this.#maxAgeMs) {
        return;
      }
      this.#forget(key, value);
    }
  }

  #forgetOldest(): void {
    for (const [key, { value }] of this.#entries) {
      this.#forget(key, value);
      return;
    }
  }

  #forget(key: K, value: V): void {
    this.#entries.delete(key);
    this.#forgotten(key, value);
  }
}
