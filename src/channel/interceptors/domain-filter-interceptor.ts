import type { DisappearReason, Member, MemberKey } from '../../membership/index.js';
import type { ChannelData } from '../../wire/index.js';
import { ChannelInterceptorBase, type InterceptorContext } from '../channel-interceptor.js';
import { domain, optionFlag, wholeNumber, type AttributeValues } from './attributes.js';
import { defineInterceptor } from './interceptor-definition.js';

const attributes = {
  optionFlag: optionFlag(),
  /** What members have to announce as theirs; empty: nothing. */
  domain,
  /** Dropped messages between two lines in the log. */
  logInterval: wholeNumber(1, 2 ** 31 - 1, 100),
} as const;

/** Knows only members of its domain, and drops the messages of others. What is sent is not looked at, as in Tomcat. */
export class DomainFilterInterceptor extends ChannelInterceptorBase {
  readonly name = 'DomainFilterInterceptor';
  readonly #context: InterceptorContext;
  readonly #domain: Buffer;
  readonly #logInterval: number;
  readonly #counts = { dropped: 0, refusedMembers: 0 };

  constructor(context: InterceptorContext, settings: AttributeValues<typeof attributes>) {
    super(settings.optionFlag);
    this.#context = context;
    this.#domain = settings.domain;
    this.#logInterval = settings.logInterval;
  }

  override messageReceived(message: ChannelData): void | Promise<void> {
    if (this.#domain.equals(message.member.domain)) {
      return this.upper.messageReceived(message);
    }
    if (++this.#counts.dropped % this.#logInterval === 0) {
      const { dropped } = this.#counts;
      const senderDomain = message.member.domain.toString('latin1');
      this.#context.logger.warn({ dropped, senderDomain }, 'messages of other domains are dropped');
    }
  }

  override memberAdded(member: Member): void {
    if (this.#isOurs(member)) {
      this.upper.memberAdded(member);
    } else {
      this.#counts.refusedMembers++;
      this.#context.logger.info({ member: member.name }, 'a member of another domain is not taken in');
    }
  }

  override memberDisappeared(member: Member, reason: DisappearReason): void {
    if (this.#isOurs(member)) {
      this.upper.memberDisappeared(member, reason);
    }
  }

  override members(): readonly Member[] {
    return this.lower.members().filter((member) => this.#isOurs(member));
  }

  override member(key: MemberKey): Member | undefined {
    const member = this.lower.member(key);
    return member !== undefined && this.#isOurs(member) ? member : undefined;
  }

  override async start(level: number): Promise<void> {
    const announced = this.#context.localPackage().domain;
    if (!this.#domain.equals(announced)) {
      const fields = { domain: this.#domain.toString('latin1'), announced: announced.toString('latin1') };
      this.#context.logger.warn(
        fields,
        'the domain of DomainFilterInterceptor is not the one that this node announces (membership.domain): the others drop its messages',
      );
    }
    await this.lower.start(level);
  }

  override statistics(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }

  /** The domain of a member stays as it was first heard. */
  #isOurs(member: Member): boolean {
    return this.#domain.equals(member.info.domain);
  }
}

export const domainFilterInterceptor = defineInterceptor({
  attributes,
  statistics: {
    counters: {
      dropped: 'Messages dropped, of members of other domains',
      refusedMembers: 'Times that a member of another domain came and was not taken in',
    },
    gauges: {},
  },
  create: (context, settings) => new DomainFilterInterceptor(context, settings),
});
