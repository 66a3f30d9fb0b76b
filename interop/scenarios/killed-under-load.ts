import { setTimeout as sleep } from 'node:timers/promises';
import { APP, Load, type MirrorNode, type Tomcat } from '../kit/index.js';
import { chosenKills, randomNumbers } from './chance.js';
import { ghosts, LOGIN_NOT_TRANSFERRED, sendFailures, SENT_AGAIN, UNDER_LOAD } from './expected-lines.js';
import type { Scenario } from './scenario.js';
import { FORM, LIFE_APPLICATIONS } from './session-life.js';
import type { Stage } from './stage.js';
import { allAnswered, nothingLost } from './stories.js';

const USERS = 18;
const KILLS = 20;

/** The longest time that the node is up, or gone, before it is killed, or started. */
const MAX_PAUSE_MILLISECONDS = 1_500;

const killedUnderLoad: Scenario = {
  name: 'acknowledged/under-load',
  about: `the node is killed ${KILLS} times under a load of requests, and then everything at once: what users were told is there`,
  core: false,
  aboutTheNode: true,
  needsLoadBalancer: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const plan = { applications: LIFE_APPLICATIONS, channelSendOptions: 6 };
    const one = await stage.tomcat({ version: '10.1', ...plan });
    const node = await stage.node();
    const two = await stage.tomcat({ version: '9', ...plan });
    const balancer = await stage.balancer([one, two]);
    const load = new Load({ server: balancer, users: USERS, applications: { basic: APP, form: FORM } });
    stage.expectInLogs(sendFailures(node), ghosts(node), sendFailures(one), sendFailures(two));
    stage.expectInLogs(UNDER_LOAD, SENT_AGAIN);
    await stage.step(`${USERS} users`, () => load.begin());
    try {
      await killAgainAndAgain(stage, node);
      await stage.step('nobody has noticed', () => {
        allAnswered(load);
        return nothingLost(stage, load);
      });
      await stage.step('everything is killed at once', () => killAll([one, two], node));
    } finally {
      await load.stop();
    }
    await stage.step('the node starts, alone', () => node.start());
    await stage.step('it has what every user was told', () => hasEverything(stage, node, load));
    await stage.step('the Tomcats start', () => Promise.all([one.start(), two.start()]));
    await stage.step('the users go on', async () => {
      load.resume();
      await sleep(3_000);
      await load.stop();
      return nothingLost(stage, load);
    });
    stage.expectDifferences(LOGIN_NOT_TRANSFERRED);
    await stage.agreeAfter('they have gone', () => Promise.resolve());
    await stage.logsAreClean();
  },
};

async function killAgainAndAgain(stage: Stage, node: MirrorNode): Promise<void> {
  const { seed, kills } = chosenKills(KILLS);
  const random = randomNumbers(seed);
  await stage.step(`the node is killed ${kills} times (seed ${seed})`, async () => {
    for (let kill = 1; kill <= kills; kill++) {
      await sleep(random() * MAX_PAUSE_MILLISECONDS);
      await node.kill();
      await sleep(random() * MAX_PAUSE_MILLISECONDS);
      await node.start();
    }
    await sleep(MAX_PAUSE_MILLISECONDS);
  });
}

/** The Tomcats are frozen first, so that they can tell their users nothing that the node does not get. */
async function killAll(tomcats: readonly Tomcat[], node: MirrorNode): Promise<void> {
  await Promise.all(tomcats.map((tomcat) => tomcat.pause()));
  await node.kill();
  await Promise.all(tomcats.map((tomcat) => tomcat.kill()));
}

/** Holds what the node shows against what each user was told. */
async function hasEverything(stage: Stage, node: MirrorNode, load: Load): Promise<string> {
  const [basic, form] = await Promise.all(
    LIFE_APPLICATIONS.map(({ path }) => node.sessions(`localhost#${path}`)),
  );
  for (const history of load.histories) {
    const session = basic?.get(history.session ?? '') ?? form?.get(history.session ?? '');
    const attributes = Object.entries(session?.attributes ?? {});
    history.found(Object.fromEntries(attributes.map(([name, { value }]) => [name, value as number])));
  }
  return nothingLost(stage, load);
}

export const killsUnderLoad: readonly Scenario[] = [killedUnderLoad];
