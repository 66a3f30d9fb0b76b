import type { Member, MemberKey } from '../../membership/index.js';
import { MapMessageType, type MapState } from '../../wire/index.js';
import { MapMembers } from './map-members.js';
import type {
  CallToken,
  IncomingMapMessage,
  MapAction,
  MapContent,
  MapEntry,
  MapOutcome,
  MapPart,
  MapRole,
  MapValues,
  OutgoingMapMessage,
  Ticket,
} from './map-types.js';

/** Told by a map what others do to its entries: see `LazyReplicatedMapParts.bridge`. */
export interface MapBridge {
  /** A member of this map has said that it, or another member, is the primary of the entry. */
  claimed(key: string, by: Member): void;
  /** A member of this map has removed the entry. False: that does not count, and the map says again that it holds it. */
  mayRemove(key: string, by: Member): boolean;
  /**
   * A member of this map asks for the value of an entry that is held.
   *
   * @param done to be called when there is one to be given, or none.
   */
  wanted(key: string, done: (isThere: boolean) => void): void;
}

export interface LazyReplicatedMapParts {
  readonly values: MapValues;
  readonly local: () => Member;
  /** Whether the member is to keep backups while there are others of its sort; default: every one. */
  readonly isPreferred?: (member: Member) => boolean;
  /** Where the entries of this map live in another map, too. */
  readonly bridge?: MapBridge;
  readonly part?: MapPart;
  /** `rpcTimeout`, milliseconds: how long answers to INIT, STATE and START are waited for. */
  readonly rpcTimeout?: number;
  /** `accessTimeout`, milliseconds: a member that does not answer PING for so long has gone. */
  readonly accessTimeout?: number;
}

export const DEFAULT_RPC_TIMEOUT = 15_000;
export const DEFAULT_ACCESS_TIMEOUT = 5_000;

/** How long members that cannot understand us are waited for when we join: who can, answers at once. Milliseconds. */
const INIT_MS = 2_000;

/** How long an asker may be kept waiting while we join: a Tomcat waits for `rpcTimeout`. Milliseconds. */
const DEFERRED_MS = 10_000;

/** Backups that are being published at a time. */
const MAX_PUBLISHING = 32;

/** How long after it was said for the first time a claim is said again, milliseconds. */
const REPEAT_MS = 3_000;

/** How often it is said again, and how long after the first time, milliseconds. */
const REPEATS = 2;
const MAX_REPEATED = 1_000;
const REPEAT_AGAIN_MS = 10_000;

/** How long an entry may be without a primary before others than its heir take it, milliseconds; and before it is given up. */
const ORPHANED_MS = 5_000;
const LOST_MS = 120_000;

/** How often a member that does not answer is asked for its entries. */
const MAX_ASKED = 5;

/** Values that did not come with their backup and are asked for at a heartbeat. */
const MAX_FETCHED = 64;

interface Entry {
  readonly key: string;
  role: MapRole;
  primary: Member | null;
  nodes: readonly Member[];
  /** Counts what has come of it. */
  messages: number;
}

interface Publishing {
  readonly tried: Set<MemberKey>;
  /** It has changed meanwhile. */
  again: boolean;
}

interface Deferred {
  readonly from: Member;
  readonly message: IncomingMapMessage;
  readonly call: CallToken;
  readonly until: number;
}

/** What is done with the end of a send or a call. */
interface Pending {
  readonly responded?: (member: Member, message: IncomingMapMessage | null, now: number) => void;
  readonly ended?: (outcome: MapOutcome, now: number) => void;
}

const NOBODY: readonly Member[] = [];
const NOTHING: MapContent = { kind: 'none' };

/** What was known of an entry in the run before. */
export interface RestoredEntry {
  readonly key: string;
  /** What is to become of it, now that all members have told what they have, and none has told of it. */
  readonly outcome: 'primary' | 'ended';
}

/**
 * A map of which each entry has one primary and one backup, and proxies everywhere else
 * (org.apache.catalina.tribes.tipis.LazyReplicatedMap), as one of its members sees it. No I/O, no clock: it is told what comes,
 * and `takeActions` says what is to be done. `now` is of a monotonic clock.
 */
export class LazyReplicatedMap {
  readonly #values: MapValues;
  readonly #local: () => Member;
  readonly #bridge: MapBridge | undefined;
  readonly #part: MapPart;
  readonly #rpcTimeout: number;
  readonly #accessTimeout: number;
  readonly #isPreferred: (member: Member) => boolean;
  readonly #members: MapMembers;
  readonly #entries = new Map<string, Entry>();
  readonly #counts: Record<MapRole, number> = { primary: 0, backup: 0, proxy: 0, held: 0 };
  readonly #pending = new Map<Ticket, Pending>();
  /** Entries whose backup is being published; and those that wait for their turn. */
  readonly #publishing = new Map<string, Publishing>();
  readonly #toPublish = new Set<string>();
  readonly #held = new Set<string>();
  /** Entries of ours for which there was nobody to keep a backup. */
  readonly #alone = new Set<string>();
  /** Entries that we have as a backup without its value. */
  readonly #valueless = new Set<string>();
  /**
   * Entries whose backup has been moved to us by a primary that may have changed them meanwhile: a Tomcat sends such a change to
   * the backup of before, and it is in neither (`LazyReplicatedMap.memberDisappeared` beside `AbstractReplicatedMap.replicate`).
   */
  readonly #doubtful = new Set<string>();
  /**
   * Entries of which we have become the primary or found another backup, and when that is said once more: messages of two who take
   * an entry over at the same time cross, and some are lost.
   */
  readonly #toRepeat = new Map<string, { readonly due: number; readonly left: number }>();
  /** Entries that we have ceded to a member, and when it is looked whether it has them: it may have ceded them to us. */
  readonly #ceded = new Map<string, { readonly to: Member; readonly due: number; readonly left: number }>();
  #checkedAt = -Infinity;
  /** Members that have not answered when they were asked for their entries, and how often. */
  readonly #toAsk = new Map<Member, number>();
  /** Entries whose primary is no member of the map that we know of. */
  readonly #ofStrangers = new Set<string>();
  /** Entries without a primary, and since when. */
  readonly #orphans = new Map<string, number>();
  /** Members whose entries we are waiting for. */
  readonly #asking = new Set<MemberKey>();
  readonly #meeting = new Set<MemberKey>();
  #deferred: Deferred[] = [];
  #actions: MapAction[] = [];
  #state: MapState = 'NEW';
  #ticket = 0;
  /** When the last heartbeat was. */
  #beatAt = 0;
  #joined: ((now: number) => void) | undefined;

  constructor(parts: LazyReplicatedMapParts) {
    this.#values = parts.values;
    this.#local = parts.local;
    this.#bridge = parts.bridge;
    this.#part = parts.part ?? 'member';
    this.#rpcTimeout = parts.rpcTimeout ?? DEFAULT_RPC_TIMEOUT;
    this.#accessTimeout = parts.accessTimeout ?? DEFAULT_ACCESS_TIMEOUT;
    this.#isPreferred = parts.isPreferred ?? (() => true);
    this.#members = new MapMembers(this.#isPreferred);
  }

  get state(): MapState {
    return this.#state;
  }

  /** All entries, as they are when they are reached. */
  entries(): IterableIterator<MapEntry> {
    return this.#entries.values();
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How many entries there are, by what this node is to them. */
  get counts(): Readonly<Record<MapRole, number>> {
    return { ...this.#counts };
  }

  entry(key: string): MapEntry | undefined {
    return this.#entries.get(key);
  }

  members(): readonly Member[] {
    return this.#members.all();
  }

  /** What is to be done, since the call before. */
  takeActions(): MapAction[] {
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  // ---- coming and going ----

  /**
   * Joins the map that the members of the channel have (`AbstractReplicatedMap.init`): asks who has it, says that we have it,
   * and asks each for its entries. In this order nothing is missed that changes meanwhile.
   *
   * @param joined called when all have answered.
   */
  start(channelMembers: readonly Member[], now: number, joined: (now: number) => void): void {
    this.#joined = joined;
    if (this.#part === 'proxy') {
      this.#initialised(now);
      return;
    }
    this.#call(MapMessageType.INIT, channelMembers, now, {
      timeoutMs: Math.min(INIT_MS, this.#rpcTimeout),
      responded: (member, _, at) => {
        this.#members.seen(member, at);
      },
      ended: (_, at) => this.#introduce(at),
    });
  }

  #introduce(now: number): void {
    if (this.#state !== 'NEW') {
      return;
    }
    this.#state = 'STATETRANSFERRED';
    const members = this.#members.all();
    this.#call(MapMessageType.START, members, now, {
      timeoutMs: this.#rpcTimeout,
      ended: (_, at) => {
        let left = members.length;
        if (left === 0) {
          this.#initialised(at);
        }
        for (const member of members) {
          this.#askState(member, at, (then) => {
            left--;
            if (left === 0) {
              this.#initialised(then);
            }
          });
        }
      },
    });
  }

  #initialised(now: number): void {
    if (this.#state === 'DESTROYED' || this.#state === 'INITIALIZED') {
      return;
    }
    this.#state = 'INITIALIZED';
    this.#joined?.(now);
    this.#joined = undefined;
    const deferred = this.#deferred;
    this.#deferred = [];
    deferred.forEach(({ from, message, call }) => this.request(from, message, call, now));
  }

  /** Takes what we have had since the run before, and of which nobody has told. */
  restore({ key, outcome }: RestoredEntry, now: number): void {
    if (this.#entries.has(key)) {
      return;
    }
    if (outcome === 'ended') {
      this.#values.ended(key, 'removed');
      return;
    }
    const entry = this.#newEntry(key);
    this.#settle(entry, { role: 'primary', primary: this.#local() });
    this.#publish(key, now);
  }

  /** Says goodbye (`AbstractReplicatedMap.breakdown`). */
  stop(channelMembers: readonly Member[]): void {
    if (this.#state === 'DESTROYED') {
      return;
    }
    const wasMember = this.#part === 'member';
    this.#state = 'DESTROYED';
    this.#deferred.splice(0).forEach(({ call }) => this.#reply(call, 'decline'));
    if (wasMember && channelMembers.length > 0) {
      this.#send(channelMembers, this.#message(MapMessageType.STOP, null, { primary: this.#local() }));
    }
  }

  /** A member has gone, or has the map no longer. */
  memberGone(member: Member, now: number): void {
    this.#members.remove(member);
    this.#meeting.delete(member.key);
    for (const entry of [...this.#entries.values()]) {
      this.#withoutMember(entry, member, now);
    }
  }

  #withoutMember(entry: Entry, gone: Member, now: number): void {
    if (entry.role === 'held') {
      return;
    }
    const wasNode = includes(entry.nodes, gone);
    if (entry.role === 'primary') {
      if (wasNode) {
        this.#settle(entry, { nodes: without(entry.nodes, gone) });
        this.#publish(entry.key, now);
      }
      return;
    }
    if (!isSame(entry.primary, gone)) {
      if (wasNode && entry.primary === null) {
        this.#settle(entry, { nodes: without(entry.nodes, gone) });
        this.#inherit(entry, now);
      }
      return;
    }
    this.#settle(entry, { primary: null, nodes: without(entry.nodes, gone) });
    this.#inherit(entry, now);
  }

  /** The entry has no primary: its first backup takes its place; where there is none, whoever has a copy. */
  #inherit(entry: Entry, now: number): void {
    const heirs = entry.nodes.filter((node) => this.#isLocal(node) || this.#members.has(node));
    const [first] = heirs;
    if (first !== undefined && !this.#isLocal(first)) {
      return;
    }
    if (this.#values.has(entry.key)) {
      this.#settle(entry, { role: 'primary', primary: this.#local(), nodes: NOBODY });
      this.#publish(entry.key, now);
    } else {
      this.#drop(entry.key, 'lost');
    }
  }

  /** To be called every heartbeatSleeptime (`AbstractReplicatedMap.heartbeat`, `ping`). */
  heartbeat(channelMembers: readonly Member[], now: number): void {
    this.#declineOverdue(now);
    if (this.#state !== 'INITIALIZED' || this.#part === 'proxy') {
      return;
    }
    this.#beatAt = now;
    this.#looseStrangers(channelMembers, now);
    this.#adoptOrphans(now);
    this.#call(MapMessageType.PING, channelMembers, now, {
      timeoutMs: this.#accessTimeout,
      responded: (member, message, at) => this.#ponged(member, message, at),
      ended: ({ faulty }, at) => {
        const silent = this.#members.unseen(now);
        for (const member of [...silent, ...faulty]) {
          this.memberGone(member, at);
        }
      },
    });
    this.#publishAlone(now);
    for (const [member, times] of this.#toAsk) {
      if (times > MAX_ASKED || !this.#members.has(member)) {
        this.#toAsk.delete(member);
      } else {
        this.#askState(member, now, () => undefined);
      }
    }
  }

  /**
   * Whoever was to inherit them does not: they go to whoever has a copy, one node after the other, so that two do not take the same;
   * what nobody has is over.
   */
  #adoptOrphans(now: number): void {
    const rank = this.#members.all().filter(({ uniqueId }) => uniqueId < this.#local().uniqueId).length;
    for (const [key, since] of this.#orphans) {
      if (now - since >= ORPHANED_MS * (2 + rank) && this.#values.has(key)) {
        this.#takeBack(key, now);
      } else if (now - since >= LOST_MS) {
        this.#drop(key, 'lost');
      }
    }
  }

  /** Entries of which we were told a primary that had gone already. */
  #looseStrangers(channelMembers: readonly Member[], now: number): void {
    if (this.#ofStrangers.size === 0) {
      return;
    }
    const present = new Set(channelMembers.map(({ key }) => key));
    for (const key of this.#ofStrangers) {
      const entry = this.#entries.get(key);
      const { primary = null } = entry ?? {};
      if (entry !== undefined && primary !== null && !this.#isLocal(primary) && !present.has(primary.key)) {
        this.#withoutMember(entry, primary, now);
      }
    }
    this.#ofStrangers.clear();
  }

  /** To be called every second. */
  tick(now: number): void {
    if (this.#state === 'INITIALIZED' && this.#part === 'member') {
      this.#fetchValues(now);
      this.#repeatClaims(now);
      this.#checkCeded(now);
    }
  }

  #checkCeded(now: number): void {
    if (now - this.#checkedAt < REPEAT_MS) {
      return;
    }
    const byMember = new Map<Member, Map<string, number>>();
    for (const [key, { to, due, left }] of this.#ceded) {
      if (due <= now) {
        this.#ceded.delete(key);
        byMember.set(to, (byMember.get(to) ?? new Map<string, number>()).set(key, left));
      }
    }
    for (const [member, keys] of byMember) {
      this.#checkedAt = now;
      this.#checkCededTo(member, keys, now);
    }
  }

  /** @param keys and how often each may be asked about again. */
  #checkCededTo(member: Member, keys: ReadonlyMap<string, number>, now: number): void {
    let primaries: ReadonlyMap<string | null, Member | null> | undefined;
    this.#call(MapMessageType.STATE, [member], now, {
      timeoutMs: this.#rpcTimeout,
      responded: (_, message) => {
        primaries = new Map(message?.entries?.map(({ key, primary }) => [key, primary]));
      },
      ended: (_, at) => {
        for (const [key, left] of keys) {
          const primary = primaries === undefined ? member : primaries.get(key);
          if (primary === null || this.#isLocal(primary ?? null)) {
            this.#takeBack(key, at);
          } else if (
            left > 0 &&
            primary !== undefined &&
            (primaries === undefined || !isSame(primary, member))
          ) {
            this.#ceded.set(key, { to: primary, due: at + this.#turnBeside(primary), left: left - 1 });
          }
        }
      },
    });
  }

  /** Whoever we ceded the entry to has ceded it to us. */
  #takeBack(key: string, now: number): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined && entry.role !== 'held' && this.#values.has(key)) {
      this.#valueless.delete(key);
      this.#settle(entry, { role: 'primary', primary: this.#local(), nodes: NOBODY });
      this.#publish(key, now);
    } else {
      this.takeOver(key, now, () => undefined);
    }
  }

  #repeatClaims(now: number): void {
    let claims = MAX_FETCHED;
    for (const [key, { due, left }] of this.#toRepeat) {
      if (due > now) {
        continue;
      }
      if (claims-- <= 0) {
        break;
      }
      this.#toRepeat.delete(key);
      const entry = this.#entries.get(key);
      if (entry?.role === 'primary' && left > 0) {
        this.#repeatClaim(entry, now, left);
        // The last one is remembered for a while, too.
        this.#toRepeat.set(key, { due: now + REPEAT_AGAIN_MS, left: left - 1 });
      }
    }
  }

  /** Of many that come at once, as after a restart, few are in dispute. */
  #claimLater(key: string, now: number): void {
    if (this.#toRepeat.size >= MAX_REPEATED) {
      return;
    }
    this.#toRepeat.set(key, { due: now + REPEAT_MS, left: REPEATS });
  }

  #repeatClaim(entry: Entry, now: number, left: number): void {
    const { key, nodes } = entry;
    if (this.#publishing.has(key) || nodes.length === 0) {
      this.#publish(key, now);
      return;
    }
    const again = ({ faulty }: MapOutcome, at: number): void => {
      if (faulty.some((member) => this.#members.has(member))) {
        this.#toRepeat.set(key, { due: at + REPEAT_MS, left });
      }
    };
    const backup = { content: { kind: 'whole' }, primary: this.#local(), nodes } as const;
    this.#send(nodes, this.#message(MapMessageType.BACKUP, key, backup), { ended: again });
    const others = this.#members.all().filter((member) => !includes(nodes, member));
    if (others.length > 0) {
      this.#send(others, this.#proxyMessage(entry), { ended: again });
    }
  }

  #ponged(member: Member, message: IncomingMapMessage | null, now: number): void {
    const state = message?.mapState;
    if (state === 'INITIALIZED') {
      this.#seen(member, now);
    } else if (state === 'STATETRANSFERRED' && this.#members.has(member)) {
      this.#members.seen(member, now);
    }
  }

  /** The member has the map; whoever is new is told that we have it, and asked for what it has. */
  #seen(member: Member, now: number): void {
    const isStranger = !this.#members.has(member);
    if (this.#members.ready(member, now)) {
      this.#tellHeld(member);
      if (isStranger) {
        this.#claimAgain(now);
        this.#meet(member, now);
      } else {
        this.#publishAlone(now);
      }
    }
  }

  /**
   * Whoever comes back from another part of the network has not heard what is ours; nor have we what it has taken over there, with
   * a backup that we must not overwrite: it is asked for that first.
   */
  #claimAgain(now: number): void {
    for (const { key, role } of this.#entries.values()) {
      if (role === 'primary') {
        this.#toRepeat.set(key, { due: now + REPEAT_MS, left: REPEATS });
      }
    }
  }

  #meet(member: Member, now: number): void {
    if (this.#meeting.has(member.key) || this.#part === 'proxy') {
      return;
    }
    this.#meeting.add(member.key);
    this.#call(MapMessageType.START, [member], now, {
      timeoutMs: this.#rpcTimeout,
      ended: (_, at) =>
        this.#askState(member, at, (then) => {
          this.#meeting.delete(member.key);
          this.#publishAlone(then);
        }),
    });
  }

  /** Entries of ours that have no backup get one (`LazyReplicatedMap.mapMemberAdded`). */
  #added(member: Member, now: number): void {
    this.#publishAlone(now);
    this.#tellHeld(member);
  }

  #tellHeld(member: Member): void {
    for (const key of this.#held) {
      const entry = this.#entries.get(key);
      if (entry?.role === 'held') {
        this.#send([member], this.#proxyMessage(entry));
      }
    }
  }

  #publishAlone(now: number): void {
    if (this.#members.hasReady) {
      const keys = [...this.#alone];
      this.#alone.clear();
      keys.forEach((key) => this.#publish(key, now));
    }
  }

  /** Asks a member for its entries, as one who looks only (`proxy`). */
  poll(channelMembers: readonly Member[], now: number): void {
    this.#call(MapMessageType.INIT, channelMembers, now, {
      timeoutMs: Math.min(INIT_MS, this.#rpcTimeout),
      responded: (member, _, at) => {
        this.#members.seen(member, at);
      },
      ended: (_, at) => {
        const [first] = this.#members.all();
        if (first !== undefined) {
          this.#pollState(first, at);
        }
      },
    });
  }

  #pollState(member: Member, now: number): void {
    this.#call(MapMessageType.STATE, [member], now, {
      timeoutMs: this.#rpcTimeout,
      responded: (from, message, at) => {
        const listed = message?.entries ?? null;
        if (listed === null) {
          return;
        }
        const keys = new Set(listed.map(({ key }) => key));
        for (const { key } of [...this.#entries.values()]) {
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

  /** A message of the map that is no call. */
  message(from: Member, message: IncomingMapMessage, now: number): void {
    if (this.#state === 'DESTROYED') {
      return;
    }
    const { key, primary } = message;
    switch (message.msgtype) {
      case MapMessageType.START:
        this.#seen(this.#members.has(from) || primary === null ? from : primary, now);
        return;
      case MapMessageType.STOP:
        this.memberGone(primary ?? from, now);
        return;
      default:
    }
    if (key === null) {
      return;
    }
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
      case MapMessageType.NOTIFY_MAPMEMBER:
        this.#accessed(key, from, message, now);
        break;
      default:
    }
  }

  #backup(key: string, from: Member, message: IncomingMapMessage, now: number): void {
    const before = this.#entries.get(key);
    if (before?.role === 'primary' && this.#prevailsOver(from)) {
      this.#publish(key, now);
      return;
    }
    const wasFresh = before?.role === 'backup' || before?.role === 'primary';
    const { diff, valuedata, sentAt } = message;
    const stamp = { from, sentAt };
    const isTaken =
      diff === null
        ? valuedata !== null && this.#values.replace(key, valuedata, stamp)
        : wasFresh &&
          this.#values.has(key) &&
          !this.#valueless.has(key) &&
          this.#values.apply(key, diff, stamp);
    this.#cede(before, from, now);
    const entry = before ?? this.#newEntry(key);
    const isMoved = entry.role === 'proxy' && isSame(entry.primary, from) && diff === null;
    this.#settle(entry, { role: 'backup', primary: message.primary ?? from, nodes: message.nodes });
    entry.messages++;
    if (isTaken) {
      this.#valueless.delete(key);
      if (isMoved) {
        this.#doubtful.add(key);
      } else if (diff === null) {
        this.#doubtful.delete(key);
      }
    } else {
      this.#valueless.add(key);
      this.#fetch(entry, now);
    }
    this.#bridge?.claimed(key, from);
  }

  /** Two that cede to each other at the same time must not take the entry back at the same time. */
  #cede(entry: Entry | undefined, to: Member, now: number): void {
    // Where our own claim is not recent, nothing of ours can have crossed with theirs.
    const isRecent =
      entry?.role === 'primary' && (this.#toRepeat.has(entry.key) || this.#publishing.has(entry.key));
    if (isRecent) {
      this.#ceded.set(entry.key, { to, due: now + this.#turnBeside(to), left: MAX_ASKED });
    }
  }

  #turnBeside({ uniqueId }: Member): number {
    return REPEAT_MS * (this.#local().uniqueId < uniqueId ? 1 : 2);
  }

  #proxy(key: string, from: Member, message: IncomingMapMessage, now: number): void {
    const before = this.#entries.get(key);
    if (before?.role === 'primary' && this.#prevailsOver(from)) {
      this.#publish(key, now);
      return;
    }
    const { nodes } = message;
    const primary = message.primary ?? from;
    if (this.#isLocal(primary)) {
      // From a list of entries: what we have told ourselves.
      return;
    }
    const staysBackup =
      before?.role === 'backup' && nodes.some((node) => this.#isLocal(node)) && !this.#valueless.has(key);
    const entry = before ?? this.#newEntry(key);
    this.#cede(before, primary, now);
    this.#valueless.delete(key);
    this.#settle(entry, { role: staysBackup ? 'backup' : 'proxy', primary, nodes });
    this.#bridge?.claimed(key, from);
  }

  #removed(key: string, from: Member): void {
    const entry = this.#entries.get(key);
    if (this.#bridge?.mayRemove(key, from) === false) {
      if (entry?.role === 'held') {
        this.#send(this.#members.all(), this.#proxyMessage(entry));
      }
      return;
    }
    this.#drop(key, 'removed');
  }

  #accessed(key: string, from: Member, message: IncomingMapMessage, now: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      return;
    }
    const { nodes, primary } = message;
    entry.messages++;
    const isTakeover = message.msgtype === MapMessageType.NOTIFY_MAPMEMBER && !this.#isLocal(primary ?? from);
    if (isTakeover) {
      this.#cede(entry, primary ?? from, now);
    }
    const keepsValue = this.#values.has(key) && nodes.some((node) => this.#isLocal(node));
    const role =
      isTakeover && (entry.role === 'primary' || entry.role === 'held')
        ? keepsValue
          ? 'backup'
          : 'proxy'
        : entry.role;
    this.#settle(entry, { role, primary: primary ?? from, nodes });
    this.#values.accessed(key, { from, sentAt: message.sentAt });
    if (isTakeover) {
      this.#bridge?.claimed(key, from);
    }
  }

  /** A call that is to be answered. */
  request(from: Member, message: IncomingMapMessage, call: CallToken, now: number): void {
    if (this.#part === 'proxy' || this.#state === 'DESTROYED') {
      this.#reply(call, 'decline');
      return;
    }
    // Two that join at the same time must not wait for each other.
    const isForState =
      message.msgtype === MapMessageType.STATE || message.msgtype === MapMessageType.STATE_COPY;
    if (this.#state !== 'INITIALIZED' && isForState && !this.#asking.has(from.key)) {
      this.#deferred.push({ from, message, call, until: now + DEFERRED_MS });
      return;
    }
    switch (message.msgtype) {
      case MapMessageType.INIT:
        this.#reply(call, this.#message(message.msgtype, null, { primary: this.#local() }));
        break;
      case MapMessageType.START:
        this.#reply(call, this.#message(message.msgtype, null, { primary: this.#local() }));
        if (this.#members.ready(from, now)) {
          this.#added(from, now);
        }
        break;
      case MapMessageType.STATE:
      case MapMessageType.STATE_COPY:
        this.#reply(call, this.#stateMessage(message.msgtype));
        break;
      case MapMessageType.PING:
        this.#reply(call, {
          ...this.#message(message.msgtype, null, { primary: this.#local() }),
          content: { kind: 'state', state: this.#state },
        });
        if (this.#state === 'INITIALIZED') {
          this.#seen(from, now);
        }
        break;
      case MapMessageType.RETRIEVE_BACKUP:
        this.#retrieve(message, call);
        break;
      default:
        this.#reply(call, null);
    }
  }

  #retrieve({ key }: IncomingMapMessage, call: CallToken): void {
    const entry = key === null ? undefined : this.#entries.get(key);
    if (key === null || entry === undefined) {
      this.#reply(call, null);
      return;
    }
    const answer = (isThere: boolean): void => {
      const message = this.#message(MapMessageType.RETRIEVE_BACKUP, null, { content: { kind: 'whole' } });
      this.#reply(call, isThere && this.#values.has(key) ? { ...message, key } : null);
    };
    if (entry.role === 'held' && this.#bridge !== undefined) {
      this.#bridge.wanted(key, answer);
    } else {
      // As a proxy we may have a copy, which is not the newest: nobody who asks for it would know.
      answer(entry.role !== 'proxy' && !this.#valueless.has(key));
    }
  }

  #stateMessage(msgtype: number): OutgoingMapMessage {
    const entries = [...this.#entries.values()].map((entry) => this.#proxyMessage(entry));
    return { ...this.#message(msgtype, null, {}), content: { kind: 'entries', entries } };
  }

  // ---- what we do ----

  /** Stands for members that those of this map cannot understand: they are told that we are primary and backup of the entry. */
  hold(key: string): void {
    const entry = this.#entries.get(key) ?? this.#newEntry(key);
    if (entry.role === 'held') {
      return;
    }
    const local = this.#local();
    this.#toPublish.delete(key);
    this.#valueless.delete(key);
    this.#settle(entry, { role: 'held', primary: local, nodes: [local] });
    const members = this.#members.all();
    if (members.length > 0) {
      this.#send(members, this.#proxyMessage(entry));
    }
  }

  /** Ends an entry everywhere. */
  remove(key: string): void {
    if (!this.#entries.has(key)) {
      return;
    }
    const members = this.#members.all();
    if (members.length > 0) {
      this.#send(members, this.#message(MapMessageType.REMOVE, key, {}));
    }
    this.#drop(key, 'removed');
  }

  /**
   * Makes an entry of ours, whose value is there already (`AbstractReplicatedMap.put`).
   *
   * @param done called when a backup has it, or nobody can keep one.
   */
  put(key: string, now: number, done?: (now: number) => void): void {
    const entry = this.#entries.get(key) ?? this.#newEntry(key);
    this.#settle(entry, { role: 'primary', primary: this.#local(), nodes: NOBODY });
    this.#publish(key, now, done);
  }

  /**
   * Says how an entry of ours has changed (`AbstractReplicatedMap.replicate`).
   *
   * @param ended called when its backups have it, or the whole value has been published instead.
   */
  changed(key: string, diff: Buffer, now: number, ended: (outcome: MapOutcome) => void = ignore): void {
    const entry = this.#entries.get(key);
    if (entry?.role !== 'primary' || entry.nodes.length === 0 || this.#publishing.has(key)) {
      this.#publish(key, now);
      ended({ delivered: NOBODY, faulty: NOBODY });
      return;
    }
    const message = this.#message(MapMessageType.BACKUP, key, {
      content: { kind: 'diff', diff },
      primary: this.#local(),
      nodes: entry.nodes,
    });
    this.#send(entry.nodes, message, {
      ended: (outcome, at) => {
        if (outcome.faulty.length > 0) {
          this.#publish(key, at);
        }
        ended(outcome);
      },
    });
  }

  /**
   * Makes us the primary of an entry (`AbstractReplicatedMap.get`).
   *
   * @param done told whether we are.
   */
  takeOver(key: string, now: number, done: (isPrimary: boolean, now: number) => void): void {
    const entry = this.#entries.get(key);
    switch (entry?.role) {
      case undefined:
      case 'held':
        done(false, now);
        break;
      case 'primary':
        done(true, now);
        break;
      case 'backup':
        if (this.#valueless.has(key)) {
          this.#fetch(entry, now, (isThere, at) =>
            isThere ? this.takeOver(key, at, done) : done(false, at),
          );
          return;
        }
        this.#settle(entry, { role: 'primary', primary: this.#local(), nodes: NOBODY });
        this.#publish(key, now, (at) => done(this.#entries.get(key)?.role === 'primary', at));
        break;
      case 'proxy':
        this.#fetch(entry, now, (isThere, at) => {
          if (isThere && entry.role === 'proxy') {
            this.#takeFromBackup(entry, at);
          }
          done(entry.role === 'primary', at);
        });
    }
  }

  #takeFromBackup(entry: Entry, now: number): void {
    const nodes = entry.nodes.filter((node) => !this.#isLocal(node) && this.#members.has(node));
    const former = entry.primary;
    this.#settle(entry, { role: 'primary', primary: this.#local(), nodes });
    this.#claimLater(entry.key, now);
    const body = { primary: this.#local(), nodes };
    const { key } = entry;
    if (nodes.length > 0) {
      this.#send(nodes, this.#message(MapMessageType.NOTIFY_MAPMEMBER, key, body));
    }
    const others = this.#members.all().filter((member) => !includes(nodes, member));
    if (others.length > 0) {
      this.#send(others, this.#message(MapMessageType.PROXY, key, body));
    }
    if (nodes.length === 0 || (former !== null && includes(nodes, former))) {
      this.#publish(key, now);
    }
  }

  /**
   * Gets the value of an entry from those who have it, without changing anything for them. The value is handed to
   * `MapValues.replace`.
   */
  look(key: string, now: number, done: (isThere: boolean, now: number) => void): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.role === 'held') {
      done(false, now);
    } else if (entry.role !== 'proxy' && !this.#valueless.has(key)) {
      done(true, now);
    } else {
      this.#fetch(entry, now, done);
    }
  }

  #fetch(entry: Entry, now: number, done: (isThere: boolean, now: number) => void = () => undefined): void {
    const holders = [
      ...entry.nodes,
      ...(entry.role === 'backup' && entry.primary !== null ? [entry.primary] : []),
    ];
    const asked = holders.filter((holder) => !this.#isLocal(holder) && this.#members.has(holder));
    const { key } = entry;
    const { messages } = entry;
    let isThere = false;
    this.#callWith(this.#message(MapMessageType.RETRIEVE_BACKUP, key, {}), asked, now, {
      firstReply: true,
      timeoutMs: this.#rpcTimeout,
      responded: (member, message) => {
        const valuedata = message?.valuedata ?? null;
        // What has come meanwhile may be newer than what was asked for.
        const isNewest = this.#entries.get(key) === entry && entry.messages === messages;
        if (!isThere && valuedata !== null && isNewest) {
          isThere = this.#values.replace(key, valuedata, { from: member, sentAt: message?.sentAt ?? 0 });
          if (isThere) {
            this.#valueless.delete(key);
            this.#doubtful.delete(key);
          }
        }
      },
      ended: (_, at) => done(isThere, at),
    });
  }

  #fetchValues(now: number): void {
    let left = MAX_FETCHED;
    for (const keys of [this.#valueless, this.#doubtful]) {
      for (const key of keys) {
        const entry = this.#entries.get(key);
        if (left-- <= 0) {
          return;
        }
        if (entry?.role === 'backup') {
          this.#fetch(entry, now);
        } else {
          keys.delete(key);
        }
      }
    }
  }

  #askState(member: Member, now: number, done: (now: number) => void): void {
    let hasAnswered = false;
    this.#asking.add(member.key);
    // Whoever waits for ours waits for us no longer.
    this.#answerDeferred(member, now);
    this.#call(MapMessageType.STATE, [member], now, {
      timeoutMs: this.#rpcTimeout,
      responded: (from, message, at) => {
        hasAnswered = true;
        for (const entry of message?.entries ?? []) {
          this.#listed(from, entry, at);
        }
      },
      ended: (_, at) => {
        this.#asking.delete(member.key);
        if (hasAnswered) {
          this.#toAsk.delete(member);
        } else if (this.#members.has(member)) {
          this.#toAsk.set(member, (this.#toAsk.get(member) ?? 0) + 1);
        }
        done(at);
      },
    });
  }

  /** An entry as a member lists it. Of its own it knows best; of others, no better than we. */
  #listed(from: Member, message: IncomingMapMessage, now: number): void {
    const { key, primary } = message;
    const known = key === null ? undefined : this.#entries.get(key);
    if (primary === null) {
      if (known === undefined && key !== null) {
        this.#settle(this.#newEntry(key), { nodes: message.nodes });
      }
    } else if (known === undefined || known.primary === null || isSame(primary, from)) {
      this.message(from, message, now);
    }
  }

  // ---- backups ----

  /** Sees that the entry, of which we are primary, gets a backup (`LazyReplicatedMap.publishEntryInfo`). */
  #publish(key: string, now: number, done?: (now: number) => void): void {
    const under = this.#publishing.get(key);
    if (under !== undefined) {
      under.again = true;
      done?.(now);
    } else if (this.#publishing.size >= MAX_PUBLISHING && done === undefined) {
      this.#toPublish.add(key);
    } else {
      this.#publishing.set(key, { tried: new Set(), again: false });
      this.#tryBackup(key, now, done);
    }
  }

  #tryBackup(key: string, now: number, done?: (now: number) => void): void {
    const entry = this.#entries.get(key);
    const publishing = this.#publishing.get(key);
    const candidate =
      entry?.role === 'primary' && publishing !== undefined
        ? this.#members.nextBackup(publishing.tried)
        : undefined;
    if (entry === undefined || publishing === undefined || candidate === undefined) {
      if (entry?.role === 'primary') {
        this.#settle(entry, { nodes: NOBODY });
        this.#alone.add(key);
      }
      this.#published(key, now, done);
      return;
    }
    const message = this.#message(MapMessageType.BACKUP, key, {
      content: { kind: 'whole' },
      primary: this.#local(),
      nodes: [candidate],
    });
    this.#send([candidate], message, {
      ended: ({ delivered }, at) => {
        const isCurrent = this.#entries.get(key) === entry && entry.role === 'primary';
        if (isCurrent && includes(delivered, candidate) && this.#members.has(candidate)) {
          this.#settle(entry, { nodes: [candidate] });
          this.#claimLater(key, at);
          const others = this.#members.all().filter((member) => member.key !== candidate.key);
          if (others.length > 0) {
            this.#send(others, this.#proxyMessage(entry));
          }
          this.#published(key, at, done);
        } else {
          publishing.tried.add(candidate.key);
          this.#tryBackup(key, at, done);
        }
      },
    });
  }

  #published(key: string, now: number, done?: (now: number) => void): void {
    const again = this.#publishing.get(key)?.again === true && this.#members.hasReady;
    this.#publishing.delete(key);
    if (again && this.#entries.get(key)?.role === 'primary') {
      this.#publish(key, now);
    }
    done?.(now);
    for (const next of this.#toPublish) {
      if (this.#publishing.size >= MAX_PUBLISHING) {
        break;
      }
      this.#toPublish.delete(next);
      this.#publish(next, now);
    }
  }

  /** Two that take themselves for primary: a Tomcat has users, and of two nodes such as this one the lower id stays. */
  #prevailsOver(other: Member): boolean {
    return !this.#isPreferred(other) && this.#local().uniqueId < other.uniqueId;
  }

  // ---- small things ----

  #newEntry(key: string): Entry {
    const entry: Entry = { key, role: 'proxy', primary: null, nodes: NOBODY, messages: 0 };
    this.#entries.set(key, entry);
    this.#counts[entry.role]++;
    return entry;
  }

  #settle(entry: Entry, change: Partial<Pick<Entry, 'role' | 'primary' | 'nodes'>>): void {
    const { role = entry.role, primary = entry.primary, nodes = entry.nodes } = change;
    if (role !== entry.role || !isSame(primary, entry.primary) || !areSame(nodes, entry.nodes)) {
      if (role !== entry.role) {
        this.#counts[entry.role]--;
        this.#counts[role]++;
        this.#held[role === 'held' ? 'add' : 'delete'](entry.key);
        this.#alone.delete(entry.key);
      }
      if (primary !== null && !this.#isLocal(primary) && !this.#members.has(primary)) {
        this.#ofStrangers.add(entry.key);
      }
      if (primary === null) {
        this.#orphans.set(entry.key, this.#orphans.get(entry.key) ?? this.#beatAt);
      } else {
        this.#orphans.delete(entry.key);
      }
      entry.role = role;
      entry.primary = primary;
      entry.nodes = nodes;
      this.#values.settled(entry);
    }
  }

  #drop(key: string, why: 'removed' | 'lost'): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      this.#entries.delete(key);
      this.#counts[entry.role]--;
    }
    for (const set of [this.#toPublish, this.#valueless, this.#doubtful, this.#alone, this.#held]) {
      set.delete(key);
    }
    this.#toRepeat.delete(key);
    this.#orphans.delete(key);
    this.#ofStrangers.delete(key);
    this.#ceded.delete(key);
    this.#values.ended(key, why);
  }

  #answerDeferred({ key }: Member, now: number): void {
    const theirs = this.#deferred.filter(({ from }) => from.key === key);
    if (theirs.length > 0) {
      this.#deferred = this.#deferred.filter(({ from }) => from.key !== key);
      theirs.forEach(({ from, message, call }) => this.request(from, message, call, now));
    }
  }

  #declineOverdue(now: number): void {
    const overdue = this.#deferred.filter(({ until }) => until <= now);
    if (overdue.length > 0) {
      this.#deferred = this.#deferred.filter(({ until }) => until > now);
      overdue.forEach(({ call }) => this.#reply(call, 'decline'));
    }
  }

  #isLocal(member: Member | null): boolean {
    return member?.key === this.#local().key;
  }

  /** Where we are the primary without a backup, we are whom to ask for the value. */
  #proxyMessage({ key, primary, nodes }: Entry): OutgoingMapMessage {
    const holders = nodes.length === 0 && this.#isLocal(primary) ? [this.#local()] : nodes;
    return this.#message(MapMessageType.PROXY, key, { primary, nodes: holders });
  }

  #message(
    msgtype: number,
    key: string | null,
    { content = NOTHING, primary = null, nodes = null }: Partial<OutgoingMapMessage>,
  ): OutgoingMapMessage {
    return { msgtype, key, content, primary, nodes };
  }

  #reply(call: CallToken, message: OutgoingMapMessage | 'decline' | null): void {
    this.#actions.push({ type: 'reply', call, message });
  }

  #send(to: readonly Member[], message: OutgoingMapMessage, pending?: Pending): void {
    const ticket = this.#ticket++;
    if (pending !== undefined) {
      this.#pending.set(ticket, pending);
    }
    this.#actions.push({ type: 'send', ticket, to, message });
  }

  /** A call that is about the map, not about an entry. */
  #call(
    msgtype: number,
    to: readonly Member[],
    now: number,
    how: Pending & { readonly timeoutMs: number },
  ): void {
    const isIntroduction = msgtype !== MapMessageType.STATE;
    const primary = isIntroduction ? this.#local() : null;
    this.#callWith(this.#message(msgtype, null, { primary }), to, now, { firstReply: false, ...how });
  }

  #callWith(
    message: OutgoingMapMessage,
    to: readonly Member[],
    now: number,
    {
      firstReply,
      timeoutMs,
      ...pending
    }: Pending & { readonly firstReply: boolean; readonly timeoutMs: number },
  ): void {
    if (to.length === 0) {
      pending.ended?.({ delivered: NOBODY, faulty: NOBODY }, now);
      return;
    }
    const ticket = this.#ticket++;
    this.#pending.set(ticket, pending);
    this.#actions.push({ type: 'call', ticket, to, message, firstReply, timeoutMs });
  }

  /** An answer to a call of ours has come; null where it says nothing. */
  responded(ticket: Ticket, member: Member, message: IncomingMapMessage | null, now: number): void {
    if (this.#state !== 'DESTROYED') {
      this.#pending.get(ticket)?.responded?.(member, message, now);
    }
  }

  /** A send or a call of ours has ended. */
  ended(ticket: Ticket, outcome: MapOutcome, now: number): void {
    const pending = this.#pending.get(ticket);
    this.#pending.delete(ticket);
    pending?.ended?.(outcome, now);
  }
}

function ignore(): void {
  // Nobody wants to know.
}

function isSame(a: Member | null, b: Member | null): boolean {
  return a?.key === b?.key;
}

function includes(members: readonly Member[], { key }: Member): boolean {
  return members.some((member) => member.key === key);
}

function without(members: readonly Member[], { key }: Member): readonly Member[] {
  return members.filter((member) => member.key !== key);
}

function areSame(a: readonly Member[], b: readonly Member[]): boolean {
  return a === b || (a.length === b.length && a.every((member, i) => isSame(member, b[i] ?? null)));
}
