import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { benchmarks } from '../../bench/benchmarks/index.js';
import type { Measured } from '../../bench/kit/statistics.js';
import { describeWithJvm } from '../support/jvm.js';

const MAIN = fileURLToPath(new URL('../../bench/main.js', import.meta.url));

/** Each of them waits a good deal, so that they are quicker together; JVMs by the dozen would be in each other's way. */
const AT_A_TIME = 3;

interface Results {
  readonly environment: { readonly node: string };
  readonly figures: readonly { what: string; theirs?: Measured; ours: readonly Measured[] }[];
}

describeWithJvm('npm run bench', { tomcat: '10.1' }, () => {
  let directory: string;
  const runs = new Map<string, Promise<unknown>>();

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tribes-bench-test-'));
    const lanes = Array.from({ length: AT_A_TIME }, (): Promise<unknown> => Promise.resolve());
    for (const [index, { name }] of benchmarks.entries()) {
      const lane = index % AT_A_TIME;
      const words = [MAIN, name, '--smoke', '--json', fileOf(name)];
      const run = (lanes[lane] ?? Promise.resolve()).then(() => promisify(execFile)(process.execPath, words));
      runs.set(name, run);
      lanes[lane] = run.catch(() => undefined); // its own test tells
    }
  });

  after(async () => {
    await Promise.allSettled(runs.values());
    await rm(directory, { recursive: true, force: true });
  });

  function fileOf(name: string): string {
    return join(directory, `${name}.json`);
  }

  for (const { name } of benchmarks) {
    it(`${name}: runs from beginning to end, and writes what it measured of both sides`, async function () {
      this.timeout(300_000);
      await runs.get(name);
      const { environment, figures } = JSON.parse(await readFile(fileOf(name), 'utf8')) as Results;
      expect(environment.node).to.equal(process.version);
      expect(figures).not.to.have.length(0);
      for (const { what, theirs, ours } of figures) {
        for (const { rounds } of [...(theirs === undefined ? [] : [theirs]), ...ours]) {
          expect(rounds, what).to.have.length(1);
          expect(rounds[0], what).to.be.finite;
        }
      }
    });
  }
});
