import { messageOf, LogThrottle, randomUniqueId, type Timer } from '../../base/index.js';
import { StartLevel, type Member } from '../../membership/index.js';
import { probeOf, TCP_PING_DATA, type ChannelData } from '../../wire/index.js';
import { ChannelInterceptorBase, type InterceptorContext } from '../channel-interceptor.js';
import { optionFlag, trueOrFalse, wholeNumber, type AttributeValues } from './attributes.js';
import { defineInterceptor } from './interceptor-definition.js';
import { StaticMembershipInterceptor } from './static-membership-interceptor.js';
import { TcpFailureDetector } from './tcp-failure-detector.js';

const attributes = {
  /** Also the options of a ping. */
  optionFlag: optionFlag(),
  /** Milliseconds between two pings, with `useThread`. */
  interval: wholeNumber(1, 2 ** 31 - 1, 1000),
  /** Whether `interval` counts; else there is a ping with each heartbeat of the channel. */
  useThread: trueOrFalse(false),
  /** Whether only members of a StaticMembershipInterceptor are pinged. Without one nobody is. */
  staticOnly: trueOrFalse(false),
} as const;

/** Notices members that have gone, by sending to them, or by having a TcpFailureDetector below it ask them. Swallows the pings of others. */
export class TcpPingInterceptor extends ChannelInterceptorBase {
  readonly name = 'TcpPingInterceptor';
  readonly #context: InterceptorContext;
  readonly #settings: AttributeValues<typeof attributes>;
  readonly #complaints: LogThrottle;
  readonly #counts = { checks: 0, pingsSent: 0, pingsFailed: 0, pingsReceived: 0 };
  #timer: Timer | undefined;
  #isPinging = false;

  constructor(context: InterceptorContext, settings: AttributeValues<typeof attributes>) {
    super(settings.optionFlag);
    this.#context = context;
    this.#settings = settings;
    this.#complaints = new LogThrottle(context.clock, { logger: context.logger });
  }

  override async start(level: number): Promise<void> {
    await this.lower.start(level);
    if (this.#settings.useThread && (level & StartLevel.SND_TX) !== 0) {
      this.#timer ??= this.#context.clock.every(this.#settings.interval, () => this.#ping());
    }
  }

  override stop(level: number): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    return this.lower.stop(level);
  }

  override heartbeat(): void {
    this.lower.heartbeat();
    if (!this.#settings.useThread) {
      this.#ping();
    }
  }

  #ping(): void {
    const detector = this.below.find((one) => one instanceof TcpFailureDetector);
    const ofStatic = this.below.find((one) => one instanceof StaticMembershipInterceptor);
    const members = this.#settings.staticOnly ? (ofStatic?.staticMembers ?? []) : this.lower.members();
    if (detector !== undefined) {
      this.#counts.checks++;
      detector.checkMembers();
    } else if (!this.#isPinging && members.length > 0) {
      this.#isPinging = true;
      const sending = this.#sendPings(members).finally(() => (this.#isPinging = false));
      this.#context.tasks.run('ping', () => sending);
    }
  }

  async #sendPings(members: readonly Member[]): Promise<void> {
    this.#counts.pingsSent += members.length;
    const { faulty } = await this.lower.sendMessage(members, this.#pingMessage());
    for (const { member, cause } of faulty) {
      this.#counts.pingsFailed++;
      const times = this.#complaints.admit(member.key);
      if (times > 0) {
        const fields = { member: member.name, error: messageOf(cause), times };
        this.#context.logger.warn(fields, 'a member could not be pinged');
      }
    }
  }

  #pingMessage(): ChannelData {
    return {
      options: this.optionFlag,
      timestamp: BigInt(this.#context.clock.now()),
      uniqueId: randomUniqueId(),
      member: this.#context.localPackage(),
      message: TCP_PING_DATA,
    };
  }

  override messageReceived(message: ChannelData): void | Promise<void> {
    if (this.okToProcess(message.options) && probeOf(message.message) === 'TCP_PING_DATA') {
      this.#counts.pingsReceived++;
      return;
    }
    return this.upper.messageReceived(message);
  }

  override statistics(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }
}

export const tcpPingInterceptor = defineInterceptor({
  attributes,
  statistics: {
    counters: {
      checks: 'Times that the TcpFailureDetector below was told to ask all members',
      pingsSent: 'Pings sent, counted for each member',
      pingsFailed: 'Pings that could not be delivered',
      pingsReceived: 'Pings of others',
    },
    gauges: {},
  },
  create: (context, settings) => new TcpPingInterceptor(context, settings),
});
