import { defaultStoreLimits, defaultWriteLimits } from '../../base/index.js';
import { bytes, ipAddress, list, oneOf, orUnset, path, trueOrFalse, wholeNumber } from '../setting.js';
import { sendOptions, TO_MEMBERS } from './send-options.js';

const MAX_SAFE = Number.MAX_SAFE_INTEGER;

/** What the node is beside a member: what others may ask of it, and where sessions rest. */
export const serviceSettings = {
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
} as const;
