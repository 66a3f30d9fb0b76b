import { APP, Browser, type Application, type Tomcat } from '../kit/index.js';
import type { Scenario } from './scenario.js';

const HERE: Application = { ...APP, crossContext: true };
const THERE: Application = { kind: 'app', path: '/there', crossContext: true };

const cross: Scenario = {
  name: 'applications/cross-context',
  about:
    'one request changes the sessions of two applications: ReplicationValve sends both (sendCrossContextSession)',
  core: false,
  versions: ['9', '10.1'],
  async run(stage) {
    const plan = { applications: [HERE, THERE], channelSendOptions: 6 };
    const one = await stage.tomcat({ version: '10.1', ...plan });
    const node = await stage.node();
    const two = await stage.tomcat({ version: '9', ...plan });
    const browser = new Browser();
    const request = (tomcat: Tomcat) => () =>
      browser.fetch(tomcat.url, `${HERE.path}/cross?to=${THERE.path}`, { method: 'POST' });
    await stage.agreeAfter('a request that goes on in the other application', request(one));
    await stage.agreeAfter('and another one', request(one));
    await stage.nodeStep('the node has the sessions of both, as they are now', async () => {
      for (const { path } of [HERE, THERE]) {
        const [session, ...others] = [...(await node.sessions(`localhost#${path}`)).values()];
        const { value } = session?.attributes['crossed'] ?? {};
        if (value !== 2 || others.length > 0) {
          throw new Error(`${path}: crossed is ${String(value)}, and there are ${others.length} more`);
        }
      }
    });
    // JvmRouteBinderValve gives a new id to the session of the first application alone; in the other one, a new session begins.
    await stage.agreeAfter(`the same at ${two.name}`, request(two));
    await stage.logsAreClean();
  },
};

export const crossContext: readonly Scenario[] = [cross];
