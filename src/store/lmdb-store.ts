import { statSync } from 'node:fs';
import {
  defaultStoreLimits,
  isTribesError,
  messageOf,
  TribesError,
  type ContextName,
  type DeferredDelta,
  type FactStore,
  type Ledger,
  type SessionAtHand,
  type SessionId,
  type SessionPage,
  type SessionRecord,
  type SessionStore,
  type SessionSummary,
  type SessionRoutes,
  type StoreSnapshot,
  type StoreStatistics,
  type UniqueId,
} from '../base/index.js';
import { dataFile } from './lmdb-environment.js';
import { nameOf, SessionChange, sessionRows, type SessionContent } from './change.js';
import { encodeDelta } from './delta-edit.js';
import { expectOurs, HotSession, type SizedRecord } from './hot-sessions.js';
import {
  openStore,
  sessionAt,
  storeDirectory,
  summaryAt,
  type LmdbStoreOptions,
  type OpenedStore,
} from './lmdb-opening.js';
import { contextRow } from './lmdb-rows.js';
import { unreadable } from './private-directory.js';
import { sizeAfter, sizeOf } from './record-codec.js';
import { encodeEdit } from './record-edit.js';
import { recordInUse } from './record-in-use.js';
import type { Row } from './write-batch.js';
import type { Waiting } from './write-behind.js';

export type { LmdbStoreOptions } from './lmdb-opening.js';

/** While the data file cannot be written, the journal may take that many times what may wait in memory. */
const MAX_JOURNAL_FACTOR = 4;

interface Opened extends OpenedStore {
  /** Closes everything that was opened, the last first. */
  readonly closers: readonly (() => Promise<unknown>)[];
}

/**
 * Sessions in an LMDB environment behind a journal. Memory holds an index of keys, the dictionary, the facts, and the
 * changes that are not yet in the environment; a thread writes those behind. What `commit` has waited for stands in the
 * journal and survives SIGKILL; with `durability` `ack`, and what `flush` has waited for, also the loss of power.
 * Everything of a batch is written in one transaction, with the descriptors and contexts that its records refer to, so
 * the environment is always consistent.
 */
export class LmdbStore implements SessionStore {
  readonly #options: LmdbStoreOptions;
  readonly #directory: string;
  #opened: Opened | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: LmdbStoreOptions) {
    this.#options = options;
    this.#directory = storeDirectory(options.directory);
  }

  async open(): Promise<void> {
    if (this.#opened !== undefined) {
      return;
    }
    const closers: (() => Promise<unknown>)[] = [];
    try {
      const opened = await openStore(this.#options, () => void this.#checkOpen(), closers);
      this.#opened = { ...opened, closers };
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
    return (opened.hot.get(context, id) ?? this.#warm(opened, context, id))?.record;
  }

  /** Undefined, too, for one that cannot be read. */
  #warm(opened: Opened, context: ContextName, id: SessionId): HotSession | undefined {
    const key = opened.index.find(context, id);
    const found = key && opened.unreadable.guard('session', key, () => sessionAt(opened, context, key));
    if (key === undefined || found === undefined) {
      return undefined;
    }
    const session = new HotSession(key, found);
    opened.hot.add(session);
    return session;
  }

  put(given: SessionRecord, isInUse = true): void {
    const opened = this.#checkOpen();
    const known = opened.hot.get(given.context, given.id);
    if (known === undefined) {
      this.#putCold(opened, given, isInUse);
      return;
    }
    const record = recordInUse(given);
    opened.snapshots.beforeChange(known.key);
    const sized = { record, size: sizeAfter(known, record) };
    this.#edit(opened, known, sized, encodeEdit(known.record, record));
    known.replace(sized);
    opened.hot.changed(known);
  }

  atHand(context: ContextName, id: SessionId): SessionAtHand | undefined {
    return this.#checkOpen().hot.get(context, id);
  }

  deferrable(context: ContextName, id: SessionId, sender: UniqueId, bytes: number): HotSession | undefined {
    const session = this.#checkOpen().hot.get(context, id);
    return session?.mayDefer(sender, bytes) === true ? session : undefined;
  }

  defer(session: SessionAtHand, delta: DeferredDelta): void {
    expectOurs(session);
    const opened = this.#checkOpen();
    opened.snapshots.beforeChange(session.key);
    const edit = encodeDelta(session, delta);
    session.defer(delta);
    this.#edit(opened, session, session, edit);
    opened.hot.changed(session);
  }

  /**
   * One that is new, or has not been in use. Where it is not to be in use, what rests of it is made now: then nothing of the
   * record has to be kept until it is written.
   */
  #putCold(opened: Opened, given: SessionRecord, isInUse: boolean): void {
    const { index, changes, snapshots, hot, codec } = opened;
    const record = isInUse ? recordInUse(given) : given;
    const number = index.contextNumber(record.context, (added) => {
      changes.addRow(contextRow(added, record.context));
    });
    const key = index.keyOf(number, record.id);
    snapshots.beforeChange(key);
    index.routes.beforePut(key, record.id);
    const isNew = !index.keys.has(key);
    if (!isInUse) {
      // Before the change: descriptors that are new stand in the journal before what refers to them.
      const parts = codec.encodeOnce(record);
      const session = { key, name: nameOf({ database: 'heads', key }) };
      this.#change(opened, session, parts, isNew, sessionRows(key, parts.head, parts.body));
      index.set(key, 0);
      return;
    }
    const sized = { record, size: sizeOf(record) };
    const session = new HotSession(key, sized);
    session.waiting = this.#change(
      opened,
      session,
      sized,
      isNew,
      editRows(key, encodeEdit(undefined, record)),
    );
    index.set(key, 0);
    hot.add(session);
  }

  delete(context: ContextName, id: SessionId): boolean {
    const opened = this.#checkOpen();
    const { index, snapshots, hot } = opened;
    const known = hot.get(context, id);
    const key = known?.key ?? index.find(context, id);
    if (key === undefined) {
      return false;
    }
    snapshots.beforeChange(key);
    index.routes.beforeDelete(key, id);
    if (known !== undefined) {
      known.discard();
      hot.delete(known);
    }
    const name = known?.name ?? nameOf({ database: 'heads', key });
    this.#change(opened, { key, name }, null, false, sessionRows(key, null, null));
    return index.delete(key);
  }

  /** Changes one that is in use. */
  #edit(opened: Opened, session: HotSession, after: SizedRecord, edit: Buffer): void {
    const { waiting } = session;
    if (waiting?.isWaiting !== true || !(waiting.change instanceof SessionChange)) {
      session.waiting = this.#change(opened, session, after, false, editRows(session.key, edit));
      return;
    }
    const change =
      waiting.change.after === after
        ? waiting.change
        : new SessionChange(session, after, opened.codec, waiting.change.isFresh);
    opened.changes.changeWaiting(waiting, change, editRows(session.key, edit));
  }

  /** `journalled`: what the journal remembers. `isNew`: it is not in the index. */
  #change(
    { changes, codec }: Opened,
    session: Pick<HotSession, 'key' | 'name'>,
    content: SessionContent,
    isNew: boolean,
    journalled: readonly Row[],
  ): Waiting {
    const waiting = changes.waiting(session.name)?.change;
    const isFresh =
      waiting instanceof SessionChange
        ? waiting.isFresh
        : isNew && waiting === undefined && changes.get(session.name) === undefined;
    return changes.change(new SessionChange(session, content, codec, isFresh), journalled);
  }

  contexts(): ReadonlyMap<ContextName, number> {
    return this.#checkOpen().index.contexts();
  }

  page(query: { context?: ContextName; cursor?: string; limit: number }): SessionPage {
    return this.#checkOpen().index.page(query, (context, key) => this.#summary(context, key));
  }

  summaries(context: ContextName): Iterable<SessionSummary> {
    return this.#checkOpen().index.sessions(context, (name, key) => this.#summary(name, key));
  }

  records(context: ContextName): Iterable<SessionRecord> {
    return this.#checkOpen().index.sessions(context, (name, key) => {
      const opened = this.#checkOpen();
      return opened.unreadable.guard('session', key, () => sessionAt(opened, name, key).record);
    });
  }

  routes(steps: number): SessionRoutes | undefined {
    return this.#checkOpen().index.routes.count(steps, (context, key) => this.#summary(context, key));
  }

  snapshot(): StoreSnapshot {
    return this.#checkOpen().snapshots.begin();
  }

  get facts(): FactStore {
    return this.#checkOpen().facts;
  }

  get ledger(): Ledger {
    return this.#checkOpen().ledger;
  }

  checkRoom(): Promise<void> | undefined {
    const { changes, journal } = this.#checkOpen();
    const { dirtyBytes: maxDirtyBytes } = this.#options.limits ?? defaultStoreLimits;
    if (changes.failure !== undefined && journal.bytes >= MAX_JOURNAL_FACTOR * maxDirtyBytes) {
      const { dirtyBytes } = changes;
      throw new TribesError('TRIBES_E_STORE_FULL', { directory: this.#directory, dirtyBytes });
    }
    return changes.checkRoom();
  }

  async commit(): Promise<void> {
    const { changes, journal } = this.#checkOpen();
    const isSafe = await journal.commit();
    if (!isSafe && changes.failure === undefined) {
      await changes.flush().catch(() => undefined); // `statistics` says so
    }
  }

  async flush(): Promise<void> {
    await this.#checkOpen().changes.flush();
  }

  statistics(): StoreStatistics {
    const { index, changes, journal, unreadable: damaged, damagedFiles = [] } = this.#opened ?? {};
    const failure = changes?.failure ?? journal?.failure;
    return {
      sessions: index?.keys.size ?? 0,
      dirtyBytes: changes?.dirtyBytes ?? 0,
      storedBytes: statSync(dataFile(this.#directory), { throwIfNoEntry: false })?.size ?? 0,
      unreadable: damaged?.count ?? 0,
      journalBytes: journal?.bytes ?? 0,
      journalSegments: journal?.segments ?? 0,
      journalWrites: journal?.writes ?? 0,
      journalDamaged: damagedFiles.length,
      failures: (changes?.failures ?? 0) + (journal?.failures ?? 0),
      problem: failure === undefined ? null : `${failure.message}. ${failure.remedy}`,
    };
  }

  #summary(context: ContextName, key: Buffer): SessionSummary | undefined {
    const opened = this.#checkOpen();
    return opened.unreadable.guard('session', key, () => summaryAt(opened, context, key));
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

function editRows(key: Buffer, edit: Buffer): readonly Row[] {
  return [{ database: 'edits', key, value: edit }];
}

/** Calls all of `closers`, one after the other, whatever becomes of them; returns what they were rejected with. */
async function closeAll(closers: readonly (() => Promise<unknown>)[]): Promise<unknown[]> {
  const failures: unknown[] = [];
  for (const close of closers) {
    await close().catch((error: unknown) => failures.push(error));
  }
  return failures;
}
