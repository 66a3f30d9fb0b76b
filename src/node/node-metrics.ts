import type { Registry } from 'prom-client';
import type { EventLoopLag } from './event-loop-lag.js';
import { registerInterceptorMetrics } from './interceptor-metrics.js';
import type { SessionStore, StoreStatistics } from '../base/index.js';
import type { ChannelStatistics, GroupChannel } from '../channel/index.js';
import type { MembershipStatistics } from '../membership/index.js';
import type {
  BackupCounters,
  ContextInfo,
  SessionCounters,
  SimpleTcpCluster,
  WriteCounters,
} from '../session/index.js';
import type { ReceiverStatistics, SenderStatistics } from '../transport/index.js';
import { formatSendOptions } from '../wire/index.js';
import {
  addCounters,
  addGauge,
  addLabelledCounter,
  addLabelledGauge,
  addProcessMetrics,
  type HelpOf,
} from './metrics.js';

/** What the metrics are read from, whenever somebody asks for them. */
export interface MetricSources {
  readonly lag: EventLoopLag;
  readonly receiver: { readonly statistics: ReceiverStatistics };
  readonly sender: { readonly statistics: SenderStatistics };
  readonly membership: { readonly statistics: MembershipStatistics };
  readonly channel: Pick<GroupChannel, 'members' | 'statistics'>;
  readonly mirror: Pick<
    SimpleTcpCluster,
    'backupCounters' | 'contexts' | 'counters' | 'gauges' | 'synchronisation' | 'writer'
  >;
  readonly store: Pick<SessionStore, 'statistics'>;
}

const receiverHelp: HelpOf<Omit<ReceiverStatistics, 'connections' | 'heldBytes' | 'refusals'>> = {
  accepted: 'Connections accepted',
  rejected: 'Connections closed at once, since there were too many',
  frames: 'Messages received',
  bytes: 'Bytes of messages received',
  acks: 'Acknowledgements sent',
  failAcks: 'FAIL_ACKs sent: processing failed',
  garbage: 'Connections closed because of what came on them',
  brokenFrames: 'Messages that began and did not end',
  datagrams: 'Datagrams received by UDP',
  malformedDatagrams: 'Of those, the ones that held no messages, or not whole ones',
  droppedDatagrams: 'Of those, the ones that there was no room for',
};

const senderHelp: HelpOf<Omit<SenderStatistics, 'connections'>> = {
  connects: 'Connections opened to other members',
  messages: 'Messages taken by a member, counted for each',
  bytes: 'Bytes of messages taken by members',
  datagrams: 'Of those messages, the ones that went by UDP',
  retries: 'Further attempts to send a message',
  failures: 'Messages that a member did not take',
  strays: 'Acknowledgements that nobody had asked for',
};

const membershipHelp: HelpOf<MembershipStatistics> = {
  heartbeatsReceived: 'Heartbeats of other members, their questions and answers, and members found in lists',
  heartbeatsSent: 'Heartbeats sent, and members asked',
  sendErrors:
    'Heartbeats that could not be sent, members that could not be asked, lists that could not be had',
  garbage: 'Datagrams that were not understood',
  refused: 'Announcements that were not believed: too many members, or too large a payload',
};

const channelHelp: HelpOf<Omit<ChannelStatistics, 'messagesSent' | 'messagesReceived'>> = {
  faultySends: 'Members that a message could not be delivered to',
  ownMessages: 'Messages of our own that came back to us',
  broadcastsDropped: 'Messages by multicast that were dropped, since too much was being processed',
  undecodable: 'Payloads that could not be understood',
  unaccepted: 'Payloads that nobody took',
  failed: 'Messages whose processing failed',
  rpcDeclined: 'RPC calls of services that this node does not have, answered so',
  rpcUnanswered: 'Such calls left unanswered, because too many answers were on their way',
  rpcAnswersIgnored: 'Answers to RPC calls that nobody here waits for',
};

const sessionHelp: HelpOf<SessionCounters> = {
  undecodable: 'Session messages that could not be understood',
  refusedContexts: 'Messages whose context was refused, since there are too many',
  refusedFull:
    'Messages, and parts of transfers, refused because nothing could be written and too much waited for that',
  applied: 'Messages that changed a session',
  early: 'Messages that came before their session and had to wait for it',
  unknown: 'Of those, the ones whose session did not come',
  stale: 'Messages overtaken by a younger one of their sender, wholly or in part',
  repeated: 'Messages that said what was known',
  redirected: 'Messages for the old id of a session that found it under its new one',
  buried: 'Messages and transferred sessions that came after their session had expired',
  uncutValues: 'Values that could not be understood, and were kept with what followed them',
  lostValues: 'Values that could not be understood, nor kept',
  abortedValues: 'Attribute values that their sender could not write',
  expiredIdle: 'Sessions expired by idle time',
  expiredAbsent: 'Sessions that nobody held any more when they were asked for anew',
  transfersRequested: 'State transfers asked of others',
  transfersRead: 'Transferred states taken in to their end',
  transfersTorn: 'Transferred states that broke off',
  transfersMissing: 'States said to be sent of which nothing had come, or not all',
  transferredSessions: 'Sessions taken over from transfers',
  transferredOlder: 'Sessions of transfers that were not younger than what was known',
  importedSessions: 'Sessions taken over from archives',
  transfersServed: 'State requests of others answered',
  transfersRefused: 'State requests of others not answered, because too many were being answered',
  servedSessions: 'Sessions sent with those answers',
  unservedSessions: 'Sessions of those answers that could not be written, or were not acknowledged',
  leftOutValues: 'Values left out of those sessions, of a servlet API that the asker does not have',
  unservedUncutValues: 'Values left out of those sessions, since they could not be understood',
  doubtfulValues:
    'Values of those sessions sent in doubt, of a servlet API of which nobody knew whether the asker has it',
};

const backupHelp: HelpOf<BackupCounters> = {
  values: 'Whole sessions of replicated maps taken in',
  diffs: 'Changes of sessions of replicated maps taken in',
  unreadable: 'Of both, those that could not be read',
  accesses: 'Accesses to sessions of replicated maps, and takeovers, that we were told of',
  promoted: 'Sessions of which this node became the primary',
  lost: 'Sessions of replicated maps lost: everybody who had their value has gone',
  restored: 'Sessions of the run before of which nobody told, and that were given back',
  looks: 'Sessions got from elsewhere to be looked at, without becoming their primary',
  bridged: 'Takeovers of a session by a Tomcat that cannot read the messages of the one that had it',
  refusedProxies:
    'Sessions elsewhere of which nothing is known here, since there were session.maxProxies of them',
  sheltered:
    'Sessions that had lost their backup without their primary noticing, and of which this node made itself the backup',
  removalsSwallowed: 'Removals that did not count, since the session lives at Tomcats of another group',
};

const storeHelp: HelpOf<Pick<StoreStatistics, 'journalWrites' | 'failures'>> = {
  journalWrites: 'Times that something was written to the journal',
  failures: 'Attempts to write sessions that failed',
};

const writeHelp: HelpOf<WriteCounters> = {
  created: 'Sessions created by us',
  changed: 'Changes of sessions by us',
  expired: 'Sessions ended by us',
  idsChanged: 'Ids of sessions changed by us',
  refused: 'Writes refused before anything was changed',
  unacknowledged: 'Members that did not acknowledge a write, counted for each',
};

/** Everything that the node counts. No ids, no names of sessions. */
export function registerNodeMetrics(registry: Registry, sources: MetricSources): void {
  const { receiver, sender, membership, channel, mirror, store, lag } = sources;
  addProcessMetrics(registry, lag);
  const gauge = (name: string, help: string, read: () => number): void =>
    addGauge(registry, `tribes_${name}`, help, read);

  gauge('members', 'Other members of the cluster', () => channel.members().length);
  gauge('synchronised', '1 when the node has the sessions of the cluster', () =>
    mirror.synchronisation().state === 'synchronised' ? 1 : 0,
  );
  gauge('contexts', 'Contexts known', () => mirror.gauges().contexts);
  gauge('sessions', 'Sessions held', () => store.statistics().sessions);

  gauge(
    'unconfirmed_sessions',
    'Sessions that no Tomcat has told of since the node began to ask: they may have ended meanwhile',
    () => mirror.gauges().unconfirmedSessions,
  );

  addCounters(registry, 'tribes_membership', membershipHelp, () => membership.statistics);
  gauge(
    'receiver_connections',
    'Connections of other members open now',
    () => receiver.statistics.connections,
  );
  gauge('receiver_held_bytes', 'Bytes received and not processed yet', () => receiver.statistics.heldBytes);
  addCounters(registry, 'tribes_receiver', receiverHelp, () => receiver.statistics);
  addLabelledCounter(
    registry,
    {
      name: 'tribes_receiver_refusals_total',
      help: 'Connections closed because of what came on them or did not come in time, by error (docs/errors.md)',
      label: 'code',
    },
    () => receiver.statistics.refusals,
  );
  gauge(
    'sender_connections',
    'Connections to other members, over TCP and UDP, open now',
    () => sender.statistics.connections,
  );
  addCounters(registry, 'tribes_sender', senderHelp, () => sender.statistics);

  addCounters(registry, 'tribes_channel', channelHelp, () => channel.statistics());
  const byOptions = { label: 'options' };
  addLabelledCounter(
    registry,
    { name: 'tribes_channel_messages_sent_total', help: 'Messages sent, by send options', ...byOptions },
    () => optionCounts(channel.statistics().sentByOptions),
  );
  addLabelledCounter(
    registry,
    {
      name: 'tribes_channel_messages_received_total',
      help: 'Messages received, by send options',
      ...byOptions,
    },
    () => optionCounts(channel.statistics().receivedByOptions),
  );

  registerInterceptorMetrics(registry, channel);

  addCounters(registry, 'tribes_session', sessionHelp, () => mirror.counters);
  addLabelledCounter(
    registry,
    {
      name: 'tribes_session_messages_received_total',
      help: 'Session messages received, by event',
      label: 'event',
    },
    () => Object.entries(mirror.counters.received),
  );
  gauge(
    'session_early_messages',
    'Messages that wait for their sessions',
    () => mirror.gauges().earlyMessages,
  );
  gauge('session_early_bytes', 'Bytes of those messages', () => mirror.gauges().earlyBytes);
  gauge(
    'session_transfer_queue_bytes',
    'Bytes of transferred states not taken in yet',
    () => mirror.gauges().transferQueueBytes,
  );

  addCounters(registry, 'tribes_backup', backupHelp, () => mirror.backupCounters);
  addLabelledGauge(
    registry,
    {
      name: 'tribes_backup_sessions',
      help: 'Sessions of replicated maps, by what this node is to them',
      label: 'role',
    },
    () => sessionsByRole(mirror.contexts()),
  );
  addLabelledGauge(
    registry,
    {
      name: 'tribes_backup_group_members',
      help: 'Members of replicated maps, by the group of those that can read each other (serialVersionUID of MemberImpl)',
      label: 'group',
    },
    () => membersByGroup(mirror.contexts()),
  );
  addLabelledGauge(
    registry,
    {
      name: 'tribes_backup_bridges',
      help: 'Contexts in replicated maps, by whether this node carries their sessions from group to group',
      label: 'state',
    },
    () => bridgesByState(mirror.contexts()),
  );

  const { writer } = mirror;
  if (writer !== null) {
    addCounters(registry, 'tribes_write', writeHelp, () => writer.counters);
    gauge(
      'write_pending',
      'Writes that wait, or whose acknowledgements are waited for',
      () => writer.pending,
    );
  }

  gauge(
    'store_dirty_bytes',
    'Bytes of changes that are not at rest yet',
    () => store.statistics().dirtyBytes,
  );
  gauge('store_bytes', 'Bytes that the sessions at rest take', () => store.statistics().storedBytes);
  gauge('store_failing', '1 while what is accepted is not as safe as it should be', () =>
    store.statistics().problem === null ? 0 : 1,
  );
  gauge('store_journal_bytes', 'Bytes of the journal', () => store.statistics().journalBytes);
  gauge('store_journal_segments', 'Files of the journal', () => store.statistics().journalSegments);
  gauge(
    'store_journal_damaged',
    'Files of the journal that were damaged, and are kept aside',
    () => store.statistics().journalDamaged,
  );
  addCounters(registry, 'tribes_store', storeHelp, () => store.statistics());
  gauge('store_unreadable_records', 'Records that could not be read', () => store.statistics().unreadable);
}

function sessionsByRole(contexts: readonly ContextInfo[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { entries } of contexts.flatMap(({ groups = [] }) => groups)) {
    for (const [role, count] of Object.entries(entries)) {
      sums.set(role, (sums.get(role) ?? 0) + count);
    }
  }
  return sums;
}

function bridgesByState(contexts: readonly ContextInfo[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { bridge } of contexts) {
    if (bridge !== undefined) {
      counts.set(bridge, (counts.get(bridge) ?? 0) + 1);
    }
  }
  return counts;
}

function membersByGroup(contexts: readonly ContextInfo[]): ReadonlyMap<string, number> {
  const members = new Map<string, Set<string>>();
  for (const { group, members: names } of contexts.flatMap(({ groups = [] }) => groups)) {
    members.set(group, new Set([...(members.get(group) ?? []), ...names]));
  }
  return new Map([...members].map(([group, names]) => [group, names.size]));
}

function* optionCounts(counts: ReadonlyMap<number, number>): Generator<readonly [string, number]> {
  for (const [options, count] of counts) {
    yield [formatSendOptions(options).replaceAll(' ', '') || 'none', count];
  }
}
