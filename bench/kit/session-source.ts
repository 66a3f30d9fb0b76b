import { exchange, getJson, HttpStatusError, type Group, type Tomcat } from '../../interop/kit/index.js';
import type { Workload } from './benchmark.js';
import { PATIENCE_MS } from './state-taking.js';
import { APPLICATION, type Workbench } from './workbench.js';

/** What a session takes in the heap of a JVM, generously, in MB. */
const HEAP_FOR_A_SESSION: Readonly<Record<Workload, number>> = { '1k': 0.006, '2k': 0.011 };
const HEAP_BESIDE = 512;

const GIVING_IN_PIECES = { sendAllSessions: false, sendAllSessionsSize: 1_000, sendAllSessionsWaitTime: 0 };

/** MB in which a JVM holds so many sessions with ease. */
export function roomyHeap(workload: Workload, sessions: number): number {
  return HEAP_BESIDE + sessions * HEAP_FOR_A_SESSION[workload];
}

/** So many sessions, here and there, stand for all when it is asked whether they have arrived as they were. */
const SAMPLES = 50;

/** A Tomcat that makes sessions, and gives them to whoever comes. */
export class SessionSource {
  readonly tomcat: Tomcat;
  readonly group: Group;
  readonly #workload: Workload;
  #sessions = 0;

  private constructor(tomcat: Tomcat, group: Group, workload: Workload) {
    this.tomcat = tomcat;
    this.group = group;
    this.#workload = workload;
  }

  /**
   * One that gives 1,000 in a message: whoever gives a million in one breaks off before it is loaded.
   *
   * @param room for how many sessions it must have room
   */
  static async start(bench: Workbench, group: Group, room: number): Promise<SessionSource> {
    const { workload } = bench.options;
    const heap = roomyHeap(workload, room);
    const tomcat = await bench.tomcat({ group, heap, manager: GIVING_IN_PIECES });
    await tomcat.start();
    return new SessionSource(tomcat, group, workload);
  }

  /** One that gives as Tomcats do unless they are told otherwise, all in one message, in a JVM with its own default heap. */
  static async byDefault(bench: Workbench, group: Group): Promise<SessionSource> {
    const tomcat = await bench.tomcat({ group });
    await tomcat.start();
    return new SessionSource(tomcat, group, bench.options.workload);
  }

  /** Makes sessions until there are so many; it tells nobody. */
  async grow(sessions: number): Promise<void> {
    const url = `${this.tomcat.url}${APPLICATION.path}/`;
    const query = `workload=${this.#workload}&from=${this.#sessions}&to=${sessions}`;
    const response = await exchange(`${url}?${query}`, { method: 'POST', timeout: PATIENCE_MS });
    if (response.status !== 200) {
      throw new HttpStatusError(url, response);
    }
    this.#sessions = sessions;
  }

  /** Some of the sessions, and their visits. */
  async sample(): Promise<ReadonlyMap<string, number>> {
    const query = `sample=${Math.min(SAMPLES, this.#sessions)}&of=${this.#sessions}`;
    const answer = await getJson(`${this.tomcat.url}${APPLICATION.path}/?${query}`);
    return new Map(Object.entries(answer as Record<string, number>));
  }
}
