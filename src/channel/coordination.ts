import { randomUniqueId, type UniqueId } from '../base/index.js';
import { absoluteOrder, makeMember, memberKey, type Member, type MemberKey } from '../membership/index.js';
import type { CoordinationMessage } from '../wire/index.js';

/** A message of which some members are not known here. Answer with `Coordination.asked`. */
export interface Arrival {
  readonly message: CoordinationMessage;
  readonly unknown: readonly Member[];
}

/** What is to be done next, in this order. */
export type CoordinationAction =
  /** To the first of them that takes it; tell `Coordination.lost` when none does. */
  | { readonly do: 'pass'; readonly message: CoordinationMessage; readonly to: readonly Member[] }
  | { readonly do: 'tell'; readonly message: CoordinationMessage; readonly to: readonly Member[] }
  /** Which of the unknown ones take connections? */
  | { readonly do: 'ask'; readonly arrival: Arrival }
  | { readonly do: 'view'; readonly view: readonly Member[] }
  /** Call `Coordination.waitedTooLong` when nothing else has been asked for within the limit; or call it not. */
  | { readonly do: 'wait' }
  | { readonly do: 'rest' };

/** How often an own request goes round before it is given up; members that disagree could keep it going for ever. */
const MAX_ROUNDS = 8;

interface Election {
  readonly id: UniqueId;
  rounds: number;
}

/**
 * Who coordinates, by the rules of `NonBlockingCoordinator`: a request goes round all members and gathers whom they know; when it
 * comes back as it was sent, it is confirmed to all. No I/O and no clock of its own.
 *
 * Unlike Tomcat, whoever is asked to lead begins at once, or says again what has been agreed upon, and an election whose message was lost is
 * given up after a while.
 */
export class Coordination {
  readonly #local: () => Member;
  readonly #known = new Map<MemberKey, Member>();
  #view: readonly Member[] = [];
  #viewId: UniqueId | undefined;
  #election: Election | undefined;
  #isStarted = false;

  constructor(local: () => Member) {
    this.#local = local;
  }

  /** The members that were agreed upon, in absolute order; the first is the coordinator. */
  get view(): readonly Member[] {
    return this.#view;
  }

  get isCoordinator(): boolean {
    return this.#view[0]?.key === this.#local().key;
  }

  /** From now on others may begin elections. */
  open(): void {
    this.#isStarted = true;
  }

  start(members: readonly Member[]): CoordinationAction[] {
    this.open();
    members.forEach((member) => this.#known.set(member.key, member));
    // What others have agreed upon with us meanwhile may have more members than are known here so far.
    return this.#viewId === undefined ? this.#elect(false) : [];
  }

  stop(): CoordinationAction[] {
    this.#isStarted = false;
    this.#known.clear();
    this.#view = [];
    this.#viewId = undefined;
    this.#election = undefined;
    return [{ do: 'rest' }];
  }

  memberAdded(member: Member): CoordinationAction[] {
    this.#known.set(member.key, member);
    return this.#isStarted ? this.#elect(false) : [];
  }

  memberDisappeared({ key }: Member): CoordinationAction[] {
    this.#known.delete(key);
    return this.#isStarted && (this.isCoordinator || this.#isHighest) ? this.#elect(true) : [];
  }

  /** Only the one that would lead sees to it that the view is that of the members. */
  heartbeat(): CoordinationAction[] {
    return this.#isStarted && this.#isHighest ? this.#elect(false) : [];
  }

  waitedTooLong(): CoordinationAction[] {
    this.#election = undefined;
    return this.#isStarted ? this.#elect(true) : [];
  }

  /** Nobody has taken a message. */
  lost({ id }: CoordinationMessage): void {
    if (this.#election?.id === id) {
      this.#election = undefined;
    }
  }

  received(message: CoordinationMessage): CoordinationAction[] {
    if (!this.#isStarted) {
      return [];
    }
    const unknown = message.members
      .map(makeMember)
      .filter(({ key }) => key !== this.#local().key && !this.#known.has(key));
    return unknown.length === 0 ? this.#merged(message, []) : [{ do: 'ask', arrival: { message, unknown } }];
  }

  /** `alive`: the unknown ones that take connections. */
  asked({ message }: Arrival, alive: readonly Member[]): CoordinationAction[] {
    return this.#isStarted ? this.#merged(message, alive) : [];
  }

  #merged(message: CoordinationMessage, alive: readonly Member[]): CoordinationAction[] {
    const inMessage = new Set(message.members.map(memberKey));
    const merged = this.#inOrder([...this.#known.values(), ...alive]);
    const local = this.#local().key;
    if (message.type === 'confirmation') {
      return this.#confirmed(
        message,
        merged.filter(({ key }) => inMessage.has(key) || key === local),
      );
    }
    const isLeader = memberKey(message.leader) === local;
    if (memberKey(message.source) !== local) {
      return isLeader ? this.#askedToLead(message, merged) : this.#passOn(message, merged);
    }
    if (!isLeader) {
      this.#election = undefined;
      return this.#passOn(message, merged);
    }
    return sameMembers(merged, inMessage) ? this.#confirm(message, merged) : this.#goRound(message, merged);
  }

  /** Whoever asks has not had the confirmation of the view that is in force, if there is one. */
  #askedToLead({ source }: CoordinationMessage, merged: readonly Member[]): CoordinationAction[] {
    const asker = merged.find(({ key }) => key === memberKey(source));
    const actions = this.#elect(false);
    if (actions.length > 0 || asker === undefined || this.#viewId === undefined || !this.isCoordinator) {
      return actions;
    }
    const local = this.#local().info;
    const members = this.#view.map(({ info }) => info);
    const view = { leader: local, source: local, members, id: this.#viewId, type: 'confirmation' } as const;
    return [{ do: 'tell', message: view, to: [asker] }];
  }

  #confirm(message: CoordinationMessage, view: readonly Member[]): CoordinationAction[] {
    const to = view.filter(({ key }) => key !== this.#local().key);
    const confirmation = { ...message, type: 'confirmation' } as const;
    return [{ do: 'tell', message: confirmation, to }, ...this.#confirmed(confirmation, view)];
  }

  /** The own request has found others than it named. */
  #goRound(message: CoordinationMessage, merged: readonly Member[]): CoordinationAction[] {
    const rounds = this.#election?.id === message.id ? this.#election.rounds + 1 : 1;
    this.#election = rounds > MAX_ROUNDS ? undefined : { id: message.id, rounds };
    return this.#election === undefined ? [] : this.#passOn(message, merged);
  }

  #passOn(message: CoordinationMessage, view: readonly Member[]): CoordinationAction[] {
    const at = view.findIndex(({ key }) => key === this.#local().key);
    const to = [...view.slice(at + 1), ...view.slice(0, at)];
    const leader = view[0]?.info ?? message.leader;
    return [{ do: 'pass', message: { ...message, leader, members: view.map(({ info }) => info) }, to }];
  }

  #confirmed({ id }: CoordinationMessage, view: readonly Member[]): CoordinationAction[] {
    if (id === this.#viewId) {
      return [];
    }
    this.#election = undefined;
    const actions = this.#install(id, view);
    const [first] = this.#inOrder(this.#known.values());
    const lower = first !== undefined && view[0] !== undefined && absoluteOrder(first, view[0]) < 0;
    return lower ? [...actions, ...this.#elect(false)] : actions;
  }

  #install(id: UniqueId, view: readonly Member[]): CoordinationAction[] {
    this.#view = view;
    this.#viewId = id;
    return [{ do: 'rest' }, { do: 'view', view }];
  }

  #elect(force: boolean): CoordinationAction[] {
    const members = this.#inOrder(this.#known.values());
    if (this.#election !== undefined || sameMembers(members, new Set(this.#view.map(({ key }) => key)))) {
      return [];
    }
    const local = this.#local();
    const [first = local] = members;
    if (members.length === 1) {
      return this.#install(randomUniqueId(), members);
    }
    if (first.key !== local.key && !force) {
      return [{ do: 'wait' }];
    }
    const id = randomUniqueId();
    this.#election = { id, rounds: 0 };
    const infos = members.map(({ info }) => info);
    const message = { leader: first.info, source: local.info, members: infos, id, type: 'request' } as const;
    const to = members.filter(({ key }) => key !== local.key);
    return [{ do: 'pass', message, to }, { do: 'wait' }];
  }

  /** `members` and this node. */
  #inOrder(members: Iterable<Member>): Member[] {
    const all = new Map([...members, this.#local()].map((member) => [member.key, member]));
    return [...all.values()].sort(absoluteOrder);
  }

  get #isHighest(): boolean {
    return this.#inOrder(this.#known.values())[0]?.key === this.#local().key;
  }
}

function sameMembers(members: readonly Member[], keys: ReadonlySet<MemberKey>): boolean {
  return members.length === keys.size && members.every(({ key }) => keys.has(key));
}
