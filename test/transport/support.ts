import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { randomUniqueId } from '../../src/base/index.js';
import { encodeChannelData, encodeFrame, type ChannelData } from '../../src/wire/index.js';
import { eventually } from '../support/eventually.js';
import { memberPackage } from '../membership/support.js';

/** Send options as they are written in Tomcat's configuration. */
export const NO_ACK = 0;
export const ACK_FIRST = 2;
export const SYNC_ALONE = 4;
export const ACK_AFTER = 6;
export const ASYNC = 8;

const SENDER = memberPackage({ host: '127.0.0.1', port: 4000 });

/** A message that says `payload`. */
export function message(payload: string | Buffer, options: number = ACK_AFTER): ChannelData {
  return {
    options: options | 1,
    timestamp: 1_700_000_000_000n,
    uniqueId: randomUniqueId(),
    member: SENDER,
    message: Buffer.from(payload),
  };
}

/** The frame of such a message. */
export function frame(payload: string | Buffer, options: number = ACK_AFTER): Buffer {
  return encodeFrame(encodeChannelData(message(payload, options)));
}

/** One end of a TCP connection, with everything that came on it. */
export class Wire {
  readonly socket: Socket;
  /** Resolves when the other side has closed, or reset, the connection. */
  readonly ended: Promise<void>;
  readonly #chunks: Buffer[] = [];
  hasEnded = false;

  static async connect(port: number): Promise<Wire> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    return new Wire(socket);
  }

  constructor(socket: Socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => socket.once('end', resolve).once('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    socket.on('end', () => (this.hasEnded = true));
    socket.on('error', () => undefined);
  }

  get received(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** Reads that brought something. */
  get reads(): number {
    return this.#chunks.length;
  }

  /** Resolves when the system has taken the bytes. */
  write(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => this.socket.write(bytes, () => resolve()));
  }

  async receives(expected: Buffer): Promise<void> {
    await eventually(`${expected.length} bytes`, () => this.received.length >= expected.length);
    if (!this.received.equals(expected)) {
      throw new Error(`expected ${expected.toString('hex')}, received ${this.received.toString('hex')}`);
    }
  }

  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** A server that does with its connections whatever a test wants: what senders must cope with. */
export class FakeReceiver {
  readonly #server: Server;
  readonly wires: Wire[] = [];

  /** @param onConnection what it does with each connection; it accepts them and does nothing by default. */
  static async listen(onConnection: (wire: Wire) => void = () => undefined): Promise<FakeReceiver> {
    const fake = new FakeReceiver(onConnection);
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  private constructor(onConnection: (wire: Wire) => void) {
    this.#server = createServer((socket) => {
      const wire = new Wire(socket);
      this.wires.push(wire);
      onConnection(wire);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.wires.forEach(({ socket }) => void socket.destroy());
    await closed;
  }
}

/** A port of 127.0.0.1 on which nobody listens. */
export async function closedPort(): Promise<number> {
  const receiver = await FakeReceiver.listen();
  const { port } = receiver;
  await receiver.close();
  return port;
}

/** A UDP socket on 127.0.0.1, with everything that came to it. */
export class DatagramWire {
  readonly #socket: DatagramSocket;
  readonly received: { readonly datagram: Buffer; readonly port: number }[] = [];

  /** @param onDatagram what it does with each datagram besides. */
  static async open(
    onDatagram: (datagram: Buffer, reply: (bytes: Buffer) => void) => void = () => undefined,
  ): Promise<DatagramWire> {
    const socket = createSocket('udp4');
    const listening = once(socket, 'listening');
    socket.bind(0, '127.0.0.1');
    await listening;
    return new DatagramWire(socket, onDatagram);
  }

  private constructor(
    socket: DatagramSocket,
    onDatagram: (datagram: Buffer, reply: (bytes: Buffer) => void) => void,
  ) {
    this.#socket = socket;
    socket.on('message', (datagram, { port, address }) => {
      this.received.push({ datagram, port });
      onDatagram(datagram, (bytes) => this.#socket.send(bytes, port, address));
    });
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Resolves when the system has taken the datagram. */
  send(datagram: Buffer, port: number): Promise<void> {
    return new Promise((resolve, reject) =>
      this.#socket.send(datagram, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error))),
    );
  }

  async receives(...expected: Buffer[]): Promise<void> {
    await eventually(`${expected.length} datagrams`, () => this.received.length >= expected.length);
    const found = this.received.map(({ datagram }) => datagram.toString('hex'));
    const wanted = expected.map((datagram) => datagram.toString('hex'));
    if (found.join() !== wanted.join()) {
      throw new Error(`expected ${wanted.join(', ')}, received ${found.join(', ')}`);
    }
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}
