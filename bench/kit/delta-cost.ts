import type { Applied, Receiver } from './receivers.js';
import type { SessionSender } from './session-sender.js';
import type { Workbench } from './workbench.js';

/** Messages of one round, and before the first one, until everything is compiled. */
const MESSAGES = 20_000;
const WARM_UP_MESSAGES = 60_000;
const SMOKE_MESSAGES = 400;

/** What messages cost a receiver, sent at full rate without acknowledgement. */
export class DeltaCost {
  readonly #bench: Workbench;
  readonly #sender: SessionSender;
  readonly #receiver: Receiver;
  readonly #before: Applied;

  private constructor(bench: Workbench, sender: SessionSender, receiver: Receiver, before: Applied) {
    this.#bench = bench;
    this.#sender = sender;
    this.#receiver = receiver;
    this.#before = before;
  }

  /** The sender knows the receiver by the name of its member, and has sent it nothing yet. */
  static async of(bench: Workbench, sender: SessionSender, receiver: Receiver): Promise<DeltaCost> {
    return new DeltaCost(bench, sender, receiver, await receiver.applied());
  }

  async warmUp(): Promise<void> {
    if (!this.#bench.options.smoke) {
      await this.#send(WARM_UP_MESSAGES);
    }
  }

  /** Microseconds of CPU for a message, in each round. */
  async rounds(): Promise<number[]> {
    const costs: number[] = [];
    for (let round = 1; round <= this.#bench.options.rounds; round++) {
      const before = await this.#receiver.cpuTimeMs();
      const sent = await this.#send(this.#bench.options.smoke ? SMOKE_MESSAGES : MESSAGES);
      costs.push((((await this.#receiver.cpuTimeMs()) - before) * 1e3) / sent);
    }
    return costs;
  }

  /** Answers how many messages that were: each sender sends as many as the others. */
  async #send(messages: number): Promise<number> {
    const sent = Math.ceil(messages / this.#sender.senders) * this.#sender.senders;
    await this.#sender.run(this.#receiver.member.name, 8, sent);
    await this.#receiver.check(await this.#sender.expected(this.#receiver.member.name), this.#before);
    return sent;
  }
}
