import type { Benchmark, BenchmarkOptions } from '../kit/benchmark.js';
import { cpuTimeMs, restingCpuTimeMs } from '../kit/process-cpu.js';
import { startReceivers, type Receiver } from '../kit/receivers.js';
import type { Figure, Report } from '../kit/report.js';
import { SessionSender, type SendOptions, type Sent } from '../kit/session-sender.js';
import { sideBySide, times, type Wanted } from '../kit/side-by-side.js';
import { Workbench } from '../kit/workbench.js';

/** Each is a thread with a channel, and so a connection, of its own. */
const SENDERS = 2;

const OPTIONS = [8, 6] as const;

const WARM_UP_MS = 5_000;
const WARM_UP_SAMPLES = 4;
/** A round is as many messages as a receiver takes in so long, so that the CPU clock of 10 ms is fine enough for all. */
const ROUND_MS = 1_500;
const FEWEST_MESSAGES = 4_000;
const MOST_MESSAGES = 60_000;
const SMOKE_MESSAGES = 300;

/** Nothing waits for anything at that rate. */
const IDLE_PER_SECOND = 200;
const PACED_MS = 3_000;

/** One round at full rate. */
interface FullRate {
  readonly messages: number;
  readonly messagesPerSecond: number;
  readonly cpuMicroseconds: number;
  /** CPU time by wall time: 1 is a whole core. */
  readonly busy: number;
  readonly p50: number;
  readonly p99: number;
}

/** What one receiver did in one round. */
interface Round {
  readonly full: Readonly<Record<SendOptions, FullRate>>;
  readonly idle: Sent;
  /** At half of what it acknowledges at full rate in this round. */
  readonly half: Sent & { readonly messagesPerSecond: number };
}

export const receive: Benchmark = {
  name: 'receive',
  about: 'session messages of a real sender applied and acknowledged, beside a Tomcat with a DeltaManager',
  rounds: 5,
  sessions: 1_000,
  run: (options) =>
    Workbench.use(options, async (bench) => {
      const [receivers, sender] = await Promise.all([
        startReceivers(bench),
        SessionSender.start(bench, SENDERS),
      ]);
      return new Race(receivers, sender, options).run();
    }),
};

/** All receivers stand side by side and take turns in every round, so that what else the machine does meets all alike. */
class Race {
  readonly #receivers: readonly Receiver[];
  readonly #sender: SessionSender;
  readonly #options: BenchmarkOptions;

  constructor(receivers: readonly Receiver[], sender: SessionSender, options: BenchmarkOptions) {
    this.#receivers = receivers;
    this.#sender = sender;
    this.#options = options;
  }

  async run(): Promise<Report> {
    const { rounds, say, sessions } = this.#options;
    const runners: { receiver: Receiver; messages: Record<SendOptions, number>; samples: Round[] }[] = [];
    for (const receiver of this.#receivers) {
      say(`${receiver.name} warms up`);
      await this.#sender.lives(idOf(receiver), receiver.member.receiverPort, sessions);
      const messages = { 8: await this.#warmUp(receiver, 8), 6: await this.#warmUp(receiver, 6) };
      runners.push({ receiver, messages, samples: [] });
    }
    for (let round = 1; round <= rounds; round++) {
      say(`round ${round} of ${rounds}`);
      const full = new Map<Receiver, Record<SendOptions, FullRate>>();
      for (const { receiver, messages } of runners) {
        const eight = await this.#atFullRate(receiver, 8, messages[8]);
        full.set(receiver, { 8: eight, 6: await this.#atFullRate(receiver, 6, messages[6]) });
      }
      for (const { receiver, samples } of runners) {
        samples.push(await this.#paced(receiver, full.get(receiver)));
      }
    }
    const overtaken: number[] = [];
    for (const { receiver } of runners) {
      overtaken.push(await receiver.overtaken(await this.#sender.alive(idOf(receiver), sessions)));
    }
    return this.#report(runners, overtaken);
  }

  /** Answers how many messages make a round. */
  async #warmUp(receiver: Receiver, options: SendOptions): Promise<number> {
    if (this.#options.smoke) {
      return SMOKE_MESSAGES;
    }
    const end = performance.now() + WARM_UP_MS;
    let messages = FEWEST_MESSAGES;
    for (let samples = 0; samples < WARM_UP_SAMPLES || performance.now() < end; samples++) {
      const { messagesPerSecond } = await this.#atFullRate(receiver, options, messages);
      const round = Math.round((messagesPerSecond * ROUND_MS) / 1e6) * 1_000;
      messages = Math.min(Math.max(round, messages), MOST_MESSAGES);
    }
    return messages;
  }

  async #atFullRate(receiver: Receiver, options: SendOptions, messages: number): Promise<FullRate> {
    const { pid } = receiver;
    const before = await receiver.cpuTimeMs();
    const { seconds, p50, p99 } = await this.#sender.run(idOf(receiver), options, messages);
    const untilAcknowledged = cpuTimeMs(pid) - before;
    const cpu = (await receiver.cpuTimeMs()) - before;
    await receiver.check(await this.#sender.expected(idOf(receiver)));
    return {
      messages,
      messagesPerSecond: messages / seconds,
      cpuMicroseconds: (cpu * 1e3) / messages,
      busy: untilAcknowledged / 1e3 / seconds,
      p50,
      p99,
    };
  }

  async #paced(receiver: Receiver, full: Round['full'] | undefined): Promise<Round> {
    if (full === undefined) {
      throw new RangeError(`${receiver.name} has not run`);
    }
    const messagesPerSecond = full[6].messagesPerSecond / 2;
    const idle = await this.#atPace(receiver, IDLE_PER_SECOND);
    return { full, idle, half: { ...(await this.#atPace(receiver, messagesPerSecond)), messagesPerSecond } };
  }

  async #atPace(receiver: Receiver, perSecond: number): Promise<Sent> {
    const messages = this.#options.smoke ? SENDERS * 10 : Math.ceil((perSecond * PACED_MS) / 1e3);
    await restingCpuTimeMs(receiver.pid);
    const sent = await this.#sender.pace(idOf(receiver), 6, messages, perSecond);
    await receiver.check(await this.#sender.expected(idOf(receiver)));
    return sent;
  }

  #report(
    runners: readonly { receiver: Receiver; samples: readonly Round[] }[],
    overtaken: readonly number[],
  ): Report {
    const [theirs = '', ...ours] = runners.map(({ receiver }) => receiver.name);
    const rounds = runners.map(({ samples }) => samples);
    const { sessions, workload } = this.#options;
    const sizes = (options: SendOptions): string =>
      rounds.map((samples) => samples[0]?.full[options].messages ?? 0).join(', ');
    return {
      theirs,
      ours,
      figures: [...OPTIONS.flatMap((options) => fullRate(options)), ...PACED].map((wanted): Figure =>
        sideBySide(rounds, wanted),
      ),
      notes: [
        `${SENDERS} senders with a connection each, ${sessions} sessions alive (workload ${workload}): created, ten ` +
          'attributes, one attribute, accessed, expired as 1:1:10:2:1',
        `messages in a round, to each receiver in turn: ${sizes(8)} with options 8, ${sizes(6)} with options 6`,
        `idle: ${IDLE_PER_SECOND} messages a second; half: half as many as it acknowledged at full rate in the same round`,
        `every message was received; sessions without their last delta: ${overtaken.join(', ')} (a Tomcat may take messages ` +
          'of one connection out of order; a node with such a session gets no figures)',
      ],
    };
  }
}

function fullRate(options: SendOptions): Wanted<Round>[] {
  const figure = (what: string, unit: string, key: keyof FullRate): Wanted<Round> => ({
    what: `options ${options}: ${what}`,
    unit,
    value: ({ full }) => full[options][key],
  });
  const figures: Wanted<Round>[] = [
    { ...figure('CPU for a message', 'µs', 'cpuMicroseconds'), goal: times(0.5) },
    { ...figure('messages applied', '1/s', 'messagesPerSecond'), better: 'more' },
    figure('cores busy', 'cores', 'busy'),
  ];
  // Without an acknowledgement nothing is said about the receiver by what a send takes.
  const latencies = [figure('acknowledged at full rate, p50', 'µs', 'p50'), figure('p99', 'µs', 'p99')];
  return options === 6 ? [...figures, ...latencies] : figures;
}

const PACED: readonly Wanted<Round>[] = [
  { what: 'acknowledged when idle, p50', unit: 'µs', value: ({ idle }) => idle.p50, goal: times(1) },
  { what: 'acknowledged when idle, p99', unit: 'µs', value: ({ idle }) => idle.p99, goal: times(1) },
  {
    what: 'at half of its limit: messages',
    unit: '1/s',
    better: 'more',
    value: ({ half }) => half.messagesPerSecond,
  },
  { what: 'acknowledged at half, p50', unit: 'µs', value: ({ half }) => half.p50, goal: times(1) },
  { what: 'acknowledged at half, p99', unit: 'µs', value: ({ half }) => half.p99, goal: times(1) },
];

/** How the sender calls it: in one word. */
function idOf({ member }: Receiver): string {
  return member.name;
}
