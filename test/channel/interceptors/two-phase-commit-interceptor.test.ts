import { detached } from '../../../src/wire/index.js';
import { expect } from 'chai';
import { randomUniqueId } from '../../../src/base/index.js';
import { TCP_FAIL_DETECT, type ChannelData } from '../../../src/wire/index.js';
import { thrownBy } from '../../support/errors.js';
import { member, memberPackage } from '../members.js';
import { channelData, interceptorVectors, InterceptorRig, vectorMessage } from './interceptor-rig.js';

const START = '7101c602dec44bb29bf420e3206fd804';
const END = '36f35a6e2fe14be8afe32434c64d9238';

function rigOf(attributes: Record<string, number> = {}, limits = {}): InterceptorRig {
  return new InterceptorRig('TwoPhaseCommitInterceptor', { attributes, limits });
}

function confirmation(of: ChannelData): ChannelData {
  const message = Buffer.from(START + of.uniqueId + END, 'hex');
  return { ...of, uniqueId: randomUniqueId(), message };
}

describe('TwoPhaseCommitInterceptor', () => {
  const a = member(4001);
  const b = member(4002);

  it('confirms a message that all have taken', async () => {
    const rig = rigOf();
    const message = channelData('text', { options: 2 });
    const outcome = await rig.subject.sendMessage([a, b], message);
    expect(outcome).to.eql({ delivered: [a, b], faulty: [] });
    const [first, second] = rig.lower.sent;
    expect(first).to.eql({ to: [a, b], message });
    expect(second?.to).to.eql([a, b]);
    expect(second?.message.message.toString('hex')).to.equal(START + message.uniqueId + END);
    expect(second?.message).to.deep.include({ options: 2, timestamp: message.timestamp });
    expect(second?.message.uniqueId).not.to.equal(message.uniqueId);
  });

  it('confirms nothing to anybody when one has not taken it', async () => {
    const rig = rigOf();
    rig.lower.answer = () =>
      Promise.resolve({ delivered: [a], faulty: [{ member: b, cause: new Error('refused') }] });
    const { delivered, faulty } = await rig.subject.sendMessage([a, b], channelData('text'));
    expect(delivered).to.eql([]);
    expect(faulty.map((one) => one.member)).to.have.members([a, b]);
    expect(faulty).to.have.nested.property('[1].cause.code', 'TRIBES_E_CHANNEL_UNCONFIRMED');
    expect(rig.lower.sent).to.have.length(1);
  });

  it('delivers a message when it is confirmed, and once', async () => {
    const rig = rigOf();
    const message = channelData('text', { options: 6 });
    await rig.subject.messageReceived(message);
    await rig.subject.messageReceived(message);
    expect(rig.upper.received).to.eql([]);
    expect(rig.subject.statistics()).to.include({ heldMessages: 1, heldBytes: 260 });
    await rig.subject.messageReceived(confirmation(message));
    await rig.subject.messageReceived(confirmation(message));
    expect(rig.upper.received).to.eql([detached(message)]);
    expect(rig.subject.statistics()).to.include({ heldMessages: 0, heldBytes: 0, delivered: 1 });
  });

  it('lets a confirmation wait for its message, until expire', async () => {
    const rig = rigOf({ expire: 1000 });
    const [message, other] = [channelData('text'), channelData('other')];
    await rig.subject.messageReceived(confirmation(message));
    await rig.subject.messageReceived(confirmation(other));
    await rig.subject.messageReceived(message);
    expect(rig.received).to.eql(['text']);
    rig.clock.advance(1001);
    rig.subject.heartbeat();
    await rig.subject.messageReceived(other);
    expect(rig.received).to.eql(['text']);
    expect(rig.subject.statistics()).to.include({ unknown: 1, heldMessages: 1 });
    expect(rig.log.lines('warn')).to.have.length(1);
  });

  it('lets no more than 1024 confirmations wait', async () => {
    const rig = rigOf();
    const messages = Array.from({ length: 1025 }, () => channelData('text'));
    for (const message of messages) {
      await rig.subject.messageReceived(confirmation(message));
    }
    for (const message of messages) {
      await rig.subject.messageReceived(message);
    }
    expect(rig.subject.statistics()).to.include({ unknown: 1, delivered: 1024, heldMessages: 1 });
  });

  it('takes no confirmation from anybody but the sender', async () => {
    const rig = rigOf();
    const message = channelData('text');
    await rig.subject.messageReceived(message);
    await rig.subject.messageReceived({ ...confirmation(message), member: memberPackage(4002) });
    expect(rig.upper.received).to.eql([]);
  });

  it('drops what is not confirmed before expire, at a heartbeat', async () => {
    const rig = rigOf({ expire: 1000 });
    const message = channelData('text');
    await rig.subject.messageReceived(message);
    rig.clock.advance(1000);
    rig.subject.heartbeat();
    expect(rig.subject.statistics()).to.include({ heldMessages: 1 });
    rig.clock.advance(1);
    rig.subject.heartbeat();
    expect(rig.subject.statistics()).to.include({ heldMessages: 0, heldBytes: 0, expired: 1 });
    await rig.subject.messageReceived(confirmation(message));
    expect(rig.upper.received).to.eql([]);
  });

  it('holds no more than the limits', async () => {
    const rig = rigOf({}, { maxHeldMessages: 1 });
    const from = memberPackage(4001);
    await rig.subject.messageReceived(channelData('one', { member: from }));
    thrownBy('TRIBES_E_CHANNEL_HELD', () =>
      rig.subject.messageReceived(channelData('two', { member: from })),
    );
    await rig.subject.messageReceived(channelData('of another', { member: memberPackage(4002) }));
    expect(rig.subject.statistics()).to.include({ heldMessages: 2, refused: 1 });
  });

  it('leaves alone what its flag does not concern, and the probes of a failure detector', async () => {
    const rig = rigOf({ optionFlag: 0x200 });
    await rig.subject.sendMessage([a], channelData('text'));
    await rig.subject.messageReceived(channelData('text'));
    await rig.subject.messageReceived(channelData(TCP_FAIL_DETECT, { options: 0x201 }));
    expect(rig.lower.sent).to.have.length(1);
    expect(rig.upper.received).to.have.length(2);
  });

  for (const producer of ['Tomcat 10.1.60', 'Tomcat 9.0.70']) {
    it(`reads and writes the vectors of ${producer}`, async () => {
      const vectors = interceptorVectors(/^2pc-/).filter((vector) => vector.producer === producer);
      const rig = rigOf();
      for (const message of vectors.map(vectorMessage)) {
        await rig.subject.messageReceived(message);
      }
      expect(rig.received).to.eql(['prepared']);
      for (const message of rig.upper.received) {
        await rig.subject.sendMessage([a], message);
      }
      expect(rig.sent).to.eql(vectors.map(({ fields }) => fields['message']));
    });
  }
});
