import { baselines } from './baseline.js';
import type { Scenario } from './scenario.js';

export { runScenario } from './run-scenario.js';
export type { Scenario } from './scenario.js';
export type { StepReport } from './stage.js';

/** Every scenario, in the order in which they are run. */
export const scenarios: readonly Scenario[] = [...baselines];
