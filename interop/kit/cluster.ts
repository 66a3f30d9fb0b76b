import type { Dump } from './dump.js';
import type { MirrorNode } from './mirror-node.js';
import type { NodeFlags, Place, TomcatPlan } from './place.js';
import { compareSessions, type Comparison } from './session-comparison.js';
import type { Tomcat } from './tomcat.js';

/** What every node was found to hold, beside what the Tomcats hold. */
export interface ClusterComparison extends Comparison {
  /** Changes when any Tomcat's sessions do. */
  readonly fingerprint: string;
}

/** How many lines of each log `lastWords` has. */
const LAST_LINES = 8;

/** The Tomcats and nodes of one multicast group. */
export class Cluster {
  readonly place: Place;
  readonly tomcats: Tomcat[] = [];
  readonly nodes: MirrorNode[] = [];

  constructor(place: Place) {
    this.place = place;
  }

  /** A further Tomcat, not started. */
  async tomcat(plan: TomcatPlan): Promise<Tomcat> {
    const tomcat = await this.place.tomcat(this.tomcats.length + 1, plan);
    this.tomcats.push(tomcat);
    return tomcat;
  }

  /** A further node of ours, not started. */
  async node(flags: NodeFlags = []): Promise<MirrorNode> {
    const node = await this.place.node(this.nodes.length + 1, flags);
    this.nodes.push(node);
    return node;
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
  close({ keepFiles = false } = {}): Promise<void> {
    return this.place.close(keepFiles);
  }

  async #dumps(): Promise<Map<string, ({ tomcat: string } & Dump)[]>> {
    const contexts = new Map<string, ({ tomcat: string } & Dump)[]>();
    for (const tomcat of this.tomcats.filter(({ running }) => running)) {
      for (const application of tomcat.applications) {
        const dump = await tomcat.dump(application);
        contexts.set(dump.context, [...(contexts.get(dump.context) ?? []), { tomcat: tomcat.name, ...dump }]);
      }
    }
    return contexts;
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
