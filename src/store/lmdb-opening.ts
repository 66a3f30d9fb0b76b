import { resolve } from 'node:path';
import {
  defaultStoreLimits,
  isTribesError,
  systemClock,
  type Clock,
  type ContextName,
  type Logger,
  type SessionSummary,
  type StoreLimits,
} from '../base/index.js';
import { Cipher, NameCipher } from './cipher.js';
import { DescriptorTable } from './descriptor-table.js';
import { DirectoryLock } from './directory-lock.js';
import { nameOf, SessionChange } from './change.js';
import { FactTable, factRow } from './fact-table.js';
import { HotSessions, type SizedRecord } from './hot-sessions.js';
import type { Durability } from './journal-commits.js';
import { withoutEdits } from './journal-edits.js';
import { Journal } from './journal.js';
import type { JournalFiles } from './journal-files.js';
import { replayJournal } from './journal-replay.js';
import { readKeyFile } from './key-file.js';
import { openEnvironment, type Environment } from './lmdb-environment.js';
import { descriptorRow, readRow, removedContextRow, restoreRows, Rows } from './lmdb-rows.js';
import { LmdbLedger } from './lmdb-ledger.js';
import { LmdbWriter } from './lmdb-writer.js';
import { PLACE_KEY, readPlace } from './place-row.js';
import { preparePrivateDirectory, unreadable } from './private-directory.js';
import { RecordCodec, sizeOf, type RecordParts } from './record-codec.js';
import { decodeSummary, summaryOf } from './record-head.js';
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
  /** How long a change waits for others to the same session before it is written, in milliseconds. Default 3000. */
  readonly writeIntervalMs?: number;
  /** Changes of more bytes than that, all together, are written without waiting. Default 32 MiB. */
  readonly eagerWriteBytes?: number;
  /** A file of the journal of more bytes than that is followed by another one. Default 16 MiB. */
  readonly journalSegmentBytes?: number;
  /** What the journal does to its files. Default: the system's. */
  readonly journalFiles?: JournalFiles;
}

const STORE_DIRECTORY = 'sessions';
const JOURNAL_DIRECTORY = 'journal';
/** A session that is in use changes several times a second, and a journal has it meanwhile. */
const DEFAULT_WRITE_INTERVAL_MS = 3000;
const DEFAULT_EAGER_WRITE_BYTES = 2 ** 25;
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
  readonly hot: HotSessions;
  readonly codec: RecordCodec;
  readonly unreadable: UnreadableRecords;
  readonly snapshots: Snapshots;
  readonly facts: FactTable;
  readonly ledger: LmdbLedger;
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
  const damaged = new UnreadableRecords(logger);
  const { changes, journal, lostBytes, damagedFiles } = await openChanges(
    options,
    { environment, writer, storeId: identity.id, secret, damaged },
    closers,
  );
  const hide = hiding(secret);
  const index = new SessionIndex(hide);
  const facts = new FactTable((key, value) => {
    checkOpen();
    changes.changeRows([factRow(key, value, hide)]);
  });
  const descriptors = new DescriptorTable({
    logger,
    onNew: (descriptor) => changes.addRow(descriptorRow(descriptor)),
    limits,
  });
  const rows = new Rows(environment, changes.unwritten() ?? []);
  restoreRows(rows, { index, descriptors, facts, unreadable: damaged });
  // Numbers that were given in what was lost may be in use, in what was not.
  const lostRows = Math.ceil(lostBytes / MIN_ROW_BYTES);
  descriptors.skipNumbers(lostRows);
  index.skipNumbers(lostRows);
  const ledger = new LmdbLedger(
    { changes, unreadable: damaged, read: (key) => readRow(environment, 'ledger', key), checkOpen },
    rows.keys('ledger'),
    lostRows,
  );
  for (const number of index.dropEmptyContexts()) {
    changes.addRow(removedContextRow(number));
  }
  const codec = new RecordCodec(descriptors);
  const hot = new HotSessions(limits.maxHotBytes);
  const snapshots = new Snapshots({
    index,
    read: (context, key) =>
      damaged.guard('session', key, () => sessionAt({ environment, changes, codec }, context, key).record),
    checkOpen,
    maxBytes: limits.maxSnapshotBytes,
  });
  return {
    environment,
    changes,
    journal,
    damagedFiles,
    index,
    hot,
    codec,
    unreadable: damaged,
    snapshots,
    facts,
    ledger,
  };
}

/** The changes that are not at rest: those that the journal has kept, to begin with. */
async function openChanges(
  options: LmdbStoreOptions,
  parts: {
    readonly environment: Environment;
    readonly writer: LmdbWriter;
    readonly storeId: Buffer;
    readonly secret: Buffer | undefined;
    readonly damaged: UnreadableRecords;
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
  const { environment, writer, storeId, secret, damaged } = parts;
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
  const targets = {
    before: (key: Buffer) => restoredParts({ changes, environment }, key),
    page: (key: Buffer) => changes.get(nameOf({ database: 'ledger', key }))?.rows()[0]?.value ?? undefined,
    failed: (key: Buffer, reason: string) => damaged.report('change of a session', key, reason),
  };
  const replayed = await replayJournal({
    directory,
    storeId,
    cipher,
    written,
    logger,
    apply: ({ place, rows }) => {
      // What is at rest has nothing before it any more that an edit could be carried out upon.
      if (place > written) {
        changes.restore({ place, rows: withoutEdits(rows, targets) });
      }
    },
  });
  const journal: Journal = new Journal({
    directory,
    storeId,
    cipher,
    durability: options.durability ?? 'batch',
    found: replayed.found,
    lastNumber: replayed.lastNumber,
    written,
    last: changes.last,
    unwritten: (maxBytes) => changes.unwritten(maxBytes),
    clock,
    logger,
    ...(journalSegmentBytes !== undefined && { segmentBytes: journalSegmentBytes }),
    ...(journalFiles !== undefined && { files: journalFiles }),
  });
  closers.splice(1, 0, () => journal.close());
  changes.begin();
  return { changes, journal, lostBytes: replayed.lostBytes, damagedFiles: replayed.damaged };
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

/** What there is of a session while the journal is being replayed; undefined: nothing. Error: TRIBES_E_STORE_RECORD. */
function restoredParts(
  { changes, environment }: Pick<OpenedStore, 'changes' | 'environment'>,
  key: Buffer,
): RecordParts | undefined {
  const change = changes.get(nameOf({ database: 'heads', key }));
  if (change !== undefined) {
    const [head, body] = change.rows();
    return head?.value && body?.value ? { head: head.value, body: body.value } : undefined;
  }
  return environment.databases.heads.get(key) === undefined ? undefined : partsAtRest(environment, key);
}

/** A session that is there and not in use: its record, and what an edit of it has to know. Error: TRIBES_E_STORE_RECORD. */
export function sessionAt(
  { changes, environment, codec }: Pick<OpenedStore, 'changes' | 'environment' | 'codec'>,
  context: ContextName,
  key: Buffer,
): SizedRecord {
  const change = changes.get(nameOf({ database: 'heads', key }));
  if (change instanceof SessionChange && change.after !== null) {
    return change.after;
  }
  const [head, body] = change?.rows() ?? [];
  const parts = head?.value && body?.value ? { head: head.value, body: body.value } : undefined;
  const record = codec.decode(context, parts ?? partsAtRest(environment, key));
  return { record, size: sizeOf(record) };
}

/** The summary of a session that is there. Error: TRIBES_E_STORE_RECORD. */
export function summaryAt(
  { changes, environment }: Pick<OpenedStore, 'changes' | 'environment'>,
  context: ContextName,
  key: Buffer,
): SessionSummary {
  const change = changes.get(nameOf({ database: 'heads', key }));
  if (change instanceof SessionChange && change.after !== null) {
    return summaryOf(change.after.record);
  }
  return decodeSummary(context, change?.rows()[0]?.value ?? readRow(environment, 'heads', key));
}

function partsAtRest(environment: Environment, key: Buffer): RecordParts {
  return { head: readRow(environment, 'heads', key), body: readRow(environment, 'bodies', key) };
}
