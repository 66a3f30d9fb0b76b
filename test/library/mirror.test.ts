import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { contextName, sessionId } from '../../src/base/index.js';
import { JavaClasses, descOf, type JavaValue } from '../../src/java/index.js';
import { Mirror, type MirrorEvent } from '../../src/library/index.js';
import { sessionMessages } from '../../src/wire/index.js';
import type { LoopbackNode } from '../channel/loopback-node.js';
import { created, send } from '../node/cluster.js';
import { rejectionOf, thrownBy } from '../support/errors.js';
import { eventually } from '../support/eventually.js';
import { recordingLogger } from '../support/recording-logger.js';
import { APP, ProgramCluster, delta } from './program.js';

class Cart {
  owner = '';
  total = 0n;
}

const CART = descOf({ name: 'shop.Cart', suid: 5n, fields: ['J total', 'Ljava/lang/String; owner'] });

function cart(owner: string, total: bigint): JavaValue {
  const values = [total, { kind: 'string', value: owner } as const];
  return { kind: 'object', desc: CART, parts: [{ desc: CART, values, annotation: null }] };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) {
    list.push(item);
  }
  return list;
}

describe('Mirror', function () {
  this.timeout(30_000);
  let cluster: ProgramCluster;

  beforeEach(() => {
    cluster = new ProgramCluster();
  });
  afterEach(() => cluster.stop());

  const tell = (
    peer: LoopbackNode,
    mirror: Mirror,
    ...messages: Parameters<typeof send>[2][]
  ): Promise<void> =>
    messages.reduce(
      (before, message) => before.then(() => send(peer, mirror.local.port, message)),
      Promise.resolve(),
    );

  describe('joins', () => {
    it('a cluster, and has its members and sessions', async () => {
      const first = await cluster.join('a');
      const peer = await cluster.peer();
      await tell(peer, first, created('S1'), created('S2', 'localhost#/other'));
      // It would be asked for its sessions, and has none to tell of.
      await peer.channel.stop();
      const second = await cluster.join('b');
      await second.synchronised();
      expect(second.members.map(({ port }) => port)).to.include(first.local.port);
      expect(second.contexts.names).to.deep.equal(['localhost#/app', 'localhost#/other']);
      expect(second.session('S1')).to.include({ context: APP, maxInactiveInterval: 1800, isValid: true });
      expect(second.health).to.deep.equal({ ready: true });
      expect(await second.metrics()).to.match(/^tribes_sessions 2$/m);
    });

    it('with settings that are held to what flags are held to, and says who set them', async () => {
      const error = await rejectionOf('TRIBES_E_SETTING_VALUE', Mirror.join({ receiver: { port: 70_000 } }));
      expect(error.message).to.equal(
        'receiver.port must be a whole number from 0 to 65535, not "70000" (set by the program)',
      );
      const misspelt = { membership: { adress: '228.0.0.4' } } as object;
      const unknown = await rejectionOf('TRIBES_E_SETTING_UNKNOWN', Mirror.join(misspelt));
      expect(unknown.message).to.include('membership.adress').and.to.include('membership.address');
    });

    it('unless a signal breaks it off', async () => {
      const reason = new Error('enough');
      const joining = cluster.join('a', {}, { signal: AbortSignal.abort(reason) });
      expect(await joining.catch((error: unknown) => error)).to.equal(reason);
    });

    it('and leaves it again, once, also as a disposable', async () => {
      const mirror = await cluster.join('a');
      const other = await cluster.join('b');
      await eventually('both know each other', () => other.members.length === 1);
      await mirror[Symbol.asyncDispose]();
      expect(mirror.leave()).to.equal(mirror.leave());
      await eventually('the other knows', () => other.members.length === 0);
      await rejectionOf('TRIBES_E_LIBRARY_LEFT', mirror.synchronised());
    });
  });

  describe('shows', () => {
    let mirror: Mirror;
    let peer: LoopbackNode;

    beforeEach(async () => {
      const classes = new JavaClasses().register(Cart, 'shop.Cart', 5n);
      mirror = await cluster.join('a', {}, { classes });
      peer = await cluster.peer();
      await tell(peer, mirror, created('S1'));
    });

    it('attributes as plain values, as objects of a class, and as Java streams', async () => {
      await tell(peer, mirror, delta('S1', { user: 'ann', count: -1, cart: cart('ann', -5n) }));
      const session = mirror.session('S1');
      expect(session?.get('user')).to.equal('ann');
      expect(session?.get('count')).to.equal(-1);
      expect(session?.get('cart')).to.have.property('className', 'shop.Cart');
      expect(session?.get('cart', Cart)).to.deep.equal(
        Object.assign(new Cart(), { owner: 'ann', total: -5n }),
      );
      expect(session?.raw('user')?.toString('hex')).to.equal('aced0005740003616e6e');
      expect(session?.get('nothing')).to.be.undefined;
      expect(session?.get('nothing', Cart)).to.be.undefined;
      expect(session?.raw('nothing')).to.be.undefined;
      expect(session?.attributes.get('cart')?.className).to.equal('shop.Cart');
      thrownBy('TRIBES_E_JAVA_NOT_INSTANCE', () => session?.get('user', Cart));
    });

    it('a session as it was when it was looked at', async () => {
      const before = mirror.session('S1');
      await tell(peer, mirror, delta('S1', { user: 'ann' }));
      expect(before?.attributes.names).to.deep.equal([]);
      expect(before?.refresh()?.get('user')).to.equal('ann');
      expect(before?.refresh()?.version).to.not.equal(before?.version);
      await tell(peer, mirror, sessionMessages.expired(contextName(APP), sessionId('S1'), Date.now()));
      expect(before?.refresh()).to.be.undefined;
      expect(before?.isValid).to.be.true;
    });

    it('every attribute, and what attributes share as shared', async () => {
      const shared = cart('both', 1n);
      await tell(peer, mirror, delta('S1', { left: shared, right: shared, user: 'ann' }));
      const attributes = mirror.session('S1')?.attributes;
      if (attributes === undefined) {
        throw new Error('no session');
      }
      expect(attributes.size).to.equal(3);
      const values = new Map((await all(attributes)).map(({ name, value }) => [name, value]));
      expect([...values.keys()].sort()).to.deep.equal(['left', 'right', 'user']);
      expect(values.get('left')).to.equal(values.get('right'));
    });

    it('all sessions, of all contexts or of one', async () => {
      const ids = Array.from({ length: 600 }, (_, number) => `N${number}`);
      await Promise.all(ids.map((id) => send(peer, mirror.local.port, created(id))));
      await tell(peer, mirror, created('O1', 'localhost#/other'));
      expect(mirror.sessions.size).to.equal(602);
      const { sessions } = mirror.context(APP);
      expect(sessions.size).to.equal(601);
      expect((await all(sessions)).map(({ id }) => id).sort()).to.deep.equal([...ids, 'S1'].sort());
      expect((await all(mirror.sessions)).length).to.equal(602);
      expect((await all(mirror.contexts)).map(({ name }) => name)).to.deep.equal([APP, 'localhost#/other']);
    });

    it('nothing that ends while the sessions are looked through', async () => {
      await tell(peer, mirror, created('S2'), created('S3'));
      const seen: string[] = [];
      for await (const { id } of mirror.sessions) {
        seen.push(id);
        for (const other of ['S1', 'S2', 'S3'].filter((each) => each !== id)) {
          await tell(peer, mirror, sessionMessages.expired(contextName(APP), sessionId(other), Date.now()));
        }
      }
      expect(seen).to.have.lengthOf(1);
    });

    it('contexts that are not there as empty, and asks which of two sessions is meant', async () => {
      const nowhere = mirror.context('localhost#/nowhere');
      expect([nowhere.info, nowhere.sessions.size, nowhere.session('S1')]).to.deep.equal([
        undefined,
        0,
        undefined,
      ]);
      await tell(peer, mirror, created('S1', 'localhost#/other'));
      thrownBy('TRIBES_E_LIBRARY_AMBIGUOUS', () => mirror.session('S1'));
      expect(mirror.session('S1', 'localhost#/other')?.context).to.equal('localhost#/other');
      expect(mirror.sessions.find('S1')).to.have.lengthOf(2);
    });

    it('that it does not write unless it may', async () => {
      const session = mirror.session('S1');
      await rejectionOf('TRIBES_E_LIBRARY_READ_ONLY', Promise.resolve(session?.set('a', 1)));
      await rejectionOf('TRIBES_E_LIBRARY_READ_ONLY', mirror.context(APP).create());
    });
  });

  describe('tells', () => {
    it('listeners of what happens, each of its own type, one that fails harming nobody', async () => {
      const { logger, lines } = recordingLogger();
      const mirror = await cluster.join('a', {}, { logger });
      const told: string[] = [];
      mirror
        .on('sessionCreated', () => {
          throw new Error('listener');
        })
        .on('sessionCreated', () => Promise.reject(new Error('late listener')))
        .on('sessionCreated', ({ id }) => told.push(`created ${id}`))
        .once('attributeChanged', ({ id, name }) => told.push(`${id}.${name}`))
        .on('sessionIdChanged', ({ id, newId }) => told.push(`${id} is ${newId}`))
        .on('sessionExpired', ({ id, reason }) => told.push(`expired ${id}: ${reason}`))
        .on('memberAdded', ({ member }) => told.push(`member ${member.host}`))
        .on('memberDisappeared', ({ reason }) => told.push(`gone: ${reason}`));
      const never = (): unknown => told.push('never');
      mirror.on('sessionCreated', never).off('sessionCreated', never).once('sessionCreated', never);
      mirror.off('sessionCreated', never);
      const peer = await cluster.peer();
      const now = Date.now();
      await tell(
        peer,
        mirror,
        created('S1'),
        delta('S1', { a: 1 }),
        delta('S1', { b: 1 }),
        sessionMessages.expired(contextName(APP), sessionId('S1'), now + 5),
      );
      await peer.channel.stop();
      await eventually('the peer is gone', () => told.at(-1)?.startsWith('gone') === true);
      expect(told).to.deep.equal([
        'member 127.0.0.1',
        'created S1',
        'S1.a',
        'expired S1: message',
        'gone: shutdown',
      ]);
      const failures = lines('error').map(({ fields }) => (fields as { error?: string }).error);
      expect(failures).to.have.members(['listener', 'late listener']);
    });

    it('when it has the sessions of the cluster', async () => {
      const mirror = await cluster.join('a');
      const events = mirror.events({ types: ['synchronised'] });
      await mirror.synchronised();
      await mirror.synchronised();
      const first = await events.next();
      expect(first.value).to.have.property('type', 'synchronised');
      await events.return();
    });

    it('readers at their own pace, and how much a slow one has missed', async () => {
      const mirror = await cluster.join('a');
      const peer = await cluster.peer();
      const reader = mirror.events({ types: ['sessionCreated'], buffer: 2 });
      await tell(
        peer,
        mirror,
        created('S1'),
        delta('S1', { a: 1 }),
        created('S2'),
        created('S3'),
        created('S4'),
      );
      const told: string[] = [];
      for await (const event of reader) {
        told.push(event.type === 'missed' ? `missed ${event.count}` : event.id);
        if (told.length === 3) {
          break;
        }
      }
      expect(told).to.deep.equal(['missed 2', 'S3', 'S4']);
      expect(await reader.next()).to.deep.equal({ done: true, value: undefined });
    });

    it('readers of one context, until they or the mirror end', async () => {
      const mirror = await cluster.join('a');
      const peer = await cluster.peer();
      const ending = new AbortController();
      const read = async (events: AsyncIterable<MirrorEvent | { type: 'missed' }>): Promise<string[]> =>
        (await all(events)).map(({ type, ...event }) => ('id' in event ? `${type} ${event.id}` : type));
      const here = read(mirror.events({ context: APP, types: ['sessionCreated'], signal: ending.signal }));
      const everywhere = read(mirror.events({ types: ['sessionCreated'] }));
      await tell(peer, mirror, created('S1'), created('O1', 'localhost#/other'));
      ending.abort();
      await tell(peer, mirror, created('S2'));
      expect(await here).to.deep.equal(['sessionCreated S1']);
      await mirror.leave();
      expect(await everywhere).to.deep.equal(['sessionCreated S1', 'sessionCreated O1', 'sessionCreated S2']);
      expect(await read(mirror.events())).to.deep.equal([]);
    });

    it('a reader that waits, as soon as something happens', async () => {
      const mirror = await cluster.join('a');
      const peer = await cluster.peer();
      const reader = mirror.events({ types: ['sessionCreated'] });
      const waiting = Promise.all([reader.next(), reader.next()]);
      await pause(5);
      await tell(peer, mirror, created('S1'), created('S2'));
      expect((await waiting).map(({ value }) => (value as { id: string }).id)).to.deep.equal(['S1', 'S2']);
      await reader.return();
    });
  });
});
