import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTomcat, type TomcatVersion } from './installation.js';
import { MirrorNode } from './mirror-node.js';
import { LoopbackNetwork, type Host, type Network } from './network.js';
import { compareSessions, type Comparison } from './session-comparison.js';
import type { Dump } from './dump.js';
import { Tomcat } from './tomcat.js';
import type { ClusterSettings, Group, ServerSettings } from './tomcat-settings.js';
import { buildApplications, type Application } from './web-application.js';

export interface TomcatPlan
  extends Omit<ClusterSettings, 'group'>, Pick<ServerSettings, 'backgroundProcessorDelay'> {
  readonly version: TomcatVersion;
  /** Default: the application `app` at /app. */
  readonly applications?: readonly Application[];
  readonly replicationLogLevel?: string;
}

/** What every node was found to hold, beside what the Tomcats hold. */
export interface ClusterComparison extends Comparison {
  /** Changes when any Tomcat's sessions do. */
  readonly fingerprint: string;
}

const LAST_LINES = 8;

export const APP: Application = { kind: 'app', path: '/app' };

/** One multicast group, and the Tomcats and nodes in it. */
export class Cluster {
  readonly group: Group;
  readonly directory: string;
  readonly tomcats: Tomcat[] = [];
  readonly nodes: MirrorNode[] = [];
  readonly #network: Network;
  readonly #hosts = new Map<Tomcat | MirrorNode, Host>();

  private constructor(network: Network, group: Group) {
    this.#network = network;
    this.group = group;
    this.directory = mkdtempSync(join(tmpdir(), 'tribes-interop-'));
  }

  static async open(network: Network = new LoopbackNetwork()): Promise<Cluster> {
    return new Cluster(network, await network.group());
  }

  /** A further Tomcat, not started. */
  async tomcat(plan: TomcatPlan): Promise<Tomcat> {
    const installation = findTomcat(plan.version);
    const host = this.#network.host();
    const number = this.tomcats.length + 1;
    const tomcat = new Tomcat({
      name: `tomcat${number}`,
      jvmRoute: `t${number}`,
      installation,
      directory: this.directory,
      address: host.address,
      commandPrefix: host.commandPrefix,
      httpPort: await host.freePort(),
      receiverPort: await host.freePort(),
      applications: plan.applications ?? [APP],
      documentBases: await documentBases(plan.version),
      cluster: { ...plan, group: this.group },
      ...(plan.backgroundProcessorDelay === undefined
        ? {}
        : { backgroundProcessorDelay: plan.backgroundProcessorDelay }),
      ...(plan.replicationLogLevel === undefined ? {} : { replicationLogLevel: plan.replicationLogLevel }),
    });
    this.tomcats.push(tomcat);
    this.#hosts.set(tomcat, host);
    return tomcat;
  }

  /** A further node of ours, not started. */
  async node(flags: readonly string[] = []): Promise<MirrorNode> {
    const host = this.#network.host();
    const node = new MirrorNode({
      name: `node${this.nodes.length + 1}`,
      directory: this.directory,
      address: host.address,
      commandPrefix: host.commandPrefix,
      httpPort: await host.freePort(),
      receiverPort: await host.freePort(),
      group: this.group,
      flags,
    });
    this.nodes.push(node);
    this.#hosts.set(node, host);
    return node;
  }

  hostOf(member: Tomcat | MirrorNode): Host {
    const host = this.#hosts.get(member);
    if (host === undefined) {
      throw new Error(`${member.name} is not of this cluster`);
    }
    return host;
  }

  /** Holds every running node against every running Tomcat, context by context; and the Tomcats among themselves. */
  async compare(): Promise<ClusterComparison> {
    const contexts = await this.#dumps();
    const nodes = this.nodes.filter(({ running }) => running);
    const comparisons: Comparison[] = [];
    for (const [context, dumps] of contexts) {
      for (const node of nodes) {
        comparisons.push(compareSessions(dumps, { name: node.name, sessions: await node.sessions(context) }));
      }
      if (nodes.length === 0) {
        comparisons.push(compareSessions(dumps));
      }
    }
    return {
      sessions: sum(comparisons.map(({ sessions }) => sessions)),
      attributes: sum(comparisons.map(({ attributes }) => attributes)),
      failures: comparisons.flatMap(({ failures }) => failures),
      betweenTomcats: comparisons.flatMap(({ betweenTomcats }) => betweenTomcats),
      notTheLatest: sum(comparisons.map(({ notTheLatest }) => notTheLatest)),
      fingerprint: JSON.stringify([...contexts]),
    };
  }

  /** How each member's log ends. */
  lastWords(): string {
    const words = [...this.tomcats, ...this.nodes].map((member) => {
      const lines = member.logText().trimEnd().split('\n').slice(-LAST_LINES);
      return [`    ${member.name} ends:`, ...lines.map((line) => `      ${line.slice(0, 400)}`)].join('\n');
    });
    return ['', ...words].join('\n');
  }

  /** Kills whatever still runs, and takes the files away unless they shall stay to be looked at. */
  async close({ keepFiles = false } = {}): Promise<void> {
    await Promise.all([...this.tomcats, ...this.nodes].map((member) => member.kill()));
    if (!keepFiles) {
      rmSync(this.directory, { recursive: true, force: true });
    }
  }

  async #dumps(): Promise<Map<string, ({ tomcat: string } & Dump)[]>> {
    const contexts = new Map<string, ({ tomcat: string } & Dump)[]>();
    for (const tomcat of this.tomcats.filter(({ running }) => running)) {
      for (const application of tomcat.options.applications) {
        const dump = await tomcat.dump(application);
        contexts.set(dump.context, [...(contexts.get(dump.context) ?? []), { tomcat: tomcat.name, ...dump }]);
      }
    }
    return contexts;
  }
}

const built = new Map<TomcatVersion, Promise<string>>();
let buildDirectory: string | undefined;

/** Compiled once for each version in this process; taken away when it exits. */
function documentBases(version: TomcatVersion): Promise<string> {
  if (buildDirectory === undefined) {
    const directory = mkdtempSync(join(tmpdir(), 'tribes-webapps-'));
    process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
    buildDirectory = directory;
  }
  const known = built.get(version);
  const building = known ?? buildApplications(findTomcat(version), buildDirectory);
  built.set(version, building);
  return building;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
