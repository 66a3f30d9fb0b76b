import type { Group } from '../../interop/kit/index.js';
import type { JavaProgram } from './java-program.js';
import type { Applied } from './receivers.js';
import type { Workbench } from './workbench.js';

/** 8: not acknowledged; 6: acknowledged when processed. */
export type SendOptions = 6 | 8;

/** What became of messages that were sent. */
export interface Sent {
  /** From the first message until the last one of each connection was acknowledged as processed. */
  readonly seconds: number;
  /** Microseconds that sending one took: with options 6 until it was acknowledged. */
  readonly p50: number;
  readonly p99: number;
}

/** `SessionSender.java`: sends the messages of sessions with Tomcat's own channel, over a connection for each sender. */
export class SessionSender {
  readonly senders: number;
  readonly #program: JavaProgram;

  private constructor(program: JavaProgram, senders: number) {
    this.#program = program;
    this.senders = senders;
  }

  /** @param group makes each sender a whole member of that cluster */
  static async start(bench: Workbench, senders: number, group?: Group): Promise<SessionSender> {
    const words = group === undefined ? [] : [group.address, group.port];
    const program = await bench.spaciousProgram('SessionSender', bench.options.workload, senders, ...words);
    return new SessionSender(program, senders);
  }

  /**
   * Names a receiver that is told the lives of so many sessions at a time, 1:1:10:2:1 as the issue has it.
   *
   * @param seed other seeds make other sessions
   */
  async lives(name: string, port: number, sessions: number, seed = 1): Promise<void> {
    await this.#program.ask('lives', name, port, sessions, seed);
  }

  /** Names a receiver that has a population, and is told of deltas of one attribute for its sessions. */
  async visits(name: string, port: number, population: number): Promise<void> {
    await this.#program.ask('visits', name, port, population);
  }

  /** Makes so many messages, then sends them at full rate. */
  async run(name: string, options: SendOptions, messages: number): Promise<Sent> {
    return sent(await this.#program.ask('run', name, options, messages));
  }

  /** Makes so many messages, then sends that many of them in a second, or fewer where it cannot. */
  async pace(name: string, options: SendOptions, messages: number, perSecond: number): Promise<Sent> {
    return sent(await this.#program.ask('pace', name, options, messages, Math.ceil(perSecond)));
  }

  /** What the receiver of that name must have received, and hold. */
  async expected(name: string): Promise<Applied> {
    const numbers = (await this.#program.ask('expect', name)).split(' ').map(Number);
    const [created = NaN, deltas = NaN, accessed = NaN, expired = NaN, sessions = NaN] = numbers;
    return { created, deltas, accessed, expired, sessions };
  }

  /** About so many of the sessions that it must hold, and what their last deltas said. */
  async alive(name: string, count: number): Promise<Map<string, number>> {
    const answer = await this.#program.ask('alive', name, count);
    const sessions = answer.split(' ').filter((each) => each !== '');
    return new Map(
      sessions.map((each) => {
        const [id = '', visits] = each.split('=');
        return [id, Number(visits)];
      }),
    );
  }

  end(): Promise<void> {
    return this.#program.end();
  }
}

function sent(answer: string): Sent {
  const [elapsed = NaN, p50 = NaN, p99 = NaN] = answer.split(' ').map(Number);
  return { seconds: elapsed / 1e9, p50: p50 / 1e3, p99: p99 / 1e3 };
}
