import { setTimeout as sleep } from 'node:timers/promises';
import {
  APP,
  compareSessions,
  Load,
  Visitor,
  type Dump,
  type LoadBalancer,
  type MirrorNode,
  type Tomcat,
  type TomcatVersion,
} from '../kit/index.js';
import { ghosts, MAP_UNDER_LOAD, sendFailures } from './expected-lines.js';
import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';
import { FORM, LIFE_APPLICATIONS } from './session-life.js';
import { listed, type Stage } from './stage.js';
import { allAnswered, nothingLost } from './stories.js';

const BACKUP = { manager: 'BackupManager', channelSendOptions: 6 } as const;

const USERS = 18;

/** Long enough for every user to come by several times. */
const BETWEEN_MILLISECONDS = 2_000;

/** Within it a member that was killed is known to be gone, and its sessions have other backups. */
const SETTLED_MILLISECONDS = 6_000;

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

/** The Tomcat is killed, another one takes its place, and has every session as it was. */
async function goesOnElsewhere(
  stage: Stage,
  one: Tomcat,
  visitors: readonly Visitor[],
  kill: () => Promise<unknown> = () => one.kill(),
): Promise<void> {
  const before = await one.dump(APP);
  stage.expectInLogs(sendFailures(one));
  await stage.step(`${one.name} is killed`, kill);
  const two = await stage.tomcat({ version: '10.1', ...BACKUP, inPlaceOf: one });
  await stage.step('the visitors go on where they were', () =>
    each(visitors, [two], (visitor) => visitor.act(two, '')),
  );
  await stage.step(`${two.name} has every session as it was`, () => hasAll(two, before));
  await stage.agreeAfter('and changes them', () =>
    each(visitors, [two], (visitor) => visitor.act(two, 'count')),
  );
  await stage.logsAreClean();
}

async function hasAll(tomcat: Tomcat, before: Dump): Promise<string> {
  const now = await tomcat.dump(APP);
  const ids = new Set(before.sessions.map(({ id }) => id));
  const kept = now.sessions.filter(({ id }) => ids.has(id));
  const missing = before.sessions.length - kept.length;
  const { failures, betweenTomcats, attributes } = compareSessions([
    { tomcat: 'before', sessions: before.sessions },
    { tomcat: tomcat.name, sessions: kept },
  ]);
  const differences = [...failures, ...betweenTomcats].filter((line) => !/lastAccessedTime|isNew/.test(line));
  if (missing > 0 || differences.length > 0) {
    throw new Error(listed(`${missing} sessions are missing; differences`, differences));
  }
  return `${kept.length} sessions, ${attributes} attributes`;
}

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

interface UnderLoad {
  readonly stage: Stage;
  readonly load: Load;
  readonly balancer: LoadBalancer;
  readonly tomcats: readonly [Tomcat, Tomcat];
  readonly node: MirrorNode;
}

/** Two Tomcats, the node, and users who write into their sessions, who must lose nothing of what they were told. */
async function underLoad(
  stage: Stage,
  { version, sticky }: { readonly version: TomcatVersion; readonly sticky: boolean },
  story: (actors: UnderLoad) => Promise<void>,
): Promise<void> {
  const plan = { applications: LIFE_APPLICATIONS, version, ...BACKUP };
  const node = await stage.node();
  const one = await stage.tomcat(plan);
  const two = await stage.tomcat(plan);
  const balancer = await stage.balancer([one, two], { sticky });
  const applications = { basic: APP, form: FORM };
  // What a login form remembers is in the session of one Tomcat only.
  const load = new Load({ server: balancer, loginServer: one, users: USERS, applications });
  stage.expectInLogs(MAP_UNDER_LOAD, sendFailures(one), sendFailures(two), sendFailures(node));
  await stage.step(`${USERS} users`, async () => {
    await load.begin();
    await sleep(BETWEEN_MILLISECONDS);
  });
  try {
    await story({ stage, load, balancer, tomcats: [one, two], node });
  } finally {
    await load.stop();
  }
  await stage.step('nobody has lost anything', () => nothingLost(stage, load));
}

/**
 * While a member is dying the others fail by themselves: a Tomcat's `get` that cannot tell the dead one answers that there is no such
 * session (`AbstractReplicatedMap.get`: "Unable to replicate out data"). So nobody visits until the others know.
 */
const killedInTurn: Scenario = {
  name: 'backup/killed-in-turn',
  about:
    'two Tomcats with BackupManagers and the node, each killed in turn, no stickiness: no session is lost',
  core: false,
  aboutTheNode: true,
  needsLoadBalancer: true,
  versions: ['10.1'],
  run: (stage) =>
    underLoad(stage, { version: '10.1', sticky: false }, async ({ load, tomcats: [one, two], node }) => {
      for (const member of [one, two, node, one]) {
        await stage.step(`${member.name} is killed`, async () => {
          await load.stop();
          await member.kill();
          await sleep(SETTLED_MILLISECONDS);
          load.resume();
          await sleep(BETWEEN_MILLISECONDS);
        });
        stage.expectInLogs(ghosts(member));
        await stage.step(`${member.name} is back`, async () => {
          await member.start();
          await sleep(SETTLED_MILLISECONDS);
        });
      }
    }),
};

const nodePaused: Scenario = {
  name: 'backup/node-paused',
  about:
    'the node is frozen for ten seconds under load, and goes on; then a Tomcat is killed: no session is lost',
  core: false,
  aboutTheNode: true,
  needsLoadBalancer: true,
  versions: ['10.1'],
  run: (stage) =>
    underLoad(stage, { version: '10.1', sticky: true }, async ({ tomcats: [one], node }) => {
      await stage.step('the node is paused for 10 s', async () => {
        await node.pause();
        await sleep(10_000);
        await node.resume();
        await sleep(SETTLED_MILLISECONDS);
      });
      await stage.step(`${one.name} is killed`, async () => {
        await one.kill();
        await sleep(SETTLED_MILLISECONDS);
      });
    }),
};

function rollingUpgrade(from: TomcatVersion, to: TomcatVersion, core: boolean): Scenario {
  return {
    name: `backup/upgrade-${from}-to-${to}`,
    about: `two Tomcats ${from} with BackupManagers are replaced by ${to}, one after the other, under load: every session goes on living`,
    core,
    needsLoadBalancer: true,
    versions: [from, to],
    run: (stage) =>
      underLoad(stage, { version: from, sticky: true }, async ({ load, balancer, tomcats: [one, two] }) => {
        for (const old of [one, two]) {
          await stage.step(`${old.name} (${old.release}) is taken out, and stopped`, async () => {
            await balancer.takeOut(old);
            await old.stop();
          });
          const plan = { applications: LIFE_APPLICATIONS, version: to, ...BACKUP, inPlaceOf: old };
          const successor = await stage.tomcat(plan);
          await stage.step(`${successor.name} is put in its place`, () => balancer.putBack(successor));
          await sleep(BETWEEN_MILLISECONDS);
        }
        allAnswered(load);
      }),
  };
}

export const backupManagers: readonly Scenario[] = [
  oneTomcat,
  wholeCluster,
  killedInTurn,
  nodePaused,
  rollingUpgrade('9', '10.1', true),
  rollingUpgrade('10.1', '9', false),
];
