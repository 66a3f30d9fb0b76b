import { APP, Visitor, type Application, type MirrorNode, type Tomcat } from '../kit/index.js';
import type { Stage } from './stage.js';

export const FORM: Application = { kind: 'form', path: '/form' };

/** The applications that `sessionLife` needs. */
export const LIFE_APPLICATIONS: readonly Application[] = [APP, FORM];

/** Everything that can happen to a session, from its creation at one Tomcat to its end at another. */
export async function sessionLife(
  stage: Stage,
  node: MirrorNode,
  first: Tomcat,
  second: Tomcat,
): Promise<void> {
  const visitor = new Visitor(APP);
  await stage.agreeAfter('a session without attributes', () => new Visitor(APP).act(first, ''));
  await stage.agreeAfter('attributes of every type', () => visitor.act(first, 'set-all', { seed: 3 }));
  await stage.agreeAfter('two attributes share an object', () => visitor.act(first, 'share', { seed: 4 }));
  await stage.streamsAreReadable(node, second);
  await stage.agreeAfter('one attribute replaced, one removed', async () => {
    await visitor.act(first, 'set', { name: 'ArrayList', type: 'custom-class', seed: 5 });
    await visitor.act(first, 'remove', { name: 'String' });
  });
  await stage.agreeAfter('a request that changes nothing', () => visitor.act(first, ''));
  await stage.agreeAfter('max inactive interval', () =>
    visitor.act(first, 'max-inactive', { seconds: 1234 }),
  );
  await stage.agreeAfter('the application changes the id', () => visitor.act(first, 'change-id'));
  await stage.agreeAfter('login by BASIC', () => visitor.logInBasic(first, 'alice', 'alice-secret'));
  await stage.agreeAfter('the other Tomcat goes on with the session', () => visitor.act(second, 'count'));
  await stage.agreeAfter('and back', () => visitor.act(first, 'count'));
  await stage.agreeAfter('logout', () => visitor.act(first, 'logout'));
  await formLogin(stage, first, second);
  await stage.agreeAfter('invalidated', () => visitor.act(second, 'invalidate'));
}

async function formLogin(stage: Stage, first: Tomcat, second: Tomcat): Promise<void> {
  const visitor = new Visitor(FORM);
  await stage.agreeAfter('a login form waits', () => visitor.showLoginForm(first));
  await stage.agreeAfter('login by form', () => visitor.logInByForm(first, 'bob', 'bob-secret'));
  await stage.agreeAfter('who has logged in goes on at the other Tomcat', () => visitor.act(second, 'count'));
}
