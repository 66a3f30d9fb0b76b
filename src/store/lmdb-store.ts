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
import { DescriptorTable } from './descriptor-table.js';
import { DirectoryLock } from './directory-lock.js';
import { dataFile, openEnvironment, type Environment } from './lmdb-environment.js';
import { contextRow, descriptorRow, readRow, removedContextRow, restoreRows } from './lmdb-rows.js';
import { LmdbWriter } from './lmdb-writer.js';
import { MemoryFacts } from './memory-facts.js';
import { preparePrivateDirectory, unreadable } from './private-directory.js';
import { decodeSummary, RecordCodec, type RecordParts } from './record-codec.js';
import { SessionIndex } from './session-index.js';
import { sessionKey } from './session-key.js';
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
  readonly facts: FactStore;
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
    const key = sessionKey(number, record.id);
    snapshots.beforeChange(key);
    changes.change(key, parts);
    index.set(key, 0);
  }

  delete(context: ContextName, id: SessionId): boolean {
    const { index, changes, snapshots } = this.#checkOpen();
    const key = index.find(context, id);
    if (key === undefined) {
      return false;
    }
    snapshots.beforeChange(key);
    changes.change(key, null);
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

  checkRoom(): void {
    this.#checkOpen();
  }

  commit(): Promise<void> {
    this.#checkOpen();
    return Promise.resolve();
  }

  async flush(): Promise<void> {
    await this.#checkOpen().changes.flush();
  }

  statistics(): StoreStatistics {
    return {
      sessions: this.#opened?.index.keys.size ?? 0,
      dirtyBytes: this.#opened?.changes.dirtyBytes ?? 0,
      storedBytes: statSync(dataFile(this.#directory), { throwIfNoEntry: false })?.size ?? 0,
      unreadable: this.#opened?.unreadable.count ?? 0,
    };
  }

  #summary(context: ContextName, key: Buffer): SessionSummary | undefined {
    const { changes, environment, unreadable } = this.#checkOpen();
    return unreadable.guard('session', key, () => {
      return decodeSummary(context, changes.get(key)?.head ?? readRow(environment, 'heads', key));
    });
  }

  async #openAll(closers: (() => Promise<unknown>)[]): Promise<Opened> {
    const directory = this.#directory;
    const { logger, clock = systemClock, limits, writeIntervalMs, eagerWriteBytes } = this.#options;
    await preparePrivateDirectory(directory, logger);
    const lock = await DirectoryLock.acquire(directory);
    closers.unshift(() => lock.release());
    const environment = await openEnvironment(directory, logger);
    closers.unshift(() => environment.root.close());
    const writer = await LmdbWriter.start(directory);
    closers.unshift(() => writer.close());
    const changes = new WriteBehind({
      directory,
      write: async (writes) => {
        await writer.write(writes);
        environment.root.resetReadTxn();
      },
      clock,
      logger,
      intervalMs: writeIntervalMs ?? DEFAULT_WRITE_INTERVAL_MS,
      eagerBytes: eagerWriteBytes ?? DEFAULT_EAGER_WRITE_BYTES,
    });
    closers.unshift(() => changes.stop());
    const index = new SessionIndex();
    const unreadable = new UnreadableRecords(logger);
    const descriptors = new DescriptorTable({
      logger,
      onNew: (descriptor) => changes.addRow(descriptorRow(descriptor)),
      ...(limits && { limits }),
    });
    restoreRows(environment, { index, descriptors, unreadable });
    for (const number of index.dropEmptyContexts()) {
      changes.addRow(removedContextRow(number));
    }
    const codec = new RecordCodec(descriptors);
    const snapshots = new Snapshots({
      index,
      read: (key) => unreadable.guard('session', key, () => partsOf({ environment, changes }, key)),
      decode: (context, key, parts) => unreadable.guard('session', key, () => codec.decode(context, parts)),
      checkOpen: () => void this.#checkOpen(),
      maxBytes: (limits ?? defaultStoreLimits).maxSnapshotBytes,
    });
    return {
      environment,
      changes,
      index,
      codec,
      unreadable,
      snapshots,
      facts: new MemoryFacts(),
      closers,
    };
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
    changes.get(key) ?? {
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
