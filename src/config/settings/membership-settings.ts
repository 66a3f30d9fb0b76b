import { defaultMembershipLimits } from '../../base/index.js';
import {
  bytes,
  ipAddress,
  list,
  milliseconds,
  multicastAddress,
  orUnset,
  someOf,
  text,
  trueOrFalse,
  wholeNumber,
} from '../setting.js';

const MAX_MS = 2 ** 31 - 1;

/** Who the members are, and how they are found. */
export const membershipSettings = {
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
} as const;
