import { expect } from 'chai';
import { contextName, sessionId } from '../../src/base/index.js';
import type { Member } from '../../src/membership/index.js';
import { sessionMessages } from '../../src/wire/index.js';
import { deltaPayload } from '../support/delta-payload.js';
import { rejectionOf } from '../support/errors.js';
import { fakeMember } from './support/fake-channel.js';
import { TestNode } from './support/node.js';
import { groups } from './support/streams.js';

const APP = contextName('localhost#/app');
const S = sessionId('S');

describe('messages that nobody hears of', () => {
  let node: TestNode;
  let tomcat: Member;
  let at: number;

  beforeEach(async () => {
    tomcat = fakeMember(4001);
    node = await new TestNode({ isHeard: false }).join(tomcat);
    await node.pass(200_000);
    at = node.clock.now();
    await node.channel.say(tomcat, sessionMessages.created(APP, S, at, at));
  });

  afterEach(() => node.cluster.stop());

  const say = (payload: Buffer): Promise<unknown> =>
    node.channel.say(tomcat, sessionMessages.delta(APP, S, payload, ++at));
  const says = (values: Readonly<Record<string, string>>, maxInactiveInterval?: number): Promise<unknown> =>
    say(deltaPayload(S, { set: groups(values), maxInactiveInterval }));

  it('are seen by whoever looks', async () => {
    await says({ a: '1', b: '2' });
    await says({ a: '3' });
    await node.channel.say(tomcat, sessionMessages.accessed(APP, S, ++at));
    expect(node.store.atHand(APP, S)).to.include({ receivedAt: node.clock.now() });
    expect(node.attributes(S)).to.deep.equal({ a: '3', b: '2' });
    expect(node.store.get(APP, S)).to.include({ lastAccessedTime: at, version: 4 });
    expect(node.cluster.counters).to.include({ applied: 4, undecodable: 0 });
  });

  it('are refused as ever where they cannot be read: their sender is told', async () => {
    await rejectionOf('TRIBES_E_JAVA_HEADER', say(Buffer.from('no delta at all')));
    expect(node.cluster.counters).to.include({ undecodable: 1 });
  });

  it('bring expiry on where they shorten the interval', async () => {
    await says({ a: '1' }, 1_000_000);
    await node.pass(20_000);
    await says({ b: '1' }, 10);
    await node.pass(60_000);
    expect(node.attributes(S)).to.equal(undefined);
    expect(node.cluster.counters).to.include({ expiredIdle: 1 });
  });

  it('are told of as soon as somebody hears', async () => {
    await says({ a: '1' });
    const events: string[] = [];
    node.cluster.subscribe(({ type }) => events.push(type));
    await says({ a: '2' });
    expect(events).to.deep.equal(['attributeChanged']);
    expect(node.attributes(S)).to.deep.equal({ a: '2' });
  });
});
