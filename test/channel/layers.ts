import {
  defaultChannelLimits,
  silentLogger,
  type ChannelLimits,
  type Clock,
  type Logger,
} from '../../src/base/index.js';
import type { InterceptorContext, LowerLayer, UpperLayer } from '../../src/channel/channel-interceptor.js';
import type { SendOutcome } from '../../src/channel/channel.js';
import { Supervisor } from '../../src/channel/supervisor.js';
import type { DisappearReason, Member, MemberKey } from '../../src/membership/index.js';
import type { ChannelData, MemberPackage } from '../../src/wire/index.js';
import { memberPackage } from './members.js';

/** What an interceptor sends on, with each send answered when the test says so. */
export class RecordingLowerLayer implements LowerLayer {
  readonly sent: { readonly to: readonly Member[]; readonly message: ChannelData }[] = [];
  readonly calls: string[] = [];
  below: Member[] = [];
  /** What becomes of the next sends; delivered at once unless replaced. */
  answer: (to: readonly Member[], message: ChannelData) => Promise<SendOutcome> = (to) =>
    Promise.resolve({ delivered: to, faulty: [] });

  sendMessage(to: readonly Member[], message: ChannelData): Promise<SendOutcome> {
    this.sent.push({ to, message });
    return this.answer(to, message);
  }

  members(): readonly Member[] {
    return this.below;
  }

  member(key: MemberKey): Member | undefined {
    return this.below.find((member) => member.key === key);
  }

  heartbeat(): void {
    this.calls.push('heartbeat');
  }

  start(level: number): Promise<void> {
    this.calls.push(`start ${level}`);
    return Promise.resolve();
  }

  stop(level: number): Promise<void> {
    this.calls.push(`stop ${level}`);
    return Promise.resolve();
  }
}

export class RecordingUpperLayer implements UpperLayer {
  readonly received: ChannelData[] = [];
  readonly events: string[] = [];

  /** What becomes of the next messages; processed at once unless replaced. */
  process: (message: ChannelData) => void | Promise<void> = () => undefined;

  messageReceived(message: ChannelData): void | Promise<void> {
    this.received.push(message);
    return this.process(message);
  }

  memberAdded(member: Member): void {
    this.events.push(`+${member.port}`);
  }

  memberDisappeared(member: Member, reason: DisappearReason): void {
    this.events.push(`-${member.port} ${reason}`);
  }
}

export function interceptorContext(
  clock: Clock,
  local: MemberPackage = memberPackage(4000),
  logger: Logger = silentLogger,
  limits: Partial<ChannelLimits> = {},
): InterceptorContext {
  return {
    clock,
    logger,
    tasks: new Supervisor(logger),
    maxMembers: 10,
    limits: { ...defaultChannelLimits, ...limits },
    localPackage: () => local,
  };
}
