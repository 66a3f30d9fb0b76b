import {
  isTribesError,
  LogThrottle,
  messageOf,
  type Clock,
  type JavaLimits,
  type Logger,
} from '../../base/index.js';
import type { JavaObject, JavaValue } from '../../java/index.js';
import type { Member, MemberKey } from '../../membership/index.js';
import {
  encodeMapMessageObject,
  MAP_NAME_ENCODING,
  SEND_OPTIONS,
  type Dialect,
  type DialectObserver,
} from '../../wire/index.js';
import type { Channel, ReceivedMessage } from '../channel.js';
import { RpcChannel, type RpcRequest } from '../rpc-channel.js';
import type { RpcHandler } from '../rpc-services.js';
import { MapCodec } from './map-codec.js';
import { MapTrace } from './map-trace.js';
import type {
  CallToken,
  IncomingMapMessage,
  MapAction,
  MapMachine,
  MapOutcome,
  OutgoingMapMessage,
} from './map-types.js';

/** Members that can read each other's map messages: the serialVersionUID of their `MemberImpl`, in decimal digits (page 01, 2.4). */
export type MapGroup = string;

export interface MapServiceParts<Machine extends MapMachine> {
  readonly channel: Channel;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of the map; ISO-8859-1. */
  readonly name: string;
  /** `mapSendOptions`; default 6. */
  readonly sendOptions?: number;
  readonly limits: JavaLimits;
  /** Null: it speaks to each group so that they can read it, and is a member of each group's map, as this node is. */
  readonly groupOf: (member: Member) => MapGroup | null;
  /** Groups whose maps are joined together with any other, where a member is there that may have them, too. */
  readonly alongside?: () => Iterable<MapGroup>;
  /**
   * Whether a member is spoken to that has said nothing of the map yet; default: every one. What a Tomcat cannot read, since
   * nobody knows yet what it can, is an error in its log; and whoever has a map calls every member, again and again.
   */
  readonly speaksFirstTo?: (member: Member) => boolean;
  /** The map as the members of a group see it: made when the first of them is met. */
  readonly createMap: (group: MapGroup) => Machine;
  /** The value of an entry for a peer of that dialect; null when there is none. */
  readonly encodeValue: (key: string, dialect: Dialect) => Buffer | null;
  /** A map has joined its group. */
  readonly joined: (group: MapGroup, map: Machine) => void;
}

const NO_MEMBERS: readonly Member[] = [];

/** Groups at a time: who sends makes them. There have been six in all the releases of Tomcat. */
const MAX_GROUPS = 16;

/** AbstractReplicatedMap.channelSendOptions before the options of the map are set: INIT, STATE and START. */
const INTRODUCTION_OPTIONS = SEND_OPTIONS.USE_ACK;

/**
 * Connects the maps of one name to the channel: reads and writes their messages, carries out what they want done, and tells them
 * what came of it. Members that cannot read each other's messages have each a map of their own.
 */
export class MapService<Machine extends MapMachine> {
  readonly #parts: MapServiceParts<Machine>;
  readonly #codec: MapCodec;
  readonly #rpc: RpcChannel;
  readonly #complaints: LogThrottle;
  readonly #trace: MapTrace;
  readonly #maps = new Map<MapGroup, Machine>();
  readonly #groupOfMap = new Map<Machine, MapGroup>();
  /** Who has said something of the map, and of which group each was then. */
  readonly #groups = new Map<MemberKey, MapGroup | null>();
  readonly #calls = new WeakMap<CallToken, RpcRequest>();
  /** Sends about one entry go in their order. */
  readonly #sending = new Map<string, Promise<void>>();
  #stopped = false;

  /** Error: TRIBES_E_CHANNEL_LISTENER when the name is taken. */
  constructor(parts: MapServiceParts<Machine>) {
    this.#parts = parts;
    const { channel, clock, logger, name, limits, encodeValue } = parts;
    const mapId = Buffer.from(name, MAP_NAME_ENCODING);
    this.#complaints = new LogThrottle(clock, { logger });
    this.#trace = new MapTrace(logger, name);
    this.#codec = new MapCodec({
      mapId,
      limits,
      memberOf: (key) => (key === channel.local.key ? channel.local : this.#channelMember(key)),
      encodeValue,
    });
    this.#rpc = new RpcChannel({
      channel,
      clock,
      logger,
      rpcId: mapId,
      onRequest: (request) => this.#requested(request),
    });
  }

  get maps(): ReadonlyMap<MapGroup, Machine> {
    return this.#maps;
  }

  /** What takes the calls of the map. */
  handler(): RpcHandler {
    return this.#rpc.handler();
  }

  /** Joins the maps of those who are there. */
  start(): void {
    this.#joinAll(this.#groupsInReach());
  }

  /** Says goodbye; resolves when that has been sent. Never rejects. */
  async stop(): Promise<void> {
    if (this.#stopped) {
      return;
    }
    for (const [group, map] of this.#maps) {
      map.stop(this.#membersOf(group));
      this.#run(map);
    }
    this.#stopped = true;
    await Promise.all(this.#sending.values());
    this.#rpc.close();
  }

  memberDisappeared(member: Member): void {
    this.#groups.delete(member.key);
    for (const map of this.#maps.values()) {
      map.memberGone(member, this.#now());
      this.#run(map);
    }
  }

  heartbeat(): void {
    for (const [group, map] of this.#maps) {
      map.heartbeat(this.#membersOf(group), this.#now());
      this.#run(map);
    }
  }

  /** To be called every second. */
  tick(): void {
    const present = this.#parts.channel.members();
    for (const map of this.#maps.values()) {
      map.tick?.(present, this.#now());
      this.#run(map);
    }
  }

  /** Asks for the entries, as one who looks only. */
  poll(): void {
    for (const group of this.#groupsInReach()) {
      const map = this.#mapOf(group);
      if (map !== undefined) {
        map.poll(this.#membersOf(group), this.#now());
        this.#run(map);
      }
    }
  }

  /** A message of the map that is no call. Errors: those of the codecs. */
  messageReceived(received: ReceivedMessage, value: JavaValue): void {
    const { map, message } = this.#read(received, value);
    if (map !== undefined) {
      map.message(received.sender, message, this.#now());
      this.#run(map);
    }
  }

  /** Lets `work` do something with a map, and carries out what that wants done. */
  with<T>(map: Machine, work: (now: number) => T): T {
    const result = work(this.#now());
    this.#run(map);
    return result;
  }

  #requested(request: RpcRequest): void {
    const { map, message } = this.#read(request.received, request.message);
    if (map === undefined) {
      request.decline();
      return;
    }
    const call = {};
    this.#calls.set(call, request);
    map.request(request.received.sender, message, call, this.#now());
    this.#run(map);
  }

  /** A message, and the map that it is about; undefined when its group is not known, or one too many. */
  #read(
    { sender, timestamp }: ReceivedMessage,
    value: JavaValue,
  ): { readonly map: Machine | undefined; readonly message: IncomingMapMessage } {
    let uid: bigint | undefined;
    const observe = this.#observer(sender);
    const message = this.#codec.read(value, timestamp, (observation) => {
      uid = observation.seen === 'memberImpl' ? observation.uid : uid;
      observe(observation);
    });
    const map = this.#mapFor(sender, uid);
    if (map === undefined) {
      this.#dropped(sender);
    } else {
      const entry = message.key === null ? undefined : map.entry(message.key);
      this.#trace.received(sender, { ...message, diff: message.diff !== null }, entry);
    }
    return { map, message };
  }

  // ---- who is who ----

  /**
   * The map of the member's group. What is learned of a member may show that it is of another one than was thought.
   *
   * @param uid of the members in the message, by which one that is in all maps says which it means.
   */
  #mapFor(member: Member, uid: bigint | undefined): Machine | undefined {
    const group = this.#parts.groupOf(member);
    const before = this.#groups.get(member.key) ?? group;
    this.#groups.set(member.key, group);
    const former = before === null || before === group ? undefined : this.#maps.get(before);
    if (former !== undefined) {
      former.memberGone(member, this.#now());
      this.#run(former);
    }
    const [only, second] = this.#maps.keys();
    const meant = group ?? uid?.toString() ?? (second === undefined ? only : undefined);
    return meant === undefined ? undefined : this.#mapOf(meant);
  }

  /** Undefined when there would be too many. */
  #mapOf(group: MapGroup): Machine | undefined {
    const known = this.#maps.get(group);
    if (known !== undefined || this.#maps.size >= MAX_GROUPS) {
      return known;
    }
    const { createMap, alongside, joined } = this.#parts;
    const map = createMap(group);
    this.#maps.set(group, map);
    this.#groupOfMap.set(map, group);
    if (alongside !== undefined && this.#inReach().some((member) => this.#isInAllMaps(member))) {
      this.#joinAll(alongside());
    }
    map.start(this.#membersOf(group), this.#now(), () => joined(group, map));
    this.#run(map);
    return map;
  }

  #joinAll(groups: Iterable<MapGroup>): void {
    for (const group of groups) {
      this.#mapOf(group);
    }
  }

  #isInAllMaps(member: Member): boolean {
    return this.#parts.groupOf(member) === null;
  }

  #membersOf(group: MapGroup): readonly Member[] {
    return this.#inReach().filter((member) => (this.#parts.groupOf(member) ?? group) === group);
  }

  /** Where only such are there as are in all maps, our own. */
  #groupsInReach(): ReadonlySet<MapGroup> {
    const groups = this.#inReach().map(this.#parts.groupOf);
    const known = groups.filter((group) => group !== null);
    return new Set(known.length === 0 && groups.length > 0 ? [this.#ownGroup] : known);
  }

  get #ownGroup(): MapGroup {
    const { channel } = this.#parts;
    return String(channel.dialectOf(channel.local).memberImplUid);
  }

  #inReach(): Member[] {
    const { channel, speaksFirstTo = () => true } = this.#parts;
    return channel.members().filter((member) => this.#groups.has(member.key) || speaksFirstTo(member));
  }

  #channelMember(key: MemberKey): Member | undefined {
    return this.#parts.channel.members().find((member) => member.key === key);
  }

  /** How one speaks that is in all maps depends on the map. */
  #observer(sender: Member): DialectObserver {
    const isInAllMaps = this.#isInAllMaps(sender);
    return (observation) => {
      if (!isInAllMaps || observation.seen !== 'memberImpl') {
        this.#parts.channel.observeDialect(sender, observation);
      }
    };
  }

  #now(): number {
    return this.#parts.clock.monotonic();
  }

  // ---- what the maps want done ----

  #run(map: Machine): void {
    for (let actions = map.takeActions(); actions.length > 0; actions = map.takeActions()) {
      for (const action of actions) {
        this.#carryOut(map, action);
      }
    }
  }

  #carryOut(map: Machine, action: MapAction): void {
    if (action.type !== 'reply') {
      const { message, to } = action;
      this.#trace.sent(to, { ...message, diff: message.content.kind === 'diff' });
    }
    switch (action.type) {
      case 'send':
        this.#queue(action.message.key ?? '', () => this.#send(map, action));
        break;
      case 'call':
        void this.#call(map, action);
        break;
      case 'reply':
        this.#reply(map, action.call, action.message);
    }
  }

  #queue(key: string, send: () => Promise<void>): void {
    const before = this.#sending.get(key);
    const sending: Promise<void> = (before === undefined ? send() : before.then(send)).finally(() => {
      if (this.#sending.get(key) === sending) {
        this.#sending.delete(key);
      }
    });
    this.#sending.set(key, sending);
  }

  /** Never rejects. */
  async #send(map: Machine, { ticket, to, message }: Extract<MapAction, { type: 'send' }>): Promise<void> {
    const outcome = await this.#sent(map, to, message);
    map.ended(ticket, outcome, this.#now());
    this.#run(map);
  }

  async #sent(map: Machine, to: readonly Member[], message: OutgoingMapMessage): Promise<MapOutcome> {
    const { channel, sendOptions = SEND_OPTIONS.USE_ACK | SEND_OPTIONS.SYNCHRONIZED_ACK } = this.#parts;
    try {
      const write = this.#writer(map, to, message);
      const { delivered, faulty } = await channel.send(
        to,
        (dialect) => encodeMapMessageObject(write(dialect)),
        sendOptions,
      );
      for (const { member, cause } of faulty) {
        this.#complain(member, cause.message);
      }
      return { delivered, faulty: faulty.map(({ member }) => member) };
    } catch (error) {
      to.forEach((member) => this.#complain(member, messageOf(error)));
      return { delivered: NO_MEMBERS, faulty: to };
    }
  }

  /**
   * A message as the members of the map's group read it. Who is in all maps is told by a member in it which of them is meant; a
   * Tomcat does not look at that.
   */
  #writer(
    map: Machine,
    to: readonly Member[],
    message: OutgoingMapMessage,
  ): (dialect: Dialect) => JavaObject {
    const saysGroup = message.primary !== null || !to.some((member) => this.#isInAllMaps(member));
    const said = saysGroup ? message : { ...message, primary: this.#parts.channel.local };
    const memberImplUid = BigInt(this.#groupOfMap.get(map) ?? this.#ownGroup);
    return (dialect) => this.#codec.write(said, { ...dialect, memberImplUid });
  }

  /** Never rejects. */
  async #call(map: Machine, action: Extract<MapAction, { type: 'call' }>): Promise<void> {
    const { ticket, to, message, firstReply, timeoutMs } = action;
    const { faulty } = await this.#rpc.call({
      destinations: to,
      message: this.#writer(map, to, message),
      replies: firstReply ? 'first' : 'all',
      options: INTRODUCTION_OPTIONS,
      timeoutMs,
      onResponse: (response) => {
        map.responded(ticket, response.member, this.#answer(response), this.#now());
        this.#run(map);
      },
    });
    map.ended(ticket, { delivered: NO_MEMBERS, faulty }, this.#now());
    this.#run(map);
  }

  #answer({ member, message }: { member: Member; message: JavaValue }) {
    if (message === null) {
      return null;
    }
    try {
      return this.#codec.read(message, this.#parts.clock.now(), this.#observer(member));
    } catch (error) {
      if (!isTribesError(error)) {
        throw error;
      }
      this.#complain(member, error.message);
      return null;
    }
  }

  #reply(map: Machine, call: CallToken, message: OutgoingMapMessage | 'decline' | null): void {
    const request = this.#calls.get(call);
    if (message === 'decline') {
      request?.decline();
    } else {
      request?.reply(message === null ? () => null : this.#writer(map, [], message));
    }
  }

  #complain({ key, name }: Member, why: string): void {
    const times = this.#complaints.admit(key);
    if (times > 0) {
      const { logger, name: map } = this.#parts;
      logger.warn({ member: name, map, why, times }, 'a message of a replicated map did not reach a member');
    }
  }

  #dropped({ key, name: member }: Member): void {
    const times = this.#complaints.admit(`dropped ${key}`);
    if (times > 0) {
      const { logger, name: map } = this.#parts;
      const text =
        'a message of a replicated map is dropped: it does not say in whose form it is, or there are too many forms';
      logger.warn({ member, map, times, maxForms: MAX_GROUPS }, text);
    }
  }
}
