import { FullReplicatedMap } from '../../../src/channel/maps/full-replicated-map.js';
import { LazyReplicatedMap } from '../../../src/channel/maps/lazy-replicated-map.js';
import type {
  FullMapRole,
  IncomingMapMessage,
  MapAction,
  MapEntry,
  MapMachine,
  MapOutcome,
  MapPart,
  MapRole,
  MapValues,
  OutgoingMapMessage,
} from '../../../src/channel/maps/map-types.js';
import type { Member } from '../../../src/membership/index.js';
import { fakeMember } from '../../session/support/fake-channel.js';
import { uniqueId } from '../../../src/base/index.js';

interface Message<Machine extends AnyMap> {
  readonly to: MapNode<Machine>;
  readonly deliver: () => void;
}

type AnyMap = MapMachine & {
  entries(): Iterable<MapEntry<MapRole | FullMapRole>>;
  members(): readonly Member[];
};

interface NodeOptions {
  readonly part?: MapPart;
  readonly isMirror?: boolean;
}

interface MapParts {
  readonly values: MapValues<MapRole | FullMapRole>;
  readonly local: () => Member;
  readonly isMirror: (member: Member) => boolean;
  readonly part?: MapPart;
}

export function fullMap({ values, ...parts }: MapParts): FullReplicatedMap {
  return new FullReplicatedMap({ ...parts, values: { ...values, apply: () => false }, maxEntries: 100 });
}

export function lazyMap({ isMirror, ...parts }: MapParts): LazyReplicatedMap {
  return new LazyReplicatedMap({ ...parts, isPreferred: (member) => !isMirror(member) });
}

/** A member of a network without sockets that has a map. A change of a value is what is to be put behind it. */
export class MapNode<Machine extends AnyMap = FullReplicatedMap> {
  readonly member: Member;
  readonly map: Machine;
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
    network: MapNetwork<Machine>,
    create: (parts: MapParts) => Machine,
    number: number,
    { part, isMirror = false }: NodeOptions = {},
  ) {
    this.member = fakeMember(4000 + number, 1000, uniqueId(Buffer.alloc(16, number)));
    this.map = create({
      values: this.#mapValues(),
      local: () => this.member,
      isMirror: (member) => network.mirrors.has(member.key),
      ...(part && { part }),
    });
    if (isMirror) {
      network.mirrors.add(this.member.key);
    }
  }

  #mapValues(): MapParts['values'] {
    return {
      has: (key) => this.values.has(key),
      replace: (key, valuedata) => {
        const isTaken = this.values.has(key) || this.values.size < this.room;
        if (isTaken) {
          this.values.set(key, valuedata.toString());
        }
        return isTaken;
      },
      apply: (key, diff) => {
        this.values.set(key, `${this.values.get(key)}${diff.toString()}`);
        return true;
      },
      accessed: (key, { from }) => this.told.push(`accessed ${key} by ${from.info.port}`),
      ended: (key, why) => {
        if (this.values.delete(key)) {
          this.told.push(`${why} ${key}`);
        }
      },
      settled: () => undefined,
    };
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

/** Maps that talk to each other, in virtual time; what is sent arrives when the network runs, in order. */
export class MapNetwork<Machine extends AnyMap = FullReplicatedMap> {
  readonly nodes: MapNode<Machine>[] = [];
  readonly mirrors = new Set<string>();
  readonly messages: string[] = [];
  now = 0;
  readonly #queue: Message<Machine>[] = [];
  readonly #create: (parts: MapParts) => Machine;

  constructor(create: (parts: MapParts) => Machine) {
    this.#create = create;
  }

  add(number: number, options?: NodeOptions): MapNode<Machine> {
    const node = new MapNode(this, this.#create, number, options);
    this.nodes.push(node);
    return node;
  }

  /** Lets it join those who are there, and waits for that. */
  join(...nodes: readonly MapNode<Machine>[]): void {
    for (const node of nodes) {
      node.isUp = true;
      node.map.start(this.#others(node), this.now, () => {
        node.isJoined = true;
      });
      this.#collect(node);
    }
    this.run();
  }

  do(node: MapNode<Machine>, work: (map: Machine, now: number) => void): void {
    work(node.map, this.now);
    this.#collect(node);
    this.run();
  }

  kill(...nodes: readonly MapNode<Machine>[]): void {
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

  others(node: MapNode<Machine>): readonly Member[] {
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

  #others(node: MapNode<Machine>): Member[] {
    return this.nodes.filter((other) => other !== node && other.isUp).map(({ member }) => member);
  }

  #nodeOf({ key }: Member): MapNode<Machine> | undefined {
    return this.nodes.find(({ member, isUp }) => isUp && member.key === key);
  }

  #post(to: MapNode<Machine>, deliver: () => void): void {
    this.#queue.push({ to, deliver });
  }

  #collect(node: MapNode<Machine>): void {
    for (let actions = node.map.takeActions(); actions.length > 0; actions = node.map.takeActions()) {
      actions.forEach((action) => this.#carryOut(node, action));
    }
  }

  #carryOut(node: MapNode<Machine>, action: MapAction): void {
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
      reached.forEach((to) => this.#post(to, () => to.map.message(node.member, incoming, this.now)));
      this.#post(node, () => node.map.ended(ticket, outcome, this.now));
      return;
    }
    let awaited = reached.filter(({ isSilent }) => !isSilent).length;
    const end = (): void => this.#post(node, () => node.map.ended(ticket, outcome, this.now));
    if (awaited === 0) {
      end();
    }
    for (const to of reached.filter(({ isSilent }) => !isSilent)) {
      const reply = (answer: OutgoingMapMessage | 'decline' | null): void => {
        const read = answer === 'decline' || answer === null ? null : asIncoming(answer, to);
        this.#post(node, () => {
          if (answer !== 'decline') {
            node.map.responded(ticket, to.member, read, this.now);
          }
          awaited--;
          if (awaited === 0) {
            end();
          }
        });
      };
      this.#post(to, () => to.map.request(node.member, incoming, { reply }, this.now));
    }
  }
}

/** As the codec does it: values are read when they are written. */
function asIncoming(
  { msgtype, key, content, primary, nodes }: OutgoingMapMessage,
  from: { readonly values: ReadonlyMap<string, string> },
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
