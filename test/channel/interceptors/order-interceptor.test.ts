import { expect } from 'chai';
import { randomUniqueId } from '../../../src/base/index.js';
import { makeMember } from '../../../src/membership/index.js';
import { TCP_FAIL_DETECT, type ChannelData } from '../../../src/wire/index.js';
import { eventually } from '../../support/eventually.js';
import { thrownBy } from '../../support/errors.js';
import { member, memberPackage } from '../members.js';
import { channelData, interceptorVectors, InterceptorRig, vectorMessage } from './interceptor-rig.js';

const SENDER = memberPackage(4001);

function numbered(text: string, number: number, from = SENDER): ChannelData {
  const trailer = Buffer.alloc(4);
  trailer.writeInt32BE(number);
  return channelData(Buffer.concat([Buffer.from(text), trailer]), { member: from });
}

function rigOf(attributes: Record<string, number | boolean> = {}, limits = {}): InterceptorRig {
  return new InterceptorRig('OrderInterceptor', { attributes, limits });
}

describe('OrderInterceptor', () => {
  const a = member(4001);
  const b = member(4002);

  it('counts the messages to each member, from 1, also those that it does not take', async () => {
    const rig = rigOf();
    await rig.subject.sendMessage([a, b], channelData('x'));
    rig.lower.answer = (to) =>
      Promise.resolve({
        delivered: [],
        faulty: to.map((one) => ({ member: one, cause: new Error('refused') })),
      });
    await rig.subject.sendMessage([a], channelData('x'));
    await rig.subject.sendMessage([a], channelData('x'));
    expect(rig.sent).to.eql(['7800000001', '7800000001', '7800000002', '7800000003']);
    expect(rig.lower.sent.map(({ to }) => to)).to.eql([[a], [b], [a], [a]]);
  });

  it('delivers in order', async () => {
    const rig = rigOf();
    await rig.subject.messageReceived(numbered('b', 2));
    await rig.subject.messageReceived(numbered('first of another', 1, memberPackage(4002)));
    expect(rig.received).to.eql(['first of another']);
    expect(rig.subject.statistics()).to.include({ heldMessages: 1, outOfOrder: 1 });
    await rig.subject.messageReceived(numbered('a', 1));
    expect(rig.received).to.eql(['first of another', 'a', 'b']);
    expect(rig.subject.statistics()).to.include({ heldMessages: 0, heldBytes: 0 });
  });

  it('keeps the order while a message is being processed, and fails only for the one that failed', async () => {
    const rig = rigOf();
    let release = (): void => undefined;
    const slow = new Promise<void>((resolve) => (release = resolve));
    const order: string[] = [];
    rig.upper.process = async ({ message }) => {
      const text = message.toString();
      if (text === 'slow') {
        await slow;
      }
      order.push(text);
      if (text === 'bad') {
        throw new Error('as told');
      }
    };
    const first = rig.subject.messageReceived(numbered('slow', 1));
    const second = Promise.resolve(rig.subject.messageReceived(numbered('bad', 2))).catch(() => 'failed');
    const third = rig.subject.messageReceived(numbered('good', 3));
    release();
    expect(await Promise.all([first, second, third])).to.eql([undefined, 'failed', undefined]);
    expect(order).to.eql(['slow', 'bad', 'good']);
    // One that waits does not fail the message that it waited for.
    await rig.subject.messageReceived(numbered('bad', 5));
    await rig.subject.messageReceived(numbered('good', 4));
    expect(order.slice(3)).to.eql(['good', 'bad']);
    expect(rig.log.lines('warn')).to.have.length(1);
  });

  it('waits no longer than expire, which it sees at a heartbeat or when another message comes', async () => {
    for (const trigger of ['heartbeat', 'message']) {
      const rig = rigOf({ expire: 3000 });
      await rig.subject.messageReceived(numbered('b', 2));
      rig.clock.advance(3001);
      if (trigger === 'heartbeat') {
        rig.subject.heartbeat();
      } else {
        await rig.subject.messageReceived(numbered('d', 4));
      }
      await eventually('delivered', () => rig.received.length === 1);
      expect(rig.received).to.eql(['b']);
      expect(rig.subject.statistics()).to.include({ forwarded: 1 });
      expect(rig.log.lines('warn')).to.have.length(1);
    }
  });

  it('drops what has expired, without forwardExpired', async () => {
    const rig = rigOf({ forwardExpired: false });
    await rig.subject.messageReceived(numbered('b', 2));
    rig.clock.advance(3001);
    await rig.subject.messageReceived(numbered('c', 3));
    expect(rig.received).to.eql(['c']);
    expect(rig.subject.statistics()).to.include({ dropped: 1, heldMessages: 0, heldBytes: 0 });
  });

  it('lets no more wait than maxQueue, nor than the limits', async () => {
    for (const [attributes, limits] of [
      [{ maxQueue: 1 }, {}],
      [{}, { maxHeldMessages: 1 }],
      [{}, { maxHeldBytes: 257 }],
      [{}, { maxHeldBytesOfAll: 257 }],
    ] as const) {
      const rig = rigOf(attributes, limits);
      await rig.subject.messageReceived(numbered('b', 2));
      await rig.subject.messageReceived(numbered('d', 4));
      expect(rig.received[0]).to.equal('b');
      expect(rig.subject.statistics()['heldMessages']).to.be.at.most(1);
    }
  });

  it('delivers what waits when its sender goes, and begins anew in both directions', async () => {
    const rig = rigOf();
    const sender = makeMember(SENDER);
    await rig.subject.sendMessage([sender], channelData('x'));
    await rig.subject.messageReceived(numbered('b', 2));
    rig.subject.memberDisappeared(sender, 'shutdown');
    await eventually('delivered', () => rig.received.length === 1);
    expect(rig.upper.events).to.eql(['-4001 shutdown']);
    await rig.subject.messageReceived(numbered('a', 1));
    expect(rig.received).to.eql(['b', 'a']);
    await rig.subject.sendMessage([sender], channelData('x'));
    expect(rig.sent).to.eql(['7800000001', '7800000001']);
  });

  it('delivers as they come the messages of more senders than there may be members', async () => {
    const rig = rigOf();
    const senders = Array.from({ length: 11 }, (_, at) => memberPackage(5000 + at));
    rig.lower.below = senders.map(makeMember);
    for (const sender of senders) {
      await rig.subject.messageReceived(numbered('b', 2, sender));
    }
    expect(rig.received).to.eql(['b']);
    rig.lower.below = [];
    await rig.subject.messageReceived(numbered('a', 1, senders[0]));
    await rig.subject.messageReceived(numbered('b', 2, memberPackage(6000)));
    expect(rig.received).to.eql(['b', 'a', 'b']);
  });

  it('refuses a number that waits, and a message without one', async () => {
    const rig = rigOf();
    await rig.subject.messageReceived(numbered('b', 2));
    thrownBy('TRIBES_E_CHANNEL_UNWRAP', () => rig.subject.messageReceived(numbered('b', 2)));
    thrownBy('TRIBES_E_CHANNEL_UNWRAP', () => rig.subject.messageReceived(channelData('abc')));
    expect(rig.subject.statistics()).to.include({ refused: 2, heldMessages: 1 });
  });

  it('leaves alone what its flag does not concern, and the probes of a failure detector', async () => {
    const rig = rigOf({ optionFlag: 0x200 });
    await rig.subject.sendMessage([a], channelData('x'));
    await rig.subject.messageReceived(channelData('x'));
    await rig.subject.messageReceived(channelData(TCP_FAIL_DETECT, { options: 0x201 }));
    expect(rig.sent).to.eql(['78']);
    expect(rig.upper.received.map(({ message }) => message)).to.eql([Buffer.from('x'), TCP_FAIL_DETECT]);
  });

  for (const producer of ['Tomcat 10.1.60', 'Tomcat 9.0.70']) {
    it(`reads and writes the vectors of ${producer}`, async () => {
      const vectors = interceptorVectors(/^order-/).filter((vector) => vector.producer === producer);
      const rig = rigOf();
      const uniqueId = randomUniqueId();
      const [first, , second] = vectors.map(vectorMessage);
      await rig.subject.messageReceived(second ?? channelData(''));
      await rig.subject.messageReceived(first ?? channelData(''));
      expect(rig.received).to.eql(['first', 'second']);
      await rig.subject.sendMessage([a, b], channelData('first', { uniqueId }));
      await rig.subject.sendMessage([a], channelData('second', { uniqueId }));
      expect(rig.sent).to.eql(vectors.map(({ fields }) => fields['message']));
    });
  }
});
