import {
  defaultStoreLimits,
  TribesError,
  type ContextName,
  type DeferredDelta,
  type FactStore,
  type Ledger,
  type SessionAtHand,
  type Logger,
  type SessionId,
  type SessionPage,
  type SessionRecord,
  type SessionStore,
  type SessionSummary,
  type StoreLimits,
  type SessionRoutes,
  type StoreSnapshot,
  type StoreStatistics,
  type UniqueId,
} from '../base/index.js';
import { nameOf } from './change.js';
import { DescriptorTable } from './descriptor-table.js';
import { FactTable } from './fact-table.js';
import { expectOurs, HotSession, HotSessions, type SizedRecord } from './hot-sessions.js';
import { MemoryLedger } from './memory-ledger.js';
import { RecordCodec, sizeAfter, sizeOf, type RecordParts } from './record-codec.js';
import { decodeSummary, summaryOf } from './record-head.js';
import { recordInUse } from './record-in-use.js';
import { SessionIndex } from './session-index.js';
import { KEY_BYTES } from './session-key.js';
import { SlabArena } from './slab-arena.js';
import { Snapshots } from './snapshots.js';

const HEAD_LENGTH_BYTES = 4;
/** Address of a session that is not in the arena. */
const NOWHERE = -1;

/**
 * Sessions in memory, and nowhere else: gone when the process ends. Every write is at rest when it returns. Those in use
 * are kept as they are; they go to the arena, encoded, when they have not been in use for a while.
 */
export class MemoryStore implements SessionStore {
  readonly #index = new SessionIndex();
  readonly #arena = new SlabArena(KEY_BYTES, {
    get: (key) => this.#addressOf(key),
    set: (key, address) => this.#index.set(key, address),
  });
  readonly #hot: HotSessions;
  /** Those that have changed since they were put into the arena, by name. */
  readonly #unsettled = new Map<string, HotSession>();
  readonly #descriptors: DescriptorTable;
  readonly #codec: RecordCodec;
  readonly #facts = new FactTable(() => this.#checkOpen());
  readonly #ledger = new MemoryLedger();
  readonly #snapshots: Snapshots;
  #isOpen = false;

  constructor(options: { readonly logger: Logger; readonly limits?: StoreLimits }) {
    const { maxSnapshotBytes, maxHotBytes } = options.limits ?? defaultStoreLimits;
    this.#descriptors = new DescriptorTable(options);
    this.#codec = new RecordCodec(this.#descriptors);
    this.#hot = new HotSessions(maxHotBytes, (session) => this.#settle(session));
    this.#snapshots = new Snapshots({
      index: this.#index,
      read: (context, key) => this.#read(context, key),
      checkOpen: () => this.#checkOpen(),
      maxBytes: maxSnapshotBytes,
    });
  }

  open(): Promise<void> {
    this.#isOpen = true;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#isOpen = false;
    return Promise.resolve();
  }

  get(context: ContextName, id: SessionId): SessionRecord | undefined {
    this.#checkOpen();
    const known = this.#hot.get(context, id);
    if (known !== undefined) {
      return known.record;
    }
    const key = this.#index.find(context, id);
    if (key === undefined) {
      return undefined;
    }
    const record = this.#read(context, key);
    this.#hot.add(new HotSession(key, sized(record)));
    return record;
  }

  put(given: SessionRecord, isInUse = true): void {
    this.#checkOpen();
    const known = this.#hot.get(given.context, given.id);
    const record = known !== undefined || isInUse ? recordInUse(given) : given;
    if (known !== undefined) {
      this.#snapshots.beforeChange(known.key);
      this.#unsettled.set(known.name, known);
      known.replace({ record, size: sizeAfter(known, record) });
      this.#hot.changed(known);
      return;
    }
    const key = this.#index.keyOf(
      this.#index.contextNumber(record.context, () => undefined),
      record.id,
    );
    this.#snapshots.beforeChange(key);
    this.#index.routes.beforePut(key, record.id);
    if (!isInUse) {
      this.#arena.put(key, joinParts(this.#codec.encodeOnce(record)));
      return;
    }
    if (!this.#index.keys.has(key)) {
      this.#index.set(key, NOWHERE);
    }
    const session = new HotSession(key, sized(record));
    this.#unsettled.set(session.name, session);
    this.#hot.add(session);
  }

  atHand(context: ContextName, id: SessionId): SessionAtHand | undefined {
    this.#checkOpen();
    return this.#hot.get(context, id);
  }

  deferrable(context: ContextName, id: SessionId, sender: UniqueId, bytes: number): HotSession | undefined {
    this.#checkOpen();
    const session = this.#hot.get(context, id);
    return session?.mayDefer(sender, bytes) === true ? session : undefined;
  }

  defer(session: SessionAtHand, delta: DeferredDelta): void {
    expectOurs(session);
    this.#checkOpen();
    this.#snapshots.beforeChange(session.key);
    session.defer(delta);
    this.#unsettled.set(session.name, session);
    this.#hot.changed(session);
  }

  delete(context: ContextName, id: SessionId): boolean {
    this.#checkOpen();
    const known = this.#hot.get(context, id);
    const key = known?.key ?? this.#index.find(context, id);
    if (key === undefined) {
      return false;
    }
    this.#snapshots.beforeChange(key);
    this.#index.routes.beforeDelete(key, id);
    const address = this.#addressOf(key);
    this.#index.delete(key);
    if (known !== undefined) {
      known.discard();
      this.#unsettled.delete(known.name);
      this.#hot.delete(known);
    }
    if (address !== undefined) {
      this.#arena.free(address);
    }
    return true;
  }

  contexts(): ReadonlyMap<ContextName, number> {
    this.#checkOpen();
    return this.#index.contexts();
  }

  page(query: { context?: ContextName; cursor?: string; limit: number }): SessionPage {
    this.#checkOpen();
    return this.#index.page(query, (context, key) => this.#summary(context, key));
  }

  summaries(context: ContextName): Iterable<SessionSummary> {
    this.#checkOpen();
    return this.#index.sessions(context, (name, key) => this.#summary(name, key));
  }

  records(context: ContextName): Iterable<SessionRecord> {
    this.#checkOpen();
    return this.#index.sessions(context, (name, key) => {
      this.#checkOpen();
      return this.#read(name, key);
    });
  }

  routes(steps: number): SessionRoutes | undefined {
    this.#checkOpen();
    return this.#index.routes.count(steps, (context, key) => this.#summary(context, key));
  }

  snapshot(): StoreSnapshot {
    this.#checkOpen();
    return this.#snapshots.begin();
  }

  get facts(): FactStore {
    this.#checkOpen();
    return this.#facts;
  }

  get ledger(): Ledger {
    this.#checkOpen();
    return this.#ledger;
  }

  /** There is no bound but the machine's memory. */
  checkRoom(): undefined {
    this.#checkOpen();
  }

  commit(): Promise<void> {
    return this.flush();
  }

  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#checkOpen();
      resolve();
    });
  }

  statistics(): StoreStatistics {
    return {
      sessions: this.#index.keys.size,
      dirtyBytes: 0,
      journalBytes: 0,
      journalSegments: 0,
      journalWrites: 0,
      journalDamaged: 0,
      failures: 0,
      problem: null,
      storedBytes:
        this.#arena.byteLength +
        this.#hot.byteLength +
        this.#index.keys.byteLength +
        this.#descriptors.byteLength,
      unreadable: 0,
    };
  }

  #summary(context: ContextName, key: Buffer): SessionSummary {
    this.#checkOpen();
    const session = this.#unsettledAt(key);
    return session === undefined
      ? decodeSummary(context, this.#settledAt(key).head)
      : summaryOf(session.record);
  }

  #read(context: ContextName, key: Buffer): SessionRecord {
    return this.#unsettledAt(key)?.record ?? this.#codec.decode(context, this.#settledAt(key));
  }

  #unsettledAt(key: Buffer): HotSession | undefined {
    return this.#unsettled.get(nameOf({ database: 'heads', key }));
  }

  #settledAt(key: Buffer): RecordParts {
    const address = this.#addressOf(key);
    if (address === undefined) {
      throw new RangeError('no session under this key');
    }
    return splitItem(this.#arena.read(address));
  }

  #settle({ key, name, record }: HotSession): void {
    if (this.#unsettled.delete(name)) {
      this.#arena.put(key, joinParts(this.#codec.encode(record)));
    }
  }

  #addressOf(key: Buffer): number | undefined {
    const address = this.#index.keys.get(key);
    return address === NOWHERE ? undefined : address;
  }

  #checkOpen(): void {
    if (!this.#isOpen) {
      throw new TribesError('TRIBES_E_STORE_CLOSED', {});
    }
  }
}

const sized = (record: SessionRecord): SizedRecord => ({ record, size: sizeOf(record) });

function joinParts({ head, body }: RecordParts): Buffer {
  const item = Buffer.allocUnsafe(HEAD_LENGTH_BYTES + head.length + body.length);
  item.writeUInt32BE(head.length);
  item.set(head, HEAD_LENGTH_BYTES);
  item.set(body, HEAD_LENGTH_BYTES + head.length);
  return item;
}

function splitItem(item: Buffer): RecordParts {
  const bodyStart = HEAD_LENGTH_BYTES + item.readUInt32BE(0);
  return { head: item.subarray(HEAD_LENGTH_BYTES, bodyStart), body: item.subarray(bodyStart) };
}
