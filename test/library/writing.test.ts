import { expect } from 'chai';
import { JavaClasses, java } from '../../src/java/index.js';
import type { Mirror, Session, WriteResult } from '../../src/library/index.js';
import { created, send } from '../node/cluster.js';
import { rejectionOf } from '../support/errors.js';
import { APP, ProgramCluster } from './program.js';

class Cart {
  owner = '';
  total = 0n;
}

const CART_FIELDS = { owner: 'java.lang.String', total: 'long' };

describe('writing by the library', function () {
  this.timeout(30_000);
  let cluster: ProgramCluster;
  let writer: Mirror;
  let reader: Mirror;
  let session: Session;

  before(async () => {
    cluster = new ProgramCluster();
    const write = { enabled: true, allowedClasses: ['default', 'shop.Cart'] };
    const classes = new JavaClasses().register(Cart, 'shop.Cart', 5n, { fields: CART_FIELDS });
    writer = await cluster.join('writer', { write }, { classes });
    // A context is there as soon as somebody has named it.
    const peer = await cluster.peer();
    await send(peer, writer.local.port, created('S1'));
    await peer.channel.stop();
    reader = await cluster.join('reader', {}, { classes });
    await Promise.all([writer.synchronised(), reader.synchronised()]);
  });
  beforeEach(async () => {
    session = sessionOf(await writer.context(APP).create({ attributes: { user: 'ann' }, jvmRoute: 'jvm1' }));
  });
  after(() => cluster.stop());

  function sessionOf({ session: written, complete, acknowledged, unacknowledged }: WriteResult): Session {
    expect({ complete, unacknowledged }).to.deep.equal({ complete: true, unacknowledged: [] });
    expect(acknowledged.map(({ port }) => port)).to.deep.equal([reader.local.port]);
    if (written === null) {
      throw new Error('no session was written');
    }
    return written;
  }

  const there = (): Session | undefined => reader.session(session.id);

  it('creates sessions', () => {
    expect(session.id).to.match(/^[0-9A-F]{32}\.jvm1$/);
    expect(there()?.get('user')).to.equal('ann');
    expect(session.context).to.equal(APP);
  });

  it('sets an attribute, says who has it, and gives the session as it is then', async () => {
    const after = sessionOf(await session.set('count', java.long(5)));
    expect(after.get('count')).to.equal(5);
    expect(session.has('count'), 'the session as it was').to.be.false;
    expect(there()?.attributes.get('count')?.className).to.equal('java.lang.Long');
  });

  it('makes several changes at once', async () => {
    const events = reader.events({ types: ['attributeChanged', 'attributeRemoved', 'sessionChanged'] });
    const result = await session.change((changes) =>
      changes
        .set('b', 1)
        .set('b', 2)
        .set('c', [new Date(0)])
        .remove('user')
        .set('d', null)
        .setMaxInactiveInterval(60),
    );
    expect(sessionOf(result).attributes.names).to.have.members(['b', 'c']);
    expect(there()).to.have.property('maxInactiveInterval', 60);
    expect(there()?.get('b')).to.equal(2);
    const told = [await events.next(), await events.next(), await events.next(), await events.next()];
    expect(told.map(({ value }) => value?.type)).to.deep.equal([
      'attributeChanged',
      'attributeChanged',
      'attributeRemoved',
      'sessionChanged',
    ]);
    await events.return();
  });

  it('writes objects of registered classes', async () => {
    const cart = Object.assign(new Cart(), { owner: 'ann', total: -1n });
    await session.set('cart', cart);
    expect(there()?.get('cart', Cart)).to.deep.equal(cart);
  });

  it('keeps the order of the calls', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, n) => session.set('n', n)));
    expect(writer.session(session.id)?.get('n')).to.equal(49);
    expect(there()?.get('n')).to.equal(49);
  });

  it('refuses what has changed since, if it is asked to', async () => {
    await session.set('a', 1);
    await rejectionOf('TRIBES_E_WRITE_VERSION', session.set('a', 2, { ifUnchanged: true }));
    const fresh = session.refresh();
    await fresh?.set('a', 3, { ifUnchanged: true });
    expect(there()?.get('a')).to.equal(3);
  });

  it('refuses classes that are not allowed, and values that are none of Java', async () => {
    await rejectionOf('TRIBES_E_WRITE_CLASS', session.set('file', java.raw(serialisedFile)));
    await rejectionOf(
      'TRIBES_E_JAVA_FROM_JS',
      session.set('f', () => undefined),
    );
    await rejectionOf('TRIBES_E_JAVA_FROM_JS', session.set('u', undefined));
    expect(session.refresh()?.attributes.names).to.deep.equal(['user']);
  });

  it('changes the id', async () => {
    const renamed = sessionOf(await session.changeId());
    expect(renamed.id).to.not.equal(session.id);
    expect(reader.session(renamed.id)?.get('user')).to.equal('ann');
    expect(there()).to.be.undefined;
  });

  it('ends sessions', async () => {
    const { session: left, complete } = await session.expire();
    expect([left, complete, there()]).to.deep.equal([null, true, undefined]);
    await rejectionOf('TRIBES_E_WRITE_NO_SESSION', session.set('a', 1));
  });
});

/** `new java.io.File("x")`, as a JVM writes it. */
const serialisedFile = Buffer.from(
  'aced00057372000c6a6176612e696f2e46696c65042da4450e0de4ff0300014c0004706174687400124c6a6176612f6c616e672f537472696e673b7870740001787702002f78',
  'hex',
);
