import { TribesError, type Timer } from '../base/index.js';
import { isAck, isFailAck } from '../wire/index.js';
import type { PeerConnectionOptions } from './peer-connection.js';

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly isAcknowledged: boolean;
}

export interface ReplyExchangeParts {
  readonly options: Pick<PeerConnectionOptions, 'clock' | 'name' | 'settings' | 'onStray'>;
  /** What was expected has not come within `timeout`: TRIBES_E_SEND_TIMEOUT. */
  readonly overdue: (error: TribesError) => void;
}

/** One message after the other over a connection: each is over when it is sent, or when its acknowledgement has come. */
export class ReplyExchange {
  readonly #parts: ReplyExchangeParts;
  #pending: Pending | undefined;
  #watchdog: Timer | undefined;

  constructor(parts: ReplyExchangeParts) {
    this.#parts = parts;
  }

  /** Whether what was begun is not over yet. */
  get isOpen(): boolean {
    return this.#pending !== undefined;
  }

  /** Resolves or rejects when it is over. Errors: TRIBES_E_SEND_FAIL_ACK, and what it is failed with. */
  begin(isAcknowledged: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject, isAcknowledged };
    });
  }

  /** The time-out begins anew, for this step of the destination. */
  expect(step: string): void {
    const { options, overdue } = this.#parts;
    const { clock, name, settings } = options;
    const { timeout } = settings;
    this.#watchdog?.cancel();
    this.#watchdog = clock.after(timeout, () =>
      overdue(new TribesError('TRIBES_E_SEND_TIMEOUT', { destination: name, step, timeout })),
    );
  }

  /**
   * A frame has come. One that is no acknowledgement is passed over, as by `NioSender.process`.
   *
   * @returns false for an acknowledgement that nobody had asked for.
   */
  replied(data: Buffer): boolean {
    const hasFailed = isFailAck(data);
    if (!hasFailed && !isAck(data)) {
      return true;
    }
    const { name, settings, onStray } = this.#parts.options;
    const pending = this.#pending;
    if (pending?.isAcknowledged !== true) {
      onStray(hasFailed);
      return false;
    }
    this.#pending = undefined;
    if (hasFailed && settings.throwOnFailedAck) {
      pending.reject(new TribesError('TRIBES_E_SEND_FAIL_ACK', { destination: name }));
    } else {
      pending.resolve();
    }
    return true;
  }

  /** All has been sent, and nothing is waited for. */
  sent(): void {
    this.#pending?.resolve();
  }

  fail(error: Error): void {
    this.#watchdog?.cancel();
    this.#pending?.reject(error);
  }

  /** Whoever began it has heard what came of it. */
  end(): void {
    this.#pending = undefined;
    this.#watchdog?.cancel();
  }
}
