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
  readonly #owed: Reply[] = [];
  readonly #write: (frame: Buffer) => void;

  constructor(write: (frame: Buffer) => void) {
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
      this.#flush();
    }
  }

  #owe(frame: Buffer | undefined): Reply {
    const reply = { frame };
    this.#owed.push(reply);
    this.#flush();
    return reply;
  }

  #flush(): void {
    for (let frame = this.#owed[0]?.frame; frame !== undefined; frame = this.#owed[0]?.frame) {
      this.#owed.shift();
      this.#write(frame);
    }
  }
}
