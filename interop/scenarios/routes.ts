import { APP, type MirrorNode } from '../kit/index.js';
import { sendFailures } from './expected-lines.js';
import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';

interface RouteRow {
  readonly context: string;
  readonly route: string | null;
  readonly sessions: number;
}

const failover: Scenario = {
  name: 'routes/failover',
  about:
    'a Tomcat is killed, its users come to the other one, which gives their sessions its own route (JvmRouteBinderValve)',
  core: false,
  inContainers: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const one = await stage.tomcat({ version: '9', channelSendOptions: 6 });
    const node = await stage.node();
    const two = await stage.tomcat({ version: '10.1', channelSendOptions: 6 });
    const visitors = await stage.agreeAfter('20 sessions at each', async () => [
      ...(await populate([one], { count: 20 })),
      ...(await populate([two], { count: 20 })),
    ]);
    const [first, second] = [one.jvmRoute ?? '', two.jvmRoute ?? ''];
    await stage.nodeStep('the node counts them by route', () => counts(node, { [first]: 20, [second]: 20 }));
    stage.expectInLogs(sendFailures(one));
    await stage.step(`${one.name} is killed`, () => one.kill());
    const before = new Set(await idsOf(node, first));
    const ids = await stage.agreeAfter(`half of its users come to ${two.name}`, async () => {
      const moved: string[] = [];
      await each(visitors.slice(0, 10), [two], async (visitor) => {
        const { id } = await visitor.act(two, 'count');
        moved.push(id);
      });
      return moved;
    });
    await stage.nodeStep('the node knows their sessions by the new ids, and by no other', async () => {
      const [left, now] = [await idsOf(node, first), new Set(await idsOf(node, second))];
      const lost = ids.filter((id) => !id.endsWith(`.${second}`) || !now.has(id));
      const kept = left.filter((id) => ids.some((other) => sameSession(id, other)) || !before.has(id));
      if (ids.length !== 10 || lost.length > 0 || kept.length > 0) {
        throw new Error(`${ids.length} moved, ${lost.length} not found, ${kept.length} still there`);
      }
      return counts(node, { [first]: 10, [second]: 30 });
    });
    await stage.logsAreClean();
  },
};

/** Whether two ids differ in their routes alone. */
function sameSession(a: string, b: string): boolean {
  return a.split('.', 1)[0] === b.split('.', 1)[0];
}

async function idsOf(node: MirrorNode, route: string): Promise<string[]> {
  const page = (await node.get(`/v1/sessions?limit=1000&route=${route}`)) as { sessions: { id: string }[] };
  return page.sessions.map(({ id }) => id);
}

async function counts(node: MirrorNode, expected: Readonly<Record<string, number>>): Promise<string> {
  const rows = (await node.get('/v1/routes')) as RouteRow[];
  const found = rows
    .filter(({ context }) => context === `localhost#${APP.path}`)
    .map(({ route, sessions }) => `${String(route)}: ${sessions}`)
    .sort()
    .join(', ');
  const wanted = Object.entries(expected)
    .map(([route, sessions]) => `${route}: ${sessions}`)
    .sort()
    .join(', ');
  if (found !== wanted) {
    throw new Error(`the node counts ${found}`);
  }
  return found;
}

export const routes: readonly Scenario[] = [failover];
