import type { Member } from '../../membership/index.js';
import { MapMessageType, type MapState } from '../../wire/index.js';
import { BackupPublisher } from './backup-publisher.js';
import { Disputes } from './disputes.js';
import { EntryMessages } from './entry-messages.js';
import { ExposedEntries } from './exposed-entries.js';
import { LazyEntries } from './lazy-entries.js';
import type { MapBridge } from './map-bridge.js';
import { MapMembers } from './map-members.js';
import { NOBODY } from './map-nodes.js';
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
import { StateRequests } from './state-requests.js';

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
  readonly #askedEarly: (by: Member) => void;
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
  readonly #states: StateRequests;
  readonly #messages: EntryMessages;

  constructor(parts: LazyReplicatedMapParts) {
    const { values, local, isPreferred = () => true } = parts;
    this.#values = values;
    this.#local = local;
    this.#isPreferred = isPreferred;
    this.#bridge = parts.bridge;
    this.#part = parts.part ?? 'member';
    this.#askedEarly = parts.askedEarly ?? ignore;
    this.#members = new MapMembers(isPreferred);
    this.#entries = new LazyEntries({ local, isPreferred, members: this.#members, values });
    const common = {
      local,
      values,
      isPreferred,
      part: this.#part,
      rpcTimeout: parts.rpcTimeout ?? DEFAULT_RPC_TIMEOUT,
      members: this.#members,
      outbox: this.#outbox,
      entries: this.#entries,
      claims: this.#claims,
    };
    const livesElsewhere = (key: string): boolean => this.#bridge?.livesElsewhere(key) ?? false;
    this.#publisher = new BackupPublisher(common);
    this.#retrievals = new Retrievals(common);
    this.#ownership = new Ownership({
      ...common,
      publisher: this.#publisher,
      retrievals: this.#retrievals,
      lost: (key) => this.#drop(key, 'lost'),
      livesElsewhere,
    });
    this.#disputes = new Disputes({ ...common, publisher: this.#publisher, ownership: this.#ownership });
    this.#exposed = new ExposedEntries({
      ...common,
      retrievals: this.#retrievals,
      livesElsewhere,
      sheltered: parts.sheltered ?? ignore,
    });
    this.#states = new StateRequests({
      ...common,
      answerDeferred: (member, now) => this.#presence.answerDeferred(member, now),
      hasRoomFor: (key) => this.#messages.hasRoomFor(key),
      message: (from, message, now) => this.message(from, message, now),
      drop: (key, why) => this.#drop(key, why),
    });
    this.#messages = new EntryMessages({
      ...common,
      bridge: this.#bridge,
      maxProxies: parts.maxProxies ?? Infinity,
      refused: parts.refused ?? ignore,
      publisher: this.#publisher,
      retrievals: this.#retrievals,
      disputes: this.#disputes,
      states: this.#states,
      exposed: this.#exposed,
      drop: (key, why) => this.#drop(key, why),
    });
    this.#presence = new MapPresence({
      ...common,
      accessTimeout: parts.accessTimeout ?? DEFAULT_ACCESS_TIMEOUT,
      askState: (member, now, done) => this.#states.ask(member, now, done),
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
    this.#entries.beat(now);
    this.#presence.start(channelMembers, now, joined);
  }

  stop(channelMembers: readonly Member[]): void {
    this.#presence.stop(channelMembers);
  }

  memberGone(member: Member, now: number): void {
    this.#entries.beat(now);
    this.#exposed.gone(member);
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
    this.#states.askSilent(now);
  }

  tick(present: readonly Member[], now: number): void {
    this.#entries.beat(now);
    if (this.state === 'INITIALIZED' && this.#part === 'member') {
      this.#retrievals.fetchSome(now);
      this.#disputes.repeatClaims(now);
      this.#disputes.checkCeded(now);
      this.#exposed.shelter(present, now);
    }
  }

  /**
   * Entries of ours that have no backup get one (`LazyReplicatedMap.mapMemberAdded`). Whoever comes back from another part of the
   * network is asked first what it has taken over there, with a backup that we must not overwrite.
   */
  #ready(member: Member, isStranger: boolean, now: number): void {
    this.#exposed.came(member);
    for (const entry of this.#entries.held()) {
      this.#messages.tellWhere(entry, [member]);
    }
    if (isStranger) {
      this.#disputes.claimAll(now);
    } else {
      this.#publisher.publishAlone(now);
    }
  }

  // ---- what the others have ----

  poll(channelMembers: readonly Member[], now: number): void {
    this.#presence.lookFor(channelMembers, now, (at) => {
      const [first] = this.#members.all();
      if (first !== undefined) {
        this.#states.poll(first, at);
      }
    });
  }

  // ---- what others say ----

  message(from: Member, message: IncomingMapMessage, now: number): void {
    if (this.state === 'DESTROYED') {
      return;
    }
    this.#entries.beat(now);
    const { key, primary, msgtype } = message;
    if (msgtype === MapMessageType.START) {
      this.#presence.started(from, message, now);
    } else if (msgtype === MapMessageType.STOP) {
      this.#exposed.left(primary ?? from);
      this.memberGone(primary ?? from, now);
    } else if (key !== null) {
      this.#messages.received(key, from, message, now);
    }
  }

  request(from: Member, message: IncomingMapMessage, call: CallToken, now: number): void {
    this.#presence.request(from, message, call, now);
  }

  /** Of two that join at the same time neither must wait for the other. */
  #waits(from: Member, msgtype: number): boolean {
    const isForState = msgtype === MapMessageType.STATE || msgtype === MapMessageType.STATE_COPY;
    return isForState && !this.#states.isAsking(from);
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
        this.#retrieve(from, message, call, now);
        break;
      default:
        this.#outbox.reply(call, null);
    }
  }

  #retrieve(from: Member, { key }: IncomingMapMessage, call: CallToken, now: number): void {
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
      this.#disputes.asked(entry, from, now);
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
    this.#entries.countMessage(entry); // what is being asked for lives elsewhere now
    this.#claims.add(key, now);
    this.#messages.tellWhere(entry, this.#members.all());
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
