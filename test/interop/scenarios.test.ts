import {
  LocalPlace,
  LoopbackNetwork,
  missingInstallation,
  missingLoadBalancer,
} from '../../interop/kit/index.js';
import { runScenario, scenarios } from '../../interop/scenarios/index.js';

const missing = missingInstallation(['9', '10.1']);
const required = process.env['TRIBES_REQUIRE_TOMCAT'] === '1';
const skipped = missing !== undefined && !required;

/** The scenarios that are run every time; `npm run interop` runs them all, and tells each step. */
describe(`among real Tomcats${skipped ? ` (skipped: ${missing})` : ''}`, function () {
  this.timeout(300_000);
  this.slow(120_000);

  before(function () {
    if (skipped) {
      this.skip();
    }
    if (missing !== undefined) {
      throw new Error(missing);
    }
  });

  for (const scenario of scenarios.filter(({ core }) => core)) {
    it(`${scenario.name}: ${scenario.about}`, async function () {
      if (scenario.needsLoadBalancer === true && missingLoadBalancer() !== undefined && !required) {
        this.skip();
      }
      const place = await LocalPlace.open(new LoopbackNetwork());
      await runScenario(scenario, { place, withoutNode: false, keepFiles: false, report: () => undefined });
    });
  }
});
