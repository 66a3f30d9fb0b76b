import { LogThrottle, messageOf, type Clock, type Logger } from '../base/index.js';
import type { ChannelData } from '../wire/index.js';
import type { Supervisor } from './supervisor.js';

export interface BroadcastIntakeParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tasks: Supervisor;
  /** Bytes of messages that are being processed; see ChannelLimits. */
  readonly maxBytes: number;
  readonly process: (message: ChannelData) => void | Promise<void>;
}

/** What a message occupies beside its bytes, so that small ones count too. */
const MESSAGE_BYTES = 1024;

/**
 * Takes messages that were sent to everybody on the multicast group. Nobody waits for their processing, so that nobody
 * can be held up either: while too much is being processed, further ones are dropped.
 */
export class BroadcastIntake {
  readonly #parts: BroadcastIntakeParts;
  readonly #complaints: LogThrottle;
  #bytes = 0;
  #dropped = 0;

  constructor(parts: BroadcastIntakeParts) {
    this.#parts = parts;
    this.#complaints = new LogThrottle(parts.clock, { logger: parts.logger });
  }

  get dropped(): number {
    return this.#dropped;
  }

  received(message: ChannelData): void {
    const { maxBytes, tasks } = this.#parts;
    if (this.#bytes > maxBytes) {
      this.#dropped++;
      this.#warn('a multicast message is dropped: channel.maxBroadcastBytes are being processed', {
        maxBytes,
      });
      return;
    }
    tasks.run('broadcast', () => this.#process(message));
  }

  async #process(message: ChannelData): Promise<void> {
    const bytes = message.message.length + MESSAGE_BYTES;
    this.#bytes += bytes;
    try {
      await this.#parts.process(message);
    } catch (error) {
      // Nobody waits for an acknowledgement: this is the last to hear of it.
      this.#warn('a multicast message could not be processed', { error: messageOf(error) });
    } finally {
      this.#bytes -= bytes;
    }
  }

  #warn(text: string, fields: object): void {
    const times = this.#complaints.admit(text);
    if (times > 0) {
      this.#parts.logger.warn({ ...fields, times }, text);
    }
  }
}
