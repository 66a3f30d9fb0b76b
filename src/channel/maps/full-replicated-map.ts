import type { Member } from '../../membership/index.js';
import { MapMessageType, type MapState } from '../../wire/index.js';
import { MapMembers } from './map-members.js';
import { areSame, includes, isSame, NOBODY } from './map-nodes.js';
import { mapMessage, MapOutbox } from './map-outbox.js';
import { DEFAULT_ACCESS_TIMEOUT, DEFAULT_RPC_TIMEOUT, MapPresence } from './map-presence.js';
import type {
  CallToken,
  FullMapRole,
  IncomingMapMessage,
  MapAction,
  MapEntry,
  MapMachine,
  MapOutcome,
  MapPart,
  MapValues,
  OutgoingMapMessage,
  Ticket,
} from './map-types.js';

export interface FullReplicatedMapParts {
  readonly values: MapValues<FullMapRole>;
  readonly local: () => Member;
  /** Whether the member is a node such as this one, which takes over what no Tomcat will. Default: none is. */
  readonly isMirror?: (member: Member) => boolean;
  readonly part?: MapPart;
  /** Entries at most; those beyond are not taken. */
  readonly maxEntries: number;
  /** `rpcTimeout`, milliseconds: how long answers to START and STATE_COPY are waited for. */
  readonly rpcTimeout?: number;
  /** `accessTimeout`, milliseconds: a member that does not answer PING for so long has gone. */
  readonly accessTimeout?: number;
}

/** Entries that are being told of at a time, unless somebody waits for it. */
const MAX_TELLING = 32;

/** Values that are missing and are asked for at a heartbeat. */
const MAX_FETCHED = 64;

interface Entry {
  readonly key: string;
  role: FullMapRole;
  primary: Member | null;
  nodes: readonly Member[];
  /** Since when there is no primary that has the map; null while there is one. */
  orphanSince: number | null;
}

type ToTell = 'copy' | 'notify';

const WHOLE = { kind: 'whole' } as const;

/**
 * A map of which every member has all entries (org.apache.catalina.tribes.tipis.ReplicatedMap), as one of its members sees it.
 * Whoever put an entry, or read it last in a Tomcat, is its primary, which is to tell of its changes; looking at an entry here
 * changes nothing. An entry that a Tomcat puts in place of another comes as a REMOVE and a COPY.
 */
export class FullReplicatedMap implements MapMachine {
  readonly #values: MapValues<FullMapRole>;
  readonly #local: () => Member;
  readonly #isMirror: (member: Member) => boolean;
  readonly #part: MapPart;
  readonly #maxEntries: number;
  readonly #rpcTimeout: number;
  readonly #accessTimeout: number;
  readonly #members = new MapMembers(() => true);
  readonly #outbox = new MapOutbox();
  readonly #entries = new Map<string, Entry>();
  /** Entries of ours that are to be told of, and those whose messages are on their way. */
  readonly #toTell = new Map<string, ToTell>();
  #telling = 0;
  /** Entries that were told of, and of whom their value is to be had. */
  readonly #missing = new Map<string, Member>();
  /** What has been put or removed while members are asked for what they have: what they list of it may be older. */
  readonly #changedWhileAsking = new Set<string>();
  readonly #presence: MapPresence;

  constructor(parts: FullReplicatedMapParts) {
    this.#values = parts.values;
    this.#local = parts.local;
    this.#isMirror = parts.isMirror ?? (() => false);
    this.#part = parts.part ?? 'member';
    this.#maxEntries = parts.maxEntries;
    this.#rpcTimeout = parts.rpcTimeout ?? DEFAULT_RPC_TIMEOUT;
    this.#accessTimeout = parts.accessTimeout ?? DEFAULT_ACCESS_TIMEOUT;
    this.#presence = new MapPresence({
      local: this.#local,
      part: this.#part,
      members: this.#members,
      outbox: this.#outbox,
      rpcTimeout: this.#rpcTimeout,
      accessTimeout: this.#accessTimeout,
      askState: (member, now, done) => this.#askState(member, now, done),
      ready: (_, __, now) => this.#leaveToSomebody(now),
      gone: (member, now) => this.memberGone(member, now),
      waits: (from, { msgtype }) => this.#waits(from, msgtype),
      answer: (_, message, call) => this.#answer(message, call),
      allAsked: () => this.#changedWhileAsking.clear(),
    });
  }

  get state(): MapState {
    return this.#presence.state;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** All entries, as they are when they are reached. */
  entries(): IterableIterator<MapEntry<FullMapRole>> {
    return this.#entries.values();
  }

  entry(key: string): MapEntry<FullMapRole> | undefined {
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
    this.#presence.start(channelMembers, now, (at) => {
      // What was put meanwhile, those whom we have met since do not have.
      for (const { key, role } of this.#entries.values()) {
        if (role === 'primary') {
          this.#tell(key, 'copy', at);
        }
      }
      joined(at);
    });
  }

  stop(channelMembers: readonly Member[]): void {
    this.#presence.stop(channelMembers);
  }

  memberGone(member: Member, now: number): void {
    if (!this.#members.remove(member)) {
      return;
    }
    this.#presence.forget(member);
    for (const entry of this.#entries.values()) {
      if (entry.role === 'primary') {
        // The first of the nodes is the heir of the entry: whoever has gone must not be that.
        if (includes(entry.nodes, member)) {
          this.#tell(entry.key, 'notify', now);
        }
      } else if (isSame(entry.primary, member)) {
        this.#inherit(entry, now);
      }
    }
  }

  /**
   * The primary has gone. The first of the nodes takes its place (`ReplicatedMap.memberDisappeared`), and that is all that a Tomcat
   * does: where the first has gone as well, the entry has no primary until somebody reads it, which may be never. Every
   * member has the value, so it is as good as it was; but nobody tells of its changes, nor ends it in time. So, when the
   * heir has had time enough to speak up, a node such as this one takes it (`#adopt`).
   */
  #inherit(entry: Entry, now: number): void {
    if (isSame(entry.nodes[0] ?? null, this.#local())) {
      this.#becomePrimary(entry, now);
    } else {
      entry.orphanSince = now;
      this.#settle(entry, { primary: null });
    }
  }

  /**
   * Takes over entries that have been without a primary for `accessTimeout`: within that a living heir has spoken up, and one
   * that is dead has been found to be. It does no harm where the heir was only slow: who speaks up last is the primary.
   * Of several nodes such as this one the one with the lowest id does it, so that they need not agree.
   */
  #adopt(now: number): void {
    const own = this.#local().uniqueId;
    const isFirst = this.#members.all().every((member) => !this.#isMirror(member) || own < member.uniqueId);
    for (const entry of this.#entries.values()) {
      if (entry.role === 'primary' || (entry.primary !== null && this.#members.has(entry.primary))) {
        entry.orphanSince = null;
      } else if (entry.orphanSince === null) {
        entry.orphanSince = now;
      } else if (isFirst && now - entry.orphanSince >= this.#accessTimeout) {
        this.#becomePrimary(entry, now);
      }
    }
  }

  #becomePrimary(entry: Entry, now: number): void {
    entry.orphanSince = null;
    this.#settle(entry, { role: 'primary', primary: this.#local(), nodes: this.#members.all() });
    this.#tell(entry.key, 'notify', now);
  }

  heartbeat(channelMembers: readonly Member[], now: number): void {
    if (this.#presence.heartbeat(channelMembers, now)) {
      this.#adopt(now);
      this.#fetchMissing(now);
    }
  }

  /** Somebody has the map now: entries of ours that nobody was there to inherit have an heir. */
  #leaveToSomebody(now: number): void {
    for (const { key, role, nodes } of this.#entries.values()) {
      if (role === 'primary' && nodes.length === 0) {
        this.#tell(key, 'notify', now);
      }
    }
  }

  poll(channelMembers: readonly Member[], now: number): void {
    this.#presence.lookFor(channelMembers, now, (at) => {
      for (const silent of this.#members.unseen(now)) {
        this.#members.remove(silent);
      }
      const [first] = this.#members.all();
      if (first !== undefined) {
        this.#askState(
          first,
          at,
          () => undefined,
          (listed) => {
            const keys = new Set(listed.map(({ key }) => key));
            [...this.#entries.keys()]
              .filter((key) => !keys.has(key))
              .forEach((key) => this.#drop(key, 'removed'));
            listed.forEach((entry) => this.#copied(entry.key, first, entry, at));
          },
        );
      }
    });
  }

  // ---- what others say ----

  message(from: Member, message: IncomingMapMessage, now: number): void {
    if (this.state === 'DESTROYED' || this.#part === 'proxy') {
      return;
    }
    const { key, primary } = message;
    switch (message.msgtype) {
      case MapMessageType.START:
        this.#presence.started(from, message, now);
        break;
      case MapMessageType.STOP:
        this.memberGone(primary ?? from, now);
        break;
      case MapMessageType.COPY:
      case MapMessageType.BACKUP:
        this.#noteChange(key);
        this.#copied(key, from, { ...message, primary: primary ?? from }, now);
        break;
      case MapMessageType.REMOVE:
        this.#noteChange(key);
        if (key !== null) {
          this.#drop(key, 'removed');
        }
        break;
      case MapMessageType.ACCESS:
      case MapMessageType.NOTIFY_MAPMEMBER:
        this.#accessed(key, from, message, now);
        break;
      default:
    }
  }

  #noteChange(key: string | null): void {
    if (key !== null && this.#presence.isAsking && this.#changedWhileAsking.size < this.#maxEntries) {
      this.#changedWhileAsking.add(key);
    }
  }

  /** An entry with its value, or a change of that. */
  #copied(key: string | null, from: Member, message: IncomingMapMessage, now: number): void {
    if (key === null) {
      return;
    }
    const { diff, valuedata, primary, nodes, sentAt } = message;
    const known = this.#entries.get(key);
    if (known === undefined && this.#entries.size >= this.#maxEntries) {
      return;
    }
    const stamp = { from, sentAt };
    const isTaken =
      diff === null
        ? valuedata !== null && this.#values.replace(key, valuedata, stamp)
        : known !== undefined && this.#values.apply(key, diff, stamp);
    if (!isTaken) {
      // What we had is not what it is now: we have it no more.
      if (known !== undefined) {
        this.#drop(key, 'lost');
      }
      if (diff !== null) {
        this.#miss(key, from);
      }
      return;
    }
    this.#missing.delete(key);
    this.#toTell.delete(key);
    const entry = known ?? this.#newEntry(key);
    entry.orphanSince = primary === null ? now : null;
    this.#settle(entry, { role: 'copy', primary, nodes });
  }

  #accessed(key: string | null, from: Member, message: IncomingMapMessage, now: number): void {
    if (key === null) {
      return;
    }
    const { primary, nodes, sentAt } = message;
    const entry = this.#entries.get(key);
    const by = primary ?? from;
    if (entry === undefined) {
      this.#miss(key, by);
    } else if (entry.role === 'primary' && this.#prevailsOver(by)) {
      this.#tell(key, 'notify', now);
    } else if (!isSame(by, this.#local())) {
      this.#toTell.delete(key);
      entry.orphanSince = null;
      this.#settle(entry, { role: 'copy', primary: by, nodes });
      this.#values.accessed(key, { from, sentAt });
    }
  }

  request(from: Member, message: IncomingMapMessage, call: CallToken, now: number): void {
    this.#presence.request(from, message, call, now);
  }

  /**
   * A Tomcat asks one member for all entries, and nobody else: that must have them. A node such as this one asks each; of two
   * that have come together neither must wait for the other.
   */
  #waits(from: Member, msgtype: number): boolean {
    const isForAnyTime = msgtype === MapMessageType.PING || msgtype === MapMessageType.RETRIEVE_BACKUP;
    return !isForAnyTime && !this.#isMirror(from);
  }

  #answer(message: IncomingMapMessage, call: CallToken): void {
    switch (message.msgtype) {
      case MapMessageType.STATE:
      case MapMessageType.STATE_COPY:
        this.#outbox.reply(call, this.#stateMessage(message.msgtype));
        break;
      case MapMessageType.RETRIEVE_BACKUP:
        this.#retrieve(message, call);
        break;
      default:
        this.#outbox.reply(call, null);
    }
  }

  #retrieve({ key }: IncomingMapMessage, call: CallToken): void {
    const isThere = key !== null && this.#entries.has(key) && this.#values.has(key);
    this.#outbox.reply(
      call,
      isThere ? mapMessage(MapMessageType.RETRIEVE_BACKUP, key, { content: WHOLE }) : null,
    );
  }

  /** Entries without their value are left out: a Tomcat would have nothing in their place, and tell others so. */
  #stateMessage(msgtype: number): OutgoingMapMessage {
    const isCopy = msgtype === MapMessageType.STATE_COPY;
    const entries = [...this.#entries.values()]
      .filter(({ key }) => this.#values.has(key))
      .map(({ key, primary, nodes }) =>
        isCopy
          ? mapMessage(MapMessageType.COPY, key, { content: WHOLE, primary, nodes })
          : mapMessage(MapMessageType.PROXY, key, { primary, nodes }),
      );
    return mapMessage(msgtype, null, { content: { kind: 'entries', entries } });
  }

  // ---- what we do ----

  /** Makes an entry of ours, or changes it; its value is there already. `ended`: every member has it, or does not answer. */
  put(key: string, now: number, ended?: (outcome: MapOutcome) => void): void {
    this.#noteChange(key);
    const entry = this.#entries.get(key) ?? this.#newEntry(key);
    this.#missing.delete(key);
    this.#toTell.delete(key);
    entry.orphanSince = null;
    this.#settle(entry, { role: 'primary', primary: this.#local(), nodes: this.#members.all() });
    this.#sendOf(entry, 'copy', now, (outcome) => ended?.(outcome));
  }

  /** Takes what we have had since the run before, or have from elsewhere, and of which nobody here has told. */
  restore(key: string, now: number): void {
    if (!this.#entries.has(key)) {
      const entry = this.#newEntry(key);
      this.#settle(entry, { role: 'primary', primary: this.#local(), nodes: this.#members.all() });
      this.#tell(key, 'copy', now);
    }
  }

  /**
   * Knows of an entry without telling anybody: somebody else tells the members of this map of it. It is listed to those who
   * ask, and has no primary until one says that it is.
   */
  note(key: string): void {
    if (!this.#entries.has(key)) {
      this.#newEntry(key);
    }
  }

  /** Ends an entry without telling anybody. */
  forget(key: string): void {
    this.#entries.delete(key);
    this.#toTell.delete(key);
    this.#missing.delete(key);
  }

  /** Ends an entry everywhere; false when there is none. */
  remove(key: string, now: number, ended?: (outcome: MapOutcome) => void): boolean {
    this.#noteChange(key);
    if (!this.#entries.has(key)) {
      return false;
    }
    this.#outbox.send(this.#members.all(), mapMessage(MapMessageType.REMOVE, key), now, {
      ended: (outcome) => ended?.(outcome),
    });
    this.#drop(key, 'removed');
    return true;
  }

  // ---- telling of entries of ours ----

  #tell(key: string, what: ToTell, now: number): void {
    this.#toTell.set(key, this.#toTell.get(key) === 'copy' ? 'copy' : what);
    this.#tellNext(now);
  }

  #tellNext(now: number): void {
    for (const [key, what] of this.#toTell) {
      if (this.#telling >= MAX_TELLING) {
        break;
      }
      this.#toTell.delete(key);
      const entry = this.#entries.get(key);
      if (entry?.role === 'primary') {
        this.#telling++;
        this.#sendOf(entry, what, now, (_, at) => {
          this.#telling--;
          this.#tellNext(at);
        });
      }
    }
  }

  #sendOf(entry: Entry, what: ToTell, now: number, ended: (outcome: MapOutcome, now: number) => void): void {
    const nodes = this.#members.all();
    this.#settle(entry, { nodes });
    const body = { primary: this.#local(), nodes };
    const message =
      what === 'copy'
        ? mapMessage(MapMessageType.COPY, entry.key, { ...body, content: WHOLE })
        : mapMessage(MapMessageType.NOTIFY_MAPMEMBER, entry.key, body);
    this.#outbox.send(nodes, message, now, { ended });
  }

  // ---- what is missing ----

  #askState(
    member: Member,
    now: number,
    done: (now: number) => void,
    listed: (entries: readonly IncomingMapMessage[], now: number) => void = (entries, at) =>
      this.#allListed(member, entries, at),
  ): void {
    let left = 1;
    this.#outbox.call([member], mapMessage(MapMessageType.STATE_COPY, null), now, {
      timeoutMs: this.#rpcTimeout,
      responded: (_, message, at) => {
        if (message?.entries !== undefined && left-- > 0) {
          listed(message.entries, at);
        }
      },
      ended: (_, at) => done(at),
    });
  }

  /** All that a member has. What it was the primary of and has no more has ended while we did not hear it. */
  #allListed(from: Member, entries: readonly IncomingMapMessage[], now: number): void {
    const keys = new Set(entries.map(({ key }) => key));
    for (const { key, role, primary } of [...this.#entries.values()]) {
      if (role === 'copy' && isSame(primary, from) && !keys.has(key) && !this.#changedWhileAsking.has(key)) {
        this.#drop(key, 'removed');
      }
    }
    entries.forEach((entry) => this.#listed(from, entry, now));
  }

  /** An entry as a member lists it. Of its own it knows best; of others, no better than we. */
  #listed(from: Member, message: IncomingMapMessage, now: number): void {
    const { key, primary } = message;
    if (key === null || this.#changedWhileAsking.has(key)) {
      return;
    }
    const known = this.#entries.get(key);
    const isOurs = known?.role === 'primary' && this.#prevailsOver(from);
    if (known === undefined || (isSame(primary, from) && !isOurs)) {
      this.#copied(key, from, message, now);
    }
  }

  /** Two that take themselves for primary: a Tomcat has users, and of two nodes such as this one the lower id stays. */
  #prevailsOver(other: Member): boolean {
    return this.#isMirror(other) && this.#local().uniqueId < other.uniqueId;
  }

  #miss(key: string, from: Member): void {
    if (this.#missing.size < this.#maxEntries && !isSame(from, this.#local())) {
      this.#missing.set(key, from);
    }
  }

  #fetchMissing(now: number): void {
    let left = MAX_FETCHED;
    for (const [key, holder] of this.#missing) {
      if (left-- === 0) {
        break;
      }
      this.#missing.delete(key);
      if (!this.#members.has(holder)) {
        continue;
      }
      this.#outbox.call([holder], mapMessage(MapMessageType.RETRIEVE_BACKUP, key), now, {
        firstReply: true,
        timeoutMs: this.#rpcTimeout,
        responded: (member, message, at) => {
          if (message !== null && message.valuedata !== null && !this.#entries.has(key)) {
            this.#copied(key, member, { ...message, diff: null, primary: holder, nodes: NOBODY }, at);
          }
        },
      });
    }
  }

  // ---- small things ----

  #newEntry(key: string): Entry {
    const entry: Entry = { key, role: 'copy', primary: null, nodes: NOBODY, orphanSince: null };
    this.#entries.set(key, entry);
    return entry;
  }

  #settle(entry: Entry, change: Partial<Pick<Entry, 'role' | 'primary' | 'nodes'>>): void {
    const { role = entry.role, primary = entry.primary, nodes = entry.nodes } = change;
    if (role !== entry.role || !isSame(primary, entry.primary) || !areSame(nodes, entry.nodes)) {
      entry.role = role;
      entry.primary = primary;
      entry.nodes = nodes;
      this.#values.settled(entry);
    }
  }

  #drop(key: string, why: 'removed' | 'lost'): void {
    this.forget(key);
    this.#values.ended(key, why);
  }
}
