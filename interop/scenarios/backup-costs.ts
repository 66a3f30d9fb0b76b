import { setTimeout as sleep } from 'node:timers/promises';
import { APP, troubles, Visitor, type ClusterMember, type Tomcat } from '../kit/index.js';
import { BACKUP, SETTLED_MILLISECONDS } from './backup-sessions.js';
import { populate } from './population.js';
import type { Scenario } from './scenario.js';
import { listed, type Stage } from './stage.js';

const USERS = 3;
const PAUSE_MILLISECONDS = 10_000;

/** What a machine that is busy with something else may add, milliseconds. */
const ALLOWANCE_MILLISECONDS = 1_000;

const EVENTS = ['joins', 'stops', 'is killed', 'is paused for 10 s'] as const;
type Event = (typeof EVENTS)[number];

/** What the coming and going of a member cost a Tomcat. */
interface Costs {
  /** Milliseconds of the longest response, by what happened. */
  readonly longest: ReadonlyMap<Event, number>;
  /** What its log says of time that was over, each kind of line once. */
  readonly timeOuts: ReadonlySet<string>;
}

const costs: Scenario = {
  name: 'backup/costs',
  about:
    "a Tomcat's longest response, and what its log says of time-outs, while a second Tomcat joins, stops, is killed, is frozen; and while the node does the same in its place",
  core: false,
  aboutTheNode: true,
  versions: ['10.1'],
  async run(stage) {
    const one = await stage.tomcat({ version: '10.1', ...BACKUP });
    await stage.step('40 sessions', () => populate([one], { count: 40 }));
    const requests = new Requests(one);
    try {
      const beside = await stage.cluster.tomcat({ version: '10.1', ...BACKUP });
      const ofTomcat = await costsOf(stage, requests, one, beside);
      const ofNode = await costsOf(stage, requests, one, await stage.cluster.node());
      await stage.step('the node costs no more than a Tomcat', () => {
        isNoWorse(ofNode, ofTomcat);
        return Promise.resolve(`${requests.count} requests`);
      });
    } finally {
      await requests.stop();
    }
  },
};

async function costsOf(stage: Stage, requests: Requests, one: Tomcat, member: ClusterMember): Promise<Costs> {
  const longest = new Map<Event, number>();
  const logged = one.logText().length;
  const during = async (event: Event, body: () => Promise<unknown>): Promise<void> => {
    await stage.step(`${member.name} ${event}`, async () => {
      requests.mark();
      await body();
      await sleep(SETTLED_MILLISECONDS);
      longest.set(event, Math.max(longest.get(event) ?? 0, requests.longest()));
      return `the longest response took ${Math.round(requests.longest())} ms`;
    });
  };
  await during('joins', () => member.start());
  await during('stops', () => member.stop());
  await during('joins', () => member.start());
  await during('is killed', () => member.kill());
  await during('joins', () => member.start());
  await during('is paused for 10 s', async () => {
    await member.pause();
    await sleep(PAUSE_MILLISECONDS);
    await member.resume();
  });
  await stage.step(`${member.name} is stopped`, () => member.stop());
  await sleep(SETTLED_MILLISECONDS);
  return { longest, timeOuts: timeOutsIn(one.logText().slice(logged)) };
}

/** Each kind of line once: without time, thread, members, and how long it took. */
function timeOutsIn(log: string): ReadonlySet<string> {
  const lines = troubles(log)
    .flatMap(({ text }) => text.split('\n'))
    .filter((line) => /time(?:d|-)? ?out|SocketTimeout/i.test(line));
  return new Set(
    lines.map((line) =>
      line
        .replace(/^\S+ \S+ /, '')
        .replace(/\[[^\]]*\]/g, '[]')
        .replace(/tcp:\S+/g, 'tcp')
        .replace(/\d+/g, 'N')
        .trim(),
    ),
  );
}

function isNoWorse(ofNode: Costs, ofTomcat: Costs): void {
  const faults = [...ofNode.timeOuts].filter((line) => !ofTomcat.timeOuts.has(line));
  for (const event of EVENTS) {
    const [node, tomcat] = [ofNode.longest.get(event) ?? 0, ofTomcat.longest.get(event) ?? 0];
    if (node > 2 * tomcat + ALLOWANCE_MILLISECONDS) {
      faults.push(`${event}: ${Math.round(node)} ms with the node, ${Math.round(tomcat)} ms with a Tomcat`);
    }
  }
  if (faults.length > 0) {
    throw new Error(listed('things are worse with the node', faults));
  }
}

/** Users who come back as soon as they have been answered. */
class Requests {
  count = 0;
  #longest = 0;
  /** When each of those that are not answered yet began. */
  readonly #open = new Set<number>();
  #stopping = false;
  readonly #running: Promise<unknown>;

  constructor(tomcat: Tomcat) {
    this.#running = Promise.all(Array.from({ length: USERS }, () => this.#run(tomcat)));
    this.#running.catch(() => undefined); // `stop` tells it
  }

  /** From here on responses are measured anew. */
  mark(): void {
    this.#longest = 0;
  }

  /** Milliseconds, since the mark. */
  longest(): number {
    const now = performance.now();
    return Math.max(this.#longest, ...[...this.#open].map((begun) => now - begun));
  }

  /** @throws Error when one was not answered */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #run(tomcat: Tomcat): Promise<void> {
    const visitor = new Visitor(APP);
    while (!this.#stopping) {
      const begun = performance.now();
      this.#open.add(begun);
      await visitor.act(tomcat, 'count');
      this.#open.delete(begun);
      this.#longest = Math.max(this.#longest, performance.now() - begun);
      this.count++;
    }
  }
}

export const backupCosts: readonly Scenario[] = [costs];
