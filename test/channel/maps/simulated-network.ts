import { LazyReplicatedMap } from '../../../src/channel/maps/lazy-replicated-map.js';
import type {
  CallToken,
  IncomingMapMessage,
  MapAction,
  MapValues,
  OutgoingMapMessage,
} from '../../../src/channel/maps/map-types.js';
import type { Member } from '../../../src/membership/index.js';
import { fakeMember } from '../../session/support/fake-channel.js';

/** Numbers from 0 up to 1 that follow from a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Values are texts; a change is the text that takes their place. */
class Values implements MapValues {
  readonly texts = new Map<string, string>();

  has(key: string): boolean {
    return this.texts.has(key);
  }

  replace(key: string, valuedata: Buffer): boolean {
    this.texts.set(key, valuedata.toString());
    return true;
  }

  apply(key: string, diff: Buffer): boolean {
    return this.texts.has(key) && this.replace(key, diff);
  }

  accessed(): void {
    // Nothing follows from it.
  }

  ended(key: string): void {
    this.texts.delete(key);
  }

  settled(): void {
    // Nothing is written down.
  }
}

export interface NetworkOptions {
  readonly random: () => number;
  readonly nodes: number;
  /** Chance of a message to be lost, or of its acknowledgement. */
  readonly loss: number;
}

interface SimulatedNode {
  readonly member: Member;
  readonly values: Values;
  readonly map: LazyReplicatedMap;
  /** Its clock is ahead of ours by so much. */
  readonly skew: number;
  alive: boolean;
}

interface OpenCall {
  readonly respond: (message: IncomingMapMessage | null) => void;
  readonly decline: () => void;
}

/** Maps that talk to each other in virtual time, over a network that loses, delays, doubles and reorders. */
export class SimulatedNetwork {
  readonly nodes: SimulatedNode[] = [];
  readonly #random: () => number;
  #loss: number;
  #time = 0;
  #order = 0;
  readonly #events: { readonly at: number; readonly order: number; readonly run: () => void }[] = [];
  readonly #cut = new Set<string>();
  readonly #calls = new WeakMap<CallToken, OpenCall>();

  constructor({ random, nodes, loss }: NetworkOptions) {
    this.#random = random;
    this.#loss = loss;
    for (let i = 0; i < nodes; i++) {
      this.add();
    }
  }

  /** A node comes; even ones stand for Tomcats, which win over the others. */
  add(): SimulatedNode {
    const values = new Values();
    const number = this.nodes.length;
    const id = Math.floor(this.#random() * 2 ** 32)
      .toString(16)
      .padStart(32, String(number % 10));
    const member = fakeMember(4000 + number, 0, id as Member['uniqueId']);
    const map = new LazyReplicatedMap({
      values,
      local: () => member,
      isPreferred: ({ port }) => port % 2 === 0,
      rpcTimeout: 1_000,
      accessTimeout: 2_000,
    });
    const node: SimulatedNode = { member, values, map, skew: this.#random() * 1e6, alive: true };
    this.nodes.push(node);
    map.start(this.#reachable(node), this.now(node), () => undefined);
    this.run(node);
    return node;
  }

  get living(): SimulatedNode[] {
    return this.nodes.filter(({ alive }) => alive);
  }

  now({ skew }: SimulatedNode): number {
    return this.#time + skew;
  }

  /** Everybody who is left notices it a while later. */
  crash(node: SimulatedNode): void {
    node.alive = false;
    this.#noticed(node);
  }

  cut(a: SimulatedNode, b: SimulatedNode): void {
    this.#cut.add(linkOf(a, b));
    this.#lose(a, b);
    this.#lose(b, a);
  }

  /** All links are whole again, and nothing is lost any more. */
  heal(): void {
    this.#cut.clear();
    this.#loss = 0;
  }

  heartbeat(): void {
    for (const node of this.living) {
      node.map.heartbeat(this.#reachable(node), this.now(node));
      this.run(node);
    }
  }

  tick(): void {
    for (const node of this.living) {
      node.map.tick(this.#reachable(node), this.now(node));
      this.run(node);
    }
  }

  /** Lets time pass. */
  pass(ms: number): void {
    const end = this.#time + ms;
    for (;;) {
      this.#events.sort((a, b) => a.at - b.at || a.order - b.order);
      const next = this.#events[0];
      if (next === undefined || next.at > end) {
        break;
      }
      this.#events.shift();
      this.#time = next.at;
      next.run();
    }
    this.#time = end;
  }

  /** Carries out what a node wants done. */
  run(node: SimulatedNode): void {
    for (const action of node.map.takeActions()) {
      this.#carryOut(node, action);
    }
  }

  #carryOut(node: SimulatedNode, action: MapAction): void {
    switch (action.type) {
      case 'send':
        this.#send(node, action);
        break;
      case 'call':
        this.#call(node, action);
        break;
      case 'reply':
        this.#reply(node, action.call, action.message);
    }
  }

  #send(node: SimulatedNode, { ticket, to, message }: Extract<MapAction, { type: 'send' }>): void {
    const delivered: Member[] = [];
    const faulty: Member[] = [];
    let last = 0;
    for (const member of to) {
      const incoming = this.#incoming(node, message);
      const delay = this.#delay();
      last = Math.max(last, delay);
      const isLost = this.#isLost(node, member);
      if (!isLost) {
        const deliver = (peer: SimulatedNode): void =>
          peer.map.message(node.member, incoming, this.now(peer));
        this.#deliver(member, delay, deliver);
        if (this.#random() < 0.02) {
          this.#deliver(member, delay + 1, deliver);
        }
      }
      (isLost || this.#random() < this.#loss ? faulty : delivered).push(member);
    }
    this.#later(last + 1, node, () => node.map.ended(ticket, { delivered, faulty }, this.now(node)));
  }

  #call(
    node: SimulatedNode,
    { ticket, to, message, firstReply, timeoutMs }: Extract<MapAction, { type: 'call' }>,
  ): void {
    const faulty = to.filter((member) => this.#isLost(node, member));
    let open = to.length - faulty.length;
    let ended = false;
    const end = (): void => {
      if (!ended) {
        ended = true;
        node.map.ended(ticket, { delivered: [], faulty }, this.now(node));
      }
    };
    this.#later(open === 0 ? 1 : timeoutMs, node, end);
    for (const member of to.filter((each) => !faulty.includes(each))) {
      const incoming = this.#incoming(node, message);
      const answered = (act: () => void): void => {
        if (!this.#isLost(node, member)) {
          this.#later(this.#delay(), node, () => {
            open--;
            act();
            if (open === 0 || firstReply) {
              end();
            }
          });
        }
      };
      this.#deliver(member, this.#delay(), (peer) => {
        const token = {};
        this.#calls.set(token, {
          respond: (answer) =>
            answered(() => {
              if (!ended) {
                node.map.responded(ticket, peer.member, answer, this.now(node));
              }
            }),
          decline: () => answered(() => undefined),
        });
        peer.map.request(node.member, incoming, token, this.now(peer));
      });
    }
  }

  #reply(node: SimulatedNode, call: CallToken, message: OutgoingMapMessage | 'decline' | null): void {
    const open = this.#calls.get(call);
    if (message === 'decline') {
      open?.decline();
    } else {
      open?.respond(message && this.#incoming(node, message));
    }
  }

  #incoming(node: SimulatedNode, message: OutgoingMapMessage): IncomingMapMessage {
    const { msgtype, key, content, primary, nodes } = message;
    const text = key === null ? undefined : node.values.texts.get(key);
    return {
      msgtype,
      key,
      valuedata: content.kind === 'whole' && text !== undefined ? Buffer.from(text) : null,
      diff: content.kind === 'diff' ? content.diff : null,
      primary,
      nodes: nodes ?? [],
      sentAt: this.now(node),
      ...(content.kind === 'state' && { mapState: content.state }),
      ...(content.kind === 'entries' && {
        entries: content.entries.map((entry) => this.#incoming(node, entry)),
      }),
    };
  }

  #deliver(member: Member, delay: number, deliver: (peer: SimulatedNode) => void): void {
    const peer = this.nodes.find((node) => node.member === member);
    if (peer !== undefined) {
      this.#later(delay, peer, () => deliver(peer));
    }
  }

  #later(delay: number, node: SimulatedNode, act: () => void): void {
    const run = (): void => {
      if (node.alive) {
        act();
        this.run(node);
      }
    };
    this.#events.push({ at: this.#time + delay, order: this.#order++, run });
  }

  #delay(): number {
    return 1 + this.#random() * (this.#random() < 0.1 ? 300 : 20);
  }

  #isLost(node: SimulatedNode, member: Member): boolean {
    const peer = this.nodes.find((each) => each.member === member);
    return peer?.alive !== true || this.#cut.has(linkOf(node, peer)) || this.#random() < this.#loss;
  }

  #reachable(node: SimulatedNode): Member[] {
    return this.living
      .filter((other) => other !== node && !this.#cut.has(linkOf(node, other)))
      .map(({ member }) => member);
  }

  #noticed(gone: SimulatedNode): void {
    for (const node of this.living) {
      this.#lose(node, gone);
    }
  }

  #lose(node: SimulatedNode, gone: SimulatedNode): void {
    this.#later(200 + this.#delay(), node, () => {
      if (!gone.alive || this.#cut.has(linkOf(node, gone))) {
        node.map.memberGone(gone.member, this.now(node));
      }
    });
  }
}

export type { SimulatedNode };

function linkOf(a: SimulatedNode, b: SimulatedNode): string {
  return [a.member.key, b.member.key].sort().join(' ');
}
