import { expect } from 'chai';
import { randomUniqueId } from '../../src/base/index.js';
import { Coordination, type CoordinationAction } from '../../src/channel/coordination.js';
import type { Member } from '../../src/membership/index.js';
import {
  decodeCoordinationMessage,
  encodeCoordinationMessage,
  type CoordinationMessage,
} from '../../src/wire/index.js';
import { member } from './members.js';

/** Members that reach each other, with their messages in one queue; time passes when the test says so. */
class Cluster {
  readonly nodes = new Map<string, { member: Member; coordination: Coordination; isWaiting: boolean }>();
  readonly #queue: { to: Member; message: CoordinationMessage }[] = [];
  messages = 0;
  lastLost: CoordinationMessage | undefined;
  /** Whether a message of that type is lost on its way, though it was taken. */
  isLost: (message: CoordinationMessage) => boolean = () => false;

  /** It takes connections, and has not begun. */
  add(one: Member): Coordination {
    const coordination = new Coordination(() => one);
    this.nodes.set(one.key, { member: one, coordination, isWaiting: false });
    return coordination;
  }

  start(one: Member, knows: readonly Member[]): Coordination {
    const coordination = this.add(one);
    this.#act(one, coordination.start(knows));
    return coordination;
  }

  tell(one: Member, event: (coordination: Coordination) => CoordinationAction[]): void {
    const node = this.nodes.get(one.key);
    this.#act(one, node === undefined ? [] : event(node.coordination));
  }

  run(): this {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      expect(++this.messages, 'messages').to.be.lessThan(1000);
      const { to, message } = next;
      if (this.isLost(message)) {
        this.lastLost = message;
      } else {
        const arrived = decodeCoordinationMessage(encodeCoordinationMessage(message), 100);
        this.tell(to, (coordination) => coordination.received(arrived));
      }
    }
    return this;
  }

  waitLimit(): this {
    for (const node of [...this.nodes.values()].filter(({ isWaiting }) => isWaiting)) {
      node.isWaiting = false;
      this.#act(node.member, node.coordination.waitedTooLong());
    }
    return this.run();
  }

  views(): string[] {
    return [...this.nodes.values()].map(({ coordination }) =>
      coordination.view.map(({ port }) => port).join(' '),
    );
  }

  #act(one: Member, actions: readonly CoordinationAction[]): void {
    const node = this.nodes.get(one.key);
    for (const action of actions) {
      if (action.do === 'pass') {
        const to = action.to.find(({ key }) => this.nodes.has(key));
        if (to === undefined) {
          node?.coordination.lost(action.message);
        } else {
          this.#queue.push({ to, message: action.message });
        }
      } else if (action.do === 'tell') {
        this.#queue.push(...action.to.map((to) => ({ to, message: action.message })));
      } else if (action.do === 'ask') {
        const alive = action.arrival.unknown.filter(({ key }) => this.nodes.has(key));
        this.tell(one, (coordination) => coordination.asked(action.arrival, alive));
      } else if (node !== undefined && action.do !== 'view') {
        node.isWaiting = action.do === 'wait';
      }
    }
  }
}

describe('Coordination', () => {
  const [a, b, c, d] = [4001, 4002, 4003, 4004].map((port) => member(port)) as [
    Member,
    Member,
    Member,
    Member,
  ];
  const all = [a, b, c, d];
  let cluster: Cluster;

  beforeEach(() => {
    cluster = new Cluster();
  });

  function startAll(): void {
    all.forEach((one) => cluster.add(one));
    all.forEach((one) => cluster.tell(one, (it) => it.start(all.filter((other) => other !== one))));
  }

  it('is a view of its own where there is nobody else', () => {
    const coordination = cluster.start(b, []);
    expect(coordination.isCoordinator).to.equal(true);
    expect(cluster.views()).to.eql(['4002']);
  });

  it('agrees on all members, with the first in absolute order for coordinator', () => {
    startAll();
    cluster.run();
    expect(cluster.views()).to.eql(all.map(() => '4001 4002 4003 4004'));
    expect([...cluster.nodes.values()].map(({ coordination }) => coordination.isCoordinator)).to.eql([
      true,
      false,
      false,
      false,
    ]);
    expect([...cluster.nodes.values()].map(({ isWaiting }) => isWaiting)).to.eql(all.map(() => false));
  });

  it('agrees though each knows only some, whom it asks', () => {
    cluster.start(a, [b]);
    cluster.start(b, [c]);
    cluster.start(c, [d]);
    cluster.start(d, []);
    cluster.tell(d, (coordination) => coordination.memberAdded(a));
    cluster.run().waitLimit();
    expect(cluster.views()[0]).to.equal('4001 4002 4003 4004');
  });

  it('agrees again when members come and go, the coordinator too', () => {
    startAll();
    cluster.run();
    cluster.nodes.delete(a.key);
    all.slice(1).forEach((one) => cluster.tell(one, (it) => it.memberDisappeared(a)));
    cluster.run();
    expect(cluster.views()).to.eql(all.slice(1).map(() => '4002 4003 4004'));
    cluster.start(a, [b, c, d]);
    all.slice(1).forEach((one) => cluster.tell(one, (it) => it.memberAdded(a)));
    cluster.run();
    expect(cluster.views()).to.eql(all.map(() => '4001 4002 4003 4004'));
  });

  it('leaves out a member that does not take connections, whoever names it', () => {
    cluster.start(a, [b, c]);
    cluster.start(b, [a]);
    cluster.run().waitLimit();
    cluster.tell(a, (it) => it.memberDisappeared(c));
    cluster.run();
    expect(cluster.views()).to.eql(['4001 4002', '4001 4002']);
  });

  it('begins anew when a message was lost, after the limit', () => {
    cluster.isLost = () => true;
    startAll();
    cluster.run();
    expect(cluster.views()).to.eql(['', '', '', '']);
    cluster.isLost = () => false;
    cluster.waitLimit();
    expect(cluster.views()).to.eql(all.map(() => '4001 4002 4003 4004'));
  });

  it('is told again what has been agreed upon, when the confirmation was lost', () => {
    startAll();
    cluster.isLost = ({ type }) => type === 'confirmation';
    cluster.run();
    expect(cluster.views()).to.eql(['4001 4002 4003 4004', '', '', '']);
    cluster.isLost = () => false;
    cluster.waitLimit();
    expect(cluster.views()).to.eql(all.map(() => '4001 4002 4003 4004'));
  });

  it('finds at a heartbeat, where it would lead, that the view is not that of the members', () => {
    startAll();
    cluster.isLost = ({ type }) => type === 'request';
    cluster.run();
    cluster.nodes.get(a.key)?.coordination.lost(cluster.lastLost as CoordinationMessage);
    cluster.isLost = () => false;
    cluster.tell(d, (it) => it.heartbeat());
    expect(cluster.run().views()).to.eql(['', '', '', '']);
    cluster.tell(a, (it) => it.heartbeat());
    expect(cluster.run().views()).to.eql(all.map(() => '4001 4002 4003 4004'));
  });

  it('takes a confirmation once, and gives up a request of its own that never comes back the same', () => {
    cluster.add(b);
    const coordination = cluster.start(a, [b]);
    const infos = [a.info, b.info];
    const request = { leader: a.info, source: a.info, id: randomUniqueId(), type: 'request' } as const;
    const goesOn = Array.from({ length: 12 }, () => coordination.received({ ...request, members: [a.info] }));
    expect(goesOn.filter((actions) => actions.length > 0).length).to.be.lessThan(12);
    const confirmation = { ...request, members: infos, type: 'confirmation' } as const;
    expect(coordination.received(confirmation).map((action) => action.do)).to.include('view');
    expect(coordination.received(confirmation)).to.eql([]);
  });

  it('keeps what was agreed upon while it was starting, and knew nobody yet', () => {
    cluster.add(b).open();
    cluster.start(a, [b]);
    cluster.run();
    cluster.tell(b, (coordination) => coordination.start([]));
    expect(cluster.run().views()).to.eql(['4001 4002', '4001 4002']);
  });

  it('knows nothing once it is stopped', () => {
    startAll();
    cluster.run();
    cluster.tell(a, (coordination) => coordination.stop());
    cluster.tell(a, (coordination) => coordination.memberAdded(b));
    expect(cluster.run().views()[0]).to.equal('');
  });
});
