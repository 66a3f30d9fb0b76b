import {
  defaultChannelLimits,
  defaultMembershipLimits,
  messageOf,
  TribesError,
  type ChannelLimits,
  type Clock,
  type Logger,
  type Timer,
} from '../base/index.js';
import {
  StartLevel,
  type DisappearReason,
  type Member,
  type MembershipService,
} from '../membership/index.js';
import type { ReplicationReceiver, ReplicationTransmitter } from '../transport/index.js';
import type { ChannelData, Dialect, DialectObservation, MemberPackage, RpcHead } from '../wire/index.js';
import { BroadcastIntake } from './broadcast-intake.js';
import { ChannelCoordinator } from './channel-coordinator.js';
import {
  checkInterceptorOrder,
  checkOptionFlags,
  linkInterceptors,
  type ChannelInterceptor,
  type InterceptorFactory,
  type LowerLayer,
  type UpperLayer,
} from './channel-interceptor.js';
import { OptionsCounter, type ChannelStatistics } from './channel-statistics.js';
import type {
  Channel,
  ChannelListener,
  ChannelMembershipListener,
  EncodeForDialect,
  SendOutcome,
} from './channel.js';
import { DialectRegistry } from './dialect-registry.js';
import { DEFAULT_INTERCEPTORS, interceptorFactory } from './interceptors/registry.js';
import { MessageDelivery } from './message-delivery.js';
import { MessageSender } from './message-sender.js';
import { RpcServices, type RpcDiscovery, type RpcHandler } from './rpc-services.js';
import { SenderDirectory } from './sender-directory.js';
import { Supervisor } from './supervisor.js';

export interface GroupChannelOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly receiver: ReplicationReceiver;
  readonly transmitter: ReplicationTransmitter;
  /** Makes the membership; messages that it hears by multicast (SEND_OPTIONS_MULTICAST) go to `onBroadcast`. */
  readonly createMembership: (onBroadcast: (message: ChannelData) => void) => MembershipService;
  /** Nearest to the application first. Default: MessageDispatchInterceptor, TcpFailureDetector. */
  readonly interceptors?: readonly InterceptorFactory[];
  /** Milliseconds between heartbeats of the channel, at least 1. Default 5000. */
  readonly heartbeatSleeptime?: number;
  /** Whether two interceptors with overlapping option flags are refused. Default false. */
  readonly optionCheck?: boolean;
  /** A sum of StartLevel (channelStartOptions). Default 15: everything. */
  readonly startLevel?: number;
  /** Members known at a time. Default: that of `defaultMembershipLimits`. */
  readonly maxMembers?: number;
  /** What interceptors may hold back and make. Default: `defaultChannelLimits`. */
  readonly limits?: ChannelLimits;
}

/**
 * Interceptors on top of membership, receiver and sender (org.apache.catalina.tribes.group.GroupChannel).
 *
 * Errors of the constructor: TRIBES_E_CHANNEL_OPTION_FLAGS, TRIBES_E_CHANNEL_INTERCEPTOR_ORDER, and those of the interceptors.
 */
export class GroupChannel implements Channel {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #heartbeatSleeptime: number;
  readonly #startLevel: number;
  readonly #transmitter: ReplicationTransmitter;
  readonly #membership: MembershipService;
  readonly #coordinator: ChannelCoordinator;
  readonly #interceptors: readonly ChannelInterceptor[];
  readonly #stack: LowerLayer;
  readonly #tasks: Supervisor;
  readonly #dialects = new DialectRegistry();
  readonly #rpc: RpcServices;
  readonly #delivery: MessageDelivery;
  readonly #senders = new SenderDirectory((key) => this.#stack.member(key));
  readonly #membershipListeners: ChannelMembershipListener[] = [];
  readonly #sender: MessageSender;
  readonly #received = new OptionsCounter();
  readonly #broadcasts: BroadcastIntake;
  /** The start that is under way or done; undefined when stopped. */
  #started: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #heartbeatTimer: Timer | undefined;

  constructor(options: GroupChannelOptions) {
    const { clock, logger, receiver, transmitter } = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#transmitter = transmitter;
    this.#heartbeatSleeptime = options.heartbeatSleeptime ?? 5000;
    this.#startLevel = options.startLevel ?? StartLevel.DEFAULT;
    const tasks = new Supervisor(logger);
    this.#tasks = tasks;
    const { maxMembers = defaultMembershipLimits.maxMembers, limits = defaultChannelLimits } = options;
    this.#broadcasts = new BroadcastIntake({
      ...{ clock, logger, tasks, maxBytes: limits.maxBroadcastBytes },
      process: (message) => this.#coordinator.messageReceived(message),
    });
    const membership = options.createMembership((message) => this.#broadcasts.received(message));
    this.#membership = membership;
    this.#coordinator = new ChannelCoordinator({ receiver, transmitter, membership, logger });
    this.#rpc = new RpcServices({
      clock,
      logger,
      tasks,
      send: (member, payload, sendOptions) => this.send([member], () => payload, sendOptions),
      observe: (member, observation) => this.observeDialect(member, observation),
    });
    this.#delivery = new MessageDelivery({
      clock,
      logger,
      rpc: this.#rpc,
      memberOf: (info) => this.#senders.memberOf(info),
    });
    const localPackage = (): MemberPackage => membership.local.info;
    const viewChanged = (view: readonly Member[]): void =>
      this.#tell((listener) => listener.viewChanged?.(view));
    const context = { clock, logger, tasks, maxMembers, limits, localPackage, viewChanged };
    const factories = options.interceptors ?? DEFAULT_INTERCEPTORS.map(interceptorFactory);
    this.#interceptors = factories.map((create) => create(context));
    checkInterceptorOrder(this.#interceptors);
    if (options.optionCheck === true) {
      checkOptionFlags(this.#interceptors);
    }
    const top: UpperLayer = {
      messageReceived: (message) => this.#messageReceived(message),
      memberAdded: (member) => this.#memberAdded(member),
      memberDisappeared: (member, reason) => this.#memberDisappeared(member, reason),
    };
    const stack = linkInterceptors(top, this.#interceptors, this.#coordinator);
    this.#stack = stack;
    this.#sender = new MessageSender({ clock, dialects: this.#dialects, stack, localPackage });
  }

  get local(): Member {
    return this.#membership.local;
  }

  members(): readonly Member[] {
    return this.#stack.members();
  }

  setSynchronised(synchronised: boolean, stateAgeMs?: number): void {
    this.#membership.setSynchronised(synchronised, stateAgeMs);
  }

  /**
   * Receiver, sender, membership receiver, membership sender, in this order; what has been started is stopped again
   * when something fails. Does nothing when started; after a stop, waits for its end.
   *
   * Errors: those of the parts; TRIBES_E_CHANNEL_NOT_STARTED when it was stopped meanwhile.
   */
  start(): Promise<void> {
    if (this.#stopping !== undefined) {
      return this.#stopping.catch(() => undefined).then(() => this.start());
    }
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    try {
      await this.#stack.start(this.#startLevel);
      this.#heartbeatTimer = this.#clock.every(this.#heartbeatSleeptime, () => this.#heartbeat());
    } catch (error) {
      await this.#stopStack().catch((stopError: unknown) => {
        this.#logger.error(
          { error: messageOf(stopError) },
          'the channel did not stop cleanly after a failed start',
        );
      });
      this.#started = undefined;
      throw error;
    }
  }

  /**
   * Says goodbye, then stops everything, in the reverse order. Ends a start that is under way. Idempotent. Listeners are
   * not told that the members are gone; they are told of all of them anew after the next start.
   *
   * Rejects with the first failure of a part, when all are stopped.
   */
  stop(): Promise<void> {
    if (this.#started === undefined) {
      return Promise.resolve();
    }
    this.#stopping ??= this.#stop(this.#started).finally(() => {
      this.#started = undefined;
      this.#stopping = undefined;
    });
    return this.#stopping;
  }

  async #stop(started: Promise<void>): Promise<void> {
    await this.#stopStack();
    await started.catch(() => undefined); // whoever started it is told
    this.#heartbeatTimer?.cancel();
    await this.#tasks.idle();
    this.#dialects.everybodyDisappeared(this.#clock.monotonic());
  }

  async #stopStack(): Promise<void> {
    this.#heartbeatTimer?.cancel();
    await this.#stack.stop(StartLevel.DEFAULT);
  }

  async send(
    destinations: readonly Member[],
    encode: EncodeForDialect,
    options: number,
  ): Promise<SendOutcome> {
    if (this.#started === undefined) {
      throw new TribesError('TRIBES_E_CHANNEL_NOT_STARTED', { operation: 'sending' });
    }
    return this.#sender.send(destinations, encode, options);
  }

  #messageReceived(message: ChannelData): void | Promise<void> {
    this.#received.add(message.options);
    return this.#delivery.deliver(message);
  }

  #memberAdded(member: Member): void {
    this.#dialects.memberAdded(member.key);
    this.#tell((listener) => listener.memberAdded(member));
  }

  #memberDisappeared(member: Member, reason: DisappearReason): void {
    this.#dialects.memberDisappeared(member.key, this.#clock.monotonic());
    this.#transmitter.remove(member.key);
    this.#tell((listener) => listener.memberDisappeared(member, reason));
  }

  #tell(event: (listener: ChannelMembershipListener) => void): void {
    for (const listener of this.#membershipListeners) {
      this.#guard('a membership listener failed', () => event(listener));
    }
  }

  #heartbeat(): void {
    this.#guard('the heartbeat of the interceptors failed', () => this.#stack.heartbeat());
    this.#dialects.forgetAbsent(this.#clock.monotonic());
    for (const listener of new Set([...this.#membershipListeners, ...this.#delivery.listeners])) {
      this.#guard('the heartbeat of a listener failed', () => listener.heartbeat?.());
    }
  }

  /** One that fails must not keep the others from hearing. */
  #guard(failure: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#logger.error({ error: messageOf(error) }, failure);
    }
  }

  /** What a coordinator interceptor has found: its `view`. Undefined where there is none. */
  get view(): readonly Member[] | undefined {
    return this.#interceptors.map(({ view }) => view).find((view) => view !== undefined);
  }

  /** Why messages of a member cannot be understood, in a sentence; null where nothing speaks against it. */
  problemOf(member: Member): string | null {
    const problems = this.#interceptors.map((interceptor) => interceptor.problemOf?.(member) ?? null);
    return problems.find((problem) => problem !== null) ?? null;
  }

  dialectOf(member: Member): Dialect {
    return this.#dialects.dialectOf(member.key);
  }

  hasShownMemberImpl({ key }: Member): boolean {
    return this.#dialects.hasShownMemberImpl(key);
  }

  observeDialect({ key }: Member, observation: DialectObservation): void {
    if (!this.#dialects.knows(key, observation)) {
      const isMember = this.#stack.member(key) !== undefined;
      this.#dialects.observe(key, observation, isMember, this.#clock.monotonic());
    }
  }

  addChannelListener(listener: ChannelListener): void {
    refuseTwice('channel listener', this.#delivery.listeners, listener);
    this.#delivery.add(listener);
  }

  addMembershipListener(listener: ChannelMembershipListener): void {
    refuseTwice('membership listener', this.#membershipListeners, listener);
    this.#membershipListeners.push(listener);
  }

  registerRpcService(rpcId: Uint8Array, handler: RpcHandler): () => void {
    return this.#rpc.register(rpcId, handler);
  }

  discoverRpcServices(discovery: RpcDiscovery): void {
    this.#rpc.discover(discovery);
  }

  declineRpc(head: Pick<RpcHead, 'uuid' | 'rpcId'>, caller: Member): void {
    this.#rpc.decline(head, caller);
  }

  statistics(): ChannelStatistics {
    return {
      messagesSent: this.#sender.sent.total,
      messagesReceived: this.#received.total,
      sentByOptions: this.#sender.sent.byOptions,
      receivedByOptions: this.#received.byOptions,
      faultySends: this.#sender.faulty,
      ownMessages: this.#coordinator.ownMessages,
      broadcastsDropped: this.#broadcasts.dropped,
      swallowed: this.#delivery.swallowed,
      ...this.#delivery.counts,
      ...this.#rpc.counts,
      interceptors: this.#interceptors.map((interceptor) => ({
        name: interceptor.name,
        statistics: interceptor.statistics(),
      })),
    };
  }
}

function refuseTwice<T extends object>(kind: string, registered: readonly T[], listener: T): void {
  if (registered.includes(listener)) {
    throw new TribesError('TRIBES_E_CHANNEL_LISTENER', { kind, name: listener.constructor.name });
  }
}
