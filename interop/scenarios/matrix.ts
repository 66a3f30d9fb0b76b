import { Visitor, APP, type TomcatVersion } from '../kit/index.js';
import type { Scenario } from './scenario.js';
import { LIFE_APPLICATIONS, sessionLife } from './session-life.js';

const PAIRS: readonly (readonly [TomcatVersion, TomcatVersion])[] = [
  ['10.1', '10.1'],
  ['9', '9'],
  ['9', '10.1'],
];

/** Acknowledged and processed; asynchronous; acknowledged when received. */
const SEND_OPTIONS = [6, 8, 2];

/** One of each pair and of each option is enough to be run every time. */
const CORE = new Set(['10.1+10.1/8', '9+9/2', '9+10.1/6']);

function matrixScenario(first: TomcatVersion, second: TomcatVersion, channelSendOptions: number): Scenario {
  const name = `${first}+${second}/${channelSendOptions}`;
  return {
    name: `life/${name}`,
    about: `the life of sessions, Tomcats ${first} and ${second}, channelSendOptions ${channelSendOptions}, the node between them`,
    core: CORE.has(name),
    inContainers: true,
    versions: [first, second],
    async run(stage) {
      const plan = { applications: LIFE_APPLICATIONS, channelSendOptions };
      const one = await stage.tomcat({ version: first, ...plan });
      const early = new Visitor(APP);
      await stage.agreeAfter('a session before the node', () => early.act(one, 'set-all', { seed: 9 }));
      const node = await stage.node();
      const two = await stage.tomcat({ version: second, ...plan });
      await stage.agreeAfter('that session moves on', () => early.act(two, 'count'));
      await sessionLife(stage, node, one, two);
      await stage.logsAreClean();
    },
  };
}

/** Versions by send options, each through the whole life of sessions. */
export const matrix: readonly Scenario[] = PAIRS.flatMap(([first, second]) =>
  SEND_OPTIONS.map((options) => matrixScenario(first, second, options)),
);
