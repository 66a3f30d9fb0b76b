import {
  defaultStoreLimits,
  TribesError,
  type ContextName,
  type FactStore,
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
} from '../base/index.js';
import { DescriptorTable } from './descriptor-table.js';
import { FactTable } from './fact-table.js';
import { decodeSummary, RecordCodec, type RecordParts } from './record-codec.js';
import { SessionIndex } from './session-index.js';
import { KEY_BYTES } from './session-key.js';
import { SlabArena } from './slab-arena.js';
import { Snapshots } from './snapshots.js';

const HEAD_LENGTH_BYTES = 4;

/** Sessions in memory, and nowhere else: gone when the process ends. Every write is at rest when it returns. */
export class MemoryStore implements SessionStore {
  readonly #index = new SessionIndex();
  readonly #arena = new SlabArena(KEY_BYTES, {
    get: (key) => this.#index.keys.get(key),
    set: (key, address) => this.#index.set(key, address),
  });
  readonly #descriptors: DescriptorTable;
  readonly #codec: RecordCodec;
  readonly #facts = new FactTable(() => this.#checkOpen());
  readonly #snapshots: Snapshots;
  #isOpen = false;

  constructor(options: { readonly logger: Logger; readonly limits?: StoreLimits }) {
    this.#descriptors = new DescriptorTable(options);
    this.#codec = new RecordCodec(this.#descriptors);
    this.#snapshots = new Snapshots({
      index: this.#index,
      read: (key) => this.#copyOf(key),
      decode: (context, _key, parts) => this.#codec.decode(context, parts),
      checkOpen: () => this.#checkOpen(),
      maxBytes: (options.limits ?? defaultStoreLimits).maxSnapshotBytes,
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
    const key = this.#index.find(context, id);
    return key && this.#codec.decode(context, this.#read(key));
  }

  put(record: SessionRecord): void {
    this.#checkOpen();
    const item = joinParts(this.#codec.encode(record));
    const number = this.#index.contextNumber(record.context, () => undefined);
    const key = this.#index.keyOf(number, record.id);
    this.#snapshots.beforeChange(key);
    this.#index.routes.beforePut(key, record.id);
    this.#arena.put(key, item);
  }

  delete(context: ContextName, id: SessionId): boolean {
    this.#checkOpen();
    const key = this.#index.find(context, id);
    const address = key && this.#index.keys.get(key);
    if (key === undefined || address === undefined) {
      return false;
    }
    this.#snapshots.beforeChange(key);
    this.#index.routes.beforeDelete(key, id);
    this.#index.delete(key);
    this.#arena.free(address);
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
    return this.#index.summaries(context, (name, key) => this.#summary(name, key));
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
      storedBytes: this.#arena.byteLength + this.#index.keys.byteLength + this.#descriptors.byteLength,
      unreadable: 0,
    };
  }

  #summary(context: ContextName, key: Buffer): SessionSummary {
    this.#checkOpen();
    return decodeSummary(context, this.#read(key).head);
  }

  #read(key: Buffer): RecordParts {
    const address = this.#index.keys.get(key);
    if (address === undefined) {
      throw new RangeError('no session under this key');
    }
    return splitItem(this.#arena.read(address));
  }

  #copyOf(key: Buffer): RecordParts {
    const { head, body } = this.#read(key);
    return { head: Buffer.from(head), body: Buffer.from(body) };
  }

  #checkOpen(): void {
    if (!this.#isOpen) {
      throw new TribesError('TRIBES_E_STORE_CLOSED', {});
    }
  }
}

function joinParts({ head, body }: RecordParts): Buffer {
  const length = Buffer.alloc(HEAD_LENGTH_BYTES);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, body]);
}

function splitItem(item: Buffer): RecordParts {
  const bodyStart = HEAD_LENGTH_BYTES + item.readUInt32BE(0);
  return { head: item.subarray(HEAD_LENGTH_BYTES, bodyStart), body: item.subarray(bodyStart) };
}
