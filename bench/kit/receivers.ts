import { setTimeout as sleep } from 'node:timers/promises';
import {
  eventually,
  getJson,
  MirrorNode,
  exchange,
  type Group,
  type Tomcat,
} from '../../interop/kit/index.js';
import type { Store } from './benchmark.js';
import { restingCpuTimeMs } from './process-cpu.js';
import { APPLICATION, CONTEXT, type Workbench } from './workbench.js';

/** What a receiver says that it has received, and holds now. */
export interface Applied {
  readonly created: number;
  readonly deltas: number;
  readonly accessed: number;
  readonly expired: number;
  readonly sessions: number;
}

const COUNTS = ['created', 'deltas', 'accessed', 'expired', 'sessions'] as const;

const NOTHING: Applied = { created: 0, deltas: 0, accessed: 0, expired: 0, sessions: 0 };

/** For an answer of a member that holds very many sessions, or has much to do. */
const PATIENCE_MS = 60_000;

/** What LMDB writes behind begins three seconds after the first change (`store/lmdb-opening.ts`), and is over soon. */
const WRITTEN_BEHIND_MS = 3_300;

/** A member that is sent session messages for `localhost#/app`, and can be asked what it has made of them. */
export class Receiver<M extends Tomcat | MirrorNode = Tomcat | MirrorNode> {
  readonly name: string;
  readonly member: M;
  /** Of its cluster. */
  readonly group: Group;
  readonly #behindMs: number;

  /** @param behindMs after how long it begins to do what it does behind. */
  constructor(name: string, member: M, group: Group, behindMs = 0) {
    this.name = name;
    this.member = member;
    this.group = group;
    this.#behindMs = behindMs;
  }

  /** @throws Error where it has ended */
  get pid(): number {
    const { pid } = this.member;
    if (pid === undefined) {
      throw new Error(`${this.name} has ended: ${this.member.logText().slice(-2_000)}`);
    }
    return pid;
  }

  /** What it has cost so far, with everything that it does behind: it is waited for. Milliseconds. */
  async cpuTimeMs(): Promise<number> {
    await sleep(this.#behindMs);
    return restingCpuTimeMs(this.pid);
  }

  async applied(): Promise<Applied> {
    return this.member instanceof MirrorNode ? countsOf(this.member) : tell(this.member);
  }

  async members(): Promise<number> {
    return this.member instanceof MirrorNode
      ? (await this.member.members()).length
      : (await tell(this.member)).members;
  }

  /** The attribute `visits` of a session: what the last delta for it said. */
  async visits(id: string): Promise<unknown> {
    if (this.member instanceof MirrorNode) {
      return (await this.member.session(CONTEXT, id))?.attributes['visits']?.value;
    }
    return getJson(`${this.member.url}${APPLICATION.path}/?id=${id}`);
  }

  /**
   * One that drops messages gets no figures. What is still under way, on a machine that has other things to do, is waited
   * for.
   *
   * @param before what it had before that
   */
  async check(expected: Applied, before: Applied = NOTHING): Promise<void> {
    const had = before === NOTHING ? '' : ` beside ${JSON.stringify(before)}`;
    await eventually(`${this.name} has ${JSON.stringify(expected)}${had}`, PATIENCE_MS, async () => {
      const found = await this.applied();
      if (COUNTS.some((what) => found[what] !== before[what] + expected[what])) {
        throw new Error(`it has ${JSON.stringify(found)}`);
      }
      return true;
    });
  }

  /** Each of these sessions has what the last delta for it said. */
  async checkVisits(expected: ReadonlyMap<string, number>): Promise<void> {
    const [wrong] = await this.#differing(expected);
    if (wrong !== undefined) {
      throw new Error(`${this.name} has not the last delta of ${wrong}`);
    }
  }

  /**
   * The same, where many messages were on their way at a time: a Tomcat takes those of one connection with several threads,
   * when they come quickly (`NioReplicationTask.drainChannel` registers for reading before it processes), and so not
   * always in order. That is no fault of whoever measures: answers of how many sessions it has not the last delta.
   */
  async overtaken(expected: ReadonlyMap<string, number>): Promise<number> {
    if (this.member instanceof MirrorNode) {
      await this.checkVisits(expected);
      return 0;
    }
    return (await this.#differing(expected)).length;
  }

  async #differing(expected: ReadonlyMap<string, number>): Promise<string[]> {
    const differing: string[] = [];
    for (const [id, visits] of expected) {
      const found = await this.visits(id);
      if (Number(found) !== visits) {
        differing.push(`session ${id}, of which it should have ${visits} visits and has ${String(found)}`);
      }
    }
    return differing;
  }
}

/** A Tomcat, and a node of ours with each store that is wanted, started, each in a cluster of its own. */
export async function startReceivers(
  bench: Workbench,
  { frequency, flags = [] }: { readonly frequency?: number; readonly flags?: readonly string[] } = {},
): Promise<readonly Receiver[]> {
  const alone = await bench.group(frequency);
  const receivers: Receiver[] = [
    new Receiver(tomcatName(bench), await bench.tomcat({ group: alone }), alone),
  ];
  for (const store of bench.options.stores) {
    const group = await bench.group(frequency);
    receivers.push(nodeReceiver(bench, store, await bench.node({ group, store, flags }), group));
  }
  await Promise.all(receivers.map(({ member }) => member.start()));
  return receivers;
}

/** A node of ours with that store. */
export function nodeReceiver(
  { options }: Workbench,
  store: Store,
  node: MirrorNode,
  group: Group,
): Receiver<MirrorNode> {
  const behindMs = store === 'lmdb' && !options.smoke ? WRITTEN_BEHIND_MS : 0;
  return new Receiver(nodeName(store), node, group, behindMs);
}

/** How a node of ours with that store stands in reports. */
export function nodeName(store: Store): string {
  return `node, ${store === 'lmdb' ? 'LMDB' : store}`;
}

export function tomcatName({ installation }: Workbench): string {
  return `Tomcat ${installation.release}`;
}

async function tell(tomcat: Tomcat): Promise<Applied & { members: number }> {
  const answer = await getJson(`${tomcat.url}${APPLICATION.path}/`, { timeout: PATIENCE_MS });
  return answer as Applied & { members: number };
}

async function countsOf(node: MirrorNode): Promise<Applied> {
  const text = (await exchange(`${node.url}/metrics`)).body.toString('utf8');
  const received = (event: string): number =>
    valueOf(node, text, `tribes_session_messages_received_total{event="${event}"}`);
  return {
    created: received('SESSION_CREATED'),
    deltas: received('SESSION_DELTA'),
    accessed: received('SESSION_ACCESSED'),
    expired: received('SESSION_EXPIRED'),
    sessions: valueOf(node, text, 'tribes_sessions'),
  };
}

/** One series of a node's metrics. */
export async function metric(node: MirrorNode, series: string): Promise<number> {
  return valueOf(node, (await exchange(`${node.url}/metrics`)).body.toString('utf8'), series);
}

function valueOf(node: MirrorNode, text: string, series: string): number {
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  if (line === undefined) {
    throw new Error(`${node.name} has no metric ${series}`);
  }
  return Number(line.slice(series.length));
}
