import type { Socket } from 'node:dgram';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf, TribesError } from '../base/index.js';
import { decodeFrames } from '../wire/index.js';
import type { OutgoingFrame } from './outgoing-frame.js';
import type { PeerConnection, PeerConnectionOptions } from './peer-connection.js';
import { ReplyExchange } from './reply-exchange.js';
import { setBufferSizes, udpSocket } from './udp-socket.js';

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
  readonly #exchange: ReplyExchange;
  #failure: TribesError | undefined;
  #hasAwaitedReply = false;

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
    this.#exchange = new ReplyExchange({ options, overdue: (error) => this.#fail(error) });
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
    const settled = this.#exchange.begin(isAcknowledged);
    void this.#writeAll(frames, isAcknowledged);
    try {
      await settled;
    } finally {
      this.#exchange.end();
    }
  }

  destroy(): void {
    this.#fail(new TribesError('TRIBES_E_SEND_STOPPED', { destination: this.#options.name }));
  }

  /** Never rejects: what happens is told to the exchange. */
  async #writeAll(frames: readonly OutgoingFrame[], isAcknowledged: boolean): Promise<void> {
    this.#exchange.expect('take the message');
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
      this.#exchange.sent();
    } else if (this.#exchange.isOpen) {
      this.#exchange.expect('acknowledge the message');
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

  #arrived(datagram: Buffer): void {
    try {
      decodeFrames(datagram).forEach((data) => this.#exchange.replied(data));
    } catch (cause) {
      const params = { destination: this.#options.name, reason: messageOf(cause) };
      this.#fail(new TribesError('TRIBES_E_SEND_GARBAGE', params, { cause }));
    }
  }

  #fail(error: TribesError): void {
    if (this.#failure === undefined) {
      this.#failure = error;
      this.#exchange.fail(error);
      this.#socket.close();
      this.#options.onClosed(this);
    }
  }
}

function unreachable(destination: string, cause: Error): TribesError {
  return new TribesError('TRIBES_E_SEND_UNREACHABLE', { destination, reason: cause.message }, { cause });
}
