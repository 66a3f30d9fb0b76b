import { randomInt } from 'node:crypto';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  exchange,
  getJson,
  localNode,
  localTomcat,
  type LocalTomcatOptions,
  type Group,
  type MirrorNode,
  type Tomcat,
  type TomcatInstallation,
} from '../../interop/kit/index.js';
import { freeTcpPort, freeUdpPort } from '../../interop/kit/ports.js';
import { compileJava, JAVA_SOURCES } from './java-program.js';

/** What a receiver says that it has received, and holds now. */
export interface Applied {
  readonly created: number;
  readonly deltas: number;
  readonly accessed: number;
  readonly expired: number;
  readonly sessions: number;
}

/** A member of a cluster of its own, that is sent session messages for `localhost#/app`. */
export interface Receiver {
  readonly name: string;
  readonly member: Tomcat | MirrorNode;
  readonly applied: () => Promise<Applied>;
  /** The attribute `visits` of all sessions added up: the last delta of each has been applied if it is right. */
  readonly visits: () => Promise<number>;
}

const ADDRESS = '127.0.0.1';
const APPLICATION = { kind: 'app', path: '/app' } as const;
const CONTEXT = 'localhost#/app';

/** A real Tomcat with a DeltaManager, in a JVM that is not tuned. */
export async function tomcatReceiver(installation: TomcatInstallation, directory: string): Promise<Receiver> {
  const documentBases = await buildApplication(installation, directory);
  const cluster = { group: await group() };
  const member = await untunedTomcat('tomcat', { installation, directory, documentBases, cluster });
  const ask = async () =>
    (await getJson(`${member.url}${APPLICATION.path}/`)) as Applied & { visits: number };
  return {
    name: `Tomcat ${installation.release}`,
    member,
    applied: ask,
    visits: async () => (await ask()).visits,
  };
}

/** Compiles the application that tells what its manager holds; answers the folder that `untunedTomcat` needs. */
export async function buildApplication(installation: TomcatInstallation, directory: string): Promise<string> {
  const documentBases = join(directory, 'webapps');
  const information = join(documentBases, APPLICATION.kind, 'WEB-INF');
  mkdirSync(join(information, 'classes'), { recursive: true });
  cpSync(join(JAVA_SOURCES, 'webapp/web.xml'), join(information, 'web.xml'));
  await compileJava(join(JAVA_SOURCES, 'webapp'), join(information, 'classes'), installation);
  return documentBases;
}

/** A Tomcat with that application, in a JVM with its own defaults, at free ports. */
export async function untunedTomcat(
  name: string,
  options: Pick<LocalTomcatOptions, 'installation' | 'directory' | 'documentBases' | 'cluster'>,
): Promise<Tomcat> {
  return localTomcat({
    name,
    ...options,
    applications: [APPLICATION],
    jvmTuning: [],
    ...(await residence()),
  });
}

/** A node of ours, as `tribes mirror` starts it. */
export async function nodeReceiver(store: 'lmdb' | 'memory', directory: string): Promise<Receiver> {
  const member = localNode({
    name: `node-${store}`,
    directory,
    group: await group(),
    flags: ['--store.type', store],
    ...(await residence()),
  });
  return {
    name: `node, ${store}`,
    member,
    applied: () => countsOf(member),
    visits: async () => {
      let sum = 0;
      for (const { attributes } of (await member.sessions(CONTEXT)).values()) {
        sum += Number(attributes['visits']?.value ?? 0);
      }
      return sum;
    },
  };
}

async function countsOf(node: MirrorNode): Promise<Applied> {
  const text = (await exchange(`${node.url}/metrics`)).body.toString('utf8');
  const value = (series: string): number => {
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    if (line === undefined) {
      throw new Error(`${node.name} has no metric ${series}`);
    }
    return Number(line.slice(series.length));
  };
  const received = (event: string): number =>
    value(`tribes_session_messages_received_total{event="${event}"}`);
  return {
    created: received('SESSION_CREATED'),
    deltas: received('SESSION_DELTA'),
    accessed: received('SESSION_ACCESSED'),
    expired: received('SESSION_EXPIRED'),
    sessions: value('tribes_sessions'),
  };
}

export async function group(): Promise<Group> {
  return {
    address: `239.255.${randomInt(256)}.${randomInt(1, 255)}`,
    port: await freeUdpPort(ADDRESS),
  };
}

export async function residence() {
  return { address: ADDRESS, httpPort: await freeTcpPort(ADDRESS), receiverPort: await freeTcpPort(ADDRESS) };
}
