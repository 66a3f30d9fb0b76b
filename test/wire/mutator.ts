/** Makes damaged copies of good bytes; the same seed makes the same ones. */
export class Mutator {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, not including, `bound`. */
  integer(bound: number): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let hash = this.#state;
    hash = Math.imul(hash ^ (hash >>> 15), hash | 1);
    hash ^= hash + Math.imul(hash ^ (hash >>> 7), hash | 61);
    return ((hash ^ (hash >>> 14)) >>> 0) % bound;
  }

  pick<T>(list: readonly T[]): T {
    const picked = list[this.integer(list.length)];
    if (picked === undefined) {
      throw new Error('nothing to pick from');
    }
    return picked;
  }

  /** `bytes` with one to four faults; `others` are what they may be mixed with. */
  damaged(bytes: Buffer, others: readonly Buffer[]): Buffer {
    let result = bytes;
    for (let faults = 1 + this.integer(4); faults > 0; faults--) {
      result = this.#fault(result, others);
    }
    return result;
  }

  #fault(bytes: Buffer, others: readonly Buffer[]): Buffer {
    const at = this.integer(bytes.length + 1);
    switch (this.integer(8)) {
      case 0:
        return bytes.subarray(0, at);
      case 1:
        return Buffer.concat([bytes.subarray(0, at), this.#pieceOf(this.pick(others)), bytes.subarray(at)]);
      case 2:
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + this.integer(16))]);
      case 3:
        return this.#overwritten(bytes, at, this.#pieceOf(this.pick(others)));
      case 4:
        return this.#overwritten(bytes, at, Buffer.from(this.pick(NUMBERS), 'hex'));
      case 5:
        return this.#overwritten(bytes, at, Buffer.from([0x70 + this.integer(16)]));
      default:
        return this.#overwritten(bytes, at, Buffer.from([this.integer(256)]));
    }
  }

  #pieceOf(bytes: Buffer): Buffer {
    const start = this.integer(bytes.length + 1);
    return bytes.subarray(start, start + 1 + this.integer(64));
  }

  #overwritten(bytes: Buffer, at: number, by: Buffer): Buffer {
    const result = Buffer.from(bytes);
    by.copy(result, at);
    return result;
  }
}

/** Lengths, counts and handles that decoders are wrong about first. */
const NUMBERS = [
  'ffffffff',
  '7fffffff',
  '80000000',
  '00000000',
  '0000ffff',
  'ffff',
  '00',
  '7f',
  '007e0000',
  '7e007e00',
];
