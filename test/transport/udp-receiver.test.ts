import { expect } from 'chai';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { silentLogger, systemClock } from '../../src/base/index.js';
import { NioReceiver, type MessageHandler, type NioReceiverOptions } from '../../src/transport/index.js';
import { ACK_FRAME, END_DATA, FAIL_ACK_FRAME, START_DATA } from '../../src/wire/index.js';
import { rejectionOf } from '../support/errors.js';
import { eventually } from '../support/eventually.js';
import { recordingLogger } from '../support/recording-logger.js';
import { ACK_AFTER, ACK_FIRST, DatagramWire, frame, NO_ACK, SYNC_ALONE } from './support.js';

/** The option that marks what goes by UDP. */
const UDP = 32;

describe('NioReceiver, by UDP', () => {
  const receivers: NioReceiver[] = [];
  const wires: DatagramWire[] = [];
  let received: string[];

  beforeEach(() => {
    received = [];
  });

  afterEach(async () => {
    await Promise.all(receivers.splice(0).map((receiver) => receiver.stop()));
    await Promise.all(wires.splice(0).map((wire) => wire.close()));
  });

  const keep: MessageHandler = ({ message: payload }) => void received.push(payload.toString());

  function receiver({ settings, ...options }: Partial<NioReceiverOptions> = {}): NioReceiver {
    const made = new NioReceiver({
      clock: systemClock,
      logger: silentLogger,
      ...options,
      settings: { address: '127.0.0.1', port: 0, udpPort: 0, ...settings },
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

  async function wire(): Promise<DatagramWire> {
    const made = await DatagramWire.open();
    wires.push(made);
    return made;
  }

  it('takes messages at the port that it says, in the order in which they came', async () => {
    const { address } = await started();
    const from = await wire();
    for (const text of ['one', 'two', 'three']) {
      await from.send(frame(text, UDP), address.udpPort);
    }
    await eventually('all', () => received.length === 3);
    expect(received).to.eql(['one', 'two', 'three']);
  });

  it('takes nothing by UDP unless it is told to', async () => {
    const { address } = await started(keep, { settings: { udpPort: -1 } });
    expect(address).to.include({ udpPort: -1, securePort: -1 });
  });

  it('says the secure port that it is given, and listens nowhere for it', async () => {
    const { address } = await started(keep, { settings: { securePort: 4433 } });
    expect(address.securePort).to.equal(4433);
  });

  describe('acknowledges to where the datagram came from', () => {
    const cases = [
      { options: NO_ACK, replies: [], failures: [] },
      { options: SYNC_ALONE, replies: [], failures: [] },
      { options: ACK_FIRST, replies: [ACK_FRAME], failures: [ACK_FRAME] },
      { options: ACK_AFTER, replies: [ACK_FRAME], failures: [FAIL_ACK_FRAME] },
    ];
    for (const { options, replies, failures } of cases) {
      it(`options ${options | UDP}`, async () => {
        const { address } = await started(({ message: payload }) => {
          received.push(payload.toString());
          if (payload.toString() === 'fails') {
            throw new Error('listener');
          }
        });
        const good = await wire();
        await good.send(frame('good', options | UDP), address.udpPort);
        const bad = await wire();
        await bad.send(frame('fails', options | UDP), address.udpPort);
        await good.receives(...replies);
        await bad.receives(...failures);
        await eventually('both', () => received.length === 2);
        // Replies that are not owed would be there by then.
        await turn();
        await good.receives(...replies);
        await bad.receives(...failures);
      });
    }

    it('before processing with use_ack, and after it with sync', async () => {
      let finish = (): void => undefined;
      const gate = new Promise<void>((resolve) => (finish = resolve));
      const { address } = await started(async ({ message: payload }) => {
        received.push(payload.toString());
        await gate;
      });
      const before = await wire();
      await before.send(frame('before', ACK_FIRST | UDP), address.udpPort);
      await before.receives(ACK_FRAME);
      const after = await wire();
      await after.send(frame('after', ACK_AFTER | UDP), address.udpPort);
      await after.send(frame('behind', UDP), address.udpPort);
      await turn();
      expect(received).to.eql(['before']);
      expect(after.received).to.eql([]);
      finish();
      await after.receives(ACK_FRAME);
      await eventually('all', () => received.length === 3);
    });

    it('each message of a datagram by itself', async () => {
      const listening = await started();
      const from = await wire();
      const both = Buffer.concat([frame('a', ACK_FIRST | UDP), frame('b', ACK_AFTER | UDP)]);
      await from.send(both, listening.address.udpPort);
      await from.receives(ACK_FRAME, ACK_FRAME);
      expect(received).to.eql(['a', 'b']);
      expect(listening.statistics).to.include({ datagrams: 1, frames: 2, bytes: both.length, acks: 2 });
    });
  });

  it('takes the largest datagram that there is', async () => {
    const { address } = await started();
    const from = await wire();
    const largest = frame('x'.repeat(65_507 - frame('', UDP).length), UDP);
    expect(largest.length).to.equal(65_507);
    await from.send(largest, address.udpPort);
    await eventually('it', () => received[0]?.length === largest.length - frame('', UDP).length);
  });

  describe('drops, counts and goes on after', () => {
    const whole = frame('whole', UDP);
    const head = Buffer.alloc(4);
    head.writeInt32BE(2 ** 31 - 1);
    const malformed: Readonly<Record<string, Buffer>> = {
      nothing: Buffer.alloc(0),
      junk: Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      'a frame that is cut off': whole.subarray(0, -1),
      'a frame with something behind it': Buffer.concat([whole, Buffer.from('x')]),
      'a whole frame with half of one behind it': Buffer.concat([whole, whole.subarray(0, 20)]),
      'a length beyond the datagram': Buffer.concat([START_DATA, head, END_DATA]),
      'a frame that is no message': Buffer.concat([START_DATA, Buffer.alloc(4), END_DATA]),
      'an acknowledgement': ACK_FRAME,
      'a refusal': FAIL_ACK_FRAME,
    };
    for (const [what, datagram] of Object.entries(malformed)) {
      it(what, async () => {
        const { logger, lines } = recordingLogger();
        const listening = await started(keep, { logger });
        const from = await wire();
        await from.send(datagram, listening.address.udpPort);
        await from.send(datagram, listening.address.udpPort);
        await from.send(frame('after', ACK_AFTER | UDP), listening.address.udpPort);
        await from.receives(ACK_FRAME);
        expect(received).to.eql(['after']);
        const counts = { datagrams: 3, malformedDatagrams: 2, frames: 1, garbage: 0, heldBytes: 0 };
        expect(listening.statistics).to.include(counts);
        expect(lines('warn').map(({ message }) => message)).to.eql([
          'a datagram is dropped: it holds no messages',
        ]);
      });
    }

    it('anything', async () => {
      const listening = await started();
      const from = await wire();
      let sent = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 300 }), damaged(whole)),
          async (bytes) => {
            await from.send(Buffer.from(bytes), listening.address.udpPort);
            sent++;
            await eventually('it has come', () => listening.statistics.datagrams === sent);
          },
        ),
        { numRuns: 300 },
      );
      await from.send(frame('after', ACK_AFTER | UDP), listening.address.udpPort);
      await eventually('the last', () => received.includes('after'));
      const { frames, malformedDatagrams, datagrams, heldBytes } = listening.statistics;
      expect(malformedDatagrams + frames).to.equal(datagrams);
      expect(malformedDatagrams).to.be.greaterThan(150);
      expect(heldBytes).to.equal(0);
    });
  });

  it('drops what it has no room for, and takes datagrams again when it has', async () => {
    const { logger, lines } = recordingLogger();
    let finish = (): void => undefined;
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const listening = await started(
      async ({ message: payload }) => {
        received.push(payload.toString('latin1', 0, 6));
        await gate;
      },
      { logger, limits: { maxBufferedBytes: 100_000 } },
    );
    const from = await wire();
    for (let i = 0; i < 10; i++) {
      await from.send(frame(`no ${i}`.padEnd(30_000), UDP), listening.address.udpPort);
      await eventually('it has come', () => listening.statistics.datagrams === i + 1);
    }
    const { droppedDatagrams, heldBytes } = listening.statistics;
    expect(droppedDatagrams).to.equal(6);
    expect(heldBytes).to.be.within(100_000, 100_000 + 65_507);
    expect(lines('warn').map(({ message }) => message)).to.eql([
      'a datagram is dropped: receiver.maxBufferedBytes is exceeded',
    ]);
    finish();
    await eventually('room', () => listening.statistics.heldBytes === 0);
    await from.send(frame('again', ACK_AFTER | UDP), listening.address.udpPort);
    await from.receives(ACK_FRAME);
    expect(received.map((text) => text.trim())).to.eql(['no 0', 'no 1', 'no 2', 'no 3', 'again']);
  });

  it('processes what has come before it stops, and acknowledges it', async () => {
    let finish = (): void => undefined;
    const gate = new Promise<void>((resolve) => (finish = resolve));
    const listening = await started(async ({ message: payload }) => {
      received.push(payload.toString());
      await gate;
    });
    const from = await wire();
    await from.send(frame('one', ACK_AFTER | UDP), listening.address.udpPort);
    await from.send(frame('two', ACK_AFTER | UDP), listening.address.udpPort);
    await eventually('both have come', () => listening.statistics.datagrams === 2);
    const stopping = listening.stop();
    finish();
    await stopping;
    await from.receives(ACK_FRAME, ACK_FRAME);
    expect(received).to.eql(['one', 'two']);
  });

  it('takes the next port when one is taken, and says which', async () => {
    const first = await started();
    const { udpPort } = first.address;
    const second = await started(keep, { settings: { udpPort, autoBind: 20 } });
    expect(second.address.udpPort).to.be.within(udpPort + 1, udpPort + 19);
  });

  it('does not start when all are taken, and leaves its TCP port', async () => {
    const { udpPort } = (await started()).address;
    const second = receiver({ settings: { udpPort, autoBind: 1 } });
    const error = await rejectionOf('TRIBES_E_RECEIVER_UDP_BIND', second.start(keep));
    expect(error.message).to.contain(`UDP ports ${udpPort} to ${udpPort}`);
    const third = await started(keep, { settings: { port: second.address.port, autoBind: 1, udpPort: -1 } });
    expect(third.address.port).to.equal(second.address.port);
  });

  it('starts again at the port that it is set to', async () => {
    const listening = await started();
    await listening.stop();
    await listening.start(keep);
    const from = await wire();
    await from.send(frame('again', UDP), listening.address.udpPort);
    await eventually('it', () => received.length === 1);
  });

  it('is stopped while it begins to listen', async () => {
    const listening = await started();
    const { udpPort } = listening.address;
    await listening.stop();
    const early = receiver({ settings: { udpPort, autoBind: 1 } });
    const starting = early.start(keep);
    await early.stop();
    await starting;
    const next = await started(keep, { settings: { udpPort, autoBind: 1 } });
    const from = await wire();
    await from.send(frame('next', UDP), next.address.udpPort);
    await eventually('it', () => received.length === 1);
  });
});

/** The bytes with one of them changed. */
function damaged(bytes: Buffer): fc.Arbitrary<Uint8Array> {
  return fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, by]) => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ by;
    return copy;
  });
}
