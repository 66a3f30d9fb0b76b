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

/** How much is sent with which options: 8, without acknowledgement; 6, acknowledged when processed. */
interface Load {
  readonly options: 6 | 8;
  readonly messages: number;
}

const FULL_RATE: Load = { options: 8, messages: 60_000 };
const ACKNOWLEDGED: Load = { options: 6, messages: 20_000 };
const WARM_UP: readonly Load[] = [FULL_RATE, ACKNOWLEDGED, FULL_RATE, FULL_RATE];

const COUNTS = ['created', 'deltas', 'accessed', 'expired', 'sessions'] as const;

/** What one round gives. */
interface Sample {
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
    const { rounds, smoke, say } = this.#options;
    for (const [index, { name, member }] of this.#receivers.entries()) {
      say(`${name} starts and warms up`);
      await member.start();
      await this.#sender.ask('target', index, member.receiverPort);
      for (const load of smoke ? [] : WARM_UP) {
        await this.#sample(index, load);
      }
    }
    const fullRate: Sample[][] = this.#receivers.map(() => []);
    const acknowledged: Sample[][] = this.#receivers.map(() => []);
    for (let round = 1; round <= rounds; round++) {
      say(`round ${round} of ${rounds}`);
      for (const index of this.#receivers.keys()) {
        fullRate[index]?.push(await this.#sample(index, FULL_RATE));
        acknowledged[index]?.push(await this.#sample(index, ACKNOWLEDGED));
      }
    }
    const visits = await this.#lastDeltas();
    return this.#report(fullRate, acknowledged, visits);
  }

  async #sample(index: number, { options, messages: usually }: Load): Promise<Sample> {
    const { member, name } = this.#receiver(index);
    const messages = this.#options.smoke ? 300 : usually;
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

  #report(
    fullRate: readonly Sample[][],
    acknowledged: readonly Sample[][],
    visits: readonly number[],
  ): Report {
    const figure = (
      what: string,
      unit: string,
      better: Figure['better'],
      samples: readonly Sample[][],
      key: keyof Sample,
    ): Figure => {
      const [theirs, ...ours] = samples.map((rounds) => measured(rounds.map((sample) => sample[key])));
      if (theirs === undefined) {
        throw new RangeError('there are no samples');
      }
      return { what, unit, better, theirs, ours };
    };
    const [theirs = '', ...ours] = this.#receivers.map(({ name }) => name);
    return {
      theirs,
      ours,
      figures: [
        figure('options 8: messages applied', '1/s', 'more', fullRate, 'messagesPerSecond'),
        figure('options 8: CPU for a message', 'µs', 'less', fullRate, 'cpuMicroseconds'),
        figure('options 8: cores busy', 'cores', 'less', fullRate, 'busy'),
        figure('options 6: messages applied', '1/s', 'more', acknowledged, 'messagesPerSecond'),
        figure('options 6: CPU for a message', 'µs', 'less', acknowledged, 'cpuMicroseconds'),
        figure('options 6: acknowledged, p50', 'µs', 'less', acknowledged, 'p50'),
        figure('options 6: acknowledged, p99', 'µs', 'less', acknowledged, 'p99'),
      ],
      notes: [
        `${SENDERS} senders with a connection each, ${SESSIONS} sessions alive: created, ten attributes, one attribute, ` +
          'accessed, expired as 1:1:10:2:1',
        `a round: ${FULL_RATE.messages} messages with options 8, ${ACKNOWLEDGED.messages} with options 6, to each receiver in turn`,
        `every message was received, every session has its last delta (visits ${visits.join(', ')})`,
      ],
    };
  }
}
