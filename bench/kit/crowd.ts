import { eventually } from '../../interop/kit/index.js';
import { DeltaCost } from './delta-cost.js';
import type { Receiver } from './receivers.js';
import { SessionSender } from './session-sender.js';
import type { Workbench } from './workbench.js';

const PATIENCE_MS = 60_000;

/** The other members of a receiver's cluster, whole ones, though without a web application: all in one JVM. */
export class Crowd {
  /** Sessions that they send messages of, together. */
  static readonly LIVES = 1_000;

  readonly #receiver: Receiver;
  readonly #sender: SessionSender;

  private constructor(receiver: Receiver, sender: SessionSender) {
    this.#receiver = receiver;
    this.#sender = sender;
  }

  static async join(bench: Workbench, receiver: Receiver, members: number, seed: number): Promise<Crowd> {
    const sender = await SessionSender.start(bench, members, receiver.group);
    const { name, receiverPort } = receiver.member;
    await sender.lives(name, receiverPort, Math.max(Crowd.LIVES, members), seed);
    await sees(receiver, members);
    return new Crowd(receiver, sender);
  }

  async deltaCosts(bench: Workbench, isFirst: boolean): Promise<number[]> {
    const cost = await DeltaCost.of(bench, this.#sender, this.#receiver);
    if (isFirst) {
      await cost.warmUp();
    }
    const costs = await cost.rounds();
    await this.#receiver.overtaken(await this.#sender.alive(this.#receiver.member.name, 100));
    return costs;
  }

  async leave(): Promise<void> {
    await this.#sender.end();
    await sees(this.#receiver, 0);
  }
}

async function sees(receiver: Receiver, members: number): Promise<void> {
  await eventually(`${receiver.name} sees ${members} others`, PATIENCE_MS, async () =>
    (await receiver.members()) === members ? true : undefined,
  );
}
