import { connect, type Socket } from 'node:net';
import { messageOf, TribesError } from '../base/index.js';
import { FrameAssembler } from './frame-assembler.js';
import { portions, type OutgoingFrame } from './outgoing-frame.js';
import type { PeerConnection, PeerConnectionOptions } from './peer-connection.js';
import { ReplyExchange } from './reply-exchange.js';

/** Bytes that are written before the time-out begins anew. */
const PORTION_SIZE = 2 ** 20;

/** A peer sends acknowledgements of three bytes, and nothing else. */
const MAX_REPLY_BYTES = 1024;

/**
 * One connection to a member's receiver. One exchange at a time: some frames, or one frame and its acknowledgement.
 *
 * After an error it is closed and of no more use. Acknowledgements carry no id, so a connection on which one came
 * unasked is out of step: `isUsable` is false from then on.
 */
export class SenderConnection implements PeerConnection {
  readonly #openedAt: number;
  readonly #options: PeerConnectionOptions;
  readonly #socket: Socket;
  readonly #assembler = new FrameAssembler(MAX_REPLY_BYTES, 'an acknowledgement');
  /** Messages sent over it. */
  #requests = 0;
  #isInStep = true;
  #failure: TribesError | undefined;
  readonly #exchange: ReplyExchange;

  /** Errors: TRIBES_E_SEND_REFUSED, TRIBES_E_SEND_TIMEOUT. */
  static open(options: PeerConnectionOptions): Promise<SenderConnection> {
    const { host, port, name, settings, clock } = options;
    const { timeout, tcpNoDelay, soKeepAlive } = settings;
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: tcpNoDelay, keepAlive: soKeepAlive });
      const fail = (error: TribesError): void => {
        timer.cancel();
        socket.destroy();
        reject(error);
      };
      const timer = clock.after(timeout, () =>
        fail(
          new TribesError('TRIBES_E_SEND_TIMEOUT', {
            destination: name,
            step: 'accept the connection',
            timeout,
          }),
        ),
      );
      const refused = (cause: Error): void =>
        fail(
          new TribesError('TRIBES_E_SEND_REFUSED', { destination: name, reason: cause.message }, { cause }),
        );
      socket.once('error', refused);
      socket.once('connect', () => {
        timer.cancel();
        socket.off('error', refused);
        resolve(new SenderConnection(socket, options));
      });
    });
  }

  private constructor(socket: Socket, options: PeerConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#openedAt = options.clock.monotonic();
    this.#exchange = new ReplyExchange({ options, overdue: (error) => this.#fail(error) });
    socket.on('data', (chunk: Buffer) => this.#arrived(chunk));
    socket.on('error', (cause) => this.#fail(this.#closedBy(cause.message, cause)));
    socket.on('end', () => this.#fail(this.#closedBy('it ended the connection')));
    socket.once('close', () => {
      this.#fail(this.#closedBy('the connection is closed'));
      options.onClosed(this);
    });
  }

  get isUsable(): boolean {
    return this.#failure === undefined && this.#isInStep;
  }

  isOverAge(now: number): boolean {
    const { keepAliveCount, keepAliveTime } = this.#options.settings;
    return (
      (keepAliveCount >= 0 && this.#requests > keepAliveCount) ||
      (keepAliveTime >= 0 && now - this.#openedAt > keepAliveTime)
    );
  }

  /**
   * Writes the frames one behind the other, and with `isAcknowledged` waits for the one acknowledgement.
   *
   * Errors: TRIBES_E_SEND_CLOSED, _TIMEOUT, _FAIL_ACK, _GARBAGE.
   */
  async send(frames: readonly OutgoingFrame[], isAcknowledged: boolean): Promise<void> {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    this.#requests += frames.length;
    const settled = this.#exchange.begin(isAcknowledged);
    try {
      await Promise.all([settled, this.#writeAll(frames, isAcknowledged)]);
    } finally {
      this.#exchange.end();
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  async #writeAll(frames: readonly OutgoingFrame[], isAcknowledged: boolean): Promise<void> {
    for (const portion of portions(frames, PORTION_SIZE)) {
      this.#exchange.expect('take the message');
      if (!(await this.#write(portion))) {
        // What happened is told by the events of the socket.
        return;
      }
    }
    if (isAcknowledged) {
      this.#exchange.expect('acknowledge the message');
    } else {
      this.#exchange.sent();
    }
  }

  /** Whether the system has taken all of it. */
  async #write(portion: readonly Buffer[]): Promise<boolean> {
    this.#socket.cork();
    const written = portion.map(
      (bytes) =>
        new Promise<boolean>((resolve) => {
          this.#socket.write(bytes, (error) => resolve(error === undefined || error === null));
        }),
    );
    this.#socket.uncork();
    return (await Promise.all(written)).every((isWritten) => isWritten);
  }

  #arrived(chunk: Buffer): void {
    try {
      this.#assembler.push(chunk, (data) => {
        if (!this.#exchange.replied(data)) {
          this.#isInStep = false;
        }
      });
    } catch (cause) {
      const params = { destination: this.#options.name, reason: messageOf(cause) };
      this.#fail(new TribesError('TRIBES_E_SEND_GARBAGE', params, { cause }));
    }
  }

  #closedBy(reason: string, cause?: Error): TribesError {
    const params = { destination: this.#options.name, reason };
    return new TribesError('TRIBES_E_SEND_CLOSED', params, cause === undefined ? undefined : { cause });
  }

  #fail(error: TribesError): void {
    if (this.#failure === undefined) {
      this.#failure = error;
      this.#exchange.fail(error);
      this.#socket.destroy();
    }
  }
}
