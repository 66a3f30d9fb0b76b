import { LogThrottle, messageOf, TribesError } from '../../base/index.js';
import {
  makeMember,
  memberKey,
  type DisappearReason,
  type Member,
  type MemberKey,
} from '../../membership/index.js';
import { probeOf, type ChannelData, type MemberPackage, withMessage } from '../../wire/index.js';
import { ChannelInterceptorBase, type InterceptorContext } from '../channel-interceptor.js';
import type { SendOutcome } from '../channel.js';
import { optionFlag, trueOrFalse, wholeNumber, type AttributeValues } from './attributes.js';
import { DeliveryLine } from './delivery-line.js';
import { HeldBudget } from './held-budget.js';
import { defineInterceptor } from './interceptor-definition.js';
import { MessageSequence, type SequenceStep } from './message-sequence.js';

const attributes = {
  optionFlag: optionFlag(),
  /** Milliseconds for which a message waits for those before it. */
  expire: wholeNumber(1, 2 ** 31 - 1, 3000),
  /** Whether a message that has waited so long, or for which there is no room, is delivered; else it is dropped. */
  forwardExpired: trueOrFalse(true),
  /** Messages of one member that wait; never more than `channel.maxHeldMessages`. */
  maxQueue: wholeNumber(0, 2 ** 31 - 1, 2 ** 31 - 1),
} as const;

/** The number at the end of a message. */
const NUMBER_LENGTH = 4;

/** A message without its number. */
interface Letter {
  message: ChannelData;
  /** Whether the budget knows of it. */
  isHeld: boolean;
}

interface Sender {
  readonly key: MemberKey;
  readonly name: string;
  readonly sequence: MessageSequence<Letter>;
  readonly line: DeliveryLine<Letter>;
}

/**
 * Delivers the messages of each member in the order in which they were sent. Unlike Tomcat's, it also looks at each heartbeat whether a
 * message has waited for too long.
 */
export class OrderInterceptor extends ChannelInterceptorBase {
  readonly name = 'OrderInterceptor';
  readonly #context: InterceptorContext;
  readonly #settings: AttributeValues<typeof attributes>;
  readonly #budget: HeldBudget;
  readonly #complaints: LogThrottle;
  readonly #lastSent = new Map<MemberKey, number>();
  readonly #senders = new Map<MemberKey, Sender>();
  readonly #counts = { outOfOrder: 0, forwarded: 0, dropped: 0, refused: 0 };

  constructor(context: InterceptorContext, settings: AttributeValues<typeof attributes>) {
    super(settings.optionFlag);
    this.#context = context;
    const maxQueue = Math.min(settings.maxQueue, context.limits.maxHeldMessages);
    this.#settings = { ...settings, maxQueue };
    this.#complaints = new LogThrottle(context.clock, { logger: context.logger });
    this.#budget = new HeldBudget(this.name, context.limits);
  }

  /** Once for each destination, since each counts for itself. A number is used up even when the member does not take the message. */
  override async sendMessage(destinations: readonly Member[], message: ChannelData): Promise<SendOutcome> {
    if (!this.okToProcess(message.options)) {
      return this.lower.sendMessage(destinations, message);
    }
    const sends = destinations.map((member) => {
      const number = ((this.#lastSent.get(member.key) ?? 0) + 1) | 0;
      this.#lastSent.set(member.key, number);
      const trailer = Buffer.alloc(NUMBER_LENGTH);
      trailer.writeInt32BE(number);
      const numbered = withMessage(message, Buffer.concat([message.message, trailer]));
      return this.lower.sendMessage([member], numbered);
    });
    const outcomes = await Promise.all(sends);
    return {
      delivered: outcomes.flatMap(({ delivered }) => delivered),
      faulty: outcomes.flatMap(({ faulty }) => faulty),
    };
  }

  override messageReceived(message: ChannelData): void | Promise<void> {
    // A failure detector writes its probes past all interceptors.
    if (!this.okToProcess(message.options) || probeOf(message.message) === 'TCP_FAIL_DETECT') {
      return this.upper.messageReceived(message);
    }
    const end = message.message.length - NUMBER_LENGTH;
    if (end < 0) {
      this.#counts.refused++;
      const problem = 'it is too short to have a number';
      throw new TribesError('TRIBES_E_CHANNEL_UNWRAP', { interceptor: this.name, problem });
    }
    const number = message.message.readInt32BE(end);
    const letter = { message: withMessage(message, message.message.subarray(0, end)), isHeld: false };
    const sender = this.#sender(message.member);
    return sender === undefined
      ? this.upper.messageReceived(letter.message)
      : sender.line.deliver(this.#due(sender, number, letter), letter);
  }

  /** Undefined when there are too many senders, members or not: their messages are delivered as they come. */
  #sender(info: MemberPackage): Sender | undefined {
    const key = memberKey(info);
    let sender = this.#senders.get(key);
    if (sender === undefined && (this.#senders.size < this.#context.maxMembers || this.#forgetStranger())) {
      const { name } = makeMember(info);
      sender = { key, name, sequence: new MessageSequence(this.#settings), line: this.#line(name) };
      this.#senders.set(key, sender);
    }
    return sender;
  }

  #line(name: string): DeliveryLine<Letter> {
    return new DeliveryLine(
      ({ message }) => this.upper.messageReceived(message),
      (error) => {
        const fields = { member: name, error: messageOf(error) };
        this.#context.logger.warn(fields, 'a message that had waited for its turn could not be processed');
      },
    );
  }

  #forgetStranger(): boolean {
    for (const [key, { sequence }] of this.#senders) {
      if (sequence.waiting === 0 && this.lower.member(key) === undefined) {
        return this.#senders.delete(key);
      }
    }
    return false;
  }

  #due(sender: Sender, number: number, letter: Letter): readonly Letter[] {
    const due = this.#released(sender, this.#step(sender, number, letter));
    const { length } = letter.message.message;
    if (due.includes(letter) || sender.sequence.waiting === 0) {
      return due;
    }
    if (!this.#budget.hasRoom(sender.key, length)) {
      return [...due, ...this.#drained(sender)];
    }
    this.#counts.outOfOrder++;
    this.#budget.take(sender, length);
    letter.isHeld = true;
    // A copy: what is held shall not hold all that came with it.
    letter.message = { ...letter.message, message: Buffer.from(letter.message.message) };
    return due;
  }

  #step(sender: Sender, number: number, letter: Letter): SequenceStep<Letter> {
    try {
      return sender.sequence.take(number, letter, this.#context.clock.monotonic());
    } catch (error) {
      this.#counts.refused++;
      throw error;
    }
  }

  #released({ key, name }: Sender, { due, dropped, overdue }: SequenceStep<Letter>): readonly Letter[] {
    for (const letter of [...due, ...dropped].filter(({ isHeld }) => isHeld)) {
      this.#budget.give(key, letter.message.message.length);
    }
    this.#counts.forwarded += overdue;
    this.#counts.dropped += dropped.length;
    if (overdue + dropped.length > 0) {
      const times = this.#complaints.admit(key);
      if (times > 0) {
        const fields = { member: name, forwarded: overdue, dropped: dropped.length, times };
        this.#context.logger.warn(fields, 'messages did not come in order, and are waited for no longer');
      }
    }
    return due;
  }

  #drained(sender: Sender): readonly Letter[] {
    const due = sender.sequence.drain();
    return this.#released(sender, { due, dropped: [], overdue: due.length });
  }

  /** Its messages, and the numbers of ours, begin anew when it comes back. */
  override memberDisappeared(member: Member, reason: DisappearReason): void {
    this.#lastSent.delete(member.key);
    const sender = this.#senders.get(member.key);
    if (sender !== undefined) {
      this.#senders.delete(member.key);
      this.#deliverBeside(sender, this.#drained(sender));
    }
    this.upper.memberDisappeared(member, reason);
  }

  override heartbeat(): void {
    this.lower.heartbeat();
    for (const sender of this.#senders.values()) {
      const step = sender.sequence.expire(this.#context.clock.monotonic());
      this.#deliverBeside(sender, this.#released(sender, step));
    }
  }

  #deliverBeside(sender: Sender, letters: readonly Letter[]): void {
    this.#context.tasks.run('order', async () => sender.line.deliver(letters));
  }

  /** The others hear that we have gone, and begin anew. */
  override async stop(level: number): Promise<void> {
    await this.lower.stop(level);
    this.#lastSent.clear();
    for (const sender of this.#senders.values()) {
      this.#released(sender, { due: sender.sequence.drain(), dropped: [], overdue: 0 });
    }
    this.#senders.clear();
  }

  override statistics(): Readonly<Record<string, number>> {
    const { messages, bytes } = this.#budget;
    return { ...this.#counts, heldMessages: messages, heldBytes: bytes };
  }
}

export const orderInterceptor = defineInterceptor({
  attributes,
  statistics: {
    counters: {
      outOfOrder: 'Messages that came before their turn',
      forwarded: 'Messages delivered although those before them had not come',
      dropped: 'Messages dropped because those before them had not come',
      refused: 'Messages refused: without a number, or with one that waits already',
    },
    gauges: {
      heldMessages: 'Messages that wait for those before them',
      heldBytes: 'Bytes of those messages',
    },
  },
  create: (context, settings) => new OrderInterceptor(context, settings),
});
