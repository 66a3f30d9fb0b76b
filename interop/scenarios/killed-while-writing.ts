import { setTimeout as sleep } from 'node:timers/promises';
import { AcknowledgedWriter, APP, findTomcat, type MirrorNode } from '../kit/index.js';
import { chosenKills, randomNumbers } from './chance.js';
import type { Scenario } from './scenario.js';
import { listed, type Stage } from './stage.js';

/** How often the scenario kills that is run every time, and the thorough one. */
const CORE_KILLS = 10;
const KILLS = 200;

/** The longest time between two kills. */
const MAX_WRITING_MILLISECONDS = 400;

/** Nobody else is there to wait for. */
const QUICK = ['--membership.frequency', '100'];
const CONTEXT = `localhost#${APP.path}`;

interface Killed extends Pick<Scenario, 'name' | 'about' | 'core'> {
  readonly kills: number;
  /** Default: the node's own, batch. */
  readonly durability?: 'ack';
}

function killedWhileWriting({ name, about, core, kills, durability }: Killed): Scenario {
  return {
    name,
    about,
    core,
    aboutTheNode: true,
    versions: ['10.1'],
    async run(stage) {
      const { seed, kills: count } = chosenKills(kills);
      const node = await stage.node([
        ...QUICK,
        ...(durability === undefined ? [] : ['--durability', durability]),
      ]);
      const writer = await AcknowledgedWriter.start({
        installation: findTomcat('10.1'),
        target: node,
        writers: 4,
        sessions: 25,
        seed,
      });
      try {
        await killAgainAndAgain(stage, node, writer, { seed, count });
      } finally {
        await writer.end();
      }
    },
  };
}

async function killAgainAndAgain(
  stage: Stage,
  node: MirrorNode,
  writer: AcknowledgedWriter,
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<void> {
  const { ledger } = writer;
  const random = randomNumbers(seed);
  await stage.nodeStep(
    `the node is killed ${count} times while sessions are written (seed ${seed})`,
    async () => {
      for (let kill = 1; kill <= count; kill++) {
        const { failed } = ledger;
        writer.go();
        await sleep(random() * MAX_WRITING_MILLISECONDS);
        if (ledger.failed > failed) {
          throw new Error(`before kill ${kill} a change was refused, or not acknowledged in time`);
        }
        await node.kill();
        await writer.pause();
        await node.start();
        const faults = ledger.compare(await node.sessions(CONTEXT));
        if (faults.length > 0) {
          throw new Error(listed(`faults after kill ${kill} of seed ${seed}`, faults));
        }
      }
      return `${ledger.acknowledged} changes acknowledged, none lost; ${ledger.failed} cut off`;
    },
  );
}

export const killsWhileWriting: readonly Scenario[] = [
  killedWhileWriting({
    name: 'acknowledged/killed',
    about: `the node is killed by SIGKILL ${CORE_KILLS} times while sessions are written: what it acknowledged comes back`,
    core: true,
    kills: CORE_KILLS,
  }),
  killedWhileWriting({
    name: 'acknowledged/killed-200',
    about: `the same, ${KILLS} times`,
    core: false,
    kills: KILLS,
  }),
  killedWhileWriting({
    name: 'acknowledged/killed-synchronous',
    about: 'the same 20 times with durability=ack',
    core: false,
    kills: 20,
    durability: 'ack',
  }),
];
