import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';

function many(name: string, about: string, core: boolean, sendAllSessions: boolean): Scenario {
  return {
    name: `many/${name}`,
    about,
    core,
    versions: ['9', '10.1'],
    async run(stage) {
      const managerAttributes = { sendAllSessions, sendAllSessionsSize: 200, sendAllSessionsWaitTime: 100 };
      const one = await stage.tomcat({ version: '10.1', managerAttributes });
      await stage.node();
      const visitors = await stage.agreeAfter('500 sessions', () =>
        populate([one], { count: 500, attributes: 8 }),
      );
      const two = await stage.tomcat({ version: '9', managerAttributes });
      await stage.agreeAfter('500 more, at both', () => populate([one, two], { count: 500, attributes: 8 }));
      await stage.node();
      await stage.agreeAfter('a second node has come, and the sessions change', () =>
        each(visitors, [two, one], (visitor, tomcat, seed) =>
          visitor.act(tomcat, 'set-some', { seed: seed + 1, count: 3 }),
        ),
      );
      await stage.logsAreClean();
    },
  };
}

export const manySessions: readonly Scenario[] = [
  many('1000', '1,000 sessions with mixed types', true, true),
  many('1000-in-batches', '1,000 sessions with mixed types, sendAllSessions="false"', false, false),
];
