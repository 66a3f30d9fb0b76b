import { FullReplicatedMap } from '../../../src/channel/maps/full-replicated-map.js';
import type {
  FullMapRole,
  IncomingMapMessage,
  MapAction,
  MapOutcome,
  MapPart,
  MapValues,
  OutgoingMapMessage,
} from '../../../src/channel/maps/map-types.js';
import type { Member } from '../../../src/membership/index.js';
import { fakeMember } from '../../session/support/fake-channel.js';
import { uniqueId } from '../../../src/base/index.js';

interface Message {
  readonly from: MapNode;
  readonly to: MapNode;
  readonly deliver: () => void;
}

/** A member of a network without sockets that has a full map. */
export class MapNode {
  readonly member: Member;
  readonly map: FullReplicatedMap;
  readonly values = new Map<string, string>();
  readonly told: string[] = [];
  /** From when it joins until it is killed. */
  isUp = false;
  /** Whether it answers no calls and makes none. */
  isSilent = false;
  isJoined = false;
  /** Values that it takes at most. */
  room = Infinity;

  constructor(
    network: MapNetwork,
    number: number,
    { part, isMirror = false }: { part?: MapPart; isMirror?: boolean } = {},
  ) {
    this.member = fakeMember(4000 + number, 1000, uniqueId(Buffer.alloc(16, number)));
    const values: MapValues<FullMapRole> = {
      has: (key) => this.values.has(key),
      replace: (key, valuedata) => {
        const isTaken = this.values.has(key) || this.values.size < this.room;
        if (isTaken) {
          this.values.set(key, valuedata.toString());
        }
        return isTaken;
      },
      apply: () => false,
      accessed: (key, { from }) => this.told.push(`accessed ${key} by ${from.info.port}`),
      ended: (key, why) => {
        if (this.values.delete(key)) {
          this.told.push(`${why} ${key}`);
        }
      },
      settled: () => undefined,
    };
    this.map = new FullReplicatedMap({
      values,
      local: () => this.member,
      isMirror: (member) => network.mirrors.has(member.key),
      maxEntries: 100,
      ...(part && { part }),
    });
    if (isMirror) {
      network.mirrors.add(this.member.key);
    }
  }

  /** "primary a=1 by 4001 [4002]" for each entry. */
  entries(): string[] {
    return [...this.map.entries()].map(
      ({ key, role, primary, nodes }) =>
        `${role} ${key}=${this.values.get(key) ?? 'nothing'} by ${primary?.info.port ?? 'nobody'} ` +
        `[${nodes.map(({ info }) => info.port).join(' ')}]`,
    );
  }
}

/** Full maps that talk to each other, in virtual time; what is sent arrives when the network runs, in order. */
export class MapNetwork {
  readonly nodes: MapNode[] = [];
  readonly mirrors = new Set<string>();
  readonly messages: string[] = [];
  now = 0;
  readonly #queue: Message[] = [];

  add(number: number, options?: ConstructorParameters<typeof MapNode>[2]): MapNode {
    const node = new MapNode(this, number, options);
    this.nodes.push(node);
    return node;
  }

  /** Lets it join those who are there, and waits for that. */
  join(...nodes: readonly MapNode[]): void {
    for (const node of nodes) {
      node.isUp = true;
      node.map.start(this.#others(node), this.now, () => {
        node.isJoined = true;
      });
      this.#collect(node);
    }
    this.run();
  }

  do(node: MapNode, work: (map: FullReplicatedMap, now: number) => void): void {
    work(node.map, this.now);
    this.#collect(node);
    this.run();
  }

  put(node: MapNode, key: string, value: string): void {
    node.values.set(key, value);
    this.do(node, (map, now) => map.put(key, now));
  }

  kill(...nodes: readonly MapNode[]): void {
    nodes.forEach((node) => {
      node.isUp = false;
    });
    for (const node of this.nodes.filter(({ isUp }) => isUp)) {
      nodes.forEach(({ member }) => node.map.memberGone(member, this.now));
      this.#collect(node);
    }
    this.run();
  }

  heartbeat(afterMs = 5_000): void {
    this.now += afterMs;
    for (const node of this.nodes.filter(({ isUp, isSilent }) => isUp && !isSilent)) {
      node.map.heartbeat(this.#others(node), this.now);
      this.#collect(node);
    }
    this.run();
  }

  others(node: MapNode): readonly Member[] {
    return this.#others(node);
  }

  /** Until nothing is on its way. */
  run(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      if (next.to.isUp) {
        next.deliver();
        this.#collect(next.to);
      }
    }
  }

  #others(node: MapNode): Member[] {
    return this.nodes.filter((other) => other !== node && other.isUp).map(({ member }) => member);
  }

  #nodeOf({ key }: Member): MapNode | undefined {
    return this.nodes.find(({ member, isUp }) => isUp && member.key === key);
  }

  #post(from: MapNode, to: MapNode, deliver: () => void): void {
    this.#queue.push({ from, to, deliver });
  }

  #collect(node: MapNode): void {
    for (let actions = node.map.takeActions(); actions.length > 0; actions = node.map.takeActions()) {
      actions.forEach((action) => this.#carryOut(node, action));
    }
  }

  #carryOut(node: MapNode, action: MapAction): void {
    if (action.type === 'reply') {
      (action.call as { reply: (message: OutgoingMapMessage | 'decline' | null) => void }).reply(
        action.message,
      );
      return;
    }
    const { ticket, message } = action;
    const reached = action.to.map((member) => this.#nodeOf(member)).filter((to) => to !== undefined);
    const outcome: MapOutcome = {
      delivered: reached.map(({ member }) => member),
      faulty: action.to.filter((member) => this.#nodeOf(member) === undefined),
    };
    const incoming = asIncoming(message, node);
    this.messages.push(
      `${message.msgtype} ${node.member.info.port}>${reached.map(({ member }) => member.info.port).join()} ${message.key ?? ''}`,
    );
    if (action.type === 'send') {
      reached.forEach((to) => this.#post(node, to, () => to.map.message(node.member, incoming, this.now)));
      this.#post(node, node, () => node.map.ended(ticket, outcome, this.now));
      return;
    }
    let awaited = reached.filter(({ isSilent }) => !isSilent).length;
    const end = (): void => this.#post(node, node, () => node.map.ended(ticket, outcome, this.now));
    if (awaited === 0) {
      end();
    }
    for (const to of reached.filter(({ isSilent }) => !isSilent)) {
      const reply = (answer: OutgoingMapMessage | 'decline' | null): void => {
        const read = answer === 'decline' || answer === null ? null : asIncoming(answer, to);
        this.#post(to, node, () => {
          if (answer !== 'decline') {
            node.map.responded(ticket, to.member, read, this.now);
          }
          awaited--;
          if (awaited === 0) {
            end();
          }
        });
      };
      this.#post(node, to, () => to.map.request(node.member, incoming, { reply }, this.now));
    }
  }
}

/** As the codec does it: values are read when they are written. */
function asIncoming(
  { msgtype, key, content, primary, nodes }: OutgoingMapMessage,
  from: MapNode,
): IncomingMapMessage {
  const value = key === null ? undefined : from.values.get(key);
  return {
    msgtype,
    key,
    primary,
    nodes: nodes ?? [],
    valuedata: content.kind === 'whole' && value !== undefined ? Buffer.from(value) : null,
    diff: content.kind === 'diff' ? content.diff : null,
    sentAt: 0,
    ...(content.kind === 'state' && { mapState: content.state }),
    ...(content.kind === 'entries' && { entries: content.entries.map((entry) => asIncoming(entry, from)) }),
  };
}
