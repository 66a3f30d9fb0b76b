import { setTimeout as sleep } from 'node:timers/promises';
import { MirrorNode } from '../../interop/kit/index.js';
import { ApiReaders, type Reading } from './api-readers.js';
import type { DeltaPulse, Latency } from './delta-pulse.js';
import { HeartbeatListener } from './heartbeats.js';
import type { Receiver } from './receivers.js';
import type { SessionSender } from './session-sender.js';
import type { Workbench } from './workbench.js';

const LIVES = 1_000;

const WARM_UP_MESSAGES = 60_000;
const PHASE_MS = 4_000;

/** For a smoke test: enough to see that messages come and go. */
const SMOKE_MESSAGES = 300;
const SMOKE_PHASE_MS = 300;

const NOTHING_READ: Reading = { pages: 0, events: 0 };

/** What a receiver did beside whatever else it had to do. */
export interface Phases {
  readonly idle: Latency;
  /** While messages are applied, at a given rate. */
  readonly busy: Latency;
  /** The same, while the HTTP interface is read at full rate. A Tomcat has none: the same as `busy`. */
  readonly read: Latency;
  /** Heartbeats while messages come as fast as they are taken, and the HTTP interface is read: milliseconds, p99. */
  readonly jitter: number;
  readonly reading: Reading;
}

export interface LoadedReceiverParts {
  readonly bench: Workbench;
  readonly receiver: Receiver;
  readonly sender: SessionSender;
  readonly pulse: DeltaPulse;
}

/** A receiver that is sent messages, while the time until others are acknowledged is measured. */
export class LoadedReceiver {
  readonly receiver: Receiver;
  /** Messages a second that it takes, not acknowledged. */
  readonly limit: number;
  readonly #parts: LoadedReceiverParts;
  readonly #heartbeats: HeartbeatListener;

  private constructor(parts: LoadedReceiverParts, limit: number, heartbeats: HeartbeatListener) {
    this.receiver = parts.receiver;
    this.#parts = parts;
    this.limit = limit;
    this.#heartbeats = heartbeats;
  }

  /** The receiver runs; everything is warm afterwards. */
  static async prepare(parts: LoadedReceiverParts): Promise<LoadedReceiver> {
    const { bench, receiver, sender, pulse } = parts;
    const { name, receiverPort } = receiver.member;
    const messages = bench.options.smoke ? SMOKE_MESSAGES : WARM_UP_MESSAGES;
    await sender.lives(name, receiverPort, LIVES);
    await pulse.begin(receiver.member);
    await sender.run(name, 8, messages);
    await pulse.end(receiver.member);
    const { seconds } = await sender.run(name, 8, messages);
    return new LoadedReceiver(parts, messages / seconds, await HeartbeatListener.open(receiver.group));
  }

  /** @param perSecond messages a second while it is busy */
  async phases(perSecond: number): Promise<Phases> {
    const { bench, receiver, sender } = this.#parts;
    const milliseconds = bench.options.smoke ? SMOKE_PHASE_MS : PHASE_MS;
    const messages = (rate: number): number => Math.ceil((rate * milliseconds) / 2e3) * 2;
    const paced = (): Promise<unknown> =>
      sender.pace(receiver.member.name, 8, messages(perSecond), perSecond);
    const idle = await this.#pulsed(() => sleep(milliseconds));
    const busy = await this.#pulsed(paced);
    const [read, reading] = await this.#whileRead(() => this.#pulsed(paced));
    await this.#heartbeats.take();
    await this.#whileRead(() => sender.run(receiver.member.name, 8, messages(this.limit)));
    const jitter = (await this.#heartbeats.take()).jitter(receiver.member);
    return { idle, busy, read: reading === NOTHING_READ ? busy : read, jitter, reading };
  }

  /** Everything that it was sent has arrived, or there are no figures. */
  async end(): Promise<void> {
    const { receiver, sender } = this.#parts;
    await receiver.overtaken(await sender.alive(receiver.member.name, LIVES));
    await this.#heartbeats.close();
    await receiver.member.kill();
  }

  async #pulsed(work: () => Promise<unknown>): Promise<Latency> {
    const { receiver, pulse } = this.#parts;
    await pulse.begin(receiver.member);
    await work();
    return (await pulse.end(receiver.member)).latency();
  }

  async #whileRead<T>(work: () => Promise<T>): Promise<readonly [T, Reading]> {
    const { bench } = this.#parts;
    const { member } = this.#parts.receiver;
    if (!(member instanceof MirrorNode)) {
      return [await work(), NOTHING_READ];
    }
    const readers = new ApiReaders(member, bench.tokenOf(member));
    try {
      return [await work(), await readers.end()];
    } finally {
      await readers.end();
    }
  }
}
