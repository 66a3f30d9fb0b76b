import type {
  Clock,
  ContextName,
  SessionId,
  SessionRecord,
  SessionStore,
  UniqueId,
} from '../../base/index.js';
import {
  LazyReplicatedMap,
  MapService,
  type Channel,
  type MapEntry,
  type MapGroup,
  type MapRole,
  type MapStamp,
  type MapValues,
  type ReceivedMessage,
} from '../../channel/index.js';
import type { JavaValue } from '../../java/index.js';
import type { Member } from '../../membership/index.js';
import { isMirror } from '../continuity/mirror-member.js';
import { idleDeadline } from '../idle-deadline.js';
import { mapGroupOf } from '../map-group.js';
import type { SessionDelta } from '../message/session-delta.js';
import {
  importedSession,
  outcomeOf,
  type ImportOptions,
  type ImportOutcome,
} from '../moving/session-import.js';
import { encodeEdit } from '../writing/delta-encoder.js';
import type { SessionEdit } from '../writing/session-writer.js';
import type { BackupFacts, StoredEntry } from './backup-facts.js';
import { FormerRun } from './former-run.js';
import { GroupBridge, type BridgeState } from './group-bridge.js';
import { BackupSessions, type BackupSessionsParts } from './backup-sessions.js';
import type { BackupSettings } from './backup-settings.js';

export interface BackupManagerParts extends Omit<BackupSessionsParts, 'channel' | 'store'> {
  readonly channel: Channel;
  readonly clock: Clock;
  readonly store: Pick<SessionStore, 'get' | 'put' | 'delete'>;
  readonly facts: BackupFacts;
  readonly settings: BackupSettings;
  /** Of each group. */
  readonly maxProxies: number;
}

/** The map of a manager (`BackupManager.getMapName`). */
export const MAP_SUFFIX = '-map';

/** How the members of one group see the map. */
export interface BackupGroup {
  readonly group: MapGroup;
  readonly state: string;
  /** Members that have the map. */
  readonly members: readonly string[];
  readonly entries: Readonly<Record<MapRole, number>>;
}

/** What is known of a session of a replicated map beside its value. */
export interface BackupPlace {
  /** What this node is to it. */
  readonly role: MapRole;
  /** `tcp://host:port`; null when it has gone and nobody has taken its place. */
  readonly primary: string | null;
  readonly backups: readonly string[];
}

/** What became of a write. */
export interface MapWrite {
  readonly record: SessionRecord;
  readonly backups: readonly Member[];
}

/** A backup is told of accesses once an interval, at least: after so many without a word its primary has ended the session. */
const FORGET_INTERVALS = 3;

/**
 * The sessions of one context, in the replicated map in which its BackupManagers keep them
 * (`org.apache.catalina.ha.session.BackupManager`). Tomcats that cannot read each other's messages have each a map of their own;
 * where the bridge is on, a session lives in the map of whoever has used it last, and in all others the node stands for it.
 */
export class BackupManager {
  readonly context: ContextName;
  readonly #parts: BackupManagerParts;
  readonly #sessions: BackupSessions;
  readonly #service: MapService<LazyReplicatedMap>;
  readonly #bridge: GroupBridge;
  readonly #joining = new Set<MapGroup>();
  readonly #formerRun: FormerRun;

  constructor(parts: BackupManagerParts) {
    this.#parts = parts;
    const { context, channel, clock, logger, settings, javaLimits, facts } = parts;
    this.context = context;
    this.#sessions = new BackupSessions(parts);
    this.#formerRun = new FormerRun(facts.entries(context));
    this.#service = new MapService({
      channel,
      clock,
      logger,
      name: `${context}${MAP_SUFFIX}`,
      sendOptions: settings.mapSendOptions,
      limits: javaLimits,
      groupOf: (member) => mapGroupOf(channel, member),
      speaksFirstTo: (member) => isMirror(member) || channel.hasShownMemberImpl(member),
      alongside: () => this.#formerRun.groups(),
      createMap: (group) => this.#createMap(group),
      encodeValue: (key, dialect) => this.#sessions.encode(key as SessionId, dialect),
      joined: (group, map) => this.#joined(group, map),
    });
    this.#bridge = new GroupBridge(this.#service, {
      ...parts,
      has: (id) => this.#sessions.get(id) !== undefined,
    });
    facts.addContext(context);
  }

  start(): void {
    if (this.#parts.settings.part === 'member') {
      this.#service.start();
    } else {
      this.#service.poll();
    }
  }

  /** Never rejects. */
  stop(): Promise<void> {
    return this.#service.stop();
  }

  /** What takes the calls of the map. */
  get rpcHandler(): ReturnType<MapService<LazyReplicatedMap>['handler']> {
    return this.#service.handler();
  }

  messageReceived(message: ReceivedMessage, value: JavaValue): void {
    this.#service.messageReceived(message, value);
  }

  memberDisappeared(member: Member): void {
    this.#service.memberDisappeared(member);
    this.#bridge.memberDisappeared(member);
  }

  heartbeat(): void {
    this.#service.heartbeat();
  }

  tick(): void {
    this.#service.tick();
  }

  poll(): void {
    this.#service.poll();
  }

  // ---- looking ----

  groups(): readonly BackupGroup[] {
    return [...this.#service.maps].map(([group, map]) => ({
      group,
      state: map.state,
      members: map.members().map(({ name }) => name),
      entries: map.counts,
    }));
  }

  get bridge(): BridgeState {
    return this.#bridge.state;
  }

  /** Whether the map of a group is being joined. */
  get isJoining(): boolean {
    return this.#joining.size > 0;
  }

  /** Members that have the map. */
  members(): readonly Member[] {
    const members = [...this.#service.maps.values()].flatMap((map) => map.members());
    return [...new Map(members.map((member) => [member.key, member])).values()];
  }

  /** Sessions of which others have the value. */
  *proxies(): Generator<SessionId, void> {
    for (const [group, map] of this.#service.maps) {
      for (const { key, role } of map.entries()) {
        if (role === 'proxy' && this.#bridge.livesIn(group, key)) {
          yield key as SessionId;
        }
      }
    }
  }

  has(id: SessionId): boolean {
    return this.#bridge.mapOf(id)?.entry(id) !== undefined;
  }

  place(id: SessionId): BackupPlace | undefined {
    const entry = this.#bridge.mapOf(id)?.entry(id);
    return (
      entry && {
        role: entry.role,
        primary: entry.primary?.name ?? null,
        backups: entry.nodes.map(({ name }) => name),
      }
    );
  }

  /** Gets the session as it is now from whoever has it, who notices nothing. Resolves to whether it is there. */
  look(id: SessionId): Promise<boolean> {
    const map = this.#bridge.mapOf(id);
    if (map === undefined) {
      return Promise.resolve(false);
    }
    return new Promise((resolve) => {
      this.#service.with(map, (now) => {
        map.look(id, now, (isThere) => {
          this.#parts.counters.looks += isThere ? 1 : 0;
          resolve(isThere);
        });
      });
    });
  }

  // ---- changing ----

  /**
   * Changes a session by the rules of the map: takes it over, changes it, publishes it. Resolves to the session as it is then,
   * and who keeps its backup; undefined when it cannot be had.
   *
   * @param check throws where the session is not to be changed.
   */
  async change(
    id: SessionId,
    edit: SessionEdit,
    delta: SessionDelta,
    check: (record: SessionRecord) => void,
  ): Promise<MapWrite | undefined> {
    const map = await this.#takenOver(id);
    const record = this.#sessions.get(id);
    if (map === undefined || record === undefined) {
      return undefined;
    }
    check(record);
    const after = this.#sessions.change(record, delta, this.#ownStamp());
    await new Promise<void>((resolve) => {
      this.#service.with(map, (now) => {
        map.changed(id, encodeEdit(id, edit), now, () => resolve());
      });
    });
    return { record: after, backups: map.entry(id)?.nodes ?? [] };
  }

  /** Ends a session everywhere; undefined when there is none. */
  async expire(id: SessionId, check: (record: SessionRecord) => void): Promise<SessionRecord | undefined> {
    const map = await this.#takenOver(id);
    const record = this.#sessions.get(id);
    if (map === undefined || record === undefined) {
      return undefined;
    }
    check(record);
    this.#service.with(map, () => map.remove(id));
    return record;
  }

  /** Takes in a session that we have made; resolves to the member that keeps its backup, if any. */
  create(record: SessionRecord): Promise<readonly Member[]> {
    this.#sessions.put(record);
    const maps = [...this.#service.maps];
    const first = maps.find(([, map]) => !map.members().every(isMirror)) ?? maps[0];
    if (first === undefined || this.#parts.settings.part !== 'member') {
      this.#remember(record.id, { role: 'primary', group: null, holders: [] });
      return Promise.resolve([]);
    }
    const [group, map] = first;
    this.#bridge.settle(group, record.id);
    return new Promise((resolve) => {
      this.#service.with(map, (now) => {
        map.put(record.id, now, () => resolve(map.entry(record.id)?.nodes ?? []));
      });
    });
  }

  imported(session: SessionRecord, options: ImportOptions): ImportOutcome {
    const now = this.#parts.now();
    const incoming = importedSession(session, options.asOf, now);
    const record = this.#sessions.get(session.id);
    const outcome = outcomeOf(record, incoming, now, options.overwrite);
    if (!options.dryRun && (outcome === 'new' || outcome === 'replaced')) {
      this.#parts.sessionCounters.importedSessions++;
      void this.create({ ...incoming, version: Math.max(record?.version ?? 0, session.version) + 1 });
    }
    return outcome;
  }

  /** Expires the session if it has been idle for long enough, and that is for us to say. */
  expireIdle(id: SessionId, now: number, tomcatUntil = Infinity): void {
    const record = this.#sessions.get(id);
    if (record === undefined) {
      return;
    }
    const map = this.#bridge.mapOf(id);
    const role = map?.entry(id)?.role;
    if (map !== undefined && role !== undefined && role !== 'primary') {
      const interval = 1000 * record.maxInactiveInterval;
      if (interval > 0 && record.receivedAt + FORGET_INTERVALS * interval <= now) {
        this.#sessions.end(id, 'idle');
        this.#forget(id);
      }
      return;
    }
    if (idleDeadline(record, record.receivedAt, tomcatUntil) <= now) {
      this.#parts.sessionCounters.expiredIdle++;
      this.#sessions.end(id, 'idle');
      this.#forget(id);
      if (map !== undefined) {
        this.#service.with(map, () => map.remove(id));
      }
    }
  }

  #takenOver(id: SessionId): Promise<LazyReplicatedMap | undefined> {
    const map = this.#bridge.mapOf(id);
    if (map === undefined || this.#parts.settings.part !== 'member') {
      return Promise.resolve(undefined);
    }
    return new Promise((resolve) => {
      this.#service.with(map, (now) =>
        map.takeOver(id, now, (isPrimary) => resolve(isPrimary ? map : undefined)),
      );
    });
  }

  #ownStamp(): { readonly sender: UniqueId; readonly timestamp: number } {
    const { channel, clock } = this.#parts;
    return { sender: channel.local.uniqueId, timestamp: clock.now() };
  }

  // ---- groups ----

  #createMap(group: MapGroup): LazyReplicatedMap {
    const { channel, settings } = this.#parts;
    this.#joining.add(group);
    const map: LazyReplicatedMap = new LazyReplicatedMap({
      values: this.#valuesOf(group),
      local: () => channel.local,
      isPreferred: (member) => !isMirror(member),
      ...(this.#bridge.isOn && { bridge: this.#bridge.sideOf(group) }),
      part: settings.part === 'off' ? 'proxy' : settings.part,
      rpcTimeout: settings.rpcTimeout,
      accessTimeout: settings.accessTimeout,
      maxProxies: this.#parts.maxProxies,
      askedEarly: (by) => this.#askedEarly(by, group),
      sheltered: (_key, primary) => this.#sheltered(primary),
      refused: () => this.#refusedProxy(),
    });
    return map;
  }

  #sheltered({ name: member }: Member): void {
    const { counters, complaints, logger } = this.#parts;
    counters.sheltered++;
    const sessions = complaints.admit(`sheltered ${this.context} ${member}`);
    if (sessions > 0) {
      logger.info(
        { context: this.context, member, sessions },
        'the backup of sessions has gone, and their primary has not chosen another one: it is this node now',
      );
    }
  }

  #refusedProxy(): void {
    const { counters, complaints, logger, maxProxies } = this.#parts;
    counters.refusedProxies++;
    const times = complaints.admit(`proxies ${this.context}`);
    if (times > 0) {
      logger.warn(
        { context: this.context, maxProxies, times },
        'sessions of a replicated map are not known here: there are more than session.maxProxies',
      );
    }
  }

  #joined(group: MapGroup, map: LazyReplicatedMap): void {
    this.#joining.delete(group);
    if (this.#joining.size === 0 && this.#parts.settings.part === 'member') {
      this.#restore(group);
    }
    this.#bridge.joined(group, map);
  }

  /**
   * A Tomcat that starts asks one member for its entries, once, and its users may be there before it hears of others. It has none itself:
   * where nobody else is there who could have told of those of the run before, they are given back before it is answered.
   */
  #askedEarly(by: Member, group: MapGroup): void {
    const { channel, settings } = this.#parts;
    if (settings.part === 'member' && channel.members().every(({ key }) => key === by.key)) {
      this.#restore(group);
    }
  }

  /** @param joined the group whose map was joined last */
  #restore(joined: MapGroup): void {
    const { counters, logger } = this.#parts;
    const present = new Set(this.members().map(({ uniqueId }) => uniqueId));
    const restored = this.#formerRun.settle(present, {
      isKnown: (id) => this.#bridge.groupOf(id) !== undefined,
      has: (id) => this.#sessions.get(id) !== undefined,
      goesOn: (id, group) => this.#giveBack(id, group, joined),
      hasEnded: (id) => {
        this.#sessions.end(id, 'absent');
        this.#forget(id);
      },
    });
    if (restored > 0) {
      counters.restored += restored;
      logger.info(
        { context: this.context, sessions: restored },
        'sessions that nobody had any more are given back',
      );
    }
  }

  /** In the map of its own group, from where it is brought to the others; without the bridge, where somebody looks for it. */
  #giveBack(id: SessionId, own: MapGroup | null, joined: MapGroup): void {
    const { maps } = this.#service;
    const group = this.#bridge.isOn && own !== null && maps.has(own) ? own : joined;
    const map = maps.get(group);
    if (map !== undefined) {
      this.#bridge.settle(group, id);
      this.#service.with(map, (now) => map.restore({ key: id, outcome: 'primary' }, now));
    }
  }

  // ---- what rests here ----

  #valuesOf(group: MapGroup): MapValues {
    const { counters } = this.#parts;
    const isOwner = (key: string): boolean => this.#bridge.livesIn(group, key);
    return {
      has: (key) => this.#sessions.get(key as SessionId) !== undefined,
      replace: (key, valuedata, stamp) => {
        const taken = this.#sessions.replace(key as SessionId, valuedata, stamp);
        this.#bridge.own(group, key);
        const entry = this.#bridge.mapOf(key)?.entry(key);
        if (taken && entry !== undefined) {
          this.#settled(entry);
        }
        return taken;
      },
      isNewer: (key, valuedata) => this.#sessions.isNewer(key as SessionId, valuedata),
      apply: (key, diff, stamp) => this.#sessions.apply(key as SessionId, diff, stamp),
      accessed: (key, stamp: MapStamp) => {
        if (isOwner(key)) {
          this.#sessions.accessed(key as SessionId, stamp);
        }
      },
      ended: (key, why) => {
        if (isOwner(key)) {
          counters.lost += why === 'lost' ? 1 : 0;
          this.#ended(key, group, why);
        }
      },
      settled: (entry) => {
        if (entry.role !== 'proxy' || entry.primary === null || !isMirror(entry.primary)) {
          // Of what a mirror has it is known only when it says so itself whether it does not but stand for it.
          this.#bridge.own(group, entry.key);
        }
        if (isOwner(entry.key)) {
          if (entry.role === 'primary') {
            counters.promoted++;
          }
          this.#settled(entry);
        }
      },
    };
  }

  #settled({ key, role, primary, nodes }: MapEntry): void {
    const id = key as SessionId;
    if (this.#sessions.get(id) === undefined) {
      return;
    }
    const own = this.#parts.channel.local.uniqueId;
    const holders = new Set(
      [...(primary === null ? [] : [primary]), ...nodes].map(({ uniqueId }) => uniqueId),
    );
    holders.delete(own);
    this.#remember(id, { role, group: this.#bridge.groupOf(id) ?? null, holders: [...holders] });
  }

  #ended(key: string, group: MapGroup, why: 'removed' | 'lost'): void {
    const id = key as SessionId;
    this.#sessions.end(id, why === 'removed' ? 'message' : 'absent');
    this.#forget(id);
    this.#bridge.ended(group, key);
  }

  #remember(id: SessionId, entry: StoredEntry): void {
    this.#parts.facts.put(this.context, id, entry);
  }

  #forget(id: SessionId): void {
    this.#bridge.forget(id);
    this.#formerRun.forget(id);
    this.#parts.facts.delete(this.context, id);
  }
}
