import { expect } from 'chai';
import { setImmediate as turn } from 'node:timers/promises';
import { StartLevel, type Member, type MembershipService } from '../../src/membership/index.js';
import { eventually } from '../support/eventually.js';

/** What the suite needs of an implementation: the nodes of one cluster that nothing else takes part in. */
export interface MembershipServiceKit {
  /** Where the receivers of the nodes listen. Default 127.0.0.1. */
  readonly host?: string;
  /** A node of the cluster that is not started; its receiver listens on `port`. */
  node(port: number): MembershipService;
  /** One of which only MBR_RX will be started. Default: as any other. */
  listener?(port: number): MembershipService;
  /** Something that the others take for a member until it falls silent, without a farewell. */
  ghost(port: number): Ghost;
}

export interface Ghost {
  start(): Promise<void>;
  /** Falls silent. */
  kill(): Promise<void>;
}

/** What every `MembershipService` does. */
export function describeMembershipService(name: string, makeKit: () => MembershipServiceKit): void {
  describe(`${name} as a MembershipService`, () => {
    let kit: MembershipServiceKit;
    let started: Observed[];

    beforeEach(() => {
      kit = makeKit();
      started = [];
    });

    afterEach(async () => {
      await Promise.all(started.map(({ service }) => service.stop(StartLevel.DEFAULT)));
    });

    async function startedNode(port: number, level: number = StartLevel.DEFAULT): Promise<Observed> {
      const listens = level === StartLevel.MBR_RX;
      const node = new Observed((listens ? kit.listener?.(port) : undefined) ?? kit.node(port));
      started.push(node);
      await node.service.start(level);
      return node;
    }

    it('lists nobody when it is alone, least of all itself', async () => {
      const { service, events } = await startedNode(4001);
      expect(service.members()).to.eql([]);
      expect(events).to.eql([]);
      expect([service.local.host, service.local.port]).to.eql([kit.host ?? '127.0.0.1', 4001]);
    });

    it('finds the other nodes, and tells of each once', async () => {
      const a = await startedNode(4001);
      const b = await startedNode(4002);
      const c = await startedNode(4003);
      const all = [a, b, c];
      await eventually('all know all', () => all.every(({ service }) => service.members().length === 2));
      expect(a.events.toSorted()).to.eql(['added 4002', 'added 4003']);
      expect(b.events.toSorted()).to.eql(['added 4001', 'added 4003']);
      expect(c.events.toSorted()).to.eql(['added 4001', 'added 4002']);
    });

    it('knows a member as that member knows itself', async () => {
      const a = await startedNode(4001);
      const b = await startedNode(4002);
      await eventually('a knows b', () => a.service.members().length === 1);
      const [member] = a.service.members();
      const { key, uniqueId, host, port, name: memberName } = b.service.local;
      expect(member).to.include({ key, uniqueId, host, port, name: memberName });
      expect(a.told[0]).to.equal(member);
      expect(a.service.member(key)).to.equal(member);
      expect(b.service.member(key)).to.equal(undefined);
    });

    it('lists the longest running member first', async () => {
      const observer = await startedNode(4001);
      for (const port of [4002, 4003, 4004]) {
        const { service } = await startedNode(port);
        service.setSynchronised(true);
      }
      const ports = (): number[] => observer.service.members().map(({ port }) => port);
      await eventually('the order of the starts', () => ports().join() === '4002,4003,4004');
    });

    it('notices a member that leaves', async () => {
      const a = await startedNode(4001);
      const b = await startedNode(4002);
      await eventually('a knows b', () => a.service.members().length === 1);
      await b.service.stop(StartLevel.DEFAULT);
      await eventually('b is gone', () => a.service.members().length === 0);
      expect(a.events[0]).to.equal('added 4002');
      expect(a.events.length).to.equal(2);
      expect(a.events[1]).to.match(/^(shutdown|expired) 4002$/);
    });

    it('notices a member that falls silent', async () => {
      const a = await startedNode(4001);
      const ghost = kit.ghost(4002);
      await ghost.start();
      await eventually('a knows it', () => a.service.members().length === 1);
      await ghost.kill();
      await eventually('it is gone', () => a.service.members().length === 0);
      expect(a.events).to.eql(['added 4002', 'expired 4002']);
    });

    it('sees the others and is not seen when it only listens', async () => {
      const a = await startedNode(4001);
      const passive = await startedNode(4002, StartLevel.MBR_RX);
      await eventually('the passive node knows a', () => passive.service.members().length === 1);
      await passive.service.stop(StartLevel.DEFAULT);
      expect(a.events).to.eql([]);
    });

    it('can be started again, and is the same member', async () => {
      const a = await startedNode(4001);
      const b = await startedNode(4002);
      const { uniqueId } = b.service.local;
      await eventually('a knows b', () => a.service.members().length === 1);
      await b.service.stop(StartLevel.DEFAULT);
      await eventually('b is gone', () => a.service.members().length === 0);
      await b.service.start(StartLevel.DEFAULT);
      await eventually('a knows b again', () => a.service.members()[0]?.uniqueId === uniqueId);
    });

    it('stops as often as one likes, started or not', async () => {
      const service = kit.node(4001);
      await service.stop(StartLevel.DEFAULT);
      const node = await startedNode(4001);
      await Promise.all([node.service.stop(StartLevel.DEFAULT), node.service.stop(StartLevel.DEFAULT)]);
      await node.service.stop(StartLevel.MBR_TX);
    });

    it('starts as often as one likes', async () => {
      const a = await startedNode(4001);
      const b = await startedNode(4002);
      await b.service.start(StartLevel.DEFAULT);
      await eventually('a knows b', () => a.service.members().length === 1);
      expect(a.events).to.eql(['added 4002']);
    });

    for (const turns of [0, 1, 2, 3]) {
      it(`gives up a start when it is stopped ${turns} turns later`, async () => {
        const node = new Observed(kit.node(4001));
        const starting = node.service.start(StartLevel.DEFAULT);
        for (let i = 0; i < turns; i++) {
          await turn();
        }
        await node.service.stop(StartLevel.DEFAULT);
        await starting;
        const other = await startedNode(4002);
        expect(other.service.members()).to.eql([]);
      });
    }
  });
}

/** A service with everything that it told: `added 4002`, `shutdown 4002`, `expired 4002`. */
class Observed {
  readonly service: MembershipService;
  readonly events: string[] = [];
  readonly told: Member[] = [];

  constructor(service: MembershipService) {
    this.service = service;
    service.setListener({
      memberAdded: (member) => this.#note('added', member),
      memberDisappeared: (member, reason) => this.#note(reason, member),
    });
  }

  #note(what: string, member: Member): void {
    this.events.push(`${what} ${member.port}`);
    this.told.push(member);
  }
}
