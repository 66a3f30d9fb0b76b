import { isTribesError, LogThrottle, randomUniqueId } from '../../base/index.js';
import type { DisappearReason, Member, MemberKey } from '../../membership/index.js';
import {
  encodeChannelData,
  encodeFrame,
  probeOf,
  SEND_OPTIONS,
  SHUTDOWN_PAYLOAD,
  TCP_FAIL_DETECT,
  type ChannelData,
} from '../../wire/index.js';
import { ChannelInterceptorBase, type InterceptorContext } from '../channel-interceptor.js';
import type { SendOutcome } from '../channel.js';
import {
  FailureDetection,
  type DetectionAction,
  type FailureDetectionOptions,
  type Inquiry,
} from '../failure-detection.js';
import { tcpProbe, type MemberProbe } from '../member-probe.js';
import { trueOrFalse, wholeNumber, type AttributeValues } from './attributes.js';
import { defineInterceptor } from './interceptor-definition.js';

/** Attributes of TcpFailureDetector, with Tomcat's names, units and defaults. */
const attributes = {
  /** Also goes into the options of a probe. */
  optionFlag: wholeNumber(0, 2 ** 31 - 1, 0),
  /** Milliseconds. */
  connectTimeout: wholeNumber(1, 2 ** 31 - 1, 1000),
  /** Whether a probe writes a message. */
  performSendTest: trueOrFalse(true),
  /** Whether a probe waits for the acknowledgement of its message. */
  performReadTest: trueOrFalse(false),
  /** Milliseconds. */
  readTestTimeout: wholeNumber(1, 2 ** 31 - 1, 5000),
  /** Seconds for which a suspect that takes connections is asked again; 0 or less: for ever. */
  removeSuspectsTimeout: wholeNumber(-1, 2 ** 31 - 1, 300),
} as const;

export type TcpFailureDetectorSettings = AttributeValues<typeof attributes>;

/**
 * Failures that say nothing about the member: whoever answers FAIL_ACK is there, and the others are about the message or this
 * node.
 */
const NO_DOUBT = [
  'TRIBES_E_SEND_FAIL_ACK',
  'TRIBES_E_SEND_NO_UDP',
  'TRIBES_E_SEND_TOO_LARGE',
  'TRIBES_E_CHANNEL_NO_MULTICAST',
  'TRIBES_E_MEMBERSHIP_SEND',
  'TRIBES_E_MEMBERSHIP_SILENT',
] as const;

/**
 * A member is taken in when it can be connected to, and put out when it says goodbye or can no longer be connected to:
 * heartbeats and failed sends only raise the question. Recognises and swallows the probes of others.
 *
 * Unlike Tomcat's, a failed send returns at once; the member is verified beside it.
 */
export class TcpFailureDetector extends ChannelInterceptorBase {
  readonly name = 'TcpFailureDetector';
  readonly #context: InterceptorContext;
  readonly #detectionOptions: FailureDetectionOptions;
  readonly #probe: MemberProbe;
  readonly #complaints: LogThrottle;
  readonly #counts = { probesSent: 0, probesAlive: 0, probesDead: 0, probesReceived: 0 };
  #detection: FailureDetection;
  #stopping = new AbortController();

  constructor(context: InterceptorContext, settings: TcpFailureDetectorSettings, probe?: MemberProbe) {
    super(settings.optionFlag);
    this.#context = context;
    this.#complaints = new LogThrottle(context.clock, { logger: context.logger });
    this.#detectionOptions = {
      removeSuspectsTimeout: settings.removeSuspectsTimeout * 1000,
      maxMembers: context.maxMembers,
    };
    this.#detection = new FailureDetection(this.#detectionOptions);
    this.#probe = probe ?? tcpProbe(context.clock, this.#probeSettings(settings));
  }

  #probeSettings(settings: TcpFailureDetectorSettings) {
    const { optionFlag, connectTimeout, performSendTest, performReadTest, readTestTimeout } = settings;
    const options = (optionFlag & ~SEND_OPTIONS.USE_ACK) | SEND_OPTIONS.BYTE_MESSAGE;
    return {
      connectTimeout,
      readTestTimeout: performReadTest ? readTestTimeout : null,
      frame: performSendTest
        ? (): Buffer => this.#probeFrame(performReadTest ? options | SEND_OPTIONS.USE_ACK : options)
        : null,
    };
  }

  #probeFrame(options: number): Buffer {
    const probe: ChannelData = {
      options,
      timestamp: BigInt(this.#context.clock.now()),
      uniqueId: randomUniqueId(),
      member: this.#context.localPackage(),
      message: TCP_FAIL_DETECT,
    };
    return encodeFrame(encodeChannelData(probe));
  }

  override async sendMessage(destinations: readonly Member[], message: ChannelData): Promise<SendOutcome> {
    const outcome = await this.lower.sendMessage(destinations, message);
    for (const { member, cause } of outcome.faulty) {
      if (!isTribesError(cause, ...NO_DOUBT)) {
        this.#act(this.#detection.sendFailed(member));
      }
    }
    return outcome;
  }

  override messageReceived(message: ChannelData): void | Promise<void> {
    if (this.okToProcess(message.options) && probeOf(message.message) === 'TCP_FAIL_DETECT') {
      this.#counts.probesReceived++;
      return;
    }
    return this.upper.messageReceived(message);
  }

  override memberAdded(member: Member): void {
    this.#act(this.#detection.memberAdded(member));
  }

  override memberDisappeared(member: Member, reason: DisappearReason): void {
    this.#act(this.#detection.memberDisappeared(member, reason));
  }

  override members(): readonly Member[] {
    return this.#detection.members();
  }

  override member(key: MemberKey): Member | undefined {
    return this.#detection.member(key);
  }

  override heartbeat(): void {
    this.lower.heartbeat();
    this.#act(this.#detection.heartbeat(this.lower.members()));
  }

  /** Asks all members now whether they are there, for a TcpPingInterceptor (checkMembers). */
  checkMembers(): void {
    this.#act(this.#detection.check(this.lower.members()));
  }

  override async start(level: number): Promise<void> {
    this.#stopping = new AbortController();
    await this.lower.start(level);
    // A membership that is started again may know its members still, and announces none of them.
    this.#act(this.#detection.heartbeat(this.lower.members()));
  }

  override async stop(level: number): Promise<void> {
    this.#stopping.abort();
    try {
      await this.lower.stop(level);
    } finally {
      this.#detection = new FailureDetection(this.#detectionOptions);
    }
  }

  override statistics(): Readonly<Record<string, number>> {
    return { ...this.#counts, suspects: this.#detection.suspects };
  }

  #act(actions: readonly DetectionAction[]): void {
    const { logger, tasks } = this.#context;
    for (const action of actions) {
      switch (action.do) {
        case 'probe':
          tasks.run('probe', () => this.#verify(action.inquiry));
          break;
        case 'add':
          if (action.unannounced) {
            logger.info({ member: action.member.name }, 'a member that could not be reached before is alive');
          }
          this.upper.memberAdded(action.member);
          break;
        case 'remove':
          logger.info({ member: action.member.name, reason: action.reason }, 'verified: the member is gone');
          this.upper.memberDisappeared(action.member, action.reason);
          break;
        case 'suspect':
          logger.info({ member: action.member.name }, 'said to be gone, but it takes connections: it stays');
          break;
      }
    }
  }

  async #verify(inquiry: Inquiry): Promise<void> {
    const { signal } = this.#stopping;
    const { member } = inquiry;
    // A member that has said goodbye is gone, whatever its port says.
    const saidGoodbye = SHUTDOWN_PAYLOAD.equals(member.info.command);
    const alive = !saidGoodbye && (await this.#isAlive(member, signal));
    if (!signal.aborted) {
      this.#act(this.#detection.probed(inquiry, alive, this.#context.clock.monotonic()));
    }
  }

  async #isAlive(member: Member, signal: AbortSignal): Promise<boolean> {
    this.#counts.probesSent++;
    const answer = await this.#probe(member, signal);
    if (answer.alive) {
      this.#counts.probesAlive++;
      return true;
    }
    this.#counts.probesDead++;
    const { logger } = this.#context;
    const fields = { member: member.name, why: answer.why };
    if (answer.expected) {
      logger.debug(fields, 'a member could not be reached');
      return false;
    }
    const times = this.#complaints.admit(member.key);
    if (times > 0) {
      logger.warn({ ...fields, times }, 'a member could not be reached, in an unexpected way');
    }
    return false;
  }
}

export const tcpFailureDetector = defineInterceptor({
  attributes,
  statistics: {
    counters: {
      probesSent: 'Members asked by a connection whether they are there',
      probesAlive: 'Such members that took the connection',
      probesDead: 'Such members that did not',
      probesReceived: 'Such questions of others',
    },
    gauges: { suspects: 'Members said to be gone that take connections' },
  },
  create: (context, settings) => new TcpFailureDetector(context, settings),
});
