import {
  APP,
  eventually,
  exchange,
  HttpStatusError,
  Visitor,
  type Application,
  type MirrorNode,
  type ServedState,
  type Tomcat,
  type TomcatVersion,
} from '../kit/index.js';
import { sendFailures } from './expected-lines.js';
import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';
import { FORM } from './session-life.js';
import type { Stage } from './stage.js';

const CONTEXT = 'localhost#/app';
const LEAN: Application = { kind: 'lean', path: '/app' };
const MODEL = 'tribes.interop.model';

/** At one Tomcat, all at once, each with an attribute of each type. */
async function makeMany(tomcat: Tomcat, count: number, types: readonly string[]): Promise<void> {
  const path = `/app/many?count=${count}&types=${types.join(',')}`;
  const response = await exchange(tomcat.url + path, { method: 'POST', timeout: 120_000 });
  if (response.status !== 200) {
    throw new HttpStatusError(path, response);
  }
}

async function nodeHas(node: MirrorNode, sessions: number): Promise<string> {
  return eventually(`${node.name} has ${sessions} sessions`, 60_000, async () => {
    const found = (await node.contexts()).find(({ name }) => name === CONTEXT)?.sessions;
    return found === sessions ? `${found} sessions` : undefined;
  });
}

/** What the node says that it has given to a member that asked it. */
async function served(node: MirrorNode, { name, address, receiverPort }: Tomcat): Promise<ServedState> {
  const members = (await node.contexts()).find((context) => context.name === CONTEXT)?.members ?? [];
  const found = members.find((member) => member.name === `tcp://${address}:${receiverPort}`)?.served;
  if (found === undefined) {
    throw new Error(`${node.name} has not been asked by ${name}`);
  }
  return found;
}

/** It starts with only the node there, and has all sessions but the one that names a class which it lacks. */
async function losesOnlyThat(
  stage: Stage,
  version: TomcatVersion,
  expected: { readonly sessions: number; readonly poisoned: string },
): Promise<Tomcat> {
  const tomcat = await stage.tomcat({ version, applications: [LEAN] });
  await stage.step('it has all sessions but that one', async () => {
    const ids = new Set((await tomcat.dump(LEAN)).sessions.map(({ id }) => id));
    if (ids.size !== expected.sessions - 1 || ids.has(expected.poisoned)) {
      throw new Error(`${ids.size} of ${expected.sessions} sessions, poison: ${ids.has(expected.poisoned)}`);
    }
    return `${ids.size} of ${expected.sessions}`;
  });
  return tomcat;
}

const poison: Scenario = {
  name: 'donor/poison',
  about: 'one attribute among 10,000 sessions whose class the next Tomcats, of both lines, do not have',
  core: false,
  aboutTheNode: true,
  versions: ['9', '10.1'],
  async run(stage) {
    stage.expectInLogs({
      pattern: new RegExp(`ClassNotFoundException[^]*${MODEL}\\.NotEverywhere`),
      why: 'a Tomcat says which class it does not have',
    });
    const one = await stage.tomcat({ version: '10.1', channelSendOptions: 6 });
    const node = await stage.node();
    const visitor = new Visitor(APP);
    const sessions = 10_000;
    await stage.step('10,000 sessions, a tenth of them with classes of the application', async () => {
      await makeMany(one, sessions - 1000, ['String', 'ArrayList']);
      await makeMany(one, 999, ['String', 'custom-class']);
      await visitor.act(one, 'set', { name: 'poison', type: 'NotEverywhere' });
      return nodeHas(node, sessions);
    });
    const { id: poisoned } = await visitor.act(one, '');
    await stage.step(`${one.name} is killed`, () => one.kill());
    const nine = await losesOnlyThat(stage, '9', { sessions, poisoned });
    await stage.step('the node has not given up on any', async () => {
      const { sessions: given, failed } = await served(node, nine);
      if (given !== sessions || failed !== 0) {
        throw new Error(`${given} sessions given, ${failed} failed`);
      }
    });
    stage.expectInLogs(sendFailures(nine));
    await stage.step(`${nine.name} is killed`, () => nine.kill());
    await losesOnlyThat(stage, '10.1', { sessions, poisoned });
    await stage.logsAreClean();
  },
};

const servletApi: Scenario = {
  name: 'donor/servlet-api',
  about: 'a value of javax.servlet: the next Tomcat 9 gets it, the next Tomcat 10.1 all the rest',
  core: false,
  aboutTheNode: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const one = await stage.tomcat({ version: '9', channelSendOptions: 6 });
    const node = await stage.node();
    const visitor = new Visitor(APP);
    await stage.agreeAfter('a session with a cookie and more', async () => {
      await visitor.act(one, 'set', { name: 'cookie', type: 'Cookie' });
      await visitor.act(one, 'set', { name: 'list', type: 'ArrayList' });
      await visitor.act(one, 'set', { name: 'mine', type: 'custom-class' });
    });
    await stage.step(`${one.name} is killed`, () => one.kill());
    const nine = await stage.tomcat({ version: '9' });
    await stage.agreeAfter(`${nine.name} has everything`, () => Promise.resolve());
    stage.expectInLogs(sendFailures(nine), {
      pattern: /ClassNotFoundException: javax\.servlet\.http\.Cookie/,
      why: 'nobody can know the line of a Tomcat that has just started: it gets the value in a message of its own',
    });
    await stage.step(`${nine.name} is killed`, () => nine.kill());
    const ten = await stage.tomcat({ version: '10.1' });
    await stage.step(`${ten.name} has the session without the cookie`, async () => {
      const [session] = (await ten.dump(APP)).sessions;
      const names = Object.keys(session?.attributes ?? {});
      if (names.sort().join() !== 'list,mine') {
        throw new Error(`it has ${names.join()}`);
      }
      const { sessions, failed } = await served(node, ten);
      return `${sessions} session given, ${failed} failed`;
    });
    await stage.logsAreClean();
  },
};

const loginForm: Scenario = {
  name: 'donor/login-form',
  about: 'a visitor who has the login form before him when all Tomcats are gone fills it in at the next ones',
  core: false,
  aboutTheNode: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const plan = { applications: [FORM], channelSendOptions: 6 };
    const one = await stage.tomcat({ version: '10.1', ...plan });
    await stage.node();
    const [bob, alice] = [new Visitor(FORM), new Visitor(FORM)];
    await stage.agreeAfter('two login forms wait', async () => {
      await bob.showLoginForm(one);
      await alice.showLoginForm(one);
    });
    await stage.step(`${one.name} is killed`, () => one.kill());
    const ten = await stage.tomcat({ version: '10.1', ...plan });
    await stage.step(`one is filled in at ${ten.name}, which knows where to go on to`, async () => {
      const { user } = await bob.fillInLoginForm(ten, 'bob', 'bob-secret');
      return `user ${user}`;
    });
    stage.expectInLogs(sendFailures(ten));
    await stage.step(`${ten.name} is killed`, () => ten.kill());
    const nine = await stage.tomcat({ version: '9', ...plan });
    await stage.step(`the other one at ${nine.name}, and who has logged in goes on`, async () => {
      const { user } = await alice.fillInLoginForm(nine, 'alice', 'alice-secret');
      const again = await bob.act(nine, 'count');
      if (again.user !== 'bob') {
        throw new Error(`${nine.name} takes bob for ${again.user}`);
      }
      return `users ${user} and ${again.user}`;
    });
    await stage.logsAreClean();
  },
};

/** So that a state of 2,000 sessions takes seconds. */
const SLOWLY = ['--manager.sendAllSessionsSize', '50', '--manager.sendAllSessionsWaitTime', '100'];

const changing: Scenario = {
  name: 'donor/changes-meanwhile',
  about: 'sessions change, are made, get new ids and end while a starting Tomcat gets them from the node',
  core: false,
  aboutTheNode: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const node = await stage.node(SLOWLY);
    const one = await stage.tomcat({ version: '10.1', channelSendOptions: 6 });
    const visitors = await stage.step('2,000 sessions', async () => {
      await makeMany(one, 1900, ['String', 'ArrayList']);
      const visitors = await populate([one], { count: 100, attributes: 3 });
      await nodeHas(node, 2000);
      return visitors;
    });
    stage.expectInLogs({
      pattern: /ClusterSessionListener\.messageReceived Context manager doesn't exist/,
      why: 'what the other Tomcat sends reaches it before its application is there',
    });
    const nine = await stage.cluster.tomcat({ version: '9', channelSendOptions: 6 });
    await stage.agreeAfter(
      `${nine.name} starts, and the sessions change all the time`,
      async () => {
        const start = nine.start();
        const isStarted = start.then(() => true);
        const notYet = Promise.resolve(false);
        for (let rounds = 1; !(await Promise.race([isStarted, notYet])); rounds++) {
          await each(visitors, [one], (visitor, tomcat, number) => {
            switch ((number + rounds) % 10) {
              case 0:
                return visitor.act(tomcat, 'change-id');
              case 1:
                return new Visitor(APP).act(tomcat, 'set-some', { seed: number, count: 2 });
              default:
                return visitor.act(tomcat, 'set-some', { seed: number + rounds, count: 3 });
            }
          });
        }
        await start;
      },
      { within: 60_000 },
    );
    await stage.step('it got them from the node', async () => {
      const { sessions, failed } = await served(node, nine);
      if (sessions < 2000 || failed > 0) {
        throw new Error(`${sessions} sessions given, ${failed} failed`);
      }
      return `${sessions} sessions`;
    });
    await stage.logsAreClean();
  },
};

export const donors: readonly Scenario[] = [poison, servletApi, loginForm, changing];
