import { KEY_BYTES } from './session-key.js';

const LEAF_CAPACITY = 128;

class Leaf {
  readonly keys = Buffer.allocUnsafeSlow(LEAF_CAPACITY * KEY_BYTES);
  readonly values = new Float64Array(LEAF_CAPACITY);
  count = 0;

  /** The place of the first key that is not less than `key`. */
  place(key: Buffer): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareAt(this.keys, middle * KEY_BYTES, key) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  holds(place: number, key: Buffer): boolean {
    return place < this.count && compareAt(this.keys, place * KEY_BYTES, key) === 0;
  }

  /** The key at `place`, in memory of its own; undefined behind the last. */
  keyAt(place: number): Buffer | undefined {
    const start = place * KEY_BYTES;
    return place < this.count ? Buffer.from(this.keys.subarray(start, start + KEY_BYTES)) : undefined;
  }

  insert(place: number, key: Buffer, value: number): void {
    this.#move(place, place + 1);
    key.copy(this.keys, place * KEY_BYTES);
    this.values[place] = value;
    this.count++;
  }

  remove(place: number): void {
    this.#move(place + 1, place);
    this.count--;
  }

  /** Puts the entries of `from` from `place` on behind its own. */
  append(from: Leaf, place: number): void {
    from.keys.copy(this.keys, this.count * KEY_BYTES, place * KEY_BYTES, from.count * KEY_BYTES);
    this.values.set(from.values.subarray(place, from.count), this.count);
    this.count += from.count - place;
  }

  #move(from: number, to: number): void {
    this.keys.copyWithin(to * KEY_BYTES, from * KEY_BYTES, this.count * KEY_BYTES);
    this.values.copyWithin(to, from, this.count);
  }
}

/**
 * A map from session keys to numbers, in the order of the keys, in some 50 bytes an entry and no object of its own
 * for each: a B+ tree of two levels.
 */
export class SortedKeys {
  readonly #leaves: Leaf[] = [];
  #size = 0;
  /** What `has` has looked for last, in vain, since anything has changed: where it would be. */
  #missed: Buffer | undefined;
  #missedLeaf = 0;
  #missedPlace = 0;

  get size(): number {
    return this.#size;
  }

  get byteLength(): number {
    return this.#leaves.length * LEAF_CAPACITY * (KEY_BYTES + Float64Array.BYTES_PER_ELEMENT);
  }

  get(key: Buffer): number | undefined {
    const leaf = this.#leaves[this.#leafFor(key)];
    const place = leaf?.place(key) ?? 0;
    return leaf?.holds(place, key) === true ? leaf.values[place] : undefined;
  }

  /** Whether it is there; where it is not, the place is remembered for `set` with the same buffer, which must not change. */
  has(key: Buffer): boolean {
    if (key === this.#missed) {
      return false;
    }
    const at = this.#leafFor(key);
    const leaf = this.#leaves[at];
    const place = leaf?.place(key) ?? 0;
    if (leaf?.holds(place, key) === true) {
      return true;
    }
    this.#missed = key;
    this.#missedLeaf = at;
    this.#missedPlace = place;
    return false;
  }

  /** True if the key is new. */
  set(key: Buffer, value: number): boolean {
    if (this.#leaves.length === 0) {
      this.#leaves.push(new Leaf());
    }
    const isMissed = key === this.#missed;
    const at = isMissed ? this.#missedLeaf : this.#leafFor(key);
    let leaf = this.#leafAt(at);
    let place = isMissed ? this.#missedPlace : leaf.place(key);
    if (!isMissed && leaf.holds(place, key)) {
      leaf.values[place] = value;
      return false;
    }
    this.#missed = undefined;
    if (leaf.count === LEAF_CAPACITY) {
      const upper = this.#split(at, leaf);
      if (place > leaf.count) {
        place -= leaf.count;
        leaf = upper;
      }
    }
    leaf.insert(place, key, value);
    this.#size++;
    return true;
  }

  /** True if the key was there. */
  delete(key: Buffer): boolean {
    const at = this.#leafFor(key);
    const leaf = this.#leaves[at];
    const place = leaf?.place(key) ?? 0;
    if (leaf?.holds(place, key) !== true) {
      return false;
    }
    leaf.remove(place);
    this.#size--;
    this.#missed = undefined;
    this.#tidy(at, leaf);
    return true;
  }

  /** The first key behind `key`, in memory of its own. */
  after(key: Buffer): Buffer | undefined {
    const at = this.#leafFor(key);
    const leaf = this.#leaves[at];
    const place = leaf?.place(key) ?? 0;
    const next = leaf?.holds(place, key) === true ? place + 1 : place;
    return leaf?.keyAt(next) ?? this.#leaves[at + 1]?.keyAt(0);
  }

  /** The last leaf whose first key is not behind `key`; the first leaf if there is none. */
  #leafFor(key: Buffer): number {
    let low = 0;
    let high = this.#leaves.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (compareAt(this.#leafAt(middle).keys, 0, key) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  #leafAt(at: number): Leaf {
    const leaf = this.#leaves[at];
    if (leaf === undefined) {
      throw new RangeError(`no leaf at ${at}`);
    }
    return leaf;
  }

  #split(at: number, lower: Leaf): Leaf {
    const upper = new Leaf();
    upper.append(lower, LEAF_CAPACITY / 2);
    lower.count = LEAF_CAPACITY / 2;
    this.#leaves.splice(at + 1, 0, upper);
    return upper;
  }

  /** Drops an empty leaf; joins one that is half empty with the next, when both fit well into one. */
  #tidy(at: number, leaf: Leaf): void {
    const next = this.#leaves[at + 1];
    if (leaf.count === 0) {
      this.#leaves.splice(at, 1);
    } else if (next !== undefined && leaf.count + next.count <= LEAF_CAPACITY / 2) {
      leaf.append(next, 0);
      this.#leaves.splice(at + 1, 1);
    }
  }
}

/** Compares the key at `offset` of `keys` with `key`. */
function compareAt(keys: Buffer, offset: number, key: Buffer): number {
  for (let i = 0; i < KEY_BYTES; i++) {
    const difference = (keys[offset + i] ?? 0) - (key[i] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}
