import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, type Group, type MirrorNode, type Tomcat } from '../../interop/kit/index.js';
import type { Span } from './delta-pulse.js';
import { Receiver } from './receivers.js';
import { sum } from './statistics.js';
import { CONTEXT, type Workbench } from './workbench.js';

/** Whoever starts, or takes a state in, gets so long. */
export const PATIENCE_MS = 900_000;

/** For sessions that come behind their end. */
const LATE_MS = 30_000;
const POLL_MS = 50;

/** So that a node tells when it asks. */
export const TELLING = ['--log.level', 'debug'];

/** A state that was asked for, until it was there. */
export interface Taken {
  readonly span: Span;
  readonly seconds: number;
  /** Sessions that are there. */
  readonly sessions: number;
}

/**
 * Starts a node (with the flags `TELLING`) and waits until it has all sessions of those who are there.
 *
 * @throws Error also where it ends before
 */
export async function nodeTakes(
  node: MirrorNode,
  sessions: number,
  whenItAsks: () => Promise<void> | void = () => undefined,
): Promise<Taken> {
  const starting = node.start(PATIENCE_MS);
  starting.catch(() => undefined); // awaited below
  const asked = await eventually(`${node.name} asks`, PATIENCE_MS, () => askedAt(node) ?? ended(node));
  if (asked === 'ended') {
    throw new Error(`${node.name} has ended: ${node.logText().slice(-2_000)}`);
  }
  await whenItAsks();
  await starting;
  // It may call itself synchronised before, where the one who gives is slow to begin.
  const there = await arriving(node, sessions);
  const { at: to } = tookIn(node);
  return { span: { from: asked, to }, seconds: (to - asked) / 1e3, sessions: there };
}

/** A Tomcat that waits for its sessions for as long as it takes: by default it goes on after a minute, without the rest. */
export async function patientTomcat(
  bench: Workbench,
  group: Group,
  heap?: number,
): Promise<Receiver<Tomcat>> {
  const manager = { stateTransferTimeout: PATIENCE_MS / 1e3 };
  const tomcat = await bench.tomcat({ group, manager, ...(heap === undefined ? {} : { heap }) });
  return new Receiver(tomcat.name, tomcat, group);
}

/** Waits until a node has so many sessions, for as long as more of them come. @throws Error also where it ends */
async function arriving(node: MirrorNode, sessions: number): Promise<number> {
  let most = 0;
  let deadline = performance.now() + LATE_MS;
  for (;;) {
    const now = (await node.contexts()).find(({ name }) => name === CONTEXT)?.sessions ?? 0;
    if (now >= sessions && tookIn(node).sessions >= sessions) {
      return now;
    }
    if (now > most) {
      most = now;
      deadline = performance.now() + LATE_MS;
    } else if (performance.now() > deadline) {
      throw new Error(`${node.name} has ${now} of ${sessions} sessions, and no more come`);
    }
    await sleep(POLL_MS);
  }
}

/**
 * Starts a Tomcat, which asks the oldest member, and waits until it has what it gets.
 *
 * @param lateness milliseconds for sessions that come behind their end: one that gives a large message waits 5 s for its
 *   acknowledgement; if that does not come it closes the connection, says that all has been sent, and what was on its way
 *   is lost, or comes later.
 */
export async function tomcatTakes(
  receiver: Receiver<Tomcat>,
  sessions: number,
  lateness = LATE_MS,
): Promise<Taken> {
  const tomcat = receiver.member;
  await tomcat.start(PATIENCE_MS);
  const line = /^(\S+ \S+) .*ession state sent at .* (?:received in|timing out after) \[([\d,]+)\] ms/m.exec(
    tomcat.logText(),
  );
  const to = Date.parse(line?.[1] ?? '');
  const took = Number(line?.[2]?.replaceAll(',', '') ?? NaN);
  if (Number.isNaN(to) || Number.isNaN(took)) {
    throw new Error(`${tomcat.name} has not asked for sessions: ${tomcat.logText().slice(-2_000)}`);
  }
  const there = await settled(receiver, sessions, lateness);
  return { span: { from: to - took, to }, seconds: took / 1e3, sessions: there };
}

async function settled(receiver: Receiver, sessions: number, lateness: number): Promise<number> {
  const deadline = performance.now() + lateness;
  for (;;) {
    const { sessions: now } = await receiver.applied();
    if (now >= sessions || performance.now() > deadline) {
      return now;
    }
    await sleep(1000);
  }
}

function ended(node: MirrorNode): 'ended' | undefined {
  return node.running ? undefined : 'ended';
}

function askedAt(node: MirrorNode): number | undefined {
  return lines(node, 'asking for sessions')[0]?.time;
}

/** Sessions that came as states, and when the last of them was taken in. */
function tookIn(node: MirrorNode): { sessions: number; at: number } {
  const states = lines(node, 'took in a state');
  return { sessions: sum(states.map(({ sessions = 0 }) => sessions)), at: states.at(-1)?.time ?? NaN };
}

interface LogLine {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly sessions?: number;
}

function lines(node: MirrorNode, message: string): LogLine[] {
  return node
    .logText()
    .split('\n')
    .filter((line) => line.includes(`"msg":"${message}"`))
    .map((line) => JSON.parse(line) as LogLine);
}
