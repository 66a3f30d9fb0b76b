import type { Member } from '../../membership/index.js';
import { MapMessageType, type MapState } from '../../wire/index.js';
import { BackupPublisher } from './backup-publisher.js';
import { DEFERRED_MS } from './deferred-calls.js';
import { Disputes } from './disputes.js';
import { ExposedEntries } from './exposed-entries.js';
import { LazyEntries, type LazyEntry } from './lazy-entries.js';
import { MapMembers } from './map-members.js';
import { isSame, NOBODY } from './map-nodes.js';
import { mapMessage, MapOutbox } from './map-outbox.js';
import { DEFAULT_ACCESS_TIMEOUT, DEFAULT_RPC_TIMEOUT, MapPresence } from './map-presence.js';
import type {
  CallToken,
  IncomingMapMessage,
  MapAction,
  MapEntry,
  MapMachine,
  MapOutcome,
  MapPart,
  MapRole,
  MapValues,
  OutgoingMapMessage,
  Ticket,
} from './map-types.js';
import { Ownership } from './ownership.js';
import { RecentClaims } from './recent-claims.js';
import { Retrievals } from './retrievals.js';

/** Told by a map what others do to its entries: see `LazyReplicatedMapParts.bridge`. */
export interface MapBridge {
  /** A member of this map is the primary of the entry, and does not only stand for it. */
  claimed(key: string, by: Member): void;
  /** A member of this map has removed the entry. False: that does not count, and the map says again that it holds it. */
  mayRemove(key: string, by: Member): boolean;
  /**
   * A member of this map asks for the value of an entry that is held.
   *
   * @param done to be called when there is one to be given, or none.
   */
  wanted(key: string, done: (isThere: boolean) => void): void;
  /** Whether the entry lives in another map: then nobody here inherits it. */
  livesElsewhere(key: string): boolean;
}

export interface LazyReplicatedMapParts {
  readonly values: MapValues;
  readonly local: () => Member;
  /**
   * Whether the member is to keep backups while there are others of its sort; default: every one. Those that are not are nodes such
   * as this one, which may stand for entries that live in other maps.
   */
  readonly isPreferred?: (member: Member) => boolean;
  /** Where the entries of this map live in another map, too. */
  readonly bridge?: MapBridge;
  readonly part?: MapPart;
  /** Entries at most of which others have the value. Default: any number. */
  readonly maxProxies?: number;
  /** A member asks for all entries while we are still asking others for theirs: it gets those that are there when this returns. */
  readonly askedEarly?: (by: Member) => void;
  /** We are the backup of an entry now that had none, without its primary noticing. */
  readonly sheltered?: (key: string, primary: Member) => void;
  /** Told of each entry of which nothing is known here, since there are so many. */
  readonly refused?: (key: string) => void;
  /** `rpcTimeout`, milliseconds: how long answers to INIT, STATE and START are waited for. */
  readonly rpcTimeout?: number;
  /** `accessTimeout`, milliseconds: a member that does not answer PING for so long has gone. */
  readonly accessTimeout?: number;
}

/** How often a member that does not answer is asked for its entries. */
const MAX_ASKED = 5;

/** What was known of an entry in the run before. */
export interface RestoredEntry {
  readonly key: string;
  /** What is to become of it, now that all members have told what they have, and none has told of it. */
  readonly outcome: 'primary' | 'ended';
}

/**
 * A map of which each entry has one primary and one backup, and proxies everywhere else
 * (org.apache.catalina.tribes.tipis.LazyReplicatedMap), as one of its members sees it.
 */
export class LazyReplicatedMap implements MapMachine {
  readonly #values: MapValues;
  readonly #local: () => Member;
  readonly #isPreferred: (member: Member) => boolean;
  readonly #bridge: MapBridge | undefined;
  readonly #part: MapPart;
  readonly #maxProxies: number;
  readonly #refused: (key: string) => void;
  readonly #askedEarly: (by: Member) => void;
  readonly #rpcTimeout: number;
  readonly #members: MapMembers;
  readonly #outbox = new MapOutbox();
  readonly #entries: LazyEntries;
  readonly #presence: MapPresence;
  readonly #publisher: BackupPublisher;
  readonly #retrievals: Retrievals;
  readonly #claims = new RecentClaims();
  readonly #ownership: Ownership;
  readonly #disputes: Disputes;
  readonly #exposed: ExposedEntries;
  /** Members that have not answered when they were asked for their entries, and how often. */
  readonly #silent = new Map<Member, number>();
  /** Entries of which a backup has come from a member while it is asked for its entries: what it lists of them may be older. */
  readonly #newerThanLists = new Set<string>();
  /** Members whose entries we are waiting for. */
  readonly #asking = new Set<Member['key']>();

  constructor(parts: LazyReplicatedMapParts) {
    const { values, local, isPreferred = () => true } = parts;
    this.#values = values;
    this.#local = local;
    this.#isPreferred = isPreferred;
    this.#bridge = parts.bridge;
    this.#part = parts.part ?? 'member';
    this.#maxProxies = parts.maxProxies ?? Infinity;
    this.#refused = parts.refused ?? ignore;
    this.#askedEarly = parts.askedEarly ?? ignore;
    this.#rpcTimeout = parts.rpcTimeout ?? DEFAULT_RPC_TIMEOUT;
    this.#members = new MapMembers(isPreferred);
    this.#entries = new LazyEntries({ local, members: this.#members, values });
    const common = {
      local,
      values,
      isPreferred,
      part: this.#part,
      rpcTimeout: this.#rpcTimeout,
      members: this.#members,
      outbox: this.#outbox,
      entries: this.#entries,
      claims: this.#claims,
    };
    this.#publisher = new BackupPublisher(common);
    this.#retrievals = new Retrievals(common);
    this.#ownership = new Ownership({
      ...common,
      publisher: this.#publisher,
      retrievals: this.#retrievals,
      lost: (key) => this.#drop(key, 'lost'),
      livesElsewhere: (key) => this.#bridge?.livesElsewhere(key) ?? false,
    });
    this.#disputes = new Disputes({ ...common, publisher: this.#publisher, ownership: this.#ownership });
    this.#exposed = new ExposedEntries({
      ...common,
      retrievals: this.#retrievals,
      sheltered: parts.sheltered ?? ignore,
    });
    this.#presence = new MapPresence({
      ...common,
      accessTimeout: parts.accessTimeout ?? DEFAULT_ACCESS_TIMEOUT,
      askState: (member, now, done) => this.#askState(member, now, done),
      ready: (member, isStranger, now) => this.#ready(member, isStranger, now),
      gone: (member, now) => this.memberGone(member, now),
      waits: (from, { msgtype }) => this.#waits(from, msgtype),
      answer: (from, message, call, now) => this.#answer(from, message, call, now),
      allAsked: (now) => this.#publisher.publishAlone(now),
    });
  }

  get state(): MapState {
    return this.#presence.state;
  }

  /** All entries, as they are when they are reached. */
  entries(): IterableIterator<MapEntry> {
    return this.#entries.all();
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How many entries there are, by what this node is to them. */
  get counts(): Readonly<Record<MapRole, number>> {
    return this.#entries.counts;
  }

  entry(key: string): MapEntry | undefined {
    return this.#entries.get(key);
  }

  members(): readonly Member[] {
    return this.#members.all();
  }

  takeActions(): MapAction[] {
    return this.#outbox.take();
  }

  responded(ticket: Ticket, member: Member, message: IncomingMapMessage | null, now: number): void {
    if (this.state !== 'DESTROYED') {
      this.#outbox.responded(ticket, member, message, now);
    }
  }

  ended(ticket: Ticket, outcome: MapOutcome, now: number): void {
    this.#outbox.ended(ticket, outcome, now);
  }

  // ---- coming and going ----

  start(channelMembers: readonly Member[], now: number, joined: (now: number) => void): void {
    this.#presence.start(channelMembers, now, joined);
  }

  stop(channelMembers: readonly Member[]): void {
    this.#presence.stop(channelMembers);
  }

  memberGone(member: Member, now: number): void {
    this.#members.remove(member);
    this.#presence.forget(member);
    for (const entry of [...this.#entries.all()]) {
      this.#ownership.withoutMember(entry, member, now);
    }
  }

  heartbeat(channelMembers: readonly Member[], now: number): void {
    this.#entries.beat(now);
    if (!this.#presence.heartbeat(channelMembers, now)) {
      return;
    }
    for (const entry of this.#entries.takeOfAbsent(channelMembers)) {
      this.#ownership.withoutMember(entry, entry.primary, now);
    }
    this.#ownership.adoptOrphans(now);
    this.#publisher.publishAlone(now);
    this.#askSilent(now);
  }

  tick(channelMembers: readonly Member[], now: number): void {
    this.#entries.beat(now);
    if (this.state === 'INITIALIZED' && this.#part === 'member') {
      this.#retrievals.fetchSome(now);
      this.#disputes.repeatClaims(now);
      this.#disputes.checkCeded(now);
      this.#exposed.shelter(channelMembers, now);
    }
  }

  /**
   * Entries of ours that have no backup get one (`LazyReplicatedMap.mapMemberAdded`). Whoever comes back from another part of the
   * network is asked first what it has taken over there, with a backup that we must not overwrite.
   */
  #ready(member: Member, isStranger: boolean, now: number): void {
    for (const entry of this.#entries.held()) {
      this.#tellWhere(entry, [member]);
    }
    if (isStranger) {
      this.#disputes.claimAll(now);
    } else {
      this.#publisher.publishAlone(now);
    }
  }

  // ---- what the others have ----

  #askState(member: Member, now: number, done: (now: number) => void): void {
    let hasAnswered = false;
    this.#asking.add(member.key);
    // Whoever waits for ours waits for us no longer.
    this.#presence.answerDeferred(member, now);
    this.#outbox.call([member], mapMessage(MapMessageType.STATE, null), now, {
      timeoutMs: this.#rpcTimeout,
      responded: (from, message, at) => {
        hasAnswered = true;
        for (const entry of message?.entries ?? []) {
          this.#listed(from, entry, at);
        }
      },
      ended: (_, at) => {
        this.#asking.delete(member.key);
        if (this.#asking.size === 0) {
          this.#newerThanLists.clear();
        }
        if (hasAnswered) {
          this.#silent.delete(member);
        } else if (this.#members.has(member)) {
          this.#silent.set(member, (this.#silent.get(member) ?? 0) + 1);
        }
        done(at);
      },
    });
  }

  #askSilent(now: number): void {
    for (const [member, times] of this.#silent) {
      if (times > MAX_ASKED || !this.#members.has(member)) {
        this.#silent.delete(member);
      } else {
        this.#askState(member, now, () => undefined);
      }
    }
  }

  /** An entry as a member lists it. Of its own it knows best; of others, no better than we. */
  #listed(from: Member, message: IncomingMapMessage, now: number): void {
    const { key, primary, nodes } = message;
    const known = key === null ? undefined : this.#entries.get(key);
    if (key !== null && this.#newerThanLists.has(key)) {
      return;
    }
    if (primary === null) {
      if (known === undefined && key !== null && this.#hasRoomFor(key)) {
        this.#entries.settle(this.#entries.getOrAdd(key), { nodes });
      }
    } else if (known === undefined || known.primary === null || isSame(primary, from)) {
      this.message(from, message, now);
    }
  }

  poll(channelMembers: readonly Member[], now: number): void {
    this.#presence.lookFor(channelMembers, now, (at) => {
      const [first] = this.#members.all();
      if (first !== undefined) {
        this.#pollState(first, at);
      }
    });
  }

  #pollState(member: Member, now: number): void {
    this.#outbox.call([member], mapMessage(MapMessageType.STATE, null), now, {
      timeoutMs: this.#rpcTimeout,
      responded: (from, message, at) => {
        const listed = message?.entries ?? null;
        if (listed === null) {
          return;
        }
        const keys = new Set(listed.map(({ key }) => key));
        for (const { key } of [...this.#entries.all()]) {
          if (!keys.has(key)) {
            this.#drop(key, 'removed');
          }
        }
        listed.forEach((entry) => this.message(from, entry, at));
      },
      ended: (_, at) => {
        for (const silent of this.#members.unseen(at - DEFERRED_MS)) {
          this.#members.remove(silent);
        }
      },
    });
  }

  // ---- what others say ----

  message(from: Member, message: IncomingMapMessage, now: number): void {
    if (this.state === 'DESTROYED') {
      return;
    }
    const { key, primary, msgtype } = message;
    if (msgtype === MapMessageType.START) {
      this.#presence.started(from, message, now);
    } else if (msgtype === MapMessageType.STOP) {
      this.memberGone(primary ?? from, now);
    } else if (key !== null) {
      this.#aboutEntry(key, from, message, now);
    }
  }

  #aboutEntry(key: string, from: Member, message: IncomingMapMessage, now: number): void {
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
    const before = this.#entries.get(key);
    if (before !== undefined && this.#insists(before, from, now)) {
      return;
    }
    if (before?.role === 'held' && message.diff !== null) {
      // Nobody takes an entry over with a change of it: its former primary has not heard yet that it is held.
      this.#tellWhere(before, [from]);
      return;
    }
    const isTaken = this.#takeValue(key, before, from, message);
    this.#disputes.cede(before, from, now);
    const entry = before ?? this.#entries.getOrAdd(key);
    const isMoved = entry.role === 'proxy' && isSame(entry.primary, from) && message.diff === null;
    const { primary, nodes } = message;
    this.#entries.settle(entry, { role: 'backup', primary: primary ?? from, nodes });
    this.#entries.countMessage(entry);
    if (this.#asking.has(from.key)) {
      this.#newerThanLists.add(key);
    }
    if (!isTaken) {
      this.#retrievals.missing(entry, now);
    } else if (message.diff === null) {
      this.#retrievals.came(key, isMoved);
    }
    this.#bridge?.claimed(key, from);
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
      return valuedata !== null && this.#values.replace(key, valuedata, stamp);
    }
    const wasFresh =
      (before?.role === 'backup' || before?.role === 'primary') &&
      this.#values.has(key) &&
      this.#retrievals.hasValue(key);
    return wasFresh && this.#values.apply(key, diff, stamp);
  }

  #proxy(key: string, from: Member, { primary, nodes }: IncomingMapMessage, now: number): void {
    const before = this.#entries.get(key);
    if (before !== undefined && this.#insists(before, from, now)) {
      return;
    }
    const owner = primary ?? from;
    if (this.#entries.isLocal(owner)) {
      // From a list of entries: what we have told ourselves.
      return;
    }
    if (before === undefined && !this.#hasRoomFor(key)) {
      return;
    }
    const staysBackup =
      before?.role === 'backup' && this.#entries.isLocalAmong(nodes) && this.#retrievals.hasValue(key);
    const entry = before ?? this.#entries.getOrAdd(key);
    this.#disputes.cede(before, owner, now);
    this.#retrievals.settled(key);
    this.#entries.settle(entry, { role: staysBackup ? 'backup' : 'proxy', primary: owner, nodes });
    const mayStandFor = !this.#isPreferred(owner);
    // What others say of it does not tell whether it only stands for the entry.
    if (!mayStandFor || (isSame(owner, from) && nodes.length > 0)) {
      this.#bridge?.claimed(key, owner);
    }
  }

  /** Whether an entry stays ours, or held by us, against this claim: then that is said again. */
  #insists(entry: LazyEntry, from: Member, now: number): boolean {
    const isOurs = entry.role === 'primary' || entry.role === 'held';
    if (!isOurs || !this.#disputes.prevailsOver(from)) {
      return false;
    }
    if (entry.role === 'primary') {
      this.#publisher.publish(entry.key, now);
    } else {
      this.#tellWhere(entry, [from]);
    }
    return true;
  }

  /** Says of whom the value of the entry is to be had. */
  #tellWhere(entry: LazyEntry, members: readonly Member[]): void {
    const peers = members.filter((member) => !this.#isPreferred(member));
    this.#outbox.tell(members.filter(this.#isPreferred), this.#entries.proxyMessage(entry));
    this.#outbox.tell(peers, this.#entries.proxyMessageForPeer(entry));
  }

  #hasRoomFor(key: string): boolean {
    const hasRoom = this.#entries.proxies < this.#maxProxies;
    if (!hasRoom) {
      this.#refused(key);
    }
    return hasRoom;
  }

  #removed(key: string, from: Member): void {
    const entry = this.#entries.get(key);
    if (this.#bridge?.mayRemove(key, from) !== false) {
      this.#drop(key, 'removed');
    } else if (entry?.role === 'held') {
      this.#tellWhere(entry, this.#members.all());
    }
  }

  #accessed(key: string, from: Member, { primary, nodes, sentAt }: IncomingMapMessage): void {
    const entry = this.#entries.get(key);
    // Of an entry that is held nobody here is the primary: it crossed with what we have said.
    if (entry !== undefined && entry.role !== 'held') {
      this.#entries.countMessage(entry);
      this.#entries.settle(entry, { primary: primary ?? from, nodes });
      this.#values.accessed(key, { from, sentAt });
    }
  }

  #takenOver(key: string, from: Member, message: IncomingMapMessage, now: number): void {
    const entry = this.#entries.get(key);
    const { primary, nodes } = message;
    const owner = primary ?? from;
    if (!isSame(owner, from)) {
      this.#hasNewBackup(key, from, message);
      return;
    }
    if (entry?.role === 'held' && this.#insists(entry, from, now)) {
      return;
    }
    if (entry !== undefined && !this.#entries.isLocal(owner)) {
      this.#disputes.cede(entry, owner, now);
      if (entry.role === 'primary' || entry.role === 'held') {
        const keepsValue = this.#values.has(key) && this.#entries.isLocalAmong(nodes);
        this.#entries.settle(entry, { role: keepsValue ? 'backup' : 'proxy', primary: owner, nodes });
      }
    }
    this.#accessed(key, from, message);
    if (entry !== undefined && !this.#entries.isLocal(owner)) {
      this.#bridge?.claimed(key, from);
    }
  }

  /** Somebody has made itself the backup of what it takes for the entry of its primary. */
  #hasNewBackup(key: string, from: Member, { primary, nodes }: IncomingMapMessage): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.primary === null) {
      return;
    }
    if (!isSame(entry.primary, primary)) {
      this.#tellWhere(entry, [from]);
    } else if (entry.role === 'primary') {
      this.#entries.settle(entry, { nodes });
    } else {
      this.#entries.settle(entry, { role: 'proxy', nodes });
    }
  }

  request(from: Member, message: IncomingMapMessage, call: CallToken, now: number): void {
    this.#presence.request(from, message, call, now);
  }

  /** Of two that join at the same time neither must wait for the other. */
  #waits(from: Member, msgtype: number): boolean {
    const isForState = msgtype === MapMessageType.STATE || msgtype === MapMessageType.STATE_COPY;
    return isForState && !this.#asking.has(from.key);
  }

  #answer(from: Member, message: IncomingMapMessage, call: CallToken, now: number): void {
    switch (message.msgtype) {
      case MapMessageType.STATE:
      case MapMessageType.STATE_COPY:
        if (this.state !== 'INITIALIZED') {
          this.#askedEarly(from);
        }
        this.#outbox.reply(call, this.#stateMessage(from, message.msgtype));
        break;
      case MapMessageType.RETRIEVE_BACKUP:
        this.#retrieve(message, call, now);
        break;
      default:
        this.#outbox.reply(call, null);
    }
  }

  #retrieve({ key }: IncomingMapMessage, call: CallToken, now: number): void {
    const entry = key === null ? undefined : this.#entries.get(key);
    if (key === null || entry === undefined) {
      this.#outbox.reply(call, null);
      return;
    }
    const answer = (isThere: boolean): void => {
      const isGiven = isThere && this.#values.has(key);
      this.#outbox.reply(
        call,
        isGiven ? mapMessage(MapMessageType.RETRIEVE_BACKUP, key, { content: { kind: 'whole' } }) : null,
      );
    };
    if (entry.role === 'held' && this.#bridge !== undefined) {
      this.#bridge.wanted(key, answer);
    } else if (entry.role === 'proxy') {
      // We may have a copy, which is not the newest: nobody who asks for it would know.
      answer(false);
    } else {
      // Where the primary does not have it, nobody has a newer one than we.
      this.look(key, now, () => answer(true));
    }
  }

  #stateMessage(to: Member, msgtype: number): OutgoingMapMessage {
    const isPeer = !this.#isPreferred(to);
    const entries = [...this.#entries.all()].map((entry) =>
      isPeer ? this.#entries.proxyMessageForPeer(entry) : this.#entries.proxyMessage(entry),
    );
    return mapMessage(msgtype, null, { content: { kind: 'entries', entries } });
  }

  // ---- what we do ----

  /** Takes what we have had since the run before, and of which nobody has told. */
  restore({ key, outcome }: RestoredEntry, now: number): void {
    if (this.#entries.has(key)) {
      return;
    }
    if (outcome === 'ended') {
      this.#values.ended(key, 'removed');
    } else {
      this.#ownership.keep(key, now);
    }
  }

  /** Stands for members that those of this map cannot understand: they are told that we are primary and backup of the entry. */
  hold(key: string, now: number): void {
    const entry = this.#entries.getOrAdd(key);
    if (entry.role === 'held') {
      return;
    }
    const local = this.#local();
    this.#publisher.forget(key);
    this.#retrievals.settled(key);
    this.#entries.settle(entry, { role: 'held', primary: local, nodes: [local] });
    this.#claims.add(key, now);
    this.#tellWhere(entry, this.#members.all());
  }

  /** Ends an entry everywhere. */
  remove(key: string): void {
    if (this.#entries.has(key)) {
      this.#outbox.tell(this.#members.all(), mapMessage(MapMessageType.REMOVE, key));
      this.#drop(key, 'removed');
    }
  }

  /** Knows nothing of the entry any more, and tells nobody. */
  forget(key: string): void {
    if (this.#entries.has(key)) {
      this.#drop(key, 'removed');
    }
  }

  /**
   * Makes an entry of ours, whose value is there already (`AbstractReplicatedMap.put`).
   *
   * @param done called when a backup has it, or nobody can keep one.
   */
  put(key: string, now: number, done?: (now: number) => void): void {
    this.#ownership.own(key, now, done);
  }

  /**
   * Says how an entry of ours has changed (`AbstractReplicatedMap.replicate`).
   *
   * @param ended called when its backups have it, or the whole value has been published instead.
   */
  changed(key: string, diff: Buffer, now: number, ended: (outcome: MapOutcome) => void = ignore): void {
    const entry = this.#entries.get(key);
    if (entry?.role === 'primary') {
      this.#entries.make(entry);
    }
    if (entry?.role !== 'primary' || entry.nodes.length === 0 || this.#publisher.isPublishing(key)) {
      this.#publisher.publish(key, now);
      ended({ delivered: NOBODY, faulty: NOBODY });
    } else {
      this.#publisher.publishDiff(entry, diff, now, ended);
    }
  }

  /**
   * Makes us the primary of an entry (`AbstractReplicatedMap.get`).
   *
   * @param done told whether we are.
   */
  takeOver(key: string, now: number, done: (isPrimary: boolean, now: number) => void): void {
    this.#ownership.take(key, now, done);
  }

  /**
   * Gets the value of an entry from those who have it, without changing anything for them. The value is handed to
   * `MapValues.replace`.
   */
  look(key: string, now: number, done: (isThere: boolean, now: number) => void): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.role === 'held') {
      done(false, now);
    } else if (entry.role !== 'proxy' && this.#retrievals.hasValue(key)) {
      done(true, now);
    } else {
      this.#retrievals.fetch(entry, now, done);
    }
  }

  #drop(key: string, why: 'removed' | 'lost'): void {
    this.#entries.drop(key);
    this.#publisher.forget(key);
    this.#retrievals.forget(key);
    this.#claims.forget(key);
    this.#disputes.forget(key);
    this.#values.ended(key, why);
  }
}

function ignore(): void {
  // Nobody wants to know.
}
