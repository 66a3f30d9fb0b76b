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

interface Results {
  readonly environment: { readonly node: string };
  readonly figures: readonly { what: string; theirs: Measured; ours: readonly Measured[] }[];
}

describeWithJvm('npm run bench', { tomcat: '10.1' }, () => {
  let directory: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tribes-bench-test-'));
  });

  after(() => rm(directory, { recursive: true, force: true }));

  for (const { name } of benchmarks) {
    it(`${name}: runs from beginning to end, and writes what it measured of both sides`, async function () {
      this.timeout(120_000);
      const file = join(directory, `${name}.json`);
      await promisify(execFile)(process.execPath, [MAIN, name, '--smoke', '--json', file]);
      const { environment, figures } = JSON.parse(await readFile(file, 'utf8')) as Results;
      expect(environment.node).to.equal(process.version);
      expect(figures).not.to.have.length(0);
      for (const { what, theirs, ours } of figures) {
        for (const { rounds } of [theirs, ...ours]) {
          expect(rounds, what).to.have.length(1);
          expect(rounds[0], what).to.be.finite.and.at.least(0);
        }
      }
    });
  }
});
