import type {
  Clock,
  ContextName,
  Logger,
  SessionId,
  SessionPage,
  SessionRecord,
  SessionRoutes,
  SessionStore,
  ShareGroup,
  Timer,
} from '../base/index.js';
import type {
  Channel,
  ChannelListener,
  ChannelMembershipListener,
  ReceivedMessage,
} from '../channel/index.js';
import type { Member } from '../membership/index.js';
import type { BackupCounters } from './backup/backup-counters.js';
import type { BackupManager, BackupPlace } from './backup/backup-manager.js';
import { clusterParts, type ClusterParts, type SimpleTcpClusterOptions } from './cluster-parts.js';
import { contextAttributes } from './full-maps/context-attributes.js';
import type { ProgramMaps } from './full-maps/program-maps.js';
import type { SingleSignOnPage, SingleSignOnQuery } from './full-maps/single-sign-ons.js';
import { isBackupMapCall } from './joining/backup-map.js';
import type { DatedSnapshot } from './moving/session-export.js';
import type { ImportOptions, ImportOutcome, SessionImporter } from './moving/session-import.js';
import type { SessionCounters } from './session-counters.js';
import type { ContextInfo, SessionEvent, SessionMirror, Synchronisation } from './session-mirror.js';
import type { ClusterSessionWriter } from './writing/cluster-session-writer.js';

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
  readonly #now: () => number;
  readonly #parts: ClusterParts;
  /** Messages refused, since the store was full, before the round that goes on or has been. */
  #refusedBefore = 0;
  #housekeeping: Timer | undefined;
  #stopped = false;

  constructor(options: SimpleTcpClusterOptions) {
    this.#channel = options.channel;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#parts = clusterParts(options);
    this.#now = this.#parts.continuity.now;
  }

  /** Null where nothing may be written. */
  get writer(): ClusterSessionWriter | null {
    return this.#parts.writer;
  }

  /** Listens to the channel. */
  listen(): void {
    this.#channel.addChannelListener(this);
    this.#channel.addMembershipListener(this);
    this.#parts.mapDirectory.listen();
  }

  /** Asks those who are there for their sessions, and whoever comes later. */
  join(): void {
    for (const member of this.#channel.members()) {
      this.#parts.memberDialects.met(member);
      this.#parts.continuity.meet(member);
    }
    this.#housekeeping = this.#clock.every(HOUSEKEEPING_MS, () => this.#keepHouse());
    this.#parts.backups.start();
    this.#parts.fullMaps.start();
    this.#parts.joiner.join();
  }

  /**
   * Lets the states and writes that are on their way come and go, 2 s at most, and asks for no other: a Tomcat that is cut off in
   * the middle of one logs an error, or waits for its end for a minute. Never rejects.
   */
  async leave(): Promise<void> {
    const { joiner, donor, estateDonor, queue, writer, backups, fullMaps } = this.#parts;
    await this.#within(
      LEAVE_MS,
      Promise.all([joiner.leave(), donor.idle(), estateDonor.idle(), writer?.idle()]),
    );
    await this.#within(LEAVE_MS, Promise.all([backups.stop(), fullMaps.stop()]));
    donor.close();
    estateDonor.close();
    await this.#within(FAREWELL_MS, Promise.all([donor.idle(), estateDonor.idle()]));
    // What waits for room in the queue holds its connection.
    await queue.close();
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
    const { reconciliation, joiner, donor, estateDonor, listener, expiry, queue, continuity } = this.#parts;
    const { backups, fullMaps } = this.#parts;
    this.#stopped = true;
    await this.#within(LEAVE_MS, Promise.all([backups.stop(), fullMaps.stop()]));
    reconciliation.stop();
    this.#housekeeping?.cancel();
    joiner.stop();
    donor.close();
    estateDonor.close();
    listener.stop();
    expiry.stop();
    await queue.close();
    await reconciliation.running;
    await expiry.sweep;
    if (this.#housekeeping !== undefined) {
      continuity.remember();
    }
  }

  /** What has happened since the start. */
  get counters(): Readonly<SessionCounters> {
    return this.#parts.counters;
  }

  gauges(): SessionGauges {
    const { managers, queue } = this.#parts;
    const { messages, bytes } = managers.waiting;
    return {
      contexts: managers.names.length,
      sessions: this.#store.statistics().sessions,
      unconfirmedSessions: managers.unconfirmed,
      earlyMessages: messages,
      earlyBytes: bytes,
      transferQueueLength: queue.length,
      transferQueueBytes: queue.bytes,
    };
  }

  synchronisation(): Synchronisation {
    const { reconciliation, joiner, backups, fullMaps } = this.#parts;
    const since = reconciliation.synchronisedSince;
    const map = backups.joining ?? fullMaps.joining;
    if (map !== null) {
      return { state: 'synchronising', reason: `joining the replicated map of ${map}` };
    }
    if (since !== null) {
      return { state: 'synchronised', since };
    }
    const reason =
      reconciliation.running === null
        ? joiner.reason
        : 'looking for sessions that have ended while we were away';
    return { state: 'synchronising', reason };
  }

  /** What is missing though the node is synchronised, and what to do. */
  warnings(): readonly string[] {
    return this.#parts.joiner.warnings();
  }

  contexts(): readonly ContextInfo[] {
    const { managers, joiner, donor, backups } = this.#parts;
    const sessions = this.#store.contexts();
    const members = this.#channel.members();
    const ofMaps = [...backups].map((manager) => backupContext(manager, sessions.get(manager.context) ?? 0));
    const names = managers.names.filter((name) => !backups.has(name));
    const others = names.map((name): ContextInfo => ({
      name,
      manager: 'DeltaManager',
      sessions: sessions.get(name) ?? 0,
      unconfirmed: managers.unconfirmedIn(name),
      members: members.map((member) => {
        const served = donor.servedTo(member.uniqueId, name);
        return { ...joiner.contextMember(member, name), ...(served && { served }) };
      }),
    }));
    return [...ofMaps, ...others].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  place(session: Pick<SessionRecord, 'context' | 'id'>): BackupPlace | undefined {
    return this.#parts.backups.get(session.context)?.place(session.id);
  }

  async look(id: SessionId, context?: ContextName): Promise<void> {
    for (const manager of this.#parts.backups) {
      if ((context === undefined || manager.context === context) && manager.has(id)) {
        await manager.look(id);
      }
    }
  }

  singleSignOns(query: SingleSignOnQuery): SingleSignOnPage {
    return this.#parts.singleSignOns.page(query);
  }

  contextAttributes(context: string): readonly ShareGroup[] | undefined {
    return contextAttributes(this.#parts.fullMaps, context);
  }

  /** The maps that are no sessions: to be opened by a program. */
  get maps(): ProgramMaps {
    return this.#parts.programMaps;
  }

  /** What has happened to sessions in replicated maps since the start. */
  get backupCounters(): Readonly<BackupCounters> {
    return this.#parts.backupCounters;
  }

  page(query: { context?: ContextName; cursor?: string; limit: number }): SessionPage {
    return this.#store.page(query);
  }

  find(id: SessionId, context?: ContextName): readonly SessionRecord[] {
    const contexts = context === undefined ? [...this.#store.contexts().keys()] : [context];
    return contexts.flatMap((name) => this.#store.get(name, id) ?? []);
  }

  isUnconfirmed(session: Pick<SessionRecord, 'context' | 'id' | 'receivedAt'>): boolean {
    return this.#parts.managers.isUnconfirmed(session);
  }

  onSynchronised(listener: () => void): () => void {
    return this.#parts.synchronised.add(listener);
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
    const { managers, backups } = this.#parts;
    return (
      backups.get(record.context)?.imported(record, options) ??
      managers.of(record.context)?.imported(record, options, this.#now()) ??
      'refused'
    );
  }

  settle(): Promise<void> {
    return this.#store.flush();
  }

  subscribe(listener: (event: SessionEvent) => void): () => void {
    return this.#parts.subscribers.add(listener);
  }

  memberAdded(member: Member): void {
    const { continuity, expiry, joiner, memberDialects } = this.#parts;
    memberDialects.met(member);
    const returns = continuity.meet(member);
    expiry.presenceChanged();
    joiner.memberAdded(member, returns);
  }

  memberDisappeared(member: Member): void {
    const { continuity, expiry, joiner, backups, fullMaps, mapCallers, memberDialects } = this.#parts;
    continuity.part(member);
    mapCallers.forget(member);
    memberDialects.left(member);
    backups.memberDisappeared(member);
    fullMaps.memberDisappeared(member);
    expiry.presenceChanged();
    joiner.memberGone(member);
  }

  heartbeat(): void {
    this.#parts.memberDialects.remember(this.#channel.members());
    this.#parts.backups.heartbeat();
    this.#parts.fullMaps.heartbeat();
  }

  messageReceived(message: ReceivedMessage): boolean | Promise<boolean> {
    if (this.#stopped) {
      return false;
    }
    const { mapDirectory, continuity, joiner, listener } = this.#parts;
    continuity.heard(message.sender, message.timestamp);
    joiner.heard(message.sender);
    const taken = listener.messageReceived(message);
    if (taken === false && isBackupMapCall(message)) {
      joiner.hasBackupManagers(message.sender);
    }
    if (taken !== false) {
      return taken;
    }
    const take = mapDirectory.taker(message);
    return take === undefined ? false : listener.stored(message, take);
  }

  /** What was refused while the store was full is missing: once it can be written, everybody is asked again. */
  #askForRefused(): void {
    const { refusedFull } = this.#parts.counters;
    if (refusedFull > this.#refusedBefore && this.#store.statistics().problem === null) {
      this.#logger.info({ refused: refusedFull - this.#refusedBefore }, 'the store takes sessions again');
      this.#refusedBefore = refusedFull;
      this.#parts.joiner.missed();
    }
  }

  #keepHouse(): void {
    const { continuity, managers, joiner, complaints, counters, expiry, reconciliation } = this.#parts;
    const { singleSignOns, backups } = this.#parts;
    continuity.tick();
    for (const manager of backups) {
      manager.members().forEach((member) => joiner.hasBackupManagers(member));
    }
    joiner.tick();
    this.#askForRefused();
    for (const { stamp, context } of managers.age(this.#now(), joiner.isTransferring)) {
      joiner.askAgain(stamp.sender, context);
      const times = complaints.admit(`given up ${stamp.sender}`);
      if (times > 0) {
        const fields = { sender: stamp.sender, context, givenUp: counters.unknown, times };
        const text =
          'messages came for sessions that are not known; whoever sent them is asked for its sessions';
        this.#logger.warn(fields, text);
      }
    }
    if (reconciliation.synchronisedSince !== null) {
      expiry.tick();
      singleSignOns.tick();
    }
  }
}

function backupContext(manager: BackupManager, sessions: number): ContextInfo {
  const groups = manager.groups();
  return {
    name: manager.context,
    manager: 'BackupManager',
    sessions,
    unconfirmed: 0,
    members: manager.members().map(({ uniqueId, name }) => ({ uniqueId, name, state: 'complete' })),
    groups,
    bridge: manager.bridge,
  };
}
