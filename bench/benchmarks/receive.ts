import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTomcat } from '../../interop/kit/index.js';
import type { Benchmark, BenchmarkOptions } from '../kit/benchmark.js';
import { JavaProgram } from '../kit/java-program.js';
import { cpuTimeMs, restingCpuTimeMs } from '../kit/process-cpu.js';
import { nodeReceiver, tomcatReceiver, type Applied, type Receiver } from '../kit/receivers.js';
import type { Figure, Report } from '../kit/report.js';
import { measured } from '../kit/statistics.js';

/** Each is a thread with a channel, and so a connection, of its own. */
const SENDERS = 2;
const SESSIONS = 1_000;

/** 8: without acknowledgement; 6: acknowledged when processed. */
const OPTIONS = [8, 6] as const;
type Options = (typeof OPTIONS)[number];

const WARM_UP_MS = 5_000;
const WARM_UP_SAMPLES = 4;
/** A round is as many messages as a receiver takes in so long, so that the CPU clock of 10 ms is fine enough for all. */
const ROUND_MS = 1_500;
const FEWEST_MESSAGES = 4_000;
const MOST_MESSAGES = 60_000;
const SMOKE_MESSAGES = 300;

const COUNTS = ['created', 'deltas', 'accessed', 'expired', 'sessions'] as const;

/** What one round gives. */
interface Sample {
  readonly messages: number;
  readonly messagesPerSecond: number;
  readonly cpuMicroseconds: number;
  /** CPU time by wall time: 1 is a whole core. */
  readonly busy: number;
  readonly p50: number;
  readonly p99: number;
}

export const receive: Benchmark = {
  name: 'receive',
  about: 'session messages of a real sender applied, beside a Tomcat with a DeltaManager',
  rounds: 5,
  async run(options) {
    const directory = mkdtempSync(join(tmpdir(), 'tribes-bench-'));
    const installation = findTomcat('10.1');
    const receivers = [
      await tomcatReceiver(installation, directory),
      await nodeReceiver('lmdb', directory),
      await nodeReceiver('memory', directory),
    ];
    const sender = await JavaProgram.start('SessionSender', [SENDERS, SESSIONS / SENDERS], installation);
    try {
      return await new Race(receivers, sender, options).run();
    } finally {
      await sender.end();
      await Promise.all(receivers.map(({ member }) => member.kill()));
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** All receivers stand side by side and take turns in every round, so that what else the machine does meets all alike. */
class Race {
  readonly #receivers: readonly Receiver[];
  readonly #sender: JavaProgram;
  readonly #options: BenchmarkOptions;

  constructor(receivers: readonly Receiver[], sender: JavaProgram, options: BenchmarkOptions) {
    this.#receivers = receivers;
    this.#sender = sender;
    this.#options = options;
  }

  async run(): Promise<Report> {
    const { rounds, say } = this.#options;
    const messages: Record<Options, number>[] = [];
    await Promise.all(this.#receivers.map(({ member }) => member.start()));
    for (const [index, { name, member }] of this.#receivers.entries()) {
      say(`${name} warms up`);
      await this.#sender.ask('target', index, member.receiverPort);
      messages.push({ 8: await this.#warmUp(index, 8), 6: await this.#warmUp(index, 6) });
    }
    const samples = this.#receivers.map((): Record<Options, Sample[]> => ({ 8: [], 6: [] }));
    for (let round = 1; round <= rounds; round++) {
      say(`round ${round} of ${rounds}`);
      for (const options of OPTIONS) {
        for (const [index, taken] of samples.entries()) {
          taken[options].push(await this.#sample(index, options, messages[index]?.[options] ?? NaN));
        }
      }
    }
    const visits = await this.#lastDeltas();
    return this.#report(samples, visits);
  }

  /** Answers how many messages make a round. */
  async #warmUp(index: number, options: Options): Promise<number> {
    if (this.#options.smoke) {
      return SMOKE_MESSAGES;
    }
    const end = performance.now() + WARM_UP_MS;
    let messages = FEWEST_MESSAGES;
    for (let samples = 0; samples < WARM_UP_SAMPLES || performance.now() < end; samples++) {
      const { messagesPerSecond } = await this.#sample(index, options, messages);
      const round = Math.round((messagesPerSecond * ROUND_MS) / 1e6) * 1_000;
      messages = Math.min(Math.max(round, messages), MOST_MESSAGES);
    }
    return messages;
  }

  async #sample(index: number, options: Options, messages: number): Promise<Sample> {
    const { member, name } = this.#receiver(index);
    const pid = member.pid;
    if (pid === undefined) {
      throw new Error(`${name} has ended: ${member.logText().slice(-2_000)}`);
    }
    const before = await restingCpuTimeMs(pid);
    const answer = await this.#sender.ask('run', index, options, messages);
    const [nanoseconds = NaN, p50 = NaN, p99 = NaN] = answer.split(' ').map(Number);
    const untilAcknowledged = cpuTimeMs(pid) - before;
    const cpu = (await restingCpuTimeMs(pid)) - before;
    await this.#checkApplied(index);
    return {
      messages,
      messagesPerSecond: (messages * 1e9) / nanoseconds,
      cpuMicroseconds: (cpu * 1e3) / messages,
      busy: (untilAcknowledged * 1e6) / nanoseconds,
      p50: p50 / 1e3,
      p99: p99 / 1e3,
    };
  }

  /** A receiver that drops messages gets no figures. */
  async #checkApplied(index: number): Promise<void> {
    const { name, applied } = this.#receiver(index);
    const expected = await this.#expected(index);
    const found = await applied();
    if (COUNTS.some((what) => found[what] !== expected[what])) {
      throw new Error(`${name} should have ${JSON.stringify(expected)} and has ${JSON.stringify(found)}`);
    }
  }

  /** Every session of every receiver has what the last delta that was sent for it says. */
  async #lastDeltas(): Promise<readonly number[]> {
    const sums: number[] = [];
    for (const [index, { name, visits }] of this.#receivers.entries()) {
      const [expected, found] = [(await this.#expected(index)).visits, await visits()];
      if (found !== expected) {
        throw new Error(`the sessions of ${name} should have ${expected} visits and have ${found}`);
      }
      sums.push(found);
    }
    return sums;
  }

  async #expected(index: number): Promise<Applied & { visits: number }> {
    const numbers = (await this.#sender.ask('expect', index)).split(' ').map(Number);
    const [created = NaN, deltas = NaN, accessed = NaN, expired = NaN, sessions = NaN, visits = NaN] =
      numbers;
    return { created, deltas, accessed, expired, sessions, visits };
  }

  #receiver(index: number): Receiver {
    const receiver = this.#receivers[index];
    if (receiver === undefined) {
      throw new RangeError(`there is no receiver ${index}`);
    }
    return receiver;
  }

  #report(samples: readonly Record<Options, readonly Sample[]>[], visits: readonly number[]): Report {
    const figure = (
      options: Options,
      what: string,
      unit: string,
      better: Figure['better'],
      key: keyof Sample,
    ): Figure => {
      const [theirs, ...ours] = samples.map((taken) => measured(taken[options].map((sample) => sample[key])));
      if (theirs === undefined) {
        throw new RangeError('there are no samples');
      }
      return { what: `options ${options}: ${what}`, unit, better, theirs, ours };
    };
    const [theirs = '', ...ours] = this.#receivers.map(({ name }) => name);
    const sizes = (options: Options): string =>
      samples.map((taken) => taken[options][0]?.messages ?? 0).join(', ');
    return {
      theirs,
      ours,
      figures: [
        figure(8, 'messages applied', '1/s', 'more', 'messagesPerSecond'),
        figure(8, 'CPU for a message', 'µs', 'less', 'cpuMicroseconds'),
        figure(8, 'cores busy', 'cores', 'less', 'busy'),
        figure(6, 'messages applied', '1/s', 'more', 'messagesPerSecond'),
        figure(6, 'CPU for a message', 'µs', 'less', 'cpuMicroseconds'),
        figure(6, 'acknowledged, p50', 'µs', 'less', 'p50'),
        figure(6, 'acknowledged, p99', 'µs', 'less', 'p99'),
      ],
      notes: [
        `${SENDERS} senders with a connection each, ${SESSIONS} sessions alive: created, ten attributes, one attribute, ` +
          'accessed, expired as 1:1:10:2:1',
        `messages in a round, to each receiver in turn: ${sizes(8)} with options 8, ${sizes(6)} with options 6`,
        `every message was received, every session has its last delta (visits ${visits.join(', ')})`,
      ],
    };
  }
}
