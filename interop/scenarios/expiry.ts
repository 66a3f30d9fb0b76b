import { eventually, type Tomcat } from '../kit/index.js';
import { sendFailures } from './expected-lines.js';
import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';

/** Short, and yet longer than a state transfer and a comparison take. */
const MAX_INACTIVE_SECONDS = 4;

const expiry: Scenario = {
  name: 'expiry/idle',
  about:
    'sessions expire by time: at the Tomcat that served them last, and with that Tomcat gone at its peers',
  core: false,
  versions: ['10.1'],
  async run(stage) {
    const plan = {
      version: '10.1',
      channelSendOptions: 6,
      backgroundProcessorDelay: 1,
      managerAttributes: { processExpiresFrequency: 1 },
    } as const;
    const one = await stage.tomcat(plan);
    await stage.node();
    const two = await stage.tomcat(plan);
    const stay = 10;
    await stage.agreeAfter(`${stay} sessions that stay`, () => populate([one, two], { count: stay }));
    await stage.agreeAfter('20 sessions idle out', async () => {
      await shortLived([one, two]);
      await remain(one, stay);
    });
    await stage.agreeAfter(`20 more, of which ${two.name} will be left with ${one.name}'s`, async () => {
      await shortLived([one]);
      stage.expectInLogs(sendFailures(one));
      await one.kill();
    });
    await stage.agreeAfter(`${two.name} expires them at twice the time`, () => remain(two, stay));
    await stage.logsAreClean();
  },
};

async function shortLived(tomcats: readonly Tomcat[]): Promise<void> {
  const visitors = await populate(tomcats, { count: 20, attributes: 2 });
  await each(visitors, tomcats, (visitor, tomcat) =>
    visitor.act(tomcat, 'max-inactive', { seconds: MAX_INACTIVE_SECONDS }),
  );
}

/** Waits until a Tomcat has expired all but so many. */
async function remain(tomcat: Tomcat, count: number): Promise<void> {
  await eventually(`${tomcat.name} has ${count} sessions left`, 30_000, async () => {
    const left = await Promise.all(tomcat.applications.map((application) => tomcat.dump(application)));
    return left.reduce((sum, { sessions }) => sum + sessions.length, 0) === count || undefined;
  });
}

export const expiries: readonly Scenario[] = [expiry];
