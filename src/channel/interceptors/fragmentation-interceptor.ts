import { TribesError } from '../../base/index.js';
import { makeMember, type Member } from '../../membership/index.js';
import { probeOf, type ChannelData, withMessage } from '../../wire/index.js';
import { ChannelInterceptorBase, type InterceptorContext } from '../channel-interceptor.js';
import type { SendOutcome } from '../channel.js';
import { optionFlag, wholeNumber, type AttributeValues } from './attributes.js';
import { FragmentAssembler } from './fragment-assembler.js';
import { HeldBudget } from './held-budget.js';
import { defineInterceptor } from './interceptor-definition.js';

const attributes = {
  /** Only messages with it are cut; the byte at the end they all have. */
  optionFlag: optionFlag(),
  /** Bytes of a message that is not cut, and of a fragment. */
  maxSize: wholeNumber(1, 2 ** 31 - 1, 102_400),
  /** Milliseconds for which the rest of a message is waited for. */
  expire: wholeNumber(1, 2 ** 31 - 1, 60_000),
} as const;

const NOT_CUT = Buffer.from([0]);

/** Index, count and flag. */
const TRAILER_LENGTH = 4 + 4 + 1;

/**
 * Cuts large messages into several with the same unique id, each acknowledged by itself. A message ends with 00, a fragment with its index,
 * the number of fragments and 01. Unlike Tomcat's, it does not mix up fragments of different senders.
 */
export class FragmentationInterceptor extends ChannelInterceptorBase {
  readonly name = 'FragmentationInterceptor';
  readonly #context: InterceptorContext;
  readonly #settings: AttributeValues<typeof attributes>;
  readonly #budget: HeldBudget;
  readonly #assembler: FragmentAssembler;
  readonly #counts = { cut: 0, fragmentsSent: 0, fragmentsReceived: 0, assembled: 0, expired: 0, refused: 0 };

  constructor(context: InterceptorContext, settings: AttributeValues<typeof attributes>) {
    super(settings.optionFlag);
    this.#context = context;
    this.#settings = settings;
    this.#budget = new HeldBudget(this.name, context.limits);
    this.#assembler = new FragmentAssembler(context.limits, this.#budget);
  }

  override sendMessage(destinations: readonly Member[], message: ChannelData): Promise<SendOutcome> {
    if (message.message.length > this.#settings.maxSize && this.okToProcess(message.options)) {
      return this.#sendFragments(destinations, message);
    }
    return this.lower.sendMessage(
      destinations,
      withMessage(message, Buffer.concat([message.message, NOT_CUT])),
    );
  }

  /** One after the other; a member that has not taken one gets no more. */
  async #sendFragments(destinations: readonly Member[], message: ChannelData): Promise<SendOutcome> {
    const { maxSize } = this.#settings;
    const count = Math.ceil(message.message.length / maxSize);
    this.#counts.cut++;
    let delivered = destinations;
    const faulty: SendOutcome['faulty'][number][] = [];
    for (let index = 0; index < count && delivered.length > 0; index++) {
      const trailer = Buffer.alloc(TRAILER_LENGTH);
      trailer.writeInt32BE(index, 0);
      trailer.writeInt32BE(count, 4);
      trailer[8] = 1;
      const piece = message.message.subarray(index * maxSize, (index + 1) * maxSize);
      const fragment = withMessage(message, Buffer.concat([piece, trailer]));
      const outcome = await this.lower.sendMessage(delivered, fragment);
      this.#counts.fragmentsSent += delivered.length;
      delivered = outcome.delivered;
      faulty.push(...outcome.faulty);
    }
    return { delivered, faulty };
  }

  override messageReceived(message: ChannelData): void | Promise<void> {
    // A failure detector writes its probes past all interceptors.
    if (probeOf(message.message) === 'TCP_FAIL_DETECT') {
      return this.upper.messageReceived(message);
    }
    const bytes = message.message;
    const flag = bytes.at(-1);
    if (flag === 0) {
      return this.upper.messageReceived(withMessage(message, bytes.subarray(0, -1)));
    }
    const whole = this.#assemble(message, flag);
    if (whole !== null) {
      this.#counts.assembled++;
      return this.upper.messageReceived(withMessage(message, whole));
    }
  }

  #assemble(message: ChannelData, flag: number | undefined): Buffer | null {
    const bytes = message.message;
    const end = bytes.length - TRAILER_LENGTH;
    try {
      if (flag !== 1 || end < 0) {
        const problem = `it ends with ${bytes.subarray(-1).toString('hex') || 'nothing'}, not with 00 nor as a fragment`;
        throw new TribesError('TRIBES_E_CHANNEL_UNWRAP', { interceptor: this.name, problem });
      }
      this.#counts.fragmentsReceived++;
      const { member, uniqueId } = message;
      const { key, name } = makeMember(member);
      const fragment = {
        bytes: bytes.subarray(0, end),
        index: bytes.readInt32BE(end),
        count: bytes.readInt32BE(end + 4),
      };
      const source = { key, name, uniqueId };
      return this.#assembler.add(source, fragment, this.#context.clock.monotonic());
    } catch (error) {
      this.#counts.refused++;
      throw error;
    }
  }

  override heartbeat(): void {
    this.lower.heartbeat();
    const expired = this.#assembler.expire(this.#settings.expire, this.#context.clock.monotonic());
    if (expired > 0) {
      this.#counts.expired += expired;
      const { expire } = this.#settings;
      this.#context.logger.warn(
        { messages: expired, expire },
        'the rest of fragmented messages did not come',
      );
    }
  }

  override statistics(): Readonly<Record<string, number>> {
    const { messages, bytes } = this.#budget;
    return { ...this.#counts, heldFragments: messages, heldBytes: bytes };
  }
}

export const fragmentationInterceptor = defineInterceptor({
  attributes,
  statistics: {
    counters: {
      cut: 'Messages sent in fragments',
      fragmentsSent: 'Fragments sent, counted for each member',
      fragmentsReceived: 'Fragments received',
      assembled: 'Messages put together of fragments',
      expired: 'Messages given up, since their rest did not come',
      refused: 'Messages and fragments refused: not made by this interceptor, or beyond the limits',
    },
    gauges: {
      heldFragments: 'Fragments that wait for the rest of their message',
      heldBytes: 'Bytes of those fragments',
    },
  },
  create: (context, settings) => new FragmentationInterceptor(context, settings),
});
