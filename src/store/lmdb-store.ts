import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  defaultStoreLimits,
  isTribesError,
  messageOf,
  systemClock,
  TribesError,
  type Clock,
  type ContextName,
  type FactStore,
  type Logger,
  type SessionId,
  type SessionPage,
  type SessionRecord,
  type SessionStore,
  type SessionSummary,
  type StoreLimits,
  type StoreSnapshot,
  type StoreStatistics,
} from '../base/index.js';
import { NameCipher } from './cipher.js';
import { DescriptorTable } from './descriptor-table.js';
import { DirectoryLock } from './directory-lock.js';
import { FactTable, factRow } from './fact-table.js';
import { readKeyFile } from './key-file.js';
import { dataFile, openEnvironment, type Environment } from './lmdb-environment.js';
import { contextRow, descriptorRow, readRow, removedContextRow, restoreRows, Rows } from './lmdb-rows.js';
import { LmdbWriter } from './lmdb-writer.js';
import { PLACE_KEY, readPlace } from './place-row.js';
import { preparePrivateDirectory, unreadable } from './private-directory.js';
import { decodeSummary, RecordCodec, type RecordParts } from './record-codec.js';
import { SessionIndex } from './session-index.js';
import { sha256, type HideName } from './session-key.js';
import { Snapshots } from './snapshots.js';
import { UnreadableRecords } from './unreadable-records.js';
import { WriteBehind } from './write-behind.js';

export interface LmdbStoreOptions {
  /** The data directory. The store has a directory of its own in it, `sessions`, which only this user may enter. */
  readonly directory: string;
  readonly logger: Logger;
  /** Default: the system's. */
  readonly clock?: Clock;
  readonly limits?: StoreLimits;
  /** The file with the key by which everything is encrypted. Default: nothing is. */
  readonly keyFile?: string;
  /** How long a change waits for others to the same session before it is written, in milliseconds. Default 50. */
  readonly writeIntervalMs?: number;
  /** Changes of more bytes than that, all together, are written without waiting. Default 4 MiB. */
  readonly eagerWriteBytes?: number;
}

const STORE_DIRECTORY = 'sessions';
const DEFAULT_WRITE_INTERVAL_MS = 50;
const DEFAULT_EAGER_WRITE_BYTES = 2 ** 22;

/** What there is while the store is open. */
interface Opened {
  readonly environment: Environment;
  readonly changes: WriteBehind;
  readonly index: SessionIndex;
  readonly codec: RecordCodec;
  readonly unreadable: UnreadableRecords;
  readonly snapshots: Snapshots;
  readonly facts: FactTable;
  /** Closes everything that was opened, the last first. */
  readonly closers: readonly (() => Promise<unknown>)[];
}

/**
 * Sessions in an LMDB environment. Memory holds an index of keys, the dictionary, and the changes that are not yet on
 * disk; a thread writes those behind. What `flush` has waited for survives SIGKILL and loss of power. Everything of a
 * batch is written in one transaction, with the descriptors and contexts that its records refer to, so what is on disk
 * is always consistent.
 */
export class LmdbStore implements SessionStore {
  readonly #options: LmdbStoreOptions;
  readonly #directory: string;
  #opened: Opened | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: LmdbStoreOptions) {
    this.#options = options;
    this.#directory = resolve(options.directory, STORE_DIRECTORY);
  }

  async open(): Promise<void> {
    if (this.#opened !== undefined) {
      return;
    }
    const closers: (() => Promise<unknown>)[] = [];
    try {
      this.#opened = await this.#openAll(closers);
      this.#closing = undefined;
    } catch (error) {
      for (const failure of await closeAll(closers)) {
        this.#options.logger.error(
          { reason: messageOf(failure) },
          'a store that did not open does not close',
        );
      }
      throw isTribesError(error) ? error : unreadable(this.#directory, error);
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  get(context: ContextName, id: SessionId): SessionRecord | undefined {
    const opened = this.#checkOpen();
    const key = opened.index.find(context, id);
    return (
      key &&
      opened.unreadable.guard('session', key, () => {
        return opened.codec.decode(context, partsOf(opened, key));
      })
    );
  }

  put(record: SessionRecord): void {
    const { index, changes, codec, snapshots } = this.#checkOpen();
    const parts = codec.encode(record);
    const number = index.contextNumber(record.context, (added) => {
      changes.addRow(contextRow(added, record.context));
    });
    const key = index.keyOf(number, record.id);
    snapshots.beforeChange(key);
    changeSession(changes, key, parts);
    index.set(key, 0);
  }

  delete(context: ContextName, id: SessionId): boolean {
    const { index, changes, snapshots } = this.#checkOpen();
    const key = index.find(context, id);
    if (key === undefined) {
      return false;
    }
    snapshots.beforeChange(key);
    changeSession(changes, key, null);
    return index.delete(key);
  }

  contexts(): ReadonlyMap<ContextName, number> {
    return this.#checkOpen().index.contexts();
  }

  page(query: { context?: ContextName; cursor?: string; limit: number }): SessionPage {
    return this.#checkOpen().index.page(query, (context, key) => this.#summary(context, key));
  }

  summaries(context: ContextName): Iterable<SessionSummary> {
    return this.#checkOpen().index.summaries(context, (name, key) => this.#summary(name, key));
  }

  snapshot(): StoreSnapshot {
    return this.#checkOpen().snapshots.begin();
  }

  get facts(): FactStore {
    return this.#checkOpen().facts;
  }

  checkRoom(): Promise<void> | undefined {
    return this.#checkOpen().changes.checkRoom();
  }

  async commit(): Promise<void> {
    const { changes } = this.#checkOpen();
    if (changes.failure === undefined) {
      await changes.flush().catch(() => undefined); // `statistics` says so
    }
  }

  async flush(): Promise<void> {
    await this.#checkOpen().changes.flush();
  }

  statistics(): StoreStatistics {
    const { index, changes, unreadable: damaged } = this.#opened ?? {};
    const failure = changes?.failure;
    return {
      sessions: index?.keys.size ?? 0,
      dirtyBytes: changes?.dirtyBytes ?? 0,
      storedBytes: statSync(dataFile(this.#directory), { throwIfNoEntry: false })?.size ?? 0,
      unreadable: damaged?.count ?? 0,
      journalBytes: 0,
      journalSegments: 0,
      journalWrites: 0,
      failures: changes?.failures ?? 0,
      problem: failure === undefined ? null : `${failure.message}. ${failure.remedy}`,
    };
  }

  #summary(context: ContextName, key: Buffer): SessionSummary | undefined {
    const { changes, environment, unreadable: damaged } = this.#checkOpen();
    return damaged.guard('session', key, () => {
      const head = unwrittenParts(changes, key)?.head ?? readRow(environment, 'heads', key);
      return decodeSummary(context, head);
    });
  }

  async #openAll(closers: (() => Promise<unknown>)[]): Promise<Opened> {
    const directory = this.#directory;
    const { logger, limits, keyFile } = this.#options;
    const secret = keyFile === undefined ? undefined : await readKeyFile(keyFile);
    await preparePrivateDirectory(directory, logger);
    const lock = await DirectoryLock.acquire(directory);
    closers.unshift(() => lock.release());
    const { environment } = await openEnvironment(directory, secret, logger);
    closers.unshift(() => environment.root.close());
    const writer = await LmdbWriter.start(directory, secret);
    closers.unshift(() => writer.close());
    const changes = this.#writeBehind(environment, writer);
    closers.unshift(() => changes.stop());
    const hide = hiding(secret);
    const index = new SessionIndex(hide);
    const damaged = new UnreadableRecords(logger);
    const facts = new FactTable((key, value) => {
      this.#checkOpen();
      changes.change([factRow(key, value, hide)]);
    });
    const descriptors = new DescriptorTable({
      logger,
      onNew: (descriptor) => changes.addRow(descriptorRow(descriptor)),
      ...(limits && { limits }),
    });
    restoreRows(new Rows(environment, changes.unwritten()), {
      index,
      descriptors,
      facts,
      unreadable: damaged,
    });
    for (const number of index.dropEmptyContexts()) {
      changes.addRow(removedContextRow(number));
    }
    const codec = new RecordCodec(descriptors);
    const snapshots = new Snapshots({
      index,
      read: (key) => damaged.guard('session', key, () => partsOf({ environment, changes }, key)),
      decode: (context, key, parts) => damaged.guard('session', key, () => codec.decode(context, parts)),
      checkOpen: () => void this.#checkOpen(),
      maxBytes: (limits ?? defaultStoreLimits).maxSnapshotBytes,
    });
    return { environment, changes, index, codec, unreadable: damaged, snapshots, facts, closers };
  }

  #writeBehind(environment: Environment, writer: LmdbWriter): WriteBehind {
    const { logger, clock = systemClock, limits = defaultStoreLimits, ...options } = this.#options;
    const { meta } = environment.databases;
    return new WriteBehind({
      directory: this.#directory,
      written: meta.get(PLACE_KEY) === undefined ? 0 : readPlace(readRow(environment, 'meta', PLACE_KEY)),
      write: async (writes) => {
        await writer.write(writes);
        environment.root.resetReadTxn();
      },
      onChange: () => undefined,
      onWritten: () => undefined,
      clock,
      logger,
      intervalMs: options.writeIntervalMs ?? DEFAULT_WRITE_INTERVAL_MS,
      eagerBytes: options.eagerWriteBytes ?? DEFAULT_EAGER_WRITE_BYTES,
      maxDirtyBytes: limits.dirtyBytes,
    });
  }

  async #close(): Promise<void> {
    const opened = this.#opened;
    if (opened === undefined) {
      return;
    }
    this.#opened = undefined;
    const failures = await closeAll([() => opened.changes.flush(), ...opened.closers]);
    if (failures.length > 0) {
      throw failures[0];
    }
  }

  #checkOpen(): Opened {
    if (this.#opened === undefined) {
      throw new TribesError('TRIBES_E_STORE_CLOSED', {});
    }
    return this.#opened;
  }
}

/** What there is of a session that is there. Error: TRIBES_E_STORE_RECORD. */
function partsOf(
  { changes, environment }: Pick<Opened, 'changes' | 'environment'>,
  key: Buffer,
): RecordParts {
  return (
    unwrittenParts(changes, key) ?? {
      head: readRow(environment, 'heads', key),
      body: readRow(environment, 'bodies', key),
    }
  );
}

/** Calls all of `closers`, one after the other, whatever becomes of them; returns what they were rejected with. */
async function closeAll(closers: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const close of closers) {
    await close().catch((error: unknown) => failures.push(error));
  }
  return failures;
}

function hiding(secret: Buffer | undefined): HideName {
  const cipher = secret && new NameCipher(secret);
  return cipher === undefined ? sha256 : (name) => cipher.hide(name);
}

function changeSession(changes: WriteBehind, key: Buffer, parts: RecordParts | null): void {
  changes.change([
    { database: 'heads', key, value: parts?.head ?? null },
    { database: 'bodies', key, value: parts?.body ?? null },
  ]);
}

/** Of a session that is there: what is not yet at rest of it. */
function unwrittenParts(changes: WriteBehind, key: Buffer): RecordParts | undefined {
  const [head, body] = changes.get({ database: 'heads', key }) ?? [];
  return head?.value && body?.value ? { head: head.value, body: body.value } : undefined;
}
