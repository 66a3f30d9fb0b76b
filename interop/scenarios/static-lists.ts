import type { Endpoint, TomcatVersion } from '../kit/index.js';
import { ASKED_IN_ANOTHER_FORM, LOGIN_NOT_TRANSFERRED, sendFailures } from './expected-lines.js';
import { knows } from './places.js';
import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';

const flags = (members: readonly Endpoint[]): string[] => [
  ...['--membership.type', 'static'],
  '--staticMembership.members',
  members.map(({ address, receiverPort }) => `${address}:${receiverPort}`).join(','),
];

/** Of one line: Tomcats of 9 and 10.1 cannot read each other's member messages, and so do not find each other by lists. */
function lists(version: TomcatVersion): Scenario {
  return {
    name: `static/${version}`,
    about:
      'two Tomcats with a StaticMembershipService, and a node that is in no list of theirs: one is killed, and comes back with a list of all',
    core: true,
    aboutTheNode: true,
    versions: [version],
    async run(stage) {
      const one = await stage.tomcat({ version, channelSendOptions: 6, staticMembers: [] });
      const two = await stage.tomcat({ version, channelSendOptions: 6, staticMembers: [one] });
      if (version === '9') {
        stage.expectInLogs(ASKED_IN_ANOTHER_FORM);
      }
      const visitors = await stage.step('20 sessions', () => populate([one, two], { count: 20 }));
      const node = await stage.node(flags([one, two]));
      await stage.nodeStep('the node knows both', () => knows(node, [one, two]));
      await stage.agreeAfter('20 more', () => populate([one, two], { count: 20 }));
      stage.expectInLogs(sendFailures(one));
      await stage.step('a Tomcat is killed', () => one.kill());
      await stage.nodeStep('the node knows the other', () => knows(node, [two]));
      await stage.agreeAfter('its visitors go on', () =>
        each(visitors, [two], (visitor, tomcat) => visitor.act(tomcat, 'count')),
      );
      stage.expectDifferences(LOGIN_NOT_TRANSFERRED);
      const back = await stage.tomcat({
        ...{ version, channelSendOptions: 6, inPlaceOf: one },
        staticMembers: [two, node],
      });
      await stage.nodeStep('the node knows both again', () => knows(node, [back, two]));
      await stage.agreeAfter('20 more at both', () => populate([back, two], { count: 20 }));
      stage.expectInLogs(sendFailures(node));
      await stage.nodeStep('the node goes, and comes back', async () => {
        await node.stop();
        await node.start();
        return knows(node, [back, two]);
      });
      await stage.agreeAfter('the visitors go on at both', () =>
        each(visitors, [back, two], (visitor, tomcat) => visitor.act(tomcat, 'count')),
      );
      await stage.logsAreClean();
    },
  };
}

export const staticLists: readonly Scenario[] = [lists('9'), lists('10.1')];
