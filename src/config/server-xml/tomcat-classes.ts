import type { SettingName } from '../settings-schema.js';

/**
 * What the node does with an attribute of a Tomcat class.
 * - `setting`: it sets that.
 * - `interceptor`: the interceptor here has it too.
 * - `member`: it describes one of the members of a list.
 * - `tomcat`: it concerns Tomcat alone, and nobody who speaks with it.
 * - `none`: it means nothing here, and nobody need miss it: why.
 * - `missing`: the node cannot do what it asks for: what that means.
 */
export type AttributeUse =
  | {
      readonly kind: 'setting';
      readonly setting: SettingName;
      /** What the setting is for what may stand in server.xml; by default, what stands there. */
      readonly values?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'interceptor' }
  /** It describes a member of a list. */
  | { readonly kind: 'member' }
  | { readonly kind: 'tomcat' }
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'missing'; readonly what: string; readonly unless?: string };

export interface TomcatClass {
  readonly name: string;
  /** Of server.xml; where in the Cluster it stands. */
  readonly element: string;
  /** By its name in server.xml. */
  readonly attributes: Readonly<Record<string, AttributeUse>>;
  /** Bean properties that no configuration sets: they are counters, or set by Tomcat itself. */
  readonly internal?: readonly string[];
  /** What it sets by being named. */
  readonly sets?: readonly [setting: SettingName, text: string];
  /** What the node does in its place; for docs/compatibility.md. */
  readonly here: string;
  /** Where the node does not have what the class is for: what that means. */
  readonly missing?: string;
}

const TRIBES = 'org.apache.catalina.tribes';
const HA = 'org.apache.catalina.ha';

const setting = (name: SettingName): AttributeUse => ({ kind: 'setting', setting: name });
const none = (why: string): AttributeUse => ({ kind: 'none', why });
const missing = (what: string, unless?: string): AttributeUse => ({
  kind: 'missing',
  what,
  ...(unless !== undefined && { unless }),
});
const interceptor: AttributeUse = { kind: 'interceptor' };
const tomcat: AttributeUse = { kind: 'tomcat' };

const THREADS = 'the node has one thread for the network, and no queue in front of it';
const BUFFERS = 'the system chooses the size of its buffers';
const LINGER = 'connections are closed in order, as Node.js does it';
const BIO_UDP = 'its class has no UDP, in Tomcat neither';

/** Attributes by groups that have the same use. */
function all(names: string, use: AttributeUse): Record<string, AttributeUse> {
  return Object.fromEntries(names.split(' ').map((name) => [name, use]));
}

const RECEIVER = {
  address: setting('receiver.address'),
  host: setting('receiver.address'),
  bind: setting('receiver.address'),
  port: setting('receiver.port'),
  autoBind: setting('receiver.autoBind'),
  tcpNoDelay: setting('receiver.tcpNoDelay'),
  soKeepAlive: setting('receiver.soKeepAlive'),
  ...all('maxThreads minThreads maxTasks minTasks maxIdleTime', none(THREADS)),
  ...all('direct useBufferPool', none('buffers are shared and bounded by receiver.maxBufferedBytes')),
  ...all('rxBufSize txBufSize', none(BUFFERS)),
  ...all('ooBInline soLingerOn soLingerTime soTrafficClass', none(LINGER)),
  soReuseAddress: none('it is always on'),
  selectorTimeout: none('the node does not poll'),
  timeout: none(
    'what is idle, or half received, has bounds of its own: receiver.idleTimeoutMs, receiver.halfFrameTimeoutMs',
  ),
  daemon: tomcat,
  securePort: setting('receiver.securePort'),
  // With 0, NioReceiver.bind opens no UDP port.
  udpPort: { kind: 'setting', setting: 'receiver.udpPort', values: { '0': '-1' } },
  udpRxBufSize: setting('receiver.udpRxBufSize'),
  udpTxBufSize: setting('receiver.udpTxBufSize'),
} as const satisfies Record<string, AttributeUse>;

const TRANSPORT = {
  timeout: setting('sender.timeout'),
  maxRetryAttempts: setting('sender.maxRetryAttempts'),
  poolSize: setting('sender.poolSize'),
  maxWait: setting('sender.maxWait'),
  throwOnFailedAck: setting('sender.throwOnFailedAck'),
  keepAliveCount: setting('sender.keepAliveCount'),
  keepAliveTime: setting('sender.keepAliveTime'),
  tcpNoDelay: setting('sender.tcpNoDelay'),
  soKeepAlive: setting('sender.soKeepAlive'),
  ...all('rxBufSize txBufSize', none(BUFFERS)),
  ...all('ooBInline soLingerOn soLingerTime soTrafficClass soReuseAddress', none(LINGER)),
  directBuffer: none('Node.js writes buffers without copying them'),
  udpBased: none('each message says for itself whether it goes by UDP (option 32), in Tomcat too'),
  udpPort: none('it is that of the member that is sent to, in Tomcat too'),
  udpRxBufSize: setting('sender.udpRxBufSize'),
  udpTxBufSize: setting('sender.udpTxBufSize'),
} as const satisfies Record<string, AttributeUse>;

const TRANSPORT_INTERNAL = ['address', 'port', 'attempt', 'connectTime', 'requestCount'];

const MANAGER = all(
  'name maxActiveSessions processExpiresFrequency secureRandomAlgorithm secureRandomClass secureRandomProvider ' +
    'sessionAttributeNameFilter sessionAttributeValueClassNameFilter warnOnSessionAttributeFilterFailure ' +
    'notifyAttributeListenerOnUnchangedValue notifyBindingListenerOnUnchangedValue notifyListenersOnReplication ' +
    'notifySessionListenersOnReplication notifyContainerListenersOnReplication persistAuthentication ' +
    'persistAuthenticationNotes recordAllActions sessionActivityCheck sessionLastAccessAtStart throwOnFailure',
  tomcat,
);

const MANAGER_INTERNAL = [
  ...['domain', 'duplicates', 'expiredSessions', 'maxActive', 'processingTime', 'sessionCounter'],
  'sessionMaxAliveTime',
];

const interceptorClass = (name: string, attributes: string, here: string): TomcatClass => ({
  name: `${TRIBES}.group.interceptors.${name}`,
  element: 'Interceptor',
  attributes: all(`optionFlag${attributes === '' ? '' : ` ${attributes}`}`, interceptor),
  here,
});

/** Every class that a Cluster element may name, and each attribute of it, of Tomcat 9.0 and 10.1. */
export const TOMCAT_CLASSES: readonly TomcatClass[] = [
  {
    name: `${HA}.tcp.SimpleTcpCluster`,
    element: 'Cluster',
    attributes: {
      channelSendOptions: setting('cluster.channelSendOptions'),
      channelStartOptions: setting('cluster.channelStartOptions'),
      ...all(
        'clusterName heartbeatBackgroundEnabled notifyLifecycleListenerOnFailure throwOnFailure',
        tomcat,
      ),
    },
    internal: ['domain'],
    here: 'the mirror itself',
  },
  {
    name: `${HA}.session.DeltaManager`,
    element: 'Manager',
    attributes: {
      ...MANAGER,
      stateTransferTimeout: setting('manager.stateTransferTimeout'),
      sendAllSessions: setting('manager.sendAllSessions'),
      sendAllSessionsSize: setting('manager.sendAllSessionsSize'),
      sendAllSessionsWaitTime: setting('manager.sendAllSessionsWaitTime'),
      stateTimestampDrop: none('what comes while a state is transferred is put in order, and never dropped'),
      expireSessionsOnShutdown: tomcat,
      enableStatistics: tomcat,
    },
    internal: [...MANAGER_INTERNAL, 'noContextManagerReceived', 'stateTransfered', 'stateTransferred'],
    here: 'found by what reaches the node, whatever stands here',
  },
  {
    name: `${HA}.session.BackupManager`,
    element: 'Manager',
    attributes: {
      ...MANAGER,
      mapSendOptions: setting('backup.mapSendOptions'),
      rpcTimeout: setting('backup.rpcTimeout'),
      accessTimeout: setting('backup.accessTimeout'),
      terminateOnStartFailure: tomcat,
    },
    internal: MANAGER_INTERNAL,
    here: 'found by what reaches the node, whatever stands here',
  },
  {
    name: `${TRIBES}.group.GroupChannel`,
    element: 'Channel',
    attributes: {
      heartbeatSleeptime: setting('channel.heartbeatSleeptime'),
      optionCheck: setting('channel.optionCheck'),
      heartbeat: missing(
        'the node always beats: without it no member that has gone would be noticed',
        'true',
      ),
      ...all('name jmxDomain jmxEnabled jmxPrefix', tomcat),
    },
    internal: ['optionFlag'],
    here: 'the channel',
  },
  {
    name: `${TRIBES}.membership.McastService`,
    element: 'Membership',
    attributes: {
      address: setting('membership.address'),
      port: setting('membership.port'),
      bind: setting('membership.bind'),
      mcastBindAddress: setting('membership.bind'),
      frequency: setting('membership.frequency'),
      dropTime: setting('membership.dropTime'),
      mcastDropTime: setting('membership.dropTime'),
      domain: setting('membership.domain'),
      ttl: setting('membership.ttl'),
      soTimeout: setting('membership.soTimeout'),
      localLoopbackDisabled: setting('membership.localLoopbackDisabled'),
      recoveryEnabled: setting('membership.recoveryEnabled'),
      recoveryCounter: setting('membership.recoveryCounter'),
      recoverySleepTime: setting('membership.recoverySleepTime'),
    },
    here: 'multicast heartbeats',
  },
  {
    name: `${TRIBES}.membership.StaticMembershipService`,
    element: 'Membership',
    sets: ['membership.type', 'static'],
    attributes: {
      expirationTime: setting('staticMembership.expirationTime'),
      connectTimeout: setting('staticMembership.connectTimeout'),
      rpcTimeout: setting('staticMembership.rpcTimeout'),
      useThread: setting('staticMembership.useThread'),
      pingInterval: setting('staticMembership.pingInterval'),
    },
    here: 'a static list: its `<Member>` and `<LocalMember>` are `staticMembership.members`',
  },
  {
    name: `${TRIBES}.membership.StaticMember`,
    element: 'Member',
    attributes: all('host port securePort udpPort domain uniqueId', { kind: 'member' }),
    internal: ['hostname', 'local', 'memberAliveTime', 'msgCount', 'serviceStartTime'],
    here:
      'in a StaticMembershipService an entry of `staticMembership.members`, and so is `<LocalMember>`, which is the Tomcat that the file is of, not this node; ' +
      'in a StaticMembershipInterceptor one of its members, and `<LocalMember uniqueId>` is the id of this node; the `domain` of `<LocalMember>` is that of this node, too (`membership.domain`)',
  },
  {
    name: `${TRIBES}.membership.cloud.CloudMembershipService`,
    element: 'Membership',
    sets: ['membership.type', 'kubernetes'],
    attributes: {
      membershipProviderClassName: {
        kind: 'setting',
        setting: 'membership.type',
        values: {
          kubernetes: 'kubernetes',
          dns: 'dns',
          [`${TRIBES}.membership.cloud.KubernetesMembershipProvider`]: 'kubernetes',
          [`${TRIBES}.membership.cloud.DNSMembershipProvider`]: 'dns',
        },
      },
      connectTimeout: setting('cloudMembership.connectTimeout'),
      readTimeout: setting('cloudMembership.readTimeout'),
      expirationTime: setting('cloudMembership.expirationTime'),
    },
    here: 'members found by Kubernetes or DNS, as the environment of the Tomcats says ([kubernetes](kubernetes.md))',
  },
  {
    name: `${TRIBES}.transport.nio.NioReceiver`,
    element: 'Receiver',
    attributes: RECEIVER,
    internal: ['listen'],
    here: 'the receiver',
  },
  {
    name: `${TRIBES}.transport.bio.BioReceiver`,
    element: 'Receiver',
    attributes: { ...RECEIVER, ...all('udpPort udpRxBufSize udpTxBufSize', none(BIO_UDP)) },
    internal: ['listen'],
    here: 'the receiver: what goes over the wire is the same',
  },
  {
    name: `${TRIBES}.transport.ReplicationTransmitter`,
    element: 'Sender',
    attributes: {},
    here: 'the sender',
  },
  {
    name: `${TRIBES}.transport.nio.PooledParallelSender`,
    element: 'Transport',
    attributes: TRANSPORT,
    internal: TRANSPORT_INTERNAL,
    here: 'the sender',
  },
  {
    name: `${TRIBES}.transport.bio.PooledMultiSender`,
    element: 'Transport',
    attributes: { ...TRANSPORT, ...all('udpBased udpPort udpRxBufSize udpTxBufSize', none(BIO_UDP)) },
    internal: TRANSPORT_INTERNAL,
    here: 'the sender: what goes over the wire is the same',
  },
  interceptorClass(
    'TcpFailureDetector',
    'connectTimeout performReadTest performSendTest readTestTimeout removeSuspectsTimeout',
    'the same',
  ),
  {
    ...interceptorClass(
      'MessageDispatchInterceptor',
      'alwaysSend maxQueueSize useDeepClone maxThreads maxSpareThreads keepAliveTime',
      'the same',
    ),
    internal: ['andGetCurrentSize'],
  },
  {
    ...interceptorClass(
      'MessageDispatch15Interceptor',
      'alwaysSend maxQueueSize useDeepClone maxThreads maxSpareThreads keepAliveTime',
      'its name until Tomcat 8.0',
    ),
  },
  interceptorClass('ThroughputInterceptor', 'interval', 'the same'),
  interceptorClass('DomainFilterInterceptor', 'domain logInterval', 'the same'),
  interceptorClass('FragmentationInterceptor', 'expire maxSize', 'the same'),
  interceptorClass('GzipInterceptor', 'compressionMinSize interval statsEnabled', 'the same'),
  interceptorClass('OrderInterceptor', 'expire forwardExpired maxQueue', 'the same'),
  interceptorClass('TwoPhaseCommitInterceptor', 'deepclone expire', 'the same'),
  {
    ...interceptorClass(
      'EncryptInterceptor',
      'encryptionAlgorithm encryptionKey providerName replayWindowMessageCount replayWindowTime',
      'the same, with the form of the newer releases unless `wireForm` says otherwise (docs/interceptors.md)',
    ),
    internal: ['encryptionKeyString'],
  },
  interceptorClass('TcpPingInterceptor', 'interval staticOnly useThread', 'the same'),
  interceptorClass('SimpleCoordinator', '', 'the same'),
  interceptorClass('NonBlockingCoordinator', '', 'the same'),
  interceptorClass(
    'StaticMembershipInterceptor',
    '',
    'the same; its `<Member>` elements are its attribute `members`',
  ),
  {
    name: `${HA}.tcp.ReplicationValve`,
    element: 'Valve',
    attributes: all(
      'filter primaryIndicator primaryIndicatorName statistics asyncSupported throwOnFailure',
      tomcat,
    ),
    internal: ['domain'],
    here: 'Tomcat sends what it has changed at the end of a request; the node changes nothing by requests',
  },
  {
    name: `${HA}.session.JvmRouteBinderValve`,
    element: 'Valve',
    attributes: all('enabled sessionIdAttribute asyncSupported throwOnFailure', tomcat),
    internal: ['domain'],
    here: 'new ids that a session gets by it are followed',
  },
  {
    name: `${HA}.authenticator.ClusterSingleSignOn`,
    element: 'Valve',
    attributes: all(
      'accessTimeout cookieDomain cookieName mapSendOptions requireReauthentication rpcTimeout terminateOnStartFailure ' +
        'asyncSupported throwOnFailure',
      tomcat,
    ),
    internal: ['domain'],
    here: 'its map is kept and given back: /v1/sso',
  },
  {
    name: `${HA}.session.ClusterSessionListener`,
    element: 'ClusterListener',
    attributes: {},
    here: 'always there',
  },
  {
    name: `${HA}.session.JvmRouteSessionIDBinderListener`,
    element: 'ClusterListener',
    attributes: { sessionIdAttribute: tomcat },
    here: 'nothing is left for it to do since Tomcat 8.0',
  },
  {
    name: `${HA}.deploy.FarmWarDeployer`,
    element: 'Deployer',
    attributes: all('deployDir maxValidTime processDeployFrequency tempDir watchDir watchEnabled', tomcat),
    here: 'its messages are acknowledged, and nothing is deployed',
  },
];

/** Classes that stand for each element when none is named. */
export const DEFAULT_CLASSES: Readonly<Record<string, string>> = {
  Cluster: `${HA}.tcp.SimpleTcpCluster`,
  Manager: `${HA}.session.DeltaManager`,
  Channel: `${TRIBES}.group.GroupChannel`,
  Membership: `${TRIBES}.membership.McastService`,
  Receiver: `${TRIBES}.transport.nio.NioReceiver`,
  Sender: `${TRIBES}.transport.ReplicationTransmitter`,
  Transport: `${TRIBES}.transport.nio.PooledParallelSender`,
  Deployer: `${HA}.deploy.FarmWarDeployer`,
  Member: `${TRIBES}.membership.StaticMember`,
  LocalMember: `${TRIBES}.membership.StaticMember`,
};

const BY_NAME = new Map(TOMCAT_CLASSES.map((known) => [known.name, known]));

export function tomcatClass(name: string): TomcatClass | undefined {
  return BY_NAME.get(name);
}
