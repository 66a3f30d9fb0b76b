import type { SessionId, SessionLimits, UniqueId } from '../../base/index.js';
import type { LiveMessage } from '../message/live-message.js';
import { EarlyMessages } from '../order/early-messages.js';
import type { SessionCounters } from '../session-counters.js';
import type { ContextSessions } from './context-sessions.js';

/** A message that was not heeded. */
export type GivenUp = Pick<LiveMessage, 'id' | 'stamp'>;

/** Messages that wait for their sessions, unless those have expired; and who has sent those that waited in vain. */
export class WaitingMessages {
  readonly #sessions: ContextSessions;
  readonly #counters: SessionCounters;
  readonly #early: EarlyMessages;
  /** By sender, until somebody asks for them. */
  readonly #givenUp = new Map<UniqueId, GivenUp>();

  constructor(sessions: ContextSessions, limits: SessionLimits) {
    this.#sessions = sessions;
    this.#counters = sessions.counters;
    this.#early = new EarlyMessages(limits);
  }

  get size(): { readonly messages: number; readonly bytes: number } {
    const { messages, bytes } = this.#early;
    return { messages, bytes };
  }

  add(id: SessionId, message: LiveMessage, now: number): void {
    if (this.#sessions.isBuried(id, message.stamp)) {
      this.#counters.buried++;
      return;
    }
    this.#counters.early++;
    this.#early.add(id, message, now);
    // Its connection is not held up: behind it may come the very state that it waits for.
    this.#giveUp(this.#early.takeOverflow());
  }

  /** Everything that waits for the session, in the order of its arrival; it waits no longer. */
  take(id: SessionId): readonly LiveMessage[] {
    return this.#early.take(id);
  }

  /** What waits for `from` waits for `to`. */
  rename(from: SessionId, to: SessionId, now: number): void {
    this.#early.rename(from, to, now);
  }

  /** The session has expired: what is about it waits no longer. */
  buried(id: SessionId, now: number): void {
    for (const message of this.#early.take(id)) {
      if (this.#sessions.isBuried(id, message.stamp)) {
        this.#counters.buried++;
      } else {
        this.#early.add(id, message, now);
      }
    }
  }

  /** Gives up what has waited too long; returns, for each sender, the last message given up since the last call. */
  age(now: number): readonly GivenUp[] {
    this.#giveUp(this.#early.takeOverdue(now));
    const givenUp = [...this.#givenUp.values()];
    this.#givenUp.clear();
    return givenUp;
  }

  #giveUp(messages: readonly LiveMessage[]): void {
    this.#counters.unknown += messages.length;
    for (const { id, stamp } of messages) {
      this.#givenUp.set(stamp.sender, { id, stamp });
    }
  }
}
