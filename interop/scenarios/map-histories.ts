import { compareHistories, type FlawCounts } from '../histories/index.js';
import { findTomcat } from '../kit/index.js';
import { chosenHistories } from './chance.js';
import type { Scenario } from './scenario.js';
import { listed } from './stage.js';

function mapHistories(name: string, usual: number, core: boolean): Scenario {
  return {
    name,
    about: `${usual} histories of a map in a bad network, among Java programs alone and with us: with us no worse`,
    core,
    aboutTheNode: true,
    versions: ['10.1'],
    async run(stage) {
      const { seed, histories } = chosenHistories(usual);
      const seeds = Array.from({ length: histories }, (_, i) => seed + i);
      const what = `${histories} histories from TRIBES_SEED=${seed}`;
      const report = await stage.step(what, () =>
        compareHistories({ installation: findTomcat('10.1'), seeds }),
      );
      const { javaAlone, withUs, ofOurs, repeated, worse, complaints } = report;
      await stage.step('entries with flaws', () =>
        Promise.resolve(
          `Java alone: ${counts(javaAlone)}; with us: ${counts(withUs)}, of these ours: ${counts(ofOurs)}`,
        ),
      );
      await stage.step('with us no worse than Java alone', () => {
        if (worse.length > 0) {
          throw new Error(listed('histories worse with us', worse));
        }
        return Promise.resolve(repeated.length === 0 ? '' : listed('played again', repeated));
      });
      await stage.step('what Java logs with us only', () =>
        Promise.resolve(complaints.length === 0 ? 'nothing' : listed('sorts of lines', complaints)),
      );
    },
  };
}

function counts(flaws: FlawCounts): string {
  return Object.entries(flaws)
    .map(([flaw, entries]) => `${flaw} ${entries}`)
    .join(', ');
}

export const mapHistoriesScenarios: readonly Scenario[] = [
  mapHistories('library/map-histories-3', 3, true),
  mapHistories('library/map-histories', 30, false),
];
