import { TribesError, type Clock } from '../base/index.js';
import type { PeerConnection } from './peer-connection.js';
import type { SenderSettings } from './sender-settings.js';

interface Waiter {
  /** Passes the right on to it. */
  readonly admit: () => void;
}

/** The idle connections to one destination, and who may use or open one (`util.PooledSender`). */
export class ConnectionPool {
  readonly #clock: Clock;
  readonly #settings: SenderSettings;
  readonly #name: string;
  /** Last in, first out: what is not needed grows old, and can be closed. */
  readonly #idle: PeerConnection[] = [];
  readonly #waiters = new Set<Waiter>();
  #inUse = 0;

  /** @param name how errors name the destination. */
  constructor(clock: Clock, settings: SenderSettings, name: string) {
    this.#clock = clock;
    this.#settings = settings;
    this.#name = name;
  }

  get isUnused(): boolean {
    return this.#inUse === 0 && this.#idle.length === 0;
  }

  /**
   * Waits for the right to use a connection, and gives an idle one if there is any. To be followed by `release`.
   *
   * Error: TRIBES_E_SEND_POOL after maxWait.
   */
  async acquire(): Promise<PeerConnection | undefined> {
    if (this.#inUse < this.#settings.poolSize) {
      this.#inUse++;
    } else {
      await this.#turn();
    }
    return this.#idle.pop();
  }

  /** Gives back the right, and the connection if it is still good. */
  release(connection: PeerConnection | undefined): void {
    if (connection?.isUsable === true) {
      this.#idle.push(connection);
    } else {
      connection?.destroy();
    }
    const [next] = this.#waiters;
    if (next === undefined) {
      this.#inUse--;
    } else {
      next.admit();
    }
  }

  /** The connection was closed while nobody used it. */
  forget(connection: PeerConnection): void {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) {
      this.#idle.splice(at, 1);
    }
  }

  /** Closes the idle connections for which `isDue` holds. */
  closeIdle(isDue: (connection: PeerConnection) => boolean): void {
    this.#idle.filter(isDue).forEach((connection) => {
      this.forget(connection);
      connection.destroy();
    });
  }

  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { poolSize, maxWait } = this.#settings;
      const waiter = {
        admit: (): void => {
          timer.cancel();
          this.#waiters.delete(waiter);
          resolve();
        },
      };
      const timer = this.#clock.after(maxWait, () => {
        this.#waiters.delete(waiter);
        reject(new TribesError('TRIBES_E_SEND_POOL', { destination: this.#name, poolSize, maxWait }));
      });
      this.#waiters.add(waiter);
    });
  }
}
