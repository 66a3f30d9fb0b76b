import { expect } from 'chai';
import fc from 'fast-check';
import { SlabArena } from '../../src/store/slab-arena.js';

const SLAB = 2 ** 20;
const TAG_BYTES = 4;

/** An arena, its owner, and what ought to be in it. */
class Owner {
  readonly #addresses = new Map<number, number>();
  readonly contents = new Map<number, Buffer>();
  readonly arena = new SlabArena(TAG_BYTES, {
    get: (tag) => this.#addresses.get(tag.readUInt32BE()),
    set: (tag, address) => this.#addresses.set(tag.readUInt32BE(), address),
  });

  put(number: number, bytes: Buffer): void {
    const tag = Buffer.alloc(TAG_BYTES);
    tag.writeUInt32BE(number);
    this.arena.put(tag, bytes);
    this.contents.set(number, bytes);
  }

  delete(number: number): void {
    const address = this.#addresses.get(number);
    if (address !== undefined) {
      this.#addresses.delete(number);
      this.contents.delete(number);
      this.arena.free(address);
    }
  }

  check(): void {
    for (const [number, bytes] of this.contents) {
      const address = this.#addresses.get(number) ?? -1;
      expect(this.arena.read(address).equals(bytes), `item ${number}`).to.equal(true);
    }
  }

  get liveBytes(): number {
    return [...this.contents.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  }
}

const filled = (length: number, value: number): Buffer => Buffer.alloc(length, value % 251);

describe('SlabArena', () => {
  it('keeps every item, wherever it moves them', function () {
    this.timeout(60_000);
    const length = fc.oneof(
      fc.nat(200),
      fc.nat(60_000),
      fc.constantFrom(0, SLAB / 4, SLAB / 4 + 1, SLAB, 3 * SLAB),
    );
    const change = fc.record({ number: fc.nat(60), length: fc.option(length) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 400, size: 'max' }), (changes) => {
        const owner = new Owner();
        changes.forEach((one, place) => {
          if (one.length === null) {
            owner.delete(one.number);
          } else {
            owner.put(one.number, filled(one.length, place));
          }
        });
        owner.check();
        expect(owner.arena.byteLength).to.be.at.most(owner.liveBytes * 3 + 3 * SLAB);
      }),
      { numRuns: 40 },
    );
  });

  it('has at most about as much garbage as it has items', () => {
    const owner = new Owner();
    for (let round = 0; round < 20; round++) {
      for (let number = 0; number < 3000; number++) {
        owner.put((number * 7) % 3000, filled(1000 + ((number * round) % 500), number));
      }
      expect(owner.arena.byteLength).to.be.below(owner.liveBytes * 2 + 2 * SLAB);
    }
    owner.check();
  });

  it('lets its memory go when the items go', () => {
    const owner = new Owner();
    for (let number = 0; number < 20_000; number++) {
      owner.put(number, filled(1000, number));
    }
    for (let number = 0; number < 20_000; number++) {
      if (number % 100 !== 0) {
        owner.delete(number);
      }
    }
    owner.check();
    expect(owner.arena.byteLength).to.be.at.most(3 * SLAB);
  });

  it('gives a large item a buffer of its own size, and lets it go at once', () => {
    const owner = new Owner();
    owner.put(1, filled(10, 1));
    const before = owner.arena.byteLength;
    owner.put(2, filled(5 * SLAB, 2));
    expect(owner.arena.byteLength - before).to.be.within(5 * SLAB, 5 * SLAB + 100);
    owner.delete(2);
    expect(owner.arena.byteLength).to.equal(before);
  });

  it('knows no address that it did not give', () => {
    expect(() => new Owner().arena.read(5)).to.throw(RangeError);
  });
});
