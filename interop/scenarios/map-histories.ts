import { compareHistories, type FlawCounts } from '../histories/index.js';
import { findTomcat } from '../kit/index.js';
import { chosenHistories } from './chance.js';
import type { Scenario } from './scenario.js';
import { listed } from './stage.js';

interface HistoriesPlan {
  readonly histories: number;
  readonly core: boolean;
  /** Of the first; default: by chance. */
  readonly seed?: number;
}

function mapHistories({ histories, core, seed }: HistoriesPlan): Scenario {
  return {
    name: `library/map-histories-${histories}`,
    about: `${histories} histories of a map in a bad network, among Java members alone and with us: with us no worse`,
    core,
    aboutTheNode: true,
    versions: ['10.1'],
    async run(stage) {
      const seeds = chosenHistories(histories, seed);
      const report = await stage.step(`${seeds.length} histories from TRIBES_SEED=${seeds[0]}`, () =>
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
  mapHistories({ histories: 3, core: true, seed: 1 }),
  mapHistories({ histories: 30, core: false }),
];
