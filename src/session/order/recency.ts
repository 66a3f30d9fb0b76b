/** Something that hangs in one `Recency`. */
export interface Recent<T> {
  older: T | null;
  younger: T | null;
}

/**
 * Things in the order in which they were last touched. The links are in the things themselves: what changes with every
 * message must not cost a deletion from a map and an insertion.
 */
export class Recency<T extends Recent<T>> implements Iterable<T> {
  #oldest: T | null = null;
  #youngest: T | null = null;

  get oldest(): T | null {
    return this.#oldest;
  }

  /** Makes it the youngest; adds it where it is not there. */
  touch(thing: T): void {
    if (this.#youngest === thing) {
      return;
    }
    this.remove(thing);
    thing.older = this.#youngest;
    if (this.#youngest === null) {
      this.#oldest = thing;
    } else {
      this.#youngest.younger = thing;
    }
    this.#youngest = thing;
  }

  /** Does nothing where it is not there. */
  remove(thing: T): void {
    const { older, younger } = thing;
    if (older !== null) {
      older.younger = younger;
    } else if (this.#oldest === thing) {
      this.#oldest = younger;
    }
    if (younger !== null) {
      younger.older = older;
    } else if (this.#youngest === thing) {
      this.#youngest = older;
    }
    thing.older = null;
    thing.younger = null;
  }

  /** The oldest first. */
  *[Symbol.iterator](): Iterator<T> {
    for (let thing = this.#oldest; thing !== null; thing = thing.younger) {
      yield thing;
    }
  }
}
