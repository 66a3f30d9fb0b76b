import { Fifo } from '../base/index.js';
import { ACK_FRAME, ACK_OPTIONS, FAIL_ACK_FRAME, SEND_OPTIONS } from '../wire/index.js';

/** What a sender is owed for one message, once it is known. */
export interface Reply {
  frame: Buffer | undefined;
}

/**
 * Replies of one connection, in the order of its messages, since they carry no id (`NioReplicationTask.drainChannel`):
 *
 * | options & 0x06 | reply |
 * |---|---|
 * | USE_ACK | ACK before the message is processed |
 * | USE_ACK and SYNCHRONIZED_ACK | ACK after it, or FAIL_ACK |
 * | neither, or SYNCHRONIZED_ACK alone | none |
 */
export class Acknowledgements {
  readonly #owed = new Fifo<Reply>();
  readonly #write: (frames: readonly Buffer[]) => void;

  /** @param write gets replies that may leave together. */
  constructor(write: (frames: readonly Buffer[]) => void) {
    this.#write = write;
  }

  /** A message has come. What it returns is passed to `processed` later. */
  received(options: number): Reply | undefined {
    switch (options & ACK_OPTIONS) {
      case SEND_OPTIONS.USE_ACK:
        return this.#owe(ACK_FRAME);
      case ACK_OPTIONS:
        return this.#owe(undefined);
      default:
        return undefined;
    }
  }

  /** The message has been processed, or that failed. */
  processed(reply: Reply | undefined, succeeded: boolean): void {
    if (reply !== undefined) {
      reply.frame ??= succeeded ? ACK_FRAME : FAIL_ACK_FRAME;
    }
  }

  /** Writes what is known, as far as it is known of all messages before. */
  flush(): void {
    const frames: Buffer[] = [];
    for (let frame = this.#owed.first?.frame; frame !== undefined; frame = this.#owed.first?.frame) {
      this.#owed.shift();
      frames.push(frame);
    }
    if (frames.length > 0) {
      this.#write(frames);
    }
  }

  #owe(frame: Buffer | undefined): Reply {
    const reply = { frame };
    this.#owed.push(reply);
    return reply;
  }
}
