import { isTribesError, TribesError, type Clock } from '../base/index.js';
import { ConnectionPool } from './connection-pool.js';
import type { OutgoingFrame } from './outgoing-frame.js';
import type { OpenConnection, PeerConnection } from './peer-connection.js';
import type { SenderSettings } from './sender-settings.js';
import type { SenderCounters } from './sender-statistics.js';

export interface DestinationSenderOptions {
  readonly host: string;
  readonly port: number;
  /** How errors name the destination. */
  readonly name: string;
  readonly settings: SenderSettings;
  readonly clock: Clock;
  readonly counters: SenderCounters;
  readonly onStray: (isFailAck: boolean) => void;
  /** Opens a connection: over TCP, or by UDP. */
  readonly open: OpenConnection;
}

interface QueuedFrame {
  readonly frame: OutgoingFrame;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

type State =
  | 'open'
  /** Nothing more will come; what is here runs to its end. */
  | 'retired'
  /** What waits has failed, and nothing is tried again. */
  | 'stopped';

/** Unacknowledged messages up to this many bytes are written together. */
const BATCH_BYTES = 65_536;

/**
 * Everything on its way to one destination. Acknowledged messages each have a connection to themselves until the
 * acknowledgement is there; the others go over one connection, in the order in which they came.
 */
export class DestinationSender {
  readonly #options: DestinationSenderOptions;
  readonly #pool: ConnectionPool;
  readonly #connections = new Set<PeerConnection>();
  readonly #queue: QueuedFrame[] = [];
  #ordered: PeerConnection | undefined;
  #isSendingOrdered = false;
  #pendingBytes = 0;
  #state: State = 'open';

  constructor(options: DestinationSenderOptions) {
    this.#options = options;
    this.#pool = new ConnectionPool(options.clock, options.settings, options.name);
  }

  /** No connection is open, and nothing is on its way. */
  get isUnused(): boolean {
    return this.#pendingBytes === 0 && this.#ordered === undefined && this.#pool.isUnused;
  }

  /** Errors: TRIBES_E_SEND_… */
  async send(frame: OutgoingFrame): Promise<void> {
    const { name, settings } = this.#options;
    const { maxQueuedBytes } = settings;
    if (this.#pendingBytes > 0 && this.#pendingBytes + frame.length > maxQueuedBytes) {
      const params = {
        destination: name,
        bytes: this.#pendingBytes,
        length: frame.length,
        limit: maxQueuedBytes,
      };
      throw new TribesError('TRIBES_E_SEND_QUEUE_FULL', params);
    }
    this.#pendingBytes += frame.length;
    try {
      await (frame.isAcknowledged ? this.#sendAcknowledged(frame) : this.#enqueue(frame));
    } finally {
      this.#pendingBytes -= frame.length;
    }
  }

  /** `AbstractSender.keepalive`, for connections that nobody uses. */
  keepAlive(): void {
    const now = this.#options.clock.monotonic();
    this.#closeUnused((connection) => connection.isOverAge(now));
  }

  retire(): void {
    this.#state = 'retired';
    this.#closeUnused(() => true);
  }

  stop(): void {
    this.retire();
    this.#state = 'stopped';
    this.#failQueued(this.#stoppedError());
  }

  /** After `stop`: what is still under way fails. Nothing is connecting any more by the time-out of the last attempt. */
  abort(): void {
    this.#connections.forEach((connection) => connection.destroy());
  }

  #closeUnused(isDue: (connection: PeerConnection) => boolean): void {
    this.#pool.closeIdle(isDue);
    if (this.#ordered !== undefined && !this.#isSendingOrdered && isDue(this.#ordered)) {
      this.#ordered.destroy();
      this.#ordered = undefined;
    }
  }

  #closeIfRetired(): void {
    if (this.#state !== 'open') {
      this.#closeUnused(() => true);
    }
  }

  async #sendAcknowledged(frame: OutgoingFrame): Promise<void> {
    let connection = await this.#pool.acquire();
    try {
      await this.#attempt(async () => {
        connection = await this.#useOrOpen(connection);
        await connection.send([frame], true);
      });
    } finally {
      this.#pool.release(connection);
      this.#closeIfRetired();
    }
  }

  #enqueue(frame: OutgoingFrame): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ frame, resolve, reject });
      void this.#sendOrdered();
    });
  }

  /** Never rejects. */
  async #sendOrdered(): Promise<void> {
    if (this.#isSendingOrdered) {
      return;
    }
    this.#isSendingOrdered = true;
    for (let batch = this.#nextBatch(); batch.length > 0; batch = this.#nextBatch()) {
      const frames = batch.map(({ frame }) => frame);
      try {
        await this.#attempt(async () => {
          this.#ordered = await this.#useOrOpen(this.#ordered);
          await this.#ordered.send(frames, false);
        });
        batch.forEach(({ resolve }) => resolve());
      } catch (error) {
        batch.forEach(({ reject }) => reject(error));
        // What waits behind would fare no better, and take as long to fail.
        this.#failQueued(error);
      }
    }
    this.#isSendingOrdered = false;
    this.#closeIfRetired();
  }

  /** At least one message, and as many more as fit. */
  #nextBatch(): readonly QueuedFrame[] {
    let bytes = 0;
    let count = 0;
    for (const { frame } of this.#queue) {
      bytes += frame.length;
      if (count > 0 && bytes > BATCH_BYTES) {
        break;
      }
      count++;
    }
    return this.#queue.splice(0, count);
  }

  #failQueued(error: unknown): void {
    this.#queue.splice(0).forEach(({ reject }) => reject(error));
  }

  /**
   * Sends the same bytes again when that failed, as `ParallelNioSender.sendMessage` does; but never what timed out, nor
   * to somebody who is no Tomcat.
   */
  async #attempt(send: () => Promise<void>): Promise<void> {
    const { counters, settings } = this.#options;
    for (let attemptsLeft = settings.maxRetryAttempts; ; attemptsLeft--) {
      if (this.#isStopped()) {
        throw this.#stoppedError();
      }
      try {
        await send();
        return;
      } catch (error) {
        if (attemptsLeft <= 0 || this.#isStopped() || !isWorthRetrying(error)) {
          throw error;
        }
        counters.retries++;
      }
    }
  }

  #isStopped(): boolean {
    return this.#state === 'stopped';
  }

  #stoppedError(): TribesError {
    return new TribesError('TRIBES_E_SEND_STOPPED', { destination: this.#options.name });
  }

  async #useOrOpen(connection: PeerConnection | undefined): Promise<PeerConnection> {
    if (connection?.isUsable === true) {
      return connection;
    }
    connection?.destroy();
    return this.#open();
  }

  async #open(): Promise<PeerConnection> {
    const { counters, open } = this.#options;
    const onClosed = (closed: PeerConnection): void => this.#forget(closed);
    const connection = await open({ ...this.#options, onClosed });
    this.#connections.add(connection);
    counters.connections++;
    counters.connects++;
    return connection;
  }

  #forget(connection: PeerConnection): void {
    this.#options.counters.connections--;
    this.#connections.delete(connection);
    this.#pool.forget(connection);
    if (this.#ordered === connection) {
      this.#ordered = undefined;
    }
  }
}

function isWorthRetrying(error: unknown): boolean {
  return isTribesError(
    error,
    'TRIBES_E_SEND_REFUSED',
    'TRIBES_E_SEND_UNREACHABLE',
    'TRIBES_E_SEND_CLOSED',
    'TRIBES_E_SEND_FAIL_ACK',
  );
}
