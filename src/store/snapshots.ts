import { TribesError, type ContextName, type SessionRecord, type StoreSnapshot } from '../base/index.js';
import { sizeOf } from './record-codec.js';
import type { SessionIndex } from './session-index.js';
import { KEY_BYTES, lowestKey } from './session-key.js';

export interface SnapshotsParts {
  readonly index: SessionIndex;
  /** The session under a key; undefined where it cannot be read. */
  readonly read: (context: ContextName, key: Buffer) => SessionRecord | undefined;
  /** Throws once the store is closed. */
  readonly checkOpen: () => void;
  /** What the changes during one snapshot may take in memory. */
  readonly maxBytes: number;
}

/** What it costs to remember that a session has changed, give or take. */
const CHANGE_BYTES = 4 * KEY_BYTES + 64;

/**
 * Snapshots of a store that goes on changing. A read transaction of LMDB would be one, but the environment then grows with
 * every page that is written until it ends, and whoever reads the snapshot may take hours. So a snapshot walks over the
 * sessions in the order of their keys, and whoever is about to change one says so first: what has not been reached yet is
 * kept as it was. Only what has changed ahead of the walk takes memory, each session once, and only until it is read:
 * what is kept is given out before the walk goes on. Beyond the bound the snapshot fails, and never the change.
 */
export class Snapshots {
  readonly #parts: SnapshotsParts;
  readonly #open = new Set<Snapshot>();

  constructor(parts: SnapshotsParts) {
    this.#parts = parts;
  }

  /** Of this instant. */
  begin(): StoreSnapshot {
    const snapshot = new Snapshot(this.#parts, () => this.#open.delete(snapshot));
    this.#open.add(snapshot);
    return snapshot;
  }

  /** To be called before the session of `key` is put or deleted. */
  beforeChange(key: Buffer): void {
    for (const snapshot of this.#open) {
      snapshot.beforeChange(key);
    }
  }
}

class Snapshot implements StoreSnapshot {
  readonly contexts: ReadonlyMap<ContextName, number>;
  readonly #parts: SnapshotsParts;
  readonly #ended: () => void;
  /** Sessions that have changed since the instant, ahead of the walk, by key (latin1): their old state is kept, or none. */
  readonly #changed = new Set<string>();
  /** What they were. */
  readonly #kept: SessionRecord[] = [];
  #bytes = 0;
  /** The last key that the walk has come to. */
  #place = lowestKey(0);
  #state: 'open' | 'failed' | 'closed' = 'open';

  constructor(parts: SnapshotsParts, ended: () => void) {
    this.#parts = parts;
    this.#ended = ended;
    this.contexts = parts.index.contexts();
  }

  next(): SessionRecord | undefined {
    this.#parts.checkOpen();
    if (this.#state === 'failed') {
      throw new TribesError('TRIBES_E_STORE_SNAPSHOT', { max: this.#parts.maxBytes });
    }
    while (this.#state === 'open') {
      const record = this.#kept.length > 0 ? this.#nextKept() : this.#nextWalked();
      if (record !== undefined) {
        return record;
      }
    }
    return undefined;
  }

  close(): void {
    this.#end('closed');
  }

  beforeChange(key: Buffer): void {
    const name = key.toString('latin1');
    if (key.compare(this.#place) <= 0 || this.#changed.has(name)) {
      return;
    }
    this.#changed.add(name);
    this.#bytes += CHANGE_BYTES;
    const record = this.#parts.index.keys.has(key) ? this.#read(key) : undefined;
    if (record !== undefined) {
      this.#kept.push(record);
      this.#bytes += sizeOf(record);
    }
    if (this.#bytes > this.#parts.maxBytes) {
      this.#end('failed');
    }
  }

  #nextKept(): SessionRecord | undefined {
    const record = this.#kept.pop();
    this.#bytes -= record === undefined ? 0 : sizeOf(record);
    return record;
  }

  /** Undefined for one that has changed, or cannot be read, and at the end. */
  #nextWalked(): SessionRecord | undefined {
    const key = this.#parts.index.keys.after(this.#place);
    if (key === undefined) {
      this.#end('closed');
      return undefined;
    }
    this.#place = key;
    if (this.#changed.delete(key.toString('latin1'))) {
      this.#bytes -= CHANGE_BYTES;
      return undefined;
    }
    return this.#read(key);
  }

  #read(key: Buffer): SessionRecord | undefined {
    const context = this.#parts.index.contextOf(key);
    return context === undefined ? undefined : this.#parts.read(context, key);
  }

  #end(state: 'failed' | 'closed'): void {
    if (this.#state === 'open') {
      this.#state = state;
    }
    this.#changed.clear();
    this.#kept.length = 0;
    this.#ended();
  }
}
