import { setTimeout as sleep } from 'node:timers/promises';
import { getJson, type Group, type Tomcat } from '../../interop/kit/index.js';
import { cpuTimeMs } from './process-cpu.js';
import type { Receiver } from './receivers.js';
import { smallest } from './smallest.js';
import { PATIENCE_MS, patientTomcat, tomcatTakes } from './state-taking.js';
import { APPLICATION, type Workbench } from './workbench.js';

/**
 * A heap holds a load if everything arrives, nothing was too much for it (OutOfMemoryError), and it takes at most so many
 * times the CPU that it takes with the JVM's default: beyond, the JVM does little else than collect garbage.
 */
const SPIRAL = 2;

/** A load that is given up otherwise takes so many times as long as with the default. */
const STANDSTILL = 5;
const STARTING_MS = 60_000;

const WATCH_MS = 250;

/** How close the search comes. */
const PRECISION = 1.1;
const SMOKE_PRECISION = 4;

/** What a load took, in milliseconds. */
interface Cost {
  readonly cpu: number;
  readonly time: number;
}

const ANY_COST: Cost = { cpu: Infinity, time: Infinity };

/** The smallest heap, in MB, of a Tomcat that takes all sessions of those who are in the group, within a tenth. */
export async function smallestHeap(bench: Workbench, group: Group): Promise<number> {
  const { say, smoke } = bench.options;
  const tomcat = await patientTomcat(bench, group);
  const cost = await load(bench, tomcat, ANY_COST);
  if (cost === undefined) {
    throw new Error('a Tomcat with its default heap does not hold the load');
  }
  const url = `${tomcat.member.url}${APPLICATION.path}/?live`;
  const live = Number(await getJson(url, { timeout: PATIENCE_MS })) / 1e6;
  await tomcat.member.kill();
  say(
    `with its default heap a Tomcat takes ${(cost.cpu / 1e3).toFixed(1)} s of CPU; ${live.toFixed(0)} MB are alive`,
  );
  const bound = { cpu: SPIRAL * cost.cpu, time: STARTING_MS + STANDSTILL * cost.time };
  return smallest(live, smoke ? SMOKE_PRECISION : PRECISION, async (size) => {
    const trial = await patientTomcat(bench, group, size);
    const holds = (await load(bench, trial, bound)) !== undefined;
    await trial.member.kill();
    say(`a heap of ${size.toFixed(0)} MB ${holds ? 'holds them' : 'does not hold them'}`);
    return holds;
  });
}

/** Answers undefined where the load is not held at that cost. */
async function load(bench: Workbench, receiver: Receiver<Tomcat>, most: Cost): Promise<Cost | undefined> {
  const { sessions } = bench.options;
  const tomcat = receiver.member;
  const begin = performance.now();
  let cost: Cost = { cpu: 0, time: 0 };
  let there: number | undefined;
  const loading = tomcatTakes(receiver, sessions, 0).then(
    (taken) => (there = taken.sessions),
    () => (there = 0), // it has ended, or was killed here
  );
  while (there === undefined) {
    await Promise.race([loading, sleep(WATCH_MS)]);
    cost = {
      cpu: tomcat.pid === undefined ? cost.cpu : cpuTimeMs(tomcat.pid),
      time: performance.now() - begin,
    };
    if (cost.cpu > most.cpu || cost.time > most.time || isOutOfMemory(tomcat)) {
      await tomcat.kill();
    }
  }
  return there >= sessions && !isOutOfMemory(tomcat) ? cost : undefined;
}

function isOutOfMemory(tomcat: Tomcat): boolean {
  return tomcat.logText().includes('OutOfMemoryError');
}
