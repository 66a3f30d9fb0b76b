import type { Ledger } from '../base/index.js';
import { nameOf, type Change } from './change.js';
import { entriesOf, LedgerPage } from './ledger-page.js';
import type { UnreadableRecords } from './unreadable-records.js';
import type { Write } from './write-batch.js';
import type { Waiting, WriteBehind } from './write-behind.js';

const KEY_BYTES = 6;

export interface LmdbLedgerParts {
  readonly changes: WriteBehind;
  readonly unreadable: UnreadableRecords;
  /** A page that is at rest. Error: TRIBES_E_STORE_RECORD. */
  readonly read: (key: Buffer) => Buffer;
  /** Throws once the store is closed. */
  readonly checkOpen: () => void;
}

/**
 * A ledger in LMDB: what is added in the time for which changes wait is a page, and so one row, under the number of its first
 * entry. The journal has each entry by itself (`added`).
 */
export class LmdbLedger implements Ledger {
  readonly #parts: LmdbLedgerParts;
  /** The numbers by which pages begin, the oldest first. */
  readonly #firsts: number[];
  #last: number;
  #open: { readonly page: LedgerPage; readonly waiting: Waiting } | undefined;

  /**
   * @param keys of the pages that there are.
   * @param skipped numbers that may have been given in what was lost.
   */
  constructor(parts: LmdbLedgerParts, keys: Iterable<Buffer>, skipped: number) {
    this.#parts = parts;
    this.#firsts = [...keys].flatMap(numberOf).sort((a, b) => a - b);
    const last = this.#firsts.at(-1);
    this.#last = skipped + (last === undefined ? 0 : Math.max(last, this.#pageAt(last).at(-1)?.[0] ?? 0));
  }

  add(entry: Buffer): number {
    const { changes, checkOpen } = this.#parts;
    checkOpen();
    const number = ++this.#last;
    const open = this.#open;
    if (open?.waiting.isWaiting === true && open.page.hasRoomFor(entry)) {
      const { page, waiting } = open;
      page.add(entry);
      changes.changeWaiting(waiting, waiting.change, [added(page, entry)]);
      return number;
    }
    const page = new LedgerPage(number);
    page.add(entry);
    this.#open = { page, waiting: changes.change(new PageChange(page), [added(page, entry)]) };
    this.#firsts.push(number);
    return number;
  }

  strike(upTo: number): void {
    this.#parts.checkOpen();
    const kept = this.#firsts.findIndex(
      (first, index) => this.#lastOf(index) > upTo || !this.#isAtRest(first),
    );
    for (const first of this.#firsts.splice(0, kept < 0 ? this.#firsts.length : kept)) {
      this.#parts.changes.changeRows([{ database: 'ledger', key: keyOf(first), value: null }]);
    }
  }

  /**
   * What is on its way is struck off another time: its place among the changes is before those of older pages that are struck
   * off now, and nothing shall go before what is older.
   */
  #isAtRest(first: number): boolean {
    return this.#parts.changes.get(nameOf({ database: 'ledger', key: keyOf(first) })) === undefined;
  }

  *entries(): Generator<readonly [number: number, entry: Buffer]> {
    for (const first of [...this.#firsts]) {
      this.#parts.checkOpen();
      yield* this.#pageAt(first);
    }
  }

  /** The highest number that an entry of the page can have. */
  #lastOf(index: number): number {
    const next = this.#firsts[index + 1];
    return next === undefined ? this.#last : next - 1;
  }

  #pageAt(first: number): (readonly [number: number, entry: Buffer])[] {
    const { changes, unreadable, read } = this.#parts;
    const key = keyOf(first);
    const waiting = changes.get(nameOf({ database: 'ledger', key }))?.rows()[0]?.value;
    const entries = unreadable.guard('page of the ledger', key, () =>
      entriesOf(waiting ? Buffer.from(waiting) : read(key), first),
    );
    return entries ?? [];
  }
}

/** A page as it is when it is written. */
class PageChange implements Change {
  readonly name: string;
  readonly #page: LedgerPage;

  constructor(page: LedgerPage) {
    this.name = nameOf({ database: 'ledger', key: keyOf(page.first) });
    this.#page = page;
  }

  get bytes(): number {
    return this.#page.byteLength;
  }

  rows(): readonly Write[] {
    return [{ database: 'ledger', key: keyOf(this.#page.first), value: this.#page.bytes }];
  }
}

function added({ first }: LedgerPage, entry: Buffer) {
  return { database: 'added', key: keyOf(first), value: entry } as const;
}

function keyOf(number: number): Buffer {
  const key = Buffer.allocUnsafe(KEY_BYTES);
  key.writeUIntBE(number, 0, KEY_BYTES);
  return key;
}

/** None for what is no key of a page. */
function numberOf(key: Buffer): number[] {
  return key.length === KEY_BYTES ? [key.readUIntBE(0, KEY_BYTES)] : [];
}
