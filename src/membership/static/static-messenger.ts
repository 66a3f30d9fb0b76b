import type { StaticMemberMessage } from '../../wire/index.js';
import type { Member } from '../member.js';

/** What comes to a static membership from the others. */
export interface StaticMessageHandler {
  /** A START or PING; the answer, or undefined while this membership does not run. */
  requested(message: StaticMemberMessage): StaticMemberMessage | undefined;
  /** A STOP. */
  told(message: StaticMemberMessage): void;
}

export interface AskOptions {
  readonly timeoutMs: number;
  readonly onAnswer: (answer: StaticMemberMessage) => void;
}

/** How a static membership talks to the others: over the channel that it is part of. */
export interface StaticMessenger {
  /** From now on what carries `membershipId` goes to `handler`. */
  listen(membershipId: Buffer, handler: StaticMessageHandler): void;
  /**
   * Asks each of `destinations`. Resolves when all have answered or cannot be reached, or when the time is over; answers
   * that come later still go to `onAnswer`. Never rejects.
   */
  ask(
    destinations: readonly Member[],
    message: StaticMemberMessage,
    options: AskOptions,
  ): Promise<{ readonly faulty: readonly Member[] }>;
  /** Resolves when it has been sent, or could not be. Never rejects. */
  tell(destinations: readonly Member[], message: StaticMemberMessage): Promise<void>;
}
