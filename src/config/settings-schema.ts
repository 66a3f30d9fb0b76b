import {
  defaultChannelLimits,
  defaultJavaLimits,
  defaultMembershipLimits,
  defaultSessionLimits,
  defaultStoreLimits,
  defaultTransportLimits,
  defaultViewLimits,
  defaultWriteLimits,
} from '../base/index.js';
import {
  bytes,
  interceptors,
  ipAddress,
  list,
  milliseconds,
  multicastAddress,
  oneOf,
  orUnset,
  path,
  seconds,
  someOf,
  sumOfBits,
  text,
  trueOrFalse,
  wholeNumber,
  type Setting,
} from './setting.js';

const MAX_MS = 2 ** 31 - 1;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;

/** Send options by names or as a sum, as `Channel.parseSendOptions` reads them. What is sent says itself whether it is raw bytes. */
function sendOptions(names: Readonly<Record<string, number>>, defaultText: string, description: string) {
  const bits = [...new Set(Object.values(names))];
  const sums = bits.reduce((all, bit) => [...all, ...all.map((sum) => sum + bit)], [0]);
  const name = Object.keys(names).join('|');
  const known = bits.map((bit) => `${Object.keys(names).find((key) => names[key] === bit) ?? ''} (${bit})`);
  return text(
    new RegExp(`^(?:${sums.join('|')}|(?:${name})(?:\\s*,\\s*(?:${name}))*)$`),
    `a sum of ${bits.join(', ')}, or names separated by commas: ${known.join(', ')}`,
    defaultText,
    description,
  );
}

/** Options of a message that is for certain members. */
const TO_MEMBERS = {
  ...{ use_ack: 2, sync: 4, synchronized_ack: 4, async: 8, asynchronous: 8, secure: 16, udp: 32 },
} as const;

/** Options of any message. */
const TO_ANYBODY = { ...TO_MEMBERS, multicast: 64 } as const;

/**
 * Every setting of the node, by element and attribute. Names and defaults are Tomcat's own wherever Tomcat has the
 * thing (`McastService`, `NioReceiver`, `PooledParallelSender`). docs/settings.md is made from this table.
 */
export const settingsSchema = {
  membership: {
    type: someOf(
      ['multicast', 'static', 'dns', 'kubernetes'],
      'multicast',
      'How members are found: `multicast` (`McastService`), `static` (`StaticMembershipService`), `dns` and `kubernetes` ' +
        '(`CloudMembershipService` with one of its providers); with several, a member is there as long as one of them has it.',
    ),
    address: multicastAddress('228.0.0.4', 'Multicast group in which the members announce themselves.'),
    port: wholeNumber(1, 65_535, 45_564, 'UDP port of the group.'),
    bind: orUnset(
      ipAddress('', 'Address of the interface on which the group is joined and heartbeats are sent.'),
      "the system's default multicast interface",
    ),
    frequency: milliseconds(10, 3_600_000, 500, 'Time between two heartbeats.'),
    dropTime: milliseconds(20, MAX_MS, 3_000, 'Silence after which a member is taken for gone.'),
    domain: text(
      /^(?:\{\s*-?\d{1,3}(?:\s*,\s*-?\d{1,3})*\s*\}|(?!\{)[\x20-\xff]*)$/,
      'ISO-8859-1 text, or bytes as {1,2,-4}',
      '',
      'Logical domain that the node announces.',
    ),
    ttl: wholeNumber(-1, 255, -1, "Time to live of multicast packets; -1 leaves the system's own (1)."),
    soTimeout: milliseconds(
      0,
      MAX_MS,
      0,
      'How often the member list is searched for expired members; 0 means `membership.frequency`.',
    ),
    localLoopbackDisabled: trueOrFalse(
      false,
      'Whether members on the same host do not hear each other (IP_MULTICAST_LOOP off).',
    ),
    recoveryEnabled: trueOrFalse(true, 'Whether the socket is made anew after errors in a row.'),
    recoveryCounter: wholeNumber(1, 1_000_000, 10, 'Errors in a row after which recovery begins.'),
    recoverySleepTime: milliseconds(1, MAX_MS, 5_000, 'Pause between two attempts at recovery.'),
    maxMembers: wholeNumber(1, 65_536, defaultMembershipLimits.maxMembers, 'Members known at a time.'),
    maxPayloadBytes: bytes(
      0,
      65_535,
      defaultMembershipLimits.maxPayloadBytes,
      'Payload believed of one member.',
    ),
  },
  staticMembership: {
    members: list(
      /^(?:\[[0-9A-Fa-f:.]+\]|[^\s:;?,[\]]+):\d{1,5}(?:\s*[;?].*)?$/,
      'entries host:port, separated by commas, each with ;uniqueId={0,…,15} (or 32 hexadecimal digits), ;domain=TEXT, ;securePort=N or ;udpPort=N behind it',
      '',
      'Where members may be, with `static`. The node need not be among them, nor be in the lists of the Tomcats; where it is, it has the id that stands there.',
    ),
    channelName: text(
      /^[\x20-\xff]+$/,
      'ISO-8859-1 text',
      'Catalina-Channel',
      'Name of the channel of the Tomcats: that of the Engine (or Host) that holds the cluster, or `clusterName`, with `-Channel` behind it.',
    ),
    expirationTime: milliseconds(20, MAX_MS, 5_000, 'Silence after which a member is taken for gone.'),
    connectTimeout: milliseconds(
      1,
      MAX_MS,
      500,
      'Time for a connection to come about, before a member is asked.',
    ),
    rpcTimeout: milliseconds(1, MAX_MS, 3_000, 'Time for which answers are waited for.'),
    useThread: trueOrFalse(
      false,
      'Whether members are asked every `staticMembership.pingInterval`; otherwise with the heartbeat of the channel, and at least twice within `staticMembership.expirationTime`.',
    ),
    pingInterval: milliseconds(
      10,
      MAX_MS,
      1_000,
      'Time between two questions, with `staticMembership.useThread`.',
    ),
  },
  cloudMembership: {
    dnsName: orUnset(
      text(/^[^\s\0]+$/, 'a name', '', 'Name whose addresses are the members, with `dns`.'),
      '`DNS_MEMBERSHIP_SERVICE_NAME` of the environment, or else the namespace',
    ),
    namespace: orUnset(
      text(/^[^\s\0]+$/, 'a name', '', 'Namespace of the pods, with `kubernetes`.'),
      '`KUBERNETES_NAMESPACE` of the environment, or else `tomcat`',
    ),
    labels: orUnset(
      text(/^[^\0]+$/, 'a label selector', '', 'Which pods of the namespace are members, with `kubernetes`.'),
      '`KUBERNETES_LABELS` of the environment, or else all pods',
    ),
    connectTimeout: milliseconds(1, MAX_MS, 1_000, 'Time for a connection to the API server to come about.'),
    readTimeout: milliseconds(1, MAX_MS, 1_000, 'Time for which nothing may come of its answer.'),
    expirationTime: milliseconds(
      20,
      MAX_MS,
      5_000,
      'Time after which a member that is not found any more is taken for gone.',
    ),
  },
  receiver: {
    address: text(
      /^[^\s\0]+$/,
      'auto, or an address or a name of this host',
      'auto',
      'Address on which the node listens and which it announces to the others; `auto`: that of the host name.',
    ),
    port: wholeNumber(0, 65_535, 4_000, 'First TCP port that is tried; 0 lets the system choose.'),
    autoBind: wholeNumber(1, 65_535, 100, 'Number of ports that are tried, from `receiver.port` on.'),
    udpPort: wholeNumber(
      -1,
      65_535,
      -1,
      'First UDP port that is tried, for messages with option 32, as many as `receiver.autoBind` says; 0 lets the system choose; -1: no UDP.',
    ),
    udpRxBufSize: bytes(
      1_024,
      2 ** 30,
      2 ** 20,
      "Buffer of the system for what comes by UDP (SO_RCVBUF): what does not fit it is lost. The system may give less (Linux: `net.core.rmem_max`). Tomcat's default, 65536, holds one large datagram.",
    ),
    udpTxBufSize: bytes(
      1_024,
      2 ** 30,
      25_188,
      'Buffer of the system for acknowledgements by UDP (SO_SNDBUF).',
    ),
    securePort: wholeNumber(
      -1,
      65_535,
      -1,
      'Announced to the others, and nothing more: nothing listens there and nobody sends to it, nor in Tomcat.',
    ),
    tcpNoDelay: trueOrFalse(true, 'Whether replies are sent without delay (TCP_NODELAY).'),
    soKeepAlive: trueOrFalse(false, 'Whether idle connections are probed (SO_KEEPALIVE).'),
    maxFrameBytes: bytes(
      1_024,
      2 ** 31 - 1,
      defaultTransportLimits.maxFrameBytes,
      'Largest message. A whole state comes as one message unless the sender has `sendAllSessions="false"`.',
    ),
    maxBufferedBytes: bytes(
      1_024,
      MAX_SAFE,
      defaultTransportLimits.maxBufferedBytes,
      'Unfinished and unprocessed messages of all connections together.',
    ),
    maxConnections: wholeNumber(
      1,
      65_536,
      defaultTransportLimits.maxConnections,
      'Connections accepted at a time.',
    ),
    halfFrameTimeoutMs: milliseconds(
      100,
      MAX_MS,
      defaultTransportLimits.halfFrameTimeoutMs,
      'Time for which nothing may come of a message that is half received; within ten times that it has to end, or to bring 64 KiB.',
    ),
    idleTimeoutMs: milliseconds(
      100,
      MAX_MS,
      defaultTransportLimits.idleTimeoutMs,
      'Time within which a connection has to bring its first message.',
    ),
  },
  sender: {
    timeout: milliseconds(
      1,
      MAX_MS,
      5_000,
      'Time for which an acknowledgement is waited for; also a connection, and each part of a large message to be taken. ' +
        'A Tomcat with its default of 3000 waits for 5000: it looks at the clock between two polls, which take that long.',
    ),
    maxRetryAttempts: wholeNumber(0, 100, 1, 'Further attempts after the first has failed.'),
    poolSize: wholeNumber(1, 1_000, 25, 'Connections to one member at most.'),
    maxWait: milliseconds(1, MAX_MS, 3_000, 'Time for which a free connection is waited for.'),
    throwOnFailedAck: trueOrFalse(true, 'Whether an answer that processing failed (FAIL_ACK) is a failure.'),
    keepAliveCount: wholeNumber(-1, MAX_MS, -1, 'Messages after which a connection is closed; -1: never.'),
    keepAliveTime: wholeNumber(
      -1,
      MAX_MS,
      -1,
      'Milliseconds from connecting after which an idle connection is closed; -1: never.',
    ),
    tcpNoDelay: trueOrFalse(true, 'Whether messages are sent without delay (TCP_NODELAY).'),
    soKeepAlive: trueOrFalse(false, 'Whether idle connections are probed (SO_KEEPALIVE).'),
    udpRxBufSize: bytes(
      1_024,
      2 ** 30,
      25_188,
      'Buffer of the system for acknowledgements that come by UDP (SO_RCVBUF).',
    ),
    udpTxBufSize: bytes(
      1_024,
      2 ** 30,
      65_536,
      'Buffer of the system for messages by UDP (SO_SNDBUF): one that does not fit it is not sent.',
    ),
    maxQueuedBytes: bytes(1_024, MAX_SAFE, 2 ** 26, 'Messages on their way to one member.'),
  },
  channel: {
    interceptors: interceptors(
      'MessageDispatchInterceptor,TcpFailureDetector',
      'The interceptors, in the order of `server.xml`, each with the attributes that are not to have their defaults: ' +
        '`TcpFailureDetector(connectTimeout=500),GzipInterceptor`; in a file also as a list: ' +
        '`[{name: TcpFailureDetector, connectTimeout: 500}, GzipInterceptor]`. A value with a comma or a parenthesis stands in quotes.',
    ),
    heartbeatSleeptime: milliseconds(100, MAX_MS, 5_000, 'Time between two heartbeats of the channel.'),
    optionCheck: trueOrFalse(false, 'Whether interceptors with overlapping option flags are refused.'),
    maxMessageBytes: bytes(
      1_024,
      2 ** 31 - 1,
      defaultChannelLimits.maxMessageBytes,
      'Length of a message that was compressed (`GzipInterceptor`) or came in fragments (`FragmentationInterceptor`).',
    ),
    maxHeldMessages: wholeNumber(
      1,
      2 ** 24,
      defaultChannelLimits.maxHeldMessages,
      'Messages and fragments of one member that an interceptor holds back.',
    ),
    maxHeldBytes: bytes(
      1_024,
      MAX_SAFE,
      defaultChannelLimits.maxHeldBytes,
      'Messages and fragments of one member that an interceptor holds back.',
    ),
    maxHeldBytesOfAll: bytes(
      1_024,
      MAX_SAFE,
      defaultChannelLimits.maxHeldBytesOfAll,
      'Messages and fragments of all members that an interceptor holds back.',
    ),
    maxBroadcastBytes: bytes(
      1_024,
      MAX_SAFE,
      defaultChannelLimits.maxBroadcastBytes,
      'Messages by multicast (option 64) that are being processed.',
    ),
  },
  cluster: {
    channelSendOptions: sendOptions(
      TO_ANYBODY,
      '8',
      'How messages to other members are sent, whole states apart: those always with 6. What belongs to a state never goes by UDP or ' +
        'multicast, whatever stands here: a Tomcat would wait a minute for what is lost.',
    ),
    channelStartOptions: sumOfBits(
      15,
      3,
      15,
      'What of the channel is started: 1 (SND_RX_SEQ), the receiver, and 2 (SND_TX_SEQ), the sender, without which there is no node; 4 (MBR_RX_SEQ): the ' +
        'membership hears of the others; 8 (MBR_TX_SEQ): it tells the others of this node. With 3 there are the members of a `StaticMembershipInterceptor` and no others. ' +
        'The memberships `static`, `dns` and `kubernetes` need both or none.',
    ),
  },
  stateSource: oneOf(
    ['auto', 'never'],
    'auto',
    'Whether Tomcats that start may take their sessions from this node: `auto`: when it is the longest running member ' +
      'that has them; `never`: not at all, it says age 0 and answers that it has no such context.',
  ),
  http: {
    address: ipAddress('127.0.0.1', 'Address of the HTTP interface.'),
    port: wholeNumber(0, 65_535, 8_088, 'TCP port of the HTTP interface; 0 lets the system choose.'),
    tokenFile: orUnset(
      path('', 'File that holds the access token; made, with a new token, when it does not exist.'),
      '`token` in the data directory',
    ),
    insecure: trueOrFalse(
      false,
      'Whether everybody who can reach the HTTP interface may use it, without a token.',
    ),
    allowedHosts: list(
      /^[A-Za-z0-9._-]+$/,
      'host names, separated by commas',
      '',
      'Names, beside `localhost` and the address itself, under which the HTTP interface may be addressed.',
    ),
    eventHistory: wholeNumber(1, 1_000_000, 10_000, 'Events kept for readers that fall behind or come back.'),
    eventHistoryBytes: bytes(65_536, 2 ** 31, 2 ** 24, 'Size of those events together.'),
    maxEventReaders: wholeNumber(0, 10_000, 100, 'Readers of `/v1/events` at a time.'),
    exportSecrets: trueOrFalse(
      false,
      'Whether `/v1/export` may be asked for passwords, which the HTTP interface never shows otherwise.',
    ),
  },
  write: {
    enabled: trueOrFalse(
      false,
      'Whether sessions may be changed: over HTTP, with a token of its own, and by the program that runs the node. What is written is read by the JVMs of all Tomcats.',
    ),
    tokenFile: orUnset(
      path('', 'File that holds the token for writing; made, with a new token, when it does not exist.'),
      '`write-token` in the data directory',
    ),
    sendOptions: sendOptions(
      TO_MEMBERS,
      '6',
      'How writes are sent; with 6 (or 14) a member acknowledges when it has processed them.',
    ),
    allowedClasses: list(
      /^(?:default|(?:[\p{L}\p{Nd}_$]+\.)*(?:[\p{L}\p{Nd}_$]+|\*))$/u,
      'class names as in Java streams (com.example.Cart$Item), packages (com.example.*) or `default`, separated by commas',
      'default',
      'Classes that what is written may hold; `default`: those of the JDK that only hold values.',
    ),
    import: trueOrFalse(
      false,
      'Whether archives may be imported over HTTP, with the token for writing. What they hold is not judged by `write.allowedClasses`: it is what applications have put there.',
    ),
    maxBytes: bytes(16, 2 ** 28, defaultWriteLimits.maxBytes, 'Length of the Java stream of one value.'),
    maxDepth: wholeNumber(1, 1_000, defaultWriteLimits.maxDepth, 'Nesting of one value.'),
    maxPending: wholeNumber(
      1,
      65_536,
      defaultWriteLimits.maxPending,
      'Writes at a time; each lasts until all members have acknowledged it.',
    ),
  },
  data: path('data', 'Directory for sessions and the access token; made when it does not exist.'),
  durability: oneOf(
    ['batch', 'ack', 'off'],
    'batch',
    'What a change has reached when it is acknowledged to a sender that waits for its processing: `batch`: the system, so that it survives the end of the process; `ack`: the disk, so that it survives the loss of power; `off`: memory.',
  ),
  store: {
    type: oneOf(['lmdb', 'memory'], 'lmdb', 'Where sessions rest: in the data directory, or nowhere.'),
    maxDescriptors: wholeNumber(
      0,
      2 ** 31,
      defaultStoreLimits.maxDescriptors,
      'Class descriptors in the dictionary; what does not fit costs more room.',
    ),
    maxDescriptorBytes: bytes(0, 2 ** 31, defaultStoreLimits.maxDescriptorBytes, 'Length of the dictionary.'),
    maxSnapshotBytes: bytes(
      65_536,
      MAX_SAFE,
      defaultStoreLimits.maxSnapshotBytes,
      'What is kept in memory of sessions that change while they are being exported.',
    ),
    dirtyBytes: bytes(
      2 ** 20,
      MAX_SAFE,
      defaultStoreLimits.dirtyBytes,
      'Changes that may wait in memory to be written; while nothing can be written, what is beyond is refused.',
    ),
    maxHotBytes: bytes(
      0,
      MAX_SAFE,
      defaultStoreLimits.maxHotBytes,
      'Sessions that are kept at hand in memory because they have been in use of late.',
    ),
    keyFile: orUnset(
      path('', 'File with the key by which everything that rests is encrypted: 64 hexadecimal digits.'),
      'nothing is encrypted',
    ),
  },
  manager: {
    stateTransferTimeout: seconds(
      1,
      86_400,
      60,
      'Time without progress after which the node counts as synchronised, whoever has not answered.',
    ),
    sendAllSessions: trueOrFalse(
      false,
      'Whether a member that asks for the sessions gets them in one message; Tomcat does so by default, and takes ' +
        'longer to load a large state than a sender waits for.',
    ),
    sendAllSessionsSize: wholeNumber(
      1,
      1_000_000,
      500,
      'Sessions in a message, unless it is one for all; ended earlier when it is large.',
    ),
    sendAllSessionsWaitTime: milliseconds(
      0,
      60_000,
      0,
      'Pause between two such messages. The one who asks waits for all of them together, for a minute by default.',
    ),
    servletApi: oneOf(
      ['auto', 'javax', 'jakarta'],
      'auto',
      'The servlet API of Tomcats that ask for the sessions and of which nothing is known yet, as of all that have just ' +
        'started: `javax` (Tomcat 9 and before), `jakarta` (10 and later): values of classes of the other one are left ' +
        'out; `auto`: values of either are sent so that one which cannot be read costs nothing but a line in the log.',
    ),
  },
  backup: {
    mode: oneOf(
      ['member', 'proxy', 'off'],
      'member',
      "How the node takes part in the maps of BackupManagers. `member`: as a Tomcat does, and so it is chosen as a session's " +
        'backup; `proxy`: it is never chosen, learns which sessions there are every `backup.poll`, and looks at one when it is ' +
        'asked for; `off`: it answers as one who does not know the maps.',
    ),
    poll: milliseconds(100, 86_400_000, 10_000, 'Time between two looks at the keys of a map, with `proxy`.'),
    follow: milliseconds(
      0,
      86_400_000,
      0,
      'Time after which a session that is elsewhere is looked at again, eight at a time; 0: only when it is asked for.',
    ),
    bridge: trueOrFalse(
      true,
      "Whether sessions are carried between Tomcats that cannot read each other's map messages: 9.0 beside 10.1, 10.1.39 " +
        'beside 10.1.40, 11.0.5 beside 11.0.6.',
    ),
    mapSendOptions: sendOptions(
      TO_MEMBERS,
      '6',
      'What the node sends backups and proxies with, as `BackupManager` does.',
    ),
    rpcTimeout: milliseconds(100, MAX_MS, 15_000, 'Time for which answers to calls of a map are waited for.'),
    accessTimeout: milliseconds(
      100,
      MAX_MS,
      5_000,
      'Time within which a member has to answer a ping, or its sessions are taken over.',
    ),
  },
  session: {
    maxContexts: wholeNumber(1, 2 ** 20, defaultSessionLimits.maxContexts, 'Contexts known at a time.'),
    orderWindowMs: milliseconds(
      0,
      MAX_MS,
      defaultSessionLimits.orderWindowMs,
      'How far back a message of the same sender counts as late; an older one means that its clock was set back.',
    ),
    maxRememberedChanges: wholeNumber(
      1,
      2 ** 31,
      defaultSessionLimits.maxRememberedChanges,
      'Last changes remembered in one context, one for each session, field and sender.',
    ),
    tombstoneMs: milliseconds(
      0,
      MAX_MS,
      defaultSessionLimits.tombstoneMs,
      'Time for which a late message does not bring an expired session back.',
    ),
    maxTombstones: wholeNumber(
      0,
      2 ** 31,
      defaultSessionLimits.maxTombstones,
      'Expired sessions remembered in one context.',
    ),
    aliasMs: milliseconds(
      0,
      MAX_MS,
      defaultSessionLimits.aliasMs,
      'Time for which messages for the old id of a session find it.',
    ),
    maxAliases: wholeNumber(
      0,
      2 ** 31,
      defaultSessionLimits.maxAliases,
      'Old ids of sessions remembered in one context.',
    ),
    earlyMs: milliseconds(
      0,
      MAX_MS,
      defaultSessionLimits.earlyMs,
      'Time for which a message waits for its session; while states are being transferred, until that is done.',
    ),
    maxEarlyBytes: bytes(
      0,
      MAX_SAFE,
      defaultSessionLimits.maxEarlyBytes,
      'Messages of one context that wait for their sessions.',
    ),
    maxEarlyMessages: wholeNumber(
      0,
      2 ** 31,
      defaultSessionLimits.maxEarlyMessages,
      'Messages of one context that wait for their sessions.',
    ),
    maxTransferQueueBytes: bytes(
      1_024,
      MAX_SAFE,
      defaultSessionLimits.maxTransferQueueBytes,
      'Transferred states that are acknowledged and not taken in yet.',
    ),
    maxUncutBytes: bytes(
      0,
      2 ** 30,
      defaultSessionLimits.maxUncutBytes,
      'What is kept of a message for a value of it that cannot be understood without its class.',
    ),
    maxProxies: wholeNumber(
      0,
      2 ** 24,
      defaultSessionLimits.maxProxies,
      'Sessions of one context that are in a replicated map, and of which others have the value.',
    ),
    maxMapEntries: wholeNumber(
      0,
      2 ** 24,
      defaultSessionLimits.maxMapEntries,
      'Single sign-ons, attributes of ReplicatedContexts and entries of maps of a program, all together.',
    ),
    maxMapBytes: bytes(0, 2 ** 34, defaultSessionLimits.maxMapBytes, 'Their values.'),
  },
  java: {
    maxBytes: bytes(16, MAX_SAFE, defaultJavaLimits.maxBytes, 'Length of a Java stream.'),
    maxContents: wholeNumber(
      1,
      MAX_SAFE,
      defaultJavaLimits.maxContents,
      'Contents of the top level of a Java stream: objects, block data, resets.',
    ),
    maxDepth: wholeNumber(1, 1_000_000, defaultJavaLimits.maxDepth, 'Nesting within a Java stream.'),
    maxHandles: wholeNumber(1, 2 ** 31, defaultJavaLimits.maxHandles, 'Handles between two resets.'),
    maxDescriptors: wholeNumber(
      1,
      2 ** 31,
      defaultJavaLimits.maxDescriptors,
      'Class descriptors between two resets.',
    ),
    maxHierarchy: wholeNumber(
      1,
      65_536,
      defaultJavaLimits.maxHierarchy,
      'Classes from one class up to its topmost serialisable superclass.',
    ),
    maxArrayCells: wholeNumber(
      0,
      MAX_SAFE,
      defaultJavaLimits.maxArrayCells,
      'Cells of all arrays of a stream.',
    ),
    maxStringBytes: bytes(0, MAX_SAFE, defaultJavaLimits.maxStringBytes, 'Length of one encoded string.'),
    maxBacktrackSteps: wholeNumber(
      0,
      MAX_SAFE,
      defaultJavaLimits.maxBacktrackSteps,
      'Steps of looking ahead over classes that may have skipped their default fields.',
    ),
    maxCutBytes: bytes(
      16,
      MAX_SAFE,
      defaultJavaLimits.maxCutBytes,
      'Length of one value cut out of a stream.',
    ),
    maxViewDepth: wholeNumber(1, 1_000, defaultViewLimits.maxViewDepth, 'Nesting that is shown of a value.'),
    maxViewNodes: wholeNumber(1, 2 ** 31, defaultViewLimits.maxViewNodes, 'Values shown of one value.'),
    maxViewText: wholeNumber(
      1,
      2 ** 28,
      defaultViewLimits.maxViewText,
      'Length of all texts shown of one value, in UTF-16 units.',
    ),
  },
  log: {
    level: oneOf(
      ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
      'info',
      'The least important lines that are still written.',
    ),
    redact: trueOrFalse(
      true,
      'Whether session ids and attribute values are left out of the log. Passwords never appear in it.',
    ),
  },
} as const;

type ValuesOf<T> = T extends Setting<infer V> ? V : { readonly [K in keyof T]: ValuesOf<T[K]> };

/** What is in force: every setting with its value. */
export type Settings = ValuesOf<typeof settingsSchema>;

type NamesOf<T, Prefix extends string = ''> = {
  [K in keyof T & string]: T[K] extends Setting<unknown> ? `${Prefix}${K}` : NamesOf<T[K], `${Prefix}${K}.`>;
}[keyof T & string];

/** Element dot attribute: `receiver.port`. */
export type SettingName = NamesOf<typeof settingsSchema>;

/** Every setting by name, in the order of the table. */
export const settingsByName: ReadonlyMap<SettingName, Setting<unknown>> = new Map(entriesOf(settingsSchema));

export function isSettingName(name: string): name is SettingName {
  return settingsByName.has(name as SettingName);
}

/** `membership.dropTime` as `TRIBES_MEMBERSHIP_DROP_TIME`. */
export function variableOf(name: string): string {
  return `TRIBES_${name
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .replace('.', '_')
    .toUpperCase()}`;
}

function isSetting(node: object): node is Setting<unknown> {
  return 'defaultText' in node;
}

function* entriesOf(table: object, prefix = ''): Generator<[SettingName, Setting<unknown>]> {
  for (const [key, node] of Object.entries(table) as [string, object][]) {
    if (isSetting(node)) {
      yield [(prefix + key) as SettingName, node];
    } else {
      yield* entriesOf(node, `${prefix}${key}.`);
    }
  }
}
