import { setTimeout as sleep } from 'node:timers/promises';
import { APP, eventually, type MirrorNode, type Tomcat, type Visitor } from '../kit/index.js';
import { BACKUP, hasAll, ownedOnce, SETTLED_MILLISECONDS } from './backup-sessions.js';
import { ANSWERED_TOO_LATE, OTHER_GROUP, sendFailures } from './expected-lines.js';
import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';
import { listed, type Stage } from './stage.js';

/** Without routes a session keeps its id wherever it is used: what the former owner has of it is under the same key. */
export const PLAN = {
  ...BACKUP,
  route: false,
  backgroundProcessorDelay: 1,
  managerAttributes: { processExpiresFrequency: 1 },
} as const;

/** Longer than a session lives that nobody uses, and than a Tomcat needs to see it. */
const IDLE_SECONDS = 5;
const IDLE_MILLISECONDS = 8_000;

const BRIDGED = 'tribes_backup_bridged_total';
const SWALLOWED = 'tribes_backup_removals_swallowed_total';

interface TwoGroups {
  readonly stage: Stage;
  readonly node: MirrorNode;
  readonly nine: Tomcat;
  readonly ten: Tomcat;
}

async function twoGroups(stage: Stage): Promise<TwoGroups> {
  const node = await stage.node();
  const nine = await stage.tomcat({ version: '9', ...PLAN });
  const ten = await stage.tomcat({ version: '10.1', ...PLAN });
  stage.expectInLogs(OTHER_GROUP);
  return { stage, node, nine, ten };
}

const idleExPrimary: Scenario = {
  name: 'backup/idle-ex-primary',
  about:
    'sessions of a Tomcat 9 go on at a 10.1; what the 9 still has of them idles out there, once because it was frozen when it should have been told: they go on living where they are used',
  core: false,
  aboutTheNode: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const actors = await twoGroups(stage);
    const { node, nine, ten } = actors;
    const told = await shortLived(stage, nine, 10);
    await stage.step(`they go on at ${ten.name}`, () => goOn(told, ten));
    await stage.step(`${nine.name} has them no longer`, () => hasNone(nine, told));
    await stage.step('they are used for longer than an idle one lives', () => useFor(told, ten));
    const untold = await shortLived(stage, nine, 10);
    stage.expectInLogs(sendFailures(nine), ANSWERED_TOO_LATE);
    const swallowed = await node.metric(SWALLOWED);
    await stage.step(`${nine.name} is frozen; 10 more go on at ${ten.name}`, async () => {
      await nine.pause();
      await goOn(untold, ten);
      await useFor([...told, ...untold], ten);
    });
    await stage.step(`${nine.name} goes on, and has them no longer`, async () => {
      await nine.resume();
      await useFor([...told, ...untold], ten);
      await hasNone(nine, untold);
      return `${(await node.metric(SWALLOWED)) - swallowed} removals by ${nine.name} did not count`;
    });
    const all = [...told, ...untold];
    await stage.step('the node keeps the backup of each', () => ownedOnce([nine, ten], node, idsOf(all)));
    await dies(actors, all);
  },
};

/** The owner's only Tomcat is killed: the next of its group has the sessions, and the other group gets them, too. */
async function dies({ stage, nine, ten, node }: TwoGroups, visitors: readonly Visitor[]): Promise<void> {
  await stage.step('they live for longer again', () =>
    each(visitors, [ten], (visitor) => visitor.act(ten, 'max-inactive', { seconds: 600 })),
  );
  const before = await ten.dump(APP);
  stage.expectInLogs(sendFailures(ten));
  await stage.step(`${ten.name} is killed`, async () => {
    await ten.kill();
    await sleep(SETTLED_MILLISECONDS);
  });
  const next = await stage.tomcat({ version: '10.1', ...PLAN, inPlaceOf: ten });
  await stage.step(`they go on at ${next.name}`, () =>
    each(visitors, [next], (visitor) => visitor.act(next, '')),
  );
  await stage.step('it has every one as it was', () => hasAll(next, before));
  await stage.step(`and back at ${nine.name}`, () => goOn(visitors, nine));
  await stage.step('each has one owner', () => ownedOnce([nine, next], node, idsOf(visitors)));
  await stage.logsAreClean();
}

async function shortLived(stage: Stage, tomcat: Tomcat, count: number): Promise<readonly Visitor[]> {
  return stage.step(`${count} sessions at ${tomcat.name} that live for ${IDLE_SECONDS} s`, async () => {
    const visitors = await populate([tomcat], { count, attributes: 2 });
    await each(visitors, [tomcat], (visitor) =>
      visitor.act(tomcat, 'max-inactive', { seconds: IDLE_SECONDS }),
    );
    return visitors;
  });
}

async function useFor(visitors: readonly Visitor[], tomcat: Tomcat): Promise<void> {
  const end = performance.now() + IDLE_MILLISECONDS;
  while (performance.now() < end) {
    await goOn(visitors, tomcat);
    await sleep(500);
  }
}

/** @throws Error when one has another session than before */
export async function goOn(visitors: readonly Visitor[], tomcat: Tomcat): Promise<void> {
  await each(visitors, [tomcat], async (visitor) => {
    const before = idOf(visitor);
    const { id, names = [] } = await visitor.act(tomcat, 'count');
    if (id !== before || !names.includes('mixed-0')) {
      throw new Error(`session ${before} goes on as ${id} with ${names.join(', ') || 'nothing'}`);
    }
  });
}

async function hasNone(tomcat: Tomcat, visitors: readonly Visitor[]): Promise<void> {
  const ids = new Set(idsOf(visitors));
  await eventually(`${tomcat.name} has none of ${ids.size} sessions`, 10_000, async () => {
    const { sessions } = await tomcat.dump(APP);
    return !sessions.some(({ id }) => ids.has(id)) || undefined;
  });
}

const ROUNDS = 60;

const bothAtOnce: Scenario = {
  name: 'backup/both-groups-at-once',
  about:
    'requests to one session at a Tomcat 9 and a 10.1 at the same time, again and again: each is answered with that session, and in the end one of the two has it',
  core: false,
  aboutTheNode: true,
  versions: ['9', '10.1'],
  async run(stage) {
    const { node, nine, ten } = await twoGroups(stage);
    const visitors = await stage.step('6 sessions', () => populate([nine], { count: 6, attributes: 2 }));
    await stage.step(`${ROUNDS} times, both at the same time`, () =>
      each(visitors, [nine], async (visitor) => {
        for (let round = 0; round < ROUNDS; round++) {
          await Promise.all([goOn([visitor], nine), goOn([visitor], ten)]);
        }
      }),
    );
    await stage.step('each has one owner when all is quiet', async () => {
      await sleep(SETTLED_MILLISECONDS);
      return ownedOnce([nine, ten], node, idsOf(visitors));
    });
    await stage.step('takeovers were counted', async () => {
      const bridged = await node.metric(BRIDGED);
      if (bridged < visitors.length) {
        throw new Error(`only ${bridged}`);
      }
      return `${bridged} takeovers in ${2 * ROUNDS * visitors.length} requests`;
    });
    for (const tomcat of [nine, ten, nine, ten]) {
      await stage.step(`${tomcat.name} goes on where they were`, () =>
        countsOn(visitors, [nine, ten], tomcat),
      );
    }
    await stage.logsAreClean();
  },
};

/** Each counts on at this Tomcat from what it has been, wherever that was. */
async function countsOn(
  visitors: readonly Visitor[],
  tomcats: readonly Tomcat[],
  tomcat: Tomcat,
): Promise<string> {
  const before = await counts(tomcats);
  await goOn(visitors, tomcat);
  const after = await counts([tomcat]);
  const wrong = idsOf(visitors).filter((id) => after.get(id) !== (before.get(id) ?? 0) + 1);
  if (wrong.length > 0) {
    const lines = wrong.map((id) => `${id}: ${after.get(id) ?? 'none'} after ${before.get(id) ?? 'none'}`);
    throw new Error(listed('sessions do not count on', lines));
  }
  return `${visitors.length} sessions`;
}

/** What the sessions' owners have counted to. */
async function counts(tomcats: readonly Tomcat[]): Promise<Map<string, number>> {
  const dumps = await Promise.all(tomcats.map((tomcat) => tomcat.dump(APP)));
  return new Map(
    dumps.flatMap(({ sessions }) =>
      sessions.map(({ id, attributes }) => [id, Number(attributes['count']?.value ?? 0)] as const),
    ),
  );
}

export function idsOf(visitors: readonly Visitor[]): string[] {
  return visitors.map(idOf);
}

function idOf({ browser }: Visitor): string {
  return browser.cookie('JSESSIONID', APP.path) ?? 'none';
}

export const backupBridges: readonly Scenario[] = [idleExPrimary, bothAtOnce];
