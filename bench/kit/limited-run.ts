import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, type MirrorNode } from '../../interop/kit/index.js';
import type { Store } from './benchmark.js';
import { MemoryLimit } from './memory-limit.js';
import { AnonymousPeak } from './process-memory.js';
import { nodeReceiver, type Receiver } from './receivers.js';
import type { Figure } from './report.js';
import { roomyHeap, SessionSource } from './session-source.js';
import { absolutely, oursAlone, type Wanted } from './side-by-side.js';
import { nodeTakes, PATIENCE_MS, patientTomcat, TELLING, tomcatTakes } from './state-taking.js';
import type { Workbench } from './workbench.js';

/** In which a node must hold a million sessions, the transfer included. */
const LIMIT_BYTES = 2.5e9;
const LIMIT = `${LIMIT_BYTES / 1e9} GB`;

const WATCH_MS = 500;

/** What a node did in a control group that bounds its memory. */
export interface LimitedRun {
  /** Sessions that it has taken in from a Tomcat, and given to another one: 0 where it did not survive that. */
  readonly taken: number;
  readonly given: number;
  /** RssAnon at its peak, MB. */
  readonly peak: number;
  /** How often the kernel has killed for want of memory. */
  readonly killed: number;
}

/**
 * A node with each store under a limit, one after the other, with everything else as it is without one.
 *
 * @param source ends with the first of them: it must have gone when a node gives
 * @returns why there can be no limit, where there can be none
 */
export async function limitedRuns(
  bench: Workbench,
  source: SessionSource,
): Promise<readonly LimitedRun[] | string> {
  const runs: LimitedRun[] = [];
  for (const store of bench.options.stores) {
    const limit = MemoryLimit.make(LIMIT_BYTES);
    if (typeof limit === 'string') {
      return limit;
    }
    try {
      bench.options.say(`a node, ${store}, under a limit of ${LIMIT}`);
      const from = runs.length === 0 ? source : await another(bench);
      runs.push(await limitedRun(bench, store, limit, from));
    } finally {
      limit.remove();
    }
  }
  return runs;
}

export function limitedFigures(bench: Workbench, runs: readonly LimitedRun[]): Figure[] {
  const goal = absolutely(bench.options.sessions);
  const wanted: Wanted<LimitedRun>[] = [
    { what: 'sessions taken in', unit: '', better: 'more', value: ({ taken }) => taken, goal },
    { what: 'sessions given to a Tomcat', unit: '', better: 'more', value: ({ given }) => given, goal },
    { what: 'RssAnon at its peak', unit: 'MB', value: ({ peak }) => peak },
  ];
  const samples = runs.map((run) => [run]);
  return wanted.map((each) => oursAlone(samples, { ...each, what: `under ${LIMIT}: ${each.what}` }));
}

export function limitedNote(runs: readonly LimitedRun[]): string {
  const killed = runs.map((run) => run.killed).join(', ');
  return (
    `under ${LIMIT}, once: a control group, page cache included, in which a node takes all sessions in and gives them to a ` +
    `Tomcat that starts; killed by the kernel: ${killed}`
  );
}

async function another(bench: Workbench): Promise<SessionSource> {
  const { sessions } = bench.options;
  const source = await SessionSource.start(bench, await bench.group(), sessions);
  await source.grow(sessions);
  return source;
}

async function limitedRun(
  bench: Workbench,
  store: Store,
  limit: MemoryLimit,
  source: SessionSource,
): Promise<LimitedRun> {
  const { sessions } = bench.options;
  const { group } = source;
  const sample = await source.sample();
  const node = await bench.node({ group, store, flags: TELLING, limit });
  const peak = new AnonymousPeak(node);
  let [taken, given] = [0, 0];
  try {
    taken = (await nodeTakes(node, sessions)).sessions;
    await source.tomcat.kill();
    given = await givenTo(bench, nodeReceiver(bench, store, node, group), sample);
  } catch (error) {
    if (node.running) {
      throw error; // otherwise its end is what there is to tell
    }
  } finally {
    peak.end();
    await source.tomcat.kill();
    await node.kill();
  }
  return { taken, given, peak: peak.end(), killed: limit.killed };
}

/** A Tomcat starts beside a node that is alone, and has so many sessions then. @throws Error also where the node ends */
async function givenTo(
  bench: Workbench,
  receiver: Receiver<MirrorNode>,
  sample: ReadonlyMap<string, number>,
): Promise<number> {
  const { sessions, workload } = bench.options;
  await eventually('the node is alone', PATIENCE_MS, async () =>
    !receiver.member.running || (await receiver.members()) === 0 ? true : undefined,
  );
  const tomcat = await patientTomcat(bench, receiver.group, roomyHeap(workload, sessions));
  const taking = tomcatTakes(tomcat, sessions);
  taking.catch(() => undefined); // killed below, where nobody waits for it any more
  try {
    const taken = await Promise.race([taking, end(receiver.member)]);
    await tomcat.checkVisits(sample);
    return taken.sessions;
  } finally {
    await tomcat.member.kill();
  }
}

async function end(node: MirrorNode): Promise<never> {
  while (node.running) {
    await sleep(WATCH_MS, undefined, { ref: false });
  }
  throw new Error(`${node.name} has ended`);
}
