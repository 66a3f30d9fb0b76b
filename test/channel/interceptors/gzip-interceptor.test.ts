import { expect } from 'chai';
import { gunzipSync, gzipSync } from 'node:zlib';
import { rejectionOf, thrownBy } from '../../support/errors.js';
import { member } from '../members.js';
import { channelData, interceptorVectors, InterceptorRig, vectorMessage } from './interceptor-rig.js';

const FLAG = 0x100;

describe('GzipInterceptor', () => {
  const a = member(4001);

  it('compresses what is longer than compressionMinSize, and marks it', async () => {
    const rig = new InterceptorRig('GzipInterceptor', { attributes: { compressionMinSize: 3 } });
    await rig.subject.sendMessage([a], channelData('abc', { options: 8 }));
    await rig.subject.sendMessage([a], channelData('abcd', { options: 8 }));
    const [short, long] = rig.lower.sent.map(({ message }) => message);
    expect(short).to.deep.include({ options: 8, message: Buffer.from('abc') });
    expect(long?.options).to.equal(8 | FLAG);
    expect(gunzipSync(long?.message ?? '').toString()).to.equal('abcd');
  });

  it('leaves an empty message alone', async () => {
    const rig = new InterceptorRig('GzipInterceptor');
    await rig.subject.sendMessage([a], channelData(''));
    expect(rig.lower.sent[0]?.message).to.deep.include({ options: 0, message: Buffer.alloc(0) });
  });

  it('takes its own flag, which cannot be 0', () => {
    const rig = new InterceptorRig('GzipInterceptor', { attributes: { optionFlag: 0x200 } });
    expect(rig.subject.optionFlag).to.equal(0x200);
    thrownBy('TRIBES_E_CHANNEL_INTERCEPTOR_ATTRIBUTE', () => {
      new InterceptorRig('GzipInterceptor', { attributes: { optionFlag: 0 } });
    });
  });

  it('compresses everything and marks nothing with wireForm="always", as 7.0 and 8.5 do', async () => {
    const rig = new InterceptorRig('GzipInterceptor', { attributes: { wireForm: 'always' } });
    await rig.subject.sendMessage([a], channelData('', { options: 2 }));
    const below = rig.lower.sent[0]?.message;
    expect(below?.options).to.equal(2);
    expect(gunzipSync(below?.message ?? '')).to.eql(Buffer.alloc(0));
    await rig.subject.messageReceived(channelData(gzipSync('text')));
    expect(rig.received).to.eql(['text']);
    await rejectionOf(
      'TRIBES_E_CHANNEL_UNWRAP',
      Promise.resolve(rig.subject.messageReceived(channelData('text'))),
    );
  });

  it('keeps the order of messages of which some are compressed by a thread', async () => {
    const rig = new InterceptorRig('GzipInterceptor', { attributes: { compressionMinSize: 10 } });
    const texts = ['a'.repeat(500_000), 'b', 'c'.repeat(100_000), 'd'];
    await Promise.all(texts.map((text) => rig.subject.sendMessage([a], channelData(text))));
    for (const { message } of rig.lower.sent) {
      await rig.subject.messageReceived(message);
    }
    expect(rig.received).to.eql(texts);
  });

  it('inflates no more than maxMessageBytes', async () => {
    const rig = new InterceptorRig('GzipInterceptor', { limits: { maxMessageBytes: 1_000_000 } });
    const bomb = gzipSync(Buffer.alloc(1_000_001));
    await rejectionOf(
      'TRIBES_E_CHANNEL_MESSAGE_SIZE',
      Promise.resolve(rig.subject.messageReceived(channelData(bomb, { options: FLAG }))),
    );
    await rig.subject.messageReceived(channelData(gzipSync(Buffer.alloc(1_000_000)), { options: FLAG }));
    expect(rig.upper.received.map(({ message }) => message.length)).to.eql([1_000_000]);
    expect(rig.subject.statistics()).to.include({ refused: 1, inflated: 1 });
  });

  it('refuses what is marked and is no gzip stream', async () => {
    const rig = new InterceptorRig('GzipInterceptor');
    for (const broken of [Buffer.from('text'), Buffer.alloc(0), gzipSync('text').subarray(0, -9)]) {
      await rejectionOf(
        'TRIBES_E_CHANNEL_UNWRAP',
        Promise.resolve(rig.subject.messageReceived(channelData(broken, { options: FLAG }))),
      );
    }
    expect(rig.received).to.eql([]);
  });

  it('tells what it saves every interval, if statsEnabled', async () => {
    const rig = new InterceptorRig('GzipInterceptor', { attributes: { statsEnabled: true, interval: 2 } });
    for (const text of ['x'.repeat(100), 'x'.repeat(100), 'x']) {
      await rig.subject.sendMessage([a], channelData(text));
    }
    const [line, ...others] = rig.log.lines('info');
    expect(line?.fields).to.include({ compressed: 2, plainBytesSent: 200 });
    expect(others).to.eql([]);
  });

  for (const vector of interceptorVectors(/^gzip-/)) {
    it(`reads ${vector.name} of ${vector.producer}`, async () => {
      const rig = new InterceptorRig('GzipInterceptor');
      await rig.subject.messageReceived(vectorMessage(vector));
      const { plain, message } = vector.fields as { plain?: string; message: string };
      const expected = plain === undefined ? Buffer.from(message, 'hex').toString() : 'a'.repeat(51);
      expect(rig.received).to.eql([expected]);
    });
  }
});
