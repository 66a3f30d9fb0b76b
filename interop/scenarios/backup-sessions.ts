import { setTimeout as sleep } from 'node:timers/promises';
import {
  APP,
  compareSessions,
  eventually,
  Load,
  type Dump,
  type LoadBalancer,
  type MirrorNode,
  type Tomcat,
  type TomcatVersion,
  type Visitor,
} from '../kit/index.js';
import { MAP_UNDER_LOAD, sendFailures } from './expected-lines.js';
import { each } from './population.js';
import { FORM, LIFE_APPLICATIONS } from './session-life.js';
import { listed, type Stage } from './stage.js';
import { nothingLost } from './stories.js';

/** What makes a Tomcat keep its sessions in a replicated map. */
export const BACKUP = { manager: 'BackupManager', channelSendOptions: 6 } as const;

export const CONTEXT = `localhost#${APP.path}`;

export const USERS = 18;

/** Long enough for every user to come by several times. */
export const BETWEEN_MILLISECONDS = 2_000;

/** Within it a member that was killed is known to be gone, and its sessions have other backups. */
export const SETTLED_MILLISECONDS = 6_000;

/** How long maps may need to come to rest, after claims that are said again. */
const AT_REST_WITHIN = 30_000;

/** The Tomcat is killed, another one takes its place, and has every session as it was. */
export async function goesOnElsewhere(
  stage: Stage,
  one: Tomcat,
  visitors: readonly Visitor[],
  kill: () => Promise<unknown> = () => one.kill(),
): Promise<Tomcat> {
  const before = await one.dump(APP);
  stage.expectInLogs(sendFailures(one));
  await stage.step(`${one.name} is killed`, kill);
  const two = await stage.tomcat({ version: '10.1', ...BACKUP, inPlaceOf: one });
  await stage.step('the visitors go on where they were', () =>
    each(visitors, [two], (visitor) => visitor.act(two, '')),
  );
  await stage.step(`${two.name} has every session as it was`, () => hasAll(two, before));
  await stage.agreeAfter('and changes them', () =>
    each(visitors, [two], (visitor) => visitor.act(two, 'count')),
  );
  await stage.logsAreClean();
  return two;
}

export async function hasAll(tomcat: Tomcat, before: Dump): Promise<string> {
  const now = await tomcat.dump(APP);
  const ids = new Set(before.sessions.map(({ id }) => id));
  const kept = now.sessions.filter(({ id }) => ids.has(id));
  const missing = before.sessions.length - kept.length;
  const { failures, betweenTomcats, attributes } = compareSessions([
    { tomcat: 'before', sessions: before.sessions },
    { tomcat: tomcat.name, sessions: kept },
  ]);
  const differences = [...failures, ...betweenTomcats].filter((line) => !/lastAccessedTime|isNew/.test(line));
  if (missing > 0 || differences.length > 0) {
    throw new Error(listed(`${missing} sessions are missing; differences`, differences));
  }
  return `${kept.length} sessions, ${attributes} attributes`;
}

/**
 * Waits until each of these sessions has exactly one primary among Tomcats and node, and everybody who has it as a backup has
 * what the primary has.
 */
export async function ownedOnce(
  tomcats: readonly Tomcat[],
  node: MirrorNode,
  ids: readonly string[],
): Promise<string> {
  let wrong: string[] = [];
  await eventually(
    'each session has one primary, and its backup is the same',
    AT_REST_WITHIN,
    async () => {
      wrong = await ownershipFaults(tomcats, node, ids);
      return wrong.length === 0 || undefined;
    },
    500,
  ).catch((error: unknown) => {
    throw new Error(listed('sessions are not owned once', wrong), { cause: error });
  });
  return `${ids.length} sessions`;
}

async function ownershipFaults(
  tomcats: readonly Tomcat[],
  node: MirrorNode,
  ids: readonly string[],
): Promise<string[]> {
  const dumps = await Promise.all(tomcats.map((tomcat) => tomcat.dump(APP)));
  const faults: string[] = [];
  for (const id of ids) {
    const mirrored = await node.session(CONTEXT, id);
    const holders = tomcats.flatMap(({ name }, number) => {
      const session = dumps[number]?.sessions.find((candidate) => candidate.id === id);
      return session === undefined ? [] : [{ name, session, role: session.map?.role ?? 'none' }];
    });
    const roles = [
      ...holders.map(({ name, role }) => `${name} ${role}`),
      `${node.name} ${mirrored?.backup?.role ?? 'none'}`,
    ];
    const primaries = roles.filter((role) => role.endsWith(' primary'));
    if (primaries.length !== 1) {
      faults.push(`${id}: ${roles.join(', ')}`);
      continue;
    }
    const hasValue = mirrored !== undefined && ['primary', 'backup'].includes(mirrored.backup?.role ?? '');
    const { failures, betweenTomcats } = compareSessions(
      holders.map(({ name, session }) => ({ tomcat: name, sessions: [session] })),
      hasValue ? { name: node.name, sessions: new Map([[id, mirrored]]) } : undefined,
    );
    const differences = [...failures, ...betweenTomcats].filter((line) =>
      /attribute|creationTime/.test(line),
    );
    faults.push(...differences.map((line) => `${roles.join(', ')}: ${line}`));
  }
  return faults;
}

export interface UnderLoad {
  readonly stage: Stage;
  readonly load: Load;
  readonly balancer: LoadBalancer;
  readonly tomcats: readonly [Tomcat, Tomcat];
}

export interface LoadPlan {
  readonly version: TomcatVersion;
  readonly sticky: boolean;
  /** Those of ours that are there. */
  readonly nodes: readonly MirrorNode[];
}

/** Two Tomcats, and users who write into their sessions; returns the load when it has ended, with what each of them has seen. */
export async function underLoad(
  stage: Stage,
  { version, sticky, nodes }: LoadPlan,
  story: (actors: UnderLoad) => Promise<void>,
): Promise<Load> {
  const plan = { applications: LIFE_APPLICATIONS, version, ...BACKUP };
  const one = await stage.tomcat(plan);
  const two = await stage.tomcat(plan);
  const balancer = await stage.balancer([one, two], { sticky });
  const applications = { basic: APP, form: FORM };
  // What a login form remembers is in the session of one Tomcat only.
  const load = new Load({ server: balancer, loginServer: one, users: USERS, applications });
  stage.expectInLogs(MAP_UNDER_LOAD, ...[one, two, ...nodes].map(sendFailures));
  await stage.step(`${USERS} users`, async () => {
    await load.begin();
    await sleep(BETWEEN_MILLISECONDS);
  });
  try {
    await story({ stage, load, balancer, tomcats: [one, two] });
  } finally {
    await load.stop();
    await balancer.kill();
  }
  return load;
}

/** The same with a node, which must keep the users from losing anything of what they were told. */
export async function nothingLostUnderLoad(
  stage: Stage,
  { version, sticky }: Omit<LoadPlan, 'nodes'>,
  story: (actors: UnderLoad & { readonly node: MirrorNode }) => Promise<void>,
): Promise<void> {
  const node = await stage.node();
  const load = await underLoad(stage, { version, sticky, nodes: [node] }, (actors) =>
    story({ ...actors, node }),
  );
  await stage.step('nobody has lost anything', () => nothingLost(stage, load));
}
