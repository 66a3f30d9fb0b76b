import { expect } from 'chai';
import {
  contextName,
  defaultJavaLimits,
  sessionId,
  type ContextName,
  type SessionId,
} from '../../src/base/index.js';
import type { Member } from '../../src/membership/index.js';
import {
  decodeDeltaRequest,
  decodeSessionMessage,
  DIALECTS,
  encodeRpcMessage,
  readSessionList,
  sessionMessages,
} from '../../src/wire/index.js';
import { scanInput } from '../../src/java/index.js';
import { rejectionOf } from '../support/errors.js';
import { ManualClock } from '../support/manual-clock.js';
import { deltaMessage, deltaOf } from './support/deltas.js';
import { vectorFiles, type Vector } from '../support/vectors.js';
import { fakeMember } from './support/fake-channel.js';
import { donor, eventName, settle, TestNode } from './support/node.js';
import { stateOf, stringStream } from './support/streams.js';

const APP = contextName('localhost#/app');
const SHOP = contextName('localhost#/shop');
const ID = sessionId('0123456789ABCDEF0123456789ABCDEF.node1');
const SECRET = 'secret';

function vector(release: '9.0.70' | '10.1.60', name: string): Vector {
  const [vectors] = vectorFiles(`05-session-replication-tomcat${release}`).values();
  const found = vectors?.find((each) => each.name === name);
  if (found === undefined) {
    throw new Error(`no vector ${name} of ${release}`);
  }
  return found;
}

const sessionsOf = (name: string, release: '9.0.70' | '10.1.60' = '10.1.60'): Buffer =>
  vector(release, name).bytes;

/** Every look at it takes 3 ms, so that a slice is over after a session or two. */
class TiringClock extends ManualClock {
  #looks = 0;

  override monotonic(): number {
    return super.monotonic() + 3 * this.#looks++;
  }
}

describe('SimpleTcpCluster', () => {
  const t1 = fakeMember(4001, 7_200_000);
  const t2 = fakeMember(4002, 3_600_000);

  describe('joining', () => {
    it('finds every context and every session by itself, and is synchronised then', async () => {
      const node = new TestNode();
      donor(
        node,
        t1,
        new Map([
          [APP, sessionsOf('sessions-three')],
          [SHOP, sessionsOf('sessions-none')],
        ]),
      );
      donor(node, t2, new Map([[SHOP, sessionsOf('sessions-one-new', '9.0.70')]]));
      await node.join(t1, t2);
      expect(node.cluster.synchronisation()).to.deep.equal({
        state: 'synchronising',
        reason: 'asked tcp://127.0.0.1:4001 for the sessions of all contexts; 2 of 2 members to go',
      });
      await node.pass(3000);
      expect(node.sent()).to.deep.equal(['4001 GET_ALL_SESSIONS * 8', '4002 GET_ALL_SESSIONS * 8']);
      expect(node.states()).to.deep.equal({
        [APP]: ['complete', 'no-context-manager'],
        [SHOP]: ['complete', 'complete'],
      });
      expect(node.cluster.contexts().map(({ name, sessions }) => [name, sessions])).to.deep.equal([
        [APP, 3],
        [SHOP, 1],
      ]);
      expect(node.attributes(ID)).to.deep.equal({ count: 7, user: 'alice' });
      expect(node.cluster.synchronisation().state).to.equal('synchronised');
      expect(node.channel.synchronised).to.deep.equal([true]);
      expect(node.lines('warn')).to.deep.equal([]);
    });

    it('goes on when a request cannot be sent', async () => {
      const node = new TestNode();
      let refused = 1;
      node.channel.onSend = () => {
        if (refused-- > 0) {
          throw new Error('refused');
        }
      };
      donor(node, t1, new Map([[APP, sessionsOf('sessions-three')]]));
      await node.join(t1);
      await node.pass(5000);
      expect(node.states()).to.deep.equal({ [APP]: ['complete'] });
      expect(node.lines('warn').map(({ message }) => message)).to.deep.equal(['could not ask for sessions']);
    });

    it('waits for a Tomcat that has only BackupManagers no longer than for one answer', async () => {
      const node = await new TestNode().join(t1);
      await node.pass(4000);
      const ping = encodeRpcMessage({
        kind: 'request',
        uuid: Buffer.alloc(16),
        rpcId: Buffer.from(`${APP}-map`, 'latin1'),
        message: null,
      });
      expect(await node.channel.deliver(t1, ping)).to.equal(false);
      await node.pass(2000);
      expect(node.cluster.synchronisation().state).to.equal('synchronising');
      await node.pass(2000);
      expect(node.cluster.synchronisation().state).to.equal('synchronised');
      expect(node.sent()).to.deep.equal(['4001 GET_ALL_SESSIONS * 8']);
    });

    it('is synchronised at once where nobody else is', async () => {
      const node = await new TestNode().join();
      expect(node.cluster.synchronisation()).to.deep.equal({
        state: 'synchronised',
        since: node.clock.now(),
      });
    });

    it('applies what arrives during a transfer behind it, also where the transfer is older', async () => {
      const node = await new TestNode().join(t1);
      const now = node.clock.now();
      await node.channel.say(t1, sessionMessages.delta(APP, ID, deltaOf(ID, { user: 'bob', x: '1' }), now));
      await node.channel.say(t1, sessionMessages.expired(APP, sessionId('AAAA'), now));
      expect(node.attributes(ID)).to.equal(undefined);
      await node.channel.say(t1, sessionMessages.allSessionData(APP, sessionsOf('sessions-three'), now));
      await settle();
      expect(node.attributes(ID)).to.deep.equal({ count: 7, user: 'bob', x: '1' });
      expect(node.cluster.find(sessionId('AAAA'))).to.deep.equal([]);
      expect(node.cluster.counters).to.deep.include({ early: 1, transferredSessions: 2, buried: 1 });
    });

    it('does not let a state that comes late undo what has changed since it was asked for', async () => {
      const node = await new TestNode().join(t1);
      const asked = node.clock.now();
      const give = async (from: Member, values: Record<string, string>, accessed: number): Promise<void> => {
        await node.channel.say(
          from,
          sessionMessages.allSessionData(APP, stateOf(ID, accessed, values), asked),
        );
        await settle();
      };
      await give(t2, { user: 'alice', n: '1' }, asked - 10_000);
      await node.channel.say(t1, sessionMessages.delta(APP, ID, deltaOf(ID, { user: 'bob' }), asked));
      // In between it is asked again, since it has not answered.
      await node.pass(15_000);
      expect(node.sent().length).to.be.greaterThan(1);
      await give(t1, { user: 'alice', n: '2' }, asked - 5000);
      expect(node.attributes(ID)).to.deep.equal({ user: 'bob', n: '2' });
    });

    it('acknowledges a state before it takes it in, and deltas meanwhile', async () => {
      let goOn = (): void => undefined;
      const node = new TestNode({
        clock: new TiringClock(),
        pause: () => new Promise((resolve) => void (goOn = resolve)),
      });
      await node.join();
      await node.channel.say(t1, sessionMessages.allSessionData(APP, sessionsOf('sessions-three'), 1));
      await node.channel.say(t1, sessionMessages.created(APP, sessionId('live'), 1, 1));
      expect(node.cluster.find(sessionId('live'))).to.have.lengthOf(1);
      expect(node.cluster.gauges().transferQueueBytes).to.be.greaterThan(0);
      for (let turn = 0; turn < 5; turn++) {
        await settle();
        goOn();
      }
      await settle();
      expect(node.cluster.gauges()).to.deep.include({
        sessions: 4,
        transferQueueBytes: 0,
        transferQueueLength: 0,
      });
    });

    it('asks a context that shows up later by name, the member that shows it', async () => {
      const node = new TestNode();
      const states = new Map([[APP, sessionsOf('sessions-none')]]);
      donor(node, t1, states);
      await node.join(t1);
      await node.pass(3000);
      node.sent();
      states.set(SHOP, sessionsOf('sessions-three'));
      await node.channel.say(
        t1,
        sessionMessages.created(SHOP, sessionId('new'), node.clock.now(), node.clock.now()),
      );
      await node.pass(3000);
      expect(node.sent()).to.deep.equal([`4001 GET_ALL_SESSIONS ${SHOP} 8`]);
      expect(node.states()[SHOP]).to.deep.equal(['complete']);
      expect(node.cluster.contexts().at(-1)?.sessions).to.equal(4);
    });

    it('asks the sender again for a context when messages come for sessions that it does not have', async () => {
      const node = new TestNode();
      donor(node, t1, new Map([[APP, sessionsOf('sessions-none')]]));
      await node.join(t1);
      await node.pass(120_000);
      node.sent();
      await node.channel.say(t1, sessionMessages.delta(APP, ID, deltaOf(ID, { a: '1' }), node.clock.now()));
      await node.pass(12_000);
      expect(node.sent()).to.deep.equal([`4001 GET_ALL_SESSIONS ${APP} 8`]);
      expect(node.cluster.counters.unknown).to.equal(1);
      expect(node.lines('warn')).to.have.lengthOf(1);
    });

    it('says when it is cut off, asks anew when it is not any more, and drops what has ended meanwhile', async () => {
      const node = new TestNode();
      const states = new Map([[APP, sessionsOf('sessions-three')]]);
      donor(node, t1, states);
      await node.join(t1);
      await node.pass(20_000);
      node.channel.disappear(t1);
      await node.pass(20_000);
      expect(node.cluster.synchronisation().state).to.equal('synchronised');
      states.set(APP, sessionsOf('sessions-one-with-attributes'));
      node.channel.appear(fakeMember(4001, 7_300_000, t1.uniqueId));
      expect(node.cluster.synchronisation().state).to.equal('synchronising');
      const back = node.channel.members()[0] ?? t1;
      donor(node, back, states);
      node.events.length = 0;
      await node.pass(3000);
      expect(node.cluster.contexts()[0]?.sessions).to.equal(1);
      const ended = node.events.filter(({ type }) => type === 'sessionExpired');
      expect(ended.map((event) => event.type === 'sessionExpired' && event.reason)).to.deep.equal([
        'absent',
        'absent',
      ]);
      expect(node.channel.synchronised).to.deep.equal([true, false, true]);
    });
  });

  describe('states that cannot be read', () => {
    it('takes in what stands before the break, and says that something is missing', async () => {
      const node = await new TestNode().join(t1);
      const whole = sessionsOf('sessions-three');
      await node.channel.say(
        t1,
        sessionMessages.allSessionData(APP, whole.subarray(0, whole.length - 100), 1),
      );
      await node.channel.say(t1, sessionMessages.transferComplete(APP, 1));
      await settle();
      expect(node.cluster.contexts()[0]?.sessions).to.equal(2);
      expect(node.states()).to.deep.equal({ [APP]: ['complete, torn'] });
      expect(node.cluster.counters).to.deep.include({ transfersRead: 0, transfersTorn: 1 });
      expect(node.lines('warn').map(({ message }) => message)).to.deep.equal([
        'a state cannot be read to its end: what comes behind is missing',
      ]);
    });

    for (const release of ['9.0.70', '10.1.60'] as const) {
      it(`goes on behind an attribute that the sender (${release}) could not serialise`, async () => {
        const node = await new TestNode().join();
        const state = sessionsOf('sessions-aborted-attribute', release);
        await node.channel.say(t1, sessionMessages.allSessionData(APP, state, 1));
        await settle();
        expect(node.attributes(sessionId('DDDD'))).to.deep.equal({ a: 'x', c: 'y' });
        expect(node.cluster.counters.abortedValues).to.equal(1);
        expect(node.lines('warn')[0]?.fields).to.deep.include({ attribute: 'b', context: APP });
      });
    }

    it('refuses a message that makes no sense with a coded error, and counts it', async () => {
      const node = await new TestNode().join();
      const unknown = { ...sessionMessages.accessed(APP, ID, 1), eventType: 7 };
      await rejectionOf('TRIBES_E_SESSION_EVENT', node.channel.say(t1, unknown));
      const empty = { ...sessionMessages.accessed(APP, ID, 1), sessionId: null };
      await rejectionOf('TRIBES_E_SESSION_INCOMPLETE', node.channel.say(t1, empty));
      const nameless = { ...sessionMessages.transferComplete(APP, 1), contextName: null };
      await rejectionOf('TRIBES_E_SESSION_INCOMPLETE', node.channel.say(t1, nameless));
      const torn = sessionMessages.delta(
        APP,
        ID,
        vector('10.1.60', 'delta-collections').bytes.subarray(0, 80),
        1,
      );
      await rejectionOf('TRIBES_E_JAVA_TRUNCATED', node.channel.say(t1, torn));
      expect(node.cluster.counters.undecodable).to.equal(4);
    });

    it('leaves alone what is no session message', async () => {
      const node = await new TestNode().join();
      expect(await node.channel.deliver(t1, Buffer.from('bytes'), 1)).to.equal(false);
      expect(await node.channel.deliver(t1, stringStream('text'))).to.equal(false);
    });
  });

  describe('live messages of real Tomcats', () => {
    for (const release of ['9.0.70', '10.1.60'] as const) {
      it(`of ${release} are followed from creation to expiry`, async () => {
        const node = await new TestNode().join();
        for (const name of ['EVT_SESSION_CREATED', 'EVT_SESSION_DELTA', 'EVT_SESSION_ACCESSED']) {
          expect(await node.channel.deliver(t1, vector(release, name).bytes)).to.equal(true);
        }
        const [record] = node.cluster.find(ID);
        expect(record?.attributes.flatMap(({ names }) => names).sort()).to.deep.equal([
          'cart',
          'names',
          'when',
        ]);
        await node.channel.deliver(t1, vector(release, 'EVT_CHANGE_SESSION_ID').bytes);
        const newId = sessionId('FEDCBA9876543210FEDCBA9876543210.node2');
        expect(node.cluster.find(newId)).to.have.lengthOf(1);
        await node.channel.say(t1, sessionMessages.expired(APP, newId, 1_700_000_000_001));
        expect(node.cluster.find(newId)).to.deep.equal([]);
        expect(node.events.map(({ type }) => type)).to.deep.equal([
          'sessionCreated',
          'attributeChanged',
          'attributeChanged',
          'attributeChanged',
          'sessionAccessed',
          'sessionIdChanged',
          'sessionExpired',
        ]);
        await node.cluster.stop();
      });
    }

    it('change every field that a delta can change', async () => {
      const node = await new TestNode().join();
      await node.channel.deliver(t1, vector('10.1.60', 'EVT_SESSION_CREATED').bytes);
      const apply = (name: string): Promise<boolean> =>
        node.channel.say(t1, sessionMessages.delta(APP, ID, vector('10.1.60', name).bytes, node.clock.now()));
      for (const name of [
        'delta-typical-first-request',
        'delta-authtype',
        'delta-principal',
        'delta-listener-added',
        'delta-note',
      ]) {
        await apply(name);
      }
      const [record] = node.cluster.find(ID);
      expect(record).to.deep.include({ maxInactiveInterval: 1800, authType: 'FORM', isNew: false });
      expect(record?.listeners).to.have.lengthOf(1);
      expect(record?.notes.flatMap(({ names }) => names)).to.deep.equal([
        'org.apache.catalina.authenticator.SESSION_ID',
      ]);
      expect(record?.principal?.equals(vector('10.1.60', 'principal').bytes)).to.equal(true);
      for (const name of ['delta-authtype-principal-removed', 'delta-listener-removed']) {
        await apply(name);
      }
      expect(node.cluster.find(ID)[0]).to.deep.include({ authType: null, principal: null, listeners: [] });
    });

    it('without a context are for every manager that has the session', async () => {
      const node = await new TestNode().join();
      for (const context of [APP, SHOP]) {
        await node.channel.say(t1, sessionMessages.created(context, ID, 1, 1));
      }
      await node.channel.deliver(t1, vector('10.1.60', 'EVT_SESSION_EXPIRED-null-context').bytes);
      expect(node.cluster.find(ID)).to.deep.equal([]);
    });

    it('never put a password into the log', async () => {
      const node = new TestNode();
      donor(node, t1, new Map([[APP, sessionsOf('sessions-principal-and-listener', '9.0.70')]]));
      await node.join(t1);
      await node.channel.deliver(t1, vector('9.0.70', 'EVT_SESSION_CREATED').bytes);
      const withPassword = vector('9.0.70', 'delta-principal').bytes;
      expect(withPassword.includes(SECRET)).to.equal(true);
      await node.channel.say(t1, sessionMessages.delta(APP, ID, withPassword, 1));
      await node.channel
        .say(t1, sessionMessages.delta(APP, ID, withPassword.subarray(0, 200), 1))
        .catch(() => false);
      await node.pass(20_000);
      const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
      expect(JSON.stringify(levels.flatMap((level) => node.lines(level)))).not.to.include(SECRET);
    });
  });

  it('takes no message beyond the limits on Java streams that are set', async () => {
    const node = new TestNode({ javaLimits: { ...defaultJavaLimits, maxStringBytes: 8 } });
    await node.join(t1);
    const tooLong = sessionMessages.delta(APP, ID, deltaOf(ID, { a: 'longer than eight' }), 1);
    await rejectionOf('TRIBES_E_JAVA_LIMIT', node.channel.say(t1, tooLong));
  });

  describe('back-pressure', () => {
    it('does not hold up a connection on which the state itself may follow: what came first is given up', async () => {
      const node = new TestNode({ limits: { maxEarlyMessages: 2 } });
      const OTHER = sessionId('OTHER');
      await node.join(t1);
      for (const value of ['1', '2', '3']) {
        await node.channel.say(t1, sessionMessages.delta(APP, OTHER, deltaOf(OTHER, { a: value }), 1));
      }
      expect(node.cluster.counters.unknown).to.equal(3);
      await node.channel.say(t1, sessionMessages.delta(APP, ID, deltaOf(ID, { a1: '1' }), 1));
      await node.channel.say(
        t1,
        sessionMessages.allSessionData(APP, sessionsOf('sessions-one-with-attributes'), 1),
      );
      await node.pass(200);
      expect(node.attributes(ID)).to.deep.equal({ a1: '1', count: 7, user: 'alice' });
    });

    it('takes in order the states for which there was no room at first', async () => {
      const state = sessionsOf('sessions-one-new');
      const node = await new TestNode({ limits: { maxTransferQueueBytes: state.length } }).join();
      const accepted: number[] = [];
      const all = [1, 2, 3].map((i) =>
        node.channel.say(t1, sessionMessages.allSessionData(APP, state, i)).then(() => accepted.push(i)),
      );
      await Promise.all(all);
      await settle();
      expect(accepted).to.deep.equal([1, 2, 3]);
      expect(node.cluster.counters.transfersRead).to.equal(3);
    });
  });

  describe('asked for its sessions', () => {
    /** A node that has one session with attributes, a principal, a note and a listener. */
    async function holder(): Promise<TestNode> {
      const node = await new TestNode().join();
      await node.channel.say(t1, sessionMessages.allSessionData(APP, sessionsOf('sessions-three'), 1));
      await settle();
      return node;
    }

    it('answers with what it has, and the end', async () => {
      const node = await holder();
      await node.channel.say(t2, sessionMessages.getAllSessions(APP, 12345));
      await settle();
      const [data, complete] = node.channel.sent;
      expect(node.sent()).to.deep.equal([
        `4002 ALL_SESSION_DATA ${APP} 6`,
        `4002 ALL_SESSION_TRANSFERCOMPLETE ${APP} 8`,
      ]);
      // Of the asker's clock, as it drops what its own clock calls older.
      expect([data?.message.timestamp, complete?.message.timestamp]).to.deep.equal([12345n, 12345n]);
      const list = readSessionList(scanInput(data?.message.session ?? Buffer.alloc(0)));
      expect([...list.sessions].map(({ id, notes }) => [id, notes])).to.have.deep.members([
        [ID, null],
        ['AAAA', null],
        ['BBBB', null],
      ]);
    });

    it('gives a context that it does not know an empty state: NOCONTEXTMANAGER would harm the asker', async () => {
      const node = await holder();
      await node.channel.say(t2, sessionMessages.getAllSessions(SHOP, 1));
      await settle();
      expect(node.sent()).to.deep.equal([
        `4002 ALL_SESSION_DATA ${SHOP} 6`,
        `4002 ALL_SESSION_TRANSFERCOMPLETE ${SHOP} 8`,
      ]);
    });

    it('says that it has no such context only where it refuses to have it', async () => {
      const node = await new TestNode({ limits: { maxContexts: 0 } }).join();
      await node.channel.say(t2, sessionMessages.getAllSessions(SHOP, 1));
      await settle();
      expect(node.sent()).to.deep.equal([`4002 ALL_SESSION_NOCONTEXTMANAGER ${SHOP} 8`]);
    });

    it('answers for every context when none is named', async () => {
      const node = await holder();
      await node.channel.say(t1, sessionMessages.created(SHOP, ID, 1, 1));
      await node.channel.say(t2, sessionMessages.getAllSessions(null, 1));
      await settle();
      expect(node.sent()).to.deep.equal([
        `4002 ALL_SESSION_DATA ${APP} 6`,
        `4002 ALL_SESSION_TRANSFERCOMPLETE ${APP} 8`,
        `4002 ALL_SESSION_DATA ${SHOP} 6`,
        `4002 ALL_SESSION_TRANSFERCOMPLETE ${SHOP} 8`,
      ]);
    });

    it('speaks the dialect of the asker', async () => {
      const node = await holder();
      const ask = sessionMessages.getAllSessions(APP, 1);
      await node.channel.say(t2, ask, DIALECTS['tomcat-7.0.104']);
      await settle();
      const seen: object[] = [];
      const [data] = node.channel.sent;
      decodeSessionMessage(data?.payload ?? Buffer.alloc(0), (observation) => seen.push(observation));
      expect(seen).to.deep.equal([{ seen: 'sessionMessage', uid: 1n }]);
      const bodies = [...readSessionList(scanInput(data?.message.session ?? Buffer.alloc(0))).sessions];
      const principal = bodies.find(({ id }) => id === 'BBBB')?.principal;
      expect(principal?.kind === 'ha' && principal.principal).to.deep.include({
        name: 'alice',
        password: null,
        roles: ['admin', 'user'],
      });
    });

    it('does not begin anew for somebody whom it is answering', async () => {
      const node = await holder();
      let release = (): void => undefined;
      node.channel.onSend = () => new Promise((resolve) => void (release = resolve));
      await node.channel.say(t2, sessionMessages.getAllSessions(APP, 1));
      await node.channel.say(t2, sessionMessages.getAllSessions(APP, 2));
      await settle();
      expect(node.sent()).to.have.lengthOf(1);
      release();
      await settle();
      release();
      await settle();
      expect(node.cluster.counters.transfersServed).to.equal(1);
    });

    it('sends again, and ends, what has changed before the request and is told of too late', async () => {
      const node = await new TestNode().join();
      const [changed, over, made] = ['CHANGED', 'OVER', 'MADE'].map(sessionId) as [
        SessionId,
        SessionId,
        SessionId,
      ];
      const askedAt = node.clock.now();
      for (const id of [changed, over]) {
        await node.channel.say(t1, sessionMessages.created(APP, id, askedAt - 60_000, askedAt - 60_000));
      }
      await node.pass(20_000);
      let states = 0;
      node.channel.onSend = async ({ message }) => {
        if (eventName(message) === 'ALL_SESSION_DATA' && ++states === 1) {
          await node.channel.say(t1, deltaMessage(APP, changed, { late: 'yes' }, askedAt - 1));
          await node.channel.say(t1, deltaMessage(APP, over, { heard: 'yes' }, askedAt));
          await node.channel.say(t1, sessionMessages.expired(APP, over, askedAt - 1));
          await node.channel.say(t1, sessionMessages.created(APP, made, askedAt - 1, askedAt - 1));
        }
      };
      await node.channel.say(t2, sessionMessages.getAllSessions(APP, askedAt));
      await settle();
      const told = node.channel.sent.map(({ message }) => {
        const list = eventName(message) === 'ALL_SESSION_DATA' ? message.session : null;
        const sessions = list === null ? [] : [...readSessionList(scanInput(list)).sessions];
        const ids = sessions.map(({ id, attributes }) =>
          [id, ...attributes.map(({ name }) => name)].join(' '),
        );
        return [eventName(message), ...(list === null ? [message.sessionId] : ids.sort())];
      });
      expect(told).to.deep.equal([
        ['ALL_SESSION_DATA', 'CHANGED', 'OVER'],
        ['ALL_SESSION_DATA', 'CHANGED late'],
        ['ALL_SESSION_DATA', 'MADE'],
        ['SESSION_EXPIRED', 'OVER'],
        ['ALL_SESSION_TRANSFERCOMPLETE', 'SESSION-STATE-TRANSFERRED'],
      ]);
      expect(node.channel.sent.every(({ message }) => message.timestamp === BigInt(askedAt))).to.equal(true);
    });

    it('waits a moment for what is still on its way, where others are speaking', async () => {
      const node = await holder();
      node.channel.setMembers(t1, t2);
      await node.channel.say(t1, sessionMessages.accessed(APP, ID, node.clock.now()));
      await node.channel.say(t2, sessionMessages.getAllSessions(APP, node.clock.now()));
      await node.pass(40);
      expect(node.sent()).to.deep.equal([]);
      await node.pass(10);
      expect(node.sent()).to.have.lengthOf(2);
    });

    it('takes it that a member which asks begins empty', async () => {
      const node = new TestNode();
      donor(node, t1, new Map<ContextName, Buffer>());
      await node.join(t1);
      await node.channel.say(t1, sessionMessages.getAllSessions(APP, 1));
      expect(node.states()).to.deep.equal({ [APP]: ['complete'] });
    });
  });

  describe('two mirrors', () => {
    /** Two that hear each other. */
    function pair(): [TestNode, TestNode] {
      const clock = new ManualClock();
      const nodes = [5001, 5002].map((port) => new TestNode({ clock, port }));
      const [one, two] = nodes as [TestNode, TestNode];
      for (const [from, to] of [
        [one, two],
        [two, one],
      ] as const) {
        from.channel.onSend = async ({ payload }) => {
          await to.channel.deliver(from.channel.local, payload);
        };
      }
      return [one, two];
    }

    it('need not wait for one another where neither has a session', async () => {
      const [one, two] = pair();
      await Promise.all([one.join(two.channel.local), two.join(one.channel.local)]);
      await one.pass(2000);
      for (const { cluster } of [one, two]) {
        expect(cluster.synchronisation().state).to.equal('synchronised');
      }
    });

    it('ask each other, and come to rest with the same sessions', async () => {
      const [one, two] = pair();
      const nodes = [one, two];
      const { clock } = one;
      await one.channel.say(t1, sessionMessages.allSessionData(APP, sessionsOf('sessions-three'), 1));
      const now = clock.now();
      await two.channel.say(t1, sessionMessages.created(SHOP, sessionId('S'), now, now));
      await Promise.all([one.join(two.channel.local), two.join(one.channel.local)]);
      await one.pass(10_000);
      for (const node of nodes) {
        expect(node.cluster.synchronisation().state).to.equal('synchronised');
        expect(node.cluster.contexts().map(({ sessions }) => sessions)).to.deep.equal([3, 1]);
      }
      const sent = one.channel.sent.length + two.channel.sent.length;
      await one.pass(120_000);
      expect(one.channel.sent.length + two.channel.sent.length).to.equal(sent);
    });
  });

  describe('idle sessions', () => {
    it('expire at twice their interval, by our own clock of receipt, whatever the wall clock does', async () => {
      const node = await new TestNode().join();
      await node.pass(1000);
      node.channel.appear(fakeMember(4001, 100));
      await node.channel.say(t1, sessionMessages.created(APP, ID, 1, 1));
      const interval = vector('10.1.60', 'delta-typical-first-request').bytes;
      expect(decodeDeltaRequest(scanInput(interval)).actions[1]).to.deep.include({ value: 1800 });
      await node.channel.say(t1, sessionMessages.delta(APP, ID, interval, 2));
      node.clock.shiftWallClock(24 * 3_600_000);
      node.clock.advance(3_590_000);
      await settle();
      expect(node.cluster.find(ID)).to.have.lengthOf(1);
      node.clock.advance(20_000);
      await settle();
      expect(node.cluster.find(ID)).to.deep.equal([]);
      expect(node.events.at(-1)).to.deep.include({ type: 'sessionExpired', reason: 'idle' });
    });
  });

  it('tells every subscriber, whatever another one does, until it has had enough', async () => {
    const node = await new TestNode().join();
    const told: string[] = [];
    node.cluster.subscribe(() => {
      throw new Error('not my day');
    });
    const enough = node.cluster.subscribe(({ type }) => void told.push(type));
    await node.channel.say(t1, sessionMessages.created(APP, ID, 1, 1));
    enough();
    await node.channel.say(t1, sessionMessages.accessed(APP, ID, 2));
    expect(told).to.deep.equal(['sessionCreated']);
    expect(node.lines('error')).to.have.lengthOf(2);
  });

  describe('leaves', () => {
    async function leave(node: TestNode): Promise<{ hasLeft: () => boolean }> {
      let hasLeft = false;
      void node.cluster.leave().then(() => (hasLeft = true));
      await settle();
      return { hasLeft: () => hasLeft };
    }

    it('at once when nothing is on its way', async () => {
      const node = await new TestNode().join();
      expect((await leave(node)).hasLeft()).to.equal(true);
    });

    it('when a state that it has asked for has come, and asks for no other', async () => {
      const node = await new TestNode().join(t1, t2);
      await node.pass(100);
      const leaving = await leave(node);
      expect(node.sent()).to.deep.equal(['4001 GET_ALL_SESSIONS * 8']);
      expect(leaving.hasLeft()).to.equal(false);
      await node.channel.say(t1, sessionMessages.allSessionData(APP, sessionsOf('sessions-three'), 1));
      await node.channel.say(t1, sessionMessages.transferComplete(APP, 1));
      await node.pass(600);
      expect(leaving.hasLeft()).to.equal(true);
      expect(node.sent()).to.deep.equal([]);
      expect(node.cluster.find(ID, APP)).to.have.lengthOf(1);
    });

    it('after two seconds when what it has asked for does not come', async () => {
      const node = await new TestNode().join(t1);
      const leaving = await leave(node);
      await node.pass(1900);
      expect(leaving.hasLeft()).to.equal(false);
      await node.pass(200);
      expect(leaving.hasLeft()).to.equal(true);
    });

    it('when whom it answers has been told the end', async () => {
      const node = await new TestNode().join();
      await node.channel.say(t1, sessionMessages.allSessionData(APP, sessionsOf('sessions-three'), 1));
      await settle();
      let acknowledge: () => void = () => undefined;
      node.channel.onSend = ({ message }) =>
        eventName(message) === 'ALL_SESSION_DATA'
          ? new Promise<void>((resolve) => (acknowledge = resolve))
          : undefined;
      await node.channel.say(t2, sessionMessages.getAllSessions(APP, 5));
      const leaving = await leave(node);
      expect(leaving.hasLeft()).to.equal(false);
      acknowledge();
      await settle();
      expect(leaving.hasLeft()).to.equal(true);
      expect(node.sent()).to.deep.equal([
        `4002 ALL_SESSION_DATA ${APP} 6`,
        `4002 ALL_SESSION_TRANSFERCOMPLETE ${APP} 8`,
      ]);
    });
  });

  it('stops: nothing is asked, answered or written any more', async () => {
    const node = await new TestNode().join(t1);
    await node.cluster.stop();
    await node.cluster.stop();
    expect(node.clock.pendingTimers).to.equal(0);
    node.sent();
    expect(await node.channel.say(t1, sessionMessages.created(APP, ID, 1, 1))).to.equal(false);
    expect(node.store.contexts().size).to.equal(0);
  });
});
