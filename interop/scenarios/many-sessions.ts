import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';

interface Many extends Pick<Scenario, 'name' | 'about' | 'core'> {
  readonly channelSendOptions: number;
  readonly sendAllSessions: boolean;
}

function many({ name, about, core, channelSendOptions, sendAllSessions }: Many): Scenario {
  return {
    name,
    about,
    core,
    versions: ['9', '10.1'],
    async run(stage) {
      const managerAttributes = { sendAllSessions, sendAllSessionsSize: 200, sendAllSessionsWaitTime: 100 };
      const plan = { channelSendOptions, managerAttributes };
      const one = await stage.tomcat({ version: '10.1', ...plan });
      await stage.node();
      const visitors = await stage.agreeAfter('500 sessions', () =>
        populate([one], { count: 500, attributes: 8 }),
      );
      const two = await stage.tomcat({ version: '9', ...plan });
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
  many({
    name: 'many/1000',
    about: '1,000 sessions with mixed types',
    core: true,
    channelSendOptions: 6,
    sendAllSessions: true,
  }),
  many({
    name: 'many/1000-asynchronous',
    about: '1,000 sessions with mixed types, channelSendOptions 8, where Tomcats lose deltas that overtake',
    core: false,
    channelSendOptions: 8,
    sendAllSessions: true,
  }),
  many({
    name: 'many/1000-in-batches',
    about: '1,000 sessions with mixed types, sendAllSessions="false"',
    core: false,
    channelSendOptions: 6,
    sendAllSessions: false,
  }),
];
