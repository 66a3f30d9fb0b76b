import type {
  ContextName,
  SessionId,
  SessionLimits,
  SessionRecord,
  SessionStore,
  UniqueId,
} from '../base/index.js';
import { Aliases } from './order/aliases.js';
import { changeKey, ChangeOrder, type ChangeKey, type Stamp } from './order/change-order.js';
import { EarlyMessages } from './order/early-messages.js';
import { Confirmation } from './order/confirmation.js';
import { confirmedAlso } from './order/confirmers.js';
import type { LiveMessage } from './message/live-message.js';
import {
  createdSession,
  sameContent,
  transferredSession,
  withAccess,
  withDelta,
  withTransfer,
  type SessionChange,
  type TransferredSession,
} from './session-changes.js';
import type { SessionCounters } from './session-counters.js';
import { idleDeadline } from './idle-deadline.js';
import {
  importedSession,
  outcomeOf,
  type ImportOptions,
  type ImportOutcome,
} from './moving/session-import.js';
import { keysOf, withoutChanges } from './message/session-delta.js';
import type { SessionEvent } from './session-mirror.js';
import type { StoredTombstone, TombstoneFacts } from './order/tombstone-facts.js';
import { Tombstones, type Tombstone } from './order/tombstones.js';

/** A member whose state is being taken in. */
export interface Donor {
  readonly uniqueId: UniqueId;
  /** A mirror has no users: that it has a session does not confirm it. */
  readonly mirror: boolean;
  /** Until when it has heard all that we have heard, by our time; -Infinity for a stranger. */
  readonly togetherUntil: number;
}

/** A message that was not heeded. */
export type GivenUp = Pick<LiveMessage, 'id' | 'stamp'>;

export interface DeltaManagerParts {
  readonly context: ContextName;
  readonly store: Pick<SessionStore, 'get' | 'put' | 'delete' | 'contexts' | 'summaries'>;
  readonly limits: SessionLimits;
  readonly counters: SessionCounters;
  readonly emit: (event: SessionEvent) => void;
  /** Milliseconds to add to a member's time to have ours. */
  /** Where tombstones outlive the process; default: nowhere. */
  readonly tombstones?: TombstoneFacts;
  readonly skewOf: (member: UniqueId | null) => number;
  /** Our own member, whose changes are ours; none where nothing is written. */
  readonly own?: () => UniqueId;
}

/**
 * For so long an older change by somebody else does not undo one by us, in milliseconds: what was sent before ours and
 * came behind it. Not longer, since who is older is a comparison of clocks.
 */
const OWN_CHANGE_MS = 10_000;

type Of<T extends LiveMessage['type']> = Extract<LiveMessage, { type: T }>;

/**
 * The sessions of one context, as its DeltaManagers tell of them. Where Tomcat goes by arrival alone, this one goes by
 * the order in which each sender spoke: see `ChangeOrder`, `Aliases` and `EarlyMessages`.
 *
 * No I/O besides the store, no clock: `now` is our own time in epoch milliseconds, and does not run backwards.
 */
export class DeltaManager {
  readonly context: ContextName;
  readonly #store: DeltaManagerParts['store'];
  readonly #counters: SessionCounters;
  readonly #emit: (event: SessionEvent) => void;
  readonly #skewOf: (member: UniqueId | null) => number;
  readonly #own: (() => UniqueId) | undefined;
  readonly #order: ChangeOrder;
  readonly #aliases: Aliases;
  readonly #tombstones: Tombstones;
  readonly #early: EarlyMessages;
  /** By sender, until somebody asks for them. */
  readonly #givenUp = new Map<UniqueId, GivenUp>();
  readonly #confirmation = new Confirmation();

  constructor({ context, store, limits, counters, emit, skewOf, own, tombstones }: DeltaManagerParts) {
    this.context = context;
    this.#store = store;
    this.#counters = counters;
    this.#emit = emit;
    this.#skewOf = skewOf;
    this.#own = own;
    this.#order = new ChangeOrder(limits);
    this.#aliases = new Aliases(limits);
    this.#tombstones = new Tombstones(limits, tombstones);
    this.#early = new EarlyMessages(limits);
  }

  /** Remembers a session that has expired in the run before; the oldest first. */
  restoreTombstone(stored: StoredTombstone): void {
    this.#tombstones.restore(stored);
  }

  /** Messages that wait for their sessions. */
  get waiting(): { readonly messages: number; readonly bytes: number } {
    const { messages, bytes } = this.#early;
    return { messages, bytes };
  }

  /** Whether there is a session of that id, or one that had it. */
  has(id: SessionId): boolean {
    return this.#store.get(this.context, this.#aliases.currentId(id)) !== undefined;
  }

  /** From now on, what has not been heard of since `now` is unconfirmed. */
  beginRound(now: number): void {
    this.#confirmation.begin(now, this.#store.contexts().get(this.context) ?? 0);
    this.#order.rebase(-Infinity);
  }

  /** Number of sessions that nobody has told of since we began to ask. */
  get unconfirmed(): number {
    return this.#confirmation.unconfirmed;
  }

  isUnconfirmed(session: Pick<SessionRecord, 'receivedAt'>): boolean {
    return this.#confirmation.isUnconfirmed(session);
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

  /**
   * Takes in one session of a state transfer. It does not bring back what has expired, and does not undo what has been
   * changed since the state was asked for; of two copies, the one that was accessed later wins, and the copy of whoever
   * went on with what we had.
   *
   * @param askedAt when the state was asked for, by our clock.
   */
  transferred(session: TransferredSession, donor: Donor, askedAt: number, now: number): void {
    const { id, record } = this.#find(session.id);
    const incoming = this.#incoming({ ...session, id }, donor, now);
    const accessedAt = this.#accessedAt(incoming);
    const deadline = idleDeadline(incoming, accessedAt);
    if (
      [session.id, id].some((each) => this.#tombstones.coversTransferred(each, accessedAt, deadline, now))
    ) {
      this.#counters.buried++;
    } else if (record === undefined) {
      this.#counters.transferredSessions++;
      this.#takeOver(incoming, now);
    } else if (this.#isOlder(incoming, record, donor)) {
      this.#counters.transferredOlder++;
      this.#confirm(record, donor, now);
    } else if (record.creationTime !== incoming.creationTime) {
      // Another session of the same id: it inherits nothing.
      this.#counters.transferredSessions++;
      this.#order.forget(id);
      this.#takeOver({ ...incoming, version: record.version + 1 }, now, record);
    } else {
      this.#merge(record, incoming, session.notes !== null, askedAt);
    }
    if (donor.mirror) {
      this.#mirrored(id);
    }
  }

  #mirrored(id: SessionId): void {
    const record = this.#store.get(this.context, id);
    if (record !== undefined) {
      this.#confirmation.mirrored(record);
    }
  }

  /**
   * Takes in one session of an archive. It does not bring back what has expired here; of two copies, the one that was
   * accessed later wins, unless what is there is to be overwritten.
   */
  imported(session: SessionRecord, options: ImportOptions, now: number): ImportOutcome {
    const { id, record } = this.#find(session.id);
    const incoming = { ...importedSession(session, options.asOf, now), id };
    const isBuried = [session.id, id].some((each) => this.#tombstones.has(each));
    if (isBuried && record === undefined && !options.overwrite) {
      return 'expired';
    }
    const outcome = outcomeOf(record, incoming, now, options.overwrite);
    if (!options.dryRun && (outcome === 'new' || outcome === 'replaced')) {
      this.#counters.importedSessions++;
      this.#order.forget(id);
      this.#takeOver(
        { ...incoming, version: Math.max(record?.version ?? 0, session.version) + 1 },
        now,
        record,
      );
    }
    return outcome;
  }

  /** A session as the donor has it. What a mirror has is as old as its last access: that confirms nothing. */
  #incoming(session: TransferredSession, { uniqueId, mirror }: Donor, now: number): SessionRecord {
    const incoming = transferredSession(this.context, session, uniqueId, now);
    return mirror
      ? { ...incoming, receivedAt: this.#confirmation.before(Math.min(this.#lastKnownOf(incoming), now)) }
      : incoming;
  }

  /** Whether a transferred copy tells less than what we have. */
  #isOlder(incoming: SessionRecord, record: SessionRecord, donor: Donor): boolean {
    if (!this.isUnconfirmed(record)) {
      return this.#accessedAt(incoming) <= this.#baseOf(record);
    }
    const wentOn = record.confirmedBy.includes(donor.uniqueId) && record.receivedAt <= donor.togetherUntil;
    return !wentOn && this.#lastKnownOf(incoming) < this.#lastKnownOf(record);
  }

  /** The donor has the session, too. */
  #confirm(record: SessionRecord, { uniqueId, mirror }: Donor, now: number): void {
    const receivedAt = !mirror && this.isUnconfirmed(record) ? now : record.receivedAt;
    const confirmedBy = record.confirmedBy.includes(uniqueId)
      ? record.confirmedBy
      : confirmedAlso(record.confirmedBy, uniqueId);
    if (receivedAt !== record.receivedAt || confirmedBy !== record.confirmedBy) {
      this.#put({ ...record, receivedAt, confirmedBy }, record);
    }
  }

  /**
   * Expires the session if it has been idle for long enough.
   *
   * @param tomcatUntil see `idleDeadline`.
   */
  expireIdle(id: SessionId, now: number, tomcatUntil = Infinity): void {
    const record = this.#store.get(this.context, id);
    if (record !== undefined && idleDeadline(record, record.receivedAt, tomcatUntil) <= now) {
      this.#counters.expiredIdle++;
      this.#end(record, { reason: 'idle', stamp: null }, now);
    }
  }

  /**
   * Ends sessions that no Tomcat has told us of since `beginRound`, though somebody has told us of all its sessions who had
   * this one: they have ended while we were away. What had changed when that member could no longer hear of it is kept;
   * and the word of one mirror does not stand against that of another.
   *
   * @param witnesses the members whose state has come whole.
   * @returns one step for each session looked at.
   */
  *endAbsent(witnesses: readonly Donor[], now: number): Generator<void, void> {
    const byId = new Map(witnesses.map((witness) => [witness.uniqueId, witness]));
    for (const summary of this.#store.summaries(this.context)) {
      // It may have been heard of since the walk began.
      const record = this.isUnconfirmed(summary) ? this.#store.get(this.context, summary.id) : undefined;
      if (record !== undefined && this.isUnconfirmed(record) && this.#isMissed(record, byId)) {
        this.#counters.expiredAbsent++;
        this.#end(record, { reason: 'absent', stamp: null }, now);
      }
      yield;
    }
  }

  /** Everybody has told what it has, and has been believed or not. */
  endRound(): void {
    this.#confirmation.end();
  }

  /** Whether somebody does not have the session any more who had it. */
  #isMissed(
    { id, confirmedBy, receivedAt }: SessionRecord,
    witnesses: ReadonlyMap<UniqueId, Donor>,
  ): boolean {
    const isMirrored = this.#confirmation.isMirrored(id);
    return confirmedBy.some((member) => {
      const witness = witnesses.get(member);
      return witness !== undefined && receivedAt <= witness.togetherUntil && !(witness.mirror && isMirrored);
    });
  }

  /**
   * Forgets what need not be remembered any longer.
   *
   * @param transferring while states are being transferred, messages wait for their sessions and changes are remembered.
   * @returns the last message of each sender of which something was given up, because the session did not come.
   */
  age(now: number, transferring: boolean): readonly GivenUp[] {
    this.#tombstones.age(now);
    this.#aliases.age(now);
    if (transferring) {
      return [];
    }
    this.#order.age(now);
    this.#giveUp(this.#early.takeOverdue(now));
    const givenUp = [...this.#givenUp.values()];
    this.#givenUp.clear();
    return givenUp;
  }

  #created(message: Of<'created'>, now: number): void {
    const id = this.#idToCreate(message);
    if (id === null) {
      this.#counters.buried++;
      return;
    }
    const existing = this.#store.get(this.context, id);
    if (existing?.creationTime === message.stamp.timestamp) {
      this.#counters.repeated++;
      return;
    }
    if (existing !== undefined && this.#order.isStale(id, changeKey.created, message.stamp)) {
      this.#counters.stale++;
      return;
    }
    this.#counters.applied++;
    this.#order.forget(id);
    // A session that is seen from its creation on is known better than any transferred copy of it.
    this.#order.remember(id, changeKey.created, message.stamp, now, Infinity);
    this.#put(createdSession(this.context, id, message.stamp, now), existing);
    this.#emit({ type: 'sessionCreated', context: this.context, id, at: now });
    this.#release(id, now);
  }

  /** The id under which to create a session; null if it has expired already. */
  #idToCreate({ id, stamp }: Of<'created'>): SessionId | null {
    if (this.#tombstones.coversCreated(id, stamp)) {
      return null;
    }
    this.#tombstones.delete(id);
    const alias = this.#aliases.get(id);
    if (alias === undefined) {
      return id;
    }
    const currentId = this.#aliases.currentId(id);
    const renamed = this.#store.get(this.context, currentId);
    if (stamp.timestamp > alias.stamp.timestamp && renamed?.creationTime !== stamp.timestamp) {
      this.#aliases.delete(id);
      return id;
    }
    this.#counters.redirected++;
    return this.#tombstones.has(currentId) ? null : currentId;
  }

  #changed(message: Of<'delta' | 'accessed'>, now: number): void {
    const { id, record } = this.#find(message.id);
    if (record === undefined) {
      this.#wait(id, message, now);
      return;
    }
    if (this.#order.isStale(id, changeKey.created, message.stamp)) {
      // It is about an earlier session of this id.
      this.#counters.stale++;
      return;
    }
    const keys = [changeKey.accessed, ...(message.type === 'delta' ? keysOf(message.delta) : [])];
    const stale = new Set(keys.filter((key) => this.#isStale(id, key, message.stamp, now)));
    if (stale.size > 0) {
      this.#counters.stale++;
    }
    if (stale.size === keys.length) {
      return;
    }
    const base = this.#baseOf(record);
    for (const key of keys) {
      if (!stale.has(key)) {
        this.#order.remember(id, key, message.stamp, now, base);
      }
    }
    this.#counters.applied++;
    this.#apply(record, message, stale, now);
  }

  #isStale(id: SessionId, key: ChangeKey, stamp: Stamp, now: number): boolean {
    return this.#order.isStale(id, key, stamp) || this.#isBeforeOurs(id, key, stamp, now);
  }

  /** Whether we have changed `key` after the message was sent, as far as the clocks of two can tell. */
  #isBeforeOurs(id: SessionId, key: ChangeKey, { sender, timestamp }: Stamp, now: number): boolean {
    const own = this.#own?.();
    const sentAt = timestamp + this.#skewOf(sender);
    return (
      own !== undefined &&
      own !== sender &&
      this.#order.changedAfter(id, key, own, sentAt, now - OWN_CHANGE_MS)
    );
  }

  #apply(
    record: SessionRecord,
    message: Of<'delta' | 'accessed'>,
    stale: ReadonlySet<ChangeKey>,
    now: number,
  ): void {
    if (message.type === 'accessed') {
      this.#put(withAccess(record, message.stamp, now), record);
      this.#tell(record.id, [{ type: 'sessionAccessed' }], now);
      return;
    }
    const delta = withoutChanges(message.delta, stale);
    const after = withDelta(record, delta, message.stamp, now, !stale.has(changeKey.accessed));
    this.#put(after.record, record);
    this.#tell(record.id, after.changes, now);
  }

  #expired({ id, stamp }: Of<'expired'>, now: number): void {
    const record = this.#store.get(this.context, id);
    if (record === undefined) {
      this.#expiredUnknown(id, stamp, now);
    } else if (this.#order.isStale(id, changeKey.created, stamp)) {
      this.#counters.stale++;
    } else {
      this.#counters.applied++;
      this.#end(record, { reason: 'message', stamp }, now);
    }
  }

  #expiredUnknown(id: SessionId, stamp: Stamp, now: number): void {
    this.#tombstones.set(id, { reason: 'message', stamp, creationTime: null }, now);
    if (this.#aliases.get(id) !== undefined) {
      // Either somebody who missed the change of id has ended the session under its old one, and the others go on with
      // it; or the session has gone back to that id, and the tombstone is for when that change of id comes.
      this.#counters.stale++;
    }
    for (const message of this.#early.take(id)) {
      if (this.#isBuried(id, message.stamp)) {
        this.#counters.buried++;
      } else {
        this.#early.add(id, message, now);
      }
    }
  }

  #idChanged(message: Of<'idChanged'>, now: number): void {
    const { id, newId, stamp } = message;
    const record = this.#store.get(this.context, id);
    if (id === newId || (record === undefined && this.#aliases.get(id)?.newId === newId)) {
      this.#counters.repeated++;
      return;
    }
    if (record === undefined && this.#isBuried(id, stamp)) {
      this.#counters.buried++;
      return;
    }
    const target = this.#newestId(message);
    if (target === null || this.#order.isStale(id, changeKey.created, stamp)) {
      this.#counters.stale++;
      return;
    }
    this.#aliases.set(id, target, stamp, now);
    if (this.#isBuried(target, stamp)) {
      this.#renamedToBuried(id, record, stamp, now);
      return;
    }
    this.#tombstones.delete(target);
    if (record === undefined) {
      this.#early.rename(id, target, now);
      this.#awaitRenamed(target, message, now);
    } else {
      this.#counters.applied++;
      this.#rename(record, target, now);
    }
  }

  /**
   * The id that the session has now: later changes of id may have overtaken this one. A session may also go back to an
   * id that it had; null when its sender has changed it back already.
   */
  #newestId({ id, newId, stamp }: Of<'idChanged'>): SessionId | null {
    const currentId = this.#aliases.currentId(newId);
    if (currentId !== id) {
      return currentId;
    }
    const back = this.#aliases.get(newId)?.stamp;
    return back?.sender === stamp.sender && back.timestamp > stamp.timestamp ? null : newId;
  }

  #rename(record: SessionRecord, newId: SessionId, now: number): void {
    const occupant = this.#store.get(this.context, newId);
    this.#delete(record);
    if (occupant?.creationTime === record.creationTime) {
      // A transfer has brought the session under its new id before the change of id came: it is younger.
      this.#order.merge(record.id, newId);
    } else {
      this.#order.forget(newId);
      this.#order.merge(record.id, newId);
      this.#put({ ...record, id: newId, version: record.version + 1 }, occupant);
    }
    this.#emit({ type: 'sessionIdChanged', context: this.context, id: record.id, newId, at: now });
    this.#release(newId, now);
  }

  /** The session had expired under its new id before the change of id came. */
  #renamedToBuried(id: SessionId, record: SessionRecord | undefined, stamp: Stamp, now: number): void {
    this.#counters.buried += 1 + this.#early.take(id).length;
    if (record !== undefined) {
      this.#end(record, { reason: 'message', stamp }, now);
    }
  }

  /** A change of id of a session that is not known waits as others do, so that it is noticed if it never comes. */
  #awaitRenamed(id: SessionId, message: Of<'idChanged'>, now: number): void {
    if (this.#store.get(this.context, id) === undefined) {
      this.#wait(id, { ...message, id }, now);
    } else {
      this.#counters.applied++;
      this.#release(id, now);
    }
  }

  /** Whether a message of that stamp is about a session that has expired. */
  #isBuried(id: SessionId, stamp: Stamp): boolean {
    return this.#tombstones.coversLive(id, stamp, stamp.timestamp + this.#skewOf(stamp.sender));
  }

  #wait(id: SessionId, message: LiveMessage, now: number): void {
    if (this.#isBuried(id, message.stamp)) {
      this.#counters.buried++;
      return;
    }
    this.#counters.early++;
    this.#early.add(id, message, now);
    // Its connection is not held up: behind it may come the very state that it waits for.
    this.#giveUp(this.#early.takeOverflow());
  }

  #giveUp(messages: readonly LiveMessage[]): void {
    this.#counters.unknown += messages.length;
    for (const { id, stamp } of messages) {
      this.#givenUp.set(stamp.sender, { id, stamp });
    }
  }

  /** Hands out what has waited for the session. */
  #release(id: SessionId, now: number): void {
    for (const message of this.#early.take(id)) {
      if (message.type !== 'idChanged') {
        this.received(message, now);
      }
    }
  }

  #takeOver(record: SessionRecord, now: number, before?: SessionRecord): void {
    this.#tombstones.delete(record.id);
    this.#put(record, before);
    this.#emit({ type: 'sessionTransferred', context: this.context, id: record.id, at: now });
    this.#release(record.id, now);
  }

  #merge(record: SessionRecord, incoming: SessionRecord, hasNoteSlots: boolean, askedAt: number): void {
    const { id } = record;
    this.#counters.transferredSessions++;
    this.#order.setBase(id, this.#accessedAt(incoming));
    const merged = withTransfer(record, incoming, hasNoteSlots, this.#order.changedSince(id, askedAt));
    this.#put(merged, record);
    if (!sameContent(record, merged)) {
      this.#emit({ type: 'sessionTransferred', context: this.context, id, at: incoming.receivedAt });
    }
  }

  #end(record: SessionRecord, { reason, stamp }: Omit<Tombstone, 'creationTime'>, now: number): void {
    const { context, id, creationTime } = record;
    this.#delete(record);
    this.#order.forget(id);
    this.#tombstones.set(id, { reason, stamp, creationTime }, now);
    this.#emit({ type: 'sessionExpired', context, id, reason, at: now });
  }

  /** The session of that id, or of the id that it has now. */
  #find(id: SessionId): { readonly id: SessionId; readonly record: SessionRecord | undefined } {
    const record = this.#store.get(this.context, id);
    if (record !== undefined) {
      return { id, record };
    }
    const currentId = this.#aliases.currentId(id);
    if (currentId === id) {
      return { id, record };
    }
    this.#counters.redirected++;
    return { id: currentId, record: this.#store.get(this.context, currentId) };
  }

  /** When the last transferred copy was accessed on which the session rests, by our clock. */
  #baseOf(record: SessionRecord): number {
    return this.#order.base(record.id) ?? (this.isUnconfirmed(record) ? -Infinity : this.#accessedAt(record));
  }

  #put(record: SessionRecord, before: SessionRecord | undefined): void {
    this.#confirmation.replaced(before, record);
    this.#store.put(record);
  }

  #delete(record: SessionRecord): void {
    this.#confirmation.replaced(record, undefined);
    this.#store.delete(this.context, record.id);
  }

  /** When the session was last accessed, by our clock. */
  #accessedAt({ lastAccessedTime, source }: SessionRecord): number {
    return lastAccessedTime + this.#skewOf(source);
  }

  /**
   * When anything was last known to happen to the session, by our clock: the end of its last request, where it was served
   * (`StandardSession.endAccess`); when that became known, everywhere else.
   */
  #lastKnownOf({ lastAccessedTime, thisAccessedTime, source }: SessionRecord): number {
    return Math.max(lastAccessedTime, thisAccessedTime) + this.#skewOf(source);
  }

  #tell(id: SessionId, changes: readonly SessionChange[], now: number): void {
    for (const change of changes) {
      this.#emit({ ...change, context: this.context, id, at: now });
    }
  }
}
