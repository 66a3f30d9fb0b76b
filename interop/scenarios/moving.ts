import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { MirrorNode } from '../kit/index.js';
import { LOGIN_NOT_TRANSFERRED } from './expected-lines.js';
import { goOn, hasAll, population } from './restarts.js';
import type { Scenario } from './scenario.js';
import { LIFE_APPLICATIONS } from './session-life.js';
import type { Stage } from './stage.js';

const COMMAND = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

const move: Scenario = {
  name: 'moving/9-to-10.1',
  about:
    'sessions of a cluster of Tomcats 9 are exported, all of it ends, they are imported into the node of an empty one, and Tomcats 10.1 start there',
  core: false,
  aboutTheNode: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const plan = { applications: LIFE_APPLICATIONS, channelSendOptions: 6 };
    const one = await stage.tomcat({ version: '9', ...plan });
    const old = await stage.node();
    const two = await stage.tomcat({ version: '9', ...plan });
    const people = await stage.agreeAfter('sessions with everything, and people logged in', () =>
      population(one, two),
    );
    const file = join(stage.cluster.place.files, 'sessions.tribes');
    await stage.step('they are exported, without passwords', () => tribes(stage, old, 'export', file));
    const held = await stage.step('the cluster ends', async () => {
      const dumps = await Promise.all(LIFE_APPLICATIONS.map((application) => one.dump(application)));
      await Promise.all([one.kill(), two.kill()]);
      await old.stop();
      return dumps;
    });
    const fresh = await stage.node(['--write.enabled', 'true', '--write.import', 'true']);
    await stage.step('an import is tried', () => tribes(stage, fresh, 'import', file, '--dry-run'));
    await stage.step('the sessions are imported', () => tribes(stage, fresh, 'import', file));
    const three = await stage.tomcat({ version: '10.1', ...plan, inPlaceOf: one });
    const four = await stage.tomcat({ version: '10.1', ...plan, inPlaceOf: two });
    stage.expectDifferences(LOGIN_NOT_TRANSFERRED);
    for (const tomcat of [three, four]) {
      await stage.step(`${tomcat.name} has everything as it was`, () => hasAll(tomcat, held));
    }
    await stage.agreeAfter('people go on where they were, still logged in', () =>
      goOn(people, [three, four]),
    );
    await stage.logsAreClean();
  },
};

/** `tribes sessions …` for a node that runs; what it says. */
async function tribes(stage: Stage, node: MirrorNode, ...argv: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(node.url);
  const base = join(stage.cluster.place.files, node.name);
  const settings = {
    'http.address': hostname,
    'http.port': port,
    'http.tokenFile': join(base, 'token'),
    data: join(base, 'data'),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [COMMAND, 'sessions', ...argv, ...flags],
    { timeout: 60_000 },
  );
  return (stdout === '' ? stderr : stdout).trim();
}

export const moving: readonly Scenario[] = [move];
