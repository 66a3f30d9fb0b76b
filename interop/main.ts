import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  ComposePlace,
  LocalPlace,
  LoopbackNetwork,
  missingLoadBalancer,
  missingInstallation,
  NamespaceNetwork,
  type Network,
} from './kit/index.js';
import { runMatrix } from './matrix/index.js';
import { runScenario, scenarios, type Scenario, type StepReport } from './scenarios/index.js';

const USAGE = `npm run interop [-- OPTIONS]
  --filter TEXT   only scenarios whose name contains TEXT; may be given more than once
  --core          only those that npm test runs too
  --hosts         each member on a host of its own (network namespaces on a bridge); needs root
  --without-node  the Tomcats alone: what they differ in between themselves
  --keep          leave logs and configurations where all is well, too
  --compose       the containers of docker-compose.yml, with images built before (TRIBES_ENGINE: docker or podman)
  --demos DIR     where Tomcat's demonstration programs are, compiled (TRIBES_DEMOS): see docs/interop.md
  --list          name the scenarios and do nothing
  --matrix        clusters that differ in everything that can be chosen, in place of the scenarios; with --filter, --without-node, --keep and --list
    --seed N        those of this seed; default: of the last run of this build, which is gone on with, or else by chance
    --minutes M     only so many as can be tried in this time
    --fresh         also those that have passed with this build before
    --results FILE  where results are kept, a line each; default: build/matrix-results.jsonl`;

/** Tells the process within the client's namespace which network it is in. */
const NETWORK_VARIABLE = 'TRIBES_INTEROP_NETWORK';

const { values: options } = parseArgs({
  options: {
    filter: { type: 'string', multiple: true, default: [] },
    core: { type: 'boolean', default: false },
    hosts: { type: 'boolean', default: false },
    compose: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    'without-node': { type: 'boolean', default: false },
    demos: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    matrix: { type: 'boolean', default: false },
    seed: { type: 'string' },
    minutes: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    results: { type: 'string', default: fileURLToPath(new URL('../matrix-results.jsonl', import.meta.url)) },
  },
});

if (options.demos !== undefined) {
  process.env['TRIBES_DEMOS'] = resolve(options.demos);
}

process.exitCode = await main();

async function main(): Promise<number> {
  if (options.matrix && !options.help) {
    return matrix();
  }
  const chosen = scenarios.filter(isChosen);
  if (options.help || options.list) {
    const list = chosen.map(({ name, about, core }) => `${name}${core ? ' (core)' : ''}: ${about}`);
    console.log(options.help ? USAGE : list.join('\n'));
    return 0;
  }
  const versions = [...new Set(chosen.flatMap((scenario) => scenario.versions))];
  const missing = options.compose ? undefined : missingInstallation(versions);
  if (missing !== undefined) {
    console.error(missing);
    return 2;
  }
  const prefix = process.env[NETWORK_VARIABLE];
  const needsHosts = options.hosts || chosen.some(({ network }) => network === 'hosts');
  if (needsHosts && prefix === undefined && process.getuid?.() === 0) {
    return runInNamespace();
  }
  return (await runAll(chosen, prefix)) ? 0 : 1;
}

async function matrix(): Promise<number> {
  const missing = missingInstallation(['9', '10.1']);
  if (missing !== undefined || options.hosts || options.compose) {
    console.error(missing ?? 'the matrix runs on loopback only');
    return 2;
  }
  const [seed, minutes] = [number('seed'), number('minutes')];
  const isWell = await runMatrix({
    ...(seed !== undefined && { seed }),
    ...(minutes !== undefined && { minutes }),
    fresh: options.fresh,
    results: options.results,
    filter: options.filter,
    withoutNode: options['without-node'],
    keepFiles: options.keep,
    listOnly: options.list,
  });
  return isWell ? 0 : 1;
}

/** @throws Error for what is no number above 0 */
function number(name: 'seed' | 'minutes'): number | undefined {
  const text = options[name];
  if (text !== undefined && !(Number(text) > 0)) {
    throw new Error(`--${name} ${text} is no number above 0`);
  }
  return text === undefined ? undefined : Number(text);
}

function isChosen({ name, core, aboutTheNode, inContainers }: Scenario): boolean {
  return (
    (inContainers === true || !options.compose) &&
    (core || !options.core) &&
    !(options['without-node'] && aboutTheNode === true) &&
    (options.filter.length === 0 || options.filter.some((text) => name.includes(text)))
  );
}

/** Runs this program again where it can reach the hosts, and takes the network away afterwards. */
function runInNamespace(): number {
  const prefix = `tti${process.pid}`;
  const network = new NamespaceNetwork(prefix);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => undefined); // the inner process ends; then this one does
  }
  try {
    network.make();
    const [command = '', ...rest] = [
      ...network.clientPrefix,
      process.execPath,
      fileURLToPath(import.meta.url),
      ...process.argv.slice(2),
    ];
    const { status } = spawnSync(command, rest, {
      stdio: 'inherit',
      env: { ...process.env, [NETWORK_VARIABLE]: prefix },
    });
    return status ?? 1;
  } finally {
    network.remove();
  }
}

async function runAll(chosen: readonly Scenario[], prefix: string | undefined): Promise<boolean> {
  const hosts = prefix === undefined ? undefined : new NamespaceNetwork(prefix);
  const totals = { passed: 0, failed: 0 };
  for (const scenario of chosen) {
    const wantsHosts = options.hosts || scenario.network === 'hosts';
    const missing =
      scenario.missing?.() ?? (scenario.needsLoadBalancer === true ? missingLoadBalancer() : undefined);
    if (missing !== undefined) {
      console.log(`skip  ${scenario.name}: ${missing}`);
    } else if (wantsHosts && hosts === undefined) {
      console.log(`skip  ${scenario.name}: needs root, for network namespaces`);
    } else {
      await runOne(scenario, (wantsHosts ? hosts : undefined) ?? new LoopbackNetwork(), totals);
      hosts?.reset();
    }
  }
  console.log(`${totals.passed} passed, ${totals.failed} failed`);
  return totals.failed === 0 && totals.passed > 0;
}

/** One line for each step; a step that fails ends its scenario. */
async function runOne(
  scenario: Scenario,
  network: Network,
  totals: { passed: number; failed: number },
): Promise<void> {
  const report = ({ step, milliseconds, note }: StepReport): void => {
    totals.passed += 1;
    console.log(`ok    ${scenario.name}: ${step} (${Math.round(milliseconds)} ms) ${note}`.trimEnd());
  };
  try {
    await runScenario(scenario, {
      place: options.compose ? new ComposePlace() : await LocalPlace.open(network),
      withoutNode: options['without-node'],
      keepFiles: options.keep,
      report,
    });
  } catch (error) {
    totals.failed += 1;
    console.log(`FAIL  ${scenario.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
