import type { UniqueId } from '../../base/index.js';
import type { ChangeKey } from './change-key.js';

/** Up to so many rows, looking from row to row is quicker than an index, and takes no room. */
const MAX_UNINDEXED = 32;

/**
 * The last change of everything that one sender has changed of one session, in columns: there are many sessions, and each
 * message touches one.
 */
export class SenderChanges {
  readonly sender: UniqueId;
  /** Those of another sender. */
  readonly next: SenderChanges | null;
  /** When it changed anything last, by its own clock. */
  latest = -Infinity;
  #keys: ChangeKey[] = [];
  /** Two for each key: when it was changed, by the sender's clock, and when that came, by ours. */
  #times: number[] = [];
  #rows: Map<ChangeKey, number> | null = null;

  constructor(sender: UniqueId, next: SenderChanges | null) {
    this.sender = sender;
    this.next = next;
  }

  get size(): number {
    return this.#keys.length;
  }

  /** Where the key is; -1 where it is not. */
  find(key: ChangeKey): number {
    return this.#rows === null ? this.#keys.indexOf(key) : (this.#rows.get(key) ?? -1);
  }

  keyAt(row: number): ChangeKey {
    return this.#keys[row] ?? '';
  }

  /** When it was changed, by the sender's clock. */
  timestampAt(row: number): number {
    return this.#times[2 * row] ?? NaN;
  }

  /** When that came, by our clock. */
  arrivedAt(row: number): number {
    return this.#times[2 * row + 1] ?? NaN;
  }

  set(row: number, timestamp: number, arrived: number): void {
    this.latest = Math.max(this.latest, timestamp);
    this.#times[2 * row] = timestamp;
    this.#times[2 * row + 1] = arrived;
  }

  /** A key that is not there yet. */
  add(key: ChangeKey, timestamp: number, arrived: number): void {
    this.latest = Math.max(this.latest, timestamp);
    if (this.#keys.length === 0) {
      // Of many sessions no more is ever known, and what is pushed into an array makes room for sixteen more.
      this.#keys = [key];
      this.#times = [timestamp, arrived];
      return;
    }
    this.#rows?.set(key, this.#keys.length);
    this.#keys.push(key);
    this.#times.push(timestamp, arrived);
    if (this.#rows === null && this.#keys.length > MAX_UNINDEXED) {
      this.#rows = new Map(this.#keys.map((each, row) => [each, row]));
    }
  }
}
