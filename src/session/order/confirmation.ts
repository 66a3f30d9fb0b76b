import type { SessionId, SessionRecord } from '../../base/index.js';

/**
 * Which sessions somebody else has told of since we began to ask, and how many none has. Those may have ended while we
 * were away: they are kept and handed on, and shown as what they are.
 */
export class Confirmation {
  #since = -Infinity;
  #unconfirmed = 0;
  /** Unconfirmed sessions that a mirror has listed since. */
  readonly #mirrored = new Set<SessionId>();

  /** From now on, what was heard of before `now` is unconfirmed: `sessions` of them. -Infinity: nothing is. */
  begin(now: number, sessions: number): void {
    this.#since = now;
    this.#unconfirmed = now === -Infinity ? 0 : sessions;
    this.#mirrored.clear();
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

  isUnconfirmed({ receivedAt }: Pick<SessionRecord, 'receivedAt'>): boolean {
    return receivedAt < this.#since;
  }

  /** A session was stored, or deleted (undefined), in place of another, or of none (undefined). */
  replaced(before: SessionRecord | undefined, after: SessionRecord | undefined): void {
    this.#unconfirmed += this.#count(after) - this.#count(before);
    if (before !== undefined && (after === undefined || !this.isUnconfirmed(after))) {
      this.#mirrored.delete(before.id);
    }
  }

  #count(record: SessionRecord | undefined): number {
    return record !== undefined && this.isUnconfirmed(record) ? 1 : 0;
  }
}
