import { expect } from 'chai';
import { silentLogger, systemClock } from '../../src/base/index.js';
import {
  FrameAssembler,
  NioReceiver,
  PooledParallelSender,
  type Destination,
  type FaultyDestination,
  type SenderSettings,
} from '../../src/transport/index.js';
import {
  ACK_FRAME,
  decodeChannelData,
  encodeChannelData,
  encodeFrame,
  FAIL_ACK_FRAME,
  type ChannelData,
} from '../../src/wire/index.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { recordingLogger } from '../support/recording-logger.js';
import {
  ACK_AFTER,
  ACK_FIRST,
  ASYNC,
  closedPort,
  FakeReceiver,
  message,
  NO_ACK,
  type Wire,
} from './support.js';

/** The messages that have come on a wire. */
function messagesOn(wire: Wire): ChannelData[] {
  const messages: ChannelData[] = [];
  new FrameAssembler(2 ** 30).push(wire.received, (data) => messages.push(decodeChannelData(data)));
  return messages;
}

const textsOn = (wire: Wire): string[] => messagesOn(wire).map(({ message: payload }) => payload.toString());

/** Answers the n-th message of a wire that asks for it with `replies[n]`, and further ones with nothing. */
function answering(...replies: Buffer[]): (wire: Wire) => void {
  return (wire) => {
    let answered = 0;
    wire.socket.on('data', () => {
      const asking = messagesOn(wire).filter(({ options }) => (options & ACK_FIRST) !== 0).length;
      for (; answered < Math.min(asking, replies.length); answered++) {
        wire.socket.write(replies[answered] ?? Buffer.alloc(0));
      }
    });
  };
}

const acknowledging = answering(...Array.from({ length: 1000 }, () => ACK_FRAME));

describe('PooledParallelSender', () => {
  const senders: PooledParallelSender[] = [];
  const receivers: FakeReceiver[] = [];

  afterEach(async () => {
    await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
    await Promise.all(senders.splice(0).map((sender) => sender.stop()));
  });

  async function sender(
    settings: Partial<SenderSettings> = {},
    options: Partial<ConstructorParameters<typeof PooledParallelSender>[0]> = {},
  ): Promise<PooledParallelSender> {
    const made = new PooledParallelSender({ clock: systemClock, logger: silentLogger, settings, ...options });
    senders.push(made);
    await made.start();
    return made;
  }

  async function receiver(onConnection?: (wire: Wire) => void): Promise<FakeReceiver> {
    const made = await FakeReceiver.listen(onConnection);
    receivers.push(made);
    return made;
  }

  const at = (port: number, host = '127.0.0.1'): Destination => ({ key: `${host}:${port}`, host, port });

  function failuresOf(faulty: readonly FaultyDestination[]): string[] {
    return faulty.map(({ cause }) => ('code' in cause ? String(cause.code) : cause.message));
  }

  describe('sends', () => {
    it('the frame of the message, byte for byte', async () => {
      const peer = await receiver(acknowledging);
      const data = message('text');
      expect(await (await sender()).send([at(peer.port)], data)).to.eql([]);
      expect(peer.wires[0]?.received).to.eql(encodeFrame(encodeChannelData(data)));
    });

    it('to several destinations at a time, and tells which of them failed', async () => {
      const [one, two] = [await receiver(acknowledging), await receiver(acknowledging)];
      const gone = at(await closedPort());
      const sending = await sender();
      const faulty = await sending.send([at(one.port), gone, at(two.port)], message('to all'));
      expect(faulty.map(({ destination }) => destination)).to.eql([gone]);
      expect(faulty[0]?.destination).to.equal(gone);
      expect([one, two].flatMap(({ wires }) => wires.flatMap(textsOn))).to.eql(['to all', 'to all']);
      expect(sending.statistics).to.include({ messages: 2, failures: 1 });
    });

    for (const options of [NO_ACK, ASYNC]) {
      it(`options ${options} without waiting for an answer`, async () => {
        const peer = await receiver();
        expect(await (await sender()).send([at(peer.port)], message('text', options))).to.eql([]);
        await eventually('it arrives', () => peer.wires.flatMap(textsOn).length === 1);
      });
    }

    for (const options of [ACK_FIRST, ACK_AFTER, ACK_FIRST | ASYNC, ACK_AFTER | ASYNC]) {
      it(`options ${options} and waits for the acknowledgement`, async () => {
        const peer = await receiver();
        let isSent = false;
        const sending = (await sender()).send([at(peer.port)], message('text', options));
        void sending.then(() => (isSent = true));
        await eventually('it arrives', () => peer.wires.flatMap(textsOn).length === 1);
        expect(isSent).to.equal(false);
        for (const byte of ACK_FRAME) {
          await peer.wires[0]?.write(Buffer.from([byte]));
        }
        expect(await sending).to.eql([]);
      });
    }

    it('acknowledged messages one after the other over the same connection', async () => {
      const peer = await receiver(acknowledging);
      const sending = await sender();
      for (let i = 0; i < 20; i++) {
        await sending.send([at(peer.port)], message(String(i)));
      }
      expect(peer.wires.map(textsOn)).to.eql([Array.from({ length: 20 }, (_, i) => String(i))]);
    });

    it('acknowledged messages that are under way together over a connection each', async () => {
      const peer = await receiver();
      const sending = await sender();
      const sent = ['a', 'b', 'c'].map((text) => sending.send([at(peer.port)], message(text)));
      await eventually('all three', () => peer.wires.flatMap(textsOn).length === 3);
      expect(peer.wires.map((wire) => textsOn(wire).length)).to.eql([1, 1, 1]);
      for (const wire of peer.wires) {
        await wire.write(ACK_FRAME);
      }
      expect((await Promise.all(sent)).flat()).to.eql([]);
    });

    it('the others over one connection, in order, large and small', async () => {
      const peer = await receiver();
      const sending = await sender();
      const texts = Array.from({ length: 300 }, (_, i) => String(i).padEnd(i % 50 === 0 ? 500_000 : 10));
      await Promise.all(texts.map((text) => sending.send([at(peer.port)], message(text, ASYNC))));
      await eventually('all', () => (peer.wires[0]?.received.length ?? 0) >= sending.statistics.bytes);
      expect(peer.wires.length).to.equal(1);
      expect(peer.wires.flatMap(textsOn).map((text) => Number(text))).to.eql(texts.map(Number));
    });
  });

  describe('when the peer', () => {
    const failing = async (
      peer: FakeReceiver | number,
      settings: Partial<SenderSettings> = {},
      options: number = ACK_AFTER,
    ): Promise<{ codes: string[]; sending: PooledParallelSender }> => {
      const sending = await sender(settings);
      const port = typeof peer === 'number' ? peer : peer.port;
      const faulty = await sending.send([at(port)], message('text', options));
      return { codes: failuresOf(faulty), sending };
    };

    for (const options of [ACK_AFTER, ASYNC]) {
      it(`refuses the connection, tries again once (options ${options})`, async () => {
        const { codes, sending } = await failing(await closedPort(), {}, options);
        expect(codes).to.eql(['TRIBES_E_SEND_REFUSED']);
        expect(sending.statistics).to.include({ retries: 1, failures: 1 });
      });
    }

    it('refuses the connection, tries again as often as maxRetryAttempts says', async () => {
      expect(
        (await failing(await closedPort(), { maxRetryAttempts: 3 })).sending.statistics.retries,
      ).to.equal(3);
      expect(
        (await failing(await closedPort(), { maxRetryAttempts: 0 })).sending.statistics.retries,
      ).to.equal(0);
    });

    it('does not accept the connection, fails after the time-out', async () => {
      const clock = new ManualClock();
      const peer = await receiver();
      const sending = await sender({ timeout: 3000 }, { clock });
      const sent = sending.send([at(peer.port)], message('text'));
      // Before the event loop comes to the network again, nobody can have accepted.
      for (let i = 0; i < 100 && clock.pendingTimers === 0; i++) {
        await Promise.resolve();
      }
      clock.advance(3000);
      const faulty = await sent;
      expect(failuresOf(faulty)).to.eql(['TRIBES_E_SEND_TIMEOUT']);
      expect(faulty[0]?.cause.message).to.contain('accept the connection');
      expect(sending.statistics).to.include({ connects: 0, retries: 0 });
    });

    it('closes the connection instead of acknowledging, sends the same message again', async () => {
      const peer = await receiver((wire) => wire.socket.once('data', () => wire.socket.destroy()));
      expect((await failing(peer)).codes).to.eql(['TRIBES_E_SEND_CLOSED']);
      const ids = peer.wires.flatMap(messagesOn).map(({ uniqueId }) => uniqueId);
      expect(ids.length).to.equal(2);
      expect(new Set(ids).size).to.equal(1);
    });

    it('closes the connection and acknowledges on the next, has delivered', async () => {
      const peer = await receiver((wire) => {
        if (peer.wires.length === 1) {
          wire.socket.once('data', () => wire.socket.end());
        } else {
          acknowledging(wire);
        }
      });
      expect((await failing(peer)).codes).to.eql([]);
    });

    it('answers FAIL_ACK, sends the same message again once', async () => {
      const peer = await receiver(answering(FAIL_ACK_FRAME, FAIL_ACK_FRAME, FAIL_ACK_FRAME));
      expect((await failing(peer)).codes).to.eql(['TRIBES_E_SEND_FAIL_ACK']);
      const ids = peer.wires.flatMap(messagesOn).map(({ uniqueId }) => uniqueId);
      expect(ids.length).to.equal(2);
      expect(new Set(ids).size).to.equal(1);
    });

    it('answers FAIL_ACK first and ACK then, has delivered', async () => {
      expect((await failing(await receiver(answering(FAIL_ACK_FRAME, ACK_FRAME)))).codes).to.eql([]);
    });

    it('answers FAIL_ACK, has delivered when throwOnFailedAck is false', async () => {
      const peer = await receiver(answering(FAIL_ACK_FRAME));
      expect((await failing(peer, { throwOnFailedAck: false })).codes).to.eql([]);
      expect(peer.wires.flatMap(textsOn)).to.eql(['text']);
    });

    it('never acknowledges, fails after the time-out, once, and closes the connection', async () => {
      const clock = new ManualClock();
      const peer = await receiver();
      const sending = await sender({ timeout: 3000 }, { clock });
      const sent = sending.send([at(peer.port)], message('text'));
      await eventually('it arrives', () => peer.wires.flatMap(textsOn).length === 1);
      clock.advance(2999);
      expect(sending.statistics).to.include({ failures: 0, connections: 1 });
      clock.advance(1);
      const faulty = await sent;
      expect(failuresOf(faulty)).to.eql(['TRIBES_E_SEND_TIMEOUT']);
      expect(faulty[0]?.cause.message).to.contain('acknowledge').and.contain('3000 ms');
      await peer.wires[0]?.ended;
      expect(peer.wires.length).to.equal(1);
      expect(clock.pendingTimers).to.equal(0);
    });

    it('does not acknowledge for 4.9 seconds, is waited for as a Tomcat with its defaults would', async () => {
      const clock = new ManualClock();
      const peer = await receiver();
      const sending = await sender({}, { clock });
      const sent = sending.send([at(peer.port)], message('text'));
      await eventually('it arrives', () => peer.wires.flatMap(textsOn).length === 1);
      clock.advance(4900);
      peer.wires[0]?.socket.write(ACK_FRAME);
      expect(await sent).to.eql([]);
    });

    it('says something else before the ACK, keeps waiting', async () => {
      const peer = await receiver(answering(Buffer.concat([encodeFrame(Buffer.from('other')), ACK_FRAME])));
      expect((await failing(peer)).codes).to.eql([]);
    });

    it('is no Tomcat, fails at once', async () => {
      const peer = await receiver((wire) => wire.socket.write('220 mail.example.org ESMTP\r\n'));
      expect((await failing(peer)).codes).to.eql(['TRIBES_E_SEND_GARBAGE']);
    });

    it('answers with far too much, fails at once', async () => {
      const endless = encodeFrame(Buffer.alloc(2000));
      expect((await failing(await receiver(answering(endless)))).codes).to.eql(['TRIBES_E_SEND_GARBAGE']);
    });

    it('acknowledges twice, goes on over a new connection', async () => {
      const { logger, lines } = recordingLogger();
      const peer = await receiver(answering(Buffer.concat([ACK_FRAME, ACK_FRAME]), FAIL_ACK_FRAME));
      const sending = await sender({}, { logger });
      expect(await sending.send([at(peer.port)], message('1'))).to.eql([]);
      expect(await sending.send([at(peer.port)], message('2'))).to.eql([]);
      expect(peer.wires.map(textsOn)).to.eql([['1'], ['2']]);
      expect(sending.statistics.strays).to.equal(2);
      expect(lines('warn').length).to.equal(1);
    });

    it('acknowledges once more while the connection is idle, goes on over a new one', async () => {
      const peer = await receiver(acknowledging);
      const sending = await sender();
      await sending.send([at(peer.port)], message('1'));
      await peer.wires[0]?.write(FAIL_ACK_FRAME);
      await eventually('it is noticed', () => sending.statistics.strays === 1);
      expect(await sending.send([at(peer.port)], message('2'))).to.eql([]);
      expect(peer.wires.length).to.equal(2);
    });

    it('closes idle connections, does not lose what is sent next', async () => {
      const peer = await receiver(acknowledging);
      const sending = await sender();
      await sending.send([at(peer.port)], message('1'));
      await sending.send([at(peer.port)], message('2', ASYNC));
      await eventually('both connections', () => peer.wires.flatMap(textsOn).length === 2);
      peer.wires.forEach(({ socket }) => socket.end());
      await eventually('it is noticed', () => sending.statistics.connections === 0);
      expect(await sending.send([at(peer.port)], message('3'))).to.eql([]);
      expect(await sending.send([at(peer.port)], message('4', ASYNC))).to.eql([]);
      await eventually('all', () => peer.wires.flatMap(textsOn).length === 4);
      expect(sending.statistics.retries).to.equal(0);
    });
  });

  describe('refuses to send', () => {
    for (const [host, port] of [
      ['localhost', 4000],
      ['{1, 2, 3}', 4000],
      ['127.0.0.1', 0],
      ['127.0.0.1', 65_536],
    ] as const) {
      it(`to ${host} port ${port}, which is no address`, async () => {
        expect(failuresOf(await (await sender()).send([at(port, host)], message('text')))).to.eql([
          'TRIBES_E_SEND_ADDRESS',
        ]);
      });
    }

    it('before the start', async () => {
      const idle = new PooledParallelSender({ clock: systemClock, logger: silentLogger });
      expect(failuresOf(await idle.send([at(4000)], message('text')))).to.eql(['TRIBES_E_SEND_STOPPED']);
    });
  });

  describe('bounds', () => {
    it('the connections to a destination; further messages wait for one', async () => {
      const peer = await receiver();
      const sending = await sender({ poolSize: 2 });
      const sent = ['a', 'b', 'c', 'd'].map((text) => sending.send([at(peer.port)], message(text)));
      await eventually('two', () => peer.wires.flatMap(textsOn).length === 2);
      await peer.wires[0]?.write(ACK_FRAME);
      await eventually('the third', () => peer.wires.flatMap(textsOn).length === 3);
      await peer.wires[1]?.write(ACK_FRAME);
      await eventually('the fourth', () => peer.wires.flatMap(textsOn).length === 4);
      await Promise.all(peer.wires.map((wire) => wire.write(ACK_FRAME)));
      expect((await Promise.all(sent)).flat()).to.eql([]);
      expect(peer.wires.length).to.equal(2);
    });

    it('the time for which they wait', async () => {
      const clock = new ManualClock();
      const peer = await receiver();
      const sending = await sender({ poolSize: 1, maxWait: 1000 }, { clock });
      const first = sending.send([at(peer.port)], message('first'));
      await eventually('the first', () => peer.wires.flatMap(textsOn).length === 1);
      const second = sending.send([at(peer.port)], message('second'));
      clock.advance(1000);
      expect(failuresOf(await second)).to.eql(['TRIBES_E_SEND_POOL']);
      await peer.wires[0]?.write(ACK_FRAME);
      expect(await first).to.eql([]);
    });

    it('what waits for a peer that is frozen, and gives it up after the time-out', async () => {
      const clock = new ManualClock();
      const frozen = await receiver((wire) => wire.socket.pause());
      const maxQueuedBytes = 16 * 2 ** 20;
      const sending = await sender({ maxQueuedBytes, timeout: 3000 }, { clock });
      const payload = Buffer.alloc(2 ** 20);
      const sent = Array.from({ length: 64 }, () => sending.send([at(frozen.port)], message(payload, ASYNC)));
      const codes = async (): Promise<string[]> => (await Promise.all(sent)).flatMap(failuresOf);
      await eventually('most are refused', () => sending.statistics.failures >= 40);
      await eventually('nothing moves', () => clock.pendingTimers === 1);
      clock.advance(3000);
      expect([...new Set(await codes())].toSorted()).to.eql([
        'TRIBES_E_SEND_QUEUE_FULL',
        'TRIBES_E_SEND_TIMEOUT',
      ]);
      expect(clock.pendingTimers).to.equal(0);
    });

    it('not a single message that is larger than the queue', async () => {
      const peer = await receiver(acknowledging);
      const sending = await sender({ maxQueuedBytes: 1000 });
      expect(await sending.send([at(peer.port)], message(Buffer.alloc(100_000)))).to.eql([]);
    });
  });

  it('waits for a large message for as long as the peer goes on taking it', async () => {
    const clock = new ManualClock();
    const peer = await receiver((wire) => wire.socket.pause());
    const sending = await sender({ timeout: 3000 }, { clock });
    const SIZE = 32 * 2 ** 20;
    const STEP = 3 * 2 ** 20;
    const sent = sending.send([at(peer.port)], message(Buffer.alloc(SIZE)));
    await eventually('the connection', () => peer.wires.length === 1);
    const [wire] = peer.wires;
    let received = 0;
    let pauseAt = 0;
    wire?.socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received >= pauseAt) {
        wire.socket.pause();
      }
    });
    // Each step is shorter than the time-out, all of them together are longer.
    for (let step = 1; step <= 5; step++) {
      pauseAt = received + STEP;
      wire?.socket.resume();
      await eventually(`step ${step}`, () => received >= pauseAt);
      clock.advance(1000);
    }
    pauseAt = Infinity;
    wire?.socket.resume();
    await eventually('the rest', () => received > SIZE);
    await wire?.write(ACK_FRAME);
    expect(await sent).to.eql([]);
  });

  describe('keepAlive', () => {
    it('leaves connections open by default', async () => {
      const clock = new ManualClock();
      const peer = await receiver(acknowledging);
      const sending = await sender({}, { clock });
      await sending.send([at(peer.port)], message('text'));
      clock.advance(24 * 3_600_000);
      sending.keepAlive();
      expect(sending.statistics.connections).to.equal(1);
    });

    it('closes idle connections that have carried more than keepAliveCount messages', async () => {
      const peer = await receiver(acknowledging);
      const sending = await sender({ keepAliveCount: 2 });
      for (const connections of [1, 1, 0]) {
        await sending.send([at(peer.port)], message('text'));
        await sending.send([at(peer.port)], message('text', ASYNC));
        sending.keepAlive();
        await eventually('as many connections', () => sending.statistics.connections === 2 * connections);
      }
    });

    it('closes idle connections that are older than keepAliveTime, and no busy one', async () => {
      const clock = new ManualClock();
      const peer = await receiver();
      const sending = await sender({ keepAliveTime: 1000 }, { clock });
      const sent = sending.send([at(peer.port)], message('busy'));
      await eventually('it arrives', () => peer.wires.flatMap(textsOn).length === 1);
      clock.advance(1001);
      sending.keepAlive();
      await peer.wires[0]?.write(ACK_FRAME);
      expect(await sent).to.eql([]);
      expect(sending.statistics.connections).to.equal(1);
      sending.keepAlive();
      await eventually('it is closed', () => sending.statistics.connections === 0);
    });
  });

  describe('remove', () => {
    it('closes idle connections, and the others when they have finished', async () => {
      const peer = await receiver();
      const sending = await sender();
      await sending.send([at(peer.port)], message('idle', ASYNC));
      const sent = sending.send([at(peer.port)], message('busy'));
      await eventually('both', () => peer.wires.flatMap(textsOn).length === 2);
      sending.remove(at(peer.port).key);
      await eventually('the idle one is closed', () => sending.statistics.connections === 1);
      await Promise.all(peer.wires.map((wire) => wire.write(ACK_FRAME)));
      expect(await sent).to.eql([]);
      await eventually('all are closed', () => sending.statistics.connections === 0);
      sending.keepAlive();
    });

    it('does not keep the member from coming back', async () => {
      const peer = await receiver(acknowledging);
      const sending = await sender();
      await sending.send([at(peer.port)], message('1'));
      sending.remove(at(peer.port).key);
      sending.remove('unknown');
      expect(await sending.send([at(peer.port)], message('2'))).to.eql([]);
    });
  });

  describe('stop', () => {
    it('lets what is under way finish, and closes everything', async () => {
      const clock = new ManualClock();
      const peer = await receiver();
      const sending = await sender({}, { clock });
      const sent = sending.send([at(peer.port)], message('text'));
      await eventually('it arrives', () => peer.wires.flatMap(textsOn).length === 1);
      const stopping = sending.stop();
      await peer.wires[0]?.write(ACK_FRAME);
      await stopping;
      expect(await sent).to.eql([]);
      await eventually('all are closed', () => sending.statistics.connections === 0);
      expect(clock.pendingTimers).to.equal(0);
    });

    it('ends what does not finish within the time-out, and what only waits', async () => {
      const clock = new ManualClock();
      const frozen = await receiver((wire) => wire.socket.pause());
      const sending = await sender({ timeout: 3000, poolSize: 1, maxWait: 60_000 }, { clock });
      const destination = [at(frozen.port)];
      const sent = [
        sending.send(destination, message(Buffer.alloc(20 * 2 ** 20), ASYNC)),
        sending.send(destination, message('behind it', ASYNC)),
        sending.send(destination, message('unanswered')),
        sending.send(destination, message('waiting for a connection')),
      ];
      await eventually('both connections', () => frozen.wires.length === 2);
      await eventually('four timers', () => clock.pendingTimers === 3);
      clock.advance(1500);
      const stopping = sending.stop();
      clock.advance(3000);
      await stopping;
      const codes = (await Promise.all(sent)).flatMap(failuresOf);
      expect(codes).to.eql([
        'TRIBES_E_SEND_TIMEOUT',
        'TRIBES_E_SEND_STOPPED',
        'TRIBES_E_SEND_TIMEOUT',
        'TRIBES_E_SEND_STOPPED',
      ]);
      expect(clock.pendingTimers).to.equal(0);
      await eventually('all are closed', () => sending.statistics.connections === 0);
    });

    it('waits no longer than two seconds, whatever the time-out', async () => {
      const clock = new ManualClock();
      const peer = await receiver();
      const sending = await sender({ timeout: 60_000 }, { clock });
      const sent = sending.send([at(peer.port)], message('unanswered'));
      await eventually('it arrives', () => peer.wires.flatMap(textsOn).length === 1);
      const stopping = sending.stop();
      clock.advance(2000);
      await stopping;
      expect(failuresOf(await sent)).to.eql(['TRIBES_E_SEND_CLOSED']);
    });

    it('can be repeated, and followed by a start', async () => {
      const peer = await receiver(acknowledging);
      const sending = await sender();
      await Promise.all([sending.stop(), sending.stop()]);
      expect(failuresOf(await sending.send([at(peer.port)], message('text')))).to.eql([
        'TRIBES_E_SEND_STOPPED',
      ]);
      await sending.start();
      expect(await sending.send([at(peer.port)], message('text'))).to.eql([]);
    });
  });

  describe('with our own receiver', () => {
    it('brings everything across, small and large, in order where there is one', async function () {
      this.timeout(20_000);
      const received: ChannelData[] = [];
      const listening = new NioReceiver({
        clock: systemClock,
        logger: silentLogger,
        settings: { address: '127.0.0.1', port: 0 },
      });
      await listening.start((data) => void received.push(data));
      const sending = await sender();
      const to = [at(listening.address.port)];
      const large = Buffer.alloc(50 * 2 ** 20, 'large');
      const sent = [
        ...Array.from({ length: 500 }, (_, i) => sending.send(to, message(`ordered ${i}`, ASYNC))),
        ...Array.from({ length: 200 }, (_, i) => sending.send(to, message(`any ${i}`, ACK_AFTER))),
        sending.send(to, message(large, ACK_AFTER)),
      ];
      expect((await Promise.all(sent)).flat()).to.eql([]);
      await eventually('all', () => received.length === 701);
      const texts = received.map(({ message: payload }) => payload.subarray(0, 20).toString());
      expect(texts.filter((text) => text.startsWith('ordered'))).to.eql(
        Array.from({ length: 500 }, (_, i) => `ordered ${i}`),
      );
      expect(received.some(({ message: payload }) => payload.equals(large))).to.equal(true);
      await sending.stop();
      await listening.stop();
      expect(listening.statistics).to.include({ frames: 701, acks: 201, connections: 0, heldBytes: 0 });
    });
  });
});
