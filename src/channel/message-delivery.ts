import {
  isTribesError,
  LogThrottle,
  messageOf,
  type Clock,
  type Logger,
  type UniqueId,
} from '../base/index.js';
import type { Member } from '../membership/index.js';
import {
  isJavaStream,
  probeOf,
  sentAt,
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
  readonly rpc: { messageReceived(message: ReceivedMessage): boolean | Promise<boolean> };
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

  /**
   * Throws or rejects when processing failed, not when nobody understands or wants the message: Tomcat acknowledges
   * those. There is a promise only if somebody who takes the message returns one.
   */
  deliver(data: ChannelData): void | Promise<void> {
    const probe = probeOf(data.message);
    if (probe !== null) {
      this.#swallowed[probe]++;
      return;
    }
    const message = new DeliveredMessage(data, this.#memberOf(data.member));
    if (!message.isByteMessage && !isJavaStream(message.payload)) {
      this.#undecodable(message, 'it is not a Java object stream');
      return;
    }
    try {
      const offering = this.#offer(message);
      return offering instanceof Promise
        ? offering.catch((error: unknown) => this.#offerFailed(message, error))
        : undefined;
    } catch (error) {
      this.#offerFailed(message, error);
    }
  }

  #offer(message: ReceivedMessage): void | Promise<void> {
    const isCall = !message.isByteMessage && this.#rpc.messageReceived(message);
    return isCall instanceof Promise
      ? isCall.then((taken) => this.#offerFrom(0, message, taken))
      : this.#offerFrom(0, message, isCall);
  }

  /** Asks the listeners one after the other, beginning with the one at `index`. */
  #offerFrom(index: number, message: ReceivedMessage, taken: boolean): void | Promise<void> {
    const listener = this.#listeners[index];
    if (listener === undefined) {
      this.#offered(message, taken);
      return;
    }
    const takes = listener.messageReceived(message);
    return takes instanceof Promise
      ? takes.then((took) => this.#offerFrom(index + 1, message, taken || took))
      : this.#offerFrom(index + 1, message, taken || takes);
  }

  #offered(message: ReceivedMessage, taken: boolean): void {
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
}

class DeliveredMessage implements ReceivedMessage {
  readonly payload: Buffer;
  readonly isByteMessage: boolean;
  readonly sender: Member;
  readonly options: number;
  readonly timestamp: number;
  readonly #data: ChannelData;

  constructor(data: ChannelData, sender: Member) {
    this.payload = data.message;
    this.isByteMessage = (data.options & SEND_OPTIONS.BYTE_MESSAGE) !== 0;
    this.sender = sender;
    this.options = data.options;
    this.timestamp = sentAt(data);
    this.#data = data;
  }

  /** Seldom asked for, and made when it is. */
  get uniqueId(): UniqueId {
    return this.#data.uniqueId;
  }
}

/** The areas of the error table that are about what a message says, not about what became of it here. */
function isAboutContent(error: unknown): boolean {
  return isTribesError(error) && /^TRIBES_E_(JAVA|WIRE|SESSION)_/.test(error.code);
}
