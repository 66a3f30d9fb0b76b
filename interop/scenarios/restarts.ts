import {
  APP,
  compareSessions,
  Visitor,
  type Application,
  type Dump,
  type MirrorNode,
  type Tomcat,
  type TomcatVersion,
} from '../kit/index.js';
import { LOGIN_NOT_TRANSFERRED, sendFailures } from './expected-lines.js';
import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';
import { FORM, LIFE_APPLICATIONS } from './session-life.js';
import { listed, type Stage } from './stage.js';

interface Restart extends Pick<Scenario, 'name' | 'about' | 'core'> {
  readonly before: TomcatVersion;
  readonly after: TomcatVersion;
  /** What happens to the node while no Tomcat is there. */
  readonly nodeGoes?: 'killed' | 'stopped';
  /** When it is started again. Default: it is ready before the Tomcats start; otherwise it listens, and no more. */
  readonly nodeStarts?: 'before' | 'just before';
  /** Whether the new Tomcats are started in the same second. */
  readonly together?: boolean;
}

/** Every Tomcat of a cluster is killed, and others come. */
function restart({
  name,
  about,
  core,
  before,
  after,
  nodeGoes,
  nodeStarts = 'before',
  together = false,
}: Restart): Scenario {
  return {
    name: `restart/${name}`,
    about,
    core,
    aboutTheNode: true,
    versions: [...new Set([before, after])],
    async run(stage) {
      const plan = { applications: LIFE_APPLICATIONS, channelSendOptions: 6 };
      const one = await stage.tomcat({ version: before, ...plan });
      const node = await stage.node();
      const two = await stage.tomcat({ version: before, ...plan });
      const people = await stage.agreeAfter('sessions with everything, and people logged in', () =>
        population(one, two),
      );
      stage.expectInLogs(sendFailures(one), sendFailures(two));
      const held = await stage.step('both Tomcats are killed', async () => {
        const dumps = await Promise.all(LIFE_APPLICATIONS.map((application) => one.dump(application)));
        await Promise.all([one.kill(), two.kill()]);
        return dumps;
      });
      if (nodeGoes !== undefined) {
        await stage.step(`the node is ${nodeGoes} too`, async () => {
          await (nodeGoes === 'killed' ? node.kill() : node.stop());
        });
      }
      const tomcats: Tomcat[] = [];
      for (const old of [one, two]) {
        tomcats.push(await stage.cluster.tomcat({ version: after, ...plan, inPlaceOf: old }));
      }
      await startNode(stage, node, nodeGoes === undefined ? 'it runs' : nodeStarts);
      await startTomcats(stage, tomcats, together);
      await stage.nodeStep('the node is ready', () => node.ready());
      stage.expectDifferences(LOGIN_NOT_TRANSFERRED);
      for (const tomcat of tomcats) {
        await stage.step(`${tomcat.name} has everything as it was`, () => hasAll(tomcat, held));
      }
      await stage.agreeAfter('people go on where they were, still logged in', () => goOn(people, tomcats));
      await stage.logsAreClean();
    },
  };
}

export interface People {
  readonly many: readonly Visitor[];
  /** With attributes of every type. */
  readonly rich: Visitor;
  readonly basic: Visitor;
  readonly form: Visitor;
}

export async function population(one: Tomcat, two: Tomcat): Promise<People> {
  const many = await populate([one, two], { count: 40 });
  const rich = new Visitor(APP);
  await rich.act(one, 'set-all', { seed: 9 });
  await rich.act(one, 'share', { seed: 9 });
  const basic = new Visitor(APP);
  await basic.act(two, 'set-all', { seed: 10 });
  await basic.logInBasic(two, 'alice', 'alice-secret');
  const form = new Visitor(FORM);
  await form.logInByForm(one, 'bob', 'bob-secret');
  await form.act(one, 'set-all', { seed: 11 });
  return { many, rich, basic, form };
}

async function startNode(
  stage: Stage,
  node: MirrorNode,
  how: 'it runs' | 'before' | 'just before',
): Promise<void> {
  if (how === 'before') {
    await stage.step('it is started again', () => node.start());
  } else if (how === 'just before') {
    await stage.step('it is started again, and not waited for', () => node.launch());
  }
}

async function startTomcats(stage: Stage, tomcats: readonly Tomcat[], together: boolean): Promise<void> {
  const names = tomcats.map(({ name, release }) => `${name} (${release})`);
  if (together) {
    await stage.step(`${names.join(', ')} start in the same second`, async () => {
      await Promise.all(tomcats.map((tomcat) => tomcat.start()));
    });
    return;
  }
  for (const [index, tomcat] of tomcats.entries()) {
    await stage.step(`${names[index] ?? ''} starts`, () => tomcat.start());
  }
}

/** What a state transfer does not carry, and what is not the same at any two Tomcats. */
const OTHERWISE = / (authType|lastAccessedTime): /;

export async function hasAll(tomcat: Tomcat, held: readonly Dump[]): Promise<string> {
  const counts = await Promise.all(
    held.map(async (before, index) => {
      const after = await tomcat.dump(LIFE_APPLICATIONS[index] as Application);
      const { sessions, attributes, betweenTomcats } = compareSessions([
        { tomcat: 'before', sessions: before.sessions },
        { tomcat: tomcat.name, sessions: after.sessions },
      ]);
      const differences = betweenTomcats.filter((line) => !OTHERWISE.test(line));
      if (differences.length > 0) {
        throw new Error(listed(`differences in ${before.context}`, differences));
      }
      return `${sessions} sessions, ${attributes} attributes`;
    }),
  );
  return counts.join('; ');
}

export async function goOn({ many, rich, basic, form }: People, tomcats: readonly Tomcat[]): Promise<void> {
  const [one, two] = tomcats as [Tomcat, Tomcat];
  const { shares } = await rich.act(two, '');
  const alice = await basic.visitProtected(one);
  const bob = await form.visitProtected(two);
  if (shares !== true || alice.user !== 'alice' || bob.user !== 'bob') {
    throw new Error(`shared: ${String(shares)}; ${String(alice.user)} and ${String(bob.user)} are logged in`);
  }
  await each(many, [two, one], async (visitor, tomcat) => {
    const { names = [] } = await visitor.act(tomcat, 'count');
    if (names.length < 2) {
      throw new Error(`a session has only ${names.join(', ')} left`);
    }
  });
}

export const restarts: readonly Scenario[] = [
  restart({
    name: '9-then-10.1',
    about: 'both Tomcats 9 are killed, two 10.1 come one after the other: the node has kept everything',
    core: false,
    before: '9',
    after: '10.1',
  }),
  restart({
    name: '10.1-then-9',
    about: 'the other way round, and the node is killed too',
    core: false,
    before: '10.1',
    after: '9',
    nodeGoes: 'killed',
  }),
  restart({
    name: 'together',
    about:
      'both Tomcats 9 and the node are killed; two 10.1 start in the same second while only the node holds state',
    core: true,
    before: '9',
    after: '10.1',
    nodeGoes: 'killed',
    together: true,
  }),
  restart({
    name: 'stopped',
    about: 'both Tomcats are killed, the node is stopped by SIGTERM; two Tomcats start in the same second',
    core: false,
    before: '10.1',
    after: '10.1',
    nodeGoes: 'stopped',
    together: true,
  }),
  restart({
    name: 'at-once',
    about:
      'the power fails and comes back: everything is killed; the Tomcats start while the node is still joining',
    core: false,
    before: '10.1',
    after: '9',
    nodeGoes: 'killed',
    nodeStarts: 'just before',
    together: true,
  }),
];
