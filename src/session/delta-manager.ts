import type { ContextName, SessionId, SessionRecord, UniqueId } from '../base/index.js';
import { idleDeadline } from './idle-deadline.js';
import { ContextSessions, type ContextSessionsParts } from './manager/context-sessions.js';
import { LiveMessages } from './manager/live-messages.js';
import { SessionIntake, type Donor } from './manager/session-intake.js';
import { WaitingMessages, type GivenUp } from './manager/waiting-messages.js';
import type { LiveMessage } from './message/live-message.js';
import type { ImportOptions, ImportOutcome } from './moving/session-import.js';
import type { StoredTombstone } from './order/tombstone-ledger.js';
import type { TransferredSession } from './session-changes.js';

export interface DeltaManagerParts extends ContextSessionsParts {
  /** Our own member, whose changes are ours; none where nothing is written. */
  readonly own?: () => UniqueId;
}

/**
 * The sessions of one context, as its DeltaManagers tell of them. Where Tomcat goes by arrival alone, this one goes by
 * the order in which each sender spoke: see `ChangeOrder`, `Aliases` and `EarlyMessages`.
 *
 * No I/O besides the store, no clock: `now` is our own time in epoch milliseconds, and does not run backwards.
 */
export class DeltaManager {
  readonly context: ContextName;
  readonly #sessions: ContextSessions;
  readonly #waiting: WaitingMessages;
  readonly #live: LiveMessages;
  readonly #intake: SessionIntake;

  constructor({ own, ...parts }: DeltaManagerParts) {
    this.context = parts.context;
    this.#sessions = new ContextSessions(parts);
    this.#waiting = new WaitingMessages(this.#sessions, parts.limits);
    this.#live = new LiveMessages(this.#sessions, this.#waiting, own);
    this.#intake = new SessionIntake(this.#sessions, this.#live);
  }

  /** Remembers a session that has expired in the run before; the oldest first. */
  restoreTombstone(stored: StoredTombstone): void {
    this.#sessions.tombstones.restore(stored);
  }

  /** Messages that wait for their sessions. */
  get waiting(): { readonly messages: number; readonly bytes: number } {
    return this.#waiting.size;
  }

  /** Whether there is a session of that id, or one that had it. */
  has(id: SessionId): boolean {
    return this.#sessions.get(this.#sessions.aliases.currentId(id)) !== undefined;
  }

  /** From now on, what has not been heard of since `now` is unconfirmed. */
  beginRound(now: number): void {
    this.#sessions.confirmation.begin(now, this.#sessions.size);
    this.#sessions.order.rebase(-Infinity);
  }

  /** Everybody has told what it has, and has been believed or not. */
  endRound(): void {
    this.#sessions.confirmation.end();
  }

  /** Number of sessions that nobody has told of since we began to ask. */
  get unconfirmed(): number {
    return this.#sessions.confirmation.unconfirmed;
  }

  isUnconfirmed(session: Pick<SessionRecord, 'id' | 'receivedAt'>): boolean {
    return this.#sessions.isUnconfirmed(session);
  }

  received(message: LiveMessage, now: number): void {
    this.#live.received(message, now);
  }

  /**
   * Takes a delta or an access that is not read yet, if it is in order and nobody hears of it: it is read when somebody asks
   * for the session. False: it is not taken, and is to be `received`.
   */
  deferred(id: SessionId, payload: Buffer | null, sender: UniqueId, timestamp: number, now: number): boolean {
    return this.#live.deferred(id, payload, sender, timestamp, now);
  }

  /**
   * Takes in one session of a state transfer. It does not bring back what has expired, and does not undo what has been
   * changed since the state was asked for; of two copies, the one that was accessed later wins, and the copy of whoever
   * went on with what we had.
   *
   * @param askedAt when the state was asked for, by our clock.
   */
  transferred(session: TransferredSession, donor: Donor, askedAt: number, now: number): void {
    this.#intake.transferred(session, donor, askedAt, now);
  }

  /**
   * Takes in one session of an archive. It does not bring back what has expired here; of two copies, the one that was
   * accessed later wins, unless what is there is to be overwritten.
   */
  imported(session: SessionRecord, options: ImportOptions, now: number): ImportOutcome {
    return this.#intake.imported(session, options, now);
  }

  /**
   * Expires the session if it has been idle for long enough.
   *
   * @param tomcatUntil see `idleDeadline`.
   */
  expireIdle(id: SessionId, now: number, tomcatUntil = Infinity): void {
    const record = this.#sessions.get(id);
    if (record !== undefined && idleDeadline(record, record.receivedAt, tomcatUntil) <= now) {
      this.#sessions.counters.expiredIdle++;
      this.#sessions.end(record, { reason: 'idle', stamp: null }, now);
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
  endAbsent(witnesses: readonly Donor[], now: number): Generator<void, void> {
    return this.#intake.endAbsent(witnesses, now);
  }

  /**
   * Forgets what need not be remembered any longer.
   *
   * @param transferring while states are being transferred, messages wait for their sessions and changes are remembered.
   * @returns the last message of each sender of which something was given up, because the session did not come.
   */
  age(now: number, transferring: boolean): readonly GivenUp[] {
    this.#sessions.tombstones.age(now);
    this.#sessions.aliases.age(now);
    if (transferring) {
      return [];
    }
    this.#sessions.order.age(now);
    return this.#waiting.age(now);
  }
}
