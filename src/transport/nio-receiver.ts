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
import { ReceiverConnection } from './receiver-connection.js';
import type { ReceiverContext } from './receiver-context.js';
import { defaultReceiverSettings, type ReceiverSettings } from './receiver-settings.js';
import { newReceiverCounters, type ReceiverStatistics } from './receiver-statistics.js';
import type { MessageHandler, ReceiverAddress, ReplicationReceiver } from './replication-receiver.js';
import { UdpReceiver } from './udp-receiver.js';

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

/** Takes messages over TCP, and by UDP with `udpPort` (`org.apache.catalina.tribes.transport.nio.NioReceiver`). */
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
  #udp: UdpReceiver | undefined;
  #address: ReceiverAddress;

  constructor({ clock, logger, settings, limits }: NioReceiverOptions) {
    this.#clock = clock;
    this.#logger = logger;
    this.#settings = { ...defaultReceiverSettings, ...settings };
    this.#limits = { ...defaultTransportLimits, ...limits };
    const { maxBufferedBytes, halfFrameTimeoutMs } = this.#limits;
    this.#budget = new ReceiveBudget(maxBufferedBytes, halfFrameTimeoutMs, clock);
    this.#complaints = new LogThrottle(clock, { logger });
    const { address: host, port, securePort } = this.#settings;
    this.#address = { host, port, udpPort: -1, securePort };
  }

  get address(): ReceiverAddress {
    return this.#address;
  }

  get statistics(): ReceiverStatistics {
    return {
      ...this.#counters,
      refusals: new Map(this.#counters.refusals),
      heldBytes: this.#budget.heldBytes,
    };
  }

  /** Errors: TRIBES_E_RECEIVER_BIND, _UDP_BIND, _ADDRESS, _UNANNOUNCEABLE. */
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
    let udp: UdpReceiver | undefined;
    try {
      await this.#bind(server);
      udp = await this.#bindUdp(context);
    } catch (error) {
      await this.stop();
      throw error;
    }
    server.on('error', (error) => this.#acceptFailed(error));
    if (this.#isStopped(server)) {
      server.close();
      await udp?.stop();
    } else {
      this.#udp = udp;
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
    const udp = this.#udp;
    this.#server = undefined;
    this.#udp = undefined;
    // One that is closed while it begins to listen never says what became of that: its start closes it.
    const closed = server?.listening === true ? once(server, 'close') : undefined;
    if (closed !== undefined) {
      server?.close();
    }
    const connections = [...this.#connections].map((connection) => connection.stop());
    await Promise.all([closed, udp?.stop(), ...connections]);
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
    const last = this.#lastPort(first);
    let failure: unknown;
    for (let port = first; port <= last; port++) {
      try {
        await listen(server, host, port);
        this.#address = { ...this.#address, host, port: (server.address() as AddressInfo).port, udpPort: -1 };
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

  /** `ReceiverBase.bindUdp`, at the address that TCP has got. */
  async #bindUdp(context: ReceiverContext): Promise<UdpReceiver | undefined> {
    const { udpPort: first, udpRxBufSize, udpTxBufSize } = this.#settings;
    if (first < 0) {
      return undefined;
    }
    const place = { host: this.#address.host, first, last: this.#lastPort(first) };
    const udp = await UdpReceiver.bind(place, { udpRxBufSize, udpTxBufSize }, context);
    this.#address = { ...this.#address, udpPort: udp.port };
    return udp;
  }

  #lastPort(first: number): number {
    return Math.min(first + Math.max(this.#settings.autoBind, 1) - 1, HIGHEST_PORT);
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
