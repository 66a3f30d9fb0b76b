import type { Benchmark } from '../kit/benchmark.js';
import { DeltaPulse } from '../kit/delta-pulse.js';
import { nodeName, tomcatName } from '../kit/receivers.js';
import { byStore, Relay, type NodeTransfers, type RelayRound, type Transfer } from '../kit/relay.js';
import type { Report } from '../kit/report.js';
import { oursAlone, sideBySide, times, type Wanted } from '../kit/side-by-side.js';
import { sum } from '../kit/statistics.js';
import { Workbench } from '../kit/workbench.js';

export const transfer: Benchmark = {
  name: 'transfer',
  about: 'states of many sessions, from a Tomcat and from the node, to a Tomcat and to the node',
  rounds: 3,
  sessions: 100_000,
  run: (options) =>
    Workbench.use(options, async (bench) => {
      const relay = await Relay.open(bench, { pulse: await DeltaPulse.start(bench) });
      try {
        const rounds: RelayRound[] = [];
        for (let number = 1; number <= options.rounds; number++) {
          options.say(`round ${number} of ${options.rounds}`);
          rounds.push(await relay.round());
        }
        return report(bench, rounds);
      } finally {
        await relay.close();
      }
    }),
};

const GIVING: readonly Wanted<Transfer>[] = [
  { what: 'until a starting Tomcat has them', unit: 's', value: ({ seconds }) => seconds, goal: times(1) },
  { what: 'CPU', unit: 's', value: ({ cpuSeconds }) => cpuSeconds },
  {
    what: 'a delta acknowledged, p50',
    unit: 'ms',
    value: ({ giving }) => giving?.p50 ?? NaN,
    goal: times(1),
  },
  { what: 'p99', unit: 'ms', value: ({ giving }) => giving?.p99 ?? NaN, goal: times(1) },
  { what: 'longest', unit: 'ms', value: ({ giving }) => giving?.longest ?? NaN },
];

const TAKING: readonly Wanted<Transfer>[] = [
  {
    what: 'until they are there, from a Tomcat',
    unit: 's',
    value: ({ seconds }) => seconds,
    goal: times(0.5),
  },
  {
    what: 'a delta acknowledged, p50',
    unit: 'ms',
    value: ({ taking }) => taking?.p50 ?? NaN,
    goal: times(1),
  },
  { what: 'p99', unit: 'ms', value: ({ taking }) => taking?.p99 ?? NaN, goal: times(1) },
  { what: 'longest', unit: 'ms', value: ({ taking }) => taking?.longest ?? NaN },
];

const OURS_ALONE: readonly Wanted<NodeTransfers>[] = [
  { what: 'taking: CPU', unit: 's', value: ({ taking }) => taking.cpuSeconds },
  { what: 'taking: event loop held up, at most', unit: 'ms', value: ({ heldTaking }) => heldTaking },
  { what: 'giving: event loop held up, at most', unit: 'ms', value: ({ heldGiving }) => heldGiving },
];

function report(bench: Workbench, rounds: readonly RelayRound[]): Report {
  const { sessions, stores, workload } = bench.options;
  const nodes = byStore(bench, rounds);
  const side = (as: 'giving' | 'taking'): Transfer[][] => [
    rounds.map(({ tomcat }) => tomcat),
    ...nodes.map((samples) => samples.map((each) => each[as])),
  ];
  const failed = nodes.map((samples) =>
    sum(samples.map(({ giving, taking }) => giving.giving.failed + taking.taking.failed)),
  );
  return {
    theirs: tomcatName(bench),
    ours: stores.map(nodeName),
    figures: [
      ...GIVING.map((wanted) => sideBySide(side('giving'), { ...wanted, what: `giving: ${wanted.what}` })),
      ...TAKING.map((wanted) => sideBySide(side('taking'), { ...wanted, what: `taking: ${wanted.what}` })),
      ...OURS_ALONE.map((wanted) => oursAlone(nodes, wanted)),
    ],
    notes: [
      `${sessions} sessions of ten attributes (workload ${workload}); a hundred deltas a second meanwhile, with options 6`,
      'sessions that a Tomcat lost on the way to a Tomcat, in each round: ' +
        `${rounds.map(({ tomcat }) => tomcat.lost).join(', ')}; the node gave and took all, as they were`,
      `deltas that failed at the node: ${failed.join(', ')} (${stores.join(', ')})`,
    ],
  };
}
