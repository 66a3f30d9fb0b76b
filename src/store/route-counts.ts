import { routeOf, type ContextName, type SessionId, type SessionRoutes } from '../base/index.js';
import type { ReadSummary, SessionIndex } from './session-index.js';
import { contextOfKey, lowestKey } from './session-key.js';

/**
 * How many sessions there are of each context and route. The index does not know ids, so the sessions that rest are
 * counted by a walk over them, step by step, when somebody first asks; from there on each change keeps the numbers right,
 * also while the walk goes on: what is ahead of it, it will meet. Before anybody asks, nothing is done.
 */
export class RouteCounts {
  readonly #index: SessionIndex;
  /** By number of the context. */
  readonly #counts = new Map<number, Map<string | null, number>>();
  /** The last key that the walk has come to; null before it begins. */
  #place: Buffer | null = null;
  #isComplete = false;

  constructor(index: SessionIndex) {
    this.#index = index;
  }

  /** Counts at most `steps` further sessions. Undefined as long as not all are counted. */
  count(steps: number, read: ReadSummary): SessionRoutes | undefined {
    let place = this.#place ?? lowestKey(0);
    for (let step = 0; step < steps && !this.#isComplete; step++) {
      const key = this.#index.keys.after(place);
      const context = key && this.#index.contextOf(key);
      if (key === undefined || context === undefined) {
        this.#isComplete = true;
      } else {
        const summary = read(context, key);
        if (summary !== undefined) {
          this.#add(key, summary.id, 1);
        }
        place = key;
      }
    }
    this.#place = place;
    return this.#isComplete ? this.#all() : undefined;
  }

  /** To be called before the session is put. */
  beforePut(key: Buffer, id: SessionId): void {
    if (this.#isPassed(key) && !this.#index.keys.has(key)) {
      this.#add(key, id, 1);
    }
  }

  /** To be called before the session, which is there, is deleted. */
  beforeDelete(key: Buffer, id: SessionId): void {
    if (this.#isPassed(key)) {
      this.#add(key, id, -1);
    }
  }

  #isPassed(key: Buffer): boolean {
    return this.#isComplete || (this.#place !== null && key.compare(this.#place) <= 0);
  }

  #add(key: Buffer, id: SessionId, by: 1 | -1): void {
    const number = contextOfKey(key);
    const counts = this.#counts.get(number) ?? new Map<string | null, number>();
    const route = routeOf(id);
    const sessions = (counts.get(route) ?? 0) + by;
    if (sessions > 0) {
      counts.set(route, sessions);
    } else {
      counts.delete(route);
    }
    this.#counts.set(number, counts);
  }

  #all(): SessionRoutes {
    const all = new Map<ContextName, ReadonlyMap<string | null, number>>();
    for (const [number, counts] of this.#counts) {
      const context = this.#index.contextOf(lowestKey(number));
      if (context !== undefined && counts.size > 0) {
        all.set(context, new Map(counts));
      }
    }
    return all;
  }
}
