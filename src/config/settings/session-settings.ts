import { defaultJavaLimits, defaultSessionLimits, defaultViewLimits } from '../../base/index.js';
import { bytes, milliseconds, oneOf, seconds, trueOrFalse, wholeNumber } from '../setting.js';
import { sendOptions, TO_MEMBERS } from './send-options.js';

const MAX_MS = 2 ** 31 - 1;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;

/** What is done with sessions. */
export const sessionSettings = {
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
} as const;
