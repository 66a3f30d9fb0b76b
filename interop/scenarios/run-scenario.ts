import type { Scenario } from './scenario.js';
import { Stage, type StageOptions } from './stage.js';

/**
 * Runs one scenario and ends everything that it started. Where it fails, its files stay, and the error's message says where.
 */
export async function runScenario(scenario: Scenario, options: StageOptions): Promise<void> {
  const stage = await Stage.open(options);
  let keepFiles = true;
  try {
    await scenario.run(stage);
    keepFiles = options.keepFiles;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${reason}\n    logs: ${stage.cluster.directory}`, { cause });
  } finally {
    await stage.cluster.close({ keepFiles });
  }
}
