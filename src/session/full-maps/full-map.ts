import type { Clock, FactStore, JavaLimits, Logger, LogThrottle, UniqueId } from '../../base/index.js';
import {
  FullReplicatedMap,
  MapService,
  type Channel,
  type FullMapRole,
  type MapEntry,
  type MapGroup,
  type MapStamp,
  type MapValues,
  type ReceivedMessage,
  type RpcHandler,
} from '../../channel/index.js';
import type { JavaValue } from '../../java/index.js';
import type { Member, MemberKey } from '../../membership/index.js';
import type { BackupSettings } from '../backup/backup-settings.js';
import { isMirror } from '../continuity/mirror-member.js';
import { mapGroupOf } from '../map-group.js';
import { Subscribers } from '../subscribers.js';
import { FullMapFacts } from './full-map-facts.js';
import { MAP_SEND_OPTIONS, type MapKind } from './map-kind.js';
import type { MapRoom } from './map-room.js';

export interface FullMapParts {
  readonly name: string;
  readonly kind: MapKind;
  readonly channel: Channel;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly complaints: LogThrottle;
  readonly facts: FactStore;
  readonly settings: Pick<BackupSettings, 'part' | 'rpcTimeout' | 'accessTimeout'>;
  readonly javaLimits: JavaLimits;
  readonly maxEntries: number;
  readonly room: MapRoom;
  /** Members that have called the map before it was here. */
  readonly callers: ReadonlySet<MemberKey>;
  /** Our time. */
  readonly now: () => number;
}

/** Something that has happened to an entry. */
export interface FullMapChange {
  readonly type: 'set' | 'delete';
  readonly key: string;
  /** Whether it was asked for here. */
  readonly isOwn: boolean;
}

/** What is known of an entry beside its value. */
export interface FullMapPlace {
  /** What this node is to it. */
  readonly role: FullMapRole;
  /** `tcp://host:port`; null when it has gone and nobody has taken its place. */
  readonly primary: string | null;
  /** All others that have a copy, as the primary said last. */
  readonly nodes: readonly string[];
}

/** What became of a change of ours. */
export interface FullMapOutcome {
  readonly acknowledged: readonly Member[];
  readonly unacknowledged: readonly Member[];
}

interface Kept {
  readonly bytes: number;
  readonly holders: readonly UniqueId[];
  /** When it was last put or used, by our time. */
  readonly at: number;
}

/**
 * A replicated map of which every member has all entries (`ReplicatedMap`), as this node keeps it: durably, values as they came.
 * Tomcats that cannot read each other's messages have each a map of their own; here they are one.
 */
export class FullMap {
  readonly name: string;
  readonly kind: MapKind;
  readonly #parts: FullMapParts;
  readonly #facts: FullMapFacts;
  readonly #service: MapService<FullReplicatedMap>;
  readonly #kept = new Map<string, Kept>();
  readonly #subscribers: Subscribers<FullMapChange>;
  #version = 0;
  readonly #joining = new Set<MapGroup>();
  /** Called when no map is being joined any more. */
  #settled: (() => void)[] = [];
  /** What was there in the run before, and of which nobody has told yet. */
  readonly #legacy = new Set<string>();

  /** Error: TRIBES_E_CHANNEL_LISTENER when the name is taken. */
  constructor(parts: FullMapParts) {
    this.#parts = parts;
    const { name, kind, channel, clock, logger, javaLimits, facts, room, now } = parts;
    this.name = name;
    this.kind = kind;
    this.#facts = new FullMapFacts(facts);
    this.#subscribers = new Subscribers<FullMapChange>(`the replicated map "${name}"`, logger);
    this.#service = new MapService({
      channel,
      clock,
      logger,
      name,
      sendOptions: MAP_SEND_OPTIONS[kind],
      limits: javaLimits,
      groupOf: (member) => mapGroupOf(channel, member),
      speaksFirstTo: (member) => isMirror(member) || parts.callers.has(member.key),
      createMap: (group) => this.#createMap(group),
      encodeValue: (key) => this.value(key) ?? null,
      joined: (group, map) => this.#joined(group, map),
    });
    this.#facts.addMap(name, kind);
    for (const { key, entry, bytes } of this.#facts.entries(name)) {
      if (room.take(1, bytes)) {
        this.#kept.set(key, { bytes, holders: entry.holders, at: now() });
        this.#legacy.add(key);
      }
    }
  }

  // ---- coming and going ----

  start(): void {
    if (this.#parts.settings.part === 'member') {
      this.#service.start();
    } else {
      this.#service.poll();
    }
  }

  /** Says goodbye, and gives back its room; resolves when that has been sent. Never rejects. */
  async stop(): Promise<void> {
    await this.#service.stop();
    for (const { bytes } of this.#kept.values()) {
      this.#parts.room.take(-1, -bytes);
    }
    this.#kept.clear();
    this.#settle();
  }

  /** Resolves when nobody is waited for who may have entries. */
  async ready(): Promise<void> {
    if (this.#joining.size > 0) {
      await new Promise<void>((resolve) => this.#settled.push(resolve));
    }
  }

  get isJoining(): boolean {
    return this.#joining.size > 0;
  }

  /** What takes the calls of the map. */
  get rpcHandler(): RpcHandler {
    return this.#service.handler();
  }

  messageReceived(message: ReceivedMessage, value: JavaValue): void {
    this.#service.messageReceived(message, value);
  }

  memberDisappeared(member: Member): void {
    this.#service.memberDisappeared(member);
  }

  /** Of two that have come at the same time neither may have found the other: whoever has no map yet is asked for it now. */
  heartbeat(): void {
    if (this.#parts.settings.part === 'member') {
      this.#service.start();
    }
    this.#service.heartbeat();
  }

  poll(): void {
    this.#service.poll();
  }

  // ---- looking: nobody notices ----

  /** Grows whenever a key comes or goes. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#kept.size;
  }

  keys(): IterableIterator<string> {
    return this.#kept.keys();
  }

  has(key: string): boolean {
    return this.#kept.has(key);
  }

  /** The value as a Java stream of its own. */
  value(key: string): Buffer | undefined {
    return this.#kept.has(key) ? this.#facts.value(this.name, key) : undefined;
  }

  /** When the entry was last put, or used by somebody of whom we were told; by our time. */
  usedAt(key: string): number | undefined {
    return this.#kept.get(key)?.at;
  }

  place(key: string): FullMapPlace {
    for (const map of this.#service.maps.values()) {
      const entry = map.entry(key);
      if (entry !== undefined) {
        const { role, primary, nodes } = entry;
        return { role, primary: primary?.name ?? null, nodes: nodes.map(({ name }) => name) };
      }
    }
    return { role: 'primary', primary: this.#parts.channel.local.name, nodes: [] };
  }

  /** Members that have the map. */
  members(): readonly Member[] {
    return distinct([...this.#service.maps.values()].flatMap((map) => map.members()));
  }

  /** Calls `listener` for every change, in order, until the returned function is called. */
  subscribe(listener: (change: FullMapChange) => void): () => void {
    return this.#subscribers.add(listener);
  }

  // ---- changing ----

  /** Puts an entry; undefined when there is no room for it. Resolves when every member has it or does not answer. */
  async put(key: string, valuedata: Buffer): Promise<FullMapOutcome | undefined> {
    if (!this.#keep(key, valuedata)) {
      return undefined;
    }
    const outcome = this.#everywhere((map, now, ended) => map.put(key, now, ended));
    this.#subscribers.tell({ type: 'set', key, isOwn: true });
    return outcome;
  }

  /** Ends an entry everywhere; undefined when there is none. */
  async remove(key: string): Promise<FullMapOutcome | undefined> {
    if (!this.#kept.has(key)) {
      return undefined;
    }
    this.#forget(key);
    const outcome = this.#everywhere((map, now, ended) => {
      if (!map.remove(key, now, ended)) {
        ended({ delivered: [], faulty: [] });
      }
    });
    this.#subscribers.tell({ type: 'delete', key, isOwn: true });
    return outcome;
  }

  async #everywhere(
    act: (
      map: FullReplicatedMap,
      now: number,
      ended: (outcome: { delivered: readonly Member[]; faulty: readonly Member[] }) => void,
    ) => void,
  ): Promise<FullMapOutcome> {
    const outcomes = await Promise.all(
      [...this.#service.maps.values()].map(
        (map) =>
          new Promise<{ delivered: readonly Member[]; faulty: readonly Member[] }>((resolve) => {
            this.#service.with(map, (now) => act(map, now, resolve));
          }),
      ),
    );
    return {
      acknowledged: distinct(outcomes.flatMap(({ delivered }) => delivered)),
      unacknowledged: distinct(outcomes.flatMap(({ faulty }) => faulty)),
    };
  }

  // ---- groups ----

  #createMap(group: MapGroup): FullReplicatedMap {
    const { channel, settings, maxEntries } = this.#parts;
    this.#joining.add(group);
    return new FullReplicatedMap({
      values: this.#valuesOf(group),
      local: () => channel.local,
      isMirror,
      part: settings.part === 'member' ? 'member' : 'proxy',
      maxEntries,
      rpcTimeout: settings.rpcTimeout,
      accessTimeout: settings.accessTimeout,
    });
  }

  #joined(group: MapGroup, map: FullReplicatedMap): void {
    this.#joining.delete(group);
    if (this.#parts.settings.part === 'member') {
      for (const key of this.#kept.keys()) {
        if (!this.#legacy.has(key)) {
          this.#bringTo(map, key);
        }
      }
      if (this.#joining.size === 0) {
        this.#restore();
      }
    }
    if (this.#joining.size === 0) {
      this.#settle();
    }
  }

  #settle(): void {
    const settled = this.#settled;
    this.#settled = [];
    settled.forEach((resolve) => resolve());
  }

  /** Nobody has told of these: where somebody is still here who had them, they have ended; else we are the last who has them. */
  #restore(): void {
    const present = new Set(this.#parts.channel.members().map(({ uniqueId }) => uniqueId));
    const legacy = [...this.#legacy];
    this.#legacy.clear();
    let restored = 0;
    for (const key of legacy) {
      if (this.#kept.get(key)?.holders.some((holder) => present.has(holder)) === true) {
        this.#forget(key);
        this.#subscribers.tell({ type: 'delete', key, isOwn: false });
      } else {
        restored++;
        for (const map of this.#service.maps.values()) {
          this.#service.with(map, (now) => map.restore(key, now));
        }
      }
    }
    if (restored > 0) {
      this.#parts.logger.info(
        { map: this.name, entries: restored },
        'entries of a replicated map that nobody had any more are given back',
      );
    }
  }

  /** An entry that is in no map yet, or in that of other Tomcats. Of several mirrors the one with the lowest id tells of these. */
  #bringTo(map: FullReplicatedMap, key: string): void {
    const isElsewhere = [...this.#service.maps.values()].some(
      (other) => other !== map && other.entry(key) !== undefined,
    );
    this.#service.with(map, (now) =>
      isElsewhere && !this.#isBridge() ? map.note(key) : map.restore(key, now),
    );
  }

  #isBridge(): boolean {
    const { channel } = this.#parts;
    const { uniqueId } = channel.local;
    return channel.members().every((member) => !isMirror(member) || uniqueId < member.uniqueId);
  }

  #elsewhere(group: MapGroup, act: (map: FullReplicatedMap, now: number, isBridge: boolean) => void): void {
    if (this.#service.maps.size < 2 || this.#parts.settings.part !== 'member') {
      return;
    }
    const isBridge = this.#isBridge();
    for (const [other, map] of this.#service.maps) {
      if (other !== group) {
        this.#service.with(map, (now) => act(map, now, isBridge));
      }
    }
  }

  // ---- what rests here ----

  #valuesOf(group: MapGroup): MapValues<FullMapRole> {
    return {
      has: (key) => this.#kept.has(key),
      replace: (key, valuedata, stamp) => this.#replace(group, key, valuedata, stamp),
      apply: () => false,
      accessed: (key) => this.#used(key),
      ended: (key, why) => this.#ended(group, key, why),
      settled: (entry) => this.#remember(entry),
    };
  }

  #replace(group: MapGroup, key: string, valuedata: Buffer, { from }: MapStamp): boolean {
    if (this.value(key)?.equals(valuedata) === true) {
      this.#legacy.delete(key);
      this.#used(key);
      return true;
    }
    if (!this.#keep(key, valuedata)) {
      this.#complainOfRoom(from);
      return false;
    }
    this.#elsewhere(group, (map, now, isBridge) => (isBridge ? map.put(key, now) : map.note(key)));
    this.#subscribers.tell({ type: 'set', key, isOwn: false });
    return true;
  }

  #ended(group: MapGroup, key: string, why: 'removed' | 'lost'): void {
    if (!this.#kept.has(key)) {
      return;
    }
    this.#forget(key);
    this.#elsewhere(group, (map, now, isBridge) => {
      if (isBridge && why === 'removed') {
        map.remove(key, now);
      } else {
        map.forget(key);
      }
    });
    this.#subscribers.tell({ type: 'delete', key, isOwn: false });
  }

  #keep(key: string, valuedata: Buffer): boolean {
    const before = this.#kept.get(key);
    const { length: bytes } = valuedata;
    if (!this.#parts.room.take(before === undefined ? 1 : 0, bytes - (before?.bytes ?? 0))) {
      return false;
    }
    const holders = before?.holders ?? [];
    this.#legacy.delete(key);
    this.#version += before === undefined ? 1 : 0;
    this.#facts.put(this.name, key, { holders }, valuedata);
    this.#kept.set(key, { bytes, holders, at: this.#parts.now() });
    return true;
  }

  /** Who has the entry, for the next run. Its primary changes often, those who have it seldom. */
  #remember({ key, primary, nodes }: MapEntry<FullMapRole>): void {
    const kept = this.#kept.get(key);
    const value = kept && this.value(key);
    if (kept === undefined || value === undefined) {
      return;
    }
    const members = new Set(
      [...(primary === null ? [] : [primary]), ...nodes].map(({ uniqueId }) => uniqueId),
    );
    members.delete(this.#parts.channel.local.uniqueId);
    const holders = [...members].sort();
    if (holders.join() !== kept.holders.join()) {
      this.#facts.put(this.name, key, { holders }, value);
      this.#kept.set(key, { ...kept, holders });
    }
  }

  #used(key: string): void {
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.set(key, { ...kept, at: this.#parts.now() });
    }
  }

  #forget(key: string): void {
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#version++;
      this.#parts.room.take(-1, -kept.bytes);
      this.#kept.delete(key);
      this.#facts.delete(this.name, key);
    }
    this.#legacy.delete(key);
  }

  #complainOfRoom(from: Member): void {
    const times = this.#parts.complaints.admit(`no room ${this.name}`);
    if (times > 0) {
      this.#parts.logger.warn(
        { map: this.name, member: from.name, times },
        'an entry of a replicated map is not kept: there are more than session.maxMapEntries, or session.maxMapBytes',
      );
    }
  }
}

/** Another mirror is a member of the map of each group. */
function distinct(members: readonly Member[]): readonly Member[] {
  return [...new Map(members.map((member) => [member.key, member])).values()];
}
