import { isIP } from 'node:net';
import { LogThrottle, TribesError, type Clock, type Logger } from '../base/index.js';
import type { ChannelData } from '../wire/index.js';
import { DestinationSender } from './destination-sender.js';
import { outgoingFrame, type OutgoingFrame } from './outgoing-frame.js';
import type { Destination, FaultyDestination, ReplicationTransmitter } from './replication-transmitter.js';
import { defaultSenderSettings, type SenderSettings } from './sender-settings.js';
import { newSenderCounters, type SenderStatistics } from './sender-statistics.js';

export interface PooledParallelSenderOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is left out has Tomcat's default. */
  readonly settings?: Partial<SenderSettings>;
}

/** Who ends the node does not wait for members that do not answer; milliseconds. */
const STOP_MS = 2000;

/**
 * Sends over TCP, to all destinations at a time (`org.apache.catalina.tribes.transport.nio.PooledParallelSender`).
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
  readonly #senders = new Map<string, DestinationSender>();
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
    const senders = [...this.#senders.values(), ...this.#retired];
    this.#senders.clear();
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
    const sender = this.#senders.get(key);
    if (sender !== undefined) {
      sender.retire();
      this.#senders.delete(key);
      this.#retired.add(sender);
    }
  }

  keepAlive(): void {
    for (const [key, sender] of this.#senders) {
      sender.keepAlive();
      if (sender.isUnused) {
        this.#senders.delete(key);
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
      return undefined;
    } catch (error) {
      this.#counters.failures++;
      return error instanceof Error ? error : new Error(String(error), { cause: error });
    } finally {
      this.#sending.delete(settled);
    }
  }

  async #sendTo(destination: Destination, frame: OutgoingFrame): Promise<void> {
    const { key, host, port } = destination;
    const name = `tcp://${host.includes(':') ? `[${host}]` : host}:${port}`;
    if (!this.#isRunning) {
      throw new TribesError('TRIBES_E_SEND_STOPPED', { destination: name });
    }
    if (isIP(host) === 0 || port < 1 || port > 65_535) {
      throw new TribesError('TRIBES_E_SEND_ADDRESS', { destination: name });
    }
    let sender = this.#senders.get(key);
    if (sender === undefined) {
      sender = new DestinationSender({
        host,
        port,
        name,
        settings: this.#settings,
        clock: this.#clock,
        counters: this.#counters,
        onStray: (isFailAck) => this.#stray(name, isFailAck),
      });
      this.#senders.set(key, sender);
    }
    await sender.send(frame);
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
