import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { staticUniqueId, type ClusterPlacement, type Endpoint, type Expected } from '../kit/index.js';

const GUIDE_FILES = fileURLToPath(new URL('../../../test/config/server-xml/guides/', import.meta.url));
const MEMBERSHIP = 'org.apache.catalina.tribes.membership';

/**
 * The `<Cluster>` of a guide's server.xml, of which a member lives where the scenario wants it. Without what keeps Tomcat 9 and 10.1 from starting: names of Tomcat 7, and a
 * Deployer outside of a Host. `others` take the place of the static members of a guide that has any.
 */
export function clusterOfGuide(
  name: string,
  placement: ClusterPlacement,
  others: readonly Endpoint[] = [],
): string {
  const text = readFileSync(`${GUIDE_FILES}${name}.xml`, 'utf8').replaceAll('classname=', 'className=');
  const [cluster = ''] = /<Cluster\b[^>]*\/>|<Cluster\b[^]*<\/Cluster>/.exec(text) ?? [];
  return placed(cluster, placement, others)
    .replace(/\s*<Deployer[^>]*\/>/, '')
    .replace(/\s*<ClusterListener className="[^"]*JvmRouteSessionIDBinderListener"\/>/, '')
    .replace('MessageDispatch15Interceptor', 'MessageDispatchInterceptor');
}

function placed(
  cluster: string,
  { group, address, receiverPort }: ClusterPlacement,
  others: readonly Endpoint[],
): string {
  const receiver = `address="${address}" port="${receiverPort}"`;
  const membership = `<Membership className="${MEMBERSHIP}.McastService" bind="${address}" address="${group.address}" port="${group.port}"/>`;
  if (!cluster.includes('<Channel')) {
    return cluster.replace(
      /\/>$/,
      `><Channel className="org.apache.catalina.tribes.group.GroupChannel">${membership}<Receiver className="org.apache.catalina.tribes.transport.nio.NioReceiver" ${receiver}/></Channel></Cluster>`,
    );
  }
  return (
    cluster
      // A node has a membership always; where the guide has none it must not be heard, and hear nobody.
      .replace(/(<Channel [^>]*>)(?![^]*<Membership)/, `$1${membership}`)
      .replace(
        /(<Membership [^>]*?)(?:bind="[^"]*" )?address="[^"]*" port="[^"]*"/,
        `$1bind="${address}" address="${group.address}" port="${group.port}"`,
      )
      .replace(/(<Receiver [^>]*?)address="[^"]*" port="[^"]*"/, `$1${receiver}`)
      .replace(
        /(<LocalMember [^>]*?)uniqueId="[^"]*"/,
        `$1uniqueId="${staticUniqueId({ address, receiverPort })}"`,
      )
      .replace(/<Member [^>]*\/>/, (member) => others.map((other) => memberAt(member, other)).join('\n'))
  );
}

function memberAt(member: string, place: Endpoint): string {
  return member
    .replace(/host="[^"]*"/, `host="${place.address}"`)
    .replace(/port="[^"]*"/, `port="${place.receiverPort}"`)
    .replace(/uniqueId="[^"]*"/, `uniqueId="${staticUniqueId(place)}"`);
}

export const GUIDES_OWN_FAULT: Expected = {
  pattern:
    /Match \[Server\/Service\/Engine\/Cluster\/Manager\] failed to set property \[expireSessionsOnShutdown\]/,
  why: 'guides give a BackupManager an attribute that it does not have',
};
