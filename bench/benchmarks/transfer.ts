import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  eventually,
  exchange,
  findTomcat,
  getJson,
  localNode,
  type Group,
  MirrorNode,
  type Tomcat,
} from '../../interop/kit/index.js';
import type { Benchmark, BenchmarkOptions } from '../kit/benchmark.js';
import { JavaProgram } from '../kit/java-program.js';
import { buildApplication, group, residence, untunedTomcat } from '../kit/receivers.js';
import { cpuTimeMs } from '../kit/process-cpu.js';
import type { Figure, Report } from '../kit/report.js';
import { measured } from '../kit/statistics.js';

const SESSIONS = 100_000;
const SMOKE_SESSIONS = 300;
const CONTEXT = 'localhost#/app';

/** For whoever starts, and whoever takes a state in. */
const PATIENCE_MS = 180_000;

/** For sessions that come behind their end. */
const LATE_MS = 30_000;

/** One state given by somebody, taken by somebody. */
interface Transfer {
  readonly seconds: number;
  /** Sessions that arrived. */
  readonly sessions: number;
  /** Milliseconds until a delta was acknowledged by the donor, or by the node that takes the state. */
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  /** Deltas that were not acknowledged. */
  readonly failed: number;
  /** CPU time of whoever gives; of the node where it takes. */
  readonly cpuSeconds: number;
  /** Sessions that have not come, though their end has; the seconds count until that. */
  readonly lost: number;
}

interface Round {
  readonly tomcatToTomcat: Transfer;
  readonly tomcatToNode: Transfer;
  readonly nodeToTomcat: Transfer;
  /** Milliseconds for which the node's event loop was held up at most, giving and taking. */
  readonly heldGiving: number;
  readonly heldTaking: number;
}

export const transfer: Benchmark = {
  name: 'transfer',
  about: 'states of 100,000 sessions, from a Tomcat and from the node, to a Tomcat and to the node',
  rounds: 3,
  async run(options) {
    const directory = mkdtempSync(join(tmpdir(), 'tribes-bench-'));
    const pulse = await JavaProgram.start('DeltaPulse', [], findTomcat('10.1'));
    const relay = await Relay.open(directory, pulse, options);
    try {
      return await relay.run();
    } finally {
      await pulse.end();
      await relay.kill();
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** One cluster, in which the sessions go from hand to hand: who got them from the node is the next round's Tomcat. */
class Relay {
  readonly #directory: string;
  readonly #documentBases: string;
  readonly #group: Group;
  readonly #pulse: JavaProgram;
  readonly #options: BenchmarkOptions;
  readonly #sessions: number;
  readonly #members: (Tomcat | MirrorNode)[] = [];

  private constructor(
    directory: string,
    documentBases: string,
    multicast: Group,
    pulse: JavaProgram,
    options: BenchmarkOptions,
  ) {
    this.#directory = directory;
    this.#documentBases = documentBases;
    this.#group = multicast;
    this.#pulse = pulse;
    this.#options = options;
    this.#sessions = options.smoke ? SMOKE_SESSIONS : SESSIONS;
  }

  static async open(directory: string, pulse: JavaProgram, options: BenchmarkOptions): Promise<Relay> {
    const documentBases = await buildApplication(findTomcat('10.1'), directory);
    return new Relay(directory, documentBases, await group(), pulse, options);
  }

  async run(): Promise<Report> {
    const { rounds, say } = this.#options;
    say(`a Tomcat makes ${this.#sessions} sessions`);
    let holder = await this.#tomcat();
    await holder.start(PATIENCE_MS);
    await exchange(`${holder.url}/app/?sessions=${this.#sessions}`, { method: 'POST', timeout: PATIENCE_MS });
    const taken: Round[] = [];
    for (let number = 1; number <= rounds; number++) {
      say(`round ${number} of ${rounds}`);
      const node = await this.#node();
      const tomcatToNode = await this.#nodeTakes(node);
      const heldTaking = await eventLoopLag(node);
      const other = await this.#tomcat();
      const tomcatToTomcat = await this.#tomcatTakes(other, holder);
      await Promise.all([other.kill(), holder.kill()]);
      await eventually('the node is alone', PATIENCE_MS, async () =>
        (await node.members()).length === 0 ? true : undefined,
      );
      holder = await this.#tomcat();
      await eventLoopLag(node);
      const nodeToTomcat = await this.#tomcatTakes(holder, node);
      const heldGiving = await eventLoopLag(node);
      await node.kill();
      taken.push({ tomcatToTomcat, tomcatToNode, nodeToTomcat, heldTaking, heldGiving });
      say(JSON.stringify(taken.at(-1)));
    }
    return this.#report(taken);
  }

  async kill(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.kill()));
  }

  async #tomcat(): Promise<Tomcat> {
    const tomcat = await untunedTomcat(`tomcat${this.#members.length}`, {
      installation: findTomcat('10.1'),
      directory: this.#directory,
      documentBases: this.#documentBases,
      cluster: { group: this.#group },
    });
    this.#members.push(tomcat);
    return tomcat;
  }

  async #node(): Promise<MirrorNode> {
    const node = localNode({
      name: `node${this.#members.length}`,
      directory: this.#directory,
      group: this.#group,
      flags: ['--log.level', 'debug'],
      ...(await residence()),
    });
    this.#members.push(node);
    return node;
  }

  /** The node comes, and asks the Tomcat that is there. */
  async #nodeTakes(node: MirrorNode): Promise<Transfer> {
    const starting = node.start(PATIENCE_MS);
    await eventually('the node asks', PATIENCE_MS, () => logTime(node, 'asking for sessions'));
    const cpu = cpuClock(node);
    await this.#pulse.ask('begin', node.receiverPort);
    await starting;
    // It may call itself synchronised before, where the Tomcat is slow to begin.
    const sessions = await eventually('all sessions are there', PATIENCE_MS, async () => {
      const now = (await node.contexts()).find(({ name }) => name === CONTEXT)?.sessions ?? 0;
      return now >= this.#sessions && logTime(node, 'took in a state') !== undefined ? now : undefined;
    });
    const deltas = await this.#pulse.ask('end');
    const asked = logTime(node, 'asking for sessions') ?? NaN;
    const done = logTime(node, 'took in a state') ?? NaN;
    const seconds = (done - asked) / 1e3;
    this.#check(sessions);
    return { seconds, sessions, cpuSeconds: cpu(), lost: 0, ...latency(deltas) };
  }

  /** A Tomcat starts, and asks the oldest member. */
  async #tomcatTakes(taker: Tomcat, donor: Tomcat | MirrorNode): Promise<Transfer> {
    const cpu = cpuClock(donor);
    await this.#pulse.ask('begin', donor.receiverPort);
    await taker.start(PATIENCE_MS);
    const deltas = await this.#pulse.ask('end');
    const cpuSeconds = cpu();
    const received = /ession state sent at .* (?:received in|timing out after) \[([\d,]+)\] ms/.exec(
      taker.logText(),
    )?.[1];
    const told = Number(received?.replaceAll(',', '') ?? NaN) / 1e3;
    const sessions = await this.#settled(taker);
    if (donor instanceof MirrorNode) {
      this.#check(sessions);
    }
    return {
      seconds: told,
      sessions,
      cpuSeconds,
      lost: Math.max(0, this.#sessions - sessions),
      ...latency(deltas),
    };
  }

  /**
   * A Tomcat that gives one large message waits 5 s for its acknowledgement. If that does not come it closes the
   * connection, says that all has been sent, and what was on its way is lost, or comes later.
   */
  async #settled(taker: Tomcat): Promise<number> {
    const deadline = performance.now() + LATE_MS;
    for (;;) {
      const sessions = await sessionsOf(taker);
      if (sessions >= this.#sessions || performance.now() > deadline) {
        return sessions;
      }
      await sleep(1000);
    }
  }

  /** That of the pulse may be among them. */
  #check(sessions: number): void {
    if (sessions < this.#sessions || sessions > this.#sessions + 1) {
      throw new Error(`${this.#sessions} sessions were given, ${sessions} have come`);
    }
  }

  #report(rounds: readonly Round[]): Report {
    const median = (value: (round: Round) => number) => measured(rounds.map(value));
    const figures = [
      ['until a Tomcat has them', 's', (each: Transfer) => each.seconds],
      ['CPU of whoever gives them', 's', (each: Transfer) => each.cpuSeconds],
      ['acknowledged by whoever gives them, p50', 'ms', (each: Transfer) => each.p50],
      ['acknowledged by whoever gives them, p99', 'ms', (each: Transfer) => each.p99],
      ['acknowledged by whoever gives them, longest', 'ms', (each: Transfer) => each.longest],
    ] as const;
    const giving = figures.map(([what, unit, value]): Figure => ({
      what: `giving: ${what}`,
      unit,
      better: 'less',
      theirs: median(({ tomcatToTomcat }) => value(tomcatToTomcat)),
      ours: [median(({ nodeToTomcat }) => value(nodeToTomcat))],
    }));
    const longest = (what: string, value: (round: Round) => number): string =>
      `${what}: ${measured(rounds.map(value)).median.toPrecision(3)} ms`;
    return {
      theirs: 'Tomcat 10.1.60',
      ours: ['node, LMDB'],
      figures: [
        ...giving,
        {
          what: 'taking: until they are there, from a Tomcat',
          unit: 's',
          better: 'less',
          theirs: median(({ tomcatToTomcat }) => tomcatToTomcat.seconds),
          ours: [median(({ tomcatToNode }) => tomcatToNode.seconds)],
        },
      ],
      notes: [
        `CPU of the node while it takes them: ${median(({ tomcatToNode }) => tomcatToNode.cpuSeconds).median.toPrecision(3)} s`,
        `${this.#sessions} sessions of ten attributes, 0.8 KB each; a hundred deltas a second meanwhile, with options 6`,
        longest(
          'a delta acknowledged by the node while it takes them, p99',
          ({ tomcatToNode }) => tomcatToNode.p99,
        ),
        longest('the longest of those', ({ tomcatToNode }) => tomcatToNode.longest),
        longest(
          'the event loop of the node held up while it gives them, at most',
          ({ heldGiving }) => heldGiving,
        ),
        longest('while it takes them', ({ heldTaking }) => heldTaking),
        `sessions that have not come, though their end has: ${sum(rounds.map(({ tomcatToTomcat }) => tomcatToTomcat.lost))} ` +
          `from a Tomcat, ${sum(rounds.map(({ nodeToTomcat }) => nodeToTomcat.lost))} from the node`,
        `deltas that failed: ${sum(rounds.map(({ tomcatToTomcat }) => tomcatToTomcat.failed))} where a Tomcat gave, ` +
          `${sum(rounds.map(({ nodeToTomcat, tomcatToNode }) => nodeToTomcat.failed + tomcatToNode.failed))} at the node`,
      ],
    };
  }
}

function latency(answer: string): Pick<Transfer, 'p50' | 'p99' | 'longest' | 'failed'> {
  const [, failed = NaN, p50 = NaN, p99 = NaN, longest = NaN] = answer.split(' ').map(Number);
  return { failed, p50: p50 / 1e6, p99: p99 / 1e6, longest: longest / 1e6 };
}

async function sessionsOf(tomcat: Tomcat): Promise<number> {
  const answer = (await getJson(`${tomcat.url}/app/`, { timeout: PATIENCE_MS })) as { sessions: number };
  return answer.sessions;
}

/** Answers the seconds of CPU time since it was made. */
function cpuClock({ pid, name }: Tomcat | MirrorNode): () => number {
  if (pid === undefined) {
    throw new Error(`${name} does not run`);
  }
  const before = cpuTimeMs(pid);
  return () => (cpuTimeMs(pid) - before) / 1e3;
}

/** When the node first wrote this line, epoch milliseconds. */
function logTime(node: MirrorNode, message: string): number | undefined {
  const line = node
    .logText()
    .split('\n')
    .find((each) => each.includes(message));
  if (line === undefined) {
    return undefined;
  }
  const { time } = JSON.parse(line) as { time: string | number };
  return new Date(time).getTime();
}

/** The longest since it was last asked for, in milliseconds. */
async function eventLoopLag(node: MirrorNode): Promise<number> {
  const text = (await exchange(`${node.url}/metrics`)).body.toString('utf8');
  const line = text.split('\n').find((each) => each.startsWith('nodejs_eventloop_lag_max_seconds '));
  return Number(line?.split(' ')[1] ?? NaN) * 1e3;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
