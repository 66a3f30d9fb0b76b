import { Fifo, LogThrottle, messageOf, TribesError } from '../../base/index.js';
import { StartLevel, type DisappearReason, type Member, type MemberKey } from '../../membership/index.js';
import { SEND_OPTIONS, type ChannelData } from '../../wire/index.js';
import { ChannelInterceptorBase, type InterceptorContext } from '../channel-interceptor.js';
import type { SendOutcome } from '../channel.js';
import { trueOrFalse, wholeNumber, type AttributeValues } from './attributes.js';
import { defineInterceptor } from './interceptor-definition.js';

/** Attributes of MessageDispatchInterceptor, with Tomcat's names, units and defaults. */
const attributes = {
  /** Bytes that may wait, of messages and their headers. */
  maxQueueSize: wholeNumber(0, 2 ** 40, 64 * 2 ** 20),
  /** Whether a sender waits its turn when the queue is full, instead of failing. */
  alwaysSend: trueOrFalse(true),
} as const;

/** About threads, copies and the flag: the flag is always 8, and nothing here is shared that could be changed. */
const withoutEffect = ['optionFlag', 'useDeepClone', 'maxThreads', 'maxSpareThreads', 'keepAliveTime'];

export type MessageDispatchSettings = AttributeValues<typeof attributes>;

/** What a message to one member occupies beside its payload, so that empty messages count too. */
const LETTER_BYTES = 256;

/** Senders of a full queue wait, with alwaysSend, until the queue is this many times as full as it may be. */
const OVERFLOW_FACTOR = 2;

/** Milliseconds that a stop waits for what is queued; the other members hear of the stop only then. */
const FLUSH_TIMEOUT = 500;

/** A message and how many members have not had it yet: its payload rests once for all of them. */
interface Parcel {
  readonly message: ChannelData;
  undelivered: number;
}

/** A message on its way to one member. */
interface Letter {
  readonly member: Member;
  readonly parcel: Parcel;
  /** Told that the message was sent, or why not. */
  readonly settle: (failure: Error | null) => void;
}

/**
 * Queues messages with SEND_OPTIONS_ASYNCHRONOUS and returns at once. Each member has a queue of its own, sent one
 * message at a time: the order of messages to a member is kept (Tomcat's thread pool keeps none), and a slow member
 * holds up nobody else. The layers below therefore see a queued message once for each member.
 */
export class MessageDispatchInterceptor extends ChannelInterceptorBase {
  readonly name = 'MessageDispatchInterceptor';
  readonly #context: InterceptorContext;
  readonly #settings: MessageDispatchSettings;
  readonly #complaints: LogThrottle;
  /** A queue is there for as long as somebody works on it. */
  readonly #queues = new Map<MemberKey, Fifo<Letter>>();
  readonly #counts = { sent: 0, faulty: 0, discarded: 0, refused: 0, waited: 0 };
  #queuedMessages = 0;
  #queuedBytes = 0;
  #running = false;
  #whenEmpty: (() => void) | null = null;

  constructor(context: InterceptorContext, settings: MessageDispatchSettings) {
    super(SEND_OPTIONS.ASYNCHRONOUS);
    this.#context = context;
    this.#settings = settings;
    this.#complaints = new LogThrottle(context.clock, { logger: context.logger });
  }

  override sendMessage(destinations: readonly Member[], message: ChannelData): Promise<SendOutcome> {
    if (!this.#running || !isQueued(message.options) || destinations.length === 0) {
      return this.lower.sendMessage(destinations, message);
    }
    const { maxQueueSize, alwaysSend } = this.#settings;
    const size = message.message.length + LETTER_BYTES * destinations.length;
    if (this.#queuedBytes + size <= maxQueueSize) {
      this.#post(destinations, message, (member, failure) => this.#report(member, failure));
      return Promise.resolve({ delivered: destinations, faulty: [] });
    }
    if (alwaysSend && this.#queuedBytes <= maxQueueSize * OVERFLOW_FACTOR) {
      this.#counts.waited++;
      return this.#sendInTurn(destinations, message);
    }
    this.#counts.refused++;
    const cause = new TribesError('TRIBES_E_CHANNEL_QUEUE_FULL', {
      queued: this.#queuedBytes,
      size,
      maxQueueSize,
    });
    return Promise.resolve({ delivered: [], faulty: destinations.map((member) => ({ member, cause })) });
  }

  /** The sender waits; its message keeps its place behind those that are queued. */
  #sendInTurn(destinations: readonly Member[], message: ChannelData): Promise<SendOutcome> {
    const delivered: Member[] = [];
    const faulty: { member: Member; cause: Error }[] = [];
    return new Promise((resolve) => {
      this.#post(destinations, message, (member, cause) => {
        if (cause === null) {
          delivered.push(member);
        } else {
          faulty.push({ member, cause });
        }
        if (delivered.length + faulty.length === destinations.length) {
          resolve({ delivered, faulty });
        }
      });
    });
  }

  #post(
    destinations: readonly Member[],
    message: ChannelData,
    settle: (member: Member, failure: Error | null) => void,
  ): void {
    const parcel: Parcel = { message, undelivered: destinations.length };
    this.#queuedBytes += message.message.length;
    for (const member of destinations) {
      this.#queuedMessages++;
      this.#queuedBytes += LETTER_BYTES;
      this.#enqueue({ member, parcel, settle: (failure) => settle(member, failure) });
    }
  }

  #enqueue(letter: Letter): void {
    const { key } = letter.member;
    const queue = this.#queues.get(key);
    if (queue !== undefined) {
      queue.push(letter);
      return;
    }
    const fresh = new Fifo<Letter>();
    fresh.push(letter);
    this.#queues.set(key, fresh);
    this.#context.tasks.run('message dispatch', () => this.#work(key, fresh));
  }

  async #work(key: MemberKey, queue: Fifo<Letter>): Promise<void> {
    for (let letter = queue.shift(); letter !== undefined; letter = queue.shift()) {
      this.#settle(letter, await this.#send(letter));
    }
    this.#queues.delete(key);
    if (this.#queues.size === 0) {
      this.#whenEmpty?.();
    }
  }

  async #send({ member, parcel }: Letter): Promise<Error | null> {
    try {
      const { faulty } = await this.lower.sendMessage([member], parcel.message);
      return faulty[0]?.cause ?? null;
    } catch (error) {
      return error instanceof Error ? error : new Error(messageOf(error));
    }
  }

  #settle(letter: Letter, failure: Error | null): void {
    this.#queuedMessages--;
    this.#queuedBytes -= LETTER_BYTES;
    if (--letter.parcel.undelivered === 0) {
      this.#queuedBytes -= letter.parcel.message.message.length;
    }
    if (failure === null) {
      this.#counts.sent++;
    } else {
      this.#counts.faulty++;
    }
    letter.settle(failure);
  }

  /** Nobody waits for the outcome of a queued message: a failure is logged, once a minute for each member. */
  #report(member: Member, failure: Error | null): void {
    if (failure === null) {
      return;
    }
    const times = this.#complaints.admit(member.key);
    if (times > 0) {
      const fields = { member: member.name, error: messageOf(failure), times };
      this.#context.logger.warn(fields, 'a queued message could not be delivered');
    }
  }

  /** A member that has gone will not be there for its messages, nor should its successor at the same address get them. */
  override memberDisappeared(member: Member, reason: DisappearReason): void {
    this.#discard(member.key, 'the member left the cluster');
    this.upper.memberDisappeared(member, reason);
  }

  #discard(key: MemberKey, reason: string): void {
    const letters = this.#queues.get(key)?.drain() ?? [];
    for (const letter of letters) {
      this.#counts.discarded++;
      const member = letter.member.name;
      this.#settle(letter, new TribesError('TRIBES_E_CHANNEL_DISCARDED', { member, reason }));
    }
  }

  override async start(level: number): Promise<void> {
    await this.lower.start(level);
    if ((level & StartLevel.SND_TX) !== 0) {
      this.#running = true;
    }
  }

  /** From now on sends are synchronous, as in Tomcat; what is queued has half a second to go out. */
  override async stop(level: number): Promise<void> {
    if ((level & StartLevel.SND_TX) !== 0 && this.#running) {
      this.#running = false;
      await this.#flush();
      for (const key of this.#queues.keys()) {
        this.#discard(key, 'the channel was stopped');
      }
    }
    await this.lower.stop(level);
  }

  #flush(): Promise<void> {
    if (this.#queues.size === 0) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer = this.#context.clock.after(FLUSH_TIMEOUT, resolve);
      this.#whenEmpty = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  override statistics(): Readonly<Record<string, number>> {
    return { queuedMessages: this.#queuedMessages, queuedBytes: this.#queuedBytes, ...this.#counts };
  }
}

/** A multicast is one datagram for all, and is not waited for. */
function isQueued(options: number): boolean {
  return (options & (SEND_OPTIONS.ASYNCHRONOUS | SEND_OPTIONS.MULTICAST)) === SEND_OPTIONS.ASYNCHRONOUS;
}

export const messageDispatchInterceptor = defineInterceptor({
  attributes,
  withoutEffect,
  statistics: {
    counters: {
      sent: 'Queued messages sent, counted for each member',
      faulty: 'Queued messages that could not be delivered, counted for each member',
      discarded: 'Of those, the ones whose member had gone, or that were left when the channel stopped',
      refused: 'Messages refused since the queue was full',
      waited: 'Messages whose senders waited since the queue was full',
    },
    gauges: {
      queuedMessages: 'Messages in the queue, counted for each member',
      queuedBytes: 'Bytes in the queue',
    },
  },
  create: (context, settings) => new MessageDispatchInterceptor(context, settings),
});
