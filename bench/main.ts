import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { missingInstallation } from '../interop/kit/index.js';
import { benchmarks } from './benchmarks/index.js';
import type { Benchmark } from './kit/benchmark.js';
import { environment } from './kit/environment.js';
import { reportJson, reportText } from './kit/report.js';

const USAGE = `npm run bench -- NAME [--json FILE] [--rounds N] [--smoke]
npm run bench -- --list

  --json FILE  where the figures go as JSON (default: results/NAME.json in the build's bench folder)
  --rounds N   how often each figure is taken; the median counts (default: 9 for codec, 5 for receive)
  --smoke      one short round: figures that mean nothing, to see that everything runs`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values: options, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      rounds: { type: 'string' },
      smoke: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (options.list || options.help) {
    const list = benchmarks.map(({ name, about }) => `${name}: ${about}`).join('\n');
    console.log(options.help ? USAGE : list);
    return 0;
  }
  const [name = '', ...rest] = positionals;
  const benchmark = benchmarks.find((one) => one.name === name);
  const rounds = options.smoke ? 1 : Number(options.rounds ?? benchmark?.rounds);
  if (benchmark === undefined || rest.length > 0 || !(Number.isInteger(rounds) && rounds > 0)) {
    console.error(`${USAGE}\n\nNAME is one of: ${benchmarks.map((one) => one.name).join(', ')}`);
    return 2;
  }
  const missing = missingInstallation(['10.1']);
  if (missing !== undefined) {
    console.error(missing);
    return 2;
  }
  const defaultFile = fileURLToPath(new URL(`results/${name}.json`, import.meta.url));
  await take(benchmark, { rounds, smoke: options.smoke, file: options.json ?? defaultFile });
  return 0;
}

async function take(
  benchmark: Benchmark,
  { rounds, smoke, file }: { rounds: number; smoke: boolean; file: string },
): Promise<void> {
  const where = environment();
  const report = await benchmark.run({ rounds, smoke, say: (line) => console.error(line) });
  const { commit, cores, processor, node, java, load } = where;
  console.log(`${benchmark.name} at ${commit}: medians of ${rounds} rounds; ${cores} cores (${processor}),`);
  console.log(`Node ${node}, ${java}; load before: ${load.toFixed(2)}\n`);
  console.log(reportText(report));
  mkdirSync(dirname(file), { recursive: true });
  const json = { benchmark: benchmark.name, rounds, smoke, environment: where, ...reportJson(report) };
  writeFileSync(file, `${JSON.stringify(json, undefined, 2)}\n`);
  console.log(`\n${file}`);
}
