import {
  defaultJavaLimits,
  type ContextName,
  type JavaLimits,
  type SessionAtHand,
  type SessionId,
  type SessionLimits,
  type SessionRecord,
  type SessionStore,
  type UniqueId,
} from '../../base/index.js';
import { Aliases } from '../order/aliases.js';
import { ChangeOrder, type Stamp } from '../order/change-order.js';
import { Confirmation } from '../order/confirmation.js';
import type { ContextTombstones } from '../order/tombstone-ledger.js';
import { Tombstones, type Tombstone } from '../order/tombstones.js';
import { DeferredChanges, type DeferredChange } from './deferred-changes.js';
import type { SessionCounters } from '../session-counters.js';
import type { SessionEvent } from '../session-mirror.js';

/** What managers need of a store. */
export interface ManagedStore extends Pick<
  SessionStore,
  'get' | 'put' | 'delete' | 'contexts' | 'summaries' | 'atHand' | 'deferrable'
> {
  defer(session: SessionAtHand, change: DeferredChange): void;
}

export interface ContextSessionsParts {
  readonly context: ContextName;
  readonly store: ManagedStore;
  readonly limits: SessionLimits;
  /** What a Java stream that came may be. */
  readonly javaLimits?: JavaLimits;
  readonly counters: SessionCounters;
  /** `stamp`: of the message that said so; null where none did. */
  readonly emit: (event: SessionEvent, stamp: Stamp | null) => void;
  /** Whether anybody hears what is emitted; default: somebody does. */
  readonly isHeard?: () => boolean;
  /** Where tombstones outlive the process; default: nowhere. */
  readonly tombstones?: ContextTombstones;
  /** Milliseconds to add to a member's time to have ours. */
  readonly skewOf: (member: UniqueId | null) => number;
  /** Whether the member serves users, so that what it tells of is in use; default: every one does. */
  readonly hasUsers?: (member: UniqueId) => boolean;
}

/** What may happen to a session of which there is no more to say. */
type Happening = 'sessionCreated' | 'sessionAccessed' | 'sessionTransferred';

/**
 * The sessions of one context in the store, with what is remembered beside them: the order of their changes, the ids that
 * they had, those that have ended, and those that nobody has told of.
 */
export class ContextSessions {
  readonly context: ContextName;
  readonly counters: SessionCounters;
  readonly skewOf: (member: UniqueId | null) => number;
  readonly order: ChangeOrder;
  readonly aliases: Aliases;
  readonly tombstones: Tombstones;
  readonly confirmation = new Confirmation();
  /** Tells what happened to a session. */
  readonly emit: ContextSessionsParts['emit'];
  readonly #store: ManagedStore;
  readonly #deferred: DeferredChanges;
  readonly #isHeard: () => boolean;
  readonly #hasUsers: (member: UniqueId) => boolean;

  constructor({
    context,
    store,
    limits,
    javaLimits = defaultJavaLimits,
    counters,
    emit,
    isHeard,
    skewOf,
    hasUsers,
    tombstones,
  }: ContextSessionsParts) {
    this.context = context;
    this.counters = counters;
    this.skewOf = skewOf;
    this.order = new ChangeOrder(limits, (id) => void this.get(id));
    this.#deferred = new DeferredChanges(this.order, javaLimits);
    this.aliases = new Aliases(limits);
    this.tombstones = new Tombstones(limits, tombstones);
    this.#store = store;
    this.emit = emit;
    this.#isHeard = isHeard ?? (() => true);
    this.#hasUsers = hasUsers ?? (() => true);
  }

  /** How many there are. */
  get size(): number {
    return this.#store.contexts().get(this.context) ?? 0;
  }

  summaries(): ReturnType<SessionStore['summaries']> {
    return this.#store.summaries(this.context);
  }

  get(id: SessionId): SessionRecord | undefined {
    return this.#store.get(this.context, id);
  }

  /** What is known of the session without carrying out what was deferred: see `SessionAtHand`. */
  peek(id: SessionId): SessionAtHand | undefined {
    return this.#store.atHand(this.context, id) ?? this.get(id);
  }

  /**
   * Puts a change off until somebody asks for the session. False, and nothing has happened, where it has to be carried out
   * now: somebody hears of it, it may be stale, or the session is not at hand.
   */
  defer(id: SessionId, payload: Buffer | null, sender: UniqueId, timestamp: number, now: number): boolean {
    const changes = this.isHeard ? undefined : this.order.ifLatest(id, sender, timestamp);
    const session = changes && this.#store.deferrable(this.context, id, sender, payload?.length ?? 0);
    if (changes === undefined || session === undefined || this.isUnconfirmed(session)) {
      return false;
    }
    const deferred = this.#deferred.of(payload, sender, timestamp, now);
    if (deferred === undefined) {
      return false;
    }
    // First: the store may carry it out at once, for want of room.
    this.order.defer(changes, timestamp, now);
    this.#store.defer(session, deferred);
    return true;
  }

  /** The session of that id, or of the id that it has now. */
  find(id: SessionId): { readonly id: SessionId; readonly record: SessionRecord | undefined } {
    const record = this.get(id);
    if (record !== undefined) {
      return { id, record };
    }
    const currentId = this.aliases.currentId(id);
    if (currentId === id) {
      return { id, record };
    }
    this.counters.redirected++;
    return { id: currentId, record: this.get(currentId) };
  }

  /**
   * `before`: what it takes the place of; `told`: see `Confirmation.replaced`; `isInUse`: see `SessionStore.put`.
   */
  put(record: SessionRecord, before: SessionRecord | undefined, told = true, isInUse = true): void {
    this.confirmation.replaced(before, record, told);
    this.#store.put(record, isInUse);
  }

  /** As `put`, when its `source` has changed it. */
  putChanged(record: SessionRecord, before: SessionRecord | undefined): void {
    this.put(record, before, record.source !== null && this.#hasUsers(record.source));
  }

  delete(record: SessionAtHand): void {
    this.confirmation.replaced(record, undefined);
    this.#store.delete(this.context, record.id);
  }

  /** The session is over, for that reason. */
  end(record: SessionAtHand, { reason, stamp }: Omit<Tombstone, 'creationTime'>, now: number): void {
    const { id, creationTime } = record;
    this.delete(record);
    this.order.forget(id);
    this.tombstones.set(id, { reason, stamp, creationTime }, now);
    this.emit({ type: 'sessionExpired', reason, context: this.context, id, at: now }, stamp);
  }

  /** Whether anybody hears what is emitted: where nobody does, nothing need be made for it. */
  get isHeard(): boolean {
    return this.#isHeard();
  }

  /** `stamp`: of the message that said so. */
  tell(id: SessionId, type: Happening, now: number, stamp: Stamp | null = null): void {
    if (this.isHeard) {
      this.emit({ type, context: this.context, id, at: now }, stamp);
    }
  }

  isUnconfirmed(session: Pick<SessionRecord, 'id' | 'receivedAt'>): boolean {
    return this.confirmation.isUnconfirmed(session);
  }

  /** Whether a message of that stamp is about a session that has expired. */
  isBuried(id: SessionId, stamp: Stamp): boolean {
    return this.tombstones.coversLive(id, stamp, stamp.timestamp + this.skewOf(stamp.sender));
  }

  /** When the session was last accessed, by our clock. */
  accessedAt({ lastAccessedTime, source }: SessionRecord): number {
    return lastAccessedTime + this.skewOf(source);
  }

  /**
   * When anything was last known to happen to the session, by our clock: the end of its last request, where it was served
   * (`StandardSession.endAccess`); when that became known, everywhere else.
   */
  lastKnownOf({ lastAccessedTime, thisAccessedTime, source }: SessionRecord): number {
    return Math.max(lastAccessedTime, thisAccessedTime) + this.skewOf(source);
  }

  /** When the last transferred copy was accessed on which the session rests, by our clock. */
  baseOf(record: SessionRecord): number {
    return (
      this.order.base(record.id) ??
      (this.confirmation.isUnheard(record) ? -Infinity : this.accessedAt(record))
    );
  }
}
