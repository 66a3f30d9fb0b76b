import { createHash } from 'node:crypto';
import type { SessionId, SessionLimits, UniqueId } from '../../base/index.js';

/** Who said something, and when by its own clock (epoch milliseconds): compared only among messages of one sender. */
export interface Stamp {
  readonly sender: UniqueId;
  readonly timestamp: number;
}

/** What a message may change of a session: an attribute, or one of its other fields. */
export type ChangeKey = string;

export const changeKey = {
  /** The session itself: its creation. */
  created: 'created',
  accessed: 'accessed',
  maxInactiveInterval: 'maxInactiveInterval',
  authType: 'authType',
  principal: 'principal',
  attribute: (name: string): ChangeKey => `attribute ${name}`,
  note: (name: string): ChangeKey => `note ${name}`,
  /** Listeners have no names: equal bytes are the same listener. */
  listener: (stream: Buffer): ChangeKey => `listener ${createHash('sha256').update(stream).digest('base64')}`,
} as const;

/** The newest change by one sender; those of further senders follow. */
interface LastChange {
  readonly sender: UniqueId;
  timestamp: number;
  /** When it came, by our clock. */
  at: number;
  readonly next: LastChange | undefined;
}

interface SessionChanges {
  readonly keys: Map<ChangeKey, LastChange>;
  /** When the transferred copy under these changes was last accessed; see `DeltaManager.transferred`. */
  base: number;
  /** When the last change came. */
  at: number;
}

/**
 * Remembers the last changes of each session, so that a message which was overtaken by a younger one of its sender does
 * not undo it: Tomcat's asynchronous sends go over several connections and do not keep their order. Across senders,
 * arrival counts.
 */
export class ChangeOrder {
  readonly #windowMs: number;
  readonly #maxChanges: number;
  /** In the order of their last change. */
  readonly #sessions = new Map<SessionId, SessionChanges>();
  #changes = 0;

  constructor(limits: Pick<SessionLimits, 'orderWindowMs' | 'maxRememberedChanges'>) {
    this.#windowMs = limits.orderWindowMs;
    this.#maxChanges = limits.maxRememberedChanges;
  }

  /** Changes remembered. */
  get size(): number {
    return this.#changes;
  }

  /**
   * Whether the sender has changed `key` later than `stamp` says. A message that is late by more than the window is
   * taken for a young one of a sender whose clock was set back: order would otherwise shut it out for that long.
   */
  isStale(id: SessionId, key: ChangeKey, stamp: Stamp): boolean {
    const last = lastOf(this.#sessions.get(id)?.keys.get(key), stamp.sender);
    return (
      last !== undefined &&
      stamp.timestamp < last.timestamp &&
      last.timestamp - stamp.timestamp <= this.#windowMs
    );
  }

  /** Whether `sender` has changed `key` after `timestamp` by its clock, in a message that came at `since` or later. */
  changedAfter(id: SessionId, key: ChangeKey, sender: UniqueId, timestamp: number, since: number): boolean {
    const last = lastOf(this.#sessions.get(id)?.keys.get(key), sender);
    return last !== undefined && last.timestamp > timestamp && last.at >= since;
  }

  /** Remembers a change; `base` counts only when nothing is remembered of the session yet. */
  remember(id: SessionId, key: ChangeKey, stamp: Stamp, now: number, base: number): void {
    const session = this.#sessions.get(id) ?? { keys: new Map<ChangeKey, LastChange>(), base, at: now };
    const first = session.keys.get(key);
    const last = lastOf(first, stamp.sender);
    if (last === undefined) {
      session.keys.set(key, { sender: stamp.sender, timestamp: stamp.timestamp, at: now, next: first });
      this.#changes++;
    } else {
      last.timestamp = stamp.timestamp;
      last.at = now;
    }
    session.at = Math.max(session.at, now);
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    this.#forgetOverflow();
  }

  /** What was changed since `since` (our clock), by anybody. */
  changedSince(id: SessionId, since: number): ReadonlySet<ChangeKey> {
    const changed = new Set<ChangeKey>();
    for (const [key, first] of this.#sessions.get(id)?.keys ?? []) {
      if (latest(first) >= since) {
        changed.add(key);
      }
    }
    return changed;
  }

  base(id: SessionId): number | undefined {
    return this.#sessions.get(id)?.base;
  }

  /** Has an effect only where changes are remembered: without any, the record itself says when it was last accessed. */
  setBase(id: SessionId, base: number): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) {
      session.base = base;
    }
  }

  /** Sets the base of all sessions. */
  rebase(base: number): void {
    for (const session of this.#sessions.values()) {
      session.base = base;
    }
  }

  /** What is known of the changes of `from` is known of those of `to` from now on. */
  merge(from: SessionId, to: SessionId): void {
    const moved = this.#sessions.get(from);
    if (moved === undefined) {
      return;
    }
    this.forget(from);
    for (const [key, first] of moved.keys) {
      for (let change: LastChange | undefined = first; change !== undefined; change = change.next) {
        if (!this.isStale(to, key, change)) {
          this.remember(to, key, change, change.at, moved.base);
        }
      }
    }
  }

  forget(id: SessionId): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) {
      this.#sessions.delete(id);
      this.#changes -= changesOf(session);
    }
  }

  /** Forgets sessions that have not changed for the length of the window. */
  age(now: number): void {
    for (const [id, { at }] of this.#sessions) {
      if (now - at < this.#windowMs) {
        return;
      }
      this.forget(id);
    }
  }

  #forgetOverflow(): void {
    for (const id of this.#sessions.keys()) {
      if (this.#changes <= this.#maxChanges) {
        return;
      }
      this.forget(id);
    }
  }
}

function lastOf(first: LastChange | undefined, sender: UniqueId): LastChange | undefined {
  for (let change = first; change !== undefined; change = change.next) {
    if (change.sender === sender) {
      return change;
    }
  }
  return undefined;
}

function latest(first: LastChange): number {
  let at = first.at;
  for (let change = first.next; change !== undefined; change = change.next) {
    at = Math.max(at, change.at);
  }
  return at;
}

function changesOf(session: SessionChanges): number {
  let count = 0;
  for (const first of session.keys.values()) {
    for (let change: LastChange | undefined = first; change !== undefined; change = change.next) {
      count++;
    }
  }
  return count;
}
