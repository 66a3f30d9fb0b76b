import type { Expected, MirrorNode } from '../kit/index.js';
import { ghosts, sendFailures } from './expected-lines.js';
import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';

function nodeDeparture(
  name: string,
  about: string,
  core: boolean,
  leave: (node: MirrorNode) => Promise<unknown>,
  expected: (node: MirrorNode) => readonly Expected[],
): Scenario {
  return {
    name: `node/${name}`,
    about,
    core,
    aboutTheNode: true,
    inContainers: true,
    versions: ['9', '10.1'],
    async run(stage) {
      const one = await stage.tomcat({ version: '10.1', channelSendOptions: 6 });
      const node = await stage.node();
      const two = await stage.tomcat({ version: '9', channelSendOptions: 6 });
      const visitors = await stage.agreeAfter('60 sessions', () => populate([one, two], { count: 60 }));
      stage.expectInLogs(...expected(node));
      await stage.step('the node goes', () => leave(node));
      await stage.agreeAfter('changes, new sessions and ends without it', async () => {
        await each(visitors.slice(0, 20), [one, two], (visitor, tomcat) => visitor.act(tomcat, 'count'));
        await each(visitors.slice(20, 40), [one, two], (visitor, tomcat) =>
          visitor.act(tomcat, 'invalidate'),
        );
        await populate([one, two], { count: 20 });
      });
      await stage.agreeAfter('the node comes back', () => node.start());
      await stage.agreeAfter('and goes on', () =>
        each(visitors.slice(40), [one, two], (visitor, tomcat) => visitor.act(tomcat, 'count')),
      );
      await stage.logsAreClean();
    },
  };
}

export const nodeDepartures: readonly Scenario[] = [
  nodeDeparture(
    'killed',
    'the node is killed by SIGKILL and started again on its data',
    true,
    (node) => node.kill(),
    (node) => [sendFailures(node), ghosts(node)],
  ),
  nodeDeparture(
    'stopped',
    'the node is stopped by SIGTERM and started again on its data',
    false,
    (node) => node.stop(),
    () => [],
  ),
];
