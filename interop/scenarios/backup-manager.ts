import { APP, eventually, Visitor, type MirrorNode } from '../kit/index.js';
import { BACKUP, CONTEXT, goesOnElsewhere, hasAll } from './backup-sessions.js';
import { ACCESS_NOT_TOLD, ghosts, MAP_UNDER_LOAD, sendFailures } from './expected-lines.js';
import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';

const oneTomcat: Scenario = {
  name: 'backup/one-tomcat-killed',
  about:
    'one Tomcat with a BackupManager and the node; it is killed, another one starts and has every session',
  core: true,
  aboutTheNode: true,
  versions: ['10.1'],
  async run(stage) {
    await stage.node();
    const one = await stage.tomcat({ version: '10.1', ...BACKUP });
    const visitors = await stage.agreeAfter('40 sessions', () => populate([one], { count: 40 }));
    await stage.agreeAfter('each is changed', () =>
      each(visitors, [one], (visitor) => visitor.act(one, 'count')),
    );
    const rich = new Visitor(APP);
    await stage.agreeAfter('one with everything', () => rich.act(one, 'set-all', { seed: 9 }));
    await stage.agreeAfter('one ends, one gets another id', async () => {
      await visitors.pop()?.act(one, 'invalidate');
      await visitors[0]?.act(one, 'change-id');
    });
    await goesOnElsewhere(stage, one, [...visitors, rich]);
  },
};

const wholeCluster: Scenario = {
  name: 'backup/whole-cluster-restarted',
  about:
    'a Tomcat with a BackupManager and the node are both killed; the node starts, and a Tomcat: the sessions are there',
  core: true,
  aboutTheNode: true,
  versions: ['10.1'],
  async run(stage) {
    const node = await stage.node();
    const one = await stage.tomcat({ version: '10.1', ...BACKUP });
    const visitors = await stage.agreeAfter('40 sessions', () => populate([one], { count: 40 }));
    await goesOnElsewhere(stage, one, visitors, async () => {
      await one.pause();
      await node.kill();
      await one.kill();
      await node.start();
    });
  },
};

const nodeKilled: Scenario = {
  name: 'backup/node-killed-as-primary',
  about:
    'the node is killed while it is the primary of all sessions, and while it is their backup: it comes back on its data, and no session is lost',
  core: false,
  aboutTheNode: true,
  versions: ['10.1'],
  async run(stage) {
    const node = await stage.node();
    const one = await stage.tomcat({ version: '10.1', ...BACKUP });
    const visitors = await stage.agreeAfter('40 sessions', () => populate([one], { count: 40 }));
    stage.expectDifferences(ACCESS_NOT_TOLD);
    const two = await goesOnElsewhere(stage, one, visitors, async () => {
      await one.kill();
      await isToAll(node, 'primary', visitors.length);
      await node.kill();
      await node.start();
    });
    await stage.step(`the node is the backup of what ${two.name} has`, () =>
      isToAll(node, 'backup', visitors.length),
    );
    stage.expectInLogs(sendFailures(node), ghosts(node), MAP_UNDER_LOAD);
    await stage.step('it is killed again; sessions change without it, and new ones are made', async () => {
      await node.kill();
      await each(visitors, [two], (visitor) => visitor.act(two, 'count'));
      visitors.push(...(await populate([two], { count: 10 })));
    });
    const without = await two.dump(APP);
    await stage.agreeAfter('it comes back, and has what it has missed', async () => {
      await node.start();
      return isToAll(node, 'backup', visitors.length);
    });
    await stage.step(`${two.name} has lost nothing`, () => hasAll(two, without));
    await goesOnElsewhere(stage, two, visitors);
  },
};

/** Waits until the node is to so many sessions what `role` says, and knows no others. */
async function isToAll(node: MirrorNode, role: string, count: number): Promise<string> {
  await eventually(`${node.name} is the ${role} of ${count} sessions`, 30_000, async () => {
    const sessions = [...(await node.sessions(CONTEXT)).values()];
    const fit = sessions.length === count && sessions.every(({ backup }) => backup?.role === role);
    return fit || undefined;
  });
  return `${count} sessions`;
}

export const backupManagers: readonly Scenario[] = [oneTomcat, wholeCluster, nodeKilled];
