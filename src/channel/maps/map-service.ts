import {
  isTribesError,
  LogThrottle,
  messageOf,
  type Clock,
  type JavaLimits,
  type Logger,
} from '../../base/index.js';
import type { JavaValue } from '../../java/index.js';
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

/** Members that can read each other's map messages: those of one `MemberImpl` (page 01, 2.4). */
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
  readonly groupOf: (member: Member) => MapGroup;
  /**
   * Whether a member is spoken to that has said nothing of the map yet; default: every one. What a Tomcat cannot read, since
   * nobody knows yet what it can, is an error in its log.
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
  readonly #groups = new Map<MemberKey, MapGroup>();
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
    for (const group of this.#groupsInReach()) {
      this.#mapOf(group);
    }
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
    for (const map of this.#maps.values()) {
      map.tick?.(this.#now());
      this.#run(map);
    }
  }

  /** Asks for the entries, as one who looks only. */
  poll(): void {
    for (const group of this.#groupsInReach()) {
      const map = this.#mapOf(group);
      map.poll(this.#membersOf(group), this.#now());
      this.#run(map);
    }
  }

  /** A message of the map that is no call. Errors: those of the codecs. */
  messageReceived({ sender, timestamp }: ReceivedMessage, value: JavaValue): void {
    const message = this.#codec.read(value, timestamp, this.#observer(sender));
    const map = this.#mapFor(sender);
    this.#traceReceived(map, sender, message);
    map.message(sender, message, this.#now());
    this.#run(map);
  }

  /** Lets `work` do something with a map, and carries out what that wants done. */
  with<T>(map: Machine, work: (now: number) => T): T {
    const result = work(this.#now());
    this.#run(map);
    return result;
  }

  #requested(request: RpcRequest): void {
    const { sender, timestamp } = request.received;
    const message = this.#codec.read(request.message, timestamp, this.#observer(sender));
    const map = this.#mapFor(sender);
    this.#traceReceived(map, sender, message);
    const call = {};
    this.#calls.set(call, request);
    map.request(sender, message, call, this.#now());
    this.#run(map);
  }

  #traceReceived(map: Machine, from: Member, message: IncomingMapMessage): void {
    const entry = message.key === null ? undefined : map.entry(message.key);
    this.#trace.received(from, { ...message, diff: message.diff !== null }, entry);
  }

  // ---- who is who ----

  /** The map of the member's group. What is learned of a member may show that it is of another one than was thought. */
  #mapFor(member: Member): Machine {
    const group = this.#parts.groupOf(member);
    const before = this.#groups.get(member.key);
    if (before !== group) {
      this.#groups.set(member.key, group);
      const former = before === undefined ? undefined : this.#maps.get(before);
      if (former !== undefined) {
        former.memberGone(member, this.#now());
        this.#run(former);
      }
    }
    return this.#mapOf(group);
  }

  #mapOf(group: MapGroup): Machine {
    const known = this.#maps.get(group);
    if (known !== undefined) {
      return known;
    }
    const map = this.#parts.createMap(group);
    this.#maps.set(group, map);
    map.start(this.#membersOf(group), this.#now(), () => this.#parts.joined(group, map));
    this.#run(map);
    return map;
  }

  #membersOf(group: MapGroup): readonly Member[] {
    return this.#inReach().filter((member) => this.#parts.groupOf(member) === group);
  }

  #groupsInReach(): ReadonlySet<MapGroup> {
    return new Set(this.#inReach().map(this.#parts.groupOf));
  }

  #inReach(): Member[] {
    const { channel, speaksFirstTo = () => true } = this.#parts;
    return channel.members().filter((member) => this.#groups.has(member.key) || speaksFirstTo(member));
  }

  #channelMember(key: MemberKey): Member | undefined {
    return this.#parts.channel.members().find((member) => member.key === key);
  }

  #observer(sender: Member): DialectObserver {
    return (observation) => this.#parts.channel.observeDialect(sender, observation);
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
        this.#reply(action.call, action.message);
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
    const outcome = await this.#sent(to, message);
    map.ended(ticket, outcome, this.#now());
    this.#run(map);
  }

  async #sent(to: readonly Member[], message: OutgoingMapMessage): Promise<MapOutcome> {
    const { channel, sendOptions = SEND_OPTIONS.USE_ACK | SEND_OPTIONS.SYNCHRONIZED_ACK } = this.#parts;
    try {
      const { delivered, faulty } = await channel.send(
        to,
        (dialect) => encodeMapMessageObject(this.#codec.write(message, dialect)),
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

  /** Never rejects. */
  async #call(map: Machine, action: Extract<MapAction, { type: 'call' }>): Promise<void> {
    const { ticket, to, message, firstReply, timeoutMs } = action;
    const { faulty } = await this.#rpc.call({
      destinations: to,
      message: (dialect) => this.#codec.write(message, dialect),
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

  #reply(call: CallToken, message: OutgoingMapMessage | 'decline' | null): void {
    const request = this.#calls.get(call);
    if (message === 'decline') {
      request?.decline();
    } else {
      request?.reply((dialect) => message && this.#codec.write(message, dialect));
    }
  }

  #complain({ key, name }: Member, why: string): void {
    const times = this.#complaints.admit(key);
    if (times > 0) {
      const { logger, name: map } = this.#parts;
      logger.warn({ member: name, map, why, times }, 'a message of a replicated map did not reach a member');
    }
  }
}
