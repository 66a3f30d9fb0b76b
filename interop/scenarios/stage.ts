import { setTimeout as sleep } from 'node:timers/promises';
import {
  APP,
  Cluster,
  compareStreams,
  troubles,
  type BalancerOptions,
  type ClusterComparison,
  type Expected,
  type LoadBalancer,
  type MirrorNode,
  type Place,
  type Tomcat,
  type TomcatPlan,
} from '../kit/index.js';

/** One line of a scenario's account. */
export interface StepReport {
  readonly step: string;
  readonly milliseconds: number;
  readonly note: string;
}

export interface StageOptions {
  readonly place: Place;
  /** Whether the Tomcats shall be alone: what they differ in, and what their logs say, without us. */
  readonly withoutNode: boolean;
  /** Whether logs and configurations stay even where all is well. */
  readonly keepFiles: boolean;
  report(report: StepReport): void;
}

export interface AgreeOptions {
  /** Milliseconds until all must agree. Default 20,000. */
  readonly within?: number;
  /** Milliseconds for which the Tomcats are given time to agree between themselves, too. Default 0: how they differ is only told. */
  readonly tomcatsWithin?: number;
}

/** Nothing is compared sooner than this after a step. */
const QUIET_MILLISECONDS = 400;

/** Where a scenario takes place: its cluster, and the steps it goes through. */
export class Stage {
  readonly cluster: Cluster;
  readonly #options: StageOptions;
  readonly #expectedLines: Expected[] = [];
  readonly #expectedDifferences: Expected[] = [];

  constructor(options: StageOptions) {
    this.cluster = new Cluster(options.place);
    this.#options = options;
  }

  /** Does something; what it answers is told with the step. */
  async step<T>(step: string, body: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const answer = await body();
    const note = typeof answer === 'string' ? answer : '';
    this.#options.report({ step, milliseconds: performance.now() - start, note });
    return answer;
  }

  /** Starts a further Tomcat. */
  async tomcat(plan: TomcatPlan): Promise<Tomcat> {
    const tomcat = await this.cluster.tomcat(plan);
    await this.step(`${tomcat.name} (${tomcat.release}) starts`, () => tomcat.start());
    return tomcat;
  }

  /** Starts a further node of ours; makes one that is not there where the Tomcats shall be alone. */
  async node(flags: readonly string[] = []): Promise<MirrorNode> {
    const node = await this.cluster.node(flags);
    if (this.hasNode) {
      await this.step(`${node.name} starts`, () => node.start());
    }
    return node;
  }

  /** Whether nodes of ours are started. */
  get hasNode(): boolean {
    return !this.#options.withoutNode;
  }

  /** A step that asks a node; left out where there is none. */
  async nodeStep(step: string, body: () => Promise<unknown>): Promise<void> {
    if (this.hasNode) {
      await this.step(step, body);
    }
  }

  /** Starts a load balancer in front of these Tomcats, which run. */
  async balancer(tomcats: readonly Tomcat[], options: BalancerOptions = {}): Promise<LoadBalancer> {
    const balancer = await this.cluster.place.balancer(tomcats, options);
    await this.step('a load balancer starts', () => balancer.start());
    return balancer;
  }

  /** Does something, and then waits until every node holds what the Tomcats hold. */
  async agreeAfter<T>(step: string, body: () => Promise<T>, options: AgreeOptions = {}): Promise<T> {
    const answers: T[] = [];
    await this.step(step, async () => {
      answers.push(await body());
      return this.#agreement(options);
    });
    return answers[0] as T;
  }

  /** Every attribute's Java stream that a node hands out is read by a JVM as what the Tomcat has. */
  async streamsAreReadable(node: MirrorNode, reader: Tomcat): Promise<void> {
    await this.nodeStep(`the Java streams of ${node.name}, read by ${reader.name}`, async () => {
      const others = this.cluster.tomcats.filter((tomcat) => tomcat !== reader);
      const { streams, identical, failures } = await compareStreams(node, APP, reader, others);
      if (failures.length > 0 || streams === 0) {
        throw new Error(listed(`of ${streams} streams are wrong`, failures));
      }
      return `${streams} streams, ${identical} of them byte for byte what a Tomcat would write`;
    });
  }

  /** From here on, these lines may stand in the Tomcats' logs: the scenario does something that causes them. */
  expectInLogs(...expected: readonly Expected[]): void {
    this.#expectedLines.push(...expected);
  }

  /** From here on, a node may differ from the Tomcats in this. */
  expectDifferences(...expected: readonly Expected[]): void {
    this.#expectedDifferences.push(...expected);
  }

  /** No Tomcat has anything to complain of. */
  async logsAreClean(): Promise<void> {
    await this.step('the logs are clean', () => {
      const complaints = this.cluster.tomcats.flatMap((tomcat) =>
        troubles(tomcat.logText(), this.#expectedLines).map(({ text }) => `${tomcat.name}: ${text}`),
      );
      if (complaints.length > 0) {
        throw new Error(listed('in the logs', complaints));
      }
      return Promise.resolve(`${this.cluster.tomcats.length} Tomcats`);
    });
  }

  /**
   * Compares until nothing differs and the Tomcats themselves have come to rest. Tomcats that do not come to agree are
   * compared as they are when the time is over.
   */
  async #agreement({ within = 20_000, tomcatsWithin = 0 }: AgreeOptions): Promise<string> {
    const start = performance.now();
    let before = '';
    for (;;) {
      await sleep(QUIET_MILLISECONDS);
      const comparison = await this.cluster.compare();
      const unexpected = comparison.failures.filter((failure) => !this.#isExpected(failure));
      const passed = performance.now() - start;
      const late = passed > within;
      const atOdds = comparison.betweenTomcats.length > 0 && passed < tomcatsWithin;
      if (unexpected.length > 0 && late) {
        throw new Error(listed('the node differs', unexpected));
      }
      if (unexpected.length === 0 && (late || (comparison.fingerprint === before && !atOdds))) {
        return summary(comparison);
      }
      before = comparison.fingerprint;
    }
  }

  #isExpected(difference: string): boolean {
    return this.#expectedDifferences.some(({ pattern }) => pattern.test(difference));
  }
}

function summary({ sessions, attributes, failures, betweenTomcats }: ClusterComparison): string {
  return [
    `${sessions} sessions, ${attributes} attributes`,
    ...(failures.length === 0 ? [] : [listed('expected differences', failures, 2)]),
    ...(betweenTomcats.length === 0 ? [] : [listed('differences between the Tomcats', betweenTomcats, 2)]),
  ].join('; ');
}

/** So many things, and the first of them. */
export function listed(title: string, lines: readonly string[], most = 12): string {
  const shown = lines.slice(0, most).map((line) => `\n    ${line}`);
  const rest = lines.length > most ? `\n    and ${lines.length - most} more` : '';
  return `${lines.length} ${title}:${shown.join('')}${rest}`;
}
