import type { SessionId, SessionRecord, UniqueId } from '../../base/index.js';
import { idleDeadline } from '../idle-deadline.js';
import {
  importedSession,
  outcomeOf,
  type ImportOptions,
  type ImportOutcome,
} from '../moving/session-import.js';
import { confirmedAlso } from '../order/confirmers.js';
import {
  sameContent,
  transferredSession,
  withTransfer,
  type TransferredSession,
} from '../session-changes.js';
import type { SessionCounters } from '../session-counters.js';
import type { ContextSessions } from './context-sessions.js';
import type { LiveMessages } from './live-messages.js';

/** A member whose state is being taken in. */
export interface Donor {
  readonly uniqueId: UniqueId;
  /** A mirror has no users: that it has a session does not confirm it. */
  readonly mirror: boolean;
  /** Until when it has heard all that we have heard, by our time; -Infinity for a stranger. */
  readonly togetherUntil: number;
}

/** Takes in sessions that others had before us, and ends those that they do not have any more. */
export class SessionIntake {
  readonly #sessions: ContextSessions;
  readonly #live: Pick<LiveMessages, 'release'>;
  readonly #counters: SessionCounters;

  constructor(sessions: ContextSessions, live: Pick<LiveMessages, 'release'>) {
    this.#sessions = sessions;
    this.#live = live;
    this.#counters = sessions.counters;
  }

  /** See `DeltaManager.transferred`. */
  transferred(session: TransferredSession, donor: Donor, askedAt: number, now: number): void {
    const { id, record } = this.#sessions.find(session.id);
    const incoming = this.#incoming({ ...session, id }, donor, now);
    const accessedAt = this.#sessions.accessedAt(incoming);
    const deadline = idleDeadline(incoming, accessedAt);
    if (
      [session.id, id].some((each) =>
        this.#sessions.tombstones.coversTransferred(each, accessedAt, deadline, now),
      )
    ) {
      this.#counters.buried++;
    } else if (record === undefined) {
      this.#counters.transferredSessions++;
      // Of many that come together, few are in use; but what a mirror tells of is looked at again below.
      this.#takeOver(incoming, now, undefined, { isInUse: donor.mirror });
    } else if (this.#isOlder(incoming, record, donor)) {
      this.#counters.transferredOlder++;
      this.#confirm(record, donor, now);
    } else if (record.creationTime !== incoming.creationTime) {
      // Another session of the same id: it inherits nothing.
      this.#counters.transferredSessions++;
      this.#sessions.order.forget(id);
      this.#takeOver({ ...incoming, version: record.version + 1 }, now, record);
    } else {
      const merged = this.#merged(record, incoming, session.notes !== null, askedAt);
      this.#sessions.put(merged, record, !donor.mirror);
      if (!sameContent(record, merged)) {
        this.#sessions.tell(id, 'sessionTransferred', incoming.receivedAt);
      }
    }
    if (donor.mirror) {
      this.#mirrored(id);
    }
  }

  /** See `DeltaManager.imported`. */
  imported(session: SessionRecord, options: ImportOptions, now: number): ImportOutcome {
    const { id, record } = this.#sessions.find(session.id);
    const incoming = { ...importedSession(session, options.asOf, now), id };
    const isBuried = [session.id, id].some((each) => this.#sessions.tombstones.has(each));
    if (isBuried && record === undefined && !options.overwrite) {
      return 'expired';
    }
    const outcome = outcomeOf(record, incoming, now, options.overwrite);
    if (!options.dryRun && (outcome === 'new' || outcome === 'replaced')) {
      this.#counters.importedSessions++;
      this.#sessions.order.forget(id);
      this.#takeOver(
        { ...incoming, version: Math.max(record?.version ?? 0, session.version) + 1 },
        now,
        record,
        { told: false },
      );
    }
    return outcome;
  }

  /** See `DeltaManager.endAbsent`. */
  *endAbsent(witnesses: readonly Donor[], now: number): Generator<void, void> {
    const byId = new Map(witnesses.map((witness) => [witness.uniqueId, witness]));
    for (const summary of this.#sessions.summaries()) {
      // It may have been heard of since the walk began.
      const record = this.#sessions.isUnconfirmed(summary) ? this.#sessions.get(summary.id) : undefined;
      if (record !== undefined && this.#sessions.isUnconfirmed(record) && this.#isMissed(record, byId)) {
        this.#counters.expiredAbsent++;
        this.#sessions.end(record, { reason: 'absent', stamp: null }, now);
      }
      yield;
    }
  }

  #mirrored(id: SessionId): void {
    const record = this.#sessions.get(id);
    if (record !== undefined) {
      this.#sessions.confirmation.mirrored(record);
    }
  }

  /** A session as the donor has it. What a mirror has is as old as its last access: that confirms nothing. */
  #incoming(session: TransferredSession, { uniqueId, mirror }: Donor, now: number): SessionRecord {
    const incoming = transferredSession(this.#sessions.context, session, uniqueId, now);
    if (!mirror) {
      return incoming;
    }
    const lastKnown = Math.min(this.#sessions.lastKnownOf(incoming), now);
    return { ...incoming, receivedAt: this.#sessions.confirmation.before(lastKnown) };
  }

  /** Whether a transferred copy tells less than what we have. */
  #isOlder(incoming: SessionRecord, record: SessionRecord, donor: Donor): boolean {
    if (!this.#sessions.confirmation.isUnheard(record)) {
      return this.#sessions.accessedAt(incoming) <= this.#sessions.baseOf(record);
    }
    const wentOn = record.confirmedBy.includes(donor.uniqueId) && record.receivedAt <= donor.togetherUntil;
    return !wentOn && this.#sessions.lastKnownOf(incoming) < this.#sessions.lastKnownOf(record);
  }

  /** The donor has the session, too. */
  #confirm(record: SessionRecord, { uniqueId, mirror }: Donor, now: number): void {
    const isConfirmed = !mirror && this.#sessions.isUnconfirmed(record);
    const receivedAt = isConfirmed ? now : record.receivedAt;
    const confirmedBy = record.confirmedBy.includes(uniqueId)
      ? record.confirmedBy
      : confirmedAlso(record.confirmedBy, uniqueId);
    if (isConfirmed || confirmedBy !== record.confirmedBy) {
      this.#sessions.put({ ...record, receivedAt, confirmedBy }, record, !mirror);
    }
  }

  /** `told`, `isInUse`: see `ContextSessions.put`. */
  #takeOver(
    record: SessionRecord,
    now: number,
    before?: SessionRecord,
    { told = true, isInUse = true } = {},
  ): void {
    this.#sessions.tombstones.delete(record.id);
    this.#sessions.put(record, before, told, isInUse);
    this.#sessions.tell(record.id, 'sessionTransferred', now);
    this.#live.release(record.id, now);
  }

  #merged(
    record: SessionRecord,
    incoming: SessionRecord,
    hasNoteSlots: boolean,
    askedAt: number,
  ): SessionRecord {
    const { id } = record;
    this.#counters.transferredSessions++;
    this.#sessions.order.setBase(id, this.#sessions.accessedAt(incoming));
    const changed = this.#sessions.order.changedSince(id, askedAt);
    return withTransfer(record, incoming, hasNoteSlots, changed);
  }

  /** Whether somebody does not have the session any more who had it. */
  #isMissed(
    { id, confirmedBy, receivedAt }: SessionRecord,
    witnesses: ReadonlyMap<UniqueId, Donor>,
  ): boolean {
    const isMirrored = this.#sessions.confirmation.isMirrored(id);
    return confirmedBy.some((member) => {
      const witness = witnesses.get(member);
      return witness !== undefined && receivedAt <= witness.togetherUntil && !(witness.mirror && isMirrored);
    });
  }
}
