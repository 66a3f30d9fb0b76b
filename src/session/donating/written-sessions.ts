import type { SessionId } from '../../base/index.js';
import type { SessionEvent } from '../session-mirror.js';

/**
 * So many changes that the asker drops are heeded. They are those that were on their way when it asked; they go on without
 * end only where the clock of a member is further behind than is known.
 */
const MAX_HEEDED = 10_000;

/**
 * Which sessions of a context an asker has been sent, and what it has to be sent behind them: sessions that the walk over
 * the store may have missed; sessions, and ends of sessions, whose change the asker drops, being stamped before the moment
 * of its request.
 */
export class WrittenSessions {
  /** What was sent, by its id now: the id that it was sent under. The asker hears of changes of id itself. */
  readonly #sentAs = new Map<SessionId, SessionId>();
  /** To be written, for the first time or again. */
  readonly #due = new Set<SessionId>();
  /** Ids under which the asker has sessions that have ended. */
  readonly #over = new Set<SessionId>();
  /** Of what was sent, that of which something is to follow in deltas. */
  readonly #supplements = new Set<SessionId>();
  readonly #maxHeeded: number;
  #heeded = 0;
  #unheeded = 0;

  constructor(maxHeeded = MAX_HEEDED) {
    this.#maxHeeded = maxHeeded;
  }

  has(id: SessionId): boolean {
    return this.#sentAs.has(id);
  }

  /** The id under which the asker has the session, or is to get it. */
  sentAs(id: SessionId): SessionId {
    return this.#sentAs.get(id) ?? id;
  }

  /** Changes that the asker drops, and that were too many to be heeded. */
  get unheeded(): number {
    return this.#unheeded;
  }

  /** Whether something is still to be sent. */
  get isBehind(): boolean {
    return this.#due.size + this.#over.size + this.#supplements.size > 0;
  }

  /** The session is being sent as it is now. */
  wrote(id: SessionId, hasSupplement: boolean): void {
    this.#sentAs.set(id, this.sentAs(id));
    this.#due.delete(id);
    if (hasSupplement) {
      this.#supplements.add(id);
    }
  }

  /** The session is to be looked at again, behind all others. */
  postpone(id: SessionId): void {
    this.#due.add(id);
  }

  /** Something has happened; `dropped`: by a message that the asker drops. */
  noticed(event: SessionEvent, dropped: boolean): void {
    switch (event.type) {
      case 'sessionIdChanged':
        this.#renamed(event.id, event.newId, dropped);
        break;
      case 'sessionTransferred':
        if (!this.#sentAs.has(event.id)) {
          this.#due.add(event.id);
        }
        break;
      case 'sessionExpired':
        this.#ended(event.id, dropped);
        break;
      case 'sessionAccessed':
        break; // To load a session is an access (`DeltaManager.deserializeSessions`).
      default:
        if (dropped && !this.#due.has(event.id) && this.#isHeeded()) {
          this.#due.add(event.id);
        }
    }
  }

  /** What is to be written, until there is nothing left. */
  *takeDue(): Generator<SessionId, void> {
    yield* taken(this.#due);
  }

  *takeOver(): Generator<SessionId, void> {
    yield* taken(this.#over);
  }

  *takeSupplements(): Generator<SessionId, void> {
    yield* taken(this.#supplements);
  }

  #renamed(id: SessionId, newId: SessionId, dropped: boolean): void {
    const sentAs = this.#sentAs.get(id);
    const hasSupplement = this.#supplements.delete(id);
    const wasDue = this.#due.delete(id);
    this.#sentAs.delete(id);
    if (sentAs === undefined) {
      // It may stand under its new id where the walk has passed.
      this.#due.add(newId);
    } else if (dropped && this.#isHeeded()) {
      this.#over.add(sentAs);
      this.#due.add(newId);
    } else {
      this.#sentAs.set(newId, sentAs);
      if (hasSupplement) {
        this.#supplements.add(newId);
      }
      if (wasDue) {
        this.#due.add(newId);
      }
    }
  }

  #ended(id: SessionId, dropped: boolean): void {
    const sentAs = this.#sentAs.get(id);
    this.#due.delete(id);
    this.#supplements.delete(id);
    this.#sentAs.delete(id);
    if (sentAs !== undefined && dropped && this.#isHeeded()) {
      this.#over.add(sentAs).add(id);
    }
  }

  #isHeeded(): boolean {
    if (this.#heeded < this.#maxHeeded) {
      this.#heeded++;
      return true;
    }
    this.#unheeded++;
    return false;
  }
}

/** Also what is added meanwhile. */
function* taken(ids: Set<SessionId>): Generator<SessionId, void> {
  for (const id of ids) {
    ids.delete(id);
    yield id;
  }
}
