import { eventually, type Group, type MirrorNode, type Tomcat } from '../../interop/kit/index.js';
import type { Store } from './benchmark.js';
import { PULSE_SESSIONS, type DeltaPulse, type Latency, type Span } from './delta-pulse.js';
import { HeartbeatListener } from './heartbeats.js';
import { cpuTimeMs } from './process-cpu.js';
import { metric, Receiver } from './receivers.js';
import { SessionSource } from './session-source.js';
import { nodeTakes, PATIENCE_MS, TELLING, tomcatTakes, type Taken } from './state-taking.js';
import type { Workbench } from './workbench.js';

/** One state given by somebody, taken by somebody. */
export interface Transfer {
  readonly seconds: number;
  /** Sessions that have not come, though their end has; the seconds count until that. */
  readonly lost: number;
  /** CPU time of whoever is measured, from the request on; of a Tomcat that gives from the start of the other one on. */
  readonly cpuSeconds: number;
  /** Deltas acknowledged meanwhile by whoever gives, and by whoever takes, where they were measured. */
  readonly giving?: Latency;
  readonly taking?: Latency;
  /** Heartbeats of whoever is measured, while it lasted: milliseconds, p99. */
  readonly jitter: number;
}

/** What a node does as taker and as giver, and for how long its event loop was held up then, at most, in milliseconds. */
export interface NodeTransfers {
  readonly taking: Transfer & { readonly taking: Latency };
  readonly giving: Transfer & { readonly giving: Latency };
  readonly heldTaking: number;
  readonly heldGiving: number;
}

export interface RelayRound {
  readonly tomcat: Transfer & { readonly giving: Latency; readonly taking: Latency };
  /** A node with each store that is wanted. */
  readonly nodes: readonly NodeTransfers[];
}

export interface RelayOptions {
  readonly pulse: DeltaPulse;
  /** Milliseconds between heartbeats; Tomcat's default where it is not given. */
  readonly frequency?: number;
}

/**
 * One cluster, in which sessions go from hand to hand: from a Tomcat to a Tomcat and to a node, from the node to a Tomcat, which
 * is the one that gives in the next round. Tomcats are as they are by default, so that one that gives sends all sessions in one message.
 */
export class Relay {
  readonly #bench: Workbench;
  readonly #group: Group;
  readonly #pulse: DeltaPulse;
  readonly #heartbeats: HeartbeatListener;
  readonly #sample: ReadonlyMap<string, number>;
  #holder: Tomcat;

  private constructor(
    bench: Workbench,
    group: Group,
    pulse: DeltaPulse,
    heartbeats: HeartbeatListener,
    holder: Tomcat,
    sample: ReadonlyMap<string, number>,
  ) {
    this.#bench = bench;
    this.#group = group;
    this.#pulse = pulse;
    this.#heartbeats = heartbeats;
    this.#holder = holder;
    this.#sample = sample;
  }

  static async open(bench: Workbench, { pulse, frequency }: RelayOptions): Promise<Relay> {
    const { sessions, say } = bench.options;
    say(`a Tomcat makes ${sessions} sessions`);
    const group = await bench.group(frequency);
    const source = await SessionSource.byDefault(bench, group);
    await source.grow(sessions);
    const heartbeats = await HeartbeatListener.open(group);
    return new Relay(bench, group, pulse, heartbeats, source.tomcat, await source.sample());
  }

  close(): Promise<void> {
    return this.#heartbeats.close();
  }

  async round(): Promise<RelayRound> {
    const tomcat = await this.#fromTomcatToTomcat();
    const nodes: NodeTransfers[] = [];
    for (const store of this.#bench.options.stores) {
      nodes.push(await this.#byNode(store));
    }
    return { tomcat, nodes };
  }

  async #fromTomcatToTomcat(): Promise<RelayRound['tomcat']> {
    const [donor, taker] = [this.#holder, await this.#bench.tomcat({ group: this.#group })];
    const { sessions, say } = this.#bench.options;
    say('from a Tomcat to a Tomcat');
    const cpu = cpuClock(donor);
    await this.#pulse.begin(donor);
    await this.#pulse.begin(taker);
    const taken = await tomcatTakes(this.#receiver(taker), sessions);
    const [giving, taking] = [await this.#pulse.end(donor), await this.#pulse.end(taker)];
    const span = this.#span(taken);
    const jitter = (await this.#heartbeats.take()).jitter(donor, span);
    const cpuSeconds = cpu();
    await taker.kill();
    return {
      ...transferOf(taken, sessions),
      cpuSeconds,
      jitter,
      giving: giving.latency(span),
      taking: taking.latency(span),
    };
  }

  /** A node comes, and asks the Tomcat that is there; that one is killed, and another one asks the node. */
  async #byNode(store: Store): Promise<NodeTransfers> {
    const { say } = this.#bench.options;
    const node = await this.#bench.node({ group: this.#group, store, flags: TELLING });
    say(`from a Tomcat to a node, ${store}`);
    const taking = await this.#nodeTakes(node);
    const heldTaking = await heldUp(node);
    await this.#holder.kill();
    await eventually(`${node.name} is alone`, PATIENCE_MS, async () =>
      (await node.members()).length === 0 ? true : undefined,
    );
    this.#holder = await this.#bench.tomcat({ group: this.#group });
    await heldUp(node);
    say(`from a node to a Tomcat, ${store}`);
    const giving = await this.#nodeGives(node, this.#holder);
    const heldGiving = await heldUp(node);
    await node.kill();
    return { taking, giving, heldTaking, heldGiving };
  }

  async #nodeTakes(node: MirrorNode): Promise<NodeTransfers['taking']> {
    const { sessions } = this.#bench.options;
    let cpu = (): number => NaN;
    const taken = await nodeTakes(node, sessions, async () => {
      cpu = cpuClock(node);
      await this.#pulse.begin(node);
    });
    const beats = await this.#pulse.end(node);
    const span = this.#span(taken);
    const jitter = (await this.#heartbeats.take()).jitter(node, span);
    const transfer = { ...transferOf(taken, sessions), cpuSeconds: cpu(), jitter };
    await this.#check(node, taken.sessions);
    return { ...transfer, taking: beats.latency(span) };
  }

  async #nodeGives(node: MirrorNode, taker: Tomcat): Promise<NodeTransfers['giving']> {
    const { sessions } = this.#bench.options;
    const cpu = cpuClock(node);
    await this.#pulse.begin(node);
    const taken = await tomcatTakes(this.#receiver(taker), sessions);
    const beats = await this.#pulse.end(node);
    const span = this.#span(taken);
    const jitter = (await this.#heartbeats.take()).jitter(node, span);
    const transfer = { ...transferOf(taken, sessions), cpuSeconds: cpu(), jitter };
    await this.#check(taker, taken.sessions);
    return { ...transfer, giving: beats.latency(span) };
  }

  /** What a node took or gave is there whole. Sessions of the pulse may be among it. */
  async #check(member: Tomcat | MirrorNode, there: number): Promise<void> {
    const { sessions } = this.#bench.options;
    if (there < sessions || there > sessions + PULSE_SESSIONS) {
      throw new Error(`${sessions} sessions were given, ${there} have come`);
    }
    await this.#receiver(member).checkVisits(this.#sample);
  }

  /** What is measured by the way is that of the transfer alone; one of a few sessions is over before anything can be. */
  #span({ span }: Taken): Span | undefined {
    return this.#bench.options.smoke ? undefined : span;
  }

  #receiver<M extends Tomcat | MirrorNode>(member: M): Receiver<M> {
    return new Receiver(member.name, member, this.#group);
  }
}

/** What nodes did in each round, by their stores. */
export function byStore(bench: Workbench, rounds: readonly RelayRound[]): NodeTransfers[][] {
  return bench.options.stores.map((_, store) => rounds.flatMap(({ nodes }) => nodes[store] ?? []));
}

function transferOf(
  { seconds, sessions: there }: Taken,
  sessions: number,
): Pick<Transfer, 'seconds' | 'lost'> {
  return { seconds, lost: Math.max(0, sessions - there) };
}

/** Answers the seconds of CPU time since it was made. */
function cpuClock({ pid, name }: Tomcat | MirrorNode): () => number {
  if (pid === undefined) {
    throw new Error(`${name} does not run`);
  }
  const before = cpuTimeMs(pid);
  return () => (cpuTimeMs(pid) - before) / 1e3;
}

/** For how long the event loop was held up at most since it was last asked, in milliseconds. */
async function heldUp(node: MirrorNode): Promise<number> {
  return (await metric(node, 'nodejs_eventloop_lag_max_seconds')) * 1e3;
}
