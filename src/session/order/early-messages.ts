import type { SessionId, SessionLimits } from '../../base/index.js';
import type { LiveMessage } from '../message/live-message.js';

interface Waiting {
  readonly message: LiveMessage;
  readonly at: number;
}

const NONE: readonly LiveMessage[] = [];

/** Messages that came before their session. They are handed out when it comes, or given up. */
export class EarlyMessages {
  readonly #maxAgeMs: number;
  readonly #maxBytes: number;
  readonly #maxMessages: number;
  /** In the order in which the first message of each session came. */
  readonly #bySession = new Map<SessionId, Waiting[]>();
  #messages = 0;
  #bytes = 0;

  constructor(limits: Pick<SessionLimits, 'earlyMs' | 'maxEarlyBytes' | 'maxEarlyMessages'>) {
    this.#maxAgeMs = limits.earlyMs;
    this.#maxBytes = limits.maxEarlyBytes;
    this.#maxMessages = limits.maxEarlyMessages;
  }

  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get #isOver(): boolean {
    return this.#bytes > this.#maxBytes || this.#messages > this.#maxMessages;
  }

  add(id: SessionId, message: LiveMessage, now: number): void {
    const waiting = this.#bySession.get(id);
    if (waiting === undefined) {
      this.#bySession.set(id, [{ message, at: now }]);
    } else {
      waiting.push({ message, at: now });
    }
    this.#messages++;
    this.#bytes += message.bytes;
  }

  /** Everything that waits for `id`, in the order of its arrival; it waits no longer. */
  take(id: SessionId): readonly LiveMessage[] {
    const waiting = this.#bySession.get(id);
    if (waiting === undefined) {
      return NONE;
    }
    this.#bySession.delete(id);
    this.#messages -= waiting.length;
    for (const { message } of waiting) {
      this.#bytes -= message.bytes;
    }
    return waiting.map(({ message }) => message);
  }

  /** What waits for `from` waits for `to`. */
  rename(from: SessionId, to: SessionId, now: number): void {
    for (const message of this.take(from)) {
      this.add(to, message, now);
    }
  }

  /** Gives up what has waited too long. */
  takeOverdue(now: number): readonly LiveMessage[] {
    const overdue: LiveMessage[] = [];
    for (const [id, [first]] of this.#bySession) {
      if (first !== undefined && now - first.at < this.#maxAgeMs) {
        break;
      }
      overdue.push(...this.take(id));
    }
    return overdue;
  }

  /** Gives up what came first, until no more waits than may. */
  takeOverflow(): readonly LiveMessage[] {
    const overflow: LiveMessage[] = [];
    for (const id of this.#bySession.keys()) {
      if (!this.#isOver) {
        break;
      }
      overflow.push(...this.take(id));
    }
    return overflow;
  }
}
