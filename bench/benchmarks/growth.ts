import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark } from '../kit/benchmark.js';
import { Crowd } from '../kit/crowd.js';
import { DeltaCost } from '../kit/delta-cost.js';
import type { Goal } from '../kit/goal.js';
import { cpuTimeMs, restingCpuTimeMs } from '../kit/process-cpu.js';
import { nodeName, nodeReceiver, startReceivers, tomcatName, type Receiver } from '../kit/receivers.js';
import type { Figure, Report } from '../kit/report.js';
import { SessionSender } from '../kit/session-sender.js';
import { SessionSource } from '../kit/session-source.js';
import { absolutely, sideBySide } from '../kit/side-by-side.js';
import { nodeTakes, patientTomcat, TELLING, tomcatTakes } from '../kit/state-taking.js';
import { growthExponent, measured } from '../kit/statistics.js';
import { Workbench } from '../kit/workbench.js';

const SENDERS = 2;

/** Sessions, up to as many as are wanted; members, the one that is measured among them. */
const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const MEMBERS = [2, 5, 10, 20, 40];
const SMOKE_MEMBERS = [2, 3];

/** Exponents up to these are called flat, and linear: what is measured is never exact. */
const FLAT = absolutely(0.1);
const LINEAR = absolutely(1.1);

/** Members of which only heartbeats are heard are looked at for so long. */
const RESTING_MS = 10_000;
const SMOKE_RESTING_MS = 300;

/** What it cost at one size: of each receiver what each round gave, the Tomcat first. */
interface AtSize {
  readonly size: number;
  readonly costs: readonly (readonly number[])[];
}

/** One cost, at every size. */
interface Growth {
  readonly what: string;
  readonly unit: string;
  /** "sessions", "members". */
  readonly of: string;
  readonly sizes: readonly AtSize[];
  /** What is less than this cannot be told from nothing. */
  readonly least: number;
  /** For the exponent. */
  readonly goal?: Goal;
}

export const growth: Benchmark = {
  name: 'growth',
  about:
    'how cost grows with 1,000 to 100,000 sessions (1,000,000 with --sessions), and with 2 to 40 members',
  rounds: 3,
  sessions: 100_000,
  run: (options) =>
    Workbench.use(options, async (bench) => {
      const growths = [...(await withSessions(bench)), ...(await withMembers(bench))];
      return report(bench, growths);
    }),
};

// ---- sessions ----

interface SessionCosts {
  /** CPU for a message, in microseconds. */
  readonly delta: readonly number[];
  /** Until the sessions were there, and the CPU from the start on, in seconds. */
  readonly taking: number;
  readonly takingCpu: number;
}

async function withSessions(bench: Workbench): Promise<Growth[]> {
  const { say, sessions, smoke } = bench.options;
  const [fewest = NaN] = SIZES;
  if (!smoke && sessions <= fewest) {
    throw new RangeError(
      `there is no growth up to ${sessions} sessions: --sessions must be more than ${fewest}`,
    );
  }
  const sizes = smoke ? [sessions / 10, sessions] : [...SIZES.filter((size) => size < sessions), sessions];
  const group = await bench.group();
  const source = await SessionSource.start(bench, group, sessions);
  const sender = await SessionSender.start(bench, SENDERS);
  const results: { size: number; costs: SessionCosts[] }[] = [];
  for (const size of sizes) {
    say(`${size} sessions`);
    await source.grow(size);
    const tomcat = await patientTomcat(bench, group);
    const costs = [await sessionCosts(bench, sender, tomcat, size, () => tomcatTakes(tomcat, size))];
    for (const store of bench.options.stores) {
      const node = await bench.node({ group, store, flags: TELLING });
      const receiver = nodeReceiver(bench, store, node, group);
      costs.push(await sessionCosts(bench, sender, receiver, size, () => nodeTakes(node, size)));
    }
    results.push({ size, costs });
  }
  await sender.end();
  await source.tomcat.kill();
  const growthOf = (value: (costs: SessionCosts) => readonly number[]): AtSize[] =>
    results.map(({ size, costs }) => ({ size, costs: costs.map(value) }));
  const of = 'sessions';
  return [
    {
      what: 'CPU for a delta',
      unit: 'µs',
      of,
      least: 0.5,
      sizes: growthOf(({ delta }) => delta),
      goal: FLAT,
    },
    {
      what: 'taking a state',
      unit: 's',
      of,
      least: 0.001,
      sizes: growthOf(({ taking }) => [taking]),
      goal: LINEAR,
    },
    {
      what: 'CPU of starting and taking it',
      unit: 's',
      of,
      least: 0.01,
      sizes: growthOf((costs) => [costs.takingCpu]),
    },
  ];
}

/** Of a member that starts, takes the sessions, is told of visits to them, and goes. */
async function sessionCosts(
  bench: Workbench,
  sender: SessionSender,
  receiver: Receiver,
  size: number,
  take: () => Promise<{ readonly seconds: number; readonly sessions: number }>,
): Promise<SessionCosts> {
  const { seconds: taking, sessions } = await take();
  if (sessions !== size) {
    throw new Error(`${receiver.name} should have ${size} sessions and has ${sessions}`);
  }
  const takingCpu = (await restingCpuTimeMs(receiver.pid)) / 1e3;
  await sender.visits(receiver.member.name, receiver.member.receiverPort, size);
  const cost = await DeltaCost.of(bench, sender, receiver);
  await cost.warmUp();
  const delta = await cost.rounds();
  await receiver.overtaken(await sender.alive(receiver.member.name, 100));
  await receiver.member.kill();
  return { delta, taking, takingCpu };
}

// ---- members ----

async function withMembers(bench: Workbench): Promise<Growth[]> {
  const { say, smoke } = bench.options;
  const receivers = await startReceivers(bench);
  const deltas: AtSize[] = [];
  const idles: AtSize[] = [];
  for (const [index, size] of (smoke ? SMOKE_MEMBERS : MEMBERS).entries()) {
    say(`${size} members`);
    const crowds = await Promise.all(
      receivers.map((receiver) => Crowd.join(bench, receiver, size - 1, index + 1)),
    );
    idles.push({ size, costs: await idleCosts(bench, receivers) });
    const costs: number[][] = [];
    for (const crowd of crowds) {
      costs.push(await crowd.deltaCosts(bench, index === 0));
    }
    deltas.push({ size, costs });
    await Promise.all(crowds.map((crowd) => crowd.leave()));
  }
  const of = 'members';
  return [
    { what: 'CPU for a message', unit: 'µs', of, least: 0.5, sizes: deltas, goal: FLAT },
    { what: 'CPU when idle', unit: '% of a core', of, least: 0.1, sizes: idles, goal: LINEAR },
  ];
}

/** Percent of a core, of all at the same time. */
async function idleCosts(bench: Workbench, receivers: readonly Receiver[]): Promise<number[][]> {
  const before = await Promise.all(receivers.map(({ pid }) => restingCpuTimeMs(pid)));
  const begin = performance.now();
  await sleep(bench.options.smoke ? SMOKE_RESTING_MS : RESTING_MS);
  return receivers.map(({ pid }, index) => [
    ((cpuTimeMs(pid) - (before[index] ?? NaN)) * 100) / (performance.now() - begin),
  ]);
}

// ---- the report ----

function report(bench: Workbench, growths: readonly Growth[]): Report {
  const { workload } = bench.options;
  return {
    theirs: tomcatName(bench),
    ours: bench.options.stores.map(nodeName),
    figures: growths.flatMap(figuresOf),
    notes: [
      'an exponent is that of the power of the number that fits best: 0 is flat, 1 is linear; up to 0.1 counts as flat, up to 1.1 as linear',
      `sessions: workload ${workload}, taken from a Tomcat that gives 1,000 in a message; then deltas of one attribute, here and there ` +
        `among all of them, by ${SENDERS} senders with options 8`,
      'members: whole ones with channels of their own, in one JVM for each cluster; they send heartbeats, and the lives of ' +
        `${Crowd.LIVES} sessions (options 8), each over a connection of its own`,
      'every message was received; the last delta was there of 100 sessions each time',
    ],
  };
}

function figuresOf({ what, unit, of, sizes, least, goal }: Growth): Figure[] {
  const each = sizes.map(({ size, costs }) =>
    sideBySide(costs, { what: `${what}, ${size.toLocaleString('en')} ${of}`, unit, value: (cost) => cost }),
  );
  const exponents = (sizes[0]?.costs ?? []).map((_, receiver) => [
    growthExponent(
      sizes.map(({ size, costs }) => ({
        size,
        cost: Math.max(measured(costs[receiver] ?? []).median, least),
      })),
    ),
  ]);
  return [
    ...each,
    sideBySide(exponents, {
      what: `${what}: exponent over ${of}`,
      unit: '',
      value: (exponent) => exponent,
      goal,
      compared: false,
    }),
  ];
}
