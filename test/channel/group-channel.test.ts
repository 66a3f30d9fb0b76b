import { expect } from 'chai';
import { setImmediate as turn } from 'node:timers/promises';
import { defaultChannelLimits, randomUniqueId } from '../../src/base/index.js';
import { ChannelInterceptorBase, type InterceptorFactory } from '../../src/channel/channel-interceptor.js';
import {
  GroupChannel,
  type Channel,
  type ChannelListener,
  type ReceivedMessage,
} from '../../src/channel/index.js';
import type { GroupChannelOptions } from '../../src/channel/index.js';
import {
  DIALECTS,
  encodeRpcMessage,
  NEWEST_DIALECT,
  TCP_FAIL_DETECT,
  type ChannelData,
  type MemberPackage,
} from '../../src/wire/index.js';
import { rejectionOf, thrownBy } from '../support/errors.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { recordingLogger } from '../support/recording-logger.js';
import { member } from './members.js';
import { RecordingParts } from './parts.js';

const HELLO = Buffer.from('aced000574000568656c6c6f', 'hex');

/** Writes down what passes, and passes it on. */
class Tap extends ChannelInterceptorBase {
  readonly name: string;
  readonly #log: string[];

  constructor(name: string, log: string[]) {
    super(0);
    this.name = name;
    this.#log = log;
  }

  override sendMessage(...args: Parameters<ChannelInterceptorBase['sendMessage']>) {
    this.#log.push(`${this.name} down`);
    return super.sendMessage(...args);
  }

  override messageReceived(message: ChannelData) {
    this.#log.push(`${this.name} up`);
    return super.messageReceived(message);
  }

  override heartbeat(): void {
    this.#log.push(`${this.name} heartbeat`);
    super.heartbeat();
  }
}

describe('GroupChannel', () => {
  let clock: ManualClock;
  let log: ReturnType<typeof recordingLogger>;
  let parts: RecordingParts;
  let onBroadcast: (message: ChannelData) => void;

  beforeEach(() => {
    clock = new ManualClock();
    log = recordingLogger();
    parts = new RecordingParts();
  });

  function channel(options: Partial<GroupChannelOptions> = {}): GroupChannel {
    const { receiver, transmitter, membership } = parts;
    return new GroupChannel({
      clock,
      logger: log.logger,
      receiver,
      transmitter,
      createMembership: (listener) => {
        onBroadcast = listener;
        return membership;
      },
      interceptors: [],
      ...options,
    });
  }

  async function started(options: Partial<GroupChannelOptions> = {}): Promise<GroupChannel> {
    const subject = channel(options);
    await subject.start();
    parts.calls.length = 0;
    return subject;
  }

  function message(sender: MemberPackage, payload: Buffer = HELLO, options = 0): ChannelData {
    return { options, timestamp: 1n, uniqueId: randomUniqueId(), member: sender, message: payload };
  }

  function listener(take: (message: ReceivedMessage) => boolean | Promise<boolean>): ChannelListener {
    return { messageReceived: take };
  }

  describe('life', () => {
    it('starts once, and stops once', async () => {
      const subject = channel();
      await Promise.all([subject.start(), subject.start()]);
      expect(parts.calls).to.have.length(5);
      await Promise.all([subject.stop(), subject.stop()]);
      expect(parts.calls).to.have.length(9);
      await subject.stop();
      expect(parts.calls).to.have.length(9);
      expect(clock.pendingTimers).to.equal(0);
    });

    it('stops what it has started when a part fails, and can be started again', async () => {
      const subject = channel();
      const failure = new Error('port in use');
      parts.failures.set('start sender', failure);
      let thrown: unknown;
      await subject.start().catch((error: unknown) => (thrown = error));
      expect(thrown).to.equal(failure);
      expect(parts.calls.slice(-2)).to.eql(['stop sender', 'stop receiver']);
      expect(clock.pendingTimers).to.equal(0);
      parts.failures.clear();
      await subject.start();
      expect(parts.calls.at(-1)).to.equal('start MBR_TX');
      await subject.stop();
    });

    it('ends a start that is under way when it is stopped', async () => {
      const subject = channel();
      let release = (): void => undefined;
      parts.delays.set('start MBR_RX', new Promise((resolve) => (release = resolve)));
      const starting = rejectionOf('TRIBES_E_CHANNEL_NOT_STARTED', subject.start());
      await eventually('waiting for members', () => parts.calls.includes('start MBR_RX'));
      const stopping = subject.stop();
      release();
      await Promise.all([starting, stopping]);
      expect(parts.calls).not.to.include('start MBR_TX');
      expect(parts.calls.slice(-3)).to.eql(['stop MBR_RX', 'stop sender', 'stop receiver']);
      expect(clock.pendingTimers).to.equal(0);
    });

    it('starts again after a stop that is under way', async () => {
      const subject = await started();
      const stopping = subject.stop();
      await subject.start();
      await stopping;
      expect(parts.calls.slice(0, 5)).to.eql([
        'stop MBR_TX',
        'stop MBR_RX',
        'stop sender',
        'stop receiver',
        'start receiver',
      ]);
      expect(parts.calls.at(-1)).to.equal('start MBR_TX');
      await subject.stop();
    });

    it('starts the parts of its start level only', async () => {
      await channel({ startLevel: 3 }).start();
      expect(parts.calls).to.eql(['start receiver', 'local is 127.0.0.1:4000', 'start sender']);
    });

    it('refuses overlapping option flags with optionCheck', () => {
      const flagged: InterceptorFactory = () => Object.assign(new Tap('a', []), { optionFlag: 8 });
      channel({ interceptors: [flagged, flagged] });
      thrownBy('TRIBES_E_CHANNEL_OPTION_FLAGS', () =>
        channel({ interceptors: [flagged, flagged], optionCheck: true }),
      );
    });
  });

  describe('heartbeat', () => {
    it('goes down the stack every heartbeatSleeptime, and then to the listeners, once to each', async () => {
      const calls: string[] = [];
      const subject = await started({
        interceptors: [() => new Tap('first', calls), () => new Tap('second', calls)],
      });
      const both = {
        memberAdded: () => undefined,
        memberDisappeared: () => undefined,
        messageReceived: () => false,
        heartbeat: () => calls.push(`listener after ${parts.calls.join()}`),
      };
      subject.addMembershipListener(both);
      subject.addChannelListener(both);
      subject.addChannelListener(listener(() => false));
      clock.advance(4999);
      expect(calls).to.eql([]);
      clock.advance(1);
      expect(calls).to.eql(['first heartbeat', 'second heartbeat', 'listener after keepAlive']);
      clock.advance(5000);
      expect(calls).to.have.length(6);
      await subject.stop();
    });

    it('goes on when a listener fails', async () => {
      const subject = await started({ heartbeatSleeptime: 10 });
      const failing = {
        messageReceived: () => false,
        heartbeat: () => {
          throw new Error('broken');
        },
      };
      subject.addChannelListener(failing);
      clock.advance(20);
      expect(log.lines('error')).to.have.length(2);
      expect(parts.calls).to.eql(['keepAlive', 'keepAlive']);
      await subject.stop();
    });
  });

  describe('sending', () => {
    const a = member(4001);
    const b = member(4002);

    it('passes the interceptors in order, and puts the local member and the time into the header', async () => {
      const calls: string[] = [];
      const subject = await started({
        interceptors: [() => new Tap('first', calls), () => new Tap('second', calls)],
      });
      const outcome = await subject.send([a, b], () => HELLO, 6);
      expect(outcome).to.eql({ delivered: [a, b], faulty: [] });
      expect(calls).to.eql(['first down', 'second down']);
      const [{ to, message: sent } = { to: [], message: undefined }] = parts.sent;
      expect(to).to.eql([a.key, b.key]);
      expect(sent).to.deep.include({
        options: 6,
        timestamp: BigInt(clock.now()),
        member: parts.local.info,
        message: HELLO,
      });
      expect(sent?.uniqueId).to.match(/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
    });

    it('writes each message once for each dialect, in the dialect of whoever gets it', async () => {
      const subject = await started();
      subject.observeDialect(b, { seen: 'sessionMessage', uid: 1n });
      const c = member(4003);
      const outcome = await subject.send(
        [a, b, c],
        ({ sessionMessageUid }) => Buffer.concat([HELLO, Buffer.from(`${sessionMessageUid}`)]),
        2,
      );
      expect(
        parts.sent.map(({ to, message: { message: bytes } }) => [to, bytes.toString('latin1').at(-1)]),
      ).to.eql([
        [[a.key, c.key], '2'],
        [[b.key], '1'],
      ]);
      expect(outcome.delivered.map(({ port }) => port).sort()).to.eql([4001, 4002, 4003]);
      expect(new Set(parts.sent.map(({ message: { uniqueId } }) => uniqueId)).size).to.equal(2);
    });

    it('writes a multicast once for all dialects in which it is the same', async () => {
      const subject = await started();
      const c = member(4003);
      subject.observeDialect(b, { seen: 'sessionMessage', uid: 1n });
      expect(await subject.send([a, b, c], () => HELLO, 64)).to.eql({ delivered: [a, c, b], faulty: [] });
      expect(parts.broadcasts.splice(0).map((sent) => sent.message)).to.eql([HELLO]);
      await subject.send(
        [a, b, c],
        ({ sessionMessageUid }) => Buffer.concat([HELLO, Buffer.from(`${sessionMessageUid}`)]),
        64,
      );
      expect(parts.broadcasts.map((sent) => sent.message.toString('latin1').at(-1))).to.eql(['2', '1']);
      expect(parts.sent).to.eql([]);
    });

    it('says for whom a multicast could not be written', async () => {
      const subject = await started();
      subject.observeDialect(b, { seen: 'sessionMessage', uid: 1n });
      const cause = new Error('not in 7.0');
      const encode = ({ sessionMessageUid }: { sessionMessageUid: bigint }): Buffer => {
        if (sessionMessageUid === 1n) {
          throw cause;
        }
        return HELLO;
      };
      expect(await subject.send([a, b], encode, 64)).to.eql({
        delivered: [a],
        faulty: [{ member: b, cause }],
      });
    });

    it('says which members failed and why', async () => {
      const subject = await started();
      const cause = new Error('refused');
      parts.faulty.set(a.key, cause);
      expect(await subject.send([a, b], () => HELLO, 2)).to.eql({
        delivered: [b],
        faulty: [{ member: a, cause }],
      });
      expect(subject.statistics().faultySends).to.equal(1);
    });

    it('takes members for faulty in whose dialect a message cannot be written', async () => {
      const subject = await started();
      subject.observeDialect(b, { seen: 'sessionMessage', uid: 1n });
      const cause = new Error('not in 7.0');
      const encode = ({ sessionMessageUid }: { sessionMessageUid: bigint }): Buffer => {
        if (sessionMessageUid === 1n) {
          throw cause;
        }
        return HELLO;
      };
      expect(await subject.send([a, b], encode, 2)).to.eql({
        delivered: [a],
        faulty: [{ member: b, cause }],
      });
    });

    it('refuses to send to nobody, to send what it is not, and to send while it is stopped', async () => {
      const subject = channel();
      await rejectionOf(
        'TRIBES_E_CHANNEL_NOT_STARTED',
        subject.send([a], () => HELLO, 0),
      );
      await subject.start();
      await rejectionOf(
        'TRIBES_E_CHANNEL_NO_DESTINATION',
        subject.send([], () => HELLO, 0),
      );
      const raw = Buffer.from('raw bytes');
      const error = await rejectionOf(
        'TRIBES_E_CHANNEL_NOT_A_STREAM',
        subject.send([a], () => raw, 2),
      );
      expect(error.message).to.contain('begins with 72617720');
      expect((await subject.send([a], () => raw, 3)).delivered).to.eql([a]);
      await subject.stop();
      await rejectionOf(
        'TRIBES_E_CHANNEL_NOT_STARTED',
        subject.send([a], () => HELLO, 0),
      );
    });

    it('is possible as soon as messages come in, before the members are known', async () => {
      const subject = channel();
      let release = (): void => undefined;
      parts.delays.set('start MBR_RX', new Promise((resolve) => (release = resolve)));
      const starting = subject.start();
      await eventually('waiting for members', () => parts.calls.includes('start MBR_RX'));
      expect((await subject.send([a], () => HELLO, 0)).delivered).to.eql([a]);
      release();
      await starting;
      await subject.stop();
    });

    it('counts messages by their options, once for each member', async () => {
      const subject = await started();
      await subject.send([a, b], () => HELLO, 6);
      await subject.send([a], () => HELLO, 0x7ff0022);
      const { messagesSent, sentByOptions } = subject.statistics();
      expect(messagesSent).to.equal(3);
      expect([...sentByOptions]).to.eql([
        [6, 2],
        [0x22, 1],
      ]);
    });
  });

  describe('receiving', () => {
    const a = member(4001);

    it('passes the interceptors from the last to the first, then the listeners', async () => {
      const calls: string[] = [];
      const subject = await started({
        interceptors: [() => new Tap('first', calls), () => new Tap('second', calls)],
      });
      subject.addChannelListener(listener(() => calls.push('listener') > 0));
      await parts.receive(message(a.info));
      expect(calls).to.eql(['second up', 'first up', 'listener']);
    });

    it('names the member of the list as the sender, with its newest alive time; others by the header', async () => {
      const subject = await started();
      parts.known = [a];
      const senders: unknown[] = [];
      subject.addChannelListener(listener(({ sender }) => senders.push(sender) > 0));
      await parts.receive(message({ ...a.info, aliveTime: 5n }));
      const stranger = member(4009);
      await parts.receive(message(stranger.info));
      expect(senders[0]).to.equal(a);
      expect(senders[1]).to.include({ key: stranger.key, port: 4009 });
    });

    it('rejects when processing fails, so that the receiver can answer FAIL_ACK', async () => {
      const subject = await started();
      const failure = new Error('no space left');
      subject.addChannelListener(listener(() => Promise.reject(failure)));
      let thrown: unknown;
      await Promise.resolve(parts.receive(message(a.info, HELLO, 6))).catch(
        (error: unknown) => (thrown = error),
      );
      expect(thrown).to.equal(failure);
      expect(subject.statistics().failed).to.equal(1);
    });

    it('takes messages sent by multicast like any other, and survives a listener that fails', async () => {
      const subject = await started();
      const seen: number[] = [];
      subject.addChannelListener(
        listener(({ options }) => {
          seen.push(options);
          throw new Error('broken');
        }),
      );
      onBroadcast(message(a.info, HELLO, 0x40));
      onBroadcast(message(parts.local.info, HELLO, 0x40));
      await eventually('received', () => subject.statistics().failed === 1);
      expect(seen).to.eql([0x40]);
      expect(subject.statistics().ownMessages).to.equal(1);
      expect(log.lines('error')).to.eql([]);
    });

    it('drops messages sent by multicast while too much is being processed, and takes them again', async () => {
      const subject = await started({ limits: { ...defaultChannelLimits, maxBroadcastBytes: 4096 } });
      let finish = (): void => undefined;
      const gate = new Promise<boolean>((resolve) => (finish = () => resolve(true)));
      let seen = 0;
      subject.addChannelListener(listener(() => (seen++, gate)));
      for (let i = 0; i < 8; i++) {
        onBroadcast(message(a.info, HELLO, 0x40));
      }
      // Each counts as its bytes and 1024.
      expect(seen).to.equal(4);
      expect(subject.statistics().broadcastsDropped).to.equal(4);
      expect(log.lines('warn').map(({ message: text }) => text)).to.eql([
        'a multicast message is dropped: channel.maxBroadcastBytes are being processed',
      ]);
      finish();
      await turn();
      onBroadcast(message(a.info, HELLO, 0x40));
      expect(seen).to.equal(5);
      await subject.stop();
    });

    it('swallows a probe where TcpFailureDetector is absent', async () => {
      const subject = await started();
      subject.addChannelListener(listener(() => expect.fail('offered')));
      await parts.receive(message(a.info, TCP_FAIL_DETECT, 1));
      expect(subject.statistics().swallowed.TCP_FAIL_DETECT).to.equal(1);
    });

    it('answers a call of an RPC service that it does not have, also to somebody who is no member', async () => {
      const subject = await started();
      const ids = { uuid: Buffer.alloc(16, 1), rpcId: Buffer.from('localhost#/app-map') };
      await parts.receive(message(a.info, encodeRpcMessage({ kind: 'request', ...ids, message: null }), 2));
      await eventually('answered', () => parts.sent.length === 1);
      const [{ to, message: sent } = { to: [], message: undefined }] = parts.sent;
      expect(to).to.eql([a.key]);
      expect(sent?.options).to.equal(8);
      expect(sent?.message).to.eql(encodeRpcMessage({ kind: 'no-rpc-channel-reply', ...ids }));
      await subject.stop();
    });

    it('lets a registered RPC service answer for itself', async () => {
      const subject = await started();
      const rpcId = Buffer.from('service');
      const calls: string[] = [];
      const remove = subject.registerRpcService(rpcId, {
        messageReceived: ({ kind }) => void calls.push(kind),
      });
      const call = encodeRpcMessage({ kind: 'request', uuid: Buffer.alloc(16), rpcId, message: null });
      await parts.receive(message(a.info, call, 2));
      expect(calls).to.eql(['request']);
      expect(parts.sent).to.eql([]);
      remove();
    });
  });

  describe('members', () => {
    const a = member(4001);

    it('are those of the topmost interceptor', async () => {
      const subject = await started({
        interceptors: [() => Object.assign(new Tap('filter', []), { members: () => [a] })],
      });
      expect((subject as Channel).members()).to.eql([a]);
      expect(subject.local).to.equal(parts.local);
    });

    it('come and go to every listener, even when one fails; connections to those that went are let go', async () => {
      const subject = await started();
      const events: string[] = [];
      subject.addMembershipListener({
        memberAdded: () => {
          throw new Error('broken');
        },
        memberDisappeared: () => undefined,
      });
      subject.addMembershipListener({
        memberAdded: ({ port }) => events.push(`+${port}`),
        memberDisappeared: ({ port }, reason) => events.push(`-${port} ${reason}`),
      });
      parts.listener.memberAdded(a);
      parts.listener.memberDisappeared(a, 'shutdown');
      expect(events).to.eql(['+4001', '-4001 shutdown']);
      expect(parts.calls).to.eql([`remove ${a.key}`]);
      expect(log.lines('error')).to.have.length(1);
    });

    it('keep their dialect for ten minutes after they went', async () => {
      const subject = await started();
      parts.known = [a];
      subject.observeDialect(a, { seen: 'memberImpl', uid: DIALECTS['tomcat-9.0.66'].memberImplUid });
      const learned = subject.dialectOf(a);
      expect(learned).not.to.equal(NEWEST_DIALECT);
      parts.known = [];
      parts.listener.memberDisappeared(a, 'expired');
      clock.advance(600_000);
      expect(subject.dialectOf(a)).to.equal(learned);
      clock.advance(5000);
      expect(subject.dialectOf(a)).to.equal(NEWEST_DIALECT);
      await subject.stop();
    });
  });

  it('refuses to register a listener twice', () => {
    const subject = channel();
    const one = {
      messageReceived: () => false,
      memberAdded: () => undefined,
      memberDisappeared: () => undefined,
    };
    subject.addChannelListener(one);
    subject.addMembershipListener(one);
    thrownBy('TRIBES_E_CHANNEL_LISTENER', () => subject.addChannelListener(one));
    thrownBy('TRIBES_E_CHANNEL_LISTENER', () => subject.addMembershipListener(one));
  });

  it('tells the membership whether the node is synchronised', () => {
    channel().setSynchronised(true);
    expect(parts.calls).to.eql(['synchronised true']);
  });
});
