import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  APP,
  freeTcpPort,
  serverXml,
  staticUniqueId,
  type ClusterSettings,
  type Endpoint,
  type Group,
  type InterceptorElement,
  type Tomcat,
  type TomcatVersion,
} from '../kit/index.js';
import type { Stage } from '../scenarios/stage.js';
import { keepsOrder, versionsOf, type Cell } from './factors.js';
import { DOMAIN, stackOf } from './stack.js';
import type { Actors } from './story.js';

/** Makes the members of a cell, and starts none: those of a list have to be known before. */
export async function cellCluster(stage: Stage, cell: Cell): Promise<Actors> {
  const { own, files } = stage.cluster.place;
  if (own === undefined) {
    throw new Error('the matrix needs a place where this process can be a member, too');
  }
  const places = [await freePlace(own.address), await freePlace(own.address)] as const;
  const node = await stage.cluster.node((self) => [
    ...nodeFlags(cell, { group: own.group, self, others: places, directory: files }),
    ...OF_THE_NODE,
  ]);
  const [first, second] = versionsOf(cell);
  const tomcat = (version: TomcatVersion, { receiverPort }: Endpoint, other: Endpoint): Promise<Tomcat> =>
    stage.cluster.tomcat({
      version,
      receiverPort,
      route: keepsOrder(cell),
      ...clusterOf(cell, [other, node]),
    });
  return { one: await tomcat(first, ...places), two: await tomcat(second, places[1], places[0]), node };
}

/**
 * What the node is told beside the cluster: sessions of a BackupManager that are elsewhere are looked at without being asked for, so that they can be
 * listed; and the node may write.
 */
export const OF_THE_NODE = ['--backup.follow', '500', '--write.enabled', 'true'];

export async function freePlace(address: string): Promise<Endpoint> {
  return { address, receiverPort: await freeTcpPort(address) };
}

/** What a Tomcat's `<Cluster>` says in this cell; `others` are named where members are named at all. */
function clusterOf(cell: Cell, others: readonly Endpoint[]): Omit<ClusterSettings, 'group'> {
  const channelSendOptions = Number(cell.channelSendOptions);
  return {
    channelSendOptions,
    manager: cell.manager,
    interceptors: stackOf(cell, others),
    ...(cell.manager === 'BackupManager' && { managerAttributes: { mapSendOptions: channelSendOptions } }),
    ...(cell.membership === 'StaticMembershipService' && { staticMembers: others }),
    ...(cell.membership === 'StaticMembershipInterceptor' && { channelStartOptions: 3 }),
    ...(cell.DomainFilterInterceptor === 'on' && { domain: DOMAIN }),
  };
}

/** What the node is told of the cluster. */
export interface NodePlan {
  readonly group: Group;
  readonly self: Endpoint;
  readonly others: readonly Endpoint[];
  /** For its server.xml. */
  readonly directory: string;
}

/** Flags for the node that say the same as the server.xml of the Tomcats; where it is to be told by one of its own, that is written. */
export function nodeFlags(cell: Cell, { group, self, others, directory }: NodePlan): string[] {
  const settings = settingsOf(cell, self, others);
  if (cell.settings === 'flags') {
    return flagsOf(settings);
  }
  const file = join(directory, 'node-server.xml');
  writeFileSync(file, nodeFile(cell, group, self, others));
  // No server.xml of a Tomcat says that it encrypts as the older releases do.
  const { 'channel.interceptors': interceptors } = settings;
  return [
    '--server-xml',
    file,
    ...(encryptsAsBefore(cell) ? flagsOf({ 'channel.interceptors': interceptors }) : []),
  ];
}

/** The file that a user writes for the node: that of one more Tomcat. */
function nodeFile(cell: Cell, group: Group, self: Endpoint, others: readonly Endpoint[]): string {
  return serverXml({
    ...self,
    httpPort: 8080,
    applications: [APP],
    documentBases: '/srv',
    cluster: { ...clusterOf(cell, others), group },
  });
}

interface Settings extends Readonly<Record<string, string>> {
  readonly 'channel.interceptors': string;
}

/** The same as settings of the node. */
function settingsOf(cell: Cell, self: Endpoint, others: readonly Endpoint[]): Settings {
  return {
    'channel.interceptors': stackOf(cell, others)
      .map((interceptor) => interceptorText(interceptor, cell, self))
      .join(', '),
    'cluster.channelSendOptions': cell.channelSendOptions,
    ...(cell.manager === 'BackupManager' && { 'backup.mapSendOptions': cell.channelSendOptions }),
    ...(cell.membership === 'StaticMembershipService' && {
      'membership.type': 'static',
      'staticMembership.members': others
        .map(({ address, receiverPort }) => `${address}:${receiverPort}`)
        .join(', '),
    }),
    ...(cell.DomainFilterInterceptor === 'on' && { 'membership.domain': DOMAIN }),
  };
}

/** Whether these are Tomcats that encrypt a message without its time. */
function encryptsAsBefore({ tomcats, encryption }: Cell): boolean {
  return encryption !== 'none' && tomcats === '9+9';
}

function flagsOf(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

/** An interceptor as it stands in `channel.interceptors`. */
function interceptorText(interceptor: InterceptorElement, cell: Cell, self: Endpoint): string {
  const { className, attributes, members } = interceptor;
  const written = Object.entries({
    ...attributes,
    ...(members !== undefined && {
      members: members.map((member) => memberText(member, cell)).join(' '),
      uniqueId: staticUniqueId(self),
    }),
    ...(className === 'EncryptInterceptor' && encryptsAsBefore(cell) && { wireForm: 'plain' }),
  }).map(([name, value]) => `${name}="${value}"`);
  return written.length === 0 ? className : `${className}(${written.join(', ')})`;
}

function memberText(member: Endpoint, { DomainFilterInterceptor: filter }: Cell): string {
  const domain = filter === 'on' ? `&domain=${DOMAIN}` : '';
  return `${member.address}:${member.receiverPort}?uniqueId=${staticUniqueId(member)}${domain}`;
}
