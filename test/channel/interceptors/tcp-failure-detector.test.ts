import { expect } from 'chai';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { randomUniqueId, systemClock, TribesError, type Clock } from '../../../src/base/index.js';
import type { ProbeAnswer } from '../../../src/channel/member-probe.js';
import {
  TcpFailureDetector,
  type TcpFailureDetectorSettings,
} from '../../../src/channel/interceptors/tcp-failure-detector.js';
import { makeMember, StartLevel, type Member } from '../../../src/membership/index.js';
import {
  ACK_FRAME,
  decodeChannelData,
  decodeFrames,
  SHUTDOWN_PAYLOAD,
  TCP_FAIL_DETECT,
  type ChannelData,
} from '../../../src/wire/index.js';
import { eventually } from '../../support/eventually.js';
import { ManualClock } from '../../support/manual-clock.js';
import { interceptorContext, RecordingLowerLayer, RecordingUpperLayer } from '../layers.js';
import { member, memberPackage } from '../members.js';

const DEFAULTS: TcpFailureDetectorSettings = {
  optionFlag: 0,
  connectTimeout: 1000,
  performSendTest: true,
  performReadTest: false,
  readTestTimeout: 5000,
  removeSuspectsTimeout: 300,
};

const local = memberPackage(4000);

function message(bytes: Buffer, options = 1): ChannelData {
  return { options, timestamp: 0n, uniqueId: randomUniqueId(), member: memberPackage(4001), message: bytes };
}

describe('TcpFailureDetector', () => {
  describe('with probes that answer as the test says', () => {
    const a = member(4001);
    let lower: RecordingLowerLayer;
    let upper: RecordingUpperLayer;
    let clock: ManualClock;
    let alive: boolean;

    beforeEach(() => {
      lower = new RecordingLowerLayer();
      upper = new RecordingUpperLayer();
      clock = new ManualClock();
      alive = true;
    });

    async function started(settings: Partial<TcpFailureDetectorSettings> = {}): Promise<TcpFailureDetector> {
      const answer = (): Promise<ProbeAnswer> =>
        Promise.resolve(alive ? { alive } : { alive, expected: true, why: 'refused' });
      const context = interceptorContext(clock, local);
      const subject = new TcpFailureDetector(context, { ...DEFAULTS, ...settings }, answer);
      subject.linkTo(upper, lower);
      await subject.start(StartLevel.DEFAULT);
      return subject;
    }

    const told = (...events: string[]): Promise<void> =>
      eventually(`told ${events.join()}`, () => upper.events.join() === events.join());

    it('passes a member up once it has been verified, and lists only such', async () => {
      const subject = await started();
      lower.below = [a];
      subject.memberAdded(a);
      expect(upper.events).to.eql([]);
      expect(subject.members()).to.eql([]);
      await told('+4001');
      expect(subject.members()).to.eql([a]);
      expect(subject.member(a.key)).to.equal(a);
    });

    it('verifies the members that a message could not be delivered to, and still tells the sender', async () => {
      const subject = await started();
      subject.memberAdded(a);
      await told('+4001');
      alive = false;
      const outcome = { delivered: [], faulty: [{ member: a, cause: new Error('connection refused') }] };
      lower.answer = () => Promise.resolve(outcome);
      expect(await subject.sendMessage([a], message(Buffer.from('x')))).to.equal(outcome);
      await told('+4001', '-4001 expired');
    });

    const place = { address: '228.0.0.4', port: 45_564, interface: 'lo', reason: 'unreachable' };
    for (const [what, cause] of [
      ['a member that answered FAIL_ACK', new TribesError('TRIBES_E_SEND_FAIL_ACK', { destination: 'a' })],
      ['a member without a UDP port', new TribesError('TRIBES_E_SEND_NO_UDP', { destination: 'a' })],
      [
        'a member to which a datagram was too large',
        new TribesError('TRIBES_E_SEND_TOO_LARGE', { destination: 'a', length: 70_000, limit: 65_507 }),
      ],
      ['anybody when there is no multicast', new TribesError('TRIBES_E_CHANNEL_NO_MULTICAST', {})],
      ['anybody when the network takes no multicast', new TribesError('TRIBES_E_MEMBERSHIP_SEND', place)],
    ] as const) {
      it(`does not doubt ${what}`, async () => {
        const subject = await started();
        subject.memberAdded(a);
        await told('+4001');
        lower.answer = () => Promise.resolve({ delivered: [], faulty: [{ member: a, cause }] });
        await subject.sendMessage([a], message(Buffer.from('x')));
        expect(subject.statistics()['probesSent']).to.equal(1);
      });
    }

    it('takes a member that said goodbye for dead without connecting to it', async () => {
      const subject = await started();
      const leaving = member(4002, { command: SHUTDOWN_PAYLOAD });
      lower.below = [leaving];
      subject.heartbeat();
      subject.heartbeat();
      await Promise.resolve();
      expect(subject.statistics()['probesSent']).to.equal(0);
      expect(upper.events).to.eql([]);
    });

    it('looks with every heartbeat, after the layers below, for members that are missing', async () => {
      const subject = await started();
      lower.below = [a];
      alive = false;
      subject.memberAdded(a);
      await eventually('found dead', () => subject.statistics()['probesDead'] === 1);
      alive = true;
      subject.heartbeat();
      await told('+4001');
      expect(lower.calls).to.include('heartbeat');
    });

    it('swallows the probes of others and nothing else', async () => {
      const subject = await started();
      await subject.messageReceived(message(TCP_FAIL_DETECT));
      expect(upper.received).to.eql([]);
      expect(subject.statistics()['probesReceived']).to.equal(1);
      const longer = message(Buffer.concat([TCP_FAIL_DETECT, Buffer.from([0])]));
      await subject.messageReceived(longer);
      expect(upper.received).to.eql([longer]);
    });

    it('leaves probes without its option flag to the layer above', async () => {
      const subject = await started({ optionFlag: 512 });
      await subject.messageReceived(message(TCP_FAIL_DETECT, 1));
      await subject.messageReceived(message(TCP_FAIL_DETECT, 513));
      expect(upper.received.map(({ options }) => options)).to.eql([1]);
    });

    it('takes in, when it is started again, the members that the layer below knows still', async () => {
      const subject = await started();
      lower.below = [a];
      subject.memberAdded(a);
      await told('+4001');
      await subject.stop(StartLevel.DEFAULT);
      await subject.start(StartLevel.DEFAULT);
      await told('+4001', '+4001');
    });

    it('tells nothing any more once it is stopped, and begins anew when it is started', async () => {
      const subject = await started();
      subject.memberAdded(a);
      await subject.stop(StartLevel.DEFAULT);
      await new Promise(setImmediate);
      expect(upper.events).to.eql([]);
      await subject.start(StartLevel.DEFAULT);
      subject.memberAdded(a);
      await told('+4001');
    });
  });

  describe('over real connections', () => {
    let server: Server;
    let peer: Member;
    let received: Buffer[];
    let reply: Buffer | null;
    let subject: TcpFailureDetector;

    beforeEach((done) => {
      received = [];
      reply = null;
      server = createServer((socket) => {
        socket.on('data', (chunk) => {
          received.push(chunk);
          if (reply !== null) {
            socket.write(reply);
          }
        });
        socket.on('end', () => received.push(Buffer.from('FIN')));
        socket.on('error', () => received.push(Buffer.from('RST')));
      });
      server.listen(0, '127.0.0.1', () => {
        peer = member((server.address() as AddressInfo).port);
        done();
      });
    });

    afterEach(async () => {
      await subject.stop(StartLevel.DEFAULT);
      server.close();
    });

    async function started(
      settings: Partial<TcpFailureDetectorSettings> = {},
      clock: Clock = systemClock,
    ): Promise<RecordingUpperLayer> {
      const upper = new RecordingUpperLayer();
      subject = new TcpFailureDetector(interceptorContext(clock, local), { ...DEFAULTS, ...settings });
      subject.linkTo(upper, new RecordingLowerLayer());
      await subject.start(StartLevel.DEFAULT);
      return upper;
    }

    const frames = (): Buffer => Buffer.concat(received.slice(0, -1));

    it('sends one frame with the probe from the local member, and FIN right behind it', async () => {
      const upper = await started({ optionFlag: 512 });
      subject.memberAdded(peer);
      await eventually('added', () => upper.events.length === 1);
      await eventually('closed', () => received.at(-1)?.toString() === 'FIN');
      const [data, ...more] = decodeFrames(frames());
      expect(more).to.eql([]);
      const { options, member: sender, message: payload } = decodeChannelData(data ?? Buffer.alloc(0));
      expect({ options, sender, payload }).to.eql({ options: 513, sender: local, payload: TCP_FAIL_DETECT });
    });

    it('writes nothing without performSendTest', async () => {
      const upper = await started({ performSendTest: false });
      subject.memberAdded(peer);
      await eventually('added', () => upper.events.length === 1);
      await eventually('closed', () => received.at(-1)?.toString() === 'FIN');
      expect(frames().length).to.equal(0);
    });

    it('waits for an answer with performReadTest, and asks for an acknowledgement', async () => {
      reply = ACK_FRAME;
      const upper = await started({ performReadTest: true });
      subject.memberAdded(peer);
      await eventually('added', () => upper.events.length === 1);
      const [data] = decodeFrames(Buffer.concat(received.filter((chunk) => chunk.length > 3)));
      expect(decodeChannelData(data ?? Buffer.alloc(0)).options).to.equal(3);
    });

    it('takes a member for dead that does not answer within readTestTimeout', async () => {
      await started({ performReadTest: true, readTestTimeout: 20 });
      subject.memberAdded(peer);
      await eventually('found dead', () => subject.statistics()['probesDead'] === 1);
    });

    it('takes a member for dead to which a connection does not come about within connectTimeout', async () => {
      const clock = new ManualClock();
      const upper = await started({}, clock);
      subject.memberAdded(peer);
      clock.advance(1000);
      await eventually('found dead', () => subject.statistics()['probesDead'] === 1);
      expect(upper.events).to.eql([]);
      expect(clock.pendingTimers).to.equal(0);
    });

    it('takes a member for dead that refuses the connection', async () => {
      server.close();
      const upper = await started();
      subject.memberAdded(peer);
      await eventually('found dead', () => subject.statistics()['probesDead'] === 1);
      expect(upper.events).to.eql([]);
    });

    it('connects to nothing for a member whose host is no address, or whose port is none', async () => {
      await started();
      subject.memberAdded(makeMember({ ...peer.info, host: Buffer.from([1, 2, 3]) }));
      subject.memberAdded(member(0));
      subject.memberAdded(member(70_000));
      await eventually('found dead', () => subject.statistics()['probesDead'] === 3);
      expect(received).to.eql([]);
    });

    it('gives up the probes that are under way when it stops', async () => {
      await started({ performReadTest: true, readTestTimeout: 60_000 });
      subject.memberAdded(peer);
      await eventually('probing', () => received.length > 0);
      await subject.stop(StartLevel.DEFAULT);
      await eventually('connection closed', () => ['FIN', 'RST'].includes(String(received.at(-1))));
    });
  });
});
