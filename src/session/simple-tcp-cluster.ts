import {
  defaultJavaLimits,
  defaultSessionLimits,
  LogThrottle,
  messageOf,
  type Clock,
  type ContextName,
  type JavaLimits,
  type Logger,
  type SessionId,
  type SessionLimits,
  type SessionPage,
  type SessionRecord,
  type SessionRoutes,
  type SessionStore,
  type Timer,
  type UniqueId,
} from '../base/index.js';
import type {
  Channel,
  ChannelListener,
  ChannelMembershipListener,
  ReceivedMessage,
} from '../channel/index.js';
import type { Member } from '../membership/index.js';
import { SEND_OPTIONS } from '../wire/index.js';
import { ClusterSessionListener } from './cluster-session-listener.js';
import { ClusterSessionWriter, type WriteSettings } from './writing/cluster-session-writer.js';
import { Continuity } from './continuity/continuity.js';
import type { DonorSettings } from './donating/donor-settings.js';
import { Estate } from './donating/estate.js';
import { Expiry } from './expiry.js';
import { Managers } from './managers.js';
import { offeredSessions, selected } from './donating/offered-sessions.js';
import type { BootTime } from './continuity/our-time.js';
import { newCounters, type SessionCounters } from './session-counters.js';
import type { DatedSnapshot } from './moving/session-export.js';
import type { ImportOptions, ImportOutcome, SessionImporter } from './moving/session-import.js';
import type { ContextInfo, SessionEvent, SessionMirror, Synchronisation } from './session-mirror.js';
import { Slices, type Pause } from './slices.js';
import { StateDonor } from './donating/state-donor.js';
import { StateJoiner } from './joining/state-joiner.js';
import type { StateSourcePolicy } from './continuity/state-source.js';
import { defaultTransferSettings, type TransferSettings } from './joining/transfer-settings.js';
import { Subscribers } from './subscribers.js';
import { TransferQueue } from './joining/transfer-queue.js';

export interface SimpleTcpClusterOptions {
  readonly channel: Channel;
  /** Open; whoever opened it closes it. */
  readonly store: SessionStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: Partial<SessionLimits>;
  /** What a Java stream that came may be. */
  readonly javaLimits?: JavaLimits;
  readonly transfer?: Partial<TransferSettings>;
  /** How states are sent to those who ask. */
  readonly donor?: Partial<DonorSettings>;
  /** `channelSendOptions`; default 8, asynchronous. */
  readonly sendOptions?: number;
  /** How sessions may be written; default: not at all. */
  readonly write?: WriteSettings;
  /** Whether starting Tomcats take their sessions from this node. Default: auto. */
  readonly stateSource?: StateSourcePolicy;
  /** How long the machine has been running, where it tells: for how long the node has been away is known by that. */
  readonly bootTime?: () => BootTime | null;
  /** How bulk work lets other work have its turn; default: a turn of the event loop. */
  readonly pause?: Pause;
}

/** What can be measured now. */
export interface SessionGauges {
  readonly contexts: number;
  readonly sessions: number;
  /** Sessions that no Tomcat has told of since the node began to ask. */
  readonly unconfirmedSessions: number;
  /** Messages that wait for their sessions, and their bytes. */
  readonly earlyMessages: number;
  readonly earlyBytes: number;
  /** Transferred states acknowledged and not taken in yet. */
  readonly transferQueueLength: number;
  readonly transferQueueBytes: number;
}

/** Ageing and expiry, in milliseconds. */
const HOUSEKEEPING_MS = 1000;

/** How long the node stays, when it is told to leave, for the states that are on their way; milliseconds. */
const LEAVE_MS = 2000;

/** How long the ends of the states that are cut short then may take; milliseconds. */
const FAREWELL_MS = 300;

/**
 * The session side of a cluster (`org.apache.catalina.ha.tcp.SimpleTcpCluster`): keeps the sessions of all contexts as the
 * members tell of them, finds contexts and sessions by itself when it joins, and answers those who ask it.
 *
 * `listen` before the channel starts, `join` when it has started; `leave` before it stops, `stop` when it has stopped.
 */
export class SimpleTcpCluster
  implements SessionMirror, SessionImporter, ChannelListener, ChannelMembershipListener
{
  readonly #channel: Channel;
  readonly #store: SessionStore;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #counters = newCounters();
  readonly #complaints: LogThrottle;
  readonly #subscribers: Subscribers<[SessionEvent]>;
  readonly #synchronised: Subscribers<[]>;
  readonly #slices: Slices;
  readonly #managers: Managers;
  readonly #joiner: StateJoiner;
  readonly #donor: StateDonor;
  readonly #estate: Estate;
  readonly #estateDonor: StateDonor;
  readonly #queue: TransferQueue;
  readonly #listener: ClusterSessionListener;
  readonly #writer: ClusterSessionWriter | null;
  readonly #expiry: Expiry;
  readonly #continuity: Continuity;
  readonly #now: () => number;
  #synchronisedSince: number | null = null;
  /** Rounds of asking begun. */
  #rounds = 0;
  /** Messages refused, since the store was full, before the round that goes on or has been. */
  #refusedBefore = 0;
  #reconciling: Promise<void> | null = null;
  #housekeeping: Timer | undefined;
  #stopped = false;

  constructor(options: SimpleTcpClusterOptions) {
    const { channel, store, clock, logger, sendOptions = SEND_OPTIONS.ASYNCHRONOUS } = options;
    const limits = { ...defaultSessionLimits, ...options.limits };
    const settings = { ...defaultTransferSettings, ...options.transfer };
    const counters = this.#counters;
    const { stateSource = 'auto', bootTime } = options;
    const continuity = new Continuity({
      store,
      clock,
      logger,
      stateSource,
      bootTime,
      announce: (synchronised, stateAgeMs) => channel.setSynchronised(synchronised, stateAgeMs),
    });
    const { now } = continuity;
    const skewOf = (member: UniqueId | null): number => continuity.skew.of(member);
    this.#continuity = continuity;
    this.#channel = channel;
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#now = now;
    this.#complaints = new LogThrottle(clock, { logger });
    this.#subscribers = new Subscribers('session events', logger);
    this.#synchronised = new Subscribers('the synchronisation', logger);
    this.#slices = new Slices(clock, options.pause && { pause: options.pause });
    this.#managers = new Managers({
      store,
      limits,
      logger,
      complaints: this.#complaints,
      counters,
      emit: (event) => this.#subscribers.tell(event),
      stored: (record) => this.#expiry.noticed(record),
      skewOf,
      own: () => channel.local.uniqueId,
    });
    this.#expiry = new Expiry({
      store,
      managers: this.#managers,
      slices: this.#slices,
      logger,
      now,
      tomcatUntil: () => continuity.tomcatUntil(),
    });
    this.#joiner = new StateJoiner({
      channel,
      clock,
      logger,
      counters,
      settings,
      now,
      roundBegun: () => this.#roundBegun(),
      roundDone: (witnesses) => this.#roundDone(witnesses),
    });
    const offered = offeredSessions({ store, isOver: (record) => this.#expiry.isOver(record), skewOf });
    const donorParts = {
      channel,
      clock,
      logger,
      counters,
      sendOptions,
      slices: this.#slices,
      ...(options.donor && { settings: options.donor }),
    };
    this.#donor = new StateDonor({ ...donorParts, store: offered });
    this.#subscribers.add((event) => this.#donor.noticed(event));
    const unclaimed = selected(offered, (record) => this.isUnconfirmed(record));
    this.#estateDonor = new StateDonor({ ...donorParts, store: unclaimed });
    this.#estate = new Estate({
      channel,
      store,
      clock,
      logger,
      slices: this.#slices,
      donor: this.#estateDonor,
      unconfirmedIn: (context) => this.#managers.unconfirmedIn(context),
      skewOf,
      now,
    });
    this.#queue = new TransferQueue(limits.maxTransferQueueBytes);
    this.#listener = new ClusterSessionListener({
      channel,
      clock,
      logger,
      complaints: this.#complaints,
      counters,
      store,
      managers: this.#managers,
      joiner: this.#joiner,
      donor: this.#donor,
      queue: this.#queue,
      slices: this.#slices,
      skewOf,
      javaLimits: options.javaLimits ?? defaultJavaLimits,
      now,
      donorOf: ({ uniqueId }) => continuity.donorOf(uniqueId),
      isSource: stateSource === 'auto',
    });
    this.#writer =
      options.write === undefined
        ? null
        : new ClusterSessionWriter({
            ...options.write,
            channel,
            store,
            managers: this.#managers,
            logger,
            now,
          });
  }

  /** Null where nothing may be written. */
  get writer(): ClusterSessionWriter | null {
    return this.#writer;
  }

  /** Listens to the channel. */
  listen(): void {
    this.#channel.addChannelListener(this);
    this.#channel.addMembershipListener(this);
  }

  /** Asks those who are there for their sessions, and whoever comes later. */
  join(): void {
    for (const member of this.#channel.members()) {
      this.#continuity.meet(member);
    }
    this.#housekeeping = this.#clock.every(HOUSEKEEPING_MS, () => this.#keepHouse());
    this.#joiner.join();
  }

  /**
   * Lets the states and writes that are on their way come and go, 2 s at most, and asks for no other: a Tomcat that is cut off in
   * the middle of one logs an error, or waits for its end for a minute. Never rejects.
   */
  async leave(): Promise<void> {
    await this.#within(
      LEAVE_MS,
      Promise.all([this.#joiner.leave(), this.#donor.idle(), this.#estateDonor.idle(), this.#writer?.idle()]),
    );
    this.#donor.close();
    this.#estateDonor.close();
    await this.#within(FAREWELL_MS, Promise.all([this.#donor.idle(), this.#estateDonor.idle()]));
    // What waits for room in the queue holds its connection.
    await this.#queue.close();
  }

  async #within(delay: number, done: Promise<unknown>): Promise<void> {
    let timer: Timer | undefined;
    const late = new Promise<void>((resolve) => {
      timer = this.#clock.after(delay, resolve);
    });
    await Promise.race([done, late]);
    timer?.cancel();
  }

  /** Stops asking and answering; resolves when nothing is written to the store any more. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#housekeeping?.cancel();
    this.#joiner.stop();
    this.#donor.close();
    this.#estateDonor.close();
    this.#listener.stop();
    this.#expiry.stop();
    await this.#queue.close();
    await this.#reconciling;
    await this.#expiry.sweep;
    if (this.#housekeeping !== undefined) {
      this.#continuity.remember();
    }
  }

  /** What has happened since the start. */
  get counters(): Readonly<SessionCounters> {
    return this.#counters;
  }

  gauges(): SessionGauges {
    const { messages, bytes } = this.#managers.waiting;
    return {
      contexts: this.#managers.names.length,
      sessions: this.#store.statistics().sessions,
      unconfirmedSessions: this.#managers.unconfirmed,
      earlyMessages: messages,
      earlyBytes: bytes,
      transferQueueLength: this.#queue.length,
      transferQueueBytes: this.#queue.bytes,
    };
  }

  synchronisation(): Synchronisation {
    if (this.#synchronisedSince !== null) {
      return { state: 'synchronised', since: this.#synchronisedSince };
    }
    const reason =
      this.#reconciling === null
        ? this.#joiner.reason
        : 'looking for sessions that have ended while we were away';
    return { state: 'synchronising', reason };
  }

  contexts(): readonly ContextInfo[] {
    const sessions = this.#store.contexts();
    const members = this.#channel.members();
    return [...this.#managers.names].sort().map((name) => ({
      name,
      manager: 'DeltaManager',
      sessions: sessions.get(name) ?? 0,
      unconfirmed: this.#managers.unconfirmedIn(name),
      members: members.map((member) => {
        const served = this.#donor.servedTo(member.uniqueId, name);
        return { ...this.#joiner.contextMember(member, name), ...(served && { served }) };
      }),
    }));
  }

  page(query: { context?: ContextName; cursor?: string; limit: number }): SessionPage {
    return this.#store.page(query);
  }

  find(id: SessionId, context?: ContextName): readonly SessionRecord[] {
    const contexts = context === undefined ? [...this.#store.contexts().keys()] : [context];
    return contexts.flatMap((name) => this.#store.get(name, id) ?? []);
  }

  isUnconfirmed(session: Pick<SessionRecord, 'context' | 'receivedAt'>): boolean {
    return this.#managers.isUnconfirmed(session);
  }

  onSynchronised(listener: () => void): () => void {
    return this.#synchronised.add(listener);
  }

  routes(steps: number): SessionRoutes | undefined {
    return this.#store.routes(steps);
  }

  snapshot(): DatedSnapshot {
    return { asOf: this.#now(), sessions: this.#store.snapshot() };
  }

  checkRoom(): Promise<void> | undefined {
    return this.#store.checkRoom();
  }

  importSession(record: SessionRecord, options: ImportOptions): ImportOutcome {
    return this.#managers.of(record.context)?.imported(record, options, this.#now()) ?? 'refused';
  }

  settle(): Promise<void> {
    return this.#store.flush();
  }

  subscribe(listener: (event: SessionEvent) => void): () => void {
    return this.#subscribers.add(listener);
  }

  memberAdded(member: Member): void {
    const returns = this.#continuity.meet(member);
    this.#expiry.presenceChanged();
    this.#joiner.memberAdded(member, returns);
  }

  memberDisappeared(member: Member): void {
    this.#continuity.part(member);
    this.#expiry.presenceChanged();
    this.#joiner.memberGone(member);
  }

  messageReceived(message: ReceivedMessage): boolean | Promise<boolean> {
    if (this.#stopped) {
      return false;
    }
    this.#continuity.heard(message.sender, message.timestamp);
    this.#joiner.heard(message.sender);
    return this.#listener.messageReceived(message);
  }

  #roundBegun(): void {
    this.#rounds++;
    this.#managers.beginRound(this.#now());
    if (this.#synchronisedSince !== null) {
      this.#synchronisedSince = null;
      this.#continuity.source.incomplete(this.#now());
      this.#logger.info({}, 'we have missed what happened: asking the members for their sessions');
    }
  }

  #roundDone(witnesses: ReadonlyMap<ContextName, ReadonlySet<UniqueId>>): void {
    const round = this.#rounds;
    const before = this.#reconciling ?? Promise.resolve();
    const reconciling = before
      .then(() => this.#endAbsent(witnesses, round))
      .then(() =>
        this.#continuity.source.isHeir && this.#isCurrent(round)
          ? this.#estate.handOver(witnesses)
          : undefined,
      )
      .catch((error: unknown) => {
        this.#logger.error({ error: messageOf(error) }, 'looking for sessions that have ended failed');
      })
      .then(() => {
        if (this.#reconciling === reconciling) {
          this.#reconciling = null;
        }
        if (this.#isCurrent(round)) {
          this.#managers.endRound();
          this.#setSynchronised();
        }
      });
    this.#reconciling = reconciling;
  }

  async #endAbsent(witnesses: ReadonlyMap<ContextName, ReadonlySet<UniqueId>>, round: number): Promise<void> {
    for (const manager of this.#managers) {
      const members = [...(witnesses.get(manager.context) ?? [])];
      if (members.length > 0 && manager.unconfirmed > 0) {
        const donors = members.map((uniqueId) => this.#continuity.donorOf(uniqueId));
        const walk = manager.endAbsent(donors, this.#now());
        await this.#slices.forEach(
          walk,
          () => undefined,
          () => this.#isCurrent(round),
        );
      }
    }
  }

  #isCurrent(round: number): boolean {
    return round === this.#rounds && !this.#stopped;
  }

  #setSynchronised(): void {
    this.#synchronisedSince = this.#clock.now();
    const members = this.#channel.members();
    this.#continuity.synchronised(members);
    const { contexts, sessions, unconfirmedSessions: unconfirmed } = this.gauges();
    this.#logger.info({ members: members.length, contexts, sessions, unconfirmed }, 'synchronised');
    this.#synchronised.tell();
  }

  /** What was refused while the store was full is missing: once it can be written, everybody is asked again. */
  #askForRefused(): void {
    const { refusedFull } = this.#counters;
    if (refusedFull > this.#refusedBefore && this.#store.statistics().problem === null) {
      this.#logger.info({ refused: refusedFull - this.#refusedBefore }, 'the store takes sessions again');
      this.#refusedBefore = refusedFull;
      this.#joiner.missed();
    }
  }

  #keepHouse(): void {
    this.#continuity.tick();
    this.#askForRefused();
    for (const { stamp, context } of this.#managers.age(this.#now(), this.#joiner.isTransferring)) {
      this.#joiner.askAgain(stamp.sender, context);
      const times = this.#complaints.admit(`given up ${stamp.sender}`);
      if (times > 0) {
        const fields = { sender: stamp.sender, context, givenUp: this.#counters.unknown, times };
        const text =
          'messages came for sessions that are not known; whoever sent them is asked for its sessions';
        this.#logger.warn(fields, text);
      }
    }
    if (this.#synchronisedSince !== null) {
      this.#expiry.tick();
    }
  }
}
