import { setTimeout as sleep } from 'node:timers/promises';
import type { Tomcat } from '../kit/index.js';
import { sendFailures } from './expected-lines.js';
import { knows } from './places.js';
import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';

interface Departure {
  readonly name: string;
  readonly about: string;
  readonly core: boolean;
  readonly managerAttributes?: Readonly<Record<string, boolean>>;
  readonly leave: (tomcat: Tomcat) => Promise<unknown>;
}

/** One of two Tomcats goes, and comes back at the same address. */
function departure({ name, about, core, managerAttributes, leave }: Departure): Scenario {
  return {
    name: `tomcat/${name}`,
    about,
    core,
    inContainers: managerAttributes === undefined,
    versions: ['10.1'],
    async run(stage) {
      const plan = {
        version: '10.1',
        channelSendOptions: 6,
        ...(managerAttributes === undefined ? {} : { managerAttributes }),
      } as const;
      const one = await stage.tomcat(plan);
      const node = await stage.node();
      const two = await stage.tomcat(plan);
      const visitors = await stage.agreeAfter('60 sessions', () => populate([one, two], { count: 60 }));
      stage.expectInLogs(sendFailures(one));
      await stage.agreeAfter(`${one.name} goes`, () => leave(one));
      await stage.nodeStep('the node notices', () => knows(node, [two]));
      await stage.agreeAfter('the visitors go on at the other', () =>
        each(visitors, [two], (visitor, tomcat) => visitor.act(tomcat, 'count')),
      );
      await stage.agreeAfter(`${one.name} comes back`, () => one.start());
      await stage.nodeStep('the node notices', () => knows(node, [one, two]));
      await stage.agreeAfter('the visitors are at both', () =>
        each(visitors, [one, two], (visitor, tomcat) => visitor.act(tomcat, 'count')),
      );
      await stage.logsAreClean();
    },
  };
}

const paused: Scenario = {
  name: 'tomcat/paused',
  about: 'a Tomcat is frozen by SIGSTOP and goes on; nobody takes it for gone',
  core: true,
  inContainers: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const one = await stage.tomcat({ version: '10.1' });
    const node = await stage.node();
    const two = await stage.tomcat({ version: '9' });
    const visitors = await stage.agreeAfter('30 sessions', () => populate([one, two], { count: 30 }));
    await stage.step(`${one.name} is paused for 8 s while the other goes on`, async () => {
      await one.pause();
      await each(visitors, [two], (visitor, tomcat) => visitor.act(tomcat, 'count'));
      await sleep(8_000);
    });
    await stage.nodeStep('the node still knows both', () => knows(node, [one, two]));
    await stage.agreeAfter(`${one.name} goes on`, () => one.resume());
    await stage.agreeAfter('the visitors are at both', () =>
      each(visitors, [one, two], (visitor, tomcat) => visitor.act(tomcat, 'count')),
    );
    await stage.logsAreClean();
  },
};

export const departures: readonly Scenario[] = [
  departure({
    name: 'killed',
    about: 'a Tomcat is killed by SIGKILL and started again',
    core: true,
    leave: (tomcat) => tomcat.kill(),
  }),
  departure({
    name: 'stopped',
    about: 'a Tomcat is stopped cleanly and started again; its sessions stay with the others',
    core: false,
    leave: (tomcat) => tomcat.stop(),
  }),
  departure({
    name: 'stopped-expiring',
    about: 'a Tomcat with expireSessionsOnShutdown is stopped and takes its sessions with it',
    core: false,
    managerAttributes: { expireSessionsOnShutdown: true },
    leave: (tomcat) => tomcat.stop(),
  }),
  paused,
];
