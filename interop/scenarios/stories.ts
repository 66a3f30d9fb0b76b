import type { Cluster, Load, UserHistory } from '../kit/index.js';
import type { Stage } from './stage.js';

const MOST_VICTIMS = 3;
const MOST_LINES = 40;

/** @throws Error with the story of a session that has lost something, or its login */
export async function nothingLost(stage: Stage, load: Load): Promise<string> {
  const victims = load.histories.filter(({ faults }) => faults.length > 0);
  if (victims.length > 0) {
    throw new Error(await storyOf(stage.cluster, victims));
  }
  return `${load.requests} requests, ${load.unanswered.length} of them without an answer`;
}

/** @throws Error unless every request was answered */
export function allAnswered({ unanswered, requests }: Load): void {
  const [trouble] = unanswered;
  if (trouble !== undefined) {
    throw new Error(`${unanswered.length} of ${requests} requests have no answer, such as ${trouble}`);
  }
}

/**
 * What happened to users whose sessions have lost something: what each saw last, what the nodes' events say of the session,
 * and the lines of the logs that name it.
 */
async function storyOf(cluster: Cluster, victims: readonly UserHistory[]): Promise<string> {
  const stories = victims.slice(0, MOST_VICTIMS).map(async (victim) => {
    const ids = sessionsOf(victim);
    return [
      ...victim.faults.slice(0, MOST_VICTIMS),
      ...victim.story().map((line) => `  ${line}`),
      ...(await eventLines(cluster, ids)),
      ...logLines(cluster, ids),
    ].join('\n    ');
  });
  const faults = victims.reduce((sum, victim) => sum + victim.faults.length, 0);
  return [
    `${faults} faults in the sessions of ${victims.length} users:`,
    ...(await Promise.all(stories)),
  ].join('\n    ');
}

/** Every id that the session has had; the route at the end changes from Tomcat to Tomcat. */
function sessionsOf(victim: UserHistory): Set<string> {
  const ids = victim.requests.flatMap(({ answer }) => answer?.id ?? []);
  return new Set(ids.map((id) => id.split('.', 1)[0] ?? id));
}

async function eventLines(cluster: Cluster, ids: ReadonlySet<string>): Promise<string[]> {
  const lines = cluster.nodes
    .filter(({ running }) => running)
    .map(async (node) => {
      const events = await node.events();
      return events
        .filter((event) => names(event, ids))
        .slice(-MOST_LINES)
        .map((event) => `  ${node.name}: ${event}`);
    });
  return (await Promise.all(lines)).flat();
}

function logLines(cluster: Cluster, ids: ReadonlySet<string>): string[] {
  return [...cluster.tomcats, ...cluster.nodes].flatMap((member) =>
    member
      .logText()
      .split('\n')
      .filter((line) => names(line, ids))
      .slice(-MOST_LINES)
      .map((line) => `  ${member.name}: ${line.slice(0, 300)}`),
  );
}

function names(line: string, ids: ReadonlySet<string>): boolean {
  return [...ids].some((id) => line.includes(id));
}
