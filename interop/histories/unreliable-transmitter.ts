import { setTimeout as sleep } from 'node:timers/promises';
import type { Destination, FaultyDestination, ReplicationTransmitter } from '../../src/transport/index.js';
import { SEND_OPTIONS, type ChannelData } from '../../src/wire/index.js';

const LATE = 0.1;
const LATEST = 60;
const USUAL = 4;
const TWICE = 0.02;

/**
 * A bad network under a channel, as its sender sees it: links that are cut, messages that come late, twice or not at all, and
 * acknowledgements that get lost. `UnreliableLink.java` is the same.
 */
export class UnreliableTransmitter implements ReplicationTransmitter {
  readonly #inner: ReplicationTransmitter;
  readonly #random: () => number;
  readonly #cut = new Set<number>();
  #loss = 0;
  #isDead = false;

  constructor(inner: ReplicationTransmitter, random: () => number) {
    this.#inner = inner;
    this.#random = random;
  }

  cut(port: number): void {
    this.#cut.add(port);
  }

  mend(port: number): void {
    this.#cut.delete(port);
  }

  /** @param loss chance of a message to be lost, and of its acknowledgement. */
  disturb(loss: number): void {
    this.#loss = loss;
  }

  /** Nothing goes out any more. */
  die(): void {
    this.#isDead = true;
  }

  async send<D extends Destination>(
    destinations: readonly D[],
    message: ChannelData,
  ): Promise<FaultyDestination<D>[]> {
    await sleep(this.#random() * (this.#random() < LATE ? LATEST : USUAL));
    const isAcknowledged = (message.options & SEND_OPTIONS.USE_ACK) !== 0;
    const reached: D[] = [];
    const twice: D[] = [];
    const faulty: FaultyDestination<D>[] = [];
    for (const destination of destinations) {
      const isUnreachable = this.#isDead || this.#cut.has(destination.port);
      const isLost = isUnreachable || this.#random() < this.#loss;
      if (!isLost) {
        reached.push(destination);
        if (this.#random() < TWICE) {
          twice.push(destination);
        }
      }
      if (isUnreachable || (isAcknowledged && (isLost || this.#random() < this.#loss))) {
        faulty.push({ destination, cause: new Error('a bad network') });
      }
    }
    for (const some of [reached, twice].filter(({ length }) => length > 0)) {
      faulty.push(...(await this.#inner.send(some, message)));
    }
    return [...new Map(faulty.map((each) => [each.destination.key, each])).values()];
  }

  start(): Promise<void> {
    return this.#inner.start();
  }

  stop(): Promise<void> {
    return this.#inner.stop();
  }

  remove(key: string): void {
    this.#inner.remove(key);
  }

  keepAlive(): void {
    this.#inner.keepAlive();
  }
}
