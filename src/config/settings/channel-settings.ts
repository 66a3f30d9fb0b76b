import { defaultChannelLimits, defaultTransportLimits } from '../../base/index.js';
import {
  bytes,
  interceptors,
  milliseconds,
  oneOf,
  sumOfBits,
  text,
  trueOrFalse,
  wholeNumber,
} from '../setting.js';
import { sendOptions, TO_ANYBODY } from './send-options.js';

const MAX_MS = 2 ** 31 - 1;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;

/** What goes over the wire, and how. */
export const channelSettings = {
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
} as const;
