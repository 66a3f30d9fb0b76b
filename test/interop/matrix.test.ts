import { LocalPlace, LoopbackNetwork, missingInstallation } from '../../interop/kit/index.js';
import { matrixCells, playCell, select } from '../../interop/matrix/index.js';
import { runScenario } from '../../interop/scenarios/index.js';

const missing = missingInstallation(['9', '10.1']);
const required = process.env['TRIBES_REQUIRE_TOMCAT'] === '1';

/**
 * With the seed a slice can be repeated; it stays the same unless another one is given, so that it is a change that makes it fail, and no
 * chance. On a slow machine cells that would begin after these minutes are left out.
 */
const { TRIBES_MATRIX_SEED: seedText = '2', TRIBES_MATRIX_MINUTES: minutesText = '5' } = process.env;
const [seed, minutes] = [Number(seedText), Number(minutesText)];

/** A slice of the matrix; `npm run interop -- --matrix` runs the whole. */
describe(`a slice of the matrix, TRIBES_MATRIX_SEED=${seed}${missing === undefined ? '' : ` (${missing})`}`, function () {
  this.timeout(300_000);
  this.slow(120_000);
  let end = Infinity;

  before(function () {
    if (missing !== undefined && !required) {
      this.skip();
    }
    if (missing !== undefined) {
      throw new Error(missing);
    }
    end = performance.now() + minutes * 60_000;
  });

  for (const cell of select(matrixCells(seed), { minutes }).chosen) {
    it(cell.name, async function () {
      if (performance.now() > end) {
        this.skip();
      }
      const { failures } = await playCell(cell, async () => {
        const place = await LocalPlace.open(new LoopbackNetwork());
        await runScenario(cell, { place, withoutNode: false, keepFiles: false, report: () => undefined });
      });
      failures.forEach((failure) => console.log(`      played again: ${failure.split('\n', 1)[0] ?? ''}`));
    });
  }
});
