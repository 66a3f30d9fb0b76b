import { APP, eventually, type MirrorNode, type Tomcat, Visitor } from '../kit/index.js';
import { populate } from './population.js';
import type { Scenario } from './scenario.js';

const first: Scenario = {
  name: 'place/first',
  about: 'the node is there before any Tomcat',
  core: true,
  inContainers: true,
  versions: ['10.1'],
  async run(stage) {
    const node = await stage.node();
    const one = await stage.tomcat({ version: '10.1' });
    await stage.agreeAfter('40 sessions', () => populate([one], { count: 40 }));
    const two = await stage.tomcat({ version: '10.1' });
    await stage.agreeAfter('40 more, at both', () => populate([one, two], { count: 40 }));
    await stage.nodeStep('the node knows both', () => knows(node, [one, two]));
    await stage.logsAreClean();
  },
};

const last: Scenario = {
  name: 'place/last',
  about: 'the node comes when two Tomcats have sessions already',
  core: false,
  versions: ['9', '10.1'],
  async run(stage) {
    const one = await stage.tomcat({ version: '9' });
    const two = await stage.tomcat({ version: '10.1' });
    const visitor = new Visitor(APP);
    await stage.agreeAfter('80 sessions, one with everything', async () => {
      await populate([one, two], { count: 79 });
      await visitor.act(one, 'set-all', { seed: 2 });
      await visitor.act(two, 'share', { seed: 2 });
      await visitor.logInBasic(two, 'alice', 'alice-secret');
    });
    const node = await stage.node();
    // It comes when the node comes, and so knows no more: authType is not part of a state transfer.
    const three = await stage.tomcat({ version: '10.1' });
    await stage.agreeAfter('the states have been transferred', () => Promise.resolve());
    await stage.nodeStep('the node knows all three', () => knows(node, [one, two, three]));
    await stage.agreeAfter('40 more', () => populate([one, two, three], { count: 40 }));
    await stage.logsAreClean();
  },
};

const two: Scenario = {
  name: 'place/two-nodes',
  about: 'two nodes, one before and one behind the Tomcats',
  core: false,
  versions: ['10.1'],
  async run(stage) {
    const before = await stage.node();
    const one = await stage.tomcat({ version: '10.1' });
    await stage.agreeAfter('40 sessions', () => populate([one], { count: 40 }));
    const behind = await stage.node();
    const two = await stage.tomcat({ version: '10.1' });
    await stage.agreeAfter('40 more, at both', () => populate([one, two], { count: 40 }));
    await stage.nodeStep('each node knows the other', async () => {
      await knows(before, [behind, one, two]);
      await knows(behind, [before, one, two]);
    });
    await stage.logsAreClean();
  },
};

/** Waits until the node's members are exactly these, by the port of their receivers. */
export async function knows(node: MirrorNode, members: readonly (Tomcat | MirrorNode)[]): Promise<string> {
  const expected = members.map(({ address, receiverPort }) => `${address}:${receiverPort}`).sort();
  await eventually(`${node.name} knows exactly ${expected.join(', ')}`, 15_000, async () => {
    const known = (await node.members()).map(({ host, port }) => `${host}:${port}`).sort();
    return known.join() === expected.join() || undefined;
  });
  return `${expected.length} members`;
}

export const places: readonly Scenario[] = [first, last, two];
