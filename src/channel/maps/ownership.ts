import type { Member } from '../../membership/index.js';
import { MapMessageType } from '../../wire/index.js';
import type { BackupPublisher } from './backup-publisher.js';
import type { LazyEntries, LazyEntry } from './lazy-entries.js';
import type { MapMembers } from './map-members.js';
import { includes, isSame, without } from './map-nodes.js';
import { mapMessage, type MapOutbox } from './map-outbox.js';
import type { MapValues } from './map-types.js';
import type { RecentClaims } from './recent-claims.js';
import type { Retrievals } from './retrievals.js';

export interface OwnershipParts {
  readonly local: () => Member;
  readonly values: MapValues;
  readonly members: MapMembers;
  readonly outbox: MapOutbox;
  readonly entries: LazyEntries;
  readonly claims: RecentClaims;
  readonly publisher: BackupPublisher;
  readonly retrievals: Retrievals;
  /** Nobody who has its value is left. */
  readonly lost: (key: string) => void;
  /** Whether the entry lives in another map, and so is nothing to be inherited here. */
  readonly livesElsewhere: (key: string) => boolean;
}

/** How long an entry may be without a primary before others than its heir take it, milliseconds; and before it is given up. */
const ORPHANED_MS = 5_000;
const LOST_MS = 120_000;

/** How this node becomes the primary of an entry: it takes it, inherits it, or adopts it. */
export class Ownership {
  readonly #parts: OwnershipParts;

  constructor(parts: OwnershipParts) {
    this.#parts = parts;
  }

  /** An entry whose value is here, and is what we make of it. `done`: a backup has it, or nobody can keep one. */
  own(key: string, now: number, done?: (now: number) => void): void {
    const { entries, publisher } = this.#parts;
    const entry = entries.getOrAdd(key);
    entries.own(entry);
    entries.make(entry);
    publisher.publish(key, now, done);
  }

  /** An entry whose value is here as somebody else has made it. */
  keep(key: string, now: number): void {
    const { entries, publisher } = this.#parts;
    entries.own(entries.getOrAdd(key));
    publisher.publish(key, now, undefined, true);
  }

  /**
   * Takes the entry from whoever has it (`AbstractReplicatedMap.get`).
   *
   * @param done told whether it is ours.
   */
  take(key: string, now: number, done: (isPrimary: boolean, now: number) => void): void {
    const { entries, retrievals } = this.#parts;
    const entry = entries.get(key);
    switch (entry?.role) {
      case undefined:
      case 'held':
        done(false, now);
        break;
      case 'primary':
        done(true, now);
        break;
      case 'backup':
        if (retrievals.hasValue(key)) {
          this.own(key, now, (at) => done(entries.get(key)?.role === 'primary', at));
        } else {
          retrievals.fetch(entry, now, (isThere, at) =>
            isThere ? this.take(key, at, done) : done(false, at),
          );
        }
        break;
      case 'proxy':
        retrievals.fetch(entry, now, (isThere, at) => {
          if (isThere && entry.role === 'proxy') {
            this.#takeFromBackup(entry, at);
          }
          done(entry.role === 'primary', at);
        });
    }
  }

  /** Its backups stay what they are. */
  #takeFromBackup(entry: LazyEntry, now: number): void {
    const { local, members, outbox, entries, claims, publisher } = this.#parts;
    const { key, primary: former } = entry;
    const nodes = entry.nodes.filter((node) => !entries.isLocal(node) && members.has(node));
    entries.own(entry, nodes);
    claims.add(key, now);
    const body = { primary: local(), nodes };
    outbox.tell(nodes, mapMessage(MapMessageType.NOTIFY_MAPMEMBER, key, body));
    const others = members.all().filter((member) => !includes(nodes, member));
    outbox.tell(others, mapMessage(MapMessageType.PROXY, key, body));
    if (nodes.length === 0 || (former !== null && includes(nodes, former))) {
      publisher.publish(key, now);
    }
  }

  /** Takes an entry that should have a primary, and has none, with whatever is here of it. */
  takeBack(key: string, now: number): void {
    const { entries, values, retrievals } = this.#parts;
    const entry = entries.get(key);
    if (entry !== undefined && entry.role !== 'held' && values.has(key)) {
      retrievals.settled(key);
      this.keep(key, now);
    } else {
      this.take(key, now, () => undefined);
    }
  }

  /** A member has gone, which may have been the primary of the entry, or a backup. */
  withoutMember(entry: LazyEntry, gone: Member, now: number): void {
    const { entries, publisher } = this.#parts;
    const { role, primary, nodes } = entry;
    const wasNode = includes(nodes, gone);
    if (role === 'held') {
      return;
    }
    if (role === 'primary') {
      if (wasNode) {
        entries.settle(entry, { nodes: without(nodes, gone) });
        publisher.publish(entry.key, now);
      }
    } else if (isSame(primary, gone) || (wasNode && primary === null)) {
      entries.settle(entry, { primary: null, nodes: without(nodes, gone) });
      this.#inherit(entry, now);
    } else if (wasNode) {
      entries.watch(entry);
    }
  }

  /** The entry has no primary: its first backup takes its place; where there is none, whoever has a copy. */
  #inherit({ key, nodes }: LazyEntry, now: number): void {
    const { entries, members, values, lost, livesElsewhere } = this.#parts;
    const first = nodes.find((node) => entries.isLocal(node) || members.has(node));
    if (first !== undefined && !entries.isLocal(first)) {
      return;
    }
    if (values.has(key) && !livesElsewhere(key)) {
      this.keep(key, now);
    } else {
      lost(key);
    }
  }

  /**
   * Whoever was to inherit them does not: they go to whoever has a copy, one node after the other, so that two do not take the same;
   * what nobody has is over.
   */
  adoptOrphans(now: number): void {
    const { local, members, entries, values, lost, livesElsewhere } = this.#parts;
    const rank = members.all().filter(({ uniqueId }) => uniqueId < local().uniqueId).length;
    for (const [key, since] of entries.orphans()) {
      if (livesElsewhere(key)) {
        lost(key);
      } else if (now - since >= ORPHANED_MS * (2 + rank) && values.has(key)) {
        this.takeBack(key, now);
      } else if (now - since >= LOST_MS) {
        lost(key);
      }
    }
  }
}
