import { expect } from 'chai';
import { encodeChannelData, encodeFrame } from '../../../src/wire/index.js';
import { member } from '../members.js';
import { channelData, InterceptorRig } from './interceptor-rig.js';

describe('ThroughputInterceptor', () => {
  const a = member(4001);
  const b = member(4002);

  it('counts messages, the bytes of their frames, errors and time', async () => {
    const rig = new InterceptorRig('ThroughputInterceptor');
    const message = channelData('text');
    const { length } = encodeFrame(encodeChannelData(message));
    rig.lower.answer = (to) => {
      rig.clock.advance(5);
      return Promise.resolve({
        delivered: [a],
        faulty: to.slice(1).map((one) => ({ member: one, cause: new Error('refused') })),
      });
    };
    await rig.subject.sendMessage([a, b], message);
    rig.upper.process = () => {
      rig.clock.advance(3);
      return Promise.resolve();
    };
    await rig.subject.messageReceived(message);
    expect(rig.subject.statistics()).to.eql({
      messagesSent: 1,
      messagesReceived: 1,
      bytesSent: 2 * length,
      applicationBytesSent: length,
      bytesReceived: length,
      errors: 1,
      sendMs: 5,
      receiveMs: 3,
    });
  });

  it('tells of it after every interval messages, sent and received', async () => {
    const rig = new InterceptorRig('ThroughputInterceptor', { attributes: { interval: 2 } });
    for (let count = 0; count < 4; count++) {
      await rig.subject.sendMessage([a], channelData('x'));
      await rig.subject.messageReceived(channelData('x'));
    }
    const [first, , , last, ...others] = rig.log.lines('info').map(({ fields }) => fields);
    expect(first).to.include({ messagesSent: 2, messagesReceived: 1 });
    expect(last).to.include({ messagesSent: 4, messagesReceived: 4 });
    expect(others).to.eql([]);
  });
});
