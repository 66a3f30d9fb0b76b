import { isTribesError, LogThrottle, messageOf, type Clock, type Logger } from '../base/index.js';
import type { Member } from '../membership/index.js';
import {
  isJavaStream,
  probeOf,
  SEND_OPTIONS,
  type ChannelData,
  type MemberPackage,
  type Probe,
} from '../wire/index.js';
import type { ChannelListener, ReceivedMessage } from './channel.js';

export interface MessageDeliveryParts {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Says whether the message is one of RPC. */
  readonly rpc: { messageReceived(message: ReceivedMessage): Promise<boolean> };
  /** The member that a header names: the one in the list, or else one made of the header. */
  readonly memberOf: (info: MemberPackage) => Member;
}

/** The top of the stack, on the way up: hands a message to whoever takes it (GroupChannel.messageReceived). */
export class MessageDelivery {
  readonly #logger: Logger;
  readonly #rpc: MessageDeliveryParts['rpc'];
  readonly #memberOf: (info: MemberPackage) => Member;
  readonly #complaints: LogThrottle;
  readonly #listeners: ChannelListener[] = [];
  readonly #counts = { undecodable: 0, unaccepted: 0, failed: 0 };
  readonly #swallowed: Record<Probe, number> = {
    TCP_FAIL_DETECT: 0,
    TCP_PING_DATA: 0,
    MEMBER_START: 0,
    MEMBER_STOP: 0,
  };

  constructor({ clock, logger, rpc, memberOf }: MessageDeliveryParts) {
    this.#logger = logger;
    this.#rpc = rpc;
    this.#memberOf = memberOf;
    this.#complaints = new LogThrottle(clock, { logger });
  }

  get listeners(): readonly ChannelListener[] {
    return this.#listeners;
  }

  add(listener: ChannelListener): void {
    this.#listeners.push(listener);
  }

  get counts(): Readonly<Record<'undecodable' | 'unaccepted' | 'failed', number>> {
    return { ...this.#counts };
  }

  get swallowed(): Readonly<Record<Probe, number>> {
    return { ...this.#swallowed };
  }

  /** Rejects when processing failed, not when nobody understands or wants the message: Tomcat acknowledges those. */
  async deliver(data: ChannelData): Promise<void> {
    const probe = probeOf(data.message);
    if (probe !== null) {
      this.#swallowed[probe]++;
      return;
    }
    const message = this.#received(data);
    if (!message.isByteMessage && !isJavaStream(message.payload)) {
      this.#undecodable(message, 'it is not a Java object stream');
      return;
    }
    try {
      await this.#offer(message);
    } catch (error) {
      this.#offerFailed(message, error);
    }
  }

  async #offer(message: ReceivedMessage): Promise<void> {
    let taken = !message.isByteMessage && (await this.#rpc.messageReceived(message));
    for (const listener of this.#listeners) {
      const took = await listener.messageReceived(message);
      taken ||= took;
    }
    if (!taken) {
      this.#counts.unaccepted++;
      this.#complain('debug', message, 'nobody takes this message', {});
    }
  }

  #offerFailed(message: ReceivedMessage, error: unknown): void {
    if (isAboutContent(error)) {
      this.#undecodable(message, messageOf(error));
      return;
    }
    this.#counts.failed++;
    // The receiver, which is told, warns of it.
    this.#complain('debug', message, 'a message could not be processed', { error: messageOf(error) });
    throw error;
  }

  #undecodable(message: ReceivedMessage, why: string): void {
    this.#counts.undecodable++;
    this.#complain('warn', message, 'a message could not be understood', { why });
  }

  #complain(level: 'debug' | 'warn', message: ReceivedMessage, text: string, fields: object): void {
    const { sender, options, payload } = message;
    const times = this.#complaints.admit(`${text} ${sender.key}`);
    if (times > 0) {
      this.#logger[level]({ sender: sender.name, options, bytes: payload.length, times, ...fields }, text);
    }
  }

  #received({ member, message, options, timestamp, uniqueId }: ChannelData): ReceivedMessage {
    return {
      payload: message,
      isByteMessage: (options & SEND_OPTIONS.BYTE_MESSAGE) !== 0,
      sender: this.#memberOf(member),
      options,
      timestamp: Number(timestamp),
      uniqueId,
    };
  }
}

/** The areas of the error table that are about what a message says, not about what became of it here. */
function isAboutContent(error: unknown): boolean {
  return isTribesError(error) && /^TRIBES_E_(JAVA|WIRE|SESSION)_/.test(error.code);
}
