import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterPlacement, Endpoint, Expected, Tomcat, TomcatVersion } from '../kit/index.js';
import { clusterOfGuide, GUIDES_OWN_FAULT } from '../scenarios/guide-cluster.js';
import type { Stage } from '../scenarios/stage.js';
import { OF_THE_NODE, freePlace } from './cell-cluster.js';
import type { MatrixCell } from './cells.js';
import { NO_MBEAN, PING_FAILED } from './expected.js';
import { FACTORS, versionsOf, type Cell } from './factors.js';
import { joinReplicateSurvive, type Actors } from './story.js';

/** A configuration as guides give it, from test/config/server-xml/guides. */
interface Guide {
  readonly name: string;
  /** The file of the second Tomcat, where it is another one. */
  readonly second?: string;
  readonly manager: Cell['manager'];
  readonly level?: 'Host';
  /** Members of a list: everybody is in the list of everybody, and so the node has a file of its own. */
  readonly isStatic?: boolean;
  /** What a node has to be told beside the server.xml of Tomcats 9.0.70. */
  readonly with9?: readonly string[];
}

const GUIDES: readonly Guide[] = [
  { name: 'engine-level-default', manager: 'DeltaManager' },
  { name: 'host-level-default', manager: 'DeltaManager', level: 'Host' },
  { name: 'delta-async', manager: 'DeltaManager' },
  { name: 'delta-async-route-binder', manager: 'DeltaManager' },
  { name: 'delta-current-dispatcher', manager: 'DeltaManager' },
  { name: 'delta-static-members', manager: 'DeltaManager', isStatic: true },
  {
    name: 'delta-encrypted',
    manager: 'DeltaManager',
    with9: [
      '--channel.interceptors',
      'TcpPingInterceptor, ' +
        'EncryptInterceptor(encryptionKey=cafebabedeadbeefbeefcafecafebabe, encryptionAlgorithm=AES/GCM/NoPadding, wireForm=plain), ' +
        'TcpFailureDetector, MessageDispatchInterceptor, DomainFilterInterceptor(domain=shop)',
    ],
  },
  { name: 'backup-sync-throughput', manager: 'BackupManager' },
  { name: 'backup-sync-throughput-misspelt', manager: 'BackupManager' },
  { name: 'backup-two-on-one-host-1', second: 'backup-two-on-one-host-2', manager: 'BackupManager' },
];

/** 9.0.70 and 10.1.60 encrypt in different forms. */
const SAME_LINE_ONLY = ['delta-encrypted'];

const EXPECTED: readonly Expected[] = [GUIDES_OWN_FAULT, NO_MBEAN, PING_FAILED];

/** Each of the ten with every pair of Tomcats that understand each other with it. */
export const guideCells: readonly MatrixCell[] = FACTORS.tomcats.flatMap((tomcats) =>
  GUIDES.filter(({ name }) => tomcats !== '9+10.1' || !SAME_LINE_ONLY.includes(name)).map((guide) =>
    guideCell(guide, tomcats),
  ),
);

function guideCell(guide: Guide, tomcats: Cell['tomcats']): MatrixCell {
  const { name, manager } = guide;
  return {
    name: `${tomcats} ${name}.xml`,
    about: `the node reads the server.xml of a Tomcat, which is ${name}.xml of the guides`,
    core: false,
    versions: versionsOf({ tomcats }),
    values: { guide: name, tomcats, manager },
    keepsOrder: true,
    async run(stage) {
      const circumstances = {
        tomcats,
        manager,
        node: guide.isStatic === true ? 'first' : 'between',
      } as const;
      const actors = await guideCluster(stage, guide, tomcats);
      await joinReplicateSurvive(stage, actors, { ...circumstances, expected: EXPECTED });
    },
  };
}

async function guideCluster(stage: Stage, guide: Guide, tomcats: Cell['tomcats']): Promise<Actors> {
  const { own, files } = stage.cluster.place;
  if (own === undefined) {
    throw new Error('the matrix needs a place where this process can be a member, too');
  }
  const places = [await freePlace(own.address), await freePlace(own.address)] as const;
  const node = await stage.cluster.node((self) => [
    '--server-xml',
    guide.isStatic === true
      ? ownFile(guide, { ...self, group: own.group }, places, files)
      : join(files, 'tomcat1/conf/server.xml'),
    ...(tomcats === '9+9' ? (guide.with9 ?? []) : []),
    ...OF_THE_NODE,
  ]);
  const [first, second] = versionsOf({ tomcats });
  const tomcat = (version: TomcatVersion, file: string, place: Endpoint, other: Endpoint): Promise<Tomcat> =>
    stage.cluster.tomcat({
      version,
      receiverPort: place.receiverPort,
      ...(guide.level !== undefined && { level: guide.level }),
      element: (placement) => clusterOfGuide(file, placement, [other, node]),
    });
  return {
    one: await tomcat(first, guide.name, ...places),
    two: await tomcat(second, guide.second ?? guide.name, places[1], places[0]),
    node,
  };
}

/** That of one more member of the list. */
function ownFile(
  { name }: Guide,
  self: ClusterPlacement,
  others: readonly Endpoint[],
  directory: string,
): string {
  const file = join(directory, 'node-server.xml');
  const cluster = clusterOfGuide(name, self, others);
  writeFileSync(file, `<Server><Service><Engine name="Catalina">${cluster}</Engine></Service></Server>`);
  return file;
}
