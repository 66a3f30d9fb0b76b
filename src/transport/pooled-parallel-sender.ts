import { isIP } from 'node:net';
import { LogThrottle, TribesError, type Clock, type Logger } from '../base/index.js';
import { maxDatagramBytes, type ChannelData } from '../wire/index.js';
import { DestinationSender } from './destination-sender.js';
import { outgoingFrame, type OutgoingFrame } from './outgoing-frame.js';
import type { OpenConnection } from './peer-connection.js';
import type { Destination, FaultyDestination, ReplicationTransmitter } from './replication-transmitter.js';
import { SenderConnection } from './sender-connection.js';
import { defaultSenderSettings, type SenderSettings } from './sender-settings.js';
import { newSenderCounters, type SenderStatistics } from './sender-statistics.js';
import { UdpConnection } from './udp-connection.js';

export interface PooledParallelSenderOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is left out has Tomcat's default. */
  readonly settings?: Partial<SenderSettings>;
}

/** Who ends the node does not wait for members that do not answer; milliseconds. */
const STOP_MS = 2000;

/** How the frames of a message go. */
type Transport = 'tcp' | 'udp';

interface Route {
  readonly transport: Transport;
  readonly host: string;
  readonly port: number;
  /** How errors name the destination. */
  readonly name: string;
}

const OPEN: Readonly<Record<Transport, OpenConnection>> = {
  tcp: (options) => SenderConnection.open(options),
  udp: (options) => UdpConnection.open(options),
};

/**
 * Sends over TCP, or by UDP where the options of the message say so, to all destinations at a time
 * (`org.apache.catalina.tribes.transport.nio.PooledParallelSender`).
 *
 * It fails as Tomcat's does: a connection that is refused, closed, or answered with FAIL_ACK is tried again
 * `maxRetryAttempts` times; a time-out is final.
 */
export class PooledParallelSender implements ReplicationTransmitter {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: SenderSettings;
  readonly #complaints: LogThrottle;
  readonly #counters = newSenderCounters();
  readonly #senders: Readonly<Record<Transport, Map<string, DestinationSender>>> = {
    tcp: new Map(),
    udp: new Map(),
  };
  /** Those of members that have gone, which may still be sending. */
  readonly #retired = new Set<DestinationSender>();
  readonly #sending = new Set<Promise<void>>();
  #isRunning = false;

  constructor({ clock, logger, settings }: PooledParallelSenderOptions) {
    this.#clock = clock;
    this.#logger = logger;
    this.#settings = { ...defaultSenderSettings, ...settings };
    this.#complaints = new LogThrottle(clock, { logger });
  }

  get statistics(): SenderStatistics {
    return { ...this.#counters };
  }

  start(): Promise<void> {
    this.#isRunning = true;
    return Promise.resolve();
  }

  /** Lets what is being sent come to its end, for `timeout` or two seconds at most; what waits fails. */
  async stop(): Promise<void> {
    this.#isRunning = false;
    const { tcp, udp } = this.#senders;
    const senders = [...tcp.values(), ...udp.values(), ...this.#retired];
    tcp.clear();
    udp.clear();
    this.#retired.clear();
    senders.forEach((sender) => sender.stop());
    const timer = this.#clock.after(Math.min(this.#settings.timeout, STOP_MS), () =>
      senders.forEach((sender) => sender.abort()),
    );
    await Promise.allSettled(this.#sending);
    timer.cancel();
  }

  async send<D extends Destination>(
    destinations: readonly D[],
    message: ChannelData,
  ): Promise<FaultyDestination<D>[]> {
    const frame = outgoingFrame(message);
    const outcomes = await Promise.all(
      destinations.map(async (destination): Promise<FaultyDestination<D> | undefined> => {
        const cause = await this.#failureOf(destination, frame);
        return cause === undefined ? undefined : { destination, cause };
      }),
    );
    return outcomes.filter((outcome) => outcome !== undefined);
  }

  remove(key: string): void {
    for (const senders of Object.values(this.#senders)) {
      const sender = senders.get(key);
      if (sender !== undefined) {
        sender.retire();
        senders.delete(key);
        this.#retired.add(sender);
      }
    }
  }

  keepAlive(): void {
    for (const senders of Object.values(this.#senders)) {
      for (const [key, sender] of senders) {
        sender.keepAlive();
        if (sender.isUnused) {
          senders.delete(key);
        }
      }
    }
    for (const sender of this.#retired) {
      if (sender.isUnused) {
        this.#retired.delete(sender);
      }
    }
  }

  /** Undefined when the destination took the message. Never rejects. */
  async #failureOf(destination: Destination, frame: OutgoingFrame): Promise<Error | undefined> {
    const sending = this.#sendTo(destination, frame);
    const settled = sending.catch(() => undefined);
    this.#sending.add(settled);
    try {
      await sending;
      this.#counters.messages++;
      this.#counters.bytes += frame.length;
      this.#counters.datagrams += frame.isDatagram ? 1 : 0;
      return undefined;
    } catch (error) {
      this.#counters.failures++;
      return error instanceof Error ? error : new Error(String(error), { cause: error });
    } finally {
      this.#sending.delete(settled);
    }
  }

  async #sendTo(destination: Destination, frame: OutgoingFrame): Promise<void> {
    if (!this.#isRunning) {
      throw new TribesError('TRIBES_E_SEND_STOPPED', { destination: nameOf(destination) });
    }
    const route = frame.isDatagram ? udpRoute(destination, frame.length) : tcpRoute(destination);
    const senders = this.#senders[route.transport];
    let sender = senders.get(destination.key);
    if (sender === undefined) {
      sender = this.#senderOn(route);
      senders.set(destination.key, sender);
    }
    await sender.send(frame);
  }

  #senderOn({ transport, ...place }: Route): DestinationSender {
    return new DestinationSender({
      ...place,
      settings: this.#settings,
      clock: this.#clock,
      counters: this.#counters,
      onStray: (isFailAck) => this.#stray(place.name, isFailAck),
      open: OPEN[transport],
    });
  }

  #stray(destination: string, isFailAck: boolean): void {
    this.#counters.strays++;
    const strays = this.#complaints.admit(destination);
    if (strays > 0) {
      this.#logger.warn(
        { destination, strays, isFailAck },
        'an acknowledgement came that nobody had asked for',
      );
    }
  }
}

/** Error: TRIBES_E_SEND_ADDRESS. */
function tcpRoute(destination: Destination): Route {
  const { host, port } = destination;
  const route = { transport: 'tcp', host, port, name: nameOf(destination) } as const;
  assertAddress(route);
  return route;
}

/** Errors: TRIBES_E_SEND_NO_UDP, TRIBES_E_SEND_ADDRESS, TRIBES_E_SEND_TOO_LARGE. */
function udpRoute(destination: Destination, length: number): Route {
  const { host, udpPort: port = -1 } = destination;
  if (port < 1) {
    throw new TribesError('TRIBES_E_SEND_NO_UDP', { destination: nameOf(destination) });
  }
  const name = nameOf({ host, port }, 'udp');
  const route = { transport: 'udp', host, port, name } as const;
  assertAddress(route);
  const limit = maxDatagramBytes(host);
  if (length > limit) {
    throw new TribesError('TRIBES_E_SEND_TOO_LARGE', { destination: name, length, limit });
  }
  return route;
}

function assertAddress({ host, port, name }: Route): void {
  if (isIP(host) === 0 || port < 1 || port > 65_535) {
    throw new TribesError('TRIBES_E_SEND_ADDRESS', { destination: name });
  }
}

function nameOf({ host, port }: Pick<Destination, 'host' | 'port'>, transport: Transport = 'tcp'): string {
  return `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
