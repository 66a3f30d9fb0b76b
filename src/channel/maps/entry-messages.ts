import type { Member } from '../../membership/index.js';
import { MapMessageType } from '../../wire/index.js';
import type { BackupPublisher } from './backup-publisher.js';
import type { Disputes } from './disputes.js';
import type { ExposedEntries } from './exposed-entries.js';
import type { LazyEntries, LazyEntry } from './lazy-entries.js';
import type { MapBridge } from './map-bridge.js';
import type { MapMembers } from './map-members.js';
import { isSame } from './map-nodes.js';
import type { MapOutbox } from './map-outbox.js';
import type { IncomingMapMessage, MapValues } from './map-types.js';
import type { Retrievals } from './retrievals.js';
import type { StateRequests } from './state-requests.js';

export interface EntryMessagesParts {
  readonly isPreferred: (member: Member) => boolean;
  readonly bridge: MapBridge | undefined;
  readonly maxProxies: number;
  readonly refused: (key: string) => void;
  readonly values: MapValues;
  readonly members: MapMembers;
  readonly outbox: MapOutbox;
  readonly entries: LazyEntries;
  readonly publisher: BackupPublisher;
  readonly retrievals: Retrievals;
  readonly disputes: Disputes;
  readonly states: StateRequests;
  readonly exposed: ExposedEntries;
  /** Nothing is known of the entry any more. */
  readonly drop: (key: string, why: 'removed') => void;
}

/** What others say of an entry, and what it is to us after that. */
export class EntryMessages {
  readonly #parts: EntryMessagesParts;

  constructor(parts: EntryMessagesParts) {
    this.#parts = parts;
  }

  received(key: string, from: Member, message: IncomingMapMessage, now: number): void {
    switch (message.msgtype) {
      case MapMessageType.BACKUP:
        this.#backup(key, from, message, now);
        break;
      case MapMessageType.PROXY:
        this.#proxy(key, from, message, now);
        break;
      case MapMessageType.REMOVE:
        this.#removed(key, from);
        break;
      case MapMessageType.ACCESS:
        this.#accessed(key, from, message);
        break;
      case MapMessageType.NOTIFY_MAPMEMBER:
        this.#takenOver(key, from, message, now);
        break;
      default:
    }
  }

  #backup(key: string, from: Member, message: IncomingMapMessage, now: number): void {
    const before = this.#parts.entries.get(key);
    if (before !== undefined && this.#insists(before, from, now)) {
      return;
    }
    if (before?.role === 'held' && message.diff !== null) {
      // Nobody takes an entry over with a change of it: its former primary has not heard yet that it is held.
      this.tellWhere(before, [from]);
      return;
    }
    const isLate = isBehind(message, from, before);
    const isOlder = isLate && message.diff === null && this.#hasValue(key) && message.sentAt < before.sentAt;
    const isTaken = isOlder || this.#takeValue(key, before, from, message);
    this.#parts.disputes.cede(before, from, now);
    const entry = before ?? this.#parts.entries.getOrAdd(key);
    const isMoved = entry.role === 'proxy' && isSame(entry.primary, from) && message.diff === null;
    const { primary, nodes } = message;
    this.#noteMove(entry, from, nodes, now);
    this.#parts.entries.settle(entry, { role: 'backup', primary: primary ?? from, nodes });
    this.#parts.entries.countMessage(entry);
    if (!isLate) {
      this.#parts.entries.stamp(entry, message.sentAt);
    }
    if (this.#parts.states.isAsking(from)) {
      this.#parts.states.newerThanLists(key);
    }
    if (!isTaken) {
      this.#parts.retrievals.missing(entry, now);
    } else if (message.diff === null) {
      this.#parts.retrievals.came(key, isMoved || isLate);
    } else if (isLate) {
      this.#parts.retrievals.doubt(key);
    }
    this.#parts.bridge?.claimed(key, from);
  }

  /** The value of a backup, or a change of it; false when we do not have what it is now. */
  #takeValue(
    key: string,
    before: LazyEntry | undefined,
    from: Member,
    { diff, valuedata, sentAt }: IncomingMapMessage,
  ): boolean {
    const stamp = { from, sentAt };
    if (diff === null) {
      return valuedata !== null && this.#parts.values.replace(key, valuedata, stamp);
    }
    const wasFresh = (before?.role === 'backup' || before?.role === 'primary') && this.#hasValue(key);
    return wasFresh && this.#parts.values.apply(key, diff, stamp);
  }

  #hasValue(key: string): boolean {
    return this.#parts.values.has(key) && this.#parts.retrievals.hasValue(key);
  }

  #proxy(key: string, from: Member, message: IncomingMapMessage, now: number): void {
    const { primary, nodes } = message;
    const before = this.#parts.entries.get(key);
    if (before !== undefined && this.#insists(before, from, now)) {
      return;
    }
    const owner = primary ?? from;
    if (this.#parts.entries.isLocal(owner)) {
      // From a list of entries: what we have told ourselves.
      return;
    }
    if (before === undefined && !this.hasRoomFor(key)) {
      return;
    }
    const staysBackup =
      before?.role === 'backup' &&
      this.#parts.entries.isLocalAmong(nodes) &&
      this.#parts.retrievals.hasValue(key);
    const entry = before ?? this.#parts.entries.getOrAdd(key);
    this.#noteMove(entry, from, nodes, now);
    this.#parts.disputes.cede(before, owner, now);
    this.#parts.retrievals.settled(key);
    this.#parts.entries.settle(entry, { role: staysBackup ? 'backup' : 'proxy', primary: owner, nodes });
    const mayStandFor = !this.#parts.isPreferred(owner);
    // What others say of it does not tell whether it only stands for the entry.
    if (!mayStandFor || (isSame(owner, from) && nodes.length > 0)) {
      this.#parts.bridge?.claimed(key, owner);
    }
  }

  /** A Tomcat that gives an entry of its own another backup has noticed that the former one has gone. */
  #noteMove(
    { role, primary, nodes: before }: LazyEntry,
    from: Member,
    nodes: readonly Member[],
    now: number,
  ): void {
    if (role === 'proxy' && isSame(primary, from)) {
      this.#parts.exposed.moved(from, before, nodes, now);
    }
  }

  /** Whether an entry stays ours, or held by us, against this claim: then that is said again. */
  #insists(entry: LazyEntry, from: Member, now: number): boolean {
    const isOurs = entry.role === 'primary' || entry.role === 'held';
    if (!isOurs || !this.#parts.disputes.prevailsOver(from)) {
      return false;
    }
    if (entry.role === 'primary') {
      this.#parts.publisher.publish(entry.key, now);
    } else {
      this.tellWhere(entry, [from]);
    }
    return true;
  }

  /** Says of whom the value of the entry is to be had. */
  tellWhere(entry: LazyEntry, members: readonly Member[]): void {
    const peers = members.filter((member) => !this.#parts.isPreferred(member));
    this.#parts.outbox.tell(members.filter(this.#parts.isPreferred), this.#parts.entries.proxyMessage(entry));
    this.#parts.outbox.tell(peers, this.#parts.entries.proxyMessageForPeer(entry));
  }

  /** For one more entry of which others have the value. */
  hasRoomFor(key: string): boolean {
    const hasRoom = this.#parts.entries.proxies < this.#parts.maxProxies;
    if (!hasRoom) {
      this.#parts.refused(key);
    }
    return hasRoom;
  }

  #removed(key: string, from: Member): void {
    const entry = this.#parts.entries.get(key);
    if (this.#parts.bridge?.mayRemove(key, from) !== false) {
      this.#parts.drop(key, 'removed');
    } else if (entry?.role === 'held') {
      this.tellWhere(entry, this.#parts.members.all());
    }
  }

  #accessed(key: string, from: Member, { primary, nodes, sentAt }: IncomingMapMessage): void {
    const entry = this.#parts.entries.get(key);
    // Of an entry that is held nobody here is the primary: it crossed with what we have said.
    if (entry !== undefined && entry.role !== 'held') {
      this.#parts.entries.countMessage(entry);
      this.#parts.entries.settle(entry, { primary: primary ?? from, nodes });
      this.#parts.values.accessed(key, { from, sentAt });
    }
  }

  #takenOver(key: string, from: Member, message: IncomingMapMessage, now: number): void {
    const entry = this.#parts.entries.get(key);
    const { primary, nodes } = message;
    const owner = primary ?? from;
    if (!isSame(owner, from)) {
      this.#hasNewBackup(key, from, message);
      return;
    }
    if (entry?.role === 'held' && this.#insists(entry, from, now)) {
      return;
    }
    if (entry !== undefined && !this.#parts.entries.isLocal(owner)) {
      this.#parts.disputes.cede(entry, owner, now);
      if (entry.role === 'primary' || entry.role === 'held') {
        const keepsValue = this.#parts.values.has(key) && this.#parts.entries.isLocalAmong(nodes);
        this.#parts.entries.settle(entry, { role: keepsValue ? 'backup' : 'proxy', primary: owner, nodes });
      }
    }
    this.#accessed(key, from, message);
    if (entry !== undefined && !this.#parts.entries.isLocal(owner)) {
      this.#parts.bridge?.claimed(key, from);
    }
  }

  /** Somebody has made itself the backup of what it takes for the entry of its primary. */
  #hasNewBackup(key: string, from: Member, { primary, nodes }: IncomingMapMessage): void {
    const entry = this.#parts.entries.get(key);
    if (entry === undefined) {
      return;
    }
    const { role } = entry;
    const isChosen = role === 'backup' && this.#parts.entries.isLocalAmong(entry.nodes);
    if (entry.primary === null) {
      if (primary !== null && this.#parts.members.has(primary)) {
        this.#parts.entries.settle(entry, { role: 'proxy', primary, nodes });
      }
    } else if (!isSame(entry.primary, primary) || isChosen) {
      this.tellWhere(entry, [from]);
    } else {
      this.#parts.entries.settle(entry, { role: role === 'primary' ? role : 'proxy', nodes });
    }
  }
}

/**
 * Whether a backup of its primary's may have been overtaken by a newer one: where a Tomcat sends without waiting (options 8), several of
 * its threads do.
 */
function isBehind(
  { sentAt }: IncomingMapMessage,
  from: Member,
  known: LazyEntry | undefined,
): known is LazyEntry {
  return known?.role === 'backup' && isSame(known.primary, from) && sentAt <= known.sentAt;
}
