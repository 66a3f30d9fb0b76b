import { detached } from '../../../src/wire/index.js';
import { expect } from 'chai';
import { checkInterceptorOrder } from '../../../src/channel/channel-interceptor.js';
import { makeMember } from '../../../src/membership/index.js';
import { TCP_FAIL_DETECT, type ChannelData } from '../../../src/wire/index.js';
import { thrownBy } from '../../support/errors.js';
import { memberPackage } from '../members.js';
import { channelData, InterceptorRig } from './interceptor-rig.js';

const KEY = 'cafebabedeadbeefcafebabedeadbeef';
const OTHER_KEY = 'deadbeefcafebabedeadbeefcafebabe';
const OBJECT = Buffer.from('aced000574000474657874', 'hex');
const SENDER = memberPackage(4001);
const sender = makeMember(SENDER);

function rigOf(attributes: Record<string, string | number> = {}): InterceptorRig {
  return new InterceptorRig('EncryptInterceptor', { attributes: { encryptionKey: KEY, ...attributes } });
}

/** What a node with these attributes makes of a message. */
async function sealed(
  attributes: Record<string, string | number> = {},
  message: string | Buffer = OBJECT,
  options = 0,
): Promise<ChannelData> {
  const rig = rigOf(attributes);
  await rig.subject.sendMessage([sender], channelData(message, { member: SENDER, options }));
  const [first] = rig.lower.sent;
  return first?.message ?? channelData('');
}

describe('EncryptInterceptor', () => {
  for (const encryptionAlgorithm of ['AES/GCM/NoPadding', 'AES/CBC/PKCS5Padding', 'AES/CFB/NoPadding']) {
    for (const wireForm of ['timestamp', 'plain', 'auto']) {
      it(`reads what it writes: ${encryptionAlgorithm}, ${wireForm}`, async () => {
        const attributes = { encryptionAlgorithm, wireForm };
        const rig = rigOf(attributes);
        await rig.subject.messageReceived(await sealed(attributes));
        expect(rig.upper.received.map(({ message }) => message)).to.eql([OBJECT]);
      });
    }
  }

  it('needs a key of a length that there is, and shows it to nobody', () => {
    thrownBy('TRIBES_E_CHANNEL_INTERCEPTOR_ATTRIBUTE', () => new InterceptorRig('EncryptInterceptor'));
    const error = thrownBy('TRIBES_E_CHANNEL_INTERCEPTOR_ATTRIBUTE', () => rigOf({ encryptionKey: 'cafe' }));
    expect(error.message).to.contain('32, 48 or 64 hexadecimal digits').and.not.contain('cafe');
    const misspelt = thrownBy('TRIBES_E_CHANNEL_INTERCEPTOR_ATTRIBUTE', () => rigOf({ encryptionkey: KEY }));
    expect(misspelt.message).not.to.contain(KEY);
  });

  it('refuses the algorithms that Tomcat refuses', () => {
    for (const algorithm of [
      'AES',
      'AES/ECB/PKCS5Padding',
      'AES/GCM/PKCS5Padding',
      'AES/CBC/NoPadding',
      'AES/CTR/NoPadding',
    ]) {
      thrownBy('TRIBES_E_CHANNEL_INTERCEPTOR_ATTRIBUTE', () => rigOf({ encryptionAlgorithm: algorithm }));
    }
  });

  it('warns of what is weak, and of a providerName, which means nothing here', async () => {
    const weak = await rigOf({ encryptionAlgorithm: 'AES/CBC/PKCS5Padding', wireForm: 'auto' }).start();
    expect(weak.log.lines('warn')).to.have.length(2);
    expect((await rigOf().start()).log.lines('warn')).to.eql([]);
    const provider = rigOf({ providerName: 'BC' });
    expect(provider.log.lines('warn').map(({ fields }) => fields)).to.eql([
      { interceptor: 'EncryptInterceptor', attribute: 'providerName' },
    ]);
  });

  it('takes a message once, even from another node', async () => {
    const rig = rigOf();
    const message = await sealed();
    await rig.subject.messageReceived(message);
    await rig.subject.messageReceived(message);
    await rig.subject.messageReceived({ ...detached(message), member: memberPackage(4002) });
    expect(rig.upper.received).to.have.length(1);
    expect(rig.subject.statistics()).to.include({ decrypted: 1, dropped: 2 });
  });

  it('takes messages of which the time stamp is 9 s off, not 11 s', async () => {
    for (const [offset, taken] of [
      [-11_000, 0],
      [-9_000, 1],
      [9_000, 1],
      [11_000, 0],
    ] as const) {
      const rig = rigOf();
      rig.clock.advance(60_000);
      const writer = rigOf();
      writer.clock.advance(60_000);
      writer.clock.shiftWallClock(offset);
      await writer.subject.sendMessage([sender], channelData(OBJECT));
      await rig.subject.messageReceived(writer.lower.sent[0]?.message ?? channelData(''));
      expect(rig.upper.received, String(offset)).to.have.length(taken);
    }
  });

  it('stamps the time of sending, not that at which a message began to wait', async () => {
    const writer = rigOf();
    const waited = channelData(OBJECT, { timestamp: 1n });
    await writer.subject.sendMessage([sender], waited);
    const rig = rigOf();
    await rig.subject.messageReceived(writer.lower.sent[0]?.message ?? waited);
    expect(rig.upper.received).to.have.length(1);
  });

  it('drops whatever is wrong in the same way, without an error, and with the same line in the log', async () => {
    const replayed = await sealed();
    const intact = await sealed();
    const changed = Buffer.from(intact.message);
    changed[20] = (changed[20] ?? 0) ^ 1;
    const lines = new Set<string>();
    for (const message of [
      { ...intact, message: Buffer.alloc(0) },
      { ...intact, message: Buffer.from('short') },
      { ...intact, message: OBJECT },
      { ...intact, message: changed },
      await sealed({ encryptionKey: OTHER_KEY }),
      await sealed({ wireForm: 'plain' }),
      await sealed({ wireForm: 'plain' }, 'short'),
      replayed,
    ]) {
      const rig = rigOf();
      await rig.subject.messageReceived(replayed);
      expect(rig.subject.messageReceived(message)).to.equal(undefined);
      expect(rig.upper.received).to.have.length(1);
      rig.log.lines('warn').forEach((line) => lines.add(JSON.stringify([line.message, line.fields])));
    }
    expect([...lines]).to.have.length(1);
    expect([...lines][0]).to.contain('tcp://127.0.0.1:4001');
  });

  it('names the key, and what else it can be, while nothing of a member can be decrypted', async () => {
    const rig = rigOf();
    await rig.subject.messageReceived(await sealed({ encryptionKey: OTHER_KEY }));
    const [line] = rig.log.lines('error');
    expect(line?.message).to.match(/another encryptionKey/);
    expect(rig.subject.problemOf?.(sender)).to.equal(line?.message);
    await rig.subject.messageReceived(await sealed());
    expect(rig.subject.problemOf?.(sender)).to.equal(null);
    await rig.subject.messageReceived(await sealed({ encryptionKey: OTHER_KEY }));
    expect(rig.subject.problemOf?.(sender)).to.equal(null);
  });

  it('takes a message again that could not be processed', async () => {
    const rig = rigOf();
    const message = await sealed();
    const slow = new Error('no space left');
    rig.upper.process = () => Promise.reject(slow);
    expect(
      await Promise.resolve(rig.subject.messageReceived(message)).catch((error: unknown) => error),
    ).to.equal(slow);
    rig.upper.process = () => {
      throw slow;
    };
    expect(() => rig.subject.messageReceived(message)).to.throw(slow);
    rig.upper.process = () => undefined;
    await rig.subject.messageReceived(message);
    await rig.subject.messageReceived(message);
    expect(rig.upper.received).to.have.length(3);
  });

  it('swallows the probes of failure detectors, which are in clear text', () => {
    const rig = rigOf();
    void rig.subject.messageReceived(channelData(TCP_FAIL_DETECT, { options: 1 }));
    expect(rig.upper.received).to.eql([]);
    expect([...rig.log.lines('warn'), ...rig.log.lines('error')]).to.eql([]);
  });

  it('does not let messages without time stamps come again, nor its own', async () => {
    const rig = rigOf({ wireForm: 'plain' });
    const message = await sealed({ wireForm: 'plain' });
    await rig.subject.messageReceived(message);
    await rig.subject.messageReceived(message);
    await rig.subject.sendMessage([sender], channelData(OBJECT));
    await rig.subject.messageReceived(rig.lower.sent[0]?.message ?? message);
    expect(rig.upper.received).to.have.length(1);
  });

  describe('with wireForm="auto"', () => {
    const forms = async (rig: InterceptorRig, options = 0): Promise<string[]> => {
      const before = rig.lower.sent.length;
      await rig.subject.sendMessage([sender], channelData(OBJECT, { options }));
      return rig.lower.sent
        .slice(before)
        .map(({ message }) => (message.message.length === OBJECT.length + 28 ? 'plain' : 'timestamp'));
    };

    it('sends both forms to a member of which it knows nothing, but raw bytes only in the new one', async () => {
      const rig = rigOf({ wireForm: 'auto' });
      expect(await forms(rig)).to.eql(['timestamp', 'plain']);
      expect(await forms(rig, 1)).to.eql(['timestamp']);
    });

    it('answers in the form of the member, for each its own', async () => {
      for (const wireForm of ['plain', 'timestamp']) {
        const rig = rigOf({ wireForm: 'auto' });
        await rig.subject.messageReceived(await sealed({ wireForm }));
        expect(await forms(rig)).to.eql([wireForm]);
      }
    });

    it('tells of a member that does not take one of the two that it is not delivered', async () => {
      const rig = rigOf({ wireForm: 'auto' });
      rig.lower.answer = (to) =>
        Promise.resolve({
          delivered: [],
          faulty: to.map((one) => ({ member: one, cause: new Error('refused') })),
        });
      const { delivered, faulty } = await rig.subject.sendMessage([sender], channelData(OBJECT));
      expect({ delivered, faulty: faulty.length }).to.eql({ delivered: [], faulty: 1 });
    });

    it('never takes the old form again of an address that has been seen in the new one', async () => {
      const rig = rigOf({ wireForm: 'auto' });
      await rig.subject.messageReceived(await sealed({ wireForm: 'plain' }));
      await rig.subject.messageReceived(await sealed({ wireForm: 'timestamp' }));
      await rig.subject.messageReceived(await sealed({ wireForm: 'plain' }));
      // Nor of another node at the same address: an id can be made up.
      const { uniqueId } = memberPackage(4001);
      await rig.subject.messageReceived({
        ...(await sealed({ wireForm: 'plain' })),
        member: { ...SENDER, uniqueId },
      });
      expect(rig.upper.received).to.have.length(2);
      expect(rig.subject.statistics()).to.include({ dropped: 2 });
      expect(await forms(rig)).to.eql(['timestamp']);
    });

    it('does not take a message with an old time stamp for one without', async () => {
      const rig = rigOf({ wireForm: 'auto' });
      const late = await sealed();
      await rig.subject.messageReceived(await sealed({ wireForm: 'plain' }));
      rig.clock.advance(11_000);
      await rig.subject.messageReceived(late);
      expect(rig.upper.received).to.have.length(1);
    });

    it('learns nothing from raw bytes, which fit either', async () => {
      const rig = rigOf({ wireForm: 'auto' });
      await rig.subject.messageReceived(await sealed({ wireForm: 'plain' }, 'raw bytes', 1));
      expect(rig.upper.received).to.eql([]);
      await rig.subject.messageReceived(await sealed({ wireForm: 'timestamp' }, 'raw bytes', 1));
      expect(rig.received).to.eql(['raw bytes']);
      expect(await forms(rig)).to.eql(['timestamp', 'plain']);
      await rig.subject.messageReceived(await sealed({ wireForm: 'plain' }));
      await rig.subject.messageReceived(await sealed({ wireForm: 'plain' }, 'raw bytes', 1));
      expect(rig.received.at(-1)).to.equal('raw bytes');
    });

    it('lets a replay teach it nothing', async () => {
      const rig = rigOf({ wireForm: 'auto' });
      const old = await sealed({ wireForm: 'plain' });
      await rig.subject.messageReceived(old);
      await rig.subject.messageReceived({ ...old, member: memberPackage(4002) });
      const stranger = makeMember(memberPackage(4002));
      await rig.subject.sendMessage([stranger], channelData(OBJECT));
      expect(rig.lower.sent).to.have.length(2);
    });
  });

  it('has to stand before TcpFailureDetector', () => {
    const [encrypt, detector] = [rigOf().subject, new InterceptorRig('TcpFailureDetector').subject];
    thrownBy('TRIBES_E_CHANNEL_INTERCEPTOR_ORDER', () => checkInterceptorOrder([detector, encrypt]));
    expect(() => checkInterceptorOrder([encrypt, detector])).not.to.throw();
    expect(() => checkInterceptorOrder([encrypt])).not.to.throw();
  });
});
