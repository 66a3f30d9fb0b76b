import { isDeepStrictEqual } from 'node:util';
import type { SettingsInput } from '../../src/config/index.js';
import { Mirror } from '../../src/library/index.js';
import {
  eventually,
  findTomcat,
  freeTcpPortNextTo,
  JavaPeer,
  type Expected,
  type TomcatVersion,
} from '../kit/index.js';
import type { Stage } from './stage.js';

/** The members of a scenario that are no Tomcats: programs in Java, and programs with the library in this process. */
export class Peers {
  readonly #place: NonNullable<Stage['cluster']['place']['own']>;
  readonly #version: TomcatVersion;
  readonly #java: JavaPeer[] = [];
  readonly #programs: Mirror[] = [];

  constructor({ cluster }: Stage, version: TomcatVersion) {
    const { own } = cluster.place;
    if (own === undefined) {
      throw new Error('this process cannot be a member here');
    }
    this.#place = own;
    this.#version = version;
  }

  /** Of all of them. */
  get place(): NonNullable<Stage['cluster']['place']['own']> {
    return this.#place;
  }

  /** A free port just above that one (1), or just below it (-1). */
  portNextTo(port: number, step: 1 | -1): Promise<number> {
    return freeTcpPortNextTo(port, step, this.#place.address);
  }

  /** Starts a program of `interop/java`. */
  async java(mainClass: string, port?: number): Promise<JavaPeer> {
    const installation = findTomcat(this.#version);
    const place = { ...this.#place, installation, ...(port !== undefined && { port }) };
    const peer = await JavaPeer.start(mainClass, place);
    this.#java.push(peer);
    return peer;
  }

  /** Joins with the library, at a port that the system chooses unless it is given; its sessions are in memory. */
  async program(more: SettingsInput = {}, port = 0): Promise<Mirror> {
    const { group, address } = this.#place;
    const mirror = await Mirror.join({
      membership: {
        address: group.address,
        port: group.port,
        bind: address,
        frequency: 200,
        dropTime: 2000,
      },
      receiver: { address, port },
      store: { type: 'memory' },
      write: { enabled: true, maxBytes: 2 ** 22 },
      ...more,
    });
    this.#programs.push(mirror);
    return mirror;
  }

  /** Waits until each of them knows all the others, and has lost those that have gone. */
  async know(all: readonly (JavaPeer | Mirror)[]): Promise<void> {
    const ports = all.map(portOf).sort(byNumber);
    await eventually('all know each other', 20_000, async () => {
      for (const peer of all) {
        const others = ports.filter((port) => port !== portOf(peer));
        same(`what ${portOf(peer)} knows`, await portsOf(peer), others);
      }
      return true;
    });
  }

  /** No Java program has anything to complain of but what is expected. */
  logsAreClean(...expected: readonly Expected[]): Promise<string> {
    const complaints = this.#java.flatMap((peer) => peer.complaints);
    const unexpected = complaints.filter((line) => !expected.some(({ pattern }) => pattern.test(line)));
    same('complaints', unexpected, []);
    return Promise.resolve(`${this.#java.length} Java programs`);
  }

  async close(): Promise<void> {
    await Promise.all([
      ...this.#java.map((peer) => peer.kill()),
      ...this.#programs.map((mirror) => mirror.leave()),
    ]);
  }
}

export function portOf(peer: JavaPeer | Mirror): number {
  return peer instanceof JavaPeer ? peer.port : peer.local.port;
}

async function portsOf(peer: JavaPeer | Mirror): Promise<readonly number[]> {
  return peer instanceof JavaPeer
    ? (JSON.parse(await peer.do('members')) as number[])
    : peer.members.map(({ port }) => port).sort(byNumber);
}

/** @throws Error that says what is wrong */
export function same(what: string, actual: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(actual, expected)) {
    throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
  }
}

export const byNumber = (one: number, other: number): number => one - other;
