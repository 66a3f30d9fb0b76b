import type { SessionAtHand, SessionId, SessionRecord } from '../../base/index.js';

/**
 * Which sessions somebody else has told of since we began to ask, and how many none has. Those may have ended while we
 * were away: they are kept and handed on, and shown as what they are.
 */
export class Confirmation {
  #since = -Infinity;
  #unconfirmed = 0;
  /** Unconfirmed sessions that a mirror has listed since. */
  readonly #mirrored = new Set<SessionId>();
  /** Unconfirmed sessions that have been heard of since, but of nobody who serves users: changed by us, or by a mirror. */
  readonly #untold = new Set<SessionId>();

  /** From now on, what was heard of before `now` is unconfirmed: `sessions` of them. -Infinity: nothing is. */
  begin(now: number, sessions: number): void {
    this.#since = now;
    this.#unconfirmed = now === -Infinity ? 0 : sessions;
    this.#mirrored.clear();
    this.#untold.clear();
  }

  /** Everybody has told what it has. */
  end(): void {
    this.#mirrored.clear();
  }

  /** A mirror has listed the session. */
  mirrored(record: SessionRecord): void {
    if (this.isUnconfirmed(record)) {
      this.#mirrored.add(record.id);
    }
  }

  isMirrored(id: SessionId): boolean {
    return this.#mirrored.has(id);
  }

  /** The latest time of receipt at which a session is unconfirmed; `at` where none is. */
  before(at: number): number {
    return this.#since === -Infinity ? at : Math.min(at, this.#since - 1);
  }

  /** Number of sessions that nobody has told of. */
  get unconfirmed(): number {
    return this.#unconfirmed;
  }

  isUnconfirmed(session: Pick<SessionRecord, 'id' | 'receivedAt'>): boolean {
    return this.isUnheard(session) || this.#untold.has(session.id);
  }

  /** Whether nothing has been heard of it since, not even a change of our own. */
  isUnheard({ receivedAt }: Pick<SessionRecord, 'receivedAt'>): boolean {
    return receivedAt < this.#since;
  }

  /**
   * A session was stored, or deleted (undefined), in place of another, or of none (undefined).
   *
   * @param told whether a Tomcat tells of it: what it does not tell of is not confirmed by being changed.
   */
  replaced(before: SessionAtHand | undefined, after: SessionAtHand | undefined, told = true): void {
    if (this.#since === -Infinity) {
      return;
    }
    const counted = this.#count(before);
    const staysUntold = !told && (counted === 1 || before?.creationTime !== after?.creationTime);
    if (before !== undefined) {
      this.#untold.delete(before.id);
    }
    if (after !== undefined && staysUntold && !this.isUnheard(after)) {
      this.#untold.add(after.id);
    }
    this.#unconfirmed += this.#count(after) - counted;
    if (before !== undefined && (after === undefined || !this.isUnconfirmed(after))) {
      this.#mirrored.delete(before.id);
    }
  }

  #count(record: SessionAtHand | undefined): number {
    return record !== undefined && this.isUnconfirmed(record) ? 1 : 0;
  }
}
