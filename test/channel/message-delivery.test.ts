import { expect } from 'chai';
import { randomUniqueId, systemClock, TribesError } from '../../src/base/index.js';
import type { ChannelListener, ReceivedMessage } from '../../src/channel/channel.js';
import { MessageDelivery } from '../../src/channel/message-delivery.js';
import { makeMember } from '../../src/membership/index.js';
import {
  MEMBER_START,
  MEMBER_STOP,
  SEND_OPTIONS,
  TCP_FAIL_DETECT,
  TCP_PING_DATA,
  type ChannelData,
} from '../../src/wire/index.js';
import { rejectionOf } from '../support/errors.js';
import { recordingLogger } from '../support/recording-logger.js';
import { member } from './members.js';

const HELLO = Buffer.from('aced000574000568656c6c6f', 'hex');

describe('MessageDelivery', () => {
  const sender = member(4001);
  let log: ReturnType<typeof recordingLogger>;
  let subject: MessageDelivery;
  let offered: string[];
  let rpcTakes: boolean | Promise<boolean>;

  beforeEach(() => {
    log = recordingLogger();
    offered = [];
    rpcTakes = false;
    subject = new MessageDelivery({
      clock: systemClock,
      logger: log.logger,
      rpc: { messageReceived: () => rpcTakes },
      memberOf: (info) => makeMember(info),
    });
  });

  function message(bytes: Buffer, options = 0): ChannelData {
    return { options, timestamp: 1234n, uniqueId: randomUniqueId(), member: sender.info, message: bytes };
  }

  function listening(name: string, answer: (message: ReceivedMessage) => boolean | Promise<boolean>): void {
    const listener: ChannelListener = {
      messageReceived: (received) => {
        offered.push(name);
        return answer(received);
      },
    };
    subject.add(listener);
  }

  /** Settles when the message has been delivered, or that failed, be it at once or later. */
  async function delivered(data: ChannelData): Promise<void> {
    await subject.deliver(data);
  }

  const warnings = (): string[] => log.lines('warn').map((line) => line.message);

  it('gives a message to every listener in turn, one after the other', async () => {
    listening('slow', async () => {
      await new Promise(setImmediate);
      offered.push('slow is done');
      return true;
    });
    listening('quick', () => false);
    await subject.deliver(message(HELLO));
    expect(offered).to.eql(['slow', 'slow is done', 'quick']);
    expect(subject.counts).to.eql({ undecodable: 0, unaccepted: 0, failed: 0 });
  });

  it('is done at once where no listener has to be waited for, and goes on at once where one has to', async () => {
    let answer: boolean | Promise<boolean> = true;
    listening('one', () => answer);
    listening('two', () => true);
    expect(subject.deliver(message(HELLO))).to.equal(undefined);
    expect(offered).to.eql(['one', 'two']);
    answer = Promise.resolve(false);
    const delivering = subject.deliver(message(HELLO));
    expect(delivering).to.be.instanceOf(Promise);
    expect(offered).to.eql(['one', 'two', 'one']);
    await delivering;
    expect(offered).to.eql(['one', 'two', 'one', 'two']);
  });

  it('throws at once what a listener throws at once', () => {
    const failure = new Error('no space left');
    listening('failing', () => {
      throw failure;
    });
    expect(() => subject.deliver(message(HELLO, 6))).to.throw(failure);
    expect(subject.counts).to.eql({ undecodable: 0, unaccepted: 0, failed: 1 });
  });

  it('counts at once what a listener cannot decode', () => {
    listening('decoder', () => {
      throw new TribesError('TRIBES_E_WIRE_TRAILING', { layout: 'MapMessage', offset: 1, left: 2 });
    });
    expect(subject.deliver(message(HELLO, 6))).to.equal(undefined);
    expect(subject.counts).to.eql({ undecodable: 1, unaccepted: 0, failed: 0 });
  });

  it('waits for a call of an RPC service to be taken before it asks the listeners', async () => {
    rpcTakes = Promise.resolve(true);
    listening('one', () => false);
    const delivering = subject.deliver(message(HELLO));
    expect(offered).to.eql([]);
    await delivering;
    expect(offered).to.eql(['one']);
    expect(subject.counts.unaccepted).to.equal(0);
  });

  it('tells who sent it, when, with which options, and whether it is raw bytes', async () => {
    const seen: ReceivedMessage[] = [];
    listening('one', (received) => seen.push(received) > 0);
    const object = message(HELLO, SEND_OPTIONS.USE_ACK);
    const bytes = message(Buffer.from('raw'), SEND_OPTIONS.BYTE_MESSAGE);
    await subject.deliver(object);
    await subject.deliver(bytes);
    const told = seen.map(({ sender: { key }, ...rest }) => ({ key, ...rest }));
    expect(seen.map(({ uniqueId }, index) => ({ ...told[index], uniqueId }))).to.eql([
      {
        key: sender.key,
        payload: HELLO,
        isByteMessage: false,
        options: 2,
        timestamp: 1234,
        uniqueId: object.uniqueId,
      },
      {
        key: sender.key,
        payload: Buffer.from('raw'),
        isByteMessage: true,
        options: 1,
        timestamp: 1234,
        uniqueId: bytes.uniqueId,
      },
    ]);
  });

  it('rejects with what a listener rejects with, and asks no further one', async () => {
    const failure = new Error('no space left');
    listening('failing', () => Promise.reject(failure));
    listening('next', () => true);
    for (let i = 0; i < 3; i++) {
      let thrown: unknown;
      await delivered(message(HELLO, 6)).catch((error: unknown) => (thrown = error));
      expect(thrown).to.equal(failure);
    }
    expect(offered).to.eql(['failing', 'failing', 'failing']);
    expect(subject.counts.failed).to.equal(3);
  });

  it('rejects when the store is full: the message was understood, and is not to be acknowledged', async () => {
    const cause = new TribesError('TRIBES_E_STORE_FULL', { directory: '/data', dirtyBytes: 1 });
    listening('session', () => Promise.reject(cause));
    await rejectionOf('TRIBES_E_STORE_FULL', delivered(message(HELLO, 6)));
    expect(subject.counts).to.eql({ undecodable: 0, unaccepted: 0, failed: 1 });
  });

  it('counts what is no Java stream and offers it to nobody', async () => {
    listening('one', () => true);
    await subject.deliver(message(Buffer.from('garbage')));
    await subject.deliver(message(Buffer.alloc(0)));
    expect(offered).to.eql([]);
    expect(subject.counts.undecodable).to.equal(2);
    expect(warnings()).to.eql(['a message could not be understood']);
  });

  it('takes it for acknowledged when a listener cannot decode it', async () => {
    const cause = new TribesError('TRIBES_E_WIRE_TRAILING', { layout: 'MapMessage', offset: 1, left: 2 });
    listening('decoder', () => Promise.reject(cause));
    await subject.deliver(message(HELLO, 6));
    expect(subject.counts).to.eql({ undecodable: 1, unaccepted: 0, failed: 0 });
  });

  it('takes it for acknowledged when a listener does not know what the session message means', async () => {
    const cause = new TribesError('TRIBES_E_SESSION_EVENT', { event: 17 });
    listening('session', () => Promise.reject(cause));
    await subject.deliver(message(HELLO, 6));
    expect(subject.counts).to.eql({ undecodable: 1, unaccepted: 0, failed: 0 });
  });

  it('counts a message that nobody takes, without a warning', async () => {
    listening('one', () => false);
    await subject.deliver(message(HELLO, 6));
    await subject.deliver(message(Buffer.from('raw'), 1));
    expect(subject.counts.unaccepted).to.equal(2);
    expect(warnings()).to.eql([]);
  });

  it('counts no call of an RPC service as taken by nobody, and offers it to the listeners all the same', async () => {
    rpcTakes = true;
    listening('one', () => false);
    await subject.deliver(message(HELLO));
    expect(offered).to.eql(['one']);
    expect(subject.counts.unaccepted).to.equal(0);
  });

  for (const [name, bytes, options] of [
    ['TCP_FAIL_DETECT', TCP_FAIL_DETECT, 1],
    ['TCP_PING_DATA', TCP_PING_DATA, 0],
    ['MEMBER_START', MEMBER_START, 0],
    ['MEMBER_STOP', MEMBER_STOP, 0],
  ] as const) {
    it(`swallows ${name}, with or without the flag of a byte message`, async () => {
      listening('one', () => true);
      await subject.deliver(message(bytes, options));
      await subject.deliver(message(bytes, 1 - options));
      expect(offered).to.eql([]);
      expect(subject.swallowed[name]).to.equal(2);
      expect(subject.counts).to.eql({ undecodable: 0, unaccepted: 0, failed: 0 });
      expect(warnings()).to.eql([]);
    });
  }
});
