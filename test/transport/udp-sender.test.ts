import { expect } from 'chai';
import { networkInterfaces } from 'node:os';
import { silentLogger, systemClock, type Clock } from '../../src/base/index.js';
import {
  NioReceiver,
  PooledParallelSender,
  type Destination,
  type SenderSettings,
} from '../../src/transport/index.js';
import { ACK_FRAME, decodeChannelData, decodeFrames, FAIL_ACK_FRAME } from '../../src/wire/index.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { ACK_AFTER, ACK_FIRST, DatagramWire, frame, message } from './support.js';

/** The option that says so. */
const UDP = 32;

const textOf = (datagram: Buffer): string =>
  decodeFrames(datagram)
    .map((data) => decodeChannelData(data).message.toString())
    .join();

describe('PooledParallelSender, by UDP', () => {
  const senders: PooledParallelSender[] = [];
  const wires: DatagramWire[] = [];
  const receivers: NioReceiver[] = [];

  afterEach(async () => {
    await Promise.all(senders.splice(0).map((sender) => sender.stop()));
    await Promise.all(wires.splice(0).map((wire) => wire.close()));
    await Promise.all(receivers.splice(0).map((receiver) => receiver.stop()));
  });

  async function started(
    settings: Partial<SenderSettings> = {},
    clock: Clock = systemClock,
  ): Promise<PooledParallelSender> {
    const sender = new PooledParallelSender({ clock, logger: silentLogger, settings });
    senders.push(sender);
    await sender.start();
    return sender;
  }

  async function peer(...replies: (Buffer | undefined)[]): Promise<DatagramWire> {
    const wire = await DatagramWire.open((_, reply) => {
      const bytes = replies.shift();
      if (bytes !== undefined) {
        reply(bytes);
      }
    });
    wires.push(wire);
    return wire;
  }

  const at = (udpPort: number): Destination => ({ key: 'peer', host: '127.0.0.1', port: 4000, udpPort });

  async function codes(
    sender: PooledParallelSender,
    destination: Destination,
    text: string | Buffer,
    options: number,
  ): Promise<unknown[]> {
    const faulty = await sender.send([destination], message(text, options));
    return faulty.map(({ cause }) => ('code' in cause ? cause.code : cause));
  }

  it('sends a message as one datagram', async () => {
    const sender = await started();
    const wire = await peer();
    expect(await codes(sender, at(wire.port), 'text', UDP)).to.eql([]);
    await eventually('it', () => wire.received.length === 1);
    const datagram = wire.received[0]?.datagram ?? Buffer.alloc(0);
    expect(textOf(datagram)).to.equal('text');
    expect(datagram.length).to.equal(frame('text').length);
    expect(sender.statistics).to.include({ messages: 1, datagrams: 1, bytes: datagram.length, failures: 0 });
  });

  it('sends what goes over TCP without option 32 over TCP, beside it', async () => {
    const sender = await started();
    const texts: string[] = [];
    const receiver = new NioReceiver({
      ...{ clock: systemClock, logger: silentLogger },
      settings: { address: '127.0.0.1', port: 0, udpPort: 0 },
    });
    receivers.push(receiver);
    await receiver.start(
      ({ message: payload, options }) => void texts.push(`${options} ${payload.toString()}`),
    );
    const destination = { key: 'peer', ...receiver.address };
    for (const options of [ACK_AFTER | UDP, ACK_AFTER, UDP, 0]) {
      expect(await codes(sender, destination, 'text', options)).to.eql([]);
    }
    await eventually('all', () => texts.length === 4);
    expect(texts.toSorted()).to.eql(['1 text', '33 text', '39 text', '7 text']);
    expect(receiver.statistics).to.include({ datagrams: 2, frames: 4 });
    expect(sender.statistics).to.include({ datagrams: 2, messages: 4 });
  });

  it('keeps the order of what needs no acknowledgement, over one socket', async () => {
    const sender = await started();
    const wire = await peer();
    const texts = Array.from({ length: 50 }, (_, i) => `no ${i}`);
    await Promise.all(texts.map((text) => codes(sender, at(wire.port), text, UDP)));
    await eventually('all', () => wire.received.length === texts.length);
    expect(wire.received.map(({ datagram }) => textOf(datagram))).to.eql(texts);
    expect(new Set(wire.received.map(({ port }) => port)).size).to.equal(1);
  });

  it('waits for the acknowledgement, and gives each message a socket of its own', async () => {
    const sender = await started();
    const wire = await peer(ACK_FRAME, ACK_FRAME);
    expect(await codes(sender, at(wire.port), 'one', ACK_FIRST | UDP)).to.eql([]);
    expect(await codes(sender, at(wire.port), 'two', ACK_AFTER | UDP)).to.eql([]);
    expect(new Set(wire.received.map(({ port }) => port)).size).to.equal(2);
    expect(sender.statistics).to.include({ connects: 2, connections: 0 });
  });

  it('sends again when the member could not process it, and then fails', async () => {
    const sender = await started();
    const wire = await peer(FAIL_ACK_FRAME, FAIL_ACK_FRAME);
    expect(await codes(sender, at(wire.port), 'text', ACK_AFTER | UDP)).to.eql(['TRIBES_E_SEND_FAIL_ACK']);
    expect(wire.received.map(({ datagram }) => textOf(datagram))).to.eql(['text', 'text']);
    const other = await peer(FAIL_ACK_FRAME, ACK_FRAME);
    expect(await codes(sender, { ...at(other.port), key: 'other' }, 'text', ACK_AFTER | UDP)).to.eql([]);
  });

  it('takes FAIL_ACK for an acknowledgement where that is said', async () => {
    const sender = await started({ throwOnFailedAck: false });
    const wire = await peer(FAIL_ACK_FRAME);
    expect(await codes(sender, at(wire.port), 'text', ACK_AFTER | UDP)).to.eql([]);
  });

  it('waits for the time-out when a datagram or its acknowledgement is lost, and does not send again', async () => {
    const clock = new ManualClock();
    const sender = await started({ timeout: 5000 }, clock);
    const wire = await peer();
    const sending = codes(sender, at(wire.port), 'lost', ACK_FIRST | UDP);
    await eventually('it', () => wire.received.length === 1 && clock.pendingTimers === 1);
    clock.advance(4999);
    expect(sender.statistics.failures).to.equal(0);
    clock.advance(1);
    expect(await sending).to.eql(['TRIBES_E_SEND_TIMEOUT']);
    expect(wire.received.length).to.equal(1);
    expect(clock.pendingTimers).to.equal(0);
  });

  it('passes over what is no acknowledgement, and fails at what is no frame', async () => {
    const sender = await started();
    const frames = await peer(Buffer.concat([frame('other'), ACK_FRAME]));
    expect(await codes(sender, at(frames.port), 'text', ACK_FIRST | UDP)).to.eql([]);
    const junk = await peer(Buffer.from('junk'));
    expect(await codes(sender, { ...at(junk.port), key: 'junk' }, 'text', ACK_FIRST | UDP)).to.eql([
      'TRIBES_E_SEND_GARBAGE',
    ]);
  });

  it('counts an acknowledgement that nobody had asked for', async () => {
    const sender = await started();
    const wire = await peer(ACK_FRAME);
    await codes(sender, at(wire.port), 'text', UDP);
    await eventually('it', () => sender.statistics.strays === 1);
  });

  for (const maxRetryAttempts of [0, 1, 3]) {
    it(`tells that nobody listens, where the system does, after ${maxRetryAttempts} further attempts`, async () => {
      const sender = await started({ maxRetryAttempts });
      const wire = await DatagramWire.open();
      const { port } = wire;
      await wire.close();
      for (const options of [UDP, ACK_AFTER | UDP]) {
        expect(await codes(sender, at(port), 'text', options)).to.eql(['TRIBES_E_SEND_UNREACHABLE']);
      }
      expect(sender.statistics).to.include({ failures: 2, connections: 0, retries: 2 * maxRetryAttempts });
    });
  }

  for (const udpPort of [-1, 0, undefined]) {
    it(`does not send to a member whose UDP port is ${udpPort}`, async () => {
      const sender = await started();
      const destination = {
        key: 'peer',
        host: '127.0.0.1',
        port: 4000,
        ...(udpPort !== undefined && { udpPort }),
      };
      const [{ cause } = { cause: undefined }] = await sender.send([destination], message('text', UDP));
      expect(cause).to.include({ code: 'TRIBES_E_SEND_NO_UDP' });
      expect(cause?.message).to.contain('tcp://127.0.0.1:4000');
    });
  }

  it('does not send what does not fit a datagram, and says so', async () => {
    const sender = await started();
    const wire = await peer();
    const room = 65_507 - frame('', UDP).length;
    expect(await codes(sender, at(wire.port), Buffer.alloc(room), UDP)).to.eql([]);
    const [{ cause } = { cause: undefined }] = await sender.send(
      [at(wire.port)],
      message(Buffer.alloc(room + 1), UDP),
    );
    expect(cause).to.include({ code: 'TRIBES_E_SEND_TOO_LARGE' });
    expect(cause?.message).to.contain('65508 bytes').and.to.contain('65507');
    await eventually('the one that fits', () => wire.received.length === 1);
    expect(wire.received[0]?.datagram.length).to.equal(65_507);
  });

  it('sends to members at IPv6 addresses, with a little more in a datagram', async function () {
    const addresses = Object.values(networkInterfaces()).flatMap((list = []) => list);
    if (!addresses.some(({ address }) => address === '::1')) {
      this.skip();
    }
    const sender = await started();
    const lengths: number[] = [];
    const receiver = new NioReceiver({
      ...{ clock: systemClock, logger: silentLogger },
      settings: { address: '::1', port: 0, udpPort: 0 },
    });
    receivers.push(receiver);
    await receiver.start(({ message: payload }) => void lengths.push(payload.length));
    const destination = { key: 'peer', ...receiver.address };
    const room = 65_527 - frame('').length;
    expect(await codes(sender, destination, Buffer.alloc(room), ACK_AFTER | UDP)).to.eql([]);
    expect(lengths).to.eql([room]);
    expect(await codes(sender, destination, Buffer.alloc(room + 1), ACK_AFTER | UDP)).to.eql([
      'TRIBES_E_SEND_TOO_LARGE',
    ]);
  });

  it('closes its sockets with the next heartbeat, and opens others', async () => {
    const sender = await started();
    const wire = await peer();
    await codes(sender, at(wire.port), 'one', UDP);
    expect(sender.statistics.connections).to.equal(1);
    sender.keepAlive();
    expect(sender.statistics.connections).to.equal(0);
    await codes(sender, at(wire.port), 'two', UDP);
    await eventually('both', () => wire.received.length === 2);
  });

  it('lets go of a member that has gone', async () => {
    const sender = await started();
    const wire = await peer();
    await codes(sender, at(wire.port), 'one', UDP);
    sender.remove('peer');
    expect(sender.statistics.connections).to.equal(0);
  });

  it('ends what waits for an acknowledgement when it is stopped', async () => {
    const clock = new ManualClock();
    const sender = await started({ timeout: 60_000 }, clock);
    const wire = await peer();
    const sending = codes(sender, at(wire.port), 'text', ACK_AFTER | UDP);
    await eventually('it', () => wire.received.length === 1);
    const stopping = sender.stop();
    clock.advance(2000);
    await stopping;
    expect(await sending).to.eql(['TRIBES_E_SEND_STOPPED']);
    expect(await codes(sender, at(wire.port), 'text', UDP)).to.eql(['TRIBES_E_SEND_STOPPED']);
    expect(clock.pendingTimers).to.equal(0);
  });
});
