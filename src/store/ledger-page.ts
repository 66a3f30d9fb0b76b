import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/** A page that has so many bytes is full; a larger entry has one of its own. */
const PAGE_BYTES = 16_000;

/** Entries of a ledger that rest together: each with its length before it, from the first on numbered one after the other. */
export class LedgerPage {
  readonly first: number;
  readonly #writer = new ByteWriter();
  #count = 0;

  /** @param first the number of its first entry. */
  constructor(first: number) {
    this.first = first;
  }

  /** The number of its last entry. */
  get last(): number {
    return this.first + this.#count - 1;
  }

  get byteLength(): number {
    return this.#writer.length;
  }

  hasRoomFor(entry: Buffer): boolean {
    return this.#writer.length + entry.length <= PAGE_BYTES;
  }

  add(entry: Buffer): void {
    this.#writer.writeCountedBytes(entry);
    this.#count++;
  }

  /** All of it, good until more is added. */
  get bytes(): Buffer {
    return this.#writer.view();
  }
}

/** A page with one more entry. */
export function withEntry(page: Buffer | undefined, entry: Buffer): Buffer {
  const writer = new ByteWriter();
  writer.writeBytes(page ?? Buffer.alloc(0));
  writer.writeCountedBytes(entry);
  return writer.toBuffer();
}

/** What stands in `bytes` of the page with that first entry. Error: TRIBES_E_STORE_RECORD. */
export function entriesOf(bytes: Buffer, first: number): (readonly [number: number, entry: Buffer])[] {
  const reader = new ByteReader(bytes);
  const entries: (readonly [number, Buffer])[] = [];
  while (reader.left > 0) {
    const entry = reader.readBytes('entry of a ledger', reader.readCount('bytes of an entry'));
    entries.push([first + entries.length, entry]);
  }
  return entries;
}
