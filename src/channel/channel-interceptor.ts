import { TribesError, type ChannelLimits, type Clock, type Logger } from '../base/index.js';
import type { DisappearReason, HostLookup, Member, MemberKey } from '../membership/index.js';
import type { ChannelData, MemberPackage } from '../wire/index.js';
import type { SendOutcome } from './channel.js';
import type { Supervisor } from './supervisor.js';

/** What a layer of the stack asks of the one below it, towards the network. */
export interface LowerLayer {
  /** Never rejects for the sake of one member. */
  sendMessage(destinations: readonly Member[], message: ChannelData): Promise<SendOutcome>;
  /** The longest running first. */
  members(): readonly Member[];
  member(key: MemberKey): Member | undefined;
  /** Called every heartbeatSleeptime, from the top down. */
  heartbeat(): void;
  /** `level`: a sum of StartLevel. */
  start(level: number): Promise<void>;
  /** Idempotent, and in order also for what has not been started. */
  stop(level: number): Promise<void>;
}

/** What a layer of the stack tells the one above it, towards the application. */
export interface UpperLayer {
  /** With SYNCHRONIZED_ACK the acknowledgement waits for the promise, and a rejection becomes FAIL_ACK. */
  messageReceived(message: ChannelData): void | Promise<void>;
  memberAdded(member: Member): void;
  memberDisappeared(member: Member, reason: DisappearReason): void;
}

/** One layer between application and network (org.apache.catalina.tribes.ChannelInterceptor). */
export interface ChannelInterceptor extends LowerLayer, UpperLayer {
  /** Tomcat's simple class name. */
  readonly name: string;
  /** Bits of the options that a message must have, all of them, to concern the interceptor; 0: every message does. */
  readonly optionFlag: number;
  /** Called once, before anything else. `below`: the interceptors from `lower` on downwards. */
  linkTo(upper: UpperLayer, lower: LowerLayer, below?: readonly ChannelInterceptor[]): void;
  /** Why messages of a member cannot be understood, in a sentence; null where nothing speaks against it. */
  problemOf?(member: Member): string | null;
  /** Of one that finds out who coordinates: the members in the order that all have, the coordinator first; empty before it knows. */
  readonly view?: readonly Member[];
  /** Counters and gauges since the start, for metrics. */
  statistics(): Readonly<Record<string, number>>;
}

/** What an interceptor gets from its channel. */
export interface InterceptorContext {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tasks: Supervisor;
  /** Members known at a time. */
  readonly maxMembers: number;
  readonly limits: ChannelLimits;
  /** The local member as the last heartbeat announced it. */
  readonly localPackage: () => MemberPackage;
  /** To be called with a new `view`. */
  readonly viewChanged?: (view: readonly Member[]) => void;
  /** Of the names of static members. Default: the system's. */
  readonly lookup?: HostLookup;
}

export type InterceptorFactory = (context: InterceptorContext) => ChannelInterceptor;

/** An interceptor that passes everything on; subclasses override what they are about (ChannelInterceptorBase). */
export abstract class ChannelInterceptorBase implements ChannelInterceptor {
  abstract readonly name: string;
  readonly optionFlag: number;
  #upper: UpperLayer | undefined;
  #lower: LowerLayer | undefined;
  #below: readonly ChannelInterceptor[] = [];

  constructor(optionFlag: number) {
    this.optionFlag = optionFlag;
  }

  linkTo(upper: UpperLayer, lower: LowerLayer, below: readonly ChannelInterceptor[] = []): void {
    this.#upper = upper;
    this.#lower = lower;
    this.#below = below;
  }

  /** The interceptors below this one, the next one first. */
  protected get below(): readonly ChannelInterceptor[] {
    return this.#below;
  }

  protected get upper(): UpperLayer {
    return linked(this.#upper, this.name);
  }

  protected get lower(): LowerLayer {
    return linked(this.#lower, this.name);
  }

  /** ChannelInterceptorBase.okToProcess. */
  protected okToProcess(options: number): boolean {
    return (options & this.optionFlag) === this.optionFlag;
  }

  sendMessage(destinations: readonly Member[], message: ChannelData): Promise<SendOutcome> {
    return this.lower.sendMessage(destinations, message);
  }

  messageReceived(message: ChannelData): void | Promise<void> {
    return this.upper.messageReceived(message);
  }

  memberAdded(member: Member): void {
    this.upper.memberAdded(member);
  }

  memberDisappeared(member: Member, reason: DisappearReason): void {
    this.upper.memberDisappeared(member, reason);
  }

  members(): readonly Member[] {
    return this.lower.members();
  }

  member(key: MemberKey): Member | undefined {
    return this.lower.member(key);
  }

  heartbeat(): void {
    this.lower.heartbeat();
  }

  start(level: number): Promise<void> {
    return this.lower.start(level);
  }

  stop(level: number): Promise<void> {
    return this.lower.stop(level);
  }

  statistics(): Readonly<Record<string, number>> {
    return {};
  }
}

function linked<T>(layer: T | undefined, name: string): T {
  if (layer === undefined) {
    throw new Error(`${name} is not part of a stack yet`);
  }
  return layer;
}

/**
 * Puts `interceptors` between `top` and `bottom`, the first nearest to `top`, and returns what is below `top`.
 * `attach` tells the bottom what is above it.
 */
export function linkInterceptors(
  top: UpperLayer,
  interceptors: readonly ChannelInterceptor[],
  bottom: LowerLayer & { attach(upper: UpperLayer): void },
): LowerLayer {
  const uppers: readonly UpperLayer[] = [top, ...interceptors];
  const lowers: readonly LowerLayer[] = [...interceptors, bottom];
  interceptors.forEach((interceptor, index) => {
    interceptor.linkTo(uppers[index] ?? top, lowers[index + 1] ?? bottom, interceptors.slice(index + 1));
  });
  bottom.attach(uppers.at(-1) ?? top);
  return lowers[0] ?? bottom;
}

/**
 * GroupChannel.checkOptionFlags: no flag may hold all bits of another. Error: TRIBES_E_CHANNEL_OPTION_FLAGS.
 */
export function checkOptionFlags(interceptors: readonly ChannelInterceptor[]): void {
  const flagged = interceptors.filter(({ optionFlag }) => optionFlag !== 0);
  const conflicts = flagged.flatMap((a, index) =>
    flagged
      .slice(index + 1)
      .filter((b) => [a.optionFlag, b.optionFlag].includes(a.optionFlag & b.optionFlag))
      .map((b) => `${a.name} (${a.optionFlag}) and ${b.name} (${b.optionFlag})`),
  );
  if (conflicts.length > 0) {
    throw new TribesError('TRIBES_E_CHANNEL_OPTION_FLAGS', { conflicts: conflicts.join(', ') });
  }
}

/**
 * EncryptInterceptor.start: it has to be nearer to the application than TcpFailureDetector. Error: TRIBES_E_CHANNEL_INTERCEPTOR_ORDER.
 */
export function checkInterceptorOrder(interceptors: readonly ChannelInterceptor[]): void {
  const names = interceptors.map(({ name }) => name);
  const detector = names.indexOf('TcpFailureDetector');
  if (detector !== -1 && names.lastIndexOf('EncryptInterceptor') > detector) {
    throw new TribesError('TRIBES_E_CHANNEL_INTERCEPTOR_ORDER', {});
  }
}
