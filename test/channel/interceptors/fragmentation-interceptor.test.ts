import { withMessage } from '../../../src/wire/index.js';
import { expect } from 'chai';
import fc from 'fast-check';
import { randomUniqueId } from '../../../src/base/index.js';
import { TCP_FAIL_DETECT } from '../../../src/wire/index.js';
import { thrownBy } from '../../support/errors.js';
import { member, memberPackage } from '../members.js';
import { channelData, interceptorVectors, InterceptorRig, vectorMessage } from './interceptor-rig.js';

function rigOf(attributes: Record<string, number> = {}, limits = {}): InterceptorRig {
  return new InterceptorRig('FragmentationInterceptor', {
    attributes: { maxSize: 10, ...attributes },
    limits,
  });
}

function fragment(text: string, index: number, count: number): Buffer {
  const trailer = Buffer.alloc(9, 1);
  trailer.writeInt32BE(index, 0);
  trailer.writeInt32BE(count, 4);
  return Buffer.concat([Buffer.from(text), trailer]);
}

describe('FragmentationInterceptor', () => {
  const a = member(4001);
  const b = member(4002);

  it('cuts what is longer than maxSize', async () => {
    const rig = rigOf();
    const message = channelData('abcdefghijklmnopqrstuvwxyz', { options: 8 });
    await rig.subject.sendMessage([a], message);
    expect(rig.sent).to.eql([
      '6162636465666768696a000000000000000301',
      '6b6c6d6e6f7071727374000000010000000301',
      '75767778797a000000020000000301',
    ]);
    expect(rig.lower.sent.every(({ message: { uniqueId } }) => uniqueId === message.uniqueId)).to.equal(true);
  });

  it('marks what is not cut, also where the flag does not match', async () => {
    const rig = rigOf({ optionFlag: 0x200 });
    await rig.subject.sendMessage([a], channelData('exactly-10'));
    await rig.subject.sendMessage([a], channelData('much longer than 10'));
    await rig.subject.sendMessage([a], channelData('much longer than 10', { options: 0x200 }));
    expect(rig.sent.map((hex) => hex.slice(-2))).to.eql(['00', '00', '01', '01']);
  });

  it('sends the rest of a message only to those who have taken what was before', async () => {
    const rig = rigOf();
    const cause = new Error('refused');
    rig.lower.answer = (to) =>
      Promise.resolve({
        delivered: to.filter((one) => one !== b),
        faulty: to.filter((one) => one === b).map((one) => ({ member: one, cause })),
      });
    const outcome = await rig.subject.sendMessage([a, b], channelData('x'.repeat(25)));
    expect(outcome).to.eql({ delivered: [a], faulty: [{ member: b, cause }] });
    expect(rig.lower.sent.map(({ to }) => to.length)).to.eql([2, 1, 1]);
  });

  it('puts messages together, in whatever order their fragments come, and however often', async () => {
    const texts = fc.array(fc.string({ minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 5 });
    const places = fc.array(fc.nat(), { minLength: 50, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(texts, places, async (sent, order) => {
        const rig = rigOf({ maxSize: 7 });
        for (const text of sent) {
          await rig.subject.sendMessage([a], channelData(text));
        }
        const below = rig.lower.sent
          .map(({ message }, at) => ({ message, at: order[at] ?? 0 }))
          .sort((one, other) => one.at - other.at)
          .map(({ message }) => message);
        for (const message of below) {
          await rig.subject.messageReceived(message);
          if (below.filter(({ uniqueId }) => uniqueId === message.uniqueId).at(-1) !== message) {
            await rig.subject.messageReceived(withMessage(message, message.message));
          }
        }
        expect(rig.received.toSorted()).to.eql(sent.toSorted());
        expect(rig.subject.statistics()).to.include({ heldFragments: 0, heldBytes: 0 });
      }),
    );
  });

  it('keeps apart what two members send under one id', async () => {
    const rig = rigOf();
    const uniqueId = randomUniqueId();
    const other = memberPackage(4002);
    const one = channelData(fragment('one', 0, 2), { uniqueId });
    await rig.subject.messageReceived(one);
    await rig.subject.messageReceived(channelData(fragment('two', 1, 2), { uniqueId, member: other }));
    expect(rig.received).to.eql([]);
    await rig.subject.messageReceived(withMessage(one, fragment('!', 1, 2)));
    expect(rig.received).to.eql(['one!']);
  });

  it('gives a message up whose rest does not come before expire, at a heartbeat', async () => {
    const rig = rigOf({ expire: 1000 });
    const first = channelData(fragment('a', 0, 2));
    await rig.subject.messageReceived(first);
    rig.clock.advance(1000);
    rig.subject.heartbeat();
    expect(rig.subject.statistics()).to.include({ heldFragments: 1, expired: 0 });
    rig.clock.advance(1);
    rig.subject.heartbeat();
    expect(rig.subject.statistics()).to.include({ heldFragments: 0, heldBytes: 0, expired: 1 });
    await rig.subject.messageReceived(withMessage(first, fragment('b', 1, 2)));
    expect(rig.received).to.eql([]);
  });

  it('lets the probes of a failure detector through, which have nothing at their end', async () => {
    const rig = rigOf();
    await rig.subject.messageReceived(channelData(TCP_FAIL_DETECT, { options: 1 }));
    expect(rig.upper.received[0]?.message).to.eql(TCP_FAIL_DETECT);
  });

  for (const [what, bytes] of [
    ['an empty message', Buffer.alloc(0)],
    ['another end than 00 and 01', Buffer.from('text')],
    ['a fragment without index and count', Buffer.from([1, 1])],
    ['a negative index', fragment('a', -1, 2)],
    ['an index beyond the count', fragment('a', 2, 2)],
    ['a count of none', fragment('a', 0, 0)],
  ] as const) {
    it(`refuses ${what}`, () => {
      const rig = rigOf();
      thrownBy('TRIBES_E_CHANNEL_UNWRAP', () => rig.subject.messageReceived(channelData(bytes)));
      expect(rig.subject.statistics()).to.include({ refused: 1, heldFragments: 0 });
    });
  }

  it('refuses a count that is not that of the fragments before', async () => {
    const rig = rigOf();
    const first = channelData(fragment('a', 0, 2));
    await rig.subject.messageReceived(first);
    thrownBy('TRIBES_E_CHANNEL_UNWRAP', () =>
      rig.subject.messageReceived(withMessage(first, fragment('b', 1, 3))),
    );
    expect(rig.subject.statistics()).to.include({ heldFragments: 0, heldBytes: 0 });
  });

  it('holds no more than the limits of one member and of all, and nothing of what is refused', async () => {
    const rig = rigOf({}, { maxHeldMessages: 2, maxHeldBytesOfAll: 3 * 257, maxMessageBytes: 100 });
    const message = channelData(fragment('a', 0, 4));
    await rig.subject.messageReceived(message);
    await rig.subject.messageReceived(withMessage(message, fragment('b', 1, 4)));
    thrownBy('TRIBES_E_CHANNEL_HELD', () =>
      rig.subject.messageReceived(withMessage(message, fragment('c', 2, 4))),
    );
    expect(rig.subject.statistics()).to.include({ heldFragments: 0, heldBytes: 0, refused: 1 });
    for (const port of [1, 2, 3]) {
      await rig.subject.messageReceived(channelData(fragment('a', 0, 2), { member: memberPackage(port) }));
    }
    thrownBy('TRIBES_E_CHANNEL_HELD', () =>
      rig.subject.messageReceived(channelData(fragment('a', 0, 2), { member: memberPackage(4) })),
    );
    thrownBy('TRIBES_E_CHANNEL_MESSAGE_SIZE', () =>
      rig.subject.messageReceived(channelData(fragment('x'.repeat(101), 0, 2))),
    );
  });

  for (const producer of ['Tomcat 10.1.60', 'Tomcat 9.0.70']) {
    it(`reads and writes the vectors of ${producer}`, async () => {
      const vectors = interceptorVectors(/^frag-/).filter((vector) => vector.producer === producer);
      const reader = rigOf();
      for (const vector of vectors) {
        await reader.subject.messageReceived(vectorMessage(vector));
      }
      expect(reader.received).to.eql(['short', 'exactly-10', 'abcdefghijklmnopqrstuvwxyz']);
      const writer = rigOf();
      for (const message of reader.upper.received) {
        await writer.subject.sendMessage([a], message);
      }
      expect(writer.sent).to.eql(vectors.map(({ fields }) => fields['message']));
    });
  }
});
