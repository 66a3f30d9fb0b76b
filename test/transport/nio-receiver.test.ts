import { expect } from 'chai';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { NioReceiver, type MessageHandler, type NioReceiverOptions } from '../../src/transport/index.js';
import {
  ACK_FRAME,
  encodeChannelData,
  encodeFrame,
  FAIL_ACK_FRAME,
  TCP_FAIL_DETECT,
} from '../../src/wire/index.js';
import { rejectionOf } from '../support/errors.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { recordingLogger } from '../support/recording-logger.js';
import { ACK_AFTER, ACK_FIRST, ASYNC, frame, message, NO_ACK, SYNC_ALONE, Wire } from './support.js';

/** A handler that keeps what it gets, and finishes each message when told. */
class SlowHandler {
  readonly begun: string[] = [];
  readonly finished: string[] = [];
  #isOpen = false;
  readonly #gates: { open: () => void; fail: (error: Error) => void }[] = [];

  readonly handle: MessageHandler = async ({ message: payload }) => {
    this.begun.push(payload.toString());
    if (!this.#isOpen) {
      await new Promise<void>((open, fail) => this.#gates.push({ open, fail }));
    }
    this.finished.push(payload.toString());
  };

  /** From now on, nothing waits. */
  finishAll(): void {
    this.#isOpen = true;
    this.#gates.splice(0).forEach(({ open }) => open());
  }

  finishOne(): void {
    this.#gates.shift()?.open();
  }

  failOne(): void {
    this.#gates.shift()?.fail(new Error('listener'));
  }
}

describe('NioReceiver', () => {
  const receivers: NioReceiver[] = [];
  const wires: Wire[] = [];
  let received: string[];

  beforeEach(() => {
    received = [];
  });

  afterEach(async () => {
    wires.splice(0).forEach(({ socket }) => void socket.destroy());
    await Promise.all(receivers.splice(0).map((receiver) => receiver.stop()));
  });

  const keep: MessageHandler = ({ message: payload }) => void received.push(payload.toString());

  function receiver(options: Partial<NioReceiverOptions> = {}): NioReceiver {
    const made = new NioReceiver({
      clock: systemClock,
      logger: silentLogger,
      ...options,
      settings: { address: '127.0.0.1', port: 0, ...options.settings },
    });
    receivers.push(made);
    return made;
  }

  async function started(
    handler: MessageHandler = keep,
    options: Partial<NioReceiverOptions> = {},
  ): Promise<NioReceiver> {
    const made = receiver(options);
    await made.start(handler);
    return made;
  }

  async function connect({ address }: NioReceiver): Promise<Wire> {
    const wire = await Wire.connect(address.port);
    wires.push(wire);
    return wire;
  }

  describe('acknowledges', () => {
    const cases = [
      { options: NO_ACK, reply: Buffer.alloc(0), failure: Buffer.alloc(0) },
      { options: ASYNC, reply: Buffer.alloc(0), failure: Buffer.alloc(0) },
      { options: SYNC_ALONE, reply: Buffer.alloc(0), failure: Buffer.alloc(0) },
      { options: ACK_FIRST, reply: ACK_FRAME, failure: ACK_FRAME },
      { options: ACK_AFTER, reply: ACK_FRAME, failure: FAIL_ACK_FRAME },
      { options: ACK_FIRST | ASYNC, reply: ACK_FRAME, failure: ACK_FRAME },
      { options: ACK_AFTER | ASYNC, reply: ACK_FRAME, failure: FAIL_ACK_FRAME },
    ];
    for (const { options, reply, failure } of cases) {
      const name = (bytes: Buffer): string =>
        bytes === ACK_FRAME ? 'ACK' : bytes === FAIL_ACK_FRAME ? 'FAIL_ACK' : 'nothing';

      it(`options ${options} with ${name(reply)}, and with ${name(failure)} when processing fails`, async () => {
        const listening = await started(({ message: payload }) => {
          received.push(payload.toString());
          if (payload.toString() === 'fails') {
            throw new Error('listener');
          }
        });
        const wire = await connect(listening);
        // What comes behind shows that no reply is still on its way.
        await wire.write(
          Buffer.concat([frame('works', options), frame('fails', options), frame('end', ACK_AFTER)]),
        );
        await wire.receives(Buffer.concat([reply, failure, ACK_FRAME]));
        expect(received).to.eql(['works', 'fails', 'end']);
      });
    }

    it('options 2 before the message is processed', async () => {
      const handler = new SlowHandler();
      const wire = await connect(await started(handler.handle));
      await wire.write(frame('slow', ACK_FIRST));
      await wire.receives(ACK_FRAME);
      expect(handler.finished).to.eql([]);
      handler.finishOne();
    });

    it('options 6 after the message is processed', async () => {
      const handler = new SlowHandler();
      const wire = await connect(await started(handler.handle));
      await wire.write(frame('slow', ACK_AFTER));
      await eventually('it is being processed', () => handler.begun.length === 1);
      await turn();
      expect(wire.reads).to.equal(0);
      handler.finishOne();
      await wire.receives(ACK_FRAME);
    });

    it('options 6 with FAIL_ACK when the handler rejects', async () => {
      const handler = new SlowHandler();
      const wire = await connect(await started(handler.handle));
      await wire.write(frame('slow', ACK_AFTER));
      await eventually('it is being processed', () => handler.begun.length === 1);
      handler.failOne();
      await wire.receives(FAIL_ACK_FRAME);
    });

    it('in the order of the messages: what could be acknowledged at once waits for what comes before it', async () => {
      const handler = new SlowHandler();
      const wire = await connect(await started(handler.handle));
      await wire.write(
        Buffer.concat([
          frame('a', ACK_AFTER),
          frame('b', ACK_FIRST),
          frame('c', ACK_FIRST),
          frame('d', ACK_AFTER),
        ]),
      );
      await eventually('a is being processed', () => handler.begun.length === 1);
      await turn();
      expect(wire.reads).to.equal(0);
      handler.failOne();
      await wire.receives(Buffer.concat([FAIL_ACK_FRAME, ACK_FRAME, ACK_FRAME]));
      expect(handler.begun).to.eql(['a', 'b']);
      ['b', 'c', 'd'].forEach(() => handler.finishOne());
      await eventually('c', () => handler.begun.length === 3);
      handler.finishOne();
      await eventually('d', () => handler.begun.length === 4);
      handler.finishOne();
      await wire.receives(Buffer.concat([FAIL_ACK_FRAME, ACK_FRAME, ACK_FRAME, ACK_FRAME]));
    });

    it('several messages of one read with one write', async () => {
      const listening = await started();
      const wire = await connect(listening);
      const frames = Array.from({ length: 50 }, (_, i) =>
        frame(String(i), i % 2 === 0 ? ACK_AFTER : ACK_FIRST),
      );
      await wire.write(Buffer.concat(frames));
      await wire.receives(Buffer.concat(frames.map(() => ACK_FRAME)));
      expect(wire.reads).to.equal(1);
      expect(listening.statistics).to.include({ frames: 50, acks: 50, failAcks: 0 });
    });
  });

  describe('processes', () => {
    it('messages that are split at any position', async () => {
      const listening = await started();
      const wire = await connect(listening);
      const bytes = frame('split');
      for (let cut = 1; cut < bytes.length; cut++) {
        await wire.write(bytes.subarray(0, cut));
        await turn();
        await wire.write(bytes.subarray(cut));
      }
      await eventually('all', () => received.length === bytes.length - 1);
      await wire.receives(Buffer.concat(received.map(() => ACK_FRAME)));
    });

    it('messages of one connection strictly one after the other', async () => {
      const handler = new SlowHandler();
      const wire = await connect(await started(handler.handle));
      await wire.write(Buffer.concat([frame('1', NO_ACK), frame('2', NO_ACK)]));
      await wire.write(frame('3', NO_ACK));
      for (let i = 1; i <= 3; i++) {
        await eventually(`message ${i}`, () => handler.begun.length === i);
        await turn();
        expect(handler.begun.length).to.equal(i);
        handler.finishOne();
      }
    });

    it('messages of several connections beside each other', async () => {
      const handler = new SlowHandler();
      const listening = await started(handler.handle);
      for (const text of ['a', 'b', 'c']) {
        const wire = await connect(listening);
        await wire.write(frame(text));
      }
      await eventually('all three', () => handler.begun.length === 3);
      [1, 2, 3].forEach(() => handler.finishOne());
    });

    it('messages of one connection while those of another keep it busy', async () => {
      const listening = await started(({ message: payload }) => {
        const until = performance.now() + 2;
        while (performance.now() < until) {
          // A handler that computes.
        }
        received.push(payload.toString());
      });
      const [busy, other] = [await connect(listening), await connect(listening)];
      await busy.write(Buffer.concat(Array.from({ length: 200 }, () => frame('busy', NO_ACK))));
      await eventually('it has begun', () => received.length > 0);
      await other.write(frame('other'));
      await other.receives(ACK_FRAME);
      expect(received.length).to.be.lessThan(200);
    });

    it('a probe: a frame and at once the end of the connection', async () => {
      const listening = await started(({ message: payload }) => void received.push(payload.toString('hex')));
      const wire = await connect(listening);
      wire.socket.end(frame(TCP_FAIL_DETECT, NO_ACK));
      await wire.ended;
      expect(received).to.eql([TCP_FAIL_DETECT.toString('hex')]);
      await eventually('it is forgotten', () => listening.statistics.connections === 0);
      expect(listening.statistics).to.include({ garbage: 0, brokenFrames: 0 });
    });

    it('and acknowledges what came before the end of the connection', async () => {
      const handler = new SlowHandler();
      const wire = await connect(await started(handler.handle));
      wire.socket.end(Buffer.concat([frame('a'), frame('b')]));
      await eventually('a', () => handler.begun.length === 1);
      handler.finishOne();
      await eventually('b', () => handler.begun.length === 2);
      handler.finishOne();
      await wire.receives(Buffer.concat([ACK_FRAME, ACK_FRAME]));
      await wire.ended;
    });

    it('what has come although the connection was reset', async () => {
      const handler = new SlowHandler();
      const wire = await connect(await started(handler.handle));
      await wire.write(Buffer.concat([frame('a'), frame('b')]));
      await eventually('a', () => handler.begun.length === 1);
      wire.reset();
      handler.finishOne();
      await eventually('b', () => handler.begun.length === 2);
      handler.finishOne();
      await eventually('both', () => handler.finished.length === 2);
    });

    it('nothing of a message that is cut off by the end of the connection', async () => {
      const listening = await started();
      const wire = await connect(listening);
      wire.socket.end(Buffer.concat([frame('whole'), frame('half').subarray(0, 100)]));
      await wire.ended;
      expect(received).to.eql(['whole']);
      await eventually('it is forgotten', () => listening.statistics.connections === 0);
      expect(listening.statistics).to.include({ brokenFrames: 1, garbage: 0, heldBytes: 0 });
    });
  });

  describe('garbage', () => {
    const junk = frame('junk');
    junk[junk.length - 1] = 0;
    const noMember = encodeFrame(
      encodeChannelData({ ...message('no member'), memberBytes: Buffer.from('this is no member package') }),
    );
    const cases: Readonly<Record<string, Buffer>> = {
      'text of another protocol': Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      'a wrong END_DATA': junk,
      'a frame that is no message': encodeFrame(Buffer.from('nonsense')),
      'a message without a member': encodeFrame(
        encodeChannelData({ ...message('no member'), memberBytes: Buffer.alloc(0) }),
      ),
      'a message with an invalid member': noMember,
    };
    for (const [what, bytes] of Object.entries(cases)) {
      it(`of the kind "${what}" ends its connection, after what came before it, and no other`, async () => {
        const listening = await started();
        const [bad, good] = [await connect(listening), await connect(listening)];
        await bad.write(Buffer.concat([frame('before'), bytes]));
        await bad.ended;
        expect(bad.received).to.eql(ACK_FRAME);
        await good.write(frame('good'));
        await good.receives(ACK_FRAME);
        expect(received).to.eql(['before', 'good']);
        await eventually('it is forgotten', () => listening.statistics.connections === 1);
        expect(listening.statistics.garbage).to.equal(1);
      });
    }

    it('is logged once a minute for each remote address, and then how often it came', async () => {
      const clock = new ManualClock();
      const { logger, lines } = recordingLogger();
      const listening = await started(keep, { clock, logger });
      const disturb = async (): Promise<void> => {
        const wire = await connect(listening);
        await wire.write(Buffer.from('junk'));
        await wire.ended;
      };
      for (let i = 0; i < 3; i++) {
        await disturb();
      }
      expect(lines('warn').map(({ fields }) => fields)).to.have.length(1);
      clock.advance(60_000);
      expect(lines('warn')[1]?.fields).to.include({
        about: 'refused 127.0.0.1 TRIBES_E_WIRE_MARKER',
        heldBack: 2,
      });
      await disturb();
      expect(lines('warn')[2]?.fields).to.include({ remote: '127.0.0.1', connections: 1 });
      expect(listening.statistics).to.deep.include({
        garbage: 4,
        brokenFrames: 0,
        refusals: new Map([['TRIBES_E_WIRE_MARKER', 4]]),
      });
    });

    it('of one kind does not hide another kind in the log', async () => {
      const { logger, lines } = recordingLogger();
      const clock = new ManualClock();
      const listening = await started(keep, { clock, logger, limits: { maxFrameBytes: 1000 } });
      for (const bytes of [Buffer.from('scan'), frame(Buffer.alloc(2000)).subarray(0, 11)]) {
        const wire = await connect(listening);
        await wire.write(bytes);
        await wire.ended;
      }
      expect(lines('warn').map(({ fields }) => (fields as { code?: string }).code)).to.eql([
        'TRIBES_E_WIRE_MARKER',
        'TRIBES_E_FRAME_TOO_LARGE',
      ]);
    });

    it('is a frame that is too large; the line names the setting and what can be done', async () => {
      const { logger, lines } = recordingLogger();
      const listening = await started(keep, { logger, limits: { maxFrameBytes: 1000 } });
      const wire = await connect(listening);
      await wire.write(frame(Buffer.alloc(2000)).subarray(0, 11));
      await wire.ended;
      expect(JSON.stringify(lines('warn')))
        .to.contain('receiver.maxFrameBytes')
        .and.contain('1000')
        .and.contain('TRIBES_E_FRAME_TOO_LARGE')
        .and.contain('sendAllSessions=');
      expect(listening.statistics.refusals.get('TRIBES_E_FRAME_TOO_LARGE')).to.equal(1);
      await eventually('it is forgotten', () => listening.statistics.connections === 0);
      expect(listening.statistics.brokenFrames).to.equal(0);
    });
  });

  describe('time-outs', () => {
    it('end a connection that stays in the middle of a frame', async () => {
      const clock = new ManualClock();
      const { logger, lines } = recordingLogger();
      const listening = await started(keep, { clock, logger, limits: { halfFrameTimeoutMs: 60_000 } });
      const wire = await connect(listening);
      await wire.write(frame('half').subarray(0, 50));
      await eventually('it has come', () => listening.statistics.bytes === 50);
      clock.advance(59_999);
      await turn();
      expect(wire.hasEnded).to.equal(false);
      clock.advance(1);
      await wire.ended;
      await eventually('it is forgotten', () => listening.statistics.connections === 0);
      expect(listening.statistics).to.include({ brokenFrames: 1, heldBytes: 0 });
      expect(JSON.stringify(lines('warn'))).to.contain('60000 ms');
    });

    it('begin anew with each part that arrives', async () => {
      const clock = new ManualClock();
      const listening = await started(keep, { clock, limits: { halfFrameTimeoutMs: 60_000 } });
      const wire = await connect(listening);
      const bytes = frame('slow but steady');
      for (let at = 0; at < bytes.length; at += 50) {
        await wire.write(bytes.subarray(at, at + 50));
        await eventually('it has come', () => listening.statistics.bytes >= Math.min(at + 50, bytes.length));
        clock.advance(59_000);
      }
      await wire.receives(ACK_FRAME);
    });

    it('end a connection on which a message comes byte by byte', async () => {
      const clock = new ManualClock();
      const { logger, lines } = recordingLogger();
      const listening = await started(keep, { clock, logger, limits: { halfFrameTimeoutMs: 60_000 } });
      const wire = await connect(listening);
      const bytes = frame(Buffer.alloc(100_000));
      let sent = 0;
      while (!wire.hasEnded && sent < 20) {
        await wire.write(bytes.subarray(sent, ++sent));
        await eventually(
          'it has come, or is refused',
          () => listening.statistics.bytes === sent || wire.hasEnded,
        );
        clock.advance(59_000);
        await turn();
      }
      await wire.ended;
      expect(sent).to.be.within(10, 13);
      expect(lines('warn').map(({ fields }) => 'code' in fields && fields.code)).to.deep.equal([
        'TRIBES_E_FRAME_STALLED',
      ]);
    });

    it('leave one alone on which a large message comes slowly', async () => {
      const clock = new ManualClock();
      const listening = await started(keep, { clock, limits: { halfFrameTimeoutMs: 60_000 } });
      const wire = await connect(listening);
      const bytes = frame(Buffer.alloc(500_000));
      const PART = 20_000;
      for (let at = 0; at < bytes.length; at += PART) {
        await wire.write(bytes.subarray(at, at + PART));
        const arrived = Math.min(at + PART, bytes.length);
        await eventually('it has come', () => listening.statistics.bytes === arrived);
        clock.advance(59_000);
      }
      await wire.receives(ACK_FRAME);
    });

    it('do not count the time for which it does not read because the handler is slow', async () => {
      const clock = new ManualClock();
      const handler = new SlowHandler();
      const listening = await started(handler.handle, { clock, limits: { halfFrameTimeoutMs: 60_000 } });
      const wire = await connect(listening);
      const FRAMES = 50;
      const SIZE = 100_000;
      const bytes = frame(Buffer.alloc(SIZE), NO_ACK);
      const written = wire.write(Buffer.concat(Array.from({ length: FRAMES }, () => bytes)));
      // Those that are complete count; a half one does not.
      await eventually('it stops reading', () => listening.statistics.frames * SIZE > 2 ** 20);
      clock.advance(600_000);
      handler.finishAll();
      await written;
      await eventually('all', () => handler.finished.length === FRAMES);
    });

    it('end a connection that brings nothing', async () => {
      const clock = new ManualClock();
      const listening = await started(keep, { clock, limits: { idleTimeoutMs: 1000 } });
      const wire = await connect(listening);
      await eventually('it is accepted', () => listening.statistics.connections === 1);
      clock.advance(999);
      await turn();
      expect(wire.hasEnded).to.equal(false);
      clock.advance(1);
      await wire.ended;
      expect([...listening.statistics.refusals]).to.deep.equal([['TRIBES_E_CONNECTION_IDLE', 1]]);
    });

    it('do not concern connections that have brought something', async () => {
      const clock = new ManualClock();
      const listening = await started(keep, { clock, limits: { halfFrameTimeoutMs: 60_000 } });
      const wire = await connect(listening);
      await wire.write(frame('a'));
      await wire.receives(ACK_FRAME);
      clock.advance(24 * 3_600_000);
      await wire.write(frame('b'));
      await wire.receives(Buffer.concat([ACK_FRAME, ACK_FRAME]));
    });

    it('leave no timer behind', async () => {
      const clock = new ManualClock();
      const listening = await started(keep, { clock });
      const wire = await connect(listening);
      await wire.write(frame('half').subarray(0, 50));
      await eventually('it has come', () => listening.statistics.bytes === 50);
      await listening.stop();
      expect(clock.pendingTimers).to.equal(0);
    });
  });

  describe('back-pressure', () => {
    const payload = Buffer.alloc(100_000);

    async function flood(wire: Wire, frames: number): Promise<void> {
      const bytes = frame(payload, NO_ACK);
      for (let i = 0; i < frames; i++) {
        wire.socket.write(bytes);
      }
      return new Promise((resolve) => wire.socket.write('', () => resolve()));
    }

    it('holds back a sender when the handler is slow, and loses nothing', async () => {
      const handler = new SlowHandler();
      const listening = await started(handler.handle);
      const wire = await connect(listening);
      const FRAMES = 400;
      const flooded = flood(wire, FRAMES);
      await eventually('it stops reading', () => listening.statistics.heldBytes > 2 ** 20);
      for (let i = 0; i < 50; i++) {
        await turn();
      }
      expect(listening.statistics.heldBytes).to.be.lessThan(2 ** 20 + 3 * payload.length);
      handler.finishAll();
      await flooded;
      await eventually('all', () => handler.finished.length === FRAMES);
      await eventually('nothing is held', () => listening.statistics.heldBytes === 0);
    });

    it('keeps all connections together within maxBufferedBytes, and lets all finish', async () => {
      const limit = 2 ** 20;
      const listening = await started(keep, { limits: { maxBufferedBytes: limit } });
      const SENDERS = 8;
      const bytes = frame(Buffer.alloc(limit / 2), ACK_AFTER);
      const half = Math.floor(bytes.length * 0.6);
      const senders = await Promise.all(Array.from({ length: SENDERS }, () => connect(listening)));
      const first = senders.map((wire) => wire.write(bytes.subarray(0, half)));
      let most = 0;
      const watch = async (until: () => boolean): Promise<void> => {
        await eventually('progress', () => {
          most = Math.max(most, listening.statistics.heldBytes);
          return until();
        });
      };
      await watch(() => listening.statistics.heldBytes > limit);
      const second = senders.map((wire) => wire.write(bytes.subarray(half)));
      await watch(() => received.length === SENDERS);
      await Promise.all([...first, ...second]);
      for (const wire of senders) {
        await wire.receives(ACK_FRAME);
      }
      expect(most).to.be.lessThan(limit + bytes.length + SENDERS * 65_536);
      expect(listening.statistics.heldBytes).to.equal(0);
    });

    it('drops the one that may go on when it does not come to an end, so that the others can', async () => {
      const clock = new ManualClock();
      const limit = 2 ** 17;
      const { logger, lines } = recordingLogger();
      const limits = { maxBufferedBytes: limit, halfFrameTimeoutMs: 60_000 };
      const listening = await started(keep, { clock, logger, limits });
      const bytes = frame(Buffer.alloc(2 * limit), ACK_AFTER);
      const stalling = await connect(listening);
      await stalling.write(bytes.subarray(0, limit + 50_000));
      await eventually('too much is held', () => listening.statistics.heldBytes > limit);
      const waiting = await connect(listening);
      const written = waiting.write(bytes);
      for (let dripped = 0; dripped < 5; dripped++) {
        clock.advance(11_000);
        await stalling.write(bytes.subarray(limit + 50_000 + dripped, limit + 50_001 + dripped));
        await eventually('a drop', () => listening.statistics.bytes > limit + 50_000 + dripped);
      }
      expect(received).to.eql([]);
      clock.advance(5000);
      await stalling.ended;
      await written;
      await waiting.receives(ACK_FRAME);
      expect(JSON.stringify(lines('warn'))).to.contain('receiver.maxBufferedBytes');
    });

    it('stops reading from a peer that does not read its acknowledgements', async () => {
      const listening = await started();
      const wire = await connect(listening);
      wire.socket.pause();
      const bytes = Buffer.concat(Array.from({ length: 500 }, () => frame('x', ACK_FIRST)));
      let isStuck = false;
      for (let i = 0; i < 2000 && !isStuck; i++) {
        isStuck = !wire.socket.write(bytes) && wire.socket.writableLength > 4 * 2 ** 20;
        await turn();
      }
      expect(isStuck).to.equal(true);
      wire.reset();
    });
  });

  describe('limits', () => {
    it('the number of connections, counts and logs those that it rejects', async () => {
      const { logger, lines } = recordingLogger();
      const listening = await started(keep, { logger, limits: { maxConnections: 2 } });
      const [first] = [await connect(listening), await connect(listening)];
      const third = await connect(listening);
      await third.ended;
      await eventually('it is counted', () => listening.statistics.rejected === 1);
      await first.write(frame('a'));
      await first.receives(ACK_FRAME);
      expect(listening.statistics).to.include({ accepted: 2, connections: 2 });
      expect(lines('warn').length).to.equal(1);
    });
  });

  describe('start', () => {
    it('tells the port that the system chose', async () => {
      const { address } = await started();
      expect(address.host).to.equal('127.0.0.1');
      expect(address.port).to.be.greaterThan(0);
    });

    it('tries as many ports as autoBind says', async () => {
      const first = await started();
      const { port } = first.address;
      const second = await started(keep, { settings: { port, autoBind: 100 } });
      expect(second.address.port).to.be.within(port + 1, port + 99);
    });

    for (const autoBind of [1, 0, -5]) {
      it(`tries one port when autoBind is ${autoBind}, and names what can be set`, async () => {
        const { port } = (await started()).address;
        const failing = receiver({ settings: { port, autoBind } });
        const error = await rejectionOf('TRIBES_E_RECEIVER_BIND', failing.start(keep));
        expect(error.message).to.contain('receiver.port').and.contain(`${port} to ${port}`);
      });
    }

    it('ends at port 65535', async () => {
      const blocker = createServer();
      blocker.listen(65_535, '127.0.0.1');
      await once(blocker, 'listening');
      const failing = receiver({ settings: { port: 65_535, autoBind: 100 } });
      await rejectionOf('TRIBES_E_RECEIVER_BIND', failing.start(keep));
      blocker.close();
    });

    it('names the setting when the address is not one of this host', async () => {
      const failing = receiver({ settings: { address: '192.0.2.77' } });
      const error = await rejectionOf('TRIBES_E_RECEIVER_ADDRESS', failing.start(keep));
      expect(error.message).to.contain('receiver.address').and.contain('192.0.2.77');
    });

    it('refuses an address that cannot be announced', async () => {
      await rejectionOf(
        'TRIBES_E_RECEIVER_UNANNOUNCEABLE',
        receiver({ settings: { address: '0.0.0.0' } }).start(keep),
      );
    });

    it('does nothing when it is running', async () => {
      const listening = await started();
      const { address } = listening;
      await listening.start(keep);
      expect(listening.address).to.equal(address);
    });

    for (const turns of [0, 1, 2, 5]) {
      it(`ends when it is stopped ${turns} microtasks later`, async () => {
        const listening = new NioReceiver({
          clock: systemClock,
          logger: silentLogger,
          settings: { address: '127.0.0.1', port: 0 },
        });
        const starting = listening.start(() => undefined);
        for (let i = 0; i < turns; i++) {
          await Promise.resolve();
        }
        await listening.stop();
        await starting;
        expect(listening.statistics.connections).to.equal(0);
      });
    }

    it('ends in a stop when it is stopped meanwhile', async () => {
      const listening = receiver();
      const starting = listening.start(keep);
      await listening.stop();
      await starting;
      const refused = await Wire.connect(listening.address.port).then(
        () => false,
        () => true,
      );
      expect(refused).to.equal(true);
    });

    it('is possible again after a stop', async () => {
      const listening = await started();
      await listening.stop();
      await listening.start(keep);
      const wire = await connect(listening);
      await wire.write(frame('again'));
      await wire.receives(ACK_FRAME);
    });
  });

  describe('stop', () => {
    it('lets what has come finish and be acknowledged', async () => {
      const handler = new SlowHandler();
      const listening = await started(handler.handle);
      const wire = await connect(listening);
      await wire.write(Buffer.concat([frame('a'), frame('b')]));
      await eventually('a', () => handler.begun.length === 1);
      let isStopped = false;
      const stopping = listening.stop().then(() => (isStopped = true));
      await turn();
      expect(isStopped).to.equal(false);
      handler.finishOne();
      await eventually('b', () => handler.begun.length === 2);
      handler.finishOne();
      await stopping;
      await wire.receives(Buffer.concat([ACK_FRAME, ACK_FRAME]));
      await eventually('the connection is closed', () => wire.hasEnded);
    });

    it('waits for what was about to come, until nothing has come for 250 ms', async () => {
      const clock = new ManualClock();
      const listening = await started(keep, { clock });
      const wire = await connect(listening);
      let isQuiet = false;
      const quiet = listening.quiet().then(() => (isQuiet = true));
      for (let i = 0; i < 4; i++) {
        clock.advance(200);
        await wire.write(frame('a'));
        await wire.receives(Buffer.concat(Array.from({ length: i + 1 }, () => ACK_FRAME)));
        clock.advance(50);
        await turn();
        expect(isQuiet).to.equal(false);
      }
      clock.advance(250);
      await quiet;
    });

    it('waits no longer than two seconds', async () => {
      const clock = new ManualClock();
      const listening = await started(keep, { clock });
      const wire = await connect(listening);
      let isQuiet = false;
      const quiet = listening.quiet().then(() => (isQuiet = true));
      for (let i = 0; i < 8; i++) {
        expect(isQuiet).to.equal(false);
        await wire.write(frame('a'));
        await wire.receives(Buffer.concat(Array.from({ length: i + 1 }, () => ACK_FRAME)));
        clock.advance(250);
        await turn();
      }
      await quiet;
    });

    it('closes idle connections and accepts no more', async () => {
      const listening = await started();
      const wire = await connect(listening);
      await listening.stop();
      await eventually('the connection is closed', () => wire.hasEnded);
      const refused = await Wire.connect(listening.address.port).then(
        () => false,
        () => true,
      );
      expect(refused).to.equal(true);
    });

    it('does nothing when it has not been started, or is stopped already', async () => {
      const listening = receiver();
      await listening.stop();
      await listening.start(keep);
      await Promise.all([listening.stop(), listening.stop()]);
      await listening.stop();
    });
  });
});
