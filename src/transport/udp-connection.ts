import type { Socket } from 'node:dgram';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf, TribesError, type Timer } from '../base/index.js';
import { decodeFrames, isAck, isFailAck } from '../wire/index.js';
import type { OutgoingFrame } from './outgoing-frame.js';
import type { PeerConnection, PeerConnectionOptions } from './peer-connection.js';
import { setBufferSizes, udpSocket } from './udp-socket.js';

interface Exchange {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly isAcknowledged: boolean;
}

/**
 * A UDP socket that is connected to the UDP port of a member's receiver (`NioSender` with `udpBased`): each frame is a
 * datagram of its own. Nothing is sent again that is lost on the way: without an acknowledgement nobody notices, and
 * with one the wait for it comes to its time-out.
 *
 * An acknowledged message has a socket to itself, as with Tomcat: a datagram can come late, or twice, and an
 * acknowledgement does not say what it is for.
 */
export class UdpConnection implements PeerConnection {
  readonly #options: PeerConnectionOptions;
  readonly #socket: Socket;
  #failure: TribesError | undefined;
  #exchange: Exchange | undefined;
  #hasAwaitedReply = false;
  #watchdog: Timer | undefined;

  /** Error: TRIBES_E_SEND_UNREACHABLE. */
  static open(options: PeerConnectionOptions): Promise<UdpConnection> {
    const { host, port, settings } = options;
    return new Promise((resolve, reject) => {
      const socket = udpSocket(host);
      const fail = (cause: Error): void => {
        socket.close();
        reject(unreachable(options.name, cause));
      };
      socket.once('error', fail);
      socket.connect(port, host, (error?: Error) => {
        if (error !== undefined) {
          fail(error);
          return;
        }
        socket.off('error', fail);
        setBufferSizes(socket, settings);
        resolve(new UdpConnection(socket, options));
      });
    });
  }

  private constructor(socket: Socket, options: PeerConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.on('message', (datagram) => this.#arrived(datagram));
    socket.on('error', (cause) => this.#fail(unreachable(options.name, cause)));
  }

  get isUsable(): boolean {
    return this.#failure === undefined && !this.#hasAwaitedReply;
  }

  /** `AbstractSender.keepalive`: it costs nothing to open one. */
  isOverAge(): boolean {
    return true;
  }

  /** Errors: TRIBES_E_SEND_UNREACHABLE, _TIMEOUT, _FAIL_ACK, _GARBAGE, _STOPPED. */
  async send(frames: readonly OutgoingFrame[], isAcknowledged: boolean): Promise<void> {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    this.#hasAwaitedReply ||= isAcknowledged;
    const settled = new Promise<void>((resolve, reject) => {
      this.#exchange = { resolve, reject, isAcknowledged };
    });
    void this.#writeAll(frames, isAcknowledged);
    try {
      await settled;
    } finally {
      this.#exchange = undefined;
      this.#watchdog?.cancel();
    }
  }

  destroy(): void {
    this.#fail(new TribesError('TRIBES_E_SEND_STOPPED', { destination: this.#options.name }));
  }

  /** Never rejects: what happens is told to the exchange. */
  async #writeAll(frames: readonly OutgoingFrame[], isAcknowledged: boolean): Promise<void> {
    this.#expect('take the message');
    for (const frame of frames) {
      if (!(await this.#write(frame))) {
        return;
      }
    }
    if (!isAcknowledged) {
      // Where nobody listens on this host, the system has said so by then: the "health check" of `NioSender.process`. Of two
      // turns of the event loop, the network is looked at between them.
      await nextTurn();
      await nextTurn();
      this.#exchange?.resolve();
    } else if (this.#exchange !== undefined) {
      this.#expect('acknowledge the message');
    }
  }

  /** Whether the system has taken it. */
  #write({ parts }: OutgoingFrame): Promise<boolean> {
    if (this.#failure !== undefined) {
      return Promise.resolve(false);
    }
    return new Promise((resolve) => {
      this.#socket.send(parts, (error) => {
        if (error !== null) {
          this.#fail(unreachable(this.#options.name, error));
        }
        resolve(error === null);
      });
    });
  }

  #expect(step: string): void {
    const { clock, name, settings } = this.#options;
    const { timeout } = settings;
    this.#watchdog?.cancel();
    this.#watchdog = clock.after(timeout, () =>
      this.#fail(new TribesError('TRIBES_E_SEND_TIMEOUT', { destination: name, step, timeout })),
    );
  }

  #arrived(datagram: Buffer): void {
    try {
      decodeFrames(datagram).forEach((data) => this.#replied(data));
    } catch (cause) {
      const params = { destination: this.#options.name, reason: messageOf(cause) };
      this.#fail(new TribesError('TRIBES_E_SEND_GARBAGE', params, { cause }));
    }
  }

  /** Frames that are no acknowledgement are passed over, as by `NioSender.process`. */
  #replied(data: Buffer): void {
    const hasFailed = isFailAck(data);
    if (!hasFailed && !isAck(data)) {
      return;
    }
    const exchange = this.#exchange;
    if (exchange?.isAcknowledged !== true) {
      this.#options.onStray(hasFailed);
      return;
    }
    this.#exchange = undefined;
    if (hasFailed && this.#options.settings.throwOnFailedAck) {
      exchange.reject(new TribesError('TRIBES_E_SEND_FAIL_ACK', { destination: this.#options.name }));
    } else {
      exchange.resolve();
    }
  }

  #fail(error: TribesError): void {
    if (this.#failure === undefined) {
      this.#failure = error;
      this.#watchdog?.cancel();
      this.#exchange?.reject(error);
      this.#socket.close();
      this.#options.onClosed(this);
    }
  }
}

function unreachable(destination: string, cause: Error): TribesError {
  return new TribesError('TRIBES_E_SEND_UNREACHABLE', { destination, reason: cause.message }, { cause });
}
