import { setTimeout as sleep } from 'node:timers/promises';
import { APP, Visitor, type Link, type MirrorNode, type Tomcat } from '../kit/index.js';
import { sendFailures } from './expected-lines.js';
import { knows } from './places.js';
import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';
import type { Stage } from './stage.js';

/** Longer than dropTime and the failure detector's probes. */
const CUT_MILLISECONDS = 8_000;

const cut: Scenario = {
  name: 'hosts/cut',
  about: "a Tomcat's link is cut while sessions go on at the other, and mended",
  core: false,
  network: 'hosts',
  versions: ['10.1'],
  async run(stage) {
    const one = await stage.tomcat({ version: '10.1', channelSendOptions: 6 });
    const node = await stage.node();
    const two = await stage.tomcat({ version: '10.1', channelSendOptions: 6 });
    const visitors = await stage.agreeAfter('40 sessions', () => populate([one, two], { count: 40 }));
    stage.expectInLogs(sendFailures(one), sendFailures(two), sendFailures(node));
    const link = linkOf(stage, one);
    await stage.step(`${one.name} is cut off; the others go on`, async () => {
      link.cut();
      await sleep(CUT_MILLISECONDS);
      await each(visitors.slice(0, 20), [two], (visitor, tomcat) => visitor.act(tomcat, 'count'));
    });
    await stage.nodeStep('the node takes it for gone', () => knows(node, [two]));
    await stage.step('the link is mended', () => {
      link.mend();
      return Promise.resolve();
    });
    await stage.nodeStep('the node knows both', () => knows(node, [one, two]));
    await stage.agreeAfter('the visitors go on at both', () =>
      each(visitors, [one, two], (visitor, tomcat) => visitor.act(tomcat, 'count')),
    );
    await stage.logsAreClean();
  },
};

const nodeCut: Scenario = {
  name: 'hosts/node-cut',
  about: "the node's link is cut while sessions change, and mended",
  core: false,
  network: 'hosts',
  aboutTheNode: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const one = await stage.tomcat({ version: '10.1', channelSendOptions: 6 });
    const node = await stage.node();
    const two = await stage.tomcat({ version: '9', channelSendOptions: 6 });
    const visitors = await stage.agreeAfter('40 sessions', () => populate([one, two], { count: 40 }));
    stage.expectInLogs(sendFailures(node));
    const link = linkOf(stage, node);
    await stage.step('the node is cut off; the Tomcats go on', async () => {
      link.cut();
      await sleep(CUT_MILLISECONDS);
      await each(visitors.slice(0, 20), [two], (visitor, tomcat) => visitor.act(tomcat, 'count'));
      await new Visitor(APP).act(one, 'set-all', { seed: 1 });
      await each(visitors.slice(20), [one], (visitor, tomcat) => visitor.act(tomcat, 'invalidate'));
    });
    await stage.agreeAfter('the link is mended', () => {
      link.mend();
      return knows(node, [one, two]);
    });
    await stage.agreeAfter('the visitors go on', () =>
      each(visitors.slice(0, 20), [one, two], (visitor, tomcat) => visitor.act(tomcat, 'count')),
    );
    await stage.logsAreClean();
  },
};

function linkOf(stage: Stage, member: Tomcat | MirrorNode): Link {
  const link = stage.cluster.place.link(member);
  if (link === undefined) {
    throw new Error(`${member.name} has no link of its own`);
  }
  return link;
}

export const hosts: readonly Scenario[] = [cut, nodeCut];
