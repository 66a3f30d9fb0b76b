/** A power of two, as every length of the ring is. */
const FIRST_LENGTH = 16;
/** A ring that has become longer than that is given back when it is empty. */
const MAX_KEPT_LENGTH = 4096;

/** A queue: first in, first out, each in constant time on average. */
export class Fifo<T> {
  #ring: (T | undefined)[] = newRing(FIRST_LENGTH);
  /** Where in the ring the first item is. */
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What `shift` would return. */
  get first(): T | undefined {
    return this.#ring[this.#head];
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) {
      this.#grow();
    }
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length++;
  }

  shift(): T | undefined {
    if (this.#length === 0) {
      return undefined;
    }
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    if (this.#length === 0 && this.#ring.length > MAX_KEPT_LENGTH) {
      this.#clear();
    }
    return item;
  }

  /** Empties the queue and returns what was in it. */
  drain(): T[] {
    const items = this.#items();
    this.#clear();
    return items;
  }

  #items(): T[] {
    const ring = this.#ring;
    const items: T[] = [];
    for (let i = 0; i < this.#length; i++) {
      items.push(ring[(this.#head + i) & (ring.length - 1)] as T);
    }
    return items;
  }

  #grow(): void {
    const items = this.#items();
    const larger = newRing<T>(2 * items.length);
    items.forEach((item, index) => (larger[index] = item));
    this.#ring = larger;
    this.#head = 0;
  }

  #clear(): void {
    this.#ring = newRing(FIRST_LENGTH);
    this.#head = 0;
    this.#length = 0;
  }
}

function newRing<T>(length: number): (T | undefined)[] {
  return new Array<T | undefined>(length).fill(undefined);
}
