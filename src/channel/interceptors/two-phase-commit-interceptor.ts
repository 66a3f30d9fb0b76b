import { randomUniqueId, TribesError, uniqueId, uniqueIdBytes, type UniqueId } from '../../base/index.js';
import { makeMember, type Member, type MemberKey } from '../../membership/index.js';
import { probeOf, type ChannelData, detached, withMessage } from '../../wire/index.js';
import { ChannelInterceptorBase, type InterceptorContext } from '../channel-interceptor.js';
import type { SendOutcome } from '../channel.js';
import { optionFlag, wholeNumber, type AttributeValues } from './attributes.js';
import { HeldBudget } from './held-budget.js';
import { defineInterceptor } from './interceptor-definition.js';

const attributes = {
  optionFlag: optionFlag(),
  /** Milliseconds for which a message waits for its confirmation. */
  expire: wholeNumber(1, 2 ** 31 - 1, 60_000),
} as const;

const START = Buffer.from('7101c602dec44bb29bf420e3206fd804', 'hex');
const END = Buffer.from('36f35a6e2fe14be8afe32434c64d9238', 'hex');
/** Confirmations that may wait for their messages. */
const MAX_EARLY = 1024;

const ID_END = START.length + 16;
const CONFIRMATION_LENGTH = ID_END + END.length;

interface Prepared {
  readonly message: ChannelData;
  readonly sender: MemberKey;
  readonly since: number;
}

/**
 * Delivers a message only when its sender has confirmed that everybody has it. Unlike Tomcat's, it takes a confirmation only from the
 * sender of the message, and also one that has overtaken it.
 */
export class TwoPhaseCommitInterceptor extends ChannelInterceptorBase {
  readonly name = 'TwoPhaseCommitInterceptor';
  readonly #context: InterceptorContext;
  readonly #expire: number;
  readonly #budget: HeldBudget;
  readonly #prepared = new Map<string, Prepared>();
  /** Confirmations that have overtaken their messages on another connection, and since when. */
  readonly #early = new Map<string, number>();
  readonly #counts = { confirmed: 0, unconfirmed: 0, delivered: 0, unknown: 0, expired: 0, refused: 0 };

  constructor(context: InterceptorContext, settings: AttributeValues<typeof attributes>) {
    super(settings.optionFlag);
    this.#context = context;
    this.#expire = settings.expire;
    this.#budget = new HeldBudget(this.name, context.limits);
  }

  /** When one member does not take the message nobody gets a confirmation. */
  override async sendMessage(destinations: readonly Member[], message: ChannelData): Promise<SendOutcome> {
    const prepared = await this.lower.sendMessage(destinations, message);
    if (!this.okToProcess(message.options)) {
      return prepared;
    }
    const [first] = prepared.faulty;
    if (first !== undefined) {
      this.#counts.unconfirmed++;
      const cause = new TribesError('TRIBES_E_CHANNEL_UNCONFIRMED', { member: first.member.name });
      const others = prepared.delivered.map((member) => ({ member, cause }));
      return { delivered: [], faulty: [...prepared.faulty, ...others] };
    }
    this.#counts.confirmed++;
    return this.lower.sendMessage(
      destinations,
      withMessage(message, Buffer.concat([START, uniqueIdBytes(message.uniqueId), END]), {
        uniqueId: randomUniqueId(),
      }),
    );
  }

  override messageReceived(message: ChannelData): void | Promise<void> {
    // A failure detector writes its probes past all interceptors.
    if (!this.okToProcess(message.options) || probeOf(message.message) === 'TCP_FAIL_DETECT') {
      return this.upper.messageReceived(message);
    }
    const sender = makeMember(message.member);
    const confirmed = confirmedBy(message.message);
    if (confirmed === null) {
      return this.#prepare(sender, message);
    }
    const key = keyOf(sender.key, confirmed);
    const prepared = this.#prepared.get(key);
    if (prepared !== undefined) {
      this.#forget(key, prepared);
      this.#counts.delivered++;
      return this.upper.messageReceived(prepared.message);
    }
    if (this.#early.size >= MAX_EARLY) {
      const [oldest = ''] = this.#early.keys();
      this.#early.delete(oldest);
      this.#counts.unknown++;
    }
    this.#early.set(key, this.#context.clock.monotonic());
  }

  #prepare(sender: Member, message: ChannelData): void | Promise<void> {
    const key = keyOf(sender.key, message.uniqueId);
    if (this.#early.delete(key)) {
      this.#counts.delivered++;
      return this.upper.messageReceived(message);
    }
    if (this.#prepared.has(key)) {
      return;
    }
    try {
      this.#budget.take(sender, message.message.length);
    } catch (error) {
      this.#counts.refused++;
      throw error;
    }
    // A copy: what is held shall not hold all that came with it.
    const copy = detached(message);
    this.#prepared.set(key, { message: copy, sender: sender.key, since: this.#context.clock.monotonic() });
  }

  #forget(key: string, { sender, message }: Prepared): void {
    this.#prepared.delete(key);
    this.#budget.give(sender, message.message.length);
  }

  override heartbeat(): void {
    this.lower.heartbeat();
    const now = this.#context.clock.monotonic();
    const late = [...this.#prepared].filter(([, { since }]) => now - since > this.#expire);
    for (const [key, prepared] of late) {
      this.#forget(key, prepared);
    }
    const unknown = [...this.#early].filter(([, since]) => now - since > this.#expire);
    for (const [key] of unknown) {
      this.#early.delete(key);
    }
    if (late.length + unknown.length > 0) {
      this.#counts.expired += late.length;
      this.#counts.unknown += unknown.length;
      const fields = { messages: late.length, confirmations: unknown.length, expire: this.#expire };
      this.#context.logger.warn(fields, 'messages were not confirmed, or confirmations had no message');
    }
  }

  override statistics(): Readonly<Record<string, number>> {
    const { messages, bytes } = this.#budget;
    return { ...this.#counts, heldMessages: messages, heldBytes: bytes };
  }
}

function keyOf(sender: MemberKey, id: UniqueId): string {
  return `${sender} ${id}`;
}

/** The id of the message that is confirmed; null for any other message. */
function confirmedBy(message: Buffer): UniqueId | null {
  const isConfirmation =
    message.length === CONFIRMATION_LENGTH &&
    message.subarray(0, START.length).equals(START) &&
    message.subarray(ID_END).equals(END);
  return isConfirmation ? uniqueId(message.subarray(START.length, ID_END)) : null;
}

export const twoPhaseCommitInterceptor = defineInterceptor({
  attributes,
  withoutEffect: ['deepclone'],
  statistics: {
    counters: {
      confirmed: 'Messages sent and confirmed',
      unconfirmed: 'Messages sent and not confirmed, since a member did not take them',
      delivered: 'Messages received, confirmed and delivered',
      unknown: 'Confirmations received of messages that did not come, or had expired',
      expired: 'Messages dropped, since their confirmation did not come',
      refused: 'Messages refused, since there was no room for them',
    },
    gauges: {
      heldMessages: 'Messages that wait for their confirmation',
      heldBytes: 'Bytes of those messages',
    },
  },
  create: (context, settings) => new TwoPhaseCommitInterceptor(context, settings),
});
