import { resolve } from 'node:path';
import { Registry } from 'prom-client';
import { silentLogger, systemClock, type Clock, type Logger, type SessionStore } from '../base/index.js';
import { channelAdvice, localUniqueId, GroupChannel, interceptorFactory } from '../channel/index.js';
import type { Settings } from '../config/index.js';
import type { Environment } from '../membership/index.js';
import { SimpleTcpCluster } from '../session/index.js';
import { LmdbStore, MemoryStore } from '../store/index.js';
import { NioReceiver, PooledParallelSender, type ReceiverStatistics } from '../transport/index.js';
import { parseSendOptions, type ChannelData } from '../wire/index.js';
import { systemBootTime } from './boot-time.js';
import { EventLoopLag } from './event-loop-lag.js';
import { createMembership } from './memberships.js';
import { registerNodeMetrics } from './node-metrics.js';
import type { Health, NodeView } from './node-view.js';
import {
  backupSettings,
  channelLimits,
  javaLimits,
  membershipLimits,
  sessionLimits,
  storeLimits,
  transportLimits,
  writeSettings,
} from './room-settings.js';
import { StartSequence } from './start-sequence.js';
import { StoreWatch } from './store-watch.js';

/** Something that shows the node to others, such as the HTTP interface. */
export interface Face {
  stop(): Promise<void>;
}

/** What `startNode` takes beside the settings. */
export interface StartNodeOptions {
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: one that says nothing. */
  readonly logger?: Logger;
  /** Breaks the start off: what has begun is stopped, and `startNode` rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Starts what shows the node to others: after the store is open, before the node joins the cluster. */
  readonly startFace?: (node: NodeView) => Promise<Face>;
  /** Where cloud memberships look for their settings, as Tomcat's do. Default: that of the process. */
  readonly environment?: Environment;
}

/** A running node. */
export interface TribesNode extends NodeView {
  /** Leaves the cluster, stops everything, writes what is to be written. Idempotent. Rejects with the first failure. */
  stop(): Promise<void>;
}

/**
 * Builds a node out of its parts and starts it: store, faces, receiver, sender, membership, in this order. Resolves when
 * the node has joined, about two seconds later with the default heartbeat; its sessions come after that (`health`).
 * When something fails, everything is stopped again.
 *
 * Errors: TRIBES_E_STORE_…, TRIBES_E_RECEIVER_…, TRIBES_E_MEMBERSHIP_…, TRIBES_E_CHANNEL_…, those of `startFace`.
 */
export async function startNode(settings: Settings, options: StartNodeOptions = {}): Promise<TribesNode> {
  const {
    clock = systemClock,
    logger = silentLogger,
    signal,
    startFace,
    environment = process.env,
  } = options;
  const sequence = new StartSequence(logger);
  try {
    signal?.throwIfAborted();
    const { channel, receiver, sender, membership } = createChannel(settings, { clock, logger, environment });
    const store = createStore(settings, clock, logger);
    await store.open();
    sequence.started('store', () => store.close());
    const watch = new StoreWatch(store, clock);
    const lag = new EventLoopLag(clock);
    sequence.started('watches', () => {
      watch.stop();
      lag.stop();
      return Promise.resolve();
    });

    const write = writeSettings(settings);
    const mirror = new SimpleTcpCluster({
      channel,
      store,
      clock,
      logger: logger.child({ part: 'session' }),
      limits: sessionLimits(settings),
      javaLimits: javaLimits(settings),
      transfer: { roundTimeout: settings.manager.stateTransferTimeout * 1000 },
      donor: settings.manager,
      sendOptions: parseSendOptions(settings.cluster.channelSendOptions),
      backup: backupSettings(settings),
      ...(write && { write }),
      stateSource: settings.stateSource,
      bootTime: systemBootTime,
      brokenFrames: () => brokenFramesOf(receiver.statistics),
    });
    sequence.started('session', () => mirror.stop());
    mirror.listen();
    logMembers(channel, logger);

    const metrics = new Registry();
    registerNodeMetrics(metrics, { receiver, sender, membership, channel, mirror, store, lag });
    let joined = false;
    const node: TribesNode = {
      mirror,
      writer: mirror.writer,
      importer: mirror,
      maps: mirror.maps,
      channel,
      messages: { channel, vet: write?.vet ?? null },
      metrics,
      health: () => healthOf(joined, mirror, watch),
      stop: () => sequence.stop(),
    };
    if (startFace !== undefined) {
      signal?.throwIfAborted();
      const face = await startFace(node);
      sequence.started('face', () => face.stop());
    }
    signal?.throwIfAborted();
    await startChannel(channel, signal);
    sequence.started('channel', () => channel.stop());
    sequence.started('states on their way', () => mirror.leave());
    signal?.throwIfAborted();
    mirror.join();
    joined = true;
    return node;
  } catch (error) {
    await sequence.stop().catch(() => undefined); // logged; the first error counts
    throw error;
  }
}

/** The store that the settings name; not open. */
export function createStore(settings: Settings, clock: Clock, parent: Logger): SessionStore {
  const logger = parent.child({ part: 'store' });
  const limits = storeLimits(settings);
  if (settings.store.type === 'memory') {
    return new MemoryStore({ logger, limits });
  }
  const { keyFile } = settings.store;
  return new LmdbStore({
    directory: resolve(settings.data),
    logger,
    clock,
    limits,
    durability: settings.durability,
    ...(keyFile !== null && { keyFile: resolve(keyFile) }),
  });
}

function createChannel(
  settings: Settings,
  {
    clock,
    logger: parent,
    environment,
  }: Required<Pick<StartNodeOptions, 'clock' | 'logger' | 'environment'>>,
) {
  const transport = parent.child({ part: 'transport' });
  const receiver = new NioReceiver({
    clock,
    logger: transport,
    settings: settings.receiver,
    limits: transportLimits(settings),
  });
  const sender = new PooledParallelSender({ clock, logger: transport, settings: settings.sender });
  const { interceptors, heartbeatSleeptime, optionCheck } = settings.channel;
  const { channelStartOptions: startLevel } = settings.cluster;
  const names = interceptors.map(({ className }) => className);
  for (const advice of channelAdvice(names, startLevel)) {
    parent.warn({ interceptors: names.join(', ') }, advice);
  }
  let broadcastReceived: (message: ChannelData) => void = () => undefined;
  const ownId = localUniqueId(interceptors);
  const { service: membership, attach } = createMembership(settings, {
    clock,
    ...(ownId !== undefined && { uniqueId: ownId }),
    logger: parent.child({ part: 'membership' }),
    environment,
    onBroadcast: (message) => broadcastReceived(message),
  });
  const channel = new GroupChannel({
    clock,
    logger: parent.child({ part: 'channel' }),
    receiver,
    transmitter: sender,
    interceptors: interceptors.map(interceptorFactory),
    heartbeatSleeptime,
    optionCheck,
    startLevel,
    maxMembers: membershipLimits(settings).maxMembers,
    limits: channelLimits(settings),
    createMembership: (onBroadcast) => {
      broadcastReceived = onBroadcast;
      return membership;
    },
  });
  attach(channel);
  return { channel, receiver, sender, membership };
}

function logMembers(channel: GroupChannel, logger: Logger): void {
  channel.addMembershipListener({
    memberAdded: ({ name, uniqueId }) => logger.info({ member: name, uniqueId }, 'a member has come'),
    memberDisappeared: ({ name, uniqueId }, reason) =>
      logger.info({ member: name, uniqueId, reason }, 'a member has gone'),
  });
}

async function startChannel(channel: GroupChannel, signal: AbortSignal | undefined): Promise<void> {
  // A stop that fails is told to whoever waits for the start, which fails then.
  const stop = (): void => void channel.stop().catch(() => undefined);
  signal?.addEventListener('abort', stop);
  try {
    await channel.start();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Messages that ended before all their bytes had come, those among them that are too large for us. */
function brokenFramesOf({ brokenFrames, refusals }: ReceiverStatistics): number {
  return brokenFrames + (refusals.get('TRIBES_E_FRAME_TOO_LARGE') ?? 0);
}

function healthOf(joined: boolean, mirror: SimpleTcpCluster, watch: StoreWatch): Health {
  const warnings = [...watch.warnings, ...mirror.warnings()];
  return { ...readinessOf(joined, mirror, watch), ...(warnings.length > 0 && { warnings }) };
}

function readinessOf(joined: boolean, mirror: SimpleTcpCluster, watch: StoreWatch): Health {
  if (!joined) {
    return { ready: false, reason: 'the node is joining the cluster' };
  }
  const { problem } = watch;
  if (problem !== undefined) {
    return { ready: false, reason: problem };
  }
  const synchronisation = mirror.synchronisation();
  return synchronisation.state === 'synchronised'
    ? { ready: true }
    : { ready: false, reason: synchronisation.reason };
}
