import { parseArgs } from 'node:util';
import { LoopbackNetwork, missingInstallation } from './kit/index.js';
import { runScenario, scenarios, type Scenario, type StepReport } from './scenarios/index.js';

const USAGE = `npm run interop -- [--filter TEXT]… [--core] [--list]
  --filter TEXT  only scenarios whose name contains TEXT
  --core         only those that npm test runs too
  --list         names them and does nothing`;

const { values } = parseArgs({
  options: {
    filter: { type: 'string', multiple: true, default: [] },
    core: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const chosen = scenarios.filter(
  ({ name, core }) =>
    (core || !values.core) &&
    (values.filter.length === 0 || values.filter.some((text) => name.includes(text))),
);

if (values.help) {
  console.log(USAGE);
} else if (values.list) {
  for (const { name, about, core } of chosen) {
    console.log(`${name}${core ? ' (core)' : ''}: ${about}`);
  }
} else {
  process.exitCode = (await runAll(chosen)) ? 0 : 1;
}

async function runAll(chosen: readonly Scenario[]): Promise<boolean> {
  const missing = missingInstallation([...new Set(chosen.flatMap(({ versions }) => versions))]);
  if (missing !== undefined) {
    console.error(missing);
    return false;
  }
  const totals = { passed: 0, failed: 0 };
  for (const scenario of chosen) {
    await runOne(scenario, totals);
  }
  console.log(`${totals.passed} passed, ${totals.failed} failed`);
  return totals.failed === 0 && totals.passed > 0;
}

/** One line for each step; a step that fails ends its scenario. */
async function runOne(scenario: Scenario, totals: { passed: number; failed: number }): Promise<void> {
  const report = ({ step, milliseconds, note }: StepReport): void => {
    totals.passed += 1;
    console.log(
      `ok    ${scenario.name}: ${step} (${Math.round(milliseconds)} ms)${note === '' ? '' : ` ${note}`}`,
    );
  };
  try {
    await runScenario(scenario, new LoopbackNetwork(), report);
  } catch (error) {
    totals.failed += 1;
    console.log(`FAIL  ${scenario.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
