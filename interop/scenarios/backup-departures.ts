import { setTimeout as sleep } from 'node:timers/promises';
import { BETWEEN_MILLISECONDS, nothingLostUnderLoad, SETTLED_MILLISECONDS } from './backup-sessions.js';
import { ghosts } from './expected-lines.js';
import type { Scenario } from './scenario.js';

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
    nothingLostUnderLoad(
      stage,
      { version: '10.1', sticky: false },
      async ({ load, tomcats: [one, two], node }) => {
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
      },
    ),
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
    nothingLostUnderLoad(stage, { version: '10.1', sticky: true }, async ({ tomcats: [one], node }) => {
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

export const backupDepartures: readonly Scenario[] = [killedInTurn, nodePaused];
