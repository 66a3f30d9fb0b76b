import type { Benchmark } from '../kit/benchmark.js';
import { DeltaPulse } from '../kit/delta-pulse.js';
import { LoadedReceiver, type Phases } from '../kit/loaded-receiver.js';
import { nodeName, startReceivers, tomcatName } from '../kit/receivers.js';
import { byStore, Relay, type RelayRound, type Transfer } from '../kit/relay.js';
import type { Figure, Report } from '../kit/report.js';
import { SessionSender } from '../kit/session-sender.js';
import { absolutely, oursAlone, sideBySide, times, type Wanted } from '../kit/side-by-side.js';
import { sum } from '../kit/statistics.js';
import { Workbench } from '../kit/workbench.js';

const SENDERS = 2;

/** Heartbeats are sent that often here, by all, so that there is a p99 of them within a few seconds. */
const FREQUENCY_MS = 50;

const JITTER = absolutely(20);

export const latency: Benchmark = {
  name: 'latency',
  about: 'acknowledgements and heartbeats while LMDB commits, the API streams, and states are transferred',
  rounds: 3,
  sessions: 100_000,
  run: (options) =>
    Workbench.use(options, async (bench) => {
      const pulse = await DeltaPulse.start(bench);
      const load = await underLoad(bench, pulse);
      return report(bench, load, await inTransfer(bench, pulse));
    }),
};

interface Load {
  /** Of each receiver, the Tomcat first, what each round gave. */
  readonly phases: readonly (readonly Phases[])[];
  /** Messages a second while they are busy: the same for all. */
  readonly perSecond: number;
}

async function underLoad(bench: Workbench, pulse: DeltaPulse): Promise<Load> {
  const { rounds, say } = bench.options;
  const [receivers, sender] = await Promise.all([
    startReceivers(bench, { frequency: FREQUENCY_MS }),
    SessionSender.start(bench, SENDERS),
  ]);
  const loaded: LoadedReceiver[] = [];
  for (const receiver of receivers) {
    say(`${receiver.name} warms up`);
    loaded.push(await LoadedReceiver.prepare({ bench, receiver, sender, pulse }));
  }
  const perSecond = Math.min(...loaded.map(({ limit }) => limit)) / 2;
  const phases = loaded.map((): Phases[] => []);
  for (let number = 1; number <= rounds; number++) {
    say(`under load: round ${number} of ${rounds}`);
    for (const [index, receiver] of loaded.entries()) {
      phases[index]?.push(await receiver.phases(perSecond));
    }
  }
  for (const receiver of loaded) {
    await receiver.end();
  }
  await sender.end();
  return { phases, perSecond };
}

async function inTransfer(bench: Workbench, pulse: DeltaPulse): Promise<readonly RelayRound[]> {
  const { rounds, say } = bench.options;
  const relay = await Relay.open(bench, { pulse, frequency: FREQUENCY_MS });
  try {
    const taken: RelayRound[] = [];
    for (let number = 1; number <= rounds; number++) {
      say(`in transfer: round ${number} of ${rounds}`);
      taken.push(await relay.round());
    }
    return taken;
  } finally {
    await relay.close();
  }
}

function report(bench: Workbench, { phases, perSecond }: Load, transfers: readonly RelayRound[]): Report {
  const { sessions, workload } = bench.options;
  const readings = phases.flat().map(({ reading }) => reading);
  return {
    theirs: tomcatName(bench),
    ours: bench.options.stores.map(nodeName),
    figures: [
      ...PHASES.map((wanted) => sideBySide(phases, wanted)),
      ...transferFigures(bench, transfers, 'giving'),
      ...transferFigures(bench, transfers, 'taking'),
    ],
    notes: [
      'acknowledged: a delta of one attribute with options 6, a hundred a second, over a connection of its own',
      `busy: ${Math.round(perSecond).toLocaleString('en')} messages a second with options 8 (half of what the slowest takes), so ` +
        'that LMDB goes on committing; read: the same, while pages of 1,000 sessions and all events are read, ' +
        `${sum(readings.map(({ pages }) => pages))} pages and ${sum(readings.map(({ events }) => events))} events in all; ` +
        'beside it stands a Tomcat that is only busy',
      `heartbeats each ${FREQUENCY_MS} ms, heard on the group by a thread that does nothing else: |time between two - ` +
        `${FREQUENCY_MS} ms|; full load: messages as fast as they are taken, the HTTP interface read at full rate`,
      `giving, taking: states of ${sessions} sessions (workload ${workload}), a Tomcat on the other side`,
      'every session that is alive has its last delta; the node gave and took all sessions, as they were',
    ],
  };
}

const PHASES: readonly Wanted<Phases>[] = [
  { what: 'idle: acknowledged, p50', unit: 'ms', value: ({ idle }) => idle.p50, goal: times(1) },
  { what: 'idle: p99', unit: 'ms', value: ({ idle }) => idle.p99, goal: times(1) },
  { what: 'busy: acknowledged, p50', unit: 'ms', value: ({ busy }) => busy.p50, goal: times(1) },
  { what: 'busy: p99', unit: 'ms', value: ({ busy }) => busy.p99, goal: times(1) },
  { what: 'read: acknowledged, p50', unit: 'ms', value: ({ read }) => read.p50, goal: times(1) },
  { what: 'read: p99', unit: 'ms', value: ({ read }) => read.p99, goal: times(1) },
  { what: 'full load: heartbeat jitter, p99', unit: 'ms', value: ({ jitter }) => jitter, goal: JITTER },
];

function transferFigures(bench: Workbench, rounds: readonly RelayRound[], as: 'giving' | 'taking'): Figure[] {
  const samples = [
    rounds.map(({ tomcat }): Transfer => tomcat),
    ...byStore(bench, rounds).map((nodes) => nodes.map((node): Transfer => node[as])),
  ];
  const wanted: Wanted<Transfer>[] = [
    { what: `${as}: acknowledged, p50`, unit: 'ms', value: (each) => each[as]?.p50 ?? NaN, goal: times(1) },
    { what: `${as}: p99`, unit: 'ms', value: (each) => each[as]?.p99 ?? NaN, goal: times(1) },
  ];
  // Of two Tomcats only the one that gives is listened to.
  const jitter: Wanted<Transfer> = {
    what: `${as}: heartbeat jitter, p99`,
    unit: 'ms',
    value: (each) => each.jitter,
    goal: JITTER,
  };
  return [
    ...wanted.map((each) => sideBySide(samples, each)),
    as === 'giving' ? sideBySide(samples, jitter) : oursAlone(samples.slice(1), jitter),
  ];
}
