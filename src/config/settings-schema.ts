import { defaultJavaLimits, defaultMembershipLimits, defaultTransportLimits } from '../base/index.js';
import {
  bytes,
  ipAddress,
  list,
  milliseconds,
  multicastAddress,
  oneOf,
  orUnset,
  path,
  text,
  trueOrFalse,
  wholeNumber,
  type Setting,
} from './setting.js';

const MAX_MS = 2 ** 31 - 1;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;

/**
 * Every setting of the node, by element and attribute. Names and defaults are Tomcat's own wherever Tomcat has the
 * thing (`McastService`, `NioReceiver`, `PooledParallelSender`). docs/settings.md is made from this table.
 */
export const settingsSchema = {
  membership: {
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
  receiver: {
    address: orUnset(
      ipAddress('', 'Address on which the node listens and which it announces to the others.'),
      "the host's own, as Tomcat's `auto`",
    ),
    port: wholeNumber(1, 65_535, 4_000, 'First TCP port that is tried.'),
    autoBind: wholeNumber(1, 65_535, 100, 'Number of ports that are tried, from `receiver.port` on.'),
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
      'Time for which a message may stay half received.',
    ),
  },
  sender: {
    timeout: milliseconds(1, MAX_MS, 3_000, 'Time for which an acknowledgement is waited for.'),
    maxRetryAttempts: wholeNumber(0, 100, 1, 'Further attempts after the first has failed.'),
    poolSize: wholeNumber(1, 1_000, 25, 'Connections to one member at most.'),
    maxWait: milliseconds(1, MAX_MS, 3_000, 'Time for which a free connection is waited for.'),
    keepAliveCount: wholeNumber(-1, MAX_MS, -1, 'Messages after which a connection is closed; -1: never.'),
    keepAliveTime: wholeNumber(
      -1,
      MAX_MS,
      -1,
      'Milliseconds from connecting after which an idle connection is closed; -1: never.',
    ),
  },
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
      'Names, beside `localhost` and the address itself, under which the HTTP interface may be addressed.',
    ),
    eventHistory: wholeNumber(1, 1_000_000, 10_000, 'Events kept for readers that fall behind or come back.'),
    eventHistoryBytes: bytes(65_536, 2 ** 31, 2 ** 24, 'Size of those events together.'),
    maxEventReaders: wholeNumber(0, 10_000, 100, 'Readers of `/v1/events` at a time.'),
  },
  data: path('data', 'Directory for sessions and the access token; made when it does not exist.'),
  store: {
    type: oneOf(['lmdb', 'memory'], 'lmdb', 'Where sessions rest: in the data directory, or nowhere.'),
  },
  java: {
    maxBytes: bytes(16, MAX_SAFE, defaultJavaLimits.maxBytes, 'Length of a Java stream.'),
    maxDepth: wholeNumber(1, 1_000_000, defaultJavaLimits.maxDepth, 'Nesting within a Java stream.'),
    maxHandles: wholeNumber(1, 2 ** 31, defaultJavaLimits.maxHandles, 'Handles between two resets.'),
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
      'Steps taken back over classes that may have skipped their default fields.',
    ),
    maxCutBytes: bytes(
      16,
      MAX_SAFE,
      defaultJavaLimits.maxCutBytes,
      'Length of one value cut out of a stream.',
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
