import { setTimeout as sleep } from 'node:timers/promises';
import type { Group, Tomcat } from '../../interop/kit/index.js';
import type { Benchmark, Store } from '../kit/benchmark.js';
import { limitedFigures, limitedNote, limitedRuns, type LimitedRun } from '../kit/limited-run.js';
import { restingCpuTimeMs } from '../kit/process-cpu.js';
import { AnonymousPeak, processMemory } from '../kit/process-memory.js';
import { nodeName, nodeReceiver, tomcatName, type Receiver } from '../kit/receivers.js';
import type { Report } from '../kit/report.js';
import { SessionSource } from '../kit/session-source.js';
import { sideBySide, times, type Wanted } from '../kit/side-by-side.js';
import { smallestHeap } from '../kit/smallest-heap.js';
import { nodeTakes, patientTomcat, TELLING, tomcatTakes } from '../kit/state-taking.js';
import { Workbench } from '../kit/workbench.js';

/** Until what follows upon a load is over. */
const SETTLING_MS = 10_000;

/** What a process held, in MB. */
interface Held {
  readonly rest: number;
  readonly peak: number;
  /** With the pages of mapped files, which are LMDB's in our case: the kernel takes them away when it needs room. */
  readonly residentPeak: number;
}

/** By what each is called in the report. */
interface Samples {
  readonly smallest: Held[];
  readonly byDefault: Held[];
  readonly nodes: readonly Held[][];
}

export const memory: Benchmark = {
  name: 'memory',
  about:
    'what many sessions take, beside a JVM with the smallest heap that holds them; 1,000,000 with --sessions',
  rounds: 3,
  sessions: 100_000,
  run: (options) => Workbench.use(options, measure),
};

/** Everybody takes the sessions of the same Tomcat, one after the other, and goes again. */
async function measure(bench: Workbench): Promise<Report> {
  const { rounds, say, sessions, stores } = bench.options;
  const group = await bench.group();
  say(`a Tomcat makes ${sessions} sessions`);
  const source = await SessionSource.start(bench, group, sessions);
  await source.grow(sessions);
  const sample = await source.sample();
  const heap = await smallestHeap(bench, group);
  const samples: Samples = { smallest: [], byDefault: [], nodes: stores.map(() => []) };
  for (let round = 1; round <= rounds; round++) {
    say(`round ${round} of ${rounds}`);
    samples.byDefault.push(await heldByTomcat(bench, await patientTomcat(bench, group), sample));
    samples.smallest.push(await heldByTomcat(bench, await patientTomcat(bench, group, heap), sample));
    for (const [index, store] of stores.entries()) {
      samples.nodes[index]?.push(await heldByNode(bench, group, store, sample));
    }
  }
  return report(bench, samples, heap, await limitedRuns(bench, source));
}

type Sample = ReadonlyMap<string, number>;

function heldByTomcat(bench: Workbench, receiver: Receiver<Tomcat>, sample: Sample): Promise<Held> {
  return held(bench, receiver, sample, () => tomcatTakes(receiver, bench.options.sessions));
}

async function heldByNode(bench: Workbench, group: Group, store: Store, sample: Sample): Promise<Held> {
  const node = await bench.node({ group, store, flags: TELLING });
  const receiver = nodeReceiver(bench, store, node, group);
  return held(bench, receiver, sample, () => nodeTakes(node, bench.options.sessions));
}

async function held(
  bench: Workbench,
  receiver: Receiver,
  sample: Sample,
  take: () => Promise<{ readonly sessions: number }>,
): Promise<Held> {
  const peak = new AnonymousPeak(receiver.member);
  try {
    const { sessions } = await take();
    if (sessions !== bench.options.sessions) {
      throw new Error(`${receiver.name} should have ${bench.options.sessions} sessions and has ${sessions}`);
    }
    await receiver.checkVisits(sample);
    await sleep(bench.options.smoke ? 0 : SETTLING_MS);
    await restingCpuTimeMs(receiver.pid);
    const { anonymous, residentPeak } = processMemory(receiver.pid);
    return { rest: anonymous, peak: peak.end(), residentPeak };
  } finally {
    peak.end();
    await receiver.member.kill();
  }
}

const WANTED: readonly Wanted<Held>[] = [
  { what: 'RssAnon after the load', unit: 'MB', value: ({ rest }) => rest, goal: times(0.4) },
  { what: 'RssAnon at its peak', unit: 'MB', value: ({ peak }) => peak, goal: times(0.4) },
  { what: 'VmHWM, mapped pages included', unit: 'MB', value: ({ residentPeak }) => residentPeak },
];

function report(
  bench: Workbench,
  { smallest, byDefault, nodes }: Samples,
  heap: number,
  limited: readonly LimitedRun[] | string,
): Report {
  const { sessions, stores, workload } = bench.options;
  const beside = (name: string, theirs: Held[]) =>
    WANTED.map((wanted) => sideBySide([theirs, ...nodes], { ...wanted, what: `${wanted.what}, ${name}` }));
  return {
    theirs: tomcatName(bench),
    ours: stores.map(nodeName),
    figures: [
      ...beside('smallest heap', smallest),
      ...beside('default heap', byDefault),
      ...(typeof limited === 'string' ? [] : limitedFigures(bench, limited)),
    ],
    notes: [
      `${sessions} sessions (workload ${workload}), taken from a Tomcat that gives 1,000 in a message`,
      `the smallest heap that holds them is ${heap.toFixed(0)} MB (-Xmx): all arrive, no OutOfMemoryError, and at most twice the ` +
        'CPU that the load takes with the default heap; found within a tenth by bisection',
      `after the load: at rest, ${SETTLING_MS / 1e3} s later; the peak of RssAnon is looked at every 50 ms; MB are 10^6 bytes`,
      typeof limited === 'string'
        ? `NOT under a limit: no control group could be made (${limited}), and nothing else bounds memory`
        : limitedNote(limited),
    ],
  };
}
