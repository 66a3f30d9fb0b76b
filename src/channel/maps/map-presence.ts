import type { Member, MemberKey } from '../../membership/index.js';
import { MapMessageType, type MapState } from '../../wire/index.js';
import { DeferredCalls, type DeferredCall } from './deferred-calls.js';
import type { MapMembers } from './map-members.js';
import { mapMessage, type MapOutbox } from './map-outbox.js';
import type { CallToken, IncomingMapMessage, MapPart } from './map-types.js';

export const DEFAULT_RPC_TIMEOUT = 15_000;
export const DEFAULT_ACCESS_TIMEOUT = 5_000;

/** How long members that cannot understand us are waited for when we join: who can, answers at once. Milliseconds. */
const INIT_MS = 2_000;

export interface MapPresenceParts {
  readonly local: () => Member;
  readonly part: MapPart;
  readonly members: MapMembers;
  readonly outbox: MapOutbox;
  readonly rpcTimeout: number;
  readonly accessTimeout: number;
  /** Asks the member for its entries; `done` when it has answered, or does not. */
  readonly askState: (member: Member, now: number, done: (now: number) => void) => void;
  /** The member has the map now, and can keep what it is given. `isStranger`: nothing was known of it before. */
  readonly ready: (member: Member, isStranger: boolean, now: number) => void;
  readonly gone: (member: Member, now: number) => void;
  /** Whether this call is answered only when we have joined. */
  readonly waits: (from: Member, message: IncomingMapMessage) => boolean;
  /** A call that is about entries. */
  readonly answer: (from: Member, message: IncomingMapMessage, call: CallToken, now: number) => void;
  /** Nobody is being asked for entries any more. */
  readonly allAsked?: (now: number) => void;
}

/** What this node says of itself to the members of a map, and they to it: INIT, START, PING, STOP. */
export class MapPresence {
  readonly #parts: MapPresenceParts;
  readonly #meeting = new Set<MemberKey>();
  readonly #deferred = new DeferredCalls();
  #state: MapState = 'NEW';
  #joined: ((now: number) => void) | undefined;

  constructor(parts: MapPresenceParts) {
    this.#parts = parts;
  }

  get state(): MapState {
    return this.#state;
  }

  /** Whether somebody is being asked for entries. */
  get isAsking(): boolean {
    return this.#state !== 'INITIALIZED' || this.#meeting.size > 0;
  }

  /**
   * Joins the map that the members of the channel have (`AbstractReplicatedMap.init`): asks who has it, says that we have it,
   * and asks each for its entries, where a Tomcat asks the first only. In this order nothing is missed that changes meanwhile.
   */
  start(channelMembers: readonly Member[], now: number, joined: (now: number) => void): void {
    this.#joined = joined;
    if (this.#parts.part === 'proxy') {
      this.#initialised(now);
      return;
    }
    this.lookFor(channelMembers, now, (at) => this.#transferState(at));
  }

  /** Asks who has the map. */
  lookFor(channelMembers: readonly Member[], now: number, done: (now: number) => void): void {
    const timeoutMs = Math.min(INIT_MS, this.#parts.rpcTimeout);
    this.#introduceTo(MapMessageType.INIT, channelMembers, timeoutMs, now, done);
  }

  #transferState(now: number): void {
    if (this.#state !== 'NEW') {
      return;
    }
    this.#state = 'STATETRANSFERRED';
    const { members, rpcTimeout, askState } = this.#parts;
    const asked = members.all();
    this.#introduceTo(MapMessageType.START, asked, rpcTimeout, now, (at) => {
      let left = asked.length;
      if (left === 0) {
        this.#initialised(at);
      }
      for (const member of asked) {
        askState(member, at, (then) => {
          left--;
          if (left === 0) {
            this.#initialised(then);
          }
        });
      }
    });
  }

  /** Whoever answers has the map, or is about to have it. */
  #introduceTo(
    msgtype: number,
    to: readonly Member[],
    timeoutMs: number,
    now: number,
    done: (now: number) => void,
  ): void {
    const { outbox, members } = this.#parts;
    outbox.call(to, this.#introduction(msgtype), now, {
      timeoutMs,
      responded: (member, _, at) => members.seen(member, at),
      ended: (_, at) => done(at),
    });
  }

  #initialised(now: number): void {
    if (this.#state === 'DESTROYED' || this.#state === 'INITIALIZED') {
      return;
    }
    this.#state = 'INITIALIZED';
    this.#parts.allAsked?.(now);
    this.#joined?.(now);
    this.#joined = undefined;
    this.#answer(this.#deferred.takeAll(), now);
  }

  /** Says goodbye (`AbstractReplicatedMap.breakdown`). */
  stop(channelMembers: readonly Member[]): void {
    if (this.#state === 'DESTROYED') {
      return;
    }
    const { part, outbox } = this.#parts;
    this.#state = 'DESTROYED';
    this.#deferred.takeAll().forEach(({ call }) => outbox.reply(call, 'decline'));
    if (part === 'member') {
      outbox.tell(channelMembers, this.#introduction(MapMessageType.STOP));
    }
  }

  /** The member has gone, or has the map no longer. */
  forget({ key }: Member): void {
    this.#meeting.delete(key);
  }

  /**
   * To be called every heartbeatSleeptime (`AbstractReplicatedMap.heartbeat`, `ping`).
   *
   * @returns whether we are in the map, so that there is more to be done.
   */
  heartbeat(channelMembers: readonly Member[], now: number): boolean {
    const { outbox, part, accessTimeout, members, gone } = this.#parts;
    this.#deferred.takeOverdue(now).forEach(({ call }) => outbox.reply(call, 'decline'));
    if (this.#state !== 'INITIALIZED' || part === 'proxy') {
      return false;
    }
    outbox.call(channelMembers, this.#introduction(MapMessageType.PING), now, {
      timeoutMs: accessTimeout,
      responded: (member, message, at) => this.#ponged(member, message, at),
      ended: ({ faulty }, at) => {
        for (const member of [...members.unseen(now), ...faulty]) {
          gone(member, at);
        }
      },
    });
    return true;
  }

  #ponged(member: Member, message: IncomingMapMessage | null, now: number): void {
    const { members } = this.#parts;
    const state = message?.mapState;
    if (state === 'INITIALIZED') {
      this.#seen(member, now);
    } else if (state === 'STATETRANSFERRED' && members.has(member)) {
      members.seen(member, now);
    }
  }

  /** Somebody says that it has the map. */
  started(from: Member, { primary }: IncomingMapMessage, now: number): void {
    this.#seen(this.#parts.members.has(from) || primary === null ? from : primary, now);
  }

  /** The member has the map; whoever is new is told that we have it, and asked for what it has. */
  #seen(member: Member, now: number): void {
    const isStranger = !this.#parts.members.has(member);
    if (this.#parts.members.ready(member, now)) {
      this.#parts.ready(member, isStranger, now);
      if (isStranger) {
        this.#meet(member, now);
      }
    }
  }

  #meet(member: Member, now: number): void {
    const { part, rpcTimeout, askState, allAsked } = this.#parts;
    if (this.#meeting.has(member.key) || part === 'proxy') {
      return;
    }
    this.#meeting.add(member.key);
    this.#introduceTo(MapMessageType.START, [member], rpcTimeout, now, (at) =>
      askState(member, at, (then) => {
        this.#meeting.delete(member.key);
        if (!this.isAsking) {
          allAsked?.(then);
        }
      }),
    );
  }

  /** A call that is to be answered. */
  request(from: Member, message: IncomingMapMessage, call: CallToken, now: number): void {
    const { part, outbox, members, ready, waits, answer } = this.#parts;
    if (part === 'proxy' || this.#state === 'DESTROYED') {
      outbox.reply(call, 'decline');
      return;
    }
    if (this.#state !== 'INITIALIZED' && waits(from, message)) {
      this.#deferred.add({ from, message, call }, now);
      return;
    }
    const { msgtype } = message;
    switch (msgtype) {
      case MapMessageType.INIT:
        outbox.reply(call, this.#introduction(msgtype));
        break;
      case MapMessageType.START:
        outbox.reply(call, this.#introduction(msgtype));
        if (members.ready(from, now)) {
          ready(from, false, now);
        }
        break;
      case MapMessageType.PING:
        outbox.reply(call, {
          ...this.#introduction(msgtype),
          content: { kind: 'state', state: this.#state },
        });
        if (this.#state === 'INITIALIZED') {
          this.#seen(from, now);
        }
        break;
      default:
        answer(from, message, call, now);
    }
  }

  /** Answers those calls of the member that have waited: it need not wait for us longer. */
  answerDeferred(member: Member, now: number): void {
    this.#answer(this.#deferred.takeOf(member), now);
  }

  #answer(calls: readonly DeferredCall[], now: number): void {
    calls.forEach(({ from, message, call }) => this.request(from, message, call, now));
  }

  #introduction(msgtype: number) {
    return mapMessage(msgtype, null, { primary: this.#parts.local() });
  }
}
