const SLAB_BYTES = 2 ** 20;
/** A larger item gets a slab of its own, so that little of a slab is left empty at its end. */
const LARGE_ITEM_BYTES = SLAB_BYTES / 4;
const LENGTH_BYTES = 4;

interface Slab {
  readonly number: number;
  readonly bytes: Buffer;
  /** Bytes given out, from the start. */
  used: number;
  /** Bytes of the items that have not been freed. */
  live: number;
}

/** Where the owner of the items remembers their addresses, by tag. */
export interface AddressBook {
  get(tag: Buffer): number | undefined;
  set(tag: Buffer, address: number): unknown;
}

/**
 * Byte strings in few large buffers. Each item carries a tag of a fixed length, by which its owner finds its address;
 * an item is alive as long as the address book says so. A slab of which less than half is alive is emptied into
 * another one and let go, so that garbage never takes more room than what is alive, give or take a slab.
 */
export class SlabArena {
  readonly #tagBytes: number;
  readonly #addresses: AddressBook;
  readonly #slabs = new Map<number, Slab>();
  #current: Slab | undefined;
  #nextNumber = 0;
  #byteLength = 0;

  constructor(tagBytes: number, addresses: AddressBook) {
    this.#tagBytes = tagBytes;
    this.#addresses = addresses;
  }

  /** Memory taken, garbage included. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Copies `bytes` into the arena, in the place of what was under `tag` before, and tells the address book. */
  put(tag: Buffer, bytes: Buffer): void {
    const address = this.#store(tag, bytes);
    const replaced = this.#addresses.get(tag);
    this.#addresses.set(tag, address);
    if (replaced !== undefined) {
      this.free(replaced);
    }
  }

  /** A view of the item, good until the next call of `put` or `free`, which may move items. */
  read(address: number): Buffer {
    const { slab, offset } = this.#locate(address);
    return this.#bytesAt(slab, offset);
  }

  /** Gives up the item that was at `address`, which the address book must not hold any more. */
  free(address: number): void {
    const { slab, offset } = this.#locate(address);
    slab.live -= this.#itemBytes(this.#bytesAt(slab, offset).length);
    if (slab !== this.#current) {
      this.#compactIfSparse(slab);
    } else if (slab.live === 0) {
      slab.used = 0;
    }
  }

  #store(tag: Buffer, bytes: Buffer): number {
    const itemBytes = this.#itemBytes(bytes.length);
    const slab = itemBytes > LARGE_ITEM_BYTES ? this.#newSlab(itemBytes) : this.#slabWithRoom(itemBytes);
    const offset = slab.used;
    tag.copy(slab.bytes, offset);
    slab.bytes.writeUInt32BE(bytes.length, offset + this.#tagBytes);
    bytes.copy(slab.bytes, offset + this.#tagBytes + LENGTH_BYTES);
    slab.used += itemBytes;
    slab.live += itemBytes;
    return slab.number * SLAB_BYTES + offset;
  }

  #itemBytes(length: number): number {
    return this.#tagBytes + LENGTH_BYTES + length;
  }

  #bytesAt(slab: Slab, offset: number): Buffer {
    const start = offset + this.#tagBytes + LENGTH_BYTES;
    return slab.bytes.subarray(start, start + slab.bytes.readUInt32BE(start - LENGTH_BYTES));
  }

  #locate(address: number): { slab: Slab; offset: number } {
    const slab = this.#slabs.get(Math.floor(address / SLAB_BYTES));
    if (slab === undefined) {
      throw new RangeError(`no item at address ${address}`);
    }
    return { slab, offset: address % SLAB_BYTES };
  }

  #newSlab(size: number): Slab {
    const slab = { number: this.#nextNumber++, bytes: Buffer.allocUnsafeSlow(size), used: 0, live: 0 };
    this.#slabs.set(slab.number, slab);
    this.#byteLength += size;
    return slab;
  }

  #slabWithRoom(itemBytes: number): Slab {
    const full = this.#current;
    if (full !== undefined && full.used + itemBytes <= SLAB_BYTES) {
      return full;
    }
    this.#current = this.#newSlab(SLAB_BYTES);
    if (full !== undefined) {
      this.#compactIfSparse(full);
    }
    return this.#current;
  }

  /** What is alive of a sparse slab fits into the current one, or into a new one together with the current one's. */
  #compactIfSparse(slab: Slab): void {
    if (slab.live * 2 >= slab.bytes.length) {
      return;
    }
    for (let offset = 0; offset < slab.used && slab.live > 0;) {
      const tag = slab.bytes.subarray(offset, offset + this.#tagBytes);
      const bytes = this.#bytesAt(slab, offset);
      if (this.#addresses.get(tag) === slab.number * SLAB_BYTES + offset) {
        this.#addresses.set(tag, this.#store(tag, bytes));
        slab.live -= this.#itemBytes(bytes.length);
      }
      offset += this.#itemBytes(bytes.length);
    }
    this.#slabs.delete(slab.number);
    this.#byteLength -= slab.bytes.length;
  }
}
