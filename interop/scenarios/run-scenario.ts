import type { Scenario } from './scenario.js';
import { Stage, type StageOptions, type StepReport } from './stage.js';

/**
 * Runs one scenario and ends everything that it started. Where it fails, its files stay; the error's message says where,
 * after which step, and how the logs end.
 */
export async function runScenario(scenario: Scenario, options: StageOptions): Promise<void> {
  let last = 'the beginning';
  const report = (step: StepReport): void => {
    last = step.step;
    options.report(step);
  };
  const stage = new Stage({ ...options, report });
  let keepFiles = true;
  try {
    await scenario.run(stage);
    keepFiles = options.keepFiles;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const { cluster } = stage;
    throw new Error(`after "${last}": ${reason}\n    files: ${cluster.place.files}${cluster.lastWords()}`, {
      cause,
    });
  } finally {
    await stage.cluster.close({ keepFiles });
  }
}
