import { join } from 'node:path';
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
import { NodeWriter, TYPED } from '../scenarios/node-writer.js';
import { knows } from '../scenarios/places.js';
import { listed, type AgreeOptions, type Stage } from '../scenarios/stage.js';
import type { Cell } from './factors.js';

/** The members of a cluster, none of which runs yet. */
export interface Actors {
  readonly one: Tomcat;
  readonly two: Tomcat;
  readonly node: MirrorNode;
}

export interface Circumstances extends Pick<Cell, 'manager' | 'node' | 'tomcats'> {
  /** Whether members take in what is said of a session as it was said. Default: they do. */
  readonly keepsOrder?: boolean;
  /** What Tomcats say of this configuration, whoever is there. */
  readonly expected?: readonly Expected[];
}

/** How long members may need to find each other, or to notice that one has gone: four times a NonBlockingCoordinator's longest wait. */
const NOTICED_WITHIN = 60_000;

const SESSIONS_AT_EACH = 3;

/** What is on its way through a cluster. */
interface Journey {
  readonly stage: Stage;
  readonly actors: Actors;
  readonly walkers: readonly Walker[];
  /** With DeltaManagers all Tomcats have all sessions: nothing is done before they have. */
  readonly options: AgreeOptions;
}

/** Two Tomcats and a node join, sessions go both ways, a Tomcat is killed, and every session goes on at the other. */
export async function joinReplicateSurvive(
  stage: Stage,
  actors: Actors,
  circumstances: Circumstances,
): Promise<void> {
  expectWhatTomcatsSay(stage, circumstances);
  const early = new Walker();
  await allStart(stage, actors, circumstances, early);
  await stage.step('all see each other', () => seeEachOther(stage, actors, circumstances));
  const walkers = [early, ...Array.from({ length: 2 * SESSIONS_AT_EACH }, () => new Walker())];
  const options = circumstances.manager === 'DeltaManager' ? { tomcatsWithin: 10_000 } : {};
  const journey: Journey = { stage, actors, walkers, options };
  await replicateBothWays(journey, circumstances);
  await surviveAKill(journey);
  await stage.logsAreClean();
  await stage.nodeStep('the log of the node is clean', () => nodeIsContent(actors.node));
}

async function replicateBothWays(journey: Journey, { keepsOrder = true }: Circumstances): Promise<void> {
  const { stage, actors, walkers, options } = journey;
  const { one, two, node } = actors;
  const home = turns([one, two]);
  await goTo(journey, 'a Tomcat', home);
  const setValues = (walker: Walker, at: Tomcat, number: number): Promise<unknown> =>
    walker.visitor.act(at, number === 0 ? 'set-all' : 'set-some', { seed: number + 1, count: 6 });
  await stage.agreeAfter('values of every type', () => each(walkers, home, setValues), options);
  await goTo(journey, 'the other Tomcat', turns([two, one]));
  if (keepsOrder && stage.hasNode) {
    await theNodeWrites(journey);
  }
  await goTo(journey, 'where they were', home);
  await stage.nodeStep('the node says what they wrote', () => nodeHas(node, one, walkers));
}

async function surviveAKill(journey: Journey): Promise<void> {
  const { stage, actors, walkers } = journey;
  const { one, two, node } = actors;
  stage.expectInLogs(sendFailures(one));
  await stage.step(`${one.name} is killed, and ${two.name} notices`, async () => {
    await one.kill();
    await hasSaid(two, 'disappeared', one);
  });
  await stage.nodeStep('the node notices', () => knows(node, [two]));
  await stage.nodeStep('it has every session', () => nodeHas(node, two, walkers));
  await goTo(journey, two.name, turns([two]));
  await stage.nodeStep('the node says what they wrote', () => nodeHas(node, two, walkers));
}

/**
 * Each comes, and writes when all know that it is there. Without 4 in channelSendOptions Tomcats lose a change that overtakes another one of the same
 * session, such as its creation, or the new id that it gets with the Tomcat: so nothing is done before all is at rest.
 */
async function goTo({ stage, walkers, options }: Journey, place: string, where: Turns): Promise<void> {
  const come = (walker: Walker, at: Tomcat): Promise<unknown> => walker.come(at);
  const walk = (walker: Walker, at: Tomcat): Promise<void> => walker.walk(at);
  await stage.agreeAfter(`each comes to ${place}`, () => each(walkers, where, come), options);
  await stage.agreeAfter('and writes', () => each(walkers, where, walk), options);
}

/** The next number of each comes from the node, and is found where the walker comes next. */
async function theNodeWrites({ stage, actors: { one, node }, walkers, options }: Journey): Promise<void> {
  const { context } = await one.dump(APP);
  const tokenFile = join(stage.cluster.place.files, node.name, 'data', 'write-token');
  const writer = new NodeWriter(node, { tokenFile, context });
  const writeAll = async (): Promise<void> => {
    for (const walker of walkers) {
      await walker.writtenBy(writer);
    }
  };
  await stage.agreeAfter('the node writes', writeAll, options);
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

  /** @throws Error where a member has not acknowledged it */
  async writtenBy(writer: NodeWriter): Promise<void> {
    const value = { class: 'java.lang.Integer', value: this.steps + 1 };
    const path = `/${this.id}/attributes/steps`;
    const { body } = await writer.write('PUT', path, value, { 'content-type': TYPED });
    if (body.unacknowledged.length > 0) {
      throw new Error(`not acknowledged: ${JSON.stringify(body)}`);
    }
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

/**
 * With BackupManagers also in their maps: a Tomcat that another one has not taken in yet never hears of the sessions that are made in between. Tomcats of two
 * lines have a map each.
 */
async function seeEachOther(
  stage: Stage,
  { one, two, node }: Actors,
  { manager, tomcats }: Circumstances,
): Promise<string> {
  const self = { address: node.address, receiverPort: receiverPortOf(node) };
  const pairs = [
    [one, two],
    [two, one],
    ...(stage.hasNode ? [[one, self] as const, [two, self] as const] : []),
  ] as const;
  for (const [tomcat, other] of pairs) {
    await hasSaid(tomcat, 'added', other);
    if (manager === 'BackupManager' && (tomcats !== '9+10.1' || other === self)) {
      await hasSaid(tomcat, 'mapped', other);
    }
  }
  if (stage.hasNode) {
    await knows(node, [one, two]);
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

const SAID = {
  added: 'Replication member added:',
  disappeared: 'Received member disappeared:',
  mapped: 'AbstractReplicatedMap\\.mapMemberAdded Map member added:',
} as const;

/** Waits until a Tomcat's log says that a member came, or went. */
async function hasSaid(tomcat: Tomcat, event: keyof typeof SAID, member: Endpoint): Promise<void> {
  const { address, receiverPort } = member;
  const line = new RegExp(`${SAID[event]}.*\\[${memberName(member)},`);
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

const HEARD_LATE: Expected = {
  pattern: /is there: (tomcat\d false, )+node\d true$/,
  why: 'a claim was heard after the next one: Tomcats have to ask the node for the session, and get it',
};

function expectWhatTomcatsSay(
  stage: Stage,
  { manager, tomcats, keepsOrder = true, expected = [] }: Circumstances,
): void {
  stage.expectInLogs(...expected);
  if (manager === 'BackupManager') {
    stage.expectDifferences(ACCESS_NOT_TOLD, ...(keepsOrder ? [] : [HEARD_LATE]));
    stage.expectInLogs(MAP_UNDER_LOAD, ...(tomcats === '9+10.1' ? [OTHER_GROUP] : []));
  }
}
