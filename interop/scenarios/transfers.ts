import { APP, eventually, Visitor } from '../kit/index.js';
import { LOGIN_NOT_TRANSFERRED, TOO_LARGE } from './expected-lines.js';
import { knows } from './places.js';
import { populate } from './population.js';
import type { Scenario } from './scenario.js';

const CONTEXT = 'localhost#/app';

const donor: Scenario = {
  name: 'transfer/node-gives',
  about: 'the only Tomcat dies; the next one gets its sessions from the node',
  core: true,
  aboutTheNode: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const one = await stage.tomcat({ version: '10.1' });
    const node = await stage.node();
    const visitor = new Visitor(APP);
    await stage.agreeAfter('60 sessions, one with everything', async () => {
      await populate([one], { count: 59 });
      await visitor.act(one, 'set-all', { seed: 8 });
      await visitor.act(one, 'share', { seed: 8 });
      await visitor.logInBasic(one, 'alice', 'alice-secret');
    });
    await stage.step(`${one.name} is killed`, async () => {
      await one.kill();
      return knows(node, []);
    });
    stage.expectDifferences(LOGIN_NOT_TRANSFERRED);
    const two = await stage.tomcat({ version: '9' });
    await stage.agreeAfter(`${two.name} has asked the node`, () => Promise.resolve());
    await stage.step('it has them all, and what was shared is shared', async () => {
      const { sessions } = await two.dump(APP);
      const { shares, user } = await visitor.act(two, '');
      if (sessions.length !== 60 || shares !== true || user !== 'alice') {
        throw new Error(`${sessions.length} sessions, shared: ${String(shares)}, user: ${String(user)}`);
      }
    });
    const three = await stage.tomcat({ version: '10.1' });
    await stage.agreeAfter('40 more', () => populate([two, three], { count: 40 }));
    await stage.logsAreClean();
  },
};

const aborted: Scenario = {
  name: 'transfer/aborted-attribute',
  about: 'a state transfer in which an attribute fails to serialise half way',
  core: false,
  inContainers: true,
  versions: ['10.1'],
  async run(stage) {
    stage.expectInLogs(
      {
        pattern: /DeltaRequest|serialize|NotSerializableException/,
        why: 'a Tomcat says what it could not serialise',
      },
      { pattern: /WriteAbortedException/, why: 'a Tomcat says what it could not read' },
    );
    stage.expectDifferences({
      pattern: /attribute bad: tomcat1 tribes.interop.model.Unwritable absent, node1? absent/,
      why: 'what cannot be serialised cannot be replicated',
    });
    const one = await stage.tomcat({ version: '10.1' });
    const visitor = new Visitor(APP);
    await stage.step('sessions, one with an attribute that cannot be serialised', async () => {
      await populate([one], { count: 10 });
      await visitor.act(one, 'set-all', { seed: 1 });
      await visitor.act(one, 'set', { name: 'bad', type: 'Unwritable' });
      await visitor.act(one, 'set', { name: 'good', type: 'custom-class', seed: 2 });
      await populate([one], { count: 10 });
    });
    await stage.node();
    await stage.tomcat({ version: '10.1' });
    await stage.agreeAfter('the state is transferred', () => Promise.resolve());
    await stage.logsAreClean();
  },
};

const doesNotCome: Scenario = {
  name: 'transfer/does-not-come',
  about:
    'a Tomcat says that it has sent its sessions, but they were too much for one message: the node says so',
  core: true,
  aboutTheNode: true,
  versions: ['10.1'],
  async run(stage) {
    const one = await stage.tomcat({ version: '10.1' });
    const visitors = await stage.step('60 sessions', () => populate([one], { count: 60 }));
    stage.expectInLogs(TOO_LARGE);
    const node = await stage.node(['--receiver.maxFrameBytes', '16384']);
    await stage.step('it is ready, and says what is missing', () =>
      eventually('the warning', 30_000, async () => {
        const { status, warnings } = await node.health();
        const warning = warnings?.find((text) => text.includes('sendAllSessions="false"'));
        return status === 'ok' && warning !== undefined ? warning : undefined;
      }),
    );
    await stage.step('it shows of whom', async () => {
      const [member] = (await node.contexts()).find(({ name }) => name === CONTEXT)?.members ?? [];
      if (member?.state !== 'complete' || member.missing !== 'broken-off') {
        throw new Error(JSON.stringify(member));
      }
    });
    await stage.step('what changes comes all the same', async () => {
      const visitor = new Visitor(APP);
      await visitor.act(one, 'set-some', { seed: 3, count: 2 });
      await eventually(
        'the new session',
        10_000,
        async () => (await node.sessionIds(CONTEXT)).length > 0 || undefined,
      );
    });
    const whole = await stage.node();
    await stage.step('another node has them all, and nothing to say', async () => {
      await eventually('all sessions', 10_000, async () =>
        (await whole.sessionIds(CONTEXT)).length > visitors.length ? true : undefined,
      );
      const { warnings } = await whole.health();
      if (warnings !== undefined) {
        throw new Error(warnings.join('\n'));
      }
    });
    await stage.logsAreClean();
  },
};

export const transfers: readonly Scenario[] = [donor, aborted, doesNotCome];
