import type { SessionId, SessionLimits } from '../../base/index.js';
import { AgedMap } from './aged-map.js';
import type { Stamp } from './change-order.js';
import type { ContextTombstones, StoredTombstone } from './tombstone-ledger.js';

export interface Tombstone {
  /** An EXPIRED message; or what we concluded ourselves: from idle time, or since nobody has the session any more. */
  readonly reason: 'message' | 'idle' | 'absent';
  /** Of the message; null for the other reasons. */
  readonly stamp: Stamp | null;
  /** Of the session that expired, where it was known. */
  readonly creationTime: number | null;
}

/**
 * A session that lives on so long after its end lives where nobody has heard of that: on the other side of a cut.
 * Milliseconds.
 */
const MISSED_MS = 30_000;

/** One that is remembered, and the number under which it rests; 0: it does not. */
interface Remembered extends Tombstone {
  readonly number: number;
}

/** Sessions that have expired, so that what was said before that does not bring them back. */
export class Tombstones {
  readonly #tombstones: AgedMap<SessionId, Remembered>;
  readonly #atRest: ContextTombstones | undefined;

  /** @param atRest where they rest beyond the end of the process; default: nowhere. */
  constructor(limits: Pick<SessionLimits, 'tombstoneMs' | 'maxTombstones'>, atRest?: ContextTombstones) {
    this.#atRest = atRest;
    this.#tombstones = new AgedMap(limits.tombstoneMs, limits.maxTombstones, (_, { number }) =>
      atRest?.forget(number),
    );
  }

  /** Sets one that was at rest; the oldest first. */
  restore({ id, tombstone, at, number }: StoredTombstone): void {
    this.#tombstones.set(id, remembered(tombstone, tombstone.creationTime, number), at);
  }

  has(id: SessionId): boolean {
    return this.#tombstones.get(id) !== undefined;
  }

  /** What was known of an earlier tombstone of the same id stays known: messages come twice. */
  set(id: SessionId, tombstone: Tombstone, now: number): void {
    const earlier = this.#tombstones.get(id);
    const creationTime = tombstone.creationTime ?? earlier?.creationTime ?? null;
    const number = this.#atRest?.keep(id, { ...tombstone, creationTime }, now) ?? 0;
    this.#tombstones.set(id, remembered(tombstone, creationTime, number), now);
    if (earlier !== undefined) {
      this.#atRest?.forget(earlier.number);
    }
  }

  delete(id: SessionId): void {
    const tombstone = this.#tombstones.get(id);
    if (tombstone !== undefined) {
      this.#tombstones.delete(id);
      this.#atRest?.annul(id, tombstone.number);
    }
  }

  age(now: number): void {
    this.#tombstones.age(now);
  }

  /** Whether a CREATED of that stamp is about the session that has expired, and not about a new one of the same id. */
  coversCreated(id: SessionId, created: Stamp): boolean {
    const tombstone = this.#tombstones.get(id);
    const stamp = tombstone?.stamp;
    return (
      tombstone?.creationTime === created.timestamp ||
      (stamp?.sender === created.sender && created.timestamp <= stamp.timestamp)
    );
  }

  /**
   * Whether any other message of that stamp is about the session that has expired. Where we only concluded that it had,
   * the message shows that we were wrong; and what the same sender says after the end is about a new session of that
   * id, whose CREATED is to come.
   *
   * @param saidAt when it was said, by our clock.
   */
  coversLive(id: SessionId, { sender, timestamp }: Stamp, saidAt: number): boolean {
    const stamp = this.#tombstones.get(id)?.stamp;
    return (
      stamp !== undefined &&
      stamp !== null &&
      !(stamp.sender === sender && stamp.timestamp < timestamp) &&
      !this.#missedBy(id, saidAt)
    );
  }

  /**
   * Whether a transferred copy that expires at `deadline` is to be left out. Where we only concluded that the session had
   * expired, a copy that is not idle shows that we were wrong.
   *
   * @param accessedAt when it was last accessed, by our clock.
   */
  coversTransferred(id: SessionId, accessedAt: number, deadline: number, now: number): boolean {
    const tombstone = this.#tombstones.get(id);
    return (
      tombstone !== undefined &&
      (deadline <= now || (tombstone.reason === 'message' && !this.#missedBy(id, accessedAt)))
    );
  }

  /** Whether somebody to whom something happened with the session at that time has missed its end, and goes on with it. */
  #missedBy(id: SessionId, at: number): boolean {
    return at > (this.#tombstones.setAt(id) ?? Infinity) + MISSED_MS;
  }
}

function remembered({ reason, stamp }: Tombstone, creationTime: number | null, number: number): Remembered {
  return { reason, stamp, creationTime, number };
}
