import { setTimeout as sleep } from 'node:timers/promises';
import { APP, Load, type LoadBalancer, type Tomcat, type TomcatVersion } from '../kit/index.js';
import { LOGIN_NOT_TRANSFERRED, sendFailures, SENT_AGAIN, UNDER_LOAD } from './expected-lines.js';
import type { Scenario } from './scenario.js';
import { FORM, LIFE_APPLICATIONS } from './session-life.js';
import type { Stage } from './stage.js';
import { allAnswered, nothingLost } from './stories.js';

const USERS = 24;

/** Long enough for every user to come by several times. */
const BETWEEN_MILLISECONDS = 2_000;

function rollingUpgrade(from: TomcatVersion, to: TomcatVersion, core: boolean): Scenario {
  return {
    name: `upgrade/${from}-to-${to}`,
    about: `two Tomcats ${from} are replaced by ${to}, one after the other, and the node restarted, under a load of requests: none loses its session`,
    core,
    needsLoadBalancer: true,
    versions: [from, to],
    async run(stage) {
      const plan = { applications: LIFE_APPLICATIONS, channelSendOptions: 6 };
      const one = await stage.tomcat({ version: from, ...plan });
      const node = await stage.node();
      const two = await stage.tomcat({ version: from, ...plan });
      const balancer = await stage.balancer([one, two]);
      const load = new Load({ server: balancer, users: USERS, applications: { basic: APP, form: FORM } });
      await stage.step(`${USERS} users`, async () => {
        await load.begin();
        await sleep(BETWEEN_MILLISECONDS);
      });
      try {
        await replace(stage, balancer, one, { version: to, ...plan });
        await sleep(BETWEEN_MILLISECONDS);
        await replace(stage, balancer, two, { version: to, ...plan });
        await sleep(BETWEEN_MILLISECONDS);
        await stage.nodeStep('the node is stopped, too', () => node.stop());
        await stage.nodeStep('and started again', () => node.start());
        await sleep(BETWEEN_MILLISECONDS);
      } finally {
        await load.stop();
      }
      await stage.step('every request was answered and found its session', async () => {
        allAnswered(load);
        return nothingLost(stage, load);
      });
      stage.expectDifferences(LOGIN_NOT_TRANSFERRED);
      await stage.agreeAfter('the users have gone', () => Promise.resolve());
      await stage.logsAreClean();
    },
  };
}

async function replace(
  stage: Stage,
  balancer: LoadBalancer,
  old: Tomcat,
  plan: Parameters<Stage['tomcat']>[0],
): Promise<void> {
  await stage.step(`${old.name} (${old.release}) is taken out, and stopped`, async () => {
    await balancer.takeOut(old);
    stage.expectInLogs(sendFailures(old), UNDER_LOAD, SENT_AGAIN);
    await old.stop();
  });
  const successor = await stage.tomcat({ ...plan, inPlaceOf: old });
  await stage.step(`${successor.name} is put in its place`, () => balancer.putBack(successor));
}

export const rollingUpgrades: readonly Scenario[] = [
  rollingUpgrade('9', '10.1', true),
  rollingUpgrade('10.1', '9', false),
];
