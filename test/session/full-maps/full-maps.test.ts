import { MapCallers, MapDirectory } from '../../../src/session/map-directory.js';
import { expect } from 'chai';
import {
  contextName,
  defaultJavaLimits,
  LogThrottle,
  sessionId,
  silentLogger,
  type Logger,
} from '../../../src/base/index.js';
import { fromJs, writeStream } from '../../../src/java/index.js';
import { defaultBackupSettings } from '../../../src/session/backup/backup-settings.js';
import { contextAttributes } from '../../../src/session/full-maps/context-attributes.js';
import { FullMapFacts } from '../../../src/session/full-maps/full-map-facts.js';
import type { FullMap, FullMapChange } from '../../../src/session/full-maps/full-map.js';
import { FullMaps } from '../../../src/session/full-maps/full-maps.js';
import type { MapKind } from '../../../src/session/full-maps/map-kind.js';
import { SingleSignOns } from '../../../src/session/full-maps/single-sign-ons.js';
import { MemoryStore } from '../../../src/store/index.js';
import { testRecord, vectorBytes } from '../../api/test-node.js';
import { rejectionOf } from '../../support/errors.js';
import { ManualClock } from '../../support/manual-clock.js';
import { recordingLogger } from '../../support/recording-logger.js';
import { MapBus, type BusChannel } from './map-bus.js';

const SSO = 'Catalina-SSO-cache';
const CONTEXT = '/app';
const SSO_ENTRY = vectorBytes('05-session-replication-tomcat10.1.60', 'sso-entry-one-session');
const HOUR = 3_600_000;

const stream = (value: unknown): Buffer => writeStream({ contents: [fromJs(value)] });

/** Lets everything go on that is on its way in this process. */
async function settle(): Promise<void> {
  for (let i = 0; i < 40; i++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

interface PartyOptions {
  readonly store?: MemoryStore;
  readonly id?: number;
  /** Maps that it has from the beginning. */
  readonly maps?: readonly (readonly [string, MapKind])[];
  readonly isMirror?: boolean;
  readonly limits?: { readonly maxMapEntries: number; readonly maxMapBytes: number };
  readonly logger?: Logger;
}

/** One who has full maps: a node, or in the place of a Tomcat one that says it is none. */
class Party {
  readonly channel: BusChannel;
  readonly store: MemoryStore;
  readonly maps: FullMaps;
  readonly #bus: MapBus;

  private constructor(
    bus: MapBus,
    clock: ManualClock,
    port: number,
    store: MemoryStore,
    options: PartyOptions,
  ) {
    const { id, maps = [], isMirror = false, logger = silentLogger } = options;
    this.#bus = bus;
    this.store = store;
    this.channel = bus.channel(port, id, isMirror);
    maps.forEach(([name, kind]) => new FullMapFacts(store.facts).addMap(name, kind));
    const callers = new MapCallers();
    this.maps = new FullMaps({
      callers,
      channel: this.channel,
      clock,
      logger,
      complaints: new LogThrottle(clock, { logger }),
      facts: store.facts,
      settings: defaultBackupSettings,
      javaLimits: defaultJavaLimits,
      now: () => clock.now(),
      limits: { maxContexts: 10, maxMapEntries: 1000, maxMapBytes: 1e6, ...options.limits },
    });
    const directory = new MapDirectory({
      channel: this.channel,
      javaLimits: defaultJavaLimits,
      callers,
      keepers: [this.maps],
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
    party.maps.start();
    await settle();
    return party;
  }

  map(name: string): FullMap {
    const map = this.maps.get(name);
    if (map === undefined) {
      throw new Error(`no map ${name}`);
    }
    return map;
  }

  /** It goes without a word. */
  async kill(others: readonly Party[] = []): Promise<void> {
    this.#bus.leave(this.channel);
    others.forEach(({ maps }) => maps.memberDisappeared(this.channel.local));
    await settle();
  }
}

describe('FullMaps', () => {
  let bus: MapBus;
  let clock: ManualClock;
  beforeEach(() => {
    bus = new MapBus();
    clock = new ManualClock();
  });

  const tomcat = (port: number, options: PartyOptions = {}): Promise<Party> =>
    Party.start(bus, clock, port, {
      maps: [
        [SSO, 'sso'],
        [CONTEXT, 'context'],
      ],
      ...options,
    });
  const node = (port: number, options: PartyOptions = {}): Promise<Party> =>
    Party.start(bus, clock, port, { isMirror: true, ...options });
  const put = async (party: Party, name: string, key: string, value: Buffer): Promise<void> => {
    await party.map(name).put(key, value);
    await settle();
  };

  it('finds maps by the calls that reach it, and has what is in them', async () => {
    const one = await tomcat(4001);
    await put(one, CONTEXT, 'greeting', stream('hello'));
    const ours = await node(4100);
    expect([...ours.maps]).to.deep.equal([]);
    one.maps.heartbeat();
    await settle();
    expect([...ours.maps].map(({ name, kind }) => [name, kind])).to.have.deep.members([
      [SSO, 'sso'],
      [CONTEXT, 'context'],
    ]);
    expect(ours.map(CONTEXT).value('greeting')).to.deep.equal(stream('hello'));
    expect(ours.map(CONTEXT).place('greeting')).to.deep.include({
      role: 'copy',
      primary: 'tcp://127.0.0.1:4001',
    });
  });

  it('passes over the maps of BackupManagers, and maps of whose users it knows nothing', async () => {
    const ours = await node(4100);
    const other = await Party.start(bus, clock, 4001);
    await other.maps.open('fruit');
    await settle();
    expect([...ours.maps]).to.deep.equal([]);
  });

  it('gives back what nobody has any more, to whoever comes', async () => {
    const one = await tomcat(4001);
    const ours = await node(4100);
    one.maps.heartbeat();
    await settle();
    await put(one, SSO, 'ABC', SSO_ENTRY);
    expect(ours.map(SSO).has('ABC')).to.be.true;
    await one.kill();
    await ours.kill();
    const again = await node(4100, { id: 7, store: ours.store });
    expect(again.map(SSO).has('ABC')).to.be.true;
    const two = await tomcat(4001, { id: 8 });
    await settle();
    expect(two.map(SSO).value('ABC')).to.deep.equal(SSO_ENTRY);
    expect(again.map(SSO).place('ABC').role).to.equal('primary');
  });

  it('takes for ended what somebody had who is still there and has it no more', async () => {
    const one = await tomcat(4001);
    const ours = await node(4100);
    one.maps.heartbeat();
    await settle();
    await put(one, SSO, 'ABC', SSO_ENTRY);
    await put(one, SSO, 'DEF', SSO_ENTRY);
    await ours.kill([one]);
    await one.map(SSO).remove('ABC');
    const again = await node(4100, { id: 7, store: ours.store });
    one.maps.heartbeat();
    await settle();
    expect([...again.map(SSO).keys()]).to.deep.equal(['DEF']);
    expect([...one.map(SSO).keys()]).to.deep.equal(['DEF']);
  });

  it('does not bring back what is removed before it has joined', async () => {
    const one = await tomcat(4001);
    const ours = await node(4100);
    one.maps.heartbeat();
    await settle();
    await put(one, SSO, 'ABC', SSO_ENTRY);
    await one.map(SSO).remove('ABC');
    await settle();
    expect([...ours.map(SSO).keys()]).to.deep.equal([]);
    expect([...new FullMapFacts(ours.store.facts).entries(SSO)]).to.deep.equal([]);
  });

  it('brings what one Tomcat has to others that cannot read its messages', async () => {
    const one = await tomcat(4001);
    bus.nines.add(4009);
    const nine = await tomcat(4009);
    const ours = await node(4100);
    one.maps.heartbeat();
    nine.maps.heartbeat();
    await settle();
    await put(one, CONTEXT, 'a', stream(1));
    expect(nine.map(CONTEXT).value('a')).to.deep.equal(stream(1));
    await put(nine, CONTEXT, 'b', stream(2));
    expect(one.map(CONTEXT).value('b')).to.deep.equal(stream(2));
    await one.map(CONTEXT).remove('b');
    await settle();
    expect(nine.map(CONTEXT).has('b')).to.be.false;
    expect([...ours.map(CONTEXT).keys()]).to.deep.equal(['a']);
    expect(nine.map(CONTEXT).members()).to.have.length(1);
  });

  it('tells of every change, and who made it', async () => {
    const one = await tomcat(4001);
    const two = await tomcat(4002, { isMirror: true });
    one.maps.heartbeat();
    await settle();
    const changes: FullMapChange[] = [];
    two.map(CONTEXT).subscribe((change) => changes.push(change));
    await put(one, CONTEXT, 'a', stream(1));
    await put(one, CONTEXT, 'a', stream(1));
    await put(two, CONTEXT, 'b', stream(2));
    await one.map(CONTEXT).remove('a');
    await settle();
    expect(changes).to.deep.equal([
      { type: 'set', key: 'a', isOwn: false },
      { type: 'set', key: 'b', isOwn: true },
      { type: 'delete', key: 'a', isOwn: false },
    ]);
  });

  it('keeps no more entries and bytes than it is allowed, over all maps, and says so', async () => {
    const { logger, lines } = recordingLogger();
    const one = await tomcat(4001);
    const ours = await node(4100, { logger, limits: { maxMapEntries: 2, maxMapBytes: 100 } });
    one.maps.heartbeat();
    await settle();
    await put(one, CONTEXT, 'a', stream('x'));
    await put(one, CONTEXT, 'large', stream('x'.repeat(100)));
    await put(one, SSO, 'b', stream('y'));
    await put(one, SSO, 'c', stream('z'));
    expect([...ours.map(CONTEXT).keys(), ...ours.map(SSO).keys()]).to.deep.equal(['a', 'b']);
    expect(ours.maps.room.entries).to.equal(2);
    expect(
      lines('warn')
        .map(({ message }) => message)
        .join(),
    ).to.include('session.maxMapEntries');
    await put(one, CONTEXT, 'a', stream('x'.repeat(100)));
    expect(ours.map(CONTEXT).has('a')).to.be.false;
  });

  it('shares a map of a program, and leaves it when it is closed', async () => {
    const one = await node(4001);
    const two = await node(4002);
    const first = await one.maps.open('fruit');
    await first.put('a', stream('apple'));
    const second = await two.maps.open('fruit');
    expect(second.value('a')).to.deep.equal(stream('apple'));
    expect(await two.maps.open('fruit')).to.equal(second);
    await two.maps.close('fruit');
    expect(two.maps.get('fruit')).to.equal(second);
    await two.maps.close('fruit');
    await settle();
    expect(two.maps.get('fruit')).to.be.undefined;
    expect(first.members()).to.deep.equal([]);
    const again = await two.maps.open('fruit');
    expect([...again.keys()]).to.deep.equal(['a']);
  });

  it('says nothing to a Tomcat that has said nothing of the map, since nobody knows what it can read', async () => {
    const one = await node(4100);
    const silent = bus.channel(4001);
    const opening = one.maps.open('fruit');
    await settle();
    clock.advance(6_000);
    const map = await opening;
    await map.put('a', stream(1));
    one.maps.heartbeat();
    await settle();
    expect(silent.received).to.equal(0);
  });

  it('refuses names that are not for programs', async () => {
    const one = await Party.start(bus, clock, 4001);
    for (const name of ['localhost#/app-map', SSO, 'ж', 'x'.repeat(1025)]) {
      await rejectionOf('TRIBES_E_MAP_NAME', one.maps.open(name));
    }
  });

  it('finds the attributes of a context by the name of the map, and by that of its manager', async () => {
    const ours = await node(4100, {
      maps: [
        ['/app', 'context'],
        ['', 'context'],
      ],
    });
    await put(ours, '/app', 'b', stream(2));
    await put(ours, '/app', 'a', stream(1));
    await put(ours, '', 'root', stream(0));
    const names = (context: string): unknown =>
      contextAttributes(ours.maps, context)?.flatMap((group) => group.names);
    expect(names('/app')).to.deep.equal(['a', 'b']);
    expect(names('localhost#/app')).to.deep.equal(['a', 'b']);
    expect(names('')).to.deep.equal(['root']);
    expect(names('localhost#')).to.deep.equal(['root']);
    expect(names('/other')).to.be.undefined;
  });

  describe('single sign-ons', () => {
    let ours: Party;
    let sso: SingleSignOns;
    const { logger, lines } = recordingLogger();

    beforeEach(async () => {
      ours = await node(4100, { maps: [[SSO, 'sso']], logger });
      sso = new SingleSignOns({
        maps: ours.maps,
        store: ours.store,
        logger,
        javaLimits: defaultJavaLimits,
        now: () => clock.now(),
      });
    });
    const tick = (): void => {
      sso.tick();
      sso.tick();
    };

    it('are shown without their password', async () => {
      await put(ours, SSO, 'ABC', SSO_ENTRY);
      const page = sso.page({ limit: 10 });
      expect(page.next).to.be.null;
      const [shown] = page.sso;
      expect(shown).to.deep.include({ id: 'ABC', map: SSO });
      expect(shown?.sessions).to.have.length(1);
      expect(shown?.username).to.be.a('string');
      expect(JSON.stringify(page)).not.to.match(/password|secret/i);
      expect(SSO_ENTRY.toString('latin1')).to.match(/password/);
    });

    it('come in pages, in the order of their ids', async () => {
      for (const id of ['C', 'A', 'B']) {
        await put(ours, SSO, id, SSO_ENTRY);
      }
      const first = sso.page({ limit: 2 });
      expect([first.sso.map(({ id }) => id), first.next]).to.deep.equal([['A', 'B'], 'B']);
      const second = sso.page({ limit: 2, after: 'B' });
      expect([second.sso.map(({ id }) => id), second.next]).to.deep.equal([['C'], null]);
    });

    it('say so when they cannot be read', async () => {
      await put(ours, SSO, 'ABC', stream('no sign-on'));
      expect(sso.page({ limit: 1 }).sso[0]).to.deep.include({ error: 'TRIBES_E_WIRE_CLASS', sessions: [] });
    });

    it('are dropped when all their sessions have ended for two hours', async () => {
      await put(ours, SSO, 'ABC', SSO_ENTRY);
      tick();
      clock.advance(2 * HOUR - 1);
      tick();
      expect(ours.map(SSO).has('ABC')).to.be.true;
      clock.advance(1);
      tick();
      expect(ours.map(SSO).has('ABC')).to.be.false;
      expect(JSON.stringify(lines('info'))).not.to.include('ABC');
    });

    it('stay as long as one of their sessions is there', async () => {
      await put(ours, SSO, 'ABC', SSO_ENTRY);
      const [session] = sso.page({ limit: 1 }).sso[0]?.sessions ?? [];
      const context = `${session?.host ?? ''}#${session?.context ?? ''}`;
      ours.store.put(testRecord(session?.id ?? '', context));
      tick();
      clock.advance(3 * HOUR);
      tick();
      expect(ours.map(SSO).has('ABC')).to.be.true;
      ours.store.delete(contextName(context), sessionId(session?.id ?? ''));
      tick();
      clock.advance(2 * HOUR);
      tick();
      expect(ours.map(SSO).has('ABC')).to.be.false;
    });

    it('stay where a Tomcat has used them last', async () => {
      const one = await tomcat(4001);
      await put(one, SSO, 'ABC', SSO_ENTRY);
      expect(ours.map(SSO).place('ABC').role).to.equal('copy');
      tick();
      clock.advance(3 * HOUR);
      tick();
      expect(ours.map(SSO).has('ABC')).to.be.true;
    });
  });
});
