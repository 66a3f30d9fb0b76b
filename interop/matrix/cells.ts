import type { Scenario } from '../scenarios/scenario.js';
import { cellCluster } from './cell-cluster.js';
import { expectedOf } from './expected.js';
import { CELLS, cellOf, keepsOrder, versionsOf, type Cell } from './factors.js';
import { coveringSet } from './pairwise.js';
import { stackName } from './stack.js';
import { joinReplicateSurvive } from './story.js';

/** A cluster of the matrix, and what becomes of it. */
export interface MatrixCell extends Scenario {
  /** What it has of each factor, for the table. */
  readonly values: Readonly<Record<string, string>>;
  /** Whether members take in what is said of a session as it was said. */
  readonly keepsOrder: boolean;
}

/** "10.1+10.1 DeltaManager 6 McastService node-last server.xml A: MessageDispatch > Encrypt(GCM)" */
export function cellName(cell: Cell): string {
  const { tomcats, manager, channelSendOptions, membership, node, settings, order } = cell;
  return `${tomcats} ${manager} ${channelSendOptions} ${membership} node-${node} ${settings} ${order}: ${stackName(cell)}`;
}

function matrixCell(cell: Cell): MatrixCell {
  return {
    name: cellName(cell),
    about: 'two Tomcats and the node join, sessions go both ways, a Tomcat is killed',
    core: false,
    versions: versionsOf(cell),
    values: cell,
    keepsOrder: keepsOrder(cell),
    async run(stage) {
      await joinReplicateSurvive(stage, await cellCluster(stage, cell), {
        ...cell,
        keepsOrder: keepsOrder(cell),
        expected: expectedOf(cell),
      });
    },
  };
}

/** The covering set of a seed. */
export function coveringCells(seed: number): MatrixCell[] {
  return coveringSet(CELLS, seed).map((choice) => matrixCell(cellOf(choice)));
}
