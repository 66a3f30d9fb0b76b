import type { RemoteInfo } from 'node:dgram';
import { LogThrottle, messageOf, type Clock, type Logger } from '../base/index.js';
import type { McastSettings } from './mcast-settings.js';
import { MulticastSocket, type MulticastSocketSettings } from './multicast-socket.js';
import { sleep } from './sleep.js';

export interface RecoveringSocketOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: MulticastSocketSettings &
    Pick<McastSettings, 'recoveryEnabled' | 'recoveryCounter' | 'recoverySleepTime'>;
  readonly onDatagram: (datagram: Buffer, sender: RemoteInfo) => void;
}

type Direction = 'send' | 'receive';

/**
 * A multicast socket that is made anew after too many errors in a row (`McastServiceImpl.RecoveryThread`), as when an
 * interface went away and came back.
 */
export class RecoveringSocket {
  readonly #options: RecoveringSocketOptions;
  readonly #complaints: LogThrottle;
  readonly #errorsInARow: Record<Direction, number> = { send: 0, receive: 0 };
  #socket: MulticastSocket | undefined;
  #closing = new AbortController();
  #recovery: Promise<void> | undefined;
  #sendErrors = 0;

  constructor(options: RecoveringSocketOptions) {
    this.#options = options;
    this.#complaints = new LogThrottle(options.clock, { logger: options.logger });
  }

  get sendErrors(): number {
    return this.#sendErrors;
  }

  /** Errors: those of MulticastSocket.open. */
  async open(): Promise<void> {
    this.#closing = new AbortController();
    this.#socket = await this.#openSocket();
  }

  /** Whether the system took the datagram. Errors are counted and logged; enough of them begin a recovery. */
  async trySend(datagram: Buffer): Promise<boolean> {
    try {
      return await this.send(datagram);
    } catch (error) {
      this.#sendErrors++;
      this.#failed('send', error);
      return false;
    }
  }

  /** False while there is no socket to send with. Rejects with the system's error. */
  async send(datagram: Buffer): Promise<boolean> {
    if (this.#socket === undefined) {
      return false;
    }
    await this.#socket.send(datagram);
    this.#errorsInARow.send = 0;
    return true;
  }

  /** Ends a recovery, leaves the group, closes; idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#recovery;
    await this.#closeSocket();
  }

  #openSocket(): Promise<MulticastSocket> {
    return MulticastSocket.open(this.#options.settings, {
      onDatagram: (datagram, sender) => {
        this.#errorsInARow.receive = 0;
        this.#options.onDatagram(datagram, sender);
      },
      onError: (error) => this.#failed('receive', error),
    });
  }

  async #closeSocket(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    await socket?.close();
  }

  #failed(direction: Direction, error: unknown): void {
    const { logger, settings } = this.#options;
    const events = this.#complaints.admit(direction);
    if (events > 0) {
      logger.warn({ error: messageOf(error), events }, `multicast ${direction} failed`);
    }
    const errors = ++this.#errorsInARow[direction];
    const isIdle = this.#recovery === undefined && !this.#closing.signal.aborted;
    if (settings.recoveryEnabled && errors >= settings.recoveryCounter && isIdle) {
      this.#recovery = this.#recover(this.#closing.signal).finally(() => (this.#recovery = undefined));
    }
  }

  /** Never rejects. */
  async #recover(closing: AbortSignal): Promise<void> {
    const { clock, logger, settings } = this.#options;
    logger.warn({ errors: settings.recoveryCounter }, 'the multicast socket is made anew');
    await this.#closeSocket();
    while (!closing.aborted) {
      try {
        this.#socket = await this.#openSocket();
        this.#errorsInARow.send = 0;
        this.#errorsInARow.receive = 0;
        logger.info({}, 'the multicast socket works again');
        return;
      } catch (error) {
        if (this.#complaints.admit('recovery') > 0) {
          logger.warn({ error: messageOf(error) }, 'the multicast socket cannot be made anew yet');
        }
        await sleep(clock, settings.recoverySleepTime, closing);
      }
    }
  }
}
