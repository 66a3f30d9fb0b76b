import type { SessionId, SessionRecord, UniqueId } from '../../base/index.js';
import type { LiveMessage } from '../message/live-message.js';
import { keysOf, withoutChanges } from '../message/session-delta.js';
import { changeKey, type ChangeKey, type LastChanges, type Stamp } from '../order/change-order.js';
import { createdSession, withAccess, withDelta } from '../session-changes.js';
import type { SessionCounters } from '../session-counters.js';
import { tellChanged } from './changed-events.js';
import type { ContextSessions } from './context-sessions.js';
import type { WaitingMessages } from './waiting-messages.js';

/**
 * For so long an older change by somebody else does not undo one by us, in milliseconds: what was sent before ours and
 * came behind it. Not longer, since who is older is a comparison of clocks.
 */
const OWN_CHANGE_MS = 10_000;

/** What an ACCESSED message changes. */
const ACCESS: readonly ChangeKey[] = [changeKey.accessed];

type Of<T extends LiveMessage['type']> = Extract<LiveMessage, { type: T }>;

/** Applies what members say when they change a session, in the order in which each of them spoke. */
export class LiveMessages {
  readonly #sessions: ContextSessions;
  readonly #waiting: WaitingMessages;
  readonly #counters: SessionCounters;
  readonly #own: (() => UniqueId) | undefined;

  /** `own`: our own member, whose changes are ours; none where nothing is written. */
  constructor(sessions: ContextSessions, waiting: WaitingMessages, own?: () => UniqueId) {
    this.#sessions = sessions;
    this.#waiting = waiting;
    this.#counters = sessions.counters;
    this.#own = own;
  }

  received(message: LiveMessage, now: number): void {
    switch (message.type) {
      case 'created':
        this.#created(message, now);
        break;
      case 'delta':
      case 'accessed':
        this.#changed(message, now);
        break;
      case 'expired':
        this.#expired(message, now);
        break;
      case 'idChanged':
        this.#idChanged(message, now);
        break;
    }
  }

  /** Takes a change that is in order, to be carried out when somebody asks for the session. False: it is not taken. */
  deferred(id: SessionId, payload: Buffer | null, sender: UniqueId, timestamp: number, now: number): boolean {
    const isDeferred = this.#sessions.defer(id, payload, sender, timestamp, now);
    if (isDeferred) {
      this.#counters.applied++;
    }
    return isDeferred;
  }

  #created(message: Of<'created'>, now: number): void {
    const id = this.#idToCreate(message);
    if (id === null) {
      this.#counters.buried++;
      return;
    }
    const existing = this.#sessions.get(id);
    if (existing?.creationTime === message.stamp.timestamp) {
      this.#counters.repeated++;
      return;
    }
    if (existing !== undefined && this.#sessions.order.isStale(id, changeKey.created, message.stamp)) {
      this.#counters.stale++;
      return;
    }
    this.#counters.applied++;
    this.#sessions.order.forget(id);
    // A session that is seen from its creation on is known better than any transferred copy of it.
    this.#sessions.order.remember(id, changeKey.created, message.stamp, now, Infinity);
    this.#sessions.putChanged(createdSession(this.#sessions.context, id, message.stamp, now), existing);
    this.#sessions.tell(id, 'sessionCreated', now, message.stamp);
    this.release(id, now);
  }

  /** The id under which to create a session; null if it has expired already. */
  #idToCreate({ id, stamp }: Of<'created'>): SessionId | null {
    if (this.#sessions.tombstones.coversCreated(id, stamp)) {
      return null;
    }
    this.#sessions.tombstones.delete(id);
    const alias = this.#sessions.aliases.get(id);
    if (alias === undefined) {
      return id;
    }
    const currentId = this.#sessions.aliases.currentId(id);
    const renamed = this.#sessions.get(currentId);
    if (stamp.timestamp > alias.stamp.timestamp && renamed?.creationTime !== stamp.timestamp) {
      this.#sessions.aliases.delete(id);
      return id;
    }
    this.#counters.redirected++;
    return this.#sessions.tombstones.has(currentId) ? null : currentId;
  }

  #changed(message: Of<'delta' | 'accessed'>, now: number): void {
    const { id, record } = this.#sessions.find(message.id);
    if (record === undefined) {
      this.#waiting.add(id, message, now);
      return;
    }
    const { order } = this.#sessions;
    const { stamp } = message;
    const known = order.of(id);
    if (known !== undefined && order.isStaleIn(known, changeKey.created, stamp)) {
      // It is about an earlier session of this id.
      this.#counters.stale++;
      return;
    }
    const keys = message.type === 'delta' ? keysOf(message.delta) : ACCESS;
    const changes = known ?? order.begin(id, this.#sessions.baseOf(record), now);
    const stale = order.take(changes, keys, stamp, now, this.#overruled(changes, stamp, now));
    if (stale.size > 0) {
      this.#counters.stale++;
    }
    if (stale.size < keys.length) {
      this.#counters.applied++;
      this.#apply(record, message, stale, now);
    }
  }

  /**
   * Tells what we have changed after the message was sent, as far as the clocks of two can tell. Undefined where we have
   * changed nothing, which is the rule.
   */
  #overruled(
    changes: LastChanges,
    { sender, timestamp }: Stamp,
    now: number,
  ): ((key: ChangeKey) => boolean) | undefined {
    const own = this.#own?.();
    const ours = own === undefined || own === sender ? null : changes.by(own);
    if (ours === null) {
      return undefined;
    }
    const sentAt = timestamp + this.#sessions.skewOf(sender);
    return (key) => {
      const row = ours.find(key);
      return row >= 0 && ours.timestampAt(row) > sentAt && ours.arrivedAt(row) >= now - OWN_CHANGE_MS;
    };
  }

  #apply(
    record: SessionRecord,
    message: Of<'delta' | 'accessed'>,
    stale: ReadonlySet<ChangeKey>,
    now: number,
  ): void {
    if (message.type === 'accessed') {
      this.#sessions.putChanged(withAccess(record, message.stamp, now), record);
      this.#sessions.tell(record.id, 'sessionAccessed', now, message.stamp);
      return;
    }
    const delta = withoutChanges(message.delta, stale);
    const after = withDelta(record, delta, message.stamp, now, !stale.has(changeKey.accessed));
    this.#sessions.putChanged(after, record);
    if (this.#sessions.isHeard) {
      tellChanged(record, after, delta, message.stamp, this.#sessions.emit);
    }
  }

  #expired({ id, stamp }: Of<'expired'>, now: number): void {
    const record = this.#sessions.peek(id);
    if (record === undefined) {
      this.#expiredUnknown(id, stamp, now);
    } else if (this.#sessions.order.isStale(id, changeKey.created, stamp)) {
      this.#counters.stale++;
    } else {
      this.#counters.applied++;
      this.#sessions.end(record, { reason: 'message', stamp }, now);
    }
  }

  #expiredUnknown(id: SessionId, stamp: Stamp, now: number): void {
    this.#sessions.tombstones.set(id, { reason: 'message', stamp, creationTime: null }, now);
    if (this.#sessions.aliases.get(id) !== undefined) {
      // Either somebody who missed the change of id has ended the session under its old one, and the others go on with
      // it; or the session has gone back to that id, and the tombstone is for when that change of id comes.
      this.#counters.stale++;
    }
    this.#waiting.buried(id, now);
  }

  #idChanged(message: Of<'idChanged'>, now: number): void {
    const { id, newId, stamp } = message;
    const record = this.#sessions.get(id);
    if (id === newId || (record === undefined && this.#sessions.aliases.get(id)?.newId === newId)) {
      this.#counters.repeated++;
      return;
    }
    if (record === undefined && this.#sessions.isBuried(id, stamp)) {
      this.#counters.buried++;
      return;
    }
    const target = this.#newestId(message);
    if (target === null || this.#sessions.order.isStale(id, changeKey.created, stamp)) {
      this.#counters.stale++;
      return;
    }
    this.#sessions.aliases.set(id, target, stamp, now);
    if (this.#sessions.isBuried(target, stamp)) {
      this.#renamedToBuried(id, record, stamp, now);
      return;
    }
    this.#sessions.tombstones.delete(target);
    if (record === undefined) {
      this.#waiting.rename(id, target, now);
      this.#awaitRenamed(target, message, now);
    } else {
      this.#counters.applied++;
      this.#rename(record, target, stamp, now);
    }
  }

  /**
   * The id that the session has now: later changes of id may have overtaken this one. A session may also go back to an
   * id that it had; null when its sender has changed it back already.
   */
  #newestId({ id, newId, stamp }: Of<'idChanged'>): SessionId | null {
    const currentId = this.#sessions.aliases.currentId(newId);
    if (currentId !== id) {
      return currentId;
    }
    const back = this.#sessions.aliases.get(newId)?.stamp;
    return back?.sender === stamp.sender && back.timestamp > stamp.timestamp ? null : newId;
  }

  #rename(record: SessionRecord, newId: SessionId, stamp: Stamp, now: number): void {
    const occupant = this.#sessions.get(newId);
    const isConfirmed = !this.#sessions.isUnconfirmed(record);
    this.#sessions.delete(record);
    if (occupant?.creationTime === record.creationTime) {
      // A transfer has brought the session under its new id before the change of id came: it is younger.
      this.#sessions.order.merge(record.id, newId);
    } else {
      this.#sessions.order.forget(newId);
      this.#sessions.order.merge(record.id, newId);
      this.#sessions.put({ ...record, id: newId, version: record.version + 1 }, occupant, isConfirmed);
    }
    const { context } = this.#sessions;
    this.#sessions.emit({ type: 'sessionIdChanged', newId, context, id: record.id, at: now }, stamp);
    this.release(newId, now);
  }

  /** The session had expired under its new id before the change of id came. */
  #renamedToBuried(id: SessionId, record: SessionRecord | undefined, stamp: Stamp, now: number): void {
    this.#counters.buried += 1 + this.#waiting.take(id).length;
    if (record !== undefined) {
      this.#sessions.end(record, { reason: 'message', stamp }, now);
    }
  }

  /** A change of id of a session that is not known waits as others do, so that it is noticed if it never comes. */
  #awaitRenamed(id: SessionId, message: Of<'idChanged'>, now: number): void {
    if (this.#sessions.get(id) === undefined) {
      this.#waiting.add(id, { ...message, id }, now);
    } else {
      this.#counters.applied++;
      this.release(id, now);
    }
  }

  /** Hands out what has waited for the session. */
  release(id: SessionId, now: number): void {
    for (const message of this.#waiting.take(id)) {
      if (message.type !== 'idChanged') {
        this.received(message, now);
      }
    }
  }
}
