import { applications } from './applications.js';
import { backupBridges } from './backup-bridge.js';
import { backupCosts } from './backup-costs.js';
import { backupDepartures } from './backup-departures.js';
import { backupLastOfGroup } from './backup-last-of-group.js';
import { backupManagers } from './backup-manager.js';
import { backupPartitions } from './backup-partition.js';
import { backupUpgrades } from './backup-upgrades.js';
import { coordinations } from './coordination.js';
import { crossContext } from './cross-context.js';
import { demos } from './demos.js';
import { datagramScenarios } from './datagrams.js';
import { departures } from './departures.js';
import { donors } from './donor.js';
import { exposedEntries } from './exposed-entries.js';
import { expiries } from './expiry.js';
import { hosts } from './hosts.js';
import { killsUnderLoad } from './killed-under-load.js';
import { killsWhileWriting } from './killed-while-writing.js';
import { libraries } from './library.js';
import { loads } from './load.js';
import { manySessions } from './many-sessions.js';
import { mapHistoriesScenarios } from './map-histories.js';
import { matrix } from './matrix.js';
import { moving } from './moving.js';
import { mirrors } from './mirrors.js';
import { nodeDepartures } from './node-departures.js';
import { passedOn } from './passed-on.js';
import { places } from './places.js';
import { serverXmls } from './server-xml.js';
import { replicatedMaps } from './replicated-map.js';
import { restarts } from './restarts.js';
import { rollingUpgrades } from './rolling-upgrade.js';
import { routes } from './routes.js';
import { rpcEchoes } from './rpc-echo.js';
import type { Scenario } from './scenario.js';
import { singleSignOns } from './single-sign-on.js';
import { staticLists } from './static-lists.js';
import { transfers } from './transfers.js';
import { writings } from './writing.js';

export { runScenario } from './run-scenario.js';
export type { Scenario } from './scenario.js';
export type { StageOptions, StepReport } from './stage.js';

/** Every scenario, in the order in which they are run. */
export const scenarios: readonly Scenario[] = [
  ...matrix,
  ...datagramScenarios,
  ...places,
  ...serverXmls,
  ...applications,
  ...crossContext,
  ...departures,
  ...nodeDepartures,
  ...transfers,
  ...passedOn,
  ...routes,
  ...moving,
  ...donors,
  ...killsWhileWriting,
  ...killsUnderLoad,
  ...restarts,
  ...mirrors,
  ...staticLists,
  ...rollingUpgrades,
  ...libraries,
  ...replicatedMaps,
  ...mapHistoriesScenarios,
  ...exposedEntries,
  ...rpcEchoes,
  ...coordinations,
  ...loads,
  ...demos,
  ...writings,
  ...singleSignOns,
  ...expiries,
  ...manySessions,
  ...hosts,
  ...backupManagers,
  ...backupDepartures,
  ...backupUpgrades,
  ...backupBridges,
  ...backupLastOfGroup,
  ...backupCosts,
  ...backupPartitions,
];
