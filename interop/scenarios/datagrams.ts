import { join } from 'node:path';
import type { ClusterPlacement, MirrorNode, TomcatPlan, TomcatVersion } from '../kit/index.js';
import { each, populate } from './population.js';
import type { Scenario } from './scenario.js';
import { LIFE_APPLICATIONS, sessionLife } from './session-life.js';
import type { Stage } from './stage.js';

const TRIBES = 'org.apache.catalina.tribes';
const HA = 'org.apache.catalina.ha';

/** A datagram carries no more than 65,507 bytes, and the buffer of a Tomcat hardly two of that size. */
const FRAGMENTS = `<Interceptor className="${TRIBES}.group.interceptors.FragmentationInterceptor" maxSize="50000"/>`;

/**
 * Without keepAliveCount, a PooledParallelSender that has sent a state over TCP fails when its turn has come to use that connection for
 * UDP.
 */
function clusterWith(
  channelSendOptions: string,
  { group, address, receiverPort }: ClusterPlacement,
  interceptors = '',
): string {
  return `<Cluster className="${HA}.tcp.SimpleTcpCluster" channelSendOptions="${channelSendOptions}">
  <Manager className="${HA}.session.DeltaManager"/>
  <Channel className="${TRIBES}.group.GroupChannel">
    <Membership className="${TRIBES}.membership.McastService" address="${group.address}" port="${group.port}" bind="${address}"/>
    <Receiver className="${TRIBES}.transport.nio.NioReceiver" address="${address}" port="${receiverPort}" udpPort="${receiverPort}"/>
    <Sender className="${TRIBES}.transport.ReplicationTransmitter">
      <Transport className="${TRIBES}.transport.nio.PooledParallelSender" keepAliveCount="0"/>
    </Sender>
    ${interceptors}
    <Interceptor className="${TRIBES}.group.interceptors.TcpFailureDetector"/>
    <Interceptor className="${TRIBES}.group.interceptors.MessageDispatchInterceptor"/>
  </Channel>
  <Valve className="${HA}.tcp.ReplicationValve" filter=""/>
  <Valve className="${HA}.session.JvmRouteBinderValve"/>
  <ClusterListener className="${HA}.session.ClusterSessionListener"/>
</Cluster>`;
}

/** The node knows nothing but the server.xml of the first Tomcat, its UDP port and its interceptors included. */
function likeTheTomcat(stage: Stage): Promise<MirrorNode> {
  const path = join(stage.cluster.place.files, 'tomcat1', 'conf', 'server.xml');
  return stage.node(['--server-xml', path]);
}

async function cameAsDatagrams(stage: Stage, node: MirrorNode, metric: string): Promise<void> {
  await stage.nodeStep('sessions came as datagrams', async () => {
    const came = await node.metric(metric);
    const malformed = await node.metric('tribes_receiver_malformed_datagrams_total');
    const dropped = await node.metric('tribes_receiver_dropped_datagrams_total');
    if (came < 10 || malformed + dropped > 0) {
      throw new Error(`${came} came, ${malformed} were malformed, ${dropped} dropped`);
    }
    return String(came);
  });
}

type Versions = readonly [TomcatVersion, TomcatVersion];

const byUdp = ([first, second]: Versions): Scenario => ({
  name: `datagrams/udp/${first}+${second}`,
  about: `the life of sessions, Tomcats ${first} and ${second}, with "use_ack,sync,udp" and FragmentationInterceptor, the node between them`,
  core: first !== second,
  versions: [first, second],
  async run(stage) {
    const plan: Omit<TomcatPlan, 'version'> = {
      applications: LIFE_APPLICATIONS,
      element: (placement) => clusterWith('use_ack,sync,udp', placement, FRAGMENTS),
    };
    const one = await stage.tomcat({ version: first, ...plan });
    const node = await likeTheTomcat(stage);
    const two = await stage.tomcat({ version: second, ...plan });
    await sessionLife(stage, node, one, two);
    await cameAsDatagrams(stage, node, 'tribes_receiver_datagrams_total');
    await stage.logsAreClean();
  },
});

const byMulticast = ([first, second]: Versions): Scenario => ({
  name: `datagrams/multicast/${first}+${second}`,
  about: `sessions of Tomcats ${first} and ${second} that tell everybody on the group of them, the node between them`,
  core: false,
  versions: [first, second],
  async run(stage) {
    const plan: Omit<TomcatPlan, 'version'> = {
      element: (placement) => clusterWith('multicast', placement),
    };
    const one = await stage.tomcat({ version: first, ...plan });
    const node = await likeTheTomcat(stage);
    const two = await stage.tomcat({ version: second, ...plan });
    const visitors = await stage.agreeAfter('20 sessions at both', () => populate([one, two], { count: 20 }));
    await stage.agreeAfter('they move to the other Tomcat', () =>
      each(visitors, [two, one], (visitor, tomcat) => visitor.act(tomcat, 'count')),
    );
    await stage.agreeAfter('and end there', () =>
      each(visitors, [two, one], (visitor, tomcat) => visitor.act(tomcat, 'invalidate')),
    );
    const multicast = 'tribes_channel_messages_received_total\\{options="multicast"\\}';
    await cameAsDatagrams(stage, node, multicast);
    await stage.logsAreClean();
  },
});

const PAIRS: readonly Versions[] = [
  ['10.1', '10.1'],
  ['9', '10.1'],
];

/** Sessions that Tomcats tell of in datagrams, to each member or to all at once. */
export const datagramScenarios: readonly Scenario[] = PAIRS.flatMap((versions) => [
  byUdp(versions),
  byMulticast(versions),
]);
