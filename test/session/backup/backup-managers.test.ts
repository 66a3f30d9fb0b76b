import { MapCallers, MapDirectory } from '../../../src/session/map-directory.js';
import { expect } from 'chai';
import {
  contextName,
  defaultJavaLimits,
  LogThrottle,
  sessionId,
  silentLogger,
} from '../../../src/base/index.js';
import { fromJs, writeStream } from '../../../src/java/index.js';
import { newBackupCounters, type BackupCounters } from '../../../src/session/backup/backup-counters.js';
import { BackupFacts } from '../../../src/session/backup/backup-facts.js';
import type { BackupManager } from '../../../src/session/backup/backup-manager.js';
import { BackupManagers } from '../../../src/session/backup/backup-managers.js';
import { defaultBackupSettings, type BackupSettings } from '../../../src/session/backup/backup-settings.js';
import { newCounters } from '../../../src/session/session-counters.js';
import type { SessionEvent } from '../../../src/session/session-mirror.js';
import { MemoryStore } from '../../../src/store/index.js';
import {
  encodeMapKey,
  encodeMapMessageObject,
  MapMessageType,
  mapMessageObject,
  NEWEST_DIALECT,
  type MapMessage,
} from '../../../src/wire/index.js';
import { testRecord } from '../../api/test-node.js';
import { ManualClock } from '../../support/manual-clock.js';
import { MapBus, type BusChannel } from '../full-maps/map-bus.js';

const APP = contextName('localhost#/app');
const ID = sessionId('AB12.t1');

interface PartyOptions {
  readonly store?: MemoryStore;
  readonly id?: number;
  readonly isMirror?: boolean;
  readonly settings?: Partial<BackupSettings>;
}

/** Lets everything go on that is on its way in this process. */
async function settle(): Promise<void> {
  for (let i = 0; i < 60; i++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** One who has the map: a node, or in the place of a Tomcat one that says it is none, and has the map from the beginning. */
class Party {
  readonly channel: BusChannel;
  readonly store: MemoryStore;
  readonly managers: BackupManagers;
  readonly counters: BackupCounters = newBackupCounters();
  readonly events: SessionEvent[] = [];
  readonly #bus: MapBus;

  private constructor(
    bus: MapBus,
    clock: ManualClock,
    port: number,
    store: MemoryStore,
    options: PartyOptions,
  ) {
    const { id, isMirror = false, settings } = options;
    this.#bus = bus;
    this.store = store;
    this.channel = bus.channel(port, id, isMirror);
    if (!isMirror) {
      new BackupFacts(store.facts).addContext(APP);
    }
    this.managers = new BackupManagers({
      channel: this.channel,
      clock,
      logger: silentLogger,
      complaints: new LogThrottle(clock, { logger: silentLogger }),
      store,
      facts: store.facts,
      counters: this.counters,
      sessionCounters: newCounters(),
      settings: { ...defaultBackupSettings, bridge: isMirror, ...settings },
      javaLimits: defaultJavaLimits,
      maxUncutBytes: 1e6,
      maxContexts: 10,
      maxProxies: 1000,
      emit: (event) => this.events.push(event),
      isHeard: () => true,
      stored: () => undefined,
      now: () => clock.now(),
    });
    const directory = new MapDirectory({
      channel: this.channel,
      javaLimits: defaultJavaLimits,
      callers: new MapCallers(),
      keepers: [this.managers],
    });
    this.channel.addChannelListener({
      messageReceived: (message) => {
        const take = directory.taker(message);
        take?.();
        return take !== undefined;
      },
    });
    directory.listen();
  }

  static async start(
    bus: MapBus,
    clock: ManualClock,
    port: number,
    options: PartyOptions = {},
  ): Promise<Party> {
    const store = options.store ?? new MemoryStore({ logger: silentLogger });
    if (options.store === undefined) {
      await store.open();
    }
    const party = new Party(bus, clock, port, store, options);
    party.managers.start();
    await settle();
    return party;
  }

  get manager(): BackupManager {
    return this.managers.get(APP) ?? expect.fail('it has not found the map');
  }

  get role(): string | undefined {
    return this.manager.place(ID)?.role;
  }

  get user(): unknown {
    return this.store.get(APP, ID)?.attributes[0]?.stream.toString('latin1').slice(-3);
  }

  async create(user = 'bob', more: Parameters<typeof testRecord>[2] = {}): Promise<void> {
    const attributes = [{ names: ['user'], stream: text(user) }];
    await this.manager.create(testRecord(ID, APP, { attributes, ...more }));
    await settle();
  }

  /** As a request that changes the session. */
  async change(user: string): Promise<unknown> {
    const set = new Map([['user', text(user)]]);
    const groups = [{ names: ['user'], stream: text(user) }];
    const delta = {
      attributes: { set: groups, removed: [] },
      notes: { set: [], removed: [] },
      listeners: [],
    };
    const changed = await this.manager.change(ID, { set }, delta, () => undefined);
    await settle();
    return changed;
  }

  async heartbeat(): Promise<void> {
    this.managers.heartbeat();
    await settle();
  }

  /** It goes without a word. */
  async kill(...others: readonly Party[]): Promise<void> {
    this.#bus.leave(this.channel);
    others.forEach(({ managers }) => managers.memberDisappeared(this.channel.local));
    await settle();
  }
}

const text = (value: string): Buffer => writeStream({ contents: [fromJs(value)] });

describe('BackupManagers', () => {
  let bus: MapBus;
  let clock: ManualClock;
  beforeEach(() => {
    bus = new MapBus({ hidesMirrors: true });
    clock = new ManualClock();
  });
  const tomcat = (port: number, options: PartyOptions = {}): Promise<Party> =>
    Party.start(bus, clock, port, options);
  const node = (port: number, options: PartyOptions = {}): Promise<Party> =>
    Party.start(bus, clock, port, { isMirror: true, ...options });

  it('find the map by the calls that reach them, are chosen as a backup, and have the session', async () => {
    const ours = await node(4100);
    const one = await tomcat(4001);
    await one.create();
    expect([one.role, ours.role]).to.deep.equal(['primary', 'backup']);
    expect(ours.user).to.equal('bob');
    await one.change('eve');
    expect(ours.user).to.equal('eve');
    expect(ours.events.map(({ type }) => type)).to.deep.equal(['sessionTransferred', 'attributeChanged']);
    await one.manager.expire(ID, () => undefined);
    await settle();
    expect(ours.store.get(APP, ID)).to.equal(undefined);
    expect(ours.events.at(-1)?.type).to.equal('sessionExpired');
  });

  it('become the primary when that goes, and give the session to who starts', async () => {
    const ours = await node(4100);
    const one = await tomcat(4001);
    await one.create();
    await one.kill(ours);
    expect(ours.role).to.equal('primary');
    const two = await tomcat(4002);
    expect([ours.role, two.role]).to.deep.equal(['primary', 'backup']);
    await two.heartbeat();
    await two.change('eve');
    expect([ours.role, two.role, ours.user]).to.deep.equal(['backup', 'primary', 'eve']);
  });

  it('give back, after a restart, what nobody else has any more', async () => {
    const ours = await node(4100);
    const one = await tomcat(4001);
    await one.create();
    await one.kill();
    await ours.kill();
    const again = await node(4100, { store: ours.store, id: 77 });
    const two = await tomcat(4002);
    expect([again.role, two.role, two.user]).to.deep.equal(['primary', 'backup', 'bob']);
    expect(again.counters.restored).to.equal(1);
  });

  it('end, after a restart, what somebody had who is still here and does not know it any more', async () => {
    const ours = await node(4100);
    const one = await tomcat(4001);
    await one.create();
    await ours.kill(one);
    await one.manager.expire(ID, () => undefined);
    const again = await node(4100, { store: ours.store, id: 77 });
    await settle();
    expect(again.store.get(APP, ID)).to.equal(undefined);
    expect(again.events.map(({ type }) => type)).to.deep.equal(['sessionExpired']);
  });

  it('say nothing to a Tomcat of which nobody knows what it can read, until it speaks', async () => {
    const store = new MemoryStore({ logger: silentLogger });
    await store.open();
    new BackupFacts(store.facts).addContext(APP);
    const one = await tomcat(4001);
    await tomcat(4002);
    await one.create();
    bus.strangers.add(4001).add(4002);
    const { received } = one.channel;
    const ours = await node(4100, { store });
    await ours.heartbeat();
    expect([one.channel.received, ours.role]).to.deep.equal([received, undefined]);
    await one.heartbeat();
    expect(ours.role).to.equal('proxy');
  });

  it('become the backup of a session whose backup has gone without its primary noticing', async () => {
    const ours = await node(4100);
    const one = await tomcat(4001);
    const two = await tomcat(4002);
    await one.create();
    await one.manager.expire(ID, () => undefined);
    await one.create(); // its backup is the next one in turn
    expect([two.role, ours.role]).to.deep.equal(['backup', 'proxy']);
    const goodbye = mapMessageObject(
      {
        ...{ mapId: Buffer.from(`${APP}-map`), msgtype: MapMessageType.STOP, keydata: null, diff: false },
        ...{ diffvalue: null, valuedata: null, nodes: [] },
        primary: { javaClass: 'MemberImpl', member: two.channel.local.info },
      },
      NEWEST_DIALECT,
    );
    await two.channel.send([ours.channel.local], () => encodeMapMessageObject(goodbye), 6);
    await two.kill(ours);
    for (let seconds = 0; seconds < 4; seconds++) {
      clock.advance(1000);
      await settle();
    }
    expect([ours.role, ours.user, ours.counters.sheltered]).to.deep.equal(['backup', 'bob', 1]);
    expect(one.manager.place(ID)).to.deep.include({ role: 'primary' });
    await one.kill(ours);
    expect([ours.role, ours.user]).to.deep.equal(['primary', 'bob']);
  });

  it('join the maps of so many sorts of Tomcats at most as there could be, whatever a mirror says', async () => {
    const ours = await node(4100);
    const other = bus.channel(4200, 200, true);
    const member = { javaClass: 'MemberImpl', member: other.local.info } as const;
    const about = (key: string): MapMessage => ({
      ...{ mapId: Buffer.from(`${APP}-map`), msgtype: MapMessageType.PROXY, keydata: encodeMapKey(key) },
      ...{ diff: false, diffvalue: null, valuedata: null, primary: member, nodes: [member] },
    });
    for (let sort = 1; sort <= 40; sort++) {
      const dialect = { ...NEWEST_DIALECT, memberImplUid: BigInt(sort) };
      const payload = encodeMapMessageObject(mapMessageObject(about(`S${sort}`), dialect));
      await other.send([ours.channel.local], () => payload, 6);
    }
    expect(ours.manager.groups()).to.have.length(16);
    // Its own form is one of them.
    expect([ours.manager.has(sessionId('S15')), ours.manager.has(sessionId('S16'))]).to.eql([true, false]);
  });

  it('look at a session that is elsewhere, and its primary notices nothing', async () => {
    const two = await tomcat(4002);
    const one = await tomcat(4001);
    const ours = await node(4100);
    await two.heartbeat();
    await one.heartbeat();
    await one.create();
    expect([one.role, two.role, ours.role]).to.deep.equal(['primary', 'backup', 'proxy']);
    expect(ours.user).to.equal(undefined);
    expect(await ours.manager.look(ID)).to.equal(true);
    expect(ours.user).to.equal('bob');
    expect([one.role, two.role, ours.role]).to.deep.equal(['primary', 'backup', 'proxy']);
  });

  it('are never chosen as a backup with the mode proxy, and learn the keys by asking', async () => {
    const ours = await node(4100, { settings: { part: 'proxy', poll: 1000 } });
    const one = await tomcat(4001);
    await one.create();
    clock.advance(1000);
    await settle();
    clock.advance(1000);
    await settle();
    expect(one.manager.place(ID)?.backups).to.deep.equal([]);
    expect(one.manager.members()).to.deep.equal([]);
    expect([...ours.manager.proxies()]).to.deep.equal([ID]);
  });

  describe('between Tomcats that cannot read each other', () => {
    it('carry a session to whoever asks for it, and the one that had it is told', async () => {
      bus.nines.add(4009);
      const ours = await node(4100);
      const nine = await tomcat(4009);
      const ten = await tomcat(4010);
      await nine.create();
      expect([nine.role, ten.role]).to.deep.equal(['primary', 'proxy']);
      await ten.change('eve');
      expect([nine.role, ten.role, ours.role]).to.deep.equal(['proxy', 'primary', 'backup']);
      expect(ours.user).to.equal('eve');
      await nine.change('ann');
      expect([nine.role, ten.role, ours.user]).to.deep.equal(['primary', 'proxy', 'ann']);
      expect(ours.counters.bridged).to.equal(2);
    });

    it('heed a removal only where the session lives', async () => {
      bus.nines.add(4009);
      const ours = await node(4100);
      const nine = await tomcat(4009);
      const ten = await tomcat(4010);
      await nine.create();
      await ten.change('eve');
      nine.manager.expireIdle(ID, clock.now() + 1e9);
      const [map] = nine.manager.groups();
      expect(map?.entries).to.deep.equal({ primary: 0, backup: 0, proxy: 1, held: 0 });
      await ten.manager.expire(ID, () => undefined);
      await settle();
      expect([nine.role, ten.role, ours.role]).to.deep.equal([undefined, undefined, undefined]);
    });

    it('leave that to the one with the lowest id', async () => {
      bus.nines.add(4009);
      const low = await node(4100, { id: 1 });
      const high = await node(4101, { id: 200 });
      const nine = await tomcat(4009);
      await tomcat(4010);
      await nine.create();
      const held = (party: Party): number =>
        party.manager.groups().reduce((sum, { entries }) => sum + entries.held, 0);
      expect([held(low), held(high)]).to.deep.equal([1, 0]);
      expect([low.manager.bridge, high.manager.bridge]).to.deep.equal(['active', 'standby']);
    });

    it('do it in the place of one that has gone, with what the session has become since', async () => {
      bus.nines.add(4009);
      const low = await node(4100, { id: 1 });
      const high = await node(4101, { id: 2 });
      const nine = await tomcat(4009);
      const ten = await tomcat(4010);
      await nine.create();
      await low.kill(high, nine, ten);
      await nine.change('ann');
      expect([nine.role, ten.role]).to.deep.equal(['primary', 'proxy']);
      await ten.change('eve');
      expect([nine.role, ten.role, high.user]).to.deep.equal(['proxy', 'primary', 'eve']);
      expect([high.counters.bridged, high.manager.bridge]).to.deep.equal([1, 'active']);
    });
  });

  describe('beside another mirror, between Tomcats that cannot read each other', () => {
    const everywhere = async (...parties: readonly Party[]): Promise<void> => {
      for (const party of parties) {
        await party.heartbeat();
      }
    };

    /** A session of which the last Tomcat of its group has gone, and only one mirror had a backup. */
    async function orphaned(keeper: 'low' | 'high') {
      bus.nines.add(4009);
      const first = await node(keeper === 'low' ? 4101 : 4102, { id: keeper === 'low' ? 1 : 200 });
      const ten = await tomcat(4010);
      await ten.create();
      const second = await node(keeper === 'low' ? 4102 : 4101, { id: keeper === 'low' ? 200 : 1 });
      const nine = await tomcat(4009);
      await everywhere(first, second, nine, ten);
      expect([first.role, second.role, nine.role]).to.deep.equal(['backup', 'proxy', 'proxy']);
      await ten.kill(first, second);
      return { first, second, nine };
    }

    for (const keeper of ['low', 'high'] as const) {
      it(`have the session whose only backup the ${keeper === 'low' ? 'bridging' : 'other'} one was, when the last Tomcat of its group goes`, async () => {
        const { first, second, nine } = await orphaned(keeper);
        expect([first.role, second.role]).to.deep.equal(['primary', 'backup']);
        expect(nine.role).to.equal('proxy');
        await nine.change('eve');
        expect([nine.role, nine.user]).to.deep.equal(['primary', 'eve']);
        expect([first.role, second.role]).to.have.members(['backup', 'proxy']);
        expect([first.counters.lost, second.counters.lost]).to.deep.equal([0, 0]);
      });

      it(`lose nothing when the ${keeper === 'low' ? 'bridging' : 'other'} one, which has it, goes then`, async () => {
        const { first, second, nine } = await orphaned(keeper);
        await first.kill(second, nine);
        await everywhere(second, nine);
        await nine.change('eve');
        expect([nine.role, nine.user, second.user]).to.deep.equal(['primary', 'eve', 'eve']);
      });

      it(`give it back when the ${keeper === 'low' ? 'bridging' : 'other'} one has been started again`, async () => {
        const { first, second, nine } = await orphaned(keeper);
        await nine.kill(first, second);
        await first.kill(second);
        const id = keeper === 'low' ? 2 : 201;
        const again = await node(4103, { store: first.store, id });
        await everywhere(second, again);
        expect(again.user).to.equal('bob');
        await second.kill(again);
        expect([again.role, again.user]).to.deep.equal(['primary', 'bob']);
        const eleven = await tomcat(4011);
        await everywhere(again, eleven);
        await eleven.change('eve');
        expect([eleven.role, eleven.user]).to.deep.equal(['primary', 'eve']);
      });
    }
  });

  it('expire a session of which they are the primary, everywhere', async () => {
    const ours = await node(4100);
    const one = await tomcat(4001);
    await one.create('bob', { maxInactiveInterval: 60 });
    await one.kill(ours);
    const two = await tomcat(4002);
    ours.manager.expireIdle(ID, clock.now() + 60_000);
    expect(ours.role).to.equal('primary');
    ours.manager.expireIdle(ID, clock.now() + 120_000);
    await settle();
    expect([ours.role, two.role]).to.deep.equal([undefined, undefined]);
  });
});
