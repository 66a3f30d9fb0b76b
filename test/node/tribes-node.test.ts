import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { open } from 'lmdb';
import { sessionId, silentLogger } from '../../src/base/index.js';
import { startNode, type NodeView, type TribesNode } from '../../src/node/index.js';
import { LmdbStore } from '../../src/store/index.js';
import { rejectionOf } from '../support/errors.js';
import { eventually } from '../support/eventually.js';
import { recordingLogger } from '../support/recording-logger.js';
import { TestCluster, created, send } from './cluster.js';

describe('a node', function () {
  this.timeout(30_000);
  let cluster: TestCluster;

  beforeEach(() => {
    cluster = new TestCluster();
  });
  afterEach(() => cluster.stop());

  const sessionIds = ({ mirror }: TribesNode): string[] =>
    mirror
      .page({ limit: 10_000 })
      .sessions.map(({ id }) => id)
      .sort();

  const ready = (node: TribesNode): Promise<void> =>
    eventually(`ready, not ${JSON.stringify(node.health())}`, () => node.health().ready, 15_000);

  it('that is alone is ready when it has joined', async () => {
    const node = await cluster.start('a');
    await ready(node);
    expect(node.channel.members()).to.deep.equal([]);
    expect(node.channel.local.host).to.equal('127.0.0.1');
    expect(node.channel.local.port).to.be.greaterThan(0);
  });

  it('mirrors what another member tells of its sessions, and counts it', async () => {
    const peer = await cluster.peer();
    const node = await cluster.start('a');
    await send(peer, node.channel.local.port, created('S1'));
    expect(sessionIds(node)).to.deep.equal(['S1']);
    expect(node.mirror.contexts()[0]).to.include({ name: 'localhost#/app', sessions: 1 });
    const metrics = await node.metrics.metrics();
    expect(metrics)
      .to.match(/^tribes_sessions 1$/m)
      .and.match(/^tribes_members 1$/m);
    expect(metrics).to.match(/^tribes_session_messages_received_total\{event="SESSION_CREATED"\} 1$/m);
    expect(metrics).to.match(/^tribes_receiver_acks_total [1-9]/m);
    expect(metrics).to.match(/^# TYPE tribes_receiver_refusals_total counter$/m);
    expect(metrics).to.match(/^tribes_membership_heartbeats_received_total [1-9]/m);
  });

  it('gives its sessions to a node that joins later', async () => {
    const first = await cluster.start('a');
    const peer = await cluster.peer();
    await send(peer, first.channel.local.port, created('S1'));
    await send(peer, first.channel.local.port, created('S2', 'localhost#/other'));
    await peer.channel.stop();
    const second = await cluster.start('b');
    await ready(second);
    expect(sessionIds(second)).to.deep.equal(['S1', 'S2']);
  });

  it('has its sessions again after a restart, unless they rest in memory only', async () => {
    const peer = await cluster.peer();
    for (const [name, store, expected] of [
      ['a', 'lmdb', ['S1']],
      ['b', 'memory', []],
    ] as const) {
      const node = await cluster.start(name, { 'store.type': store });
      await send(peer, node.channel.local.port, created('S1'));
      await node.stop();
      let atStart: string[] = [];
      const again = await cluster.start(
        name,
        { 'store.type': store },
        {
          startFace: (view) => {
            atStart = view.mirror.page({ limit: 10 }).sessions.map(({ id }) => id);
            return Promise.resolve({ stop: () => Promise.resolve() });
          },
        },
      );
      expect(atStart, store).to.deep.equal(expected);
      await again.stop();
    }
  });

  it('says goodbye when it stops, and lets go of everything', async () => {
    const peer = await cluster.peer();
    const node = await cluster.start('a');
    const { port } = node.channel.local;
    await peer.member(port);
    await Promise.all([node.stop(), node.stop()]);
    await eventually('it has gone', () => peer.events.includes(`-${port} shutdown`));
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    server.close();
    await reopen('a');
  });

  it('shows itself before it has joined, and says that it is not ready', async () => {
    const seen: unknown[] = [];
    let view: NodeView | undefined;
    await cluster.start(
      'a',
      {},
      {
        startFace: (node) => {
          view = node;
          seen.push(node.health(), node.channel.members(), node.mirror.contexts());
          return Promise.resolve({ stop: () => Promise.resolve() });
        },
      },
    );
    expect(seen).to.deep.equal([{ ready: false, reason: 'the node is joining the cluster' }, [], []]);
    expect(view?.channel.local.host).to.equal('127.0.0.1');
  });

  it('logs who comes and goes', async () => {
    const { logger, lines } = recordingLogger();
    await cluster.start('a', {}, { logger });
    const peer = await cluster.peer();
    await eventually('it has come', () =>
      lines('info').some(({ message }) => message === 'a member has come'),
    );
    await peer.channel.stop();
    await eventually('it has gone', () =>
      lines('info').some(({ message }) => message === 'a member has gone'),
    );
    const gone = lines('info').find(({ message }) => message === 'a member has gone');
    expect(gone?.fields).to.include({ member: `tcp://127.0.0.1:${peer.port}`, reason: 'shutdown' });
  });

  describe('that cannot start leaves nothing behind', () => {
    it('when the receiver finds no port', async () => {
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
      const { port } = taken.address() as AddressInfo;
      let faceStopped = false;
      const { message } = await rejectionOf(
        'TRIBES_E_RECEIVER_BIND',
        startNode(cluster.settings('a', { 'receiver.port': String(port), 'receiver.autoBind': '1' }), {
          startFace: () =>
            Promise.resolve({
              stop: () => {
                faceStopped = true;
                return Promise.resolve();
              },
            }),
        }),
      );
      expect(message).to.include(String(port));
      expect(faceStopped).to.be.true;
      taken.close();
      await reopen('a');
    });

    it('when the interface is not there', async () => {
      await rejectionOf(
        'TRIBES_E_MEMBERSHIP_BIND',
        startNode(cluster.settings('a', { 'membership.bind': '192.0.2.1' })),
      );
      await reopen('a');
    });

    it('when interceptors act on the same options, before the store is opened', async () => {
      const both = {
        'channel.interceptors': 'MessageDispatchInterceptor,MessageDispatch15Interceptor',
        'channel.optionCheck': 'true',
      };
      await rejectionOf('TRIBES_E_CHANNEL_OPTION_FLAGS', startNode(cluster.settings('a', both)));
      expect(existsSync(cluster.dataOf('a'))).to.equal(false);
    });

    it('when its data directory is in use', async () => {
      await cluster.start('a');
      await rejectionOf('TRIBES_E_STORE_IN_USE', startNode(cluster.settings('a')));
    });

    it('when a face cannot be shown', async () => {
      const failure = new Error('no face');
      let caught: unknown;
      try {
        await startNode(cluster.settings('a'), { startFace: () => Promise.reject(failure) });
      } catch (error) {
        caught = error;
      }
      expect(caught).to.equal(failure);
      await reopen('a');
    });

    it('when it is interrupted', async () => {
      const peer = await cluster.peer();
      const interrupted = new AbortController();
      const starting = startNode(cluster.settings('a', { 'membership.frequency': '500' }), {
        signal: interrupted.signal,
      });
      await eventually('it is announced', () => peer.channel.members().length === 1);
      interrupted.abort();
      let caught: unknown;
      try {
        await starting;
      } catch (error) {
        caught = error;
      }
      expect(caught).to.equal(interrupted.signal.reason);
      await eventually('it has said goodbye', () => peer.events.some((event) => event.endsWith('shutdown')));
      await reopen('a');
    });
  });

  describe('that finds damage in its store is ready, and warns', () => {
    async function stopped(): Promise<void> {
      const peer = await cluster.peer();
      const node = await cluster.start('a');
      await send(peer, node.channel.local.port, created('S1'));
      await peer.channel.stop();
      await node.stop();
    }

    const warnings = (node: TribesNode): string => (node.health().warnings ?? []).join('\n');

    it('of a file of the journal that cannot be read', async () => {
      await stopped();
      const garbage = join(cluster.dataOf('a'), 'journal', '0000000001.journal');
      writeFileSync(garbage, Buffer.alloc(5000, 'garbage'));
      const node = await cluster.start('a');
      await ready(node);
      expect(warnings(node)).to.match(/^files of the journal kept aside: 1\./);
      expect(sessionIds(node)).to.deep.equal(['S1']);
      await node.stop();
      rmSync(`${garbage}.damaged`);
      const again = await cluster.start('a');
      await ready(again);
      expect(again.health()).to.deep.equal({ ready: true });
    });

    it('of a record that cannot be read', async () => {
      await stopped();
      const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
      const root = open<Buffer, Buffer>({ path: join(cluster.dataOf('a'), 'sessions'), ...binary });
      const bodies = root.openDB<Buffer, Buffer>({ name: 'bodies', ...binary });
      for (const key of [...bodies.getKeys()]) {
        bodies.putSync(key, Buffer.from('damaged'));
      }
      await root.close();
      const node = await cluster.start('a');
      await ready(node);
      expect(node.mirror.find(sessionId('S1'))).to.deep.equal([]);
      expect(warnings(node)).to.match(/^unreadable records of the store: 1\./);
      expect(node.health().ready).to.equal(true);
    });
  });

  /** Fails when somebody still has the data directory. */
  async function reopen(name: string): Promise<void> {
    const store = new LmdbStore({ directory: cluster.dataOf(name), logger: silentLogger });
    await store.open();
    await store.close();
  }
});
