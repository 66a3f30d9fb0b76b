import { setTimeout as sleep } from 'node:timers/promises';
import type { Load, MirrorNode, Tomcat, TomcatVersion } from '../kit/index.js';
import {
  BACKUP,
  BETWEEN_MILLISECONDS,
  nothingLostUnderLoad,
  SETTLED_MILLISECONDS,
  underLoad,
  USERS,
  type UnderLoad,
} from './backup-sessions.js';
import type { Scenario } from './scenario.js';
import { LIFE_APPLICATIONS } from './session-life.js';
import { allAnswered, nothingLost } from './stories.js';

function rollingUpgrade(from: TomcatVersion, to: TomcatVersion, core: boolean): Scenario {
  return {
    name: `backup/upgrade-${from}-to-${to}`,
    about: `two Tomcats ${from} with BackupManagers are replaced by ${to}, one after the other, under load: every session goes on living`,
    core,
    needsLoadBalancer: true,
    versions: [from, to],
    run: (stage) =>
      nothingLostUnderLoad(stage, { version: from, sticky: true }, async (actors) => {
        await replaceBoth(actors, to);
        allAnswered(actors.load);
      }),
  };
}

const compared: Scenario = {
  name: 'backup/upgrade-compared',
  about:
    'two Tomcats 9 with BackupManagers are replaced by 10.1 under load, first by themselves, which loses sessions, and then with the node, which loses none',
  core: false,
  aboutTheNode: true,
  needsLoadBalancer: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const successors: Tomcat[] = [];
    const alone = await underLoad(stage, { version: '9', sticky: true, nodes: [] }, async (actors) => {
      successors.push(...(await replaceBoth(actors, '10.1')));
    });
    await stage.step('the Tomcats by themselves have lost sessions', () => Promise.resolve(losses(alone)));
    await stage.step('they are stopped', () => Promise.all(successors.map((tomcat) => tomcat.stop())));
    await nothingLostUnderLoad(stage, { version: '9', sticky: true }, async (actors) => {
      await replaceBoth(actors, '10.1');
      allAnswered(actors.load);
    });
  },
};

/** @throws Error when nobody has lost anything: then there is nothing to compare with */
function losses({ histories }: Load): string {
  const losers = histories.filter(({ faults }) => faults.length > 0);
  if (losers.length === 0) {
    throw new Error('no session was lost without the node, too');
  }
  return `${losers.length} of ${USERS} users have lost their sessions`;
}

/**
 * The bridge is what the mirror with the lowest id does. Until the other one knows that it is gone, and has told the Tomcats, nobody
 * of the other group knows of the sessions: whoever came by then would begin a new one. So nobody visits.
 */
const secondMirror: Scenario = {
  name: 'backup/second-mirror',
  about:
    'two mirrors, two Tomcats 9 with BackupManagers that are replaced by 10.1 under load; in between the mirror that bridges is killed, and the other one does it: nothing is lost',
  core: false,
  aboutTheNode: true,
  needsLoadBalancer: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const nodes = [await stage.node(), await stage.node()] as const;
    const plan = { version: '9', sticky: true, nodes } as const;
    const load = await underLoad(stage, plan, async (actors) => {
      const [one, two] = actors.tomcats;
      await replace(actors, one, '10.1');
      const [bridging, other] = await byUniqueId(nodes);
      await stage.step(`${bridging.name}, which bridges, is killed; ${other.name} takes over`, async () => {
        await actors.load.stop();
        await bridging.kill();
        await sleep(SETTLED_MILLISECONDS);
        actors.load.resume();
        await sleep(BETWEEN_MILLISECONDS);
      });
      await replace(actors, two, '10.1');
      await stage.step(`${other.name} has carried sessions across`, async () => {
        const bridged = await other.metric('tribes_backup_bridged_total');
        if (bridged === 0) {
          throw new Error('it has carried none');
        }
        return `${bridged} takeovers`;
      });
      allAnswered(actors.load);
    });
    await stage.step('nobody has lost anything', () => nothingLost(stage, load));
  },
};

/** The lowest first. Each knows only the ids of others. */
async function byUniqueId(
  nodes: readonly [MirrorNode, MirrorNode],
): Promise<readonly [MirrorNode, MirrorNode]> {
  const [first, second] = nodes;
  const idAt = async (asked: MirrorNode, { receiverPort }: MirrorNode): Promise<string> =>
    (await asked.members()).find(({ port }) => port === receiverPort)?.uniqueId ?? '';
  return (await idAt(second, first)) < (await idAt(first, second)) ? [first, second] : [second, first];
}

/** Replaces the Tomcats one after the other; answers those that run then. */
async function replaceBoth(actors: UnderLoad, version: TomcatVersion): Promise<Tomcat[]> {
  const successors: Tomcat[] = [];
  for (const old of actors.tomcats) {
    successors.push(await replace(actors, old, version));
  }
  return successors;
}

async function replace({ stage, balancer }: UnderLoad, old: Tomcat, version: TomcatVersion): Promise<Tomcat> {
  await stage.step(`${old.name} (${old.release}) is taken out, and stopped`, async () => {
    await balancer.takeOut(old);
    await old.stop();
  });
  const plan = { applications: LIFE_APPLICATIONS, version, ...BACKUP, inPlaceOf: old };
  const successor = await stage.tomcat(plan);
  await stage.step(`${successor.name} is put in its place`, () => balancer.putBack(successor));
  await sleep(BETWEEN_MILLISECONDS);
  return successor;
}

export const backupUpgrades: readonly Scenario[] = [
  rollingUpgrade('9', '10.1', true),
  rollingUpgrade('10.1', '9', false),
  compared,
  secondMirror,
];
