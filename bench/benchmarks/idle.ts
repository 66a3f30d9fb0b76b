import { setTimeout as sleep } from 'node:timers/promises';
import type { Benchmark } from '../kit/benchmark.js';
import { cpuTimeMs, restingCpuTimeMs } from '../kit/process-cpu.js';
import { nodeReceiver, Receiver, tomcatName } from '../kit/receivers.js';
import type { Report } from '../kit/report.js';
import { SessionSource } from '../kit/session-source.js';
import { absolutely, sideBySide } from '../kit/side-by-side.js';
import { nodeTakes, TELLING, tomcatTakes } from '../kit/state-taking.js';
import { Workbench } from '../kit/workbench.js';

const MINUTE_MS = 60_000;
const SMOKE_MS = 500;

/** Until what follows upon a load is over: a JVM goes on compiling for a while. */
const SETTLING_MS = 10_000;

export const idle: Benchmark = {
  name: 'idle',
  about: 'CPU of members that hold many sessions and have nothing to do but heartbeats, over a minute',
  rounds: 3,
  sessions: 100_000,
  run: (options) => Workbench.use(options, measure),
};

async function measure(bench: Workbench): Promise<Report> {
  const { rounds, say, sessions, smoke, workload } = bench.options;
  const receivers = await loaded(bench);
  await sleep(smoke ? 0 : SETTLING_MS);
  const samples = receivers.map((): number[] => []);
  for (let round = 1; round <= rounds; round++) {
    say(`round ${round} of ${rounds}`);
    const before = await Promise.all(receivers.map(({ pid }) => restingCpuTimeMs(pid)));
    const begin = performance.now();
    await sleep(smoke ? SMOKE_MS : MINUTE_MS);
    for (const [index, { pid }] of receivers.entries()) {
      const busy = (cpuTimeMs(pid) - (before[index] ?? NaN)) / (performance.now() - begin);
      samples[index]?.push(busy * 100);
    }
  }
  for (const receiver of receivers) {
    await check(receiver, sessions);
  }
  const [theirs = '', ...ours] = receivers.map(({ name }) => name);
  return {
    theirs,
    ours,
    figures: [
      sideBySide(samples, {
        what: 'CPU',
        unit: '% of a core',
        value: (percent) => percent,
        goal: absolutely(1),
      }),
    ],
    notes: [
      `${sessions} sessions (workload ${workload}) that all took from one Tomcat, which has gone since`,
      'all are members of one cluster, and rest at the same time: each sends two heartbeats a second, and hears the others',
      `a round is ${(smoke ? SMOKE_MS : MINUTE_MS) / 1e3} s; the CPU clock ticks every 10 ms`,
    ],
  };
}

/** A Tomcat, and a node with each store, that have the sessions of one that has gone. */
async function loaded(bench: Workbench): Promise<readonly Receiver[]> {
  const { say, sessions } = bench.options;
  const group = await bench.group();
  const source = await SessionSource.start(bench, group, sessions);
  await source.grow(sessions);
  say('a Tomcat takes the sessions');
  const tomcat = new Receiver(tomcatName(bench), await bench.tomcat({ group }), group);
  await tomcatTakes(tomcat, sessions);
  const receivers: Receiver[] = [tomcat];
  for (const store of bench.options.stores) {
    say(`a node takes the sessions, ${store}`);
    const node = await bench.node({ group, store, flags: TELLING });
    await nodeTakes(node, sessions);
    receivers.push(nodeReceiver(bench, store, node, group));
  }
  const sample = await source.sample();
  await source.tomcat.kill();
  for (const receiver of receivers) {
    await check(receiver, sessions);
    await receiver.checkVisits(sample);
  }
  return receivers;
}

async function check(receiver: Receiver, sessions: number): Promise<void> {
  const found = (await receiver.applied()).sessions;
  if (found !== sessions) {
    throw new Error(`${receiver.name} should have ${sessions} sessions and has ${found}`);
  }
}
