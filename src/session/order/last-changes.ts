import type { SessionId, UniqueId } from '../../base/index.js';
import type { ChangeKey } from './change-key.js';
import type { Recent } from './recency.js';
import { SenderChanges } from './sender-changes.js';

/** Who said something, and when by its own clock (epoch milliseconds): compared only among messages of one sender. */
export interface Stamp {
  readonly sender: UniqueId;
  readonly timestamp: number;
}

/** The last change of everything that was changed of one session, by each sender. */
export class LastChanges implements Recent<LastChanges> {
  readonly id: SessionId;
  /** When the transferred copy under these changes was last accessed; see `DeltaManager.transferred`. */
  base: number;
  /** When the last change came. */
  at: number;
  /** When it was last put in its place among the others. */
  placedAt = -Infinity;
  older: LastChanges | null = null;
  younger: LastChanges | null = null;
  /** By sender: there is one, as a rule, since a session stays with its Tomcat. */
  #first: SenderChanges | null = null;
  #size = 0;
  /** Messages whose changes are deferred, and not among those that are remembered yet. */
  #deferred = 0;

  constructor(id: SessionId, base: number, at: number) {
    this.id = id;
    this.base = base;
    this.at = at;
  }

  /** Changes remembered. */
  get size(): number {
    return this.#size;
  }

  /** Whether there are messages of which it is not known yet what they change. */
  get hasDeferred(): boolean {
    return this.#deferred > 0;
  }

  /** Whether nobody but its sender has changed anything, and nothing later: then it is not stale, whatever it changes. */
  isLatest(sender: UniqueId, timestamp: number): boolean {
    const first = this.#first;
    return first !== null && first.next === null && first.sender === sender && timestamp >= first.latest;
  }

  /** A message that is the latest (`isLatest`) has changed something: what, `take` is told when `carriedOut` was. */
  defer(timestamp: number): void {
    this.#deferred++;
    if (this.#first !== null) {
      this.#first.latest = timestamp;
    }
  }

  /** It is known now what one of the deferred messages has changed: `take` is to follow. */
  carriedOut(): void {
    this.#deferred--;
  }

  /** What the sender has changed. */
  by(sender: UniqueId): SenderChanges | null {
    let changes = this.#first;
    while (changes !== null && changes.sender !== sender) {
      changes = changes.next;
    }
    return changes;
  }

  isStale(key: ChangeKey, { sender, timestamp }: Stamp, windowMs: number): boolean {
    const changes = this.by(sender);
    const row = changes?.find(key) ?? -1;
    return changes !== null && row >= 0 && isOvertaken(timestamp, changes.timestampAt(row), windowMs);
  }

  /**
   * Remembers the changes of one message, but for those that are stale.
   *
   * @param isOverruled what is stale for another reason.
   * @returns the stale ones; null where there are none.
   */
  take(
    keys: readonly ChangeKey[],
    { sender, timestamp }: Stamp,
    now: number,
    windowMs: number,
    isOverruled?: (key: ChangeKey) => boolean,
  ): ReadonlySet<ChangeKey> | null {
    const changes = this.by(sender) ?? (this.#first = new SenderChanges(sender, this.#first));
    const before = changes.size;
    let stale: Set<ChangeKey> | null = null;
    for (const key of keys) {
      const row = changes.find(key);
      if (
        isOverruled?.(key) === true ||
        (row >= 0 && isOvertaken(timestamp, changes.timestampAt(row), windowMs))
      ) {
        stale = (stale ?? new Set()).add(key);
      } else if (row >= 0) {
        changes.set(row, timestamp, now);
      } else {
        changes.add(key, timestamp, now);
      }
    }
    this.#size += changes.size - before;
    return stale;
  }

  /** Everything that is remembered; the newest sender first. */
  forEach(visit: (key: ChangeKey, stamp: Stamp, at: number) => void): void {
    for (let changes = this.#first; changes !== null; changes = changes.next) {
      for (let row = 0; row < changes.size; row++) {
        const stamp = { sender: changes.sender, timestamp: changes.timestampAt(row) };
        visit(changes.keyAt(row), stamp, changes.arrivedAt(row));
      }
    }
  }
}

/**
 * One that is late by more than the window is taken for a young one of a sender whose clock was set back: order would
 * otherwise shut it out for that long.
 */
function isOvertaken(timestamp: number, last: number, windowMs: number): boolean {
  return timestamp < last && last - timestamp <= windowMs;
}
