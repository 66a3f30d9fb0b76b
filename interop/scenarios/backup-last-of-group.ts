import { setTimeout as sleep } from 'node:timers/promises';
import { APP, type MirrorNode, type Tomcat, type Visitor } from '../kit/index.js';
import { goOn, idsOf, PLAN } from './backup-bridge.js';
import { CONTEXT, hasAll, SETTLED_MILLISECONDS } from './backup-sessions.js';
import { OTHER_GROUP, sendFailures } from './expected-lines.js';
import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';
import { listed, type Stage } from './stage.js';

const SESSIONS = 24;

/**
 * A Tomcat that is alone in its group has mirrors only for its backups, and gives each session to one of them. When it goes, each
 * mirror has a part of the sessions, and one of the two is whom the Tomcats of the other group ask.
 */
const lastOfGroup: Scenario = {
  name: 'backup/last-of-group',
  about:
    'two mirrors keep the backups of the only Tomcat 10.1, beside a 9: it is killed, and the 9 has every session; then the 9 is killed, and then a mirror, and a 10.1 that starts has them from the other one',
  core: true,
  aboutTheNode: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const nodes = [await stage.node(), await stage.node()] as const;
    const ten = await stage.tomcat({ version: '10.1', ...PLAN });
    const nine = await stage.tomcat({ version: '9', ...PLAN });
    stage.expectInLogs(OTHER_GROUP);
    const visitors = await stage.step(`${SESSIONS} sessions at ${ten.name}`, () =>
      populate([ten], { count: SESSIONS, attributes: 2 }),
    );
    await stage.step('each mirror has the backup of some', () => shared(nodes, visitors));
    await killed(stage, ten);
    await stage.step(`they go on at ${nine.name}`, () => goOn(visitors, nine));
    const before = await nine.dump(APP);
    await killed(stage, nine);
    await killed(stage, nodes[0]);
    const next = await stage.tomcat({ version: '10.1', ...PLAN, inPlaceOf: ten });
    await stage.step(`they go on at ${next.name}`, () =>
      each(visitors, [next], (visitor) => visitor.act(next, '')),
    );
    await stage.step('it has every one as it was', () => hasAll(next, before));
    await stage.step('and changes them', () => goOn(visitors, next));
    await stage.logsAreClean();
  },
};

/** Without a word; then that is known everywhere, and what it had has other backups. */
async function killed(stage: Stage, member: Tomcat | MirrorNode): Promise<void> {
  stage.expectInLogs(sendFailures(member));
  await stage.step(`${member.name} is killed`, async () => {
    await member.kill();
    await sleep(SETTLED_MILLISECONDS);
  });
}

/** @throws Error unless each session has its backup at one of the mirrors, and neither has all */
async function shared(nodes: readonly MirrorNode[], visitors: readonly Visitor[]): Promise<string> {
  const backups = new Map<string, number>(nodes.map(({ name }) => [name, 0]));
  const homeless: string[] = [];
  for (const id of idsOf(visitors)) {
    const sessions = await Promise.all(nodes.map((node) => node.session(CONTEXT, id)));
    const [holder, second] = nodes.filter((_, number) => sessions[number]?.backup?.role === 'backup');
    if (holder === undefined || second !== undefined) {
      homeless.push(`${id}: ${sessions.map((session) => session?.backup?.role ?? 'none').join(', ')}`);
    } else {
      backups.set(holder.name, (backups.get(holder.name) ?? 0) + 1);
    }
  }
  if (homeless.length > 0 || [...backups.values()].includes(0)) {
    throw new Error(listed('sessions have not one backup each', [...homeless, ...backups.keys()]));
  }
  return [...backups].map(([name, count]) => `${name} ${count}`).join(', ');
}

export const backupLastOfGroup: readonly Scenario[] = [lastOfGroup];
