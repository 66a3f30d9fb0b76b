import type { Ledger } from '../base/index.js';
import { entriesOf, LedgerPage } from './ledger-page.js';

/** A ledger that ends with the process. */
export class MemoryLedger implements Ledger {
  /** The oldest first. */
  #pages: LedgerPage[] = [];
  #last = 0;

  add(entry: Buffer): number {
    const number = ++this.#last;
    let page = this.#pages.at(-1);
    if (page?.hasRoomFor(entry) !== true) {
      page = new LedgerPage(number);
      this.#pages.push(page);
    }
    page.add(entry);
    return number;
  }

  strike(upTo: number): void {
    this.#pages = this.#pages.filter(({ last }) => last > upTo);
  }

  entries(): Iterable<readonly [number: number, entry: Buffer]> {
    return this.#pages.flatMap(({ bytes, first }) => entriesOf(Buffer.from(bytes), first));
  }
}
