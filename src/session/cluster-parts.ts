import {
  defaultJavaLimits,
  defaultSessionLimits,
  LogThrottle,
  type Clock,
  type ContextName,
  type JavaLimits,
  type Logger,
  type SessionLimits,
  type SessionStore,
  type UniqueId,
} from '../base/index.js';
import type { Channel } from '../channel/index.js';
import { SEND_OPTIONS } from '../wire/index.js';
import { newBackupCounters, type BackupCounters } from './backup/backup-counters.js';
import { BackupManagers } from './backup/backup-managers.js';
import { BackupFacts } from './backup/backup-facts.js';
import { defaultBackupSettings, type BackupSettings } from './backup/backup-settings.js';
import { FullMaps } from './full-maps/full-maps.js';
import { ProgramMaps } from './full-maps/program-maps.js';
import { SingleSignOns } from './full-maps/single-sign-ons.js';
import { ClusterSessionListener } from './cluster-session-listener.js';
import { Continuity } from './continuity/continuity.js';
import { MemberDialects } from './continuity/member-dialects.js';
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
import { MapCallers, MapDirectory } from './map-directory.js';
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
  /** `channelSendOptions`; default 8, asynchronous. By UDP or multicast nothing of a state is sent, whatever stands here. */
  readonly sendOptions?: number;
  /** How the node takes part in the maps of BackupManagers. */
  readonly backup?: Partial<BackupSettings>;
  /** How sessions may be written; default: not at all. */
  readonly write?: WriteSettings;
  /** Whether starting Tomcats take their sessions from this node. Default: auto. */
  readonly stateSource?: StateSourcePolicy;
  /** How long the machine has been running, where it tells: for how long the node has been away is known by that. */
  readonly bootTime?: () => BootTime | null;
  /** Messages that ended before all their bytes had come, since the start. Default: 0. */
  readonly brokenFrames?: () => number;
  /** How bulk work lets other work have its turn; default: a turn of the event loop. */
  readonly pause?: Pause;
}

/** What a cluster consists of, each part connected to those that it needs. */
export interface ClusterParts {
  readonly counters: SessionCounters;
  readonly complaints: LogThrottle;
  readonly subscribers: Subscribers<SessionEvent>;
  readonly synchronised: Subscribers<void>;
  readonly continuity: Continuity;
  readonly managers: Managers;
  readonly backups: BackupManagers;
  readonly backupCounters: BackupCounters;
  readonly fullMaps: FullMaps;
  readonly mapCallers: MapCallers;
  readonly memberDialects: MemberDialects;
  readonly mapDirectory: MapDirectory;
  readonly programMaps: ProgramMaps;
  readonly singleSignOns: SingleSignOns;
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

/** What most parts need. */
interface CommonParts extends Pick<SimpleTcpClusterOptions, 'channel' | 'store' | 'clock' | 'logger'> {
  readonly counters: SessionCounters;
  readonly complaints: LogThrottle;
  readonly slices: Slices;
  readonly continuity: Continuity;
  /** Milliseconds to add to a member's time to have ours. */
  readonly skewOf: (member: UniqueId | null) => number;
  /** Our time, as the managers are given it. */
  readonly now: () => number;
}

export function clusterParts(options: SimpleTcpClusterOptions): ClusterParts {
  const { channel, logger, stateSource = 'auto', javaLimits = defaultJavaLimits } = options;
  const limits = { ...defaultSessionLimits, ...options.limits };
  const common = commonParts(options);
  const { counters, complaints, continuity } = common;
  const subscribers = new Subscribers<SessionEvent>('session events', logger);
  const synchronised = new Subscribers<void>('the synchronisation', logger);

  const backupFacts = new BackupFacts(common.store.facts);
  const managers: Managers = new Managers({
    ...common,
    isElsewhere: (context) => backupFacts.hasContext(context),
    limits,
    emit: (event, stamp) => {
      donor.noticed(event, stamp);
      subscribers.tell(event);
    },
    isHeard: () => donor.isDonating || !subscribers.isEmpty,
    javaLimits,
    stored: (session) => expiry.noticed(session),
    own: () => channel.local.uniqueId,
    hasUsers: (member) => member !== channel.local.uniqueId && !continuity.isMirror(member),
  });
  const backupCounters = newBackupCounters();
  const backups = new BackupManagers({
    ...common,
    facts: common.store.facts,
    counters: backupCounters,
    sessionCounters: counters,
    settings: { ...defaultBackupSettings, ...options.backup },
    javaLimits,
    maxUncutBytes: limits.maxUncutBytes,
    maxContexts: limits.maxContexts,
    maxProxies: limits.maxProxies,
    emit: (event) => subscribers.tell(event),
    isHeard: () => !subscribers.isEmpty,
    stored: (record) => expiry.noticed(record),
  });
  const mapCallers = new MapCallers();
  const fullMaps = new FullMaps({
    ...common,
    callers: mapCallers,
    facts: common.store.facts,
    settings: { ...defaultBackupSettings, ...options.backup },
    javaLimits,
    limits,
  });
  const mapDirectory = new MapDirectory({
    channel,
    javaLimits,
    callers: mapCallers,
    keepers: [backups, fullMaps],
  });
  const programMaps = new ProgramMaps({ ...common, maps: fullMaps, write: options.write ?? null });
  const singleSignOns = new SingleSignOns({ ...common, maps: fullMaps, javaLimits });
  const expiring = {
    *[Symbol.iterator]() {
      yield* managers;
      yield* backups;
    },
  };
  const expiry: Expiry = new Expiry({
    ...common,
    managers: expiring,
    tomcatUntil: () => continuity.tomcatUntil(),
  });
  const joiner = new StateJoiner({
    ...common,
    settings: { ...defaultTransferSettings, ...options.transfer },
    brokenFrames: options.brokenFrames ?? (() => 0),
    roundBegun: () => reconciliation.roundBegun(),
    roundDone: (witnesses) => reconciliation.roundDone(witnesses),
  });
  const { donor, estateDonor, estate } = donatingParts(options, common, managers, expiry);
  const reconciliation: Reconciliation = new Reconciliation({
    ...common,
    managers,
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
    javaLimits,
    maxUncutBytes: limits.maxUncutBytes,
    donorOf: ({ uniqueId }) => continuity.donorOf(uniqueId),
    isSource: stateSource === 'auto',
  });
  const writer =
    options.write === undefined
      ? null
      : new ClusterSessionWriter({ ...options.write, ...common, managers, backups });
  return {
    counters,
    complaints,
    subscribers,
    synchronised,
    continuity,
    managers,
    backups,
    backupCounters,
    fullMaps,
    mapCallers,
    memberDialects: new MemberDialects(common.store.facts, channel),
    mapDirectory,
    programMaps,
    singleSignOns,
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

function commonParts(options: SimpleTcpClusterOptions): CommonParts {
  const { channel, store, clock, logger, stateSource = 'auto', bootTime } = options;
  const continuity = new Continuity({
    store,
    clock,
    logger,
    stateSource,
    bootTime,
    announce: (synchronised, stateAgeMs) => channel.setSynchronised(synchronised, stateAgeMs),
  });
  return {
    channel,
    store,
    clock,
    logger,
    counters: newCounters(),
    complaints: new LogThrottle(clock, { logger }),
    slices: new Slices(clock, options.pause && { pause: options.pause }),
    continuity,
    skewOf: (member) => continuity.skew.of(member),
    now: continuity.now,
  };
}

/** `donor` answers those who ask; `estateDonor` sends only what nobody has told of. */
function donatingParts(
  { sendOptions = SEND_OPTIONS.ASYNCHRONOUS, donor: settings }: SimpleTcpClusterOptions,
  common: CommonParts,
  managers: Managers,
  expiry: Expiry,
): { readonly donor: StateDonor; readonly estateDonor: StateDonor; readonly estate: Estate } {
  const { store, skewOf } = common;
  const parts = { ...common, sendOptions, ...(settings && { settings }) };
  const offered = offeredSessions({ store, isOver: (record) => expiry.isOver(record), skewOf });
  const unclaimed = selected(offered, (record) => managers.isUnconfirmed(record));
  const donor = new StateDonor({ ...parts, store: offered });
  const estateDonor = new StateDonor({ ...parts, store: unclaimed });
  const unconfirmedIn = (context: ContextName): number => managers.unconfirmedIn(context);
  return { donor, estateDonor, estate: new Estate({ ...common, donor: estateDonor, unconfirmedIn }) };
}
