import { APP, Visitor, type DumpedSession } from '../kit/index.js';
import { LOGIN_NOT_TRANSFERRED, sendFailures } from './expected-lines.js';
import type { Scenario } from './scenario.js';
import { FORM } from './session-life.js';

const APPLICATIONS = [APP, FORM];

const listeners: Scenario = {
  name: 'transfer/listeners-and-notes',
  about: 'replicated listeners and the note of a form login come to a Tomcat that starts from the node',
  core: false,
  aboutTheNode: true,
  versions: ['10.1'],
  async run(stage) {
    const plan = { version: '10.1', applications: APPLICATIONS, channelSendOptions: 6 } as const;
    const one = await stage.tomcat(plan);
    const node = await stage.node();
    const watched = new Visitor(APP);
    const waiting = new Visitor(FORM);
    await stage.agreeAfter('a session gets a listener, another one, and loses none by a change', async () => {
      await watched.act(one, 'listen', { name: 'first' });
      await watched.act(one, 'listen', { name: 'second' });
      await watched.act(one, 'count');
    });
    await stage.agreeAfter('a login form waits', () => waiting.showLoginForm(one));
    stage.expectInLogs(sendFailures(one));
    stage.expectDifferences(LOGIN_NOT_TRANSFERRED);
    const before = await Promise.all(APPLICATIONS.map((application) => one.dump(application)));
    await stage.step(`${one.name} is killed`, () => one.kill());
    const two = await stage.tomcat({ ...plan, inPlaceOf: one });
    await stage.step(`${two.name} has listeners and notes from ${node.name}`, async () => {
      const told: string[] = [];
      for (const [index, application] of APPLICATIONS.entries()) {
        const expected = (before[index]?.sessions ?? []).map(besides).join();
        const found = (await two.dump(application)).sessions.map(besides).join();
        if (found !== expected) {
          throw new Error(`${application.path}: ${found} instead of ${expected}`);
        }
        told.push(found);
      }
      return told.join('; ');
    });
    await stage.step('who waited at the form logs in', () => waiting.logInByForm(two, 'bob', 'bob-secret'));
    await stage.logsAreClean();
  },
};

/** What a session has beside its attributes. */
function besides({ id, listeners: watchers, notes }: DumpedSession): string {
  const slots = notes.filter((name) => /authenticator\.(SESSION_ID|REQUEST)$/.test(name));
  return `${id.slice(0, 4)}…: ${[...watchers, ...slots].join(', ')}`;
}

export const passedOn: readonly Scenario[] = [listeners];
