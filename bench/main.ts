import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { missingInstallation } from '../interop/kit/index.js';
import { benchmarks } from './benchmarks/index.js';
import { STORES, WORKLOADS, type Benchmark, type BenchmarkOptions } from './kit/benchmark.js';
import { environment } from './kit/environment.js';
import { reportJson, reportText } from './kit/report.js';

const USAGE = `npm run bench -- NAME [OPTIONS]
npm run bench -- --list

  --sessions N   how many sessions there are, where that is a question (--list says so)
  --workload W   what a session holds: ${WORKLOADS.join(' or ')} (1.1 or 2.2 KB as a delta; default: ${WORKLOADS[0]})
  --store S      only nodes with that store: ${STORES.join(' or ')}
  --rounds N     how often each figure is taken; the median counts
  --json FILE    where the figures go as JSON (default: results/NAME.json in the build's bench folder)
  --smoke        one short round with one store: figures that mean nothing, to see that everything runs`;

const SMOKE_SESSIONS = 100;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      rounds: { type: 'string' },
      sessions: { type: 'string' },
      workload: { type: 'string' },
      store: { type: 'string' },
      smoke: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.list || values.help) {
    console.log(values.help ? USAGE : benchmarks.map(described).join('\n'));
    return 0;
  }
  const [name = '', ...rest] = positionals;
  const benchmark = benchmarks.find((one) => one.name === name);
  const options = benchmark === undefined ? undefined : optionsFor(benchmark, values);
  if (benchmark === undefined || options === undefined || rest.length > 0) {
    console.error(`${USAGE}\n\nNAME is one of: ${benchmarks.map((one) => one.name).join(', ')}`);
    return 2;
  }
  const missing = missingInstallation(['10.1']);
  if (missing !== undefined) {
    console.error(missing);
    return 2;
  }
  const defaultFile = fileURLToPath(new URL(`results/${name}.json`, import.meta.url));
  await take(benchmark, options, values.json ?? defaultFile);
  return 0;
}

function described({ name, about, rounds, sessions }: Benchmark): string {
  const numbers = [...(sessions === undefined ? [] : [`${sessions} sessions`]), `${rounds} rounds`];
  return `${name}: ${about} (${numbers.join(', ')})`;
}

/** Undefined where something is not allowed. */
function optionsFor(
  benchmark: Benchmark,
  values: { rounds?: string; sessions?: string; workload?: string; store?: string; smoke: boolean },
): BenchmarkOptions | undefined {
  const { smoke } = values;
  const rounds = Number(values.rounds ?? (smoke ? 1 : benchmark.rounds));
  const sessions = Number(values.sessions ?? (smoke ? SMOKE_SESSIONS : (benchmark.sessions ?? 1)));
  const workload = WORKLOADS.find((each) => each === (values.workload ?? WORKLOADS[0]));
  const stores = STORES.filter((each) => each === (values.store ?? (smoke ? STORES[0] : each)));
  const isWhole = [rounds, sessions].every((number) => Number.isInteger(number) && number > 0);
  const isMeant = values.sessions === undefined || benchmark.sessions !== undefined;
  if (!isWhole || !isMeant || workload === undefined || stores.length === 0) {
    return undefined;
  }
  return { rounds, sessions, workload, stores, smoke, say: (line) => console.error(line) };
}

async function take(benchmark: Benchmark, options: BenchmarkOptions, file: string): Promise<void> {
  const where = environment();
  const begin = performance.now();
  const report = await benchmark.run(options);
  const minutes = (performance.now() - begin) / 60e3;
  const { rounds, sessions, workload, smoke } = options;
  const { commit, cores, processor, node, java, load } = where;
  console.log(`${benchmark.name} at ${commit}: medians of ${rounds} rounds; ${cores} cores (${processor}),`);
  console.log(`Node ${node}, ${java}; load before: ${load.toFixed(2)}; took ${minutes.toFixed(1)} minutes\n`);
  console.log(reportText(report));
  mkdirSync(dirname(file), { recursive: true });
  const how = { benchmark: benchmark.name, rounds, sessions, workload, smoke };
  const json = { ...how, environment: where, ...reportJson(report) };
  writeFileSync(file, `${JSON.stringify(json, undefined, 2)}\n`);
  console.log(`\n${file}`);
}
