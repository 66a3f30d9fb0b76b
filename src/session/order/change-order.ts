import type { SessionId, SessionLimits, UniqueId } from '../../base/index.js';
import type { ChangeKey } from './change-key.js';
import { LastChanges, type Stamp } from './last-changes.js';
import { Recency } from './recency.js';

export { changeKey, type ChangeKey } from './change-key.js';
export type { LastChanges, Stamp } from './last-changes.js';

const NONE: ReadonlySet<ChangeKey> = new Set();

/** How exact the order of sessions by their last change is: by so much of the window. */
const PLACE_SHARE = 1 / 64;

/**
 * Remembers the last changes of each session, so that a message which was overtaken by a younger one of its sender does
 * not undo it: Tomcat's asynchronous sends go over several connections and do not keep their order. Across senders,
 * arrival counts.
 */
export class ChangeOrder {
  readonly #windowMs: number;
  readonly #maxChanges: number;
  readonly #placeMs: number;
  readonly #sessions = new Map<SessionId, LastChanges>();
  /** In the order of their last change, as far as `PLACE_SHARE` goes: most changes leave a session in its place. */
  readonly #recency = new Recency<LastChanges>();
  readonly #carryOut: (id: SessionId) => void;
  #changes = 0;

  /** @param carryOut carries out what was deferred (`defer`) of a session. */
  constructor(
    limits: Pick<SessionLimits, 'orderWindowMs' | 'maxRememberedChanges'>,
    carryOut: (id: SessionId) => void = () => undefined,
  ) {
    this.#carryOut = carryOut;
    this.#windowMs = limits.orderWindowMs;
    this.#maxChanges = limits.maxRememberedChanges;
    this.#placeMs = limits.orderWindowMs * PLACE_SHARE;
  }

  /** Changes remembered. */
  get size(): number {
    return this.#changes;
  }

  /** What is remembered of the session. To be used at once: the next change may make it forgotten. */
  of(id: SessionId): LastChanges | undefined {
    if (this.#sessions.get(id)?.hasDeferred === true) {
      this.#carryOut(id);
    }
    return this.#sessions.get(id);
  }

  /**
   * What is remembered of the session, where a message of that sender and time is not stale, whatever it changes, and nobody
   * else has changed anything. It can be deferred then.
   */
  ifLatest(id: SessionId, sender: UniqueId, timestamp: number): LastChanges | undefined {
    const changes = this.#sessions.get(id);
    return changes?.isLatest(sender, timestamp) === true ? changes : undefined;
  }

  /** Remembers that a message has changed something: what, is told when that is carried out. */
  defer(changes: LastChanges, timestamp: number, now: number): void {
    changes.defer(timestamp);
    changes.at = Math.max(changes.at, now);
    this.#place(changes);
  }

  /** One of the messages that were deferred changes that, and came at `arrived`. */
  carriedOut(id: SessionId, keys: readonly ChangeKey[], stamp: Stamp, arrived: number): void {
    const changes = this.#sessions.get(id);
    if (changes?.hasDeferred === true) {
      changes.carriedOut();
      this.take(changes, keys, stamp, arrived);
    }
  }

  /** Whether the sender has changed `key` later than `stamp` says. */
  isStale(id: SessionId, key: ChangeKey, stamp: Stamp): boolean {
    if (this.ifLatest(id, stamp.sender, stamp.timestamp) !== undefined) {
      return false;
    }
    const changes = this.of(id);
    return changes !== undefined && this.isStaleIn(changes, key, stamp);
  }

  /** As `isStale`, of a session that has been looked up. */
  isStaleIn(changes: LastChanges, key: ChangeKey, stamp: Stamp): boolean {
    return changes.isStale(key, stamp, this.#windowMs);
  }

  /** Remembers a change; `base` counts only when nothing is remembered of the session yet. */
  remember(id: SessionId, key: ChangeKey, stamp: Stamp, now: number, base: number): void {
    this.take(this.of(id) ?? this.begin(id, base, now), [key], stamp, now);
  }

  /** Begins to remember changes of a session of which nothing is remembered yet: `take` is to follow. */
  begin(id: SessionId, base: number, now: number): LastChanges {
    const changes = new LastChanges(id, base, now);
    this.#sessions.set(id, changes);
    return changes;
  }

  /**
   * Remembers the changes of one message, but for those that are stale.
   *
   * @param isOverruled what is stale for another reason.
   * @returns the stale ones.
   */
  take(
    changes: LastChanges,
    keys: readonly ChangeKey[],
    stamp: Stamp,
    now: number,
    isOverruled?: (key: ChangeKey) => boolean,
  ): ReadonlySet<ChangeKey> {
    const before = changes.size;
    const stale = changes.take(keys, stamp, now, this.#windowMs, isOverruled) ?? NONE;
    if (stale.size < keys.length) {
      changes.at = Math.max(changes.at, now);
      this.#changes += changes.size - before;
      this.#place(changes);
      this.#forgetOverflow();
    }
    return stale;
  }

  #place(changes: LastChanges): void {
    if (changes.at - changes.placedAt > this.#placeMs) {
      changes.placedAt = changes.at;
      this.#recency.touch(changes);
    }
  }

  /** What was changed since `since` (our clock), by anybody. */
  changedSince(id: SessionId, since: number): ReadonlySet<ChangeKey> {
    const changed = new Set<ChangeKey>();
    this.of(id)?.forEach((key, _, at) => {
      if (at >= since) {
        changed.add(key);
      }
    });
    return changed;
  }

  base(id: SessionId): number | undefined {
    return this.#sessions.get(id)?.base;
  }

  /** Has an effect only where changes are remembered: without any, the record itself says when it was last accessed. */
  setBase(id: SessionId, base: number): void {
    const changes = this.#sessions.get(id);
    if (changes !== undefined) {
      changes.base = base;
    }
  }

  /** Sets the base of all sessions. */
  rebase(base: number): void {
    for (const changes of this.#sessions.values()) {
      changes.base = base;
    }
  }

  /** What is known of the changes of `from` is known of those of `to` from now on. */
  merge(from: SessionId, to: SessionId): void {
    const moved = this.of(from);
    if (moved === undefined) {
      return;
    }
    this.forget(from);
    moved.forEach((key, stamp, at) => this.remember(to, key, stamp, at, moved.base));
  }

  forget(id: SessionId): void {
    const changes = this.#sessions.get(id);
    if (changes !== undefined) {
      this.#forget(changes);
    }
  }

  /** Forgets sessions that have not changed for the length of the window. */
  age(now: number): void {
    let { oldest } = this.#recency;
    while (oldest !== null && now - oldest.at >= this.#windowMs) {
      this.#forget(oldest);
      ({ oldest } = this.#recency);
    }
  }

  #forgetOverflow(): void {
    let { oldest } = this.#recency;
    while (oldest !== null && this.#changes > this.#maxChanges) {
      this.#forget(oldest);
      ({ oldest } = this.#recency);
    }
  }

  #forget(changes: LastChanges): void {
    this.#sessions.delete(changes.id);
    this.#recency.remove(changes);
    this.#changes -= changes.size;
  }
}
