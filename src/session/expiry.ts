import {
  messageOf,
  type ContextName,
  type Logger,
  type SessionId,
  type SessionRecord,
  type SessionStore,
  type SessionSummary,
} from '../base/index.js';
import { idleDeadline } from './idle-deadline.js';
import type { Slices } from './slices.js';

/** What has sessions that expire. */
export interface ExpiringManager {
  readonly context: ContextName;
  /** Expires the session if it has been idle for long enough. */
  expireIdle(id: SessionId, now: number, tomcatUntil: number): void;
}

export interface ExpiryParts {
  readonly store: Pick<SessionStore, 'summaries'>;
  readonly managers: Iterable<ExpiringManager>;
  readonly slices: Slices;
  readonly logger: Logger;
  /** Our time, as the managers are given it. */
  readonly now: () => number;
  /** Until when a session may have been accessed: see `idleDeadline`. */
  readonly tomcatUntil: () => number;
}

/** Sweeps do not follow each other sooner than that, in milliseconds (`backgroundProcessorDelay` of a Tomcat). */
const SWEEP_PAUSE_MS = 10_000;

/**
 * Expires sessions by idle time. It walks over all of them, in slices, but only when the earliest deadline that it knows
 * of has come: accesses only move deadlines on.
 */
export class Expiry {
  readonly #parts: ExpiryParts;
  #earliest = -Infinity;
  #sweptAt = -Infinity;
  #sweep: Promise<void> | null = null;
  #stopped = false;

  constructor(parts: ExpiryParts) {
    this.#parts = parts;
  }

  /** A session was stored. */
  noticed(session: Pick<SessionRecord, 'maxInactiveInterval' | 'receivedAt'>): void {
    this.#earliest = Math.min(this.#earliest, this.#deadlineOf(session));
  }

  /** Tomcats have come or gone, which moves every deadline. */
  presenceChanged(): void {
    this.#earliest = -Infinity;
  }

  /** Whether the session has been idle for so long that it must not be handed on. */
  isOver(session: Pick<SessionSummary, 'maxInactiveInterval' | 'receivedAt'>): boolean {
    return this.#deadlineOf(session) <= this.#parts.now();
  }

  #deadlineOf(session: Pick<SessionSummary, 'maxInactiveInterval' | 'receivedAt'>): number {
    return idleDeadline(session, session.receivedAt, this.#parts.tomcatUntil());
  }

  /** The sweep that is going on. Never rejects. */
  get sweep(): Promise<void> | null {
    return this.#sweep;
  }

  /** Begins a sweep when one is due. */
  tick(): void {
    const now = this.#parts.now();
    if (this.#sweep === null && now >= this.#earliest && now - this.#sweptAt >= SWEEP_PAUSE_MS) {
      this.#sweptAt = now;
      this.#sweep = this.#walk().finally(() => {
        this.#sweep = null;
      });
    }
  }

  /** Ends a sweep that is going on. */
  stop(): void {
    this.#stopped = true;
  }

  async #walk(): Promise<void> {
    const { managers, logger } = this.#parts;
    // From here on, `noticed` adds what is stored while the walk goes on.
    this.#earliest = Infinity;
    try {
      for (const manager of managers) {
        await this.#walkContext(manager);
      }
    } catch (error) {
      this.#earliest = -Infinity;
      logger.error({ error: messageOf(error) }, 'expiring idle sessions failed; it is tried again');
    }
  }

  async #walkContext(manager: ExpiringManager): Promise<void> {
    const { store, slices, now } = this.#parts;
    await slices.forEach(
      store.summaries(manager.context),
      (summary) => {
        const deadline = this.#deadlineOf(summary);
        if (deadline <= now()) {
          manager.expireIdle(summary.id, now(), this.#parts.tomcatUntil());
        } else {
          this.#earliest = Math.min(this.#earliest, deadline);
        }
      },
      () => !this.#stopped,
    );
  }
}
