import type { Member } from '../../membership/index.js';
import { encodeChannelDataHead, type ChannelData } from '../../wire/index.js';
import { ChannelInterceptorBase, type InterceptorContext } from '../channel-interceptor.js';
import type { SendOutcome } from '../channel.js';
import { optionFlag, wholeNumber, type AttributeValues } from './attributes.js';
import { defineInterceptor } from './interceptor-definition.js';

const attributes = {
  optionFlag: optionFlag(),
  /** Messages sent, and messages received, between two lines in the log. */
  interval: wholeNumber(1, 2 ** 31 - 1, 10_000),
} as const;

/** What a frame has around its data. */
const FRAME_OVERHEAD = 18;

/** Counts and measures what passes. Bytes are those of frames, as in Tomcat. */
export class ThroughputInterceptor extends ChannelInterceptorBase {
  readonly name = 'ThroughputInterceptor';
  readonly #context: InterceptorContext;
  readonly #interval: number;
  readonly #counts = {
    messagesSent: 0,
    messagesReceived: 0,
    bytesSent: 0,
    applicationBytesSent: 0,
    bytesReceived: 0,
    errors: 0,
    sendMs: 0,
    receiveMs: 0,
  };

  constructor(context: InterceptorContext, settings: AttributeValues<typeof attributes>) {
    super(settings.optionFlag);
    this.#context = context;
    this.#interval = settings.interval;
  }

  override async sendMessage(destinations: readonly Member[], message: ChannelData): Promise<SendOutcome> {
    const begin = this.#context.clock.monotonic();
    const bytes = frameLength(message);
    const outcome = await this.lower.sendMessage(destinations, message);
    const counts = this.#counts;
    counts.sendMs += this.#context.clock.monotonic() - begin;
    counts.errors += outcome.faulty.length;
    counts.bytesSent += bytes * destinations.length;
    counts.applicationBytesSent += bytes;
    if (++counts.messagesSent % this.#interval === 0) {
      this.#report();
    }
    return outcome;
  }

  override messageReceived(message: ChannelData): void | Promise<void> {
    const begin = this.#context.clock.monotonic();
    this.#counts.bytesReceived += frameLength(message);
    const processing = this.upper.messageReceived(message);
    if (processing instanceof Promise) {
      return processing.finally(() => this.#processed(begin));
    }
    this.#processed(begin);
  }

  #processed(begin: number): void {
    this.#counts.receiveMs += this.#context.clock.monotonic() - begin;
    if (++this.#counts.messagesReceived % this.#interval === 0) {
      this.#report();
    }
  }

  #report(): void {
    this.#context.logger.info({ ...this.#counts }, 'throughput');
  }

  override statistics(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }
}

function frameLength(message: ChannelData): number {
  return FRAME_OVERHEAD + encodeChannelDataHead(message).length + message.message.length;
}

export const throughputInterceptor = defineInterceptor({
  attributes,
  statistics: {
    counters: {
      messagesSent: 'Messages sent, whatever the number of members',
      messagesReceived: 'Messages received and processed',
      bytesSent: 'Bytes of the messages sent, counted for each member',
      applicationBytesSent: 'Bytes of the messages sent, counted once',
      bytesReceived: 'Bytes of the messages received',
      errors: 'Members that a message could not be delivered to',
      sendMs: 'Milliseconds that sending took',
      receiveMs: 'Milliseconds that processing took',
    },
    gauges: {},
  },
  create: (context, settings) => new ThroughputInterceptor(context, settings),
});
