import { expect } from 'chai';
import {
  contextName,
  sessionId,
  silentLogger,
  TribesError,
  type ContextName,
  type StoreStatistics,
} from '../../src/base/index.js';
import { MemoryStore } from '../../src/store/index.js';
import { encodeSessionMessage, NEWEST_DIALECT, sessionMessages } from '../../src/wire/index.js';
import { rejectionOf } from '../support/errors.js';
import { fakeMember } from './support/fake-channel.js';
import { donor, settle, TestNode } from './support/node.js';
import { stateOf } from './support/streams.js';

const APP = contextName('localhost#/app');
const ID = sessionId('S1');
const SYNCHRONIZED = 6;
const ASYNCHRONOUS = 8;

/** A store that is full, or slow, when a test says so. */
class MoodyStore extends MemoryStore {
  isFull = false;
  commits = 0;
  /** While set, there is room when it resolves. */
  room: Promise<void> | undefined;
  /** While set, what is committed is safe when it resolves. */
  safe: Promise<void> | undefined;

  override checkRoom(): undefined {
    super.checkRoom();
    if (this.isFull) {
      throw new TribesError('TRIBES_E_STORE_FULL', { directory: '/data', dirtyBytes: 1 });
    }
    return this.room as undefined;
  }

  override async commit(): Promise<void> {
    this.commits++;
    await this.safe;
  }

  override statistics(): StoreStatistics {
    return { ...super.statistics(), problem: this.isFull ? 'the disk is full' : null };
  }
}

describe('a cluster whose store', () => {
  const t1 = fakeMember(4001, 7_200_000);
  let store: MoodyStore;
  let node: TestNode;
  /** What the member has. */
  let states: Map<ContextName, Buffer>;

  beforeEach(async () => {
    store = new MoodyStore({ logger: silentLogger });
    node = new TestNode({ store });
    states = new Map();
    donor(node, t1, states);
    await node.join(t1);
  });

  const created = (id = ID): Buffer => {
    const now = node.clock.now();
    return encodeSessionMessage(sessionMessages.created(APP, id, now, now), NEWEST_DIALECT);
  };

  /** Whether the message has been answered, and what is known by then. */
  function delivering(payload: Buffer, options: number): { isDone: boolean; done: Promise<void> } {
    const delivery = { isDone: false, done: Promise.resolve() };
    delivery.done = node.channel.deliver(t1, payload, options).then(() => {
      delivery.isDone = true;
    });
    return delivery;
  }

  function later(): { promise: Promise<void>; happens: () => void } {
    let happens = (): void => undefined;
    const promise = new Promise<void>((resolve) => (happens = resolve));
    return { promise, happens };
  }

  describe('takes its time', () => {
    it('answers a sender that waits for processing when the change is safe', async () => {
      const { promise, happens } = later();
      store.safe = promise;
      const delivery = delivering(created(), SYNCHRONIZED);
      await settle();
      expect(node.cluster.find(ID)).to.have.lengthOf(1);
      expect(delivery.isDone).to.equal(false);
      happens();
      await delivery.done;
    });

    it('lets no other sender wait for that', async () => {
      store.safe = new Promise(() => undefined);
      await node.channel.deliver(t1, created(), ASYNCHRONOUS);
      expect(store.commits).to.equal(0);
    });

    it('takes nothing, from anybody, before there is room', async () => {
      for (const options of [SYNCHRONIZED, ASYNCHRONOUS]) {
        const { promise, happens } = later();
        const id = sessionId(`S${options}`);
        store.room = promise;
        const delivery = delivering(created(id), options);
        await settle();
        expect([delivery.isDone, node.cluster.find(id).length]).to.eql([false, 0]);
        store.room = undefined;
        happens();
        await delivery.done;
        expect(node.cluster.find(id)).to.have.lengthOf(1);
      }
    });
  });

  describe('is full', () => {
    beforeEach(() => {
      store.isFull = true;
    });

    it('refuses changes, whoever sends them and however, and counts them', async () => {
      for (const options of [SYNCHRONIZED, ASYNCHRONOUS]) {
        await rejectionOf('TRIBES_E_STORE_FULL', node.channel.deliver(t1, created(), options));
      }
      expect(node.cluster.counters).to.include({ refusedFull: 2, undecodable: 0, applied: 0 });
      expect(node.cluster.find(ID)).to.eql([]);
    });

    it('refuses states', async () => {
      const data = sessionMessages.allSessionData(APP, stateOf(ID, 2000, { v: '1' }), node.clock.now());
      const payload = encodeSessionMessage(data, NEWEST_DIALECT);
      await rejectionOf('TRIBES_E_STORE_FULL', node.channel.deliver(t1, payload, SYNCHRONIZED));
      expect(node.states()[APP]).to.eql(['requested, torn']);
    });

    it('takes what changes nothing', async () => {
      await node.channel.say(t1, sessionMessages.noContextManager(APP));
      await node.channel.say(t1, sessionMessages.getAllSessions(APP, node.clock.now()));
    });

    it('asks everybody again when it takes sessions again, and has everything then', async () => {
      store.isFull = false;
      states.set(APP, stateOf(ID, node.clock.now(), { v: '1' }));
      await node.pass(5000);
      expect(node.attributes(ID)).to.eql({ v: '1' });
      node.sent();

      store.isFull = true;
      const refused = sessionId('S2');
      await rejectionOf('TRIBES_E_STORE_FULL', node.channel.deliver(t1, created(refused), ASYNCHRONOUS));
      states.set(APP, stateOf(refused, node.clock.now(), { v: '2' }));
      await node.pass(5000);
      expect(node.sent()).to.eql([]);

      store.isFull = false;
      await node.pass(1100);
      expect(node.sent()).to.eql(['4001 GET_ALL_SESSIONS * 8']);
      await node.pass(5000);
      expect(node.cluster.synchronisation().state).to.equal('synchronised');
      expect(node.attributes(refused)).to.eql({ v: '2' });
      expect(node.lines('info').map(({ message }) => message)).to.include('the store takes sessions again');
      await node.pass(120_000);
      expect(node.sent()).to.eql([]);
    });

    it('breaks off a state that waits to be taken in', async () => {
      store.isFull = false;
      let fill = (): void => undefined;
      store.room = new Promise((_, reject) => {
        fill = () => reject(new TribesError('TRIBES_E_STORE_FULL', { directory: '/data', dirtyBytes: 1 }));
      });
      states.set(APP, stateOf(ID, node.clock.now(), { v: '1' }));
      await node.pass(1000);
      store.isFull = true;
      fill();
      await node.pass(1000);
      expect(node.cluster.counters).to.include({ refusedFull: 1, transfersTorn: 1, transfersRead: 0 });
      store.isFull = false;
      store.room = undefined;
      await node.pass(10_000);
      expect(node.attributes(ID)).to.eql({ v: '1' });
    });
  });
});
