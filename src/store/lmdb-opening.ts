import { resolve } from 'node:path';
import {
  defaultStoreLimits,
  isTribesError,
  systemClock,
  type Clock,
  type Logger,
  type StoreLimits,
} from '../base/index.js';
import { Cipher, NameCipher } from './cipher.js';
import { DescriptorTable } from './descriptor-table.js';
import { DirectoryLock } from './directory-lock.js';
import { FactTable, factRow } from './fact-table.js';
import type { Durability } from './journal-commits.js';
import { Journal } from './journal.js';
import type { JournalFiles } from './journal-files.js';
import { replayJournal } from './journal-replay.js';
import { readKeyFile } from './key-file.js';
import { openEnvironment, type Environment } from './lmdb-environment.js';
import { descriptorRow, readRow, removedContextRow, restoreRows, Rows } from './lmdb-rows.js';
import { LmdbWriter } from './lmdb-writer.js';
import { PLACE_KEY, readPlace } from './place-row.js';
import { preparePrivateDirectory, unreadable } from './private-directory.js';
import { RecordCodec, type RecordParts } from './record-codec.js';
import { SessionIndex } from './session-index.js';
import { sha256, type HideName } from './session-key.js';
import { Snapshots } from './snapshots.js';
import { UnreadableRecords } from './unreadable-records.js';
import { WriteBehind } from './write-behind.js';

export interface LmdbStoreOptions {
  /**
   * The data directory. The store has two directories of its own in it, `sessions` and `journal`, which only this user
   * may enter.
   */
  readonly directory: string;
  readonly logger: Logger;
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly limits?: StoreLimits;
  /** What `commit` waits for. Default `batch`. */
  readonly durability?: Durability;
  /** The file with the key by which everything is encrypted. Default: nothing is. */
  readonly keyFile?: string;
  /** How long a change waits for others to the same session before it is written, in milliseconds. Default 50. */
  readonly writeIntervalMs?: number;
  /** Changes of more bytes than that, all together, are written without waiting. Default 4 MiB. */
  readonly eagerWriteBytes?: number;
  /** A file of the journal of more bytes than that is followed by another one. Default 16 MiB. */
  readonly journalSegmentBytes?: number;
  /** What the journal does to its files. Default: the system's. */
  readonly journalFiles?: JournalFiles;
}

const STORE_DIRECTORY = 'sessions';
const JOURNAL_DIRECTORY = 'journal';
const DEFAULT_WRITE_INTERVAL_MS = 50;
const DEFAULT_EAGER_WRITE_BYTES = 2 ** 22;
/** The shortest row that can have been lost with a part of the journal. */
const MIN_ROW_BYTES = 8;

export const storeDirectory = (data: string): string => resolve(data, STORE_DIRECTORY);

/** What there is while a store is open. */
export interface OpenedStore {
  readonly environment: Environment;
  readonly changes: WriteBehind;
  readonly journal: Journal;
  /** Names of files of the journal that were damaged, and are kept. */
  readonly damagedFiles: readonly string[];
  readonly index: SessionIndex;
  readonly codec: RecordCodec;
  readonly unreadable: UnreadableRecords;
  readonly snapshots: Snapshots;
  readonly facts: FactTable;
}

/**
 * Opens everything, and learns what is there. Each part that has been opened adds to the front of `closers` how it is
 * closed, also when a later one fails.
 *
 * @param checkOpen throws once the store is closed.
 */
export async function openStore(
  options: LmdbStoreOptions,
  checkOpen: () => void,
  closers: (() => Promise<unknown>)[],
): Promise<OpenedStore> {
  const { logger, limits = defaultStoreLimits, keyFile } = options;
  const directory = storeDirectory(options.directory);
  const secret = keyFile === undefined ? undefined : await readKeyFile(keyFile);
  await preparePrivateDirectory(directory, logger);
  const lock = await DirectoryLock.acquire(directory);
  closers.unshift(() => lock.release());
  const { environment, identity } = await openEnvironment(directory, secret, logger);
  closers.unshift(() => environment.root.close());
  const writer = await LmdbWriter.start(directory, secret);
  closers.unshift(() => writer.close());
  const { changes, journal, lostBytes, damagedFiles } = await openChanges(
    options,
    { environment, writer, storeId: identity.id, secret },
    closers,
  );
  const hide = hiding(secret);
  const index = new SessionIndex(hide);
  const damaged = new UnreadableRecords(logger);
  const facts = new FactTable((key, value) => {
    checkOpen();
    changes.change([factRow(key, value, hide)]);
  });
  const descriptors = new DescriptorTable({
    logger,
    onNew: (descriptor) => changes.addRow(descriptorRow(descriptor)),
    limits,
  });
  const rows = new Rows(environment, changes.unwritten());
  restoreRows(rows, { index, descriptors, facts, unreadable: damaged });
  // Numbers that were given in what was lost may be in use, in what was not.
  const lostRows = Math.ceil(lostBytes / MIN_ROW_BYTES);
  descriptors.skipNumbers(lostRows);
  index.skipNumbers(lostRows);
  for (const number of index.dropEmptyContexts()) {
    changes.addRow(removedContextRow(number));
  }
  const codec = new RecordCodec(descriptors);
  const snapshots = new Snapshots({
    index,
    read: (key) => damaged.guard('session', key, () => partsOf({ environment, changes }, key)),
    decode: (context, key, parts) => damaged.guard('session', key, () => codec.decode(context, parts)),
    checkOpen,
    maxBytes: limits.maxSnapshotBytes,
  });
  return { environment, changes, journal, damagedFiles, index, codec, unreadable: damaged, snapshots, facts };
}

/** The changes that are not at rest: those that the journal has kept, to begin with. */
async function openChanges(
  options: LmdbStoreOptions,
  parts: {
    readonly environment: Environment;
    readonly writer: LmdbWriter;
    readonly storeId: Buffer;
    readonly secret: Buffer | undefined;
  },
  closers: (() => Promise<unknown>)[],
) {
  const {
    logger,
    clock = systemClock,
    limits = defaultStoreLimits,
    journalSegmentBytes,
    journalFiles,
  } = options;
  const { environment, writer, storeId, secret } = parts;
  const directory = resolve(options.directory, JOURNAL_DIRECTORY);
  const written = placeOf(environment, directory);
  const cipher = secret && new Cipher(secret);
  const changes = new WriteBehind({
    directory: storeDirectory(options.directory),
    written,
    write: async (writes) => {
      await writer.write(writes);
      environment.root.resetReadTxn();
    },
    onChange: (change, last) => journal.append(change, last),
    onWritten: (place) => journal.written(place),
    clock,
    logger,
    intervalMs: options.writeIntervalMs ?? DEFAULT_WRITE_INTERVAL_MS,
    eagerBytes: options.eagerWriteBytes ?? DEFAULT_EAGER_WRITE_BYTES,
    maxDirtyBytes: limits.dirtyBytes,
  });
  closers.unshift(() => changes.stop());
  await preparePrivateDirectory(directory, logger);
  const { found, lastNumber, lostBytes, damaged } = await replayJournal({
    directory,
    storeId,
    cipher,
    written,
    logger,
    apply: (change) => changes.restore(change),
  });
  const journal: Journal = new Journal({
    directory,
    storeId,
    cipher,
    durability: options.durability ?? 'batch',
    found,
    lastNumber,
    written,
    last: changes.last,
    unwritten: () => changes.unwritten(),
    clock,
    logger,
    ...(journalSegmentBytes !== undefined && { segmentBytes: journalSegmentBytes }),
    ...(journalFiles !== undefined && { files: journalFiles }),
  });
  closers.splice(1, 0, () => journal.close());
  return { changes, journal, lostBytes, damagedFiles: damaged };
}

/** Up to where everything is at rest. Error: TRIBES_E_STORE_UNREADABLE. */
function placeOf(environment: Environment, directory: string): number {
  if (environment.databases.meta.get(PLACE_KEY) === undefined) {
    return 0;
  }
  try {
    return readPlace(readRow(environment, 'meta', PLACE_KEY));
  } catch (error) {
    throw isTribesError(error, 'TRIBES_E_STORE_RECORD') ? unreadable(directory, error) : error;
  }
}

function hiding(secret: Buffer | undefined): HideName {
  const cipher = secret && new NameCipher(secret);
  return cipher === undefined ? sha256 : (name) => cipher.hide(name);
}

export function changeSession(changes: WriteBehind, key: Buffer, parts: RecordParts | null): void {
  changes.change([
    { database: 'heads', key, value: parts?.head ?? null },
    { database: 'bodies', key, value: parts?.body ?? null },
  ]);
}

/** What there is of a session that is there. Error: TRIBES_E_STORE_RECORD. */
export function partsOf(opened: Pick<OpenedStore, 'changes' | 'environment'>, key: Buffer): RecordParts {
  const { changes, environment } = opened;
  return {
    head: headOf(opened, key),
    body: changes.get({ database: 'heads', key })?.[1]?.value ?? readRow(environment, 'bodies', key),
  };
}

/** The head of a session that is there. Error: TRIBES_E_STORE_RECORD. */
export function headOf(
  { changes, environment }: Pick<OpenedStore, 'changes' | 'environment'>,
  key: Buffer,
): Buffer {
  return changes.get({ database: 'heads', key })?.[0]?.value ?? readRow(environment, 'heads', key);
}
