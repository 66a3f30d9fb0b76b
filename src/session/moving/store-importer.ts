import type { SessionRecord, SessionStore } from '../../base/index.js';
import {
  importedSession,
  outcomeOf,
  type ImportOptions,
  type ImportOutcome,
  type SessionImporter,
} from './session-import.js';

/** Imports into a store that no node has open. */
export class StoreImporter implements SessionImporter {
  readonly #store: Pick<SessionStore, 'get' | 'put' | 'flush' | 'checkRoom'>;
  readonly #now: () => number;

  constructor(store: Pick<SessionStore, 'get' | 'put' | 'flush' | 'checkRoom'>, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  checkRoom(): Promise<void> | undefined {
    return this.#store.checkRoom();
  }

  importSession(record: SessionRecord, { asOf, overwrite, dryRun }: ImportOptions): ImportOutcome {
    const now = this.#now();
    const incoming = importedSession(record, asOf, now);
    const existing = this.#store.get(record.context, record.id);
    const outcome = outcomeOf(existing, incoming, now, overwrite);
    if (!dryRun && (outcome === 'new' || outcome === 'replaced')) {
      this.#store.put({ ...incoming, version: Math.max(existing?.version ?? 0, record.version) + 1 });
    }
    return outcome;
  }

  settle(): Promise<void> {
    return this.#store.flush();
  }
}
