import type { TomcatVersion } from '../kit/index.js';
import type { Scenario } from './scenario.js';
import { LIFE_APPLICATIONS, sessionLife } from './session-life.js';

/** Tomcats without any node of ours: what they differ in between themselves, and what their logs say without us. */
function baseline(first: TomcatVersion, second: TomcatVersion): Scenario {
  return {
    name: `baseline/${first}+${second}`,
    about: 'two Tomcats alone',
    core: false,
    versions: [first, second],
    async run(stage) {
      const one = await stage.tomcat({ version: first, applications: LIFE_APPLICATIONS });
      const two = await stage.tomcat({ version: second, applications: LIFE_APPLICATIONS });
      await sessionLife(stage, one, two);
      await stage.logsAreClean();
    },
  };
}

export const baselines: readonly Scenario[] = [
  baseline('10.1', '10.1'),
  baseline('9', '9'),
  baseline('9', '10.1'),
];
