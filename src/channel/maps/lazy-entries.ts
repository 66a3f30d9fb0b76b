import type { Member } from '../../membership/index.js';
import { MapMessageType } from '../../wire/index.js';
import type { MapMembers } from './map-members.js';
import { areSame, includes, isSame, NOBODY } from './map-nodes.js';
import { mapMessage } from './map-outbox.js';
import type { MapRole, MapValues, OutgoingMapMessage } from './map-types.js';

export interface LazyEntry {
  readonly key: string;
  readonly role: MapRole;
  /** Null when the primary is gone and nobody has taken its place yet. */
  readonly primary: Member | null;
  readonly nodes: readonly Member[];
  /** How many messages about it have come. */
  readonly messages: number;
  /** When its primary has sent the newest that we know of its value, by its own clock, milliseconds; 0: nothing. */
  readonly sentAt: number;
}

type Settled = Partial<Pick<LazyEntry, 'role' | 'primary' | 'nodes'>>;

export interface LazyEntriesParts {
  readonly local: () => Member;
  /** See `LazyReplicatedMapParts`. */
  readonly isPreferred: (member: Member) => boolean;
  readonly members: MapMembers;
  readonly values: MapValues;
}

/** What a member of a map knows of each entry, apart from its value. */
export class LazyEntries {
  readonly #parts: LazyEntriesParts;
  readonly #entries = new Map<string, { -readonly [Name in keyof LazyEntry]: LazyEntry[Name] }>();
  readonly #counts: Record<MapRole, number> = { primary: 0, backup: 0, proxy: 0, held: 0 };
  readonly #held = new Set<string>();
  /** Entries of ours whose value is what we have made of it, and not only what their former primary had published. */
  readonly #made = new Set<string>();
  /** Entries whose primary is no member of the map that we know of. */
  readonly #ofStrangers = new Set<string>();
  /** Entries without a primary, and since when. */
  readonly #orphans = new Map<string, number>();
  /** Entries of a Tomcat's of which nobody could take its place, and since when: as old as they are, in this order. */
  readonly #exposed = new Map<string, number>();
  #beatAt = 0;

  constructor(parts: LazyEntriesParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How many entries there are, by what this node is to them. */
  get counts(): Readonly<Record<MapRole, number>> {
    return { ...this.#counts };
  }

  /** How many entries there are of which others have the value. */
  get proxies(): number {
    return this.#counts.proxy;
  }

  /** All entries, as they are when they are reached. */
  all(): IterableIterator<LazyEntry> {
    return this.#entries.values();
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  get(key: string): LazyEntry | undefined {
    return this.#entries.get(key);
  }

  /** Whether the entry is still there, and not another one of its key. */
  isCurrent(entry: LazyEntry): boolean {
    return this.#entries.get(entry.key) === entry;
  }

  /** The entry, a proxy of nobody's where there was none. */
  getOrAdd(key: string): LazyEntry {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      return known;
    }
    const entry = { key, role: 'proxy', primary: null, nodes: NOBODY, messages: 0, sentAt: 0 } as const;
    this.#entries.set(key, entry);
    this.#counts[entry.role]++;
    return entry;
  }

  isLocal(member: Member | null): boolean {
    return isSame(member, this.#parts.local());
  }

  isLocalAmong(nodes: readonly Member[]): boolean {
    return includes(nodes, this.#parts.local());
  }

  settle(settled: LazyEntry, change: Settled): void {
    const { key } = settled;
    const entry = this.#entries.get(key);
    if (entry === undefined || entry !== settled) {
      return;
    }
    const { role = entry.role, primary = entry.primary, nodes = entry.nodes } = change;
    if (role === entry.role && isSame(primary, entry.primary) && areSame(nodes, entry.nodes)) {
      return;
    }
    if (role !== entry.role) {
      this.#counts[entry.role]--;
      this.#counts[role]++;
      this.#held[role === 'held' ? 'add' : 'delete'](key);
      this.#made.delete(key);
    }
    if (primary !== null && !this.isLocal(primary) && !this.#parts.members.has(primary)) {
      this.#ofStrangers.add(key);
    }
    if (primary === null) {
      this.#orphans.set(key, this.#orphans.get(key) ?? this.#beatAt);
    } else {
      this.#orphans.delete(key);
    }
    if (!isSame(primary, entry.primary)) {
      entry.sentAt = 0;
    }
    entry.role = role;
    entry.primary = primary;
    entry.nodes = nodes;
    this.watch(entry);
    this.#parts.values.settled(entry);
  }

  /** A message about it has come: what was asked for before may be older. */
  countMessage({ key }: LazyEntry): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      entry.messages++;
    }
  }

  /** What we have of its value now has been sent by its primary then. */
  stamp({ key }: LazyEntry, sentAt: number): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      entry.sentAt = sentAt;
    }
  }

  /** Makes us its primary, with these as its backups. */
  own(entry: LazyEntry, nodes: readonly Member[] = NOBODY): void {
    this.settle(entry, { role: 'primary', primary: this.#parts.local(), nodes });
  }

  /** We have put or changed the value of an entry that is ours. */
  make({ key }: LazyEntry): void {
    this.#made.add(key);
  }

  isMade({ key }: LazyEntry): boolean {
    return this.#made.has(key);
  }

  drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      this.#entries.delete(key);
      this.#counts[entry.role]--;
    }
    this.#held.delete(key);
    this.#made.delete(key);
    this.#orphans.delete(key);
    this.#exposed.delete(key);
    this.#ofStrangers.delete(key);
  }

  *held(): IterableIterator<LazyEntry> {
    for (const key of this.#held) {
      const entry = this.#entries.get(key);
      if (entry !== undefined) {
        yield entry;
      }
    }
  }

  /** What loses its primary or its backups from now on has lost them now. */
  beat(now: number): void {
    this.#beatAt = now;
  }

  /** The entries without a primary, and since when. */
  orphans(): IterableIterator<[key: string, since: number]> {
    return this.#orphans.entries();
  }

  /** The proxies of a Tomcat's none of whose backups is a member of the map, and since when; the oldest first. */
  get exposed(): ReadonlyMap<string, number> {
    return this.#exposed;
  }

  /** Looks again whether the entry is exposed. */
  watch({ key, role, primary, nodes }: LazyEntry): void {
    const { isPreferred, members } = this.#parts;
    const isOfTomcat = role === 'proxy' && primary !== null && isPreferred(primary);
    if (!isOfTomcat || nodes.some((node) => members.has(node))) {
      this.#exposed.delete(key);
    } else if (!this.#exposed.has(key)) {
      this.#exposed.set(key, this.#beatAt);
    }
  }

  /** As `watch`; if it is exposed, it is so from now on. */
  watchAnew(entry: LazyEntry, now: number): void {
    this.#exposed.delete(entry.key);
    this.beat(now);
    this.watch(entry);
  }

  /** Those entries of which we were told a primary that is no member of the channel; each is told once. */
  takeOfAbsent(channelMembers: readonly Member[]): readonly (LazyEntry & { readonly primary: Member })[] {
    if (this.#ofStrangers.size === 0) {
      return [];
    }
    const present = new Set(channelMembers.map(({ key }) => key));
    const ofAbsent = [...this.#ofStrangers]
      .map((key) => this.#entries.get(key))
      .filter((entry): entry is typeof entry & { key: string; primary: Member } => {
        const primary = entry?.primary ?? null;
        return primary !== null && !this.isLocal(primary) && !present.has(primary.key);
      });
    this.#ofStrangers.clear();
    return ofAbsent;
  }

  /** Where we are the primary without a backup, we are whom to ask for the value. */
  proxyMessage({ key, primary, nodes }: LazyEntry): OutgoingMapMessage {
    const holders = nodes.length === 0 && this.isLocal(primary) ? [this.#parts.local()] : nodes;
    return mapMessage(MapMessageType.PROXY, key, { primary, nodes: holders });
  }

  /** As `proxyMessage`, for a node such as this one: that we only stand for an entry is said by naming nobody who has its value. */
  proxyMessageForPeer(entry: LazyEntry): OutgoingMapMessage {
    return entry.role === 'held'
      ? mapMessage(MapMessageType.PROXY, entry.key, { primary: entry.primary })
      : this.proxyMessage(entry);
  }
}
