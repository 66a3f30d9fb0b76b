import {
  APP,
  eventually,
  Visitor,
  type Endpoint,
  type Expected,
  type MirrorNode,
  type Tomcat,
} from '../kit/index.js';
import {
  ACCESS_NOT_TOLD,
  MAP_UNDER_LOAD,
  memberName,
  OTHER_GROUP,
  sendFailures,
} from '../scenarios/expected-lines.js';
import { knows } from '../scenarios/places.js';
import { listed, type Stage } from '../scenarios/stage.js';
import type { Cell } from './factors.js';

/** The members of a cluster, none of which runs yet. */
export interface Actors {
  readonly one: Tomcat;
  readonly two: Tomcat;
  readonly node: MirrorNode;
}

export interface Circumstances extends Pick<Cell, 'manager' | 'node' | 'tomcats'> {
  /** What Tomcats say of this configuration, whoever is there. */
  readonly expected?: readonly Expected[];
}

/** How long members may need to find each other, or to notice that one has gone: twice a NonBlockingCoordinator's longest wait. */
const NOTICED_WITHIN = 30_000;

const SESSIONS_AT_EACH = 3;

/** Two Tomcats and a node join, sessions go both ways, a Tomcat is killed, and every session goes on at the other. */
export async function joinReplicateSurvive(
  stage: Stage,
  actors: Actors,
  circumstances: Circumstances,
): Promise<void> {
  const { one, two, node } = actors;
  expectWhatTomcatsSay(stage, circumstances);
  const early = new Walker();
  await allStart(stage, actors, circumstances, early);
  await stage.step('all see each other', () => seeEachOther(stage, actors));
  const walkers = [early, ...Array.from({ length: 2 * SESSIONS_AT_EACH }, () => new Walker())];
  const [home, away] = [turns([one, two]), turns([two, one])];
  await stage.agreeAfter('sessions at both', () =>
    each(walkers.slice(1), home, (walker, at) => walker.come(at)),
  );
  await stage.agreeAfter('values of every type', () =>
    each(walkers, home, (walker, at, number) =>
      walker.visitor.act(at, number < 2 ? 'set-all' : 'set-some', { seed: number + 1, count: 6 }),
    ),
  );
  await stage.agreeAfter('and a number', () => each(walkers, home, (walker, at) => walker.walk(at)));
  await goTo(stage, 'the other Tomcat', walkers, away);
  await goTo(stage, 'where they were', walkers, home);
  await stage.nodeStep('the node says what they wrote', () => nodeHas(node, one, walkers));
  stage.expectInLogs(sendFailures(one));
  await stage.step(`${one.name} is killed, and ${two.name} notices`, async () => {
    await one.kill();
    await hasSaid(two, 'disappeared', one);
  });
  await stage.nodeStep('the node notices', () => knows(node, [two]));
  await stage.nodeStep('it has every session', () => nodeHas(node, two, walkers));
  await goTo(stage, two.name, walkers, turns([two]));
  await stage.nodeStep('the node says what they wrote', () => nodeHas(node, two, walkers));
  await stage.logsAreClean();
  await stage.nodeStep('the log of the node is clean', () => nodeIsContent(node));
}

/**
 * Each comes, and writes when all know that it is there. Without 4 in channelSendOptions Tomcats lose a change that overtakes another one of the same
 * session, such as the new id that it gets with the Tomcat: so nothing is done before all is at rest.
 */
async function goTo(stage: Stage, place: string, walkers: readonly Walker[], where: Turns): Promise<void> {
  await stage.agreeAfter(`each comes to ${place}`, () =>
    each(walkers, where, (walker, at) => walker.come(at)),
  );
  await stage.agreeAfter('and writes', () => each(walkers, where, (walker, at) => walker.walk(at)));
}

/** Somebody who goes from Tomcat to Tomcat, writes a number at each and is told the one before. */
class Walker {
  readonly visitor = new Visitor(APP);
  id = '';
  steps = 0;

  /** A request that changes nothing. */
  come(tomcat: Tomcat): Promise<unknown> {
    return this.visitor.act(tomcat, '');
  }

  /** @throws Error where the session does not hold what was written last */
  async walk(tomcat: Tomcat): Promise<void> {
    const { id, held = {} } = await this.visitor.act(tomcat, 'write', {
      name: 'steps',
      value: this.steps + 1,
    });
    const found = held['steps'] ?? 0;
    if (found !== this.steps) {
      throw new Error(
        `${tomcat.name} has ${found} in session ${this.id}, ${this.steps} was written (now ${id})`,
      );
    }
    this.id = id;
    this.steps += 1;
  }
}

type Turns = (number: number) => Tomcat;

function turns(tomcats: readonly [Tomcat, ...Tomcat[]]): Turns {
  return (number) => tomcats[number % tomcats.length] ?? tomcats[0];
}

async function each(
  walkers: readonly Walker[],
  where: Turns,
  act: (walker: Walker, tomcat: Tomcat, number: number) => Promise<unknown>,
): Promise<void> {
  for (const [number, walker] of walkers.entries()) {
    await act(walker, where(number), number);
  }
}

/** One after the other, with a session as soon as there is a Tomcat: who comes later gets it as a state. */
async function allStart(
  stage: Stage,
  actors: Actors,
  { node: when }: Circumstances,
  early: Walker,
): Promise<void> {
  const { one, two, node } = actors;
  const nodeStarts = (): Promise<void> => stage.nodeStep(`${node.name} starts`, () => node.start());
  const starts = (tomcat: Tomcat): Promise<void> =>
    stage.step(`${tomcat.name} (${tomcat.release}) starts`, () => tomcat.start());
  if (when === 'first') {
    await nodeStarts();
  }
  await starts(one);
  await stage.step('a session', () => early.walk(one));
  if (when === 'between') {
    await nodeStarts();
  }
  await starts(two);
  if (when === 'last') {
    await nodeStarts();
  }
}

async function seeEachOther(stage: Stage, { one, two, node }: Actors): Promise<string> {
  await hasSaid(one, 'added', two);
  await hasSaid(two, 'added', one);
  if (stage.hasNode) {
    await knows(node, [one, two]);
    const self = { address: node.address, receiverPort: receiverPortOf(node) };
    await hasSaid(one, 'added', self);
    await hasSaid(two, 'added', self);
  }
  return stage.hasNode ? '3 members' : '2 members';
}

/** A node that was told by the server.xml of a Tomcat has the next port that is free. */
function receiverPortOf(node: MirrorNode): number {
  const found = /"the receiver listens".*?"port":(\d+)|"port":(\d+).*"the receiver listens"/.exec(
    node.logText(),
  );
  return Number(found?.[1] ?? found?.[2] ?? node.receiverPort);
}

const SAID = { added: 'Replication member added:', disappeared: 'Received member disappeared:' } as const;

/** Waits until a Tomcat's log says that a member came, or went. */
async function hasSaid(tomcat: Tomcat, event: keyof typeof SAID, member: Endpoint): Promise<void> {
  const { address, receiverPort } = member;
  const names = `${memberName(member)}|tcp://${address.replaceAll('.', '\\.')}:${receiverPort}`;
  const line = new RegExp(`${SAID[event]}.*\\[(?:${names}),`);
  await eventually(
    `${tomcat.name} says "${SAID[event]}" of ${address}:${receiverPort}`,
    NOTICED_WITHIN,
    () => line.test(tomcat.logText()) || undefined,
  );
}

/** Asks the node for each session by its id: it must hold the number that was written last. */
async function nodeHas(node: MirrorNode, tomcat: Tomcat, walkers: readonly Walker[]): Promise<string> {
  const { context } = await tomcat.dump(APP);
  const wrong: string[] = [];
  for (const { id, steps } of walkers) {
    const session = await node.session(context, id);
    const value = session?.attributes['steps']?.value;
    if (value !== steps) {
      wrong.push(`${id}: ${session === undefined ? 'unknown' : JSON.stringify(value)}, ${steps} was written`);
    }
  }
  if (wrong.length > 0) {
    throw new Error(listed(`sessions are wrong at ${node.name}`, wrong));
  }
  return `${walkers.length} sessions`;
}

/** Levels of pino: 50 is an error. */
function nodeIsContent(node: MirrorNode): Promise<string> {
  const errors = node
    .logText()
    .split('\n')
    .filter((line) => /^\{"level":(5|6)0,/.test(line));
  return errors.length === 0
    ? Promise.resolve('')
    : Promise.reject(new Error(listed('in the log of the node', errors)));
}

function expectWhatTomcatsSay(stage: Stage, { manager, tomcats, expected = [] }: Circumstances): void {
  stage.expectInLogs(...expected);
  if (manager === 'BackupManager') {
    stage.expectDifferences(ACCESS_NOT_TOLD);
    stage.expectInLogs(MAP_UNDER_LOAD, ...(tomcats === '9+10.1' ? [OTHER_GROUP] : []));
  }
}
