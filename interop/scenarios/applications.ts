import { APP, eventually, Visitor, type Application, type Expected } from '../kit/index.js';
import { populate } from './population.js';
import type { Scenario } from './scenario.js';

const ROOT: Application = { kind: 'tiny', path: '' };
const TINY: Application = { kind: 'tiny', path: '/tiny' };
const VERSIONED: Application = { kind: 'tiny', path: '/versioned', version: '003' };

/** What Tomcats tell of a context that one of them has and the other has not. */
function strangers(context: string): readonly Expected[] {
  const why = `only one of the Tomcats has ${context}`;
  return [
    `Context manager doesn't exist:[${context}]`,
    `Manager [${context}]: In reply to the 'Get all session data'`,
  ].map((text) => ({ pattern: new RegExp(text.replaceAll(/[[\]]/g, '\\$&')), why }));
}

const differ: Scenario = {
  name: 'applications/differ',
  about: 'applications that differ from Tomcat to Tomcat, and one that comes later',
  core: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const one = await stage.tomcat({ version: '10.1', applications: [APP, ROOT] });
    await stage.agreeAfter('20 sessions in the root application', () =>
      populate([one], { count: 20, application: ROOT }),
    );
    const node = await stage.node();
    stage.expectInLogs(...strangers('localhost#/tiny'), ...strangers('localhost#/versioned##003'));
    const two = await stage.tomcat({ version: '9', applications: [APP, TINY, VERSIONED] });
    await stage.nodeStep('the node asks only who has the new contexts', async () => {
      await eventually(
        'the node has their state',
        15_000,
        async () => (await node.contexts()).length === 4 || undefined,
      );
      // The first of each two lines is for the starting Tomcat's own question; a second would be ours.
      const asked = one.logText().match(/Context manager doesn't exist:\[.*\]/g) ?? [];
      if (asked.length !== 2) {
        throw new Error(`${one.name} was asked for contexts that it does not have: ${asked.join(', ')}`);
      }
    });
    await stage.agreeAfter('20 sessions in each', async () => {
      await populate([one, two], { count: 20 });
      await populate([two], { count: 20, application: TINY });
      await populate([two], { count: 20, application: VERSIONED });
    });
    await stage.nodeStep('the node knows every context', async () => {
      const names = (await node.contexts()).map(({ name }) => name).sort();
      const expected = ['localhost#', 'localhost#/app', 'localhost#/tiny', 'localhost#/versioned##003'];
      if (names.join() !== expected.join()) {
        throw new Error(`it knows ${names.join(', ')} instead of ${expected.join(', ')}`);
      }
      return names.join(', ');
    });
    await stage.logsAreClean();
  },
};

const hostLevel: Scenario = {
  name: 'applications/cluster-in-host',
  about: 'the Cluster element in the Host: contexts without the host name',
  core: false,
  versions: ['10.1'],
  async run(stage) {
    const one = await stage.tomcat({ version: '10.1', level: 'Host', applications: [APP, ROOT] });
    await stage.node();
    const two = await stage.tomcat({ version: '10.1', level: 'Host', applications: [APP, ROOT] });
    await stage.agreeAfter('20 sessions in each', async () => {
      await populate([one, two], { count: 20 });
      await populate([one, two], { count: 20, application: ROOT });
    });
    const visitor = new Visitor(APP);
    await stage.agreeAfter('attributes of every type', () => visitor.act(one, 'set-all', { seed: 6 }));
    await stage.agreeAfter('the other Tomcat goes on', () => visitor.act(two, 'count'));
    await stage.logsAreClean();
  },
};

export const applications: readonly Scenario[] = [differ, hostLevel];
