import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import {
  defaultTransportLimits,
  LogThrottle,
  messageOf,
  TribesError,
  type Clock,
  type Logger,
  type TransportLimits,
} from '../base/index.js';
import { ReceiveBudget } from './receive-budget.js';
import { isLoopback, resolveReceiverAddress } from './receiver-address.js';
import { ReceiverConnection, type ReceiverContext } from './receiver-connection.js';
import { defaultReceiverSettings, type ReceiverSettings } from './receiver-settings.js';
import { newReceiverCounters, type ReceiverStatistics } from './receiver-statistics.js';
import type { MessageHandler, ReplicationReceiver } from './replication-receiver.js';

export interface NioReceiverOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is left out has Tomcat's default. */
  readonly settings?: Partial<ReceiverSettings>;
  readonly limits?: Partial<TransportLimits>;
}

const HIGHEST_PORT = 65_535;

/** How long nothing must have come for `quiet`, and how long that waits at the most. */
const QUIET_MS = 250;
const MAX_LAST_MESSAGES_MS = 2_000;

/** Takes messages over TCP (`org.apache.catalina.tribes.transport.nio.NioReceiver`). */
export class NioReceiver implements ReplicationReceiver {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: ReceiverSettings;
  readonly #limits: TransportLimits;
  readonly #budget: ReceiveBudget;
  readonly #complaints: LogThrottle;
  readonly #counters = newReceiverCounters();
  readonly #connections = new Set<ReceiverConnection>();
  #server: Server | undefined;
  #address: { readonly host: string; readonly port: number };

  constructor({ clock, logger, settings, limits }: NioReceiverOptions) {
    this.#clock = clock;
    this.#logger = logger;
    this.#settings = { ...defaultReceiverSettings, ...settings };
    this.#limits = { ...defaultTransportLimits, ...limits };
    const { maxBufferedBytes, halfFrameTimeoutMs } = this.#limits;
    this.#budget = new ReceiveBudget(maxBufferedBytes, halfFrameTimeoutMs, clock);
    this.#complaints = new LogThrottle(clock, { logger });
    this.#address = { host: this.#settings.address, port: this.#settings.port };
  }

  get address(): { readonly host: string; readonly port: number } {
    return this.#address;
  }

  get statistics(): ReceiverStatistics {
    return {
      ...this.#counters,
      refusals: new Map(this.#counters.refusals),
      heldBytes: this.#budget.heldBytes,
    };
  }

  /** Errors: TRIBES_E_RECEIVER_BIND, TRIBES_E_RECEIVER_ADDRESS, TRIBES_E_RECEIVER_UNANNOUNCEABLE. */
  async start(handler: MessageHandler): Promise<void> {
    if (this.#server !== undefined) {
      return;
    }
    const context: ReceiverContext = {
      clock: this.#clock,
      logger: this.#logger,
      limits: this.#limits,
      budget: this.#budget,
      counters: this.#counters,
      complaints: this.#complaints,
      handler,
    };
    const { tcpNoDelay, soKeepAlive } = this.#settings;
    const server = createServer(
      // A peer may end its side, and still be owed replies.
      { allowHalfOpen: true, noDelay: tcpNoDelay, keepAlive: soKeepAlive },
      (socket) => this.#accept(socket, context),
    );
    server.maxConnections = this.#limits.maxConnections;
    server.on('drop', ({ remoteAddress }: { remoteAddress?: string } = {}) => this.#dropped(remoteAddress));
    this.#server = server;
    try {
      await this.#bind(server);
    } catch (error) {
      this.#server = undefined;
      throw error;
    }
    server.on('error', (error) => this.#acceptFailed(error));
    if (this.#isStopped(server)) {
      server.close();
    } else {
      this.#logger.info({ ...this.#address }, 'the receiver listens');
    }
  }

  #isStopped(server: Server): boolean {
    return this.#server !== server;
  }

  quiet(): Promise<void> {
    const until = this.#clock.monotonic() + MAX_LAST_MESSAGES_MS;
    return new Promise((resolve) => {
      const wait = (): void => {
        const { frames, accepted } = this.#counters;
        this.#clock.after(QUIET_MS, () => {
          const isQuiet = this.#counters.frames === frames && this.#counters.accepted === accepted;
          if (isQuiet || this.#clock.monotonic() >= until) {
            resolve();
          } else {
            wait();
          }
        });
      };
      wait();
    });
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    // One that is closed while it begins to listen never says what became of that: its start closes it.
    const closed = server?.listening === true ? once(server, 'close') : undefined;
    if (closed !== undefined) {
      server?.close();
    }
    await Promise.all([closed, ...[...this.#connections].map((connection) => connection.stop())]);
  }

  /** `ReceiverBase.bind`: tries port … port + autoBind - 1, whatever the error. */
  async #bind(server: Server): Promise<void> {
    const host = await resolveReceiverAddress(this.#settings.address);
    if (this.#settings.address === 'auto' && isLoopback(host)) {
      this.#logger.warn(
        { host },
        'this host has no other address: only members on it can reach the receiver',
      );
    }
    const first = this.#settings.port;
    const last = Math.min(first + Math.max(this.#settings.autoBind, 1) - 1, HIGHEST_PORT);
    let failure: unknown;
    for (let port = first; port <= last; port++) {
      try {
        await listen(server, host, port);
        this.#address = { host, port: (server.address() as AddressInfo).port };
        return;
      } catch (error) {
        failure = error;
        if (isNotOurAddress(error)) {
          break;
        }
      }
    }
    const reason = messageOf(failure);
    throw isNotOurAddress(failure)
      ? new TribesError('TRIBES_E_RECEIVER_ADDRESS', { address: host, reason }, { cause: failure })
      : new TribesError('TRIBES_E_RECEIVER_BIND', { host, first, last, reason }, { cause: failure });
  }

  #accept(socket: Socket, context: ReceiverContext): void {
    this.#counters.accepted++;
    this.#counters.connections++;
    const connection = new ReceiverConnection(socket, context);
    this.#connections.add(connection);
    void connection.finished.then(() => this.#connections.delete(connection));
  }

  #dropped(remote = 'unknown'): void {
    this.#counters.rejected++;
    const connections = this.#complaints.admit(`dropped ${remote}`);
    if (connections > 0) {
      const limit = this.#limits.maxConnections;
      this.#logger.warn(
        { remote, connections, limit },
        'a connection is rejected: there are receiver.maxConnections',
      );
    }
  }

  #acceptFailed(error: Error): void {
    const events = this.#complaints.admit('accept');
    if (events > 0) {
      this.#logger.error({ error: error.message, events }, 'a connection could not be accepted');
    }
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  const listening = once(server, 'listening');
  server.listen({ host, port, exclusive: true });
  await listening;
}

function isNotOurAddress(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRNOTAVAIL';
}
