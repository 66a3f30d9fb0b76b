import { eventually, type MirrorNode } from '../../interop/kit/index.js';
import type { Benchmark } from '../kit/benchmark.js';
import { dropFromPageCache, pageCacheOf } from '../kit/page-cache.js';
import { restingCpuTimeMs } from '../kit/process-cpu.js';
import { nodeName, nodeReceiver, type Receiver } from '../kit/receivers.js';
import type { Report } from '../kit/report.js';
import { SessionSource } from '../kit/session-source.js';
import { absolutely, oursAlone } from '../kit/side-by-side.js';
import { nodeTakes, PATIENCE_MS, TELLING } from '../kit/state-taking.js';
import { Workbench } from '../kit/workbench.js';

/** For a clean end. */
const STOPPING_MS = 60_000;

/** How the node ended before, and whether the page cache still has its files. */
const WAYS = [
  { name: 'cold', end: 'stop', isCold: true },
  { name: 'warm', end: 'stop', isCold: false },
  { name: 'warm, killed before', end: 'kill', isCold: false },
] as const;

type Round = Record<(typeof WAYS)[number]['name'], number>;

export const restart: Benchmark = {
  name: 'restart',
  about: 'seconds until a node is ready again that has many sessions in LMDB; 1,000,000 with --sessions',
  rounds: 3,
  sessions: 100_000,
  run: (options) => Workbench.use(options, measure),
};

async function measure(bench: Workbench): Promise<Report> {
  const { rounds, say, sessions, workload } = bench.options;
  const group = await bench.group();
  const node = await bench.node({ group, store: 'lmdb', flags: TELLING });
  const receiver = nodeReceiver(bench, 'lmdb', node, group);
  const sample = await load(bench, node, receiver);
  const data = bench.dataOf(node);
  const size = pageCacheOf(data).size;
  const samples: Round[] = [];
  let leftInCache = 0;
  for (let round = 1; round <= rounds; round++) {
    const sample: Partial<Round> = {};
    for (const { name, end, isCold } of WAYS) {
      say(`round ${round} of ${rounds}: ${name}`);
      await (end === 'stop' ? node.stop(STOPPING_MS) : node.kill());
      if (isCold) {
        dropFromPageCache(data);
        leftInCache = Math.max(leftInCache, pageCacheOf(data).cached);
      }
      sample[name] = await secondsUntilReady(node);
      await check(receiver, sessions);
    }
    samples.push(sample as Round);
  }
  await receiver.checkVisits(sample);
  return {
    theirs: '',
    ours: [nodeName('lmdb')],
    figures: WAYS.map(({ name }) =>
      oursAlone([samples], {
        what: `until /healthz is 200, page cache ${name}`,
        unit: 's',
        value: (round) => round[name],
        goal: absolutely(10),
      }),
    ),
    notes: [
      `${sessions} sessions (workload ${workload}), ${size.toFixed(0)} MB in the data directory; after each start all of ` +
        'them were there, at the end as they were',
      `of these files the page cache still had ${leftInCache.toFixed(1)} MB at most when it was to be cold`,
      'from the start of the process on; nobody else is in the cluster: joining takes two seconds of it, in which the ' +
        'node listens for others and lets itself be heard, however few sessions there are',
      'a Tomcat has nothing to stand beside: a DeltaManager that ends has lost its sessions',
    ],
  };
}

/** The node takes the sessions of a Tomcat, which goes. */
async function load(
  bench: Workbench,
  node: MirrorNode,
  receiver: Receiver,
): Promise<ReadonlyMap<string, number>> {
  const { say, sessions } = bench.options;
  say(`a Tomcat makes ${sessions} sessions`);
  const source = await SessionSource.start(bench, receiver.group, sessions);
  await source.grow(sessions);
  say('the node takes them');
  await nodeTakes(node, sessions);
  const sample = await source.sample();
  await source.tomcat.kill();
  await eventually('the node is alone', PATIENCE_MS, async () =>
    (await receiver.members()) === 0 ? true : undefined,
  );
  await restingCpuTimeMs(receiver.pid); // whatever was to be written is written
  return sample;
}

async function secondsUntilReady(node: MirrorNode): Promise<number> {
  const begin = performance.now();
  await node.start(PATIENCE_MS);
  return (performance.now() - begin) / 1e3;
}

async function check(receiver: Receiver, sessions: number): Promise<void> {
  const found = (await receiver.applied()).sessions;
  if (found !== sessions) {
    throw new Error(`the node has ${found} of ${sessions} sessions after its restart`);
  }
}
