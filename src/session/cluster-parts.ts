import {
  defaultJavaLimits,
  defaultSessionLimits,
  LogThrottle,
  type Clock,
  type JavaLimits,
  type Logger,
  type SessionLimits,
  type SessionStore,
  type UniqueId,
} from '../base/index.js';
import type { Channel } from '../channel/index.js';
import { SEND_OPTIONS } from '../wire/index.js';
import { ClusterSessionListener } from './cluster-session-listener.js';
import { Continuity } from './continuity/continuity.js';
import type { BootTime } from './continuity/our-time.js';
import type { StateSourcePolicy } from './continuity/state-source.js';
import type { DonorSettings } from './donating/donor-settings.js';
import { Estate } from './donating/estate.js';
import { offeredSessions, selected } from './donating/offered-sessions.js';
import { StateDonor } from './donating/state-donor.js';
import { Expiry } from './expiry.js';
import { Reconciliation } from './joining/reconciliation.js';
import { StateJoiner } from './joining/state-joiner.js';
import { TransferQueue } from './joining/transfer-queue.js';
import { defaultTransferSettings, type TransferSettings } from './joining/transfer-settings.js';
import { Managers } from './managers.js';
import { newCounters, type SessionCounters } from './session-counters.js';
import type { SessionEvent } from './session-mirror.js';
import { Slices, type Pause } from './slices.js';
import { Subscribers } from './subscribers.js';
import { ClusterSessionWriter, type WriteSettings } from './writing/cluster-session-writer.js';

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

/** What a cluster consists of, each part connected to those that it needs. */
export interface ClusterParts {
  readonly counters: SessionCounters;
  readonly complaints: LogThrottle;
  readonly subscribers: Subscribers<[SessionEvent]>;
  readonly synchronised: Subscribers<[]>;
  readonly continuity: Continuity;
  readonly managers: Managers;
  readonly expiry: Expiry;
  readonly joiner: StateJoiner;
  readonly donor: StateDonor;
  readonly estateDonor: StateDonor;
  readonly reconciliation: Reconciliation;
  readonly queue: TransferQueue;
  readonly listener: ClusterSessionListener;
  /** Null where nothing may be written. */
  readonly writer: ClusterSessionWriter | null;
}

export function clusterParts(options: SimpleTcpClusterOptions): ClusterParts {
  const { channel, store, clock, logger, stateSource = 'auto', bootTime } = options;
  const limits = { ...defaultSessionLimits, ...options.limits };
  const counters = newCounters();
  const complaints = new LogThrottle(clock, { logger });
  const subscribers = new Subscribers<[SessionEvent]>('session events', logger);
  const synchronised = new Subscribers<[]>('the synchronisation', logger);
  const slices = new Slices(clock, options.pause && { pause: options.pause });
  const continuity = new Continuity({
    store,
    clock,
    logger,
    stateSource,
    bootTime,
    announce: (isSynchronised, stateAgeMs) => channel.setSynchronised(isSynchronised, stateAgeMs),
  });
  const { now } = continuity;
  const skewOf = (member: UniqueId | null): number => continuity.skew.of(member);
  const common = { channel, store, clock, logger, counters, complaints, slices, skewOf, now };

  const managers: Managers = new Managers({
    ...common,
    limits,
    emit: (event) => subscribers.tell(event),
    stored: (record) => expiry.noticed(record),
    own: () => channel.local.uniqueId,
  });
  const expiry = new Expiry({ ...common, managers, tomcatUntil: () => continuity.tomcatUntil() });
  const joiner = new StateJoiner({
    ...common,
    settings: { ...defaultTransferSettings, ...options.transfer },
    roundBegun: () => reconciliation.roundBegun(),
    roundDone: (witnesses) => reconciliation.roundDone(witnesses),
  });
  const { sendOptions = SEND_OPTIONS.ASYNCHRONOUS, donor: settings } = options;
  const donorParts = { ...common, sendOptions, ...(settings && { settings }) };
  const offered = offeredSessions({ store, isOver: (record) => expiry.isOver(record), skewOf });
  const donor = new StateDonor({ ...donorParts, store: offered });
  subscribers.add((event) => donor.noticed(event));
  const unclaimed = selected(offered, (record) => managers.isUnconfirmed(record));
  const estateDonor = new StateDonor({ ...donorParts, store: unclaimed });
  const estate = new Estate({
    ...common,
    donor: estateDonor,
    unconfirmedIn: (context) => managers.unconfirmedIn(context),
  });
  const reconciliation: Reconciliation = new Reconciliation({
    ...common,
    managers,
    continuity,
    estate,
    synchronised: () => synchronised.tell(),
  });
  const queue = new TransferQueue(limits.maxTransferQueueBytes);
  const listener = new ClusterSessionListener({
    ...common,
    managers,
    joiner,
    donor,
    queue,
    javaLimits: options.javaLimits ?? defaultJavaLimits,
    donorOf: ({ uniqueId }) => continuity.donorOf(uniqueId),
    isSource: stateSource === 'auto',
  });
  const writer =
    options.write === undefined ? null : new ClusterSessionWriter({ ...options.write, ...common, managers });
  return {
    counters,
    complaints,
    subscribers,
    synchronised,
    continuity,
    managers,
    expiry,
    joiner,
    donor,
    estateDonor,
    reconciliation,
    queue,
    listener,
    writer,
  };
}
