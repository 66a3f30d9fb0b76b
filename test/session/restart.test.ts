import { expect } from 'chai';
import {
  contextName,
  randomUniqueId,
  sessionId,
  silentLogger,
  type ContextName,
  type SessionId,
} from '../../src/base/index.js';
import type { Member } from '../../src/membership/index.js';
import type { BootTime } from '../../src/session/index.js';
import { TombstoneLedger } from '../../src/session/order/tombstone-ledger.js';
import { MemoryStore } from '../../src/store/index.js';
import { encodeMirrorPayload, sessionMessages, type SessionMessage } from '../../src/wire/index.js';
import { ManualClock } from '../support/manual-clock.js';
import { fakeMember } from './support/fake-channel.js';
import { donor, eventName, settle, TestNode, type NodeOptions } from './support/node.js';
import { sessionList } from './support/session-list.js';

const APP = contextName('localhost#/app');
const [S1, S2] = ['S1', 'S2'].map(sessionId) as [SessionId, SessionId];
const HOUR = 3_600_000;
const MIRROR = encodeMirrorPayload();

describe('a node that comes back', () => {
  let clock: ManualClock;
  let store: MemoryStore;
  let t1: Member;
  let t2: Member;
  /** What the Tomcats of the first life have. */
  let held: Map<ContextName, Buffer>;

  beforeEach(() => {
    clock = new ManualClock();
    store = new MemoryStore({ logger: silentLogger });
    t1 = fakeMember(4001, 2 * HOUR);
    t2 = fakeMember(4002, HOUR);
    held = state({ S1: 'before', S2: 'before' });
  });

  /** A Tomcat's state: sessions with attribute v. */
  const state = (sessions: Readonly<Record<string, string>>): Map<ContextName, Buffer> =>
    new Map([[APP, sessionList(sessions, clock.now())]]);

  /** A node over the same store, in which t1 and t2 are members who have S1 and S2. */
  async function firstLife(options: NodeOptions = {}): Promise<TestNode> {
    const node = new TestNode({ store, clock, ...options });
    for (const tomcat of [t1, t2]) {
      donor(node, tomcat, held);
    }
    await node.join(t1, t2);
    await node.pass(20_000);
    expect(sessions(node)).to.deep.equal([S1, S2]);
    expect(node.cluster.contexts()[0]?.unconfirmed).to.equal(0);
    return node;
  }

  const secondLife = (options: NodeOptions = {}): TestNode => new TestNode({ store, clock, ...options });

  const sessions = (node: TestNode): string[] => [...node.store.summaries(APP)].map(({ id }) => id).sort();

  const unconfirmed = (node: TestNode): string[] =>
    [...node.store.summaries(APP)]
      .filter((session) => node.cluster.isUnconfirmed(session))
      .map(({ id }) => id)
      .sort();

  const values = (node: TestNode): unknown[] => [S1, S2].map((id) => node.attributes(id));

  async function asks(node: TestNode, asker: Member): Promise<string[]> {
    node.sent();
    await node.channel.say(asker, sessionMessages.getAllSessions(APP, clock.now()));
    await settle();
    return node.sent().filter((line) => line.startsWith(`${asker.port} `));
  }

  const answered = (asker: Member): string[] => [
    `${asker.port} ALL_SESSION_DATA ${APP} 6`,
    `${asker.port} ALL_SESSION_TRANSFERCOMPLETE ${APP} 8`,
  ];

  describe('while the cluster lives', () => {
    it('says age 0 until it has asked, then its true age', async () => {
      await (await firstLife()).cluster.stop();
      clock.advance(60_000);
      const node = secondLife();
      donor(node, t1, state({ S1: 'after', S2: 'after' }));
      node.channel.appear(t1);
      await node.join(t1);
      expect(node.channel.synchronised.at(-1)).to.equal(false);
      await node.pass(5000);
      expect(node.channel.synchronised.at(-1)).to.equal(true);
      expect(node.channel.stateAge).to.equal(null);
    });

    it('drops what those do not have any more who had it, and takes over what they have', async () => {
      await (await firstLife()).cluster.stop();
      clock.advance(60_000);
      const node = secondLife();
      donor(node, t1, state({ S1: 'after' }));
      await node.join(t1);
      await node.pass(5000);
      expect(values(node)).to.deep.equal([{ v: 'after' }, undefined]);
      expect(node.events.filter(({ type }) => type === 'sessionExpired')).to.have.lengthOf(1);
    });

    it('keeps as unconfirmed what a stranger does not have', async () => {
      await (await firstLife()).cluster.stop();
      clock.advance(60_000);
      const stranger = fakeMember(4009, 2 * HOUR);
      const node = secondLife();
      donor(node, stranger, state({ S1: 'after' }));
      await node.join(stranger);
      await node.pass(5000);
      expect(values(node)).to.deep.equal([{ v: 'after' }, { v: 'before' }]);
      expect(unconfirmed(node)).to.deep.equal([S2]);
      expect(node.cluster.contexts()[0]?.unconfirmed).to.equal(1);
      expect(node.cluster.gauges().unconfirmedSessions).to.equal(1);
    });

    it('knows it for the same also when it was killed', async () => {
      const killed = await firstLife();
      killed.channel.disappear(t2);
      clock.advance(60_000);
      const node = secondLife();
      donor(node, t1, state({ S1: 'after' }));
      await node.join(t1);
      await node.pass(5000);
      expect(sessions(node)).to.deep.equal([S1]);
    });
  });

  describe('when the cluster as it was is gone', () => {
    it('says the age of the state from its first heartbeat on, so that every Tomcat that starts asks it', async () => {
      const before = await firstLife();
      await before.cluster.stop();
      clock.advance(60_000);
      const node = secondLife();
      expect(node.channel.synchronised).to.deep.equal([true]);
      // As old as the longest running of those it had its sessions from, and what has passed since it was synchronised.
      expect(node.channel.stateAge).to.be.within(2 * HOUR + 60_000, 2 * HOUR + 80_000);
      await node.join();
      expect(node.cluster.synchronisation().state).to.equal('synchronised');
      expect(unconfirmed(node)).to.deep.equal([S1, S2]);
    });

    it('hands its sessions to Tomcats that start in the same second, and ask it before it has joined', async () => {
      await (await firstLife()).cluster.stop();
      const node = secondLife();
      const [n1, n2] = [fakeMember(4001, 300), fakeMember(4002, 200)];
      node.channel.appear(n1);
      node.channel.appear(n2);
      expect(await asks(node, n1)).to.deep.equal([]);
      expect(await asks(node, n2)).to.deep.equal([]);
      await node.join(n1, n2);
      expect(node.sent().sort()).to.deep.equal([...answered(n1), ...answered(n2)].sort());
      await node.pass(1000);
      expect(node.sent(), 'nobody is asked anything who is starting').to.deep.equal([]);
    });

    it('takes over first what a Tomcat has that has been running for a while', async () => {
      await (await firstLife()).cluster.stop();
      clock.advance(HOUR / 60);
      const [running, starting] = [fakeMember(4001, 50_000), fakeMember(4002, 200)];
      const node = secondLife();
      donor(node, running, state({ S3: 'new' }));
      await node.join(running, starting);
      expect(node.channel.stateAge).to.be.greaterThan(2 * HOUR);
      expect(await asks(node, starting)).to.deep.equal([]);
      await node.pass(1000);
      expect(sessions(node)).to.deep.equal([S1, S2, 'S3']);
      expect(node.sent().filter((line) => line.startsWith('4002 '))).to.deep.equal(answered(starting));
    });

    describe('and a Tomcat came up before it, without anything', () => {
      /** A Tomcat that has been running for a minute, and has these sessions. */
      async function comesLast(
        has: Map<ContextName, Buffer>,
        others: readonly Member[] = [],
        meanwhile: (node: TestNode) => unknown = () => undefined,
      ): Promise<TestNode> {
        await (await firstLife()).cluster.stop();
        clock.advance(120_000);
        const running = fakeMember(4005, 60_000);
        const node = secondLife({ write: { vet: () => ({ className: '' }), sendOptions: 6, maxPending: 8 } });
        donor(node, running, has);
        await node.join(running, ...others);
        await meanwhile(node);
        await node.pass(5000);
        return node;
      }

      const handed = (node: TestNode): string[] =>
        node.sent().filter((line) => line.startsWith('4005 ALL_SESSION'));

      it('hands it what the cluster before it had, unasked', async () => {
        const created = clock.now() + 200_000;
        const node = await comesLast(new Map([[APP, sessionList({ S3: 'its own' }, created, created)]]));
        const [data] = node.channel.sent.filter(({ message }) => eventName(message) === 'ALL_SESSION_DATA');
        const text = data?.message.session?.toString('latin1');
        expect([S1, S2, 'S3'].map((id) => text?.includes(id))).to.deep.equal([true, true, false]);
        expect(handed(node)).to.deep.equal([
          `4005 ALL_SESSION_DATA ${APP} 6`,
          `4005 ALL_SESSION_TRANSFERCOMPLETE ${APP} 8`,
        ]);
      });

      it('hands it also what we have changed ourselves meanwhile: that it does not have either', async () => {
        const node = await comesLast(new Map([[APP, sessionList({}, clock.now())]]), [], (early) =>
          early.cluster.writer?.change(APP, S1, { maxInactiveInterval: 7200 }, { by: 'library' }),
        );
        const lists = node.channel.sent.filter(({ message }) => eventName(message) === 'ALL_SESSION_DATA');
        const text = lists.map(({ message }) => message.session?.toString('latin1')).join('');
        expect([S1, S2].map((id) => text.includes(id))).to.deep.equal([true, true]);
        expect(node.store.get(APP, S1)?.maxInactiveInterval).to.equal(7200);
        expect(unconfirmed(node)).to.deep.equal([S1, S2]);
      });

      it('hands nothing to one that has a session older than itself: somebody gave it what there was', async () => {
        expect(handed(await comesLast(state({ S1: 'handed on' })))).to.deep.equal([]);
      });

      it('leaves it to a mirror whose state is older', async () => {
        const older = fakeMember(4006, 100 * HOUR, randomUniqueId(), MIRROR);
        expect(handed(await comesLast(state({}), [older]))).to.deep.equal([]);
      });

      it('hands nothing when nobody is to take anything from it', async () => {
        await (await firstLife()).cluster.stop();
        const node = secondLife({ stateSource: 'never' });
        const running = fakeMember(4005, 60_000);
        donor(node, running, state({}));
        await node.join(running);
        await node.pass(5000);
        expect(handed(node)).to.deep.equal([]);
      });
    });

    it('is confirmed by those that have taken its sessions', async () => {
      await (await firstLife()).cluster.stop();
      const node = await secondLife().join();
      const tomcat = fakeMember(4001, 100);
      node.channel.appear(tomcat);
      expect(await asks(node, tomcat)).to.deep.equal(answered(tomcat));
      donor(node, tomcat, state({ S1: 'before', S2: 'before' }));
      await node.pass(16_000);
      expect(unconfirmed(node)).to.deep.equal([]);
    });

    it('gives way when somebody turns up after all who was there before', async () => {
      await (await firstLife()).cluster.stop();
      clock.advance(60_000);
      const node = await secondLife().join();
      expect(node.channel.synchronised.at(-1)).to.equal(true);
      donor(node, t1, state({ S1: 'after' }));
      node.channel.appear(t1);
      expect(node.channel.synchronised.at(-1)).to.equal(false);
      await node.pass(5000);
      expect(node.channel.synchronised.at(-1)).to.equal(true);
      expect(node.channel.stateAge).to.equal(null);
      expect(sessions(node)).to.deep.equal([S1]);
    });

    it('does not take a mirror for the cluster that has nothing itself', async () => {
      const before = new TestNode({ store, clock });
      const mirror = fakeMember(4003, 0, randomUniqueId(), MIRROR);
      donor(before, t1, state({ S1: 'before' }));
      await before.join(t1, mirror);
      await before.pass(60_000);
      await before.cluster.stop();
      const node = secondLife();
      node.channel.appear(mirror);
      expect(node.channel.stateAge).to.be.greaterThan(2 * HOUR);
    });

    it('is nobody in particular when it has no sessions', async () => {
      await (await new TestNode({ store, clock }).join()).cluster.stop();
      expect(secondLife().channel.synchronised).to.deep.equal([]);
    });

    it('is so, and the age of the state goes on, from one restart to the next', async () => {
      await (await firstLife()).cluster.stop();
      for (let life = 1; life <= 3; life++) {
        clock.advance(60_000);
        const node = await secondLife().join();
        expect(node.channel.stateAge).to.be.within(
          2 * HOUR + life * 60_000 - 1000,
          2 * HOUR + life * 60_000 + 21_000,
        );
        await node.cluster.stop();
      }
    });
  });

  describe('stateSource never', () => {
    it('says age 0 for ever, also as the only one that has the sessions', async () => {
      const before = await firstLife({ stateSource: 'never' });
      expect(before.channel.synchronised).to.deep.equal([]);
      await before.cluster.stop();
      const node = await secondLife({ stateSource: 'never' }).join();
      expect(node.channel.synchronised).to.deep.equal([]);
      expect(node.cluster.synchronisation().state).to.equal('synchronised');
    });

    it('answers Tomcats that there is no such context, and mirrors with what it has', async () => {
      const node = await firstLife({ stateSource: 'never' });
      expect(await asks(node, t1)).to.deep.equal([`4001 ALL_SESSION_NOCONTEXTMANAGER ${APP} 8`]);
      const mirror = fakeMember(4003, 0, randomUniqueId(), MIRROR);
      expect(await asks(node, mirror)).to.deep.equal(answered(mirror));
    });
  });

  describe('asked while it is asking', () => {
    const fresh = (): TestNode => new TestNode({ clock, store });

    it('asks the others first, and then answers', async () => {
      const node = fresh();
      donor(node, t1, state({ S1: 'of t1' }));
      await node.join(t1, t2);
      expect(await asks(node, t2)).to.deep.equal([]);
      await node.pass(200);
      const [data] = sent(node, t2);
      expect(node.sent().filter((line) => line.startsWith('4002 '))).to.deep.equal(answered(t2));
      expect(data?.message.session?.includes('of t1')).to.equal(true);
    });

    it('answers with what it has after half of the time that the asker waits', async () => {
      const node = await fresh().join(t1, t2);
      expect(await asks(node, t2)).to.deep.equal([]);
      await node.pass(29_000);
      expect(sent(node, t2)).to.deep.equal([]);
      await node.pass(1100);
      expect(sent(node, t2)).to.have.lengthOf(2);
    });

    it('does not wait for the asker itself, which drops what it is asked while it waits', async () => {
      const node = await fresh().join(t1);
      expect(await asks(node, t1)).to.deep.equal(answered(t1));
    });

    it('asks nobody who waits for an answer, nor soon after it', async () => {
      const node = await fresh().join(t1, t2);
      await asks(node, t2);
      await node.pass(33_000);
      expect(node.sent().filter((line) => line === '4002 GET_ALL_SESSIONS * 8')).to.deep.equal([]);
      await node.pass(10_000);
      expect(node.sent().filter((line) => line === '4002 GET_ALL_SESSIONS * 8')).to.have.lengthOf(1);
    });

    it('lets two Tomcats that start with different contexts not wait for each other', async () => {
      const SHOP = contextName('localhost#/shop');
      const node = fresh();
      await node.join(fakeMember(4001, 900), fakeMember(4002, 800));
      const [n1, n2] = node.channel.members() as [Member, Member];
      await node.channel.say(n1, sessionMessages.getAllSessions(APP, clock.now()));
      await node.channel.say(n2, sessionMessages.getAllSessions(SHOP, clock.now()));
      await settle();
      expect([...sent(node, n1), ...sent(node, n2)]).to.have.lengthOf(4);
    });

    it('answers a mirror at once: two of them would wait for each other', async () => {
      const mirror = fakeMember(4003, 0, randomUniqueId(), MIRROR);
      const node = await fresh().join(t1, mirror);
      expect(await asks(node, mirror)).to.deep.equal(answered(mirror));
    });

    it('answers nobody any more who has gone', async () => {
      const node = await fresh().join(t1, t2);
      await asks(node, t2);
      node.channel.disappear(t2);
      await node.pass(40_000);
      expect(sent(node, t2)).to.deep.equal([]);
    });

    it('answers everybody with what it has when it leaves', async () => {
      const node = await fresh().join(t1, t2);
      await asks(node, t2);
      void node.cluster.leave();
      await settle();
      expect(sent(node, t2)).to.have.lengthOf(2);
    });

    const sent = (node: TestNode, to: Member): readonly TestNode['channel']['sent'][number][] =>
      node.channel.sent.filter(
        ({ to: { port }, message }) => port === to.port && !eventName(message).startsWith('GET_ALL'),
      );
  });

  describe('that was cut off from one of several', () => {
    it('asks everybody anew, and drops what has ended there', async () => {
      const node = await firstLife();
      node.channel.disappear(t2);
      await node.pass(60_000);
      held.set(APP, sessionList({ S1: 'after' }, clock.now()));
      const back = fakeMember(4002, 2 * HOUR, t2.uniqueId);
      donor(node, back, held);
      node.channel.appear(back);
      await node.pass(10_000);
      expect(sessions(node)).to.deep.equal([S1]);
      expect(node.cluster.synchronisation().state).to.equal('synchronised');
    });

    it('keeps what the others still have', async () => {
      const node = await firstLife();
      node.channel.disappear(t2);
      await node.pass(60_000);
      const back = fakeMember(4002, 2 * HOUR, t2.uniqueId);
      donor(node, back, state({ S1: 'after' }));
      node.channel.appear(back);
      await node.pass(10_000);
      expect(sessions(node)).to.deep.equal([S1, S2]);
      expect(unconfirmed(node)).to.deep.equal([]);
    });

    it('does so once a minute at most, however often it happens', async () => {
      const node = await firstLife();
      node.sent();
      for (let i = 0; i < 30; i++) {
        const back = fakeMember(4002, 2 * HOUR, t2.uniqueId);
        node.channel.disappear(node.channel.members().find(({ port }) => port === 4002) ?? t2);
        await node.pass(2000);
        node.channel.appear(back);
        await node.pass(2000);
      }
      const asked = node.sent().filter((line) => line.startsWith('4001 GET_ALL'));
      expect(asked.length).to.be.within(1, 3);
    });
  });

  describe('what has expired', () => {
    const created = (id: SessionId): SessionMessage =>
      sessionMessages.created(APP, id, clock.now(), clock.now());
    const expired = (id: SessionId): SessionMessage => sessionMessages.expired(APP, id, clock.now());

    /** What is at rest, also of what is not to be remembered any more. */
    const buried = (): string[] =>
      new TombstoneLedger(store.ledger, { maxTombstones: 10_000 }).restore().map(({ id }) => id);

    /** A mirror is there that has missed the end, and has both sessions. */
    async function secondLifeBesideACopy(): Promise<TestNode> {
      const again = secondLife();
      const mirror = fakeMember(4003, HOUR, randomUniqueId(), MIRROR);
      donor(again, mirror, held);
      await again.join(mirror);
      await again.pass(5000);
      return again;
    }

    it('does not come back by a copy of somebody who has missed it', async () => {
      const node = await firstLife();
      await node.channel.say(t1, expired(S1));
      await node.cluster.stop();
      clock.advance(60_000);
      const again = await secondLifeBesideACopy();
      expect(sessions(again)).to.deep.equal([S2]);
      expect(again.cluster.counters.buried).to.equal(1);
    });

    it('is forgotten after a while, also at rest', async () => {
      const node = await firstLife();
      await node.channel.say(t1, expired(S1));
      expect(buried()).to.deep.equal([S1]);
      await node.cluster.stop();
      clock.advance(11 * 60_000);
      const again = await secondLife().join();
      await again.pass(2000);
      // Those that rest together go together.
      for (let i = 0; i < 600; i++) {
        await again.channel.say(t1, expired(sessionId(`${i}`)));
      }
      expect(buried()).to.include(S1);
      clock.advance(11 * 60_000);
      await again.pass(2000);
      expect(buried()).not.to.include(S1);
    });

    it('is forgotten when its id is used again', async () => {
      const node = await firstLife();
      await node.channel.say(t1, expired(S1));
      clock.advance(5);
      await node.channel.say(t1, created(S1));
      expect(sessions(node)).to.deep.equal([S1, S2]);
      expect(buried()).to.deep.equal([]);
    });

    it('is known where an earlier version kept it among the facts', async () => {
      const node = await firstLife();
      await node.cluster.stop();
      const stamp = { sender: t1.uniqueId, timestamp: clock.now() };
      const tombstone = { reason: 'message', stamp, creationTime: null };
      const fact = { context: APP, id: S1, tombstone, at: clock.now() };
      store.facts.put('tombstone/a-hash', Buffer.from(JSON.stringify(fact)));
      store.delete(APP, S1);
      const again = await secondLifeBesideACopy();
      expect(sessions(again)).to.deep.equal([S2]);
      expect([...store.facts.entries('tombstone/')]).to.deep.equal([]);
      expect(buried()).to.deep.equal([S1]);
    });

    it('is at rest for about as many as may be remembered, whatever the lengths of ids', async () => {
      const node = await firstLife({ limits: { maxTombstones: 3 } });
      for (let i = 0; i < 2000; i++) {
        await node.channel.say(t1, expired(sessionId(`${'gone '.repeat(i % 100)}${i}`)));
      }
      expect(buried()).to.have.length.within(3, 600);
    });
  });

  it('begins anew where what it left cannot be read, and says so', async () => {
    await (await firstLife()).cluster.stop();
    store.facts.put('life', Buffer.from('{"format":9}'));
    const node = await secondLife().join();
    expect(node.lines('error')).to.have.lengthOf(1);
    expect(node.channel.stateAge).to.equal(null);
    expect(unconfirmed(node)).to.deep.equal([S1, S2]);
  });

  describe('what slept', () => {
    /** Sessions of half an hour, last heard of at the stop; the Tomcats were there until then, or went before. */
    async function slept(
      ms: number,
      tomcats: 'there' | 'gone',
      setClock = (): void => undefined,
    ): Promise<TestNode> {
      const bootTime = (): BootTime => ({ id: 'this boot', uptimeMs: 5 * HOUR + clock.monotonic() });
      const before = await firstLife({ bootTime });
      if (tomcats === 'gone') {
        before.channel.disappear(t1);
        before.channel.disappear(t2);
      }
      await before.cluster.stop();
      clock.advance(ms);
      setClock();
      const node = await secondLife({ bootTime }).join();
      await node.pass(1000);
      return node;
    }

    const MINUTE = 60_000;
    const asker = fakeMember(4005, 100);

    async function offered(node: TestNode): Promise<number> {
      const before = node.cluster.counters.servedSessions;
      await asks(node, asker);
      return node.cluster.counters.servedSessions - before;
    }

    it('is offered within once its interval', async () => {
      expect(await offered(await slept(29 * MINUTE, 'gone'))).to.equal(2);
    });

    it('is not offered beyond it when no Tomcat was there, and ends', async () => {
      const node = await slept(31 * MINUTE, 'gone');
      expect(await offered(node)).to.equal(0);
      await node.pass(20_000);
      expect(sessions(node)).to.deep.equal([]);
    });

    it('is offered until twice its interval when Tomcats may have been there meanwhile', async () => {
      expect(await offered(await slept(31 * MINUTE, 'there'))).to.equal(2);
    });

    it('and not beyond that', async () => {
      expect(await offered(await slept(61 * MINUTE, 'there'))).to.equal(0);
    });

    it('does not end because the wall clock was set forward', async () => {
      const node = await slept(MINUTE, 'gone', () => clock.shiftWallClock(24 * HOUR));
      expect(await offered(node)).to.equal(2);
      expect(unconfirmed(node)).to.deep.equal([S1, S2]);
    });

    it('does not live on because it was set back', async () => {
      const node = await slept(31 * MINUTE, 'gone', () => clock.shiftWallClock(-24 * HOUR));
      expect(await offered(node)).to.equal(0);
    });
  });
});
