import {
  TribesError,
  type ContextName,
  type SessionId,
  type SessionPage,
  type SessionSummary,
} from '../base/index.js';
import {
  contextOfKey,
  decodeCursor,
  encodeCursor,
  lowestKey,
  sessionKey,
  sha256,
  type HideName,
} from './session-key.js';
import { RouteCounts } from './route-counts.js';
import { SortedKeys } from './sorted-keys.js';

export const MAX_PAGE_LIMIT = 10_000;

/** Reads the summary of one session; undefined if it cannot be read. */
export type ReadSummary = (context: ContextName, key: Buffer) => SessionSummary | undefined;

interface Context {
  readonly name: ContextName;
  readonly number: number;
  sessions: number;
}

/**
 * Which sessions there are, without what they hold: contexts by number, and sessions by key in the order in which
 * they are listed. With each key goes a number that is the store's own.
 */
export class SessionIndex {
  readonly keys = new SortedKeys();
  readonly routes = new RouteCounts(this);
  readonly #byName = new Map<ContextName, Context>();
  readonly #byNumber = new Map<number, Context>();
  readonly #hide: HideName;
  #nextNumber = 0;
  /** The key that was asked for last. */
  #latest: { readonly context: number; readonly id: SessionId; readonly key: Buffer } | undefined;

  /** `hide`: the hash of session ids under which sessions rest. */
  constructor(hide: HideName = sha256) {
    this.#hide = hide;
  }

  /** Takes over a context that has been at rest. */
  restoreContext(name: ContextName, number: number): void {
    const context = { name, number, sessions: 0 };
    this.#byName.set(name, context);
    this.#byNumber.set(number, context);
    this.#nextNumber = Math.max(this.#nextNumber, number + 1);
  }

  /** The number of a context, a new one if need be; `onNew` is told a new one. */
  contextNumber(name: ContextName, onNew: (number: number) => void): number {
    const known = this.#byName.get(name);
    if (known !== undefined) {
      return known.number;
    }
    const number = this.#nextNumber;
    this.restoreContext(name, number);
    onNew(number);
    return number;
  }

  /** Never gives the next `count` numbers, which were given before and are lost. */
  skipNumbers(count: number): void {
    this.#nextNumber += count;
  }

  /** The key under which a session of that context is, or would be. */
  keyOf(context: number, id: SessionId): Buffer {
    // Whoever puts a session has looked for it just before.
    const latest = this.#latest;
    if (latest?.id === id && latest.context === context) {
      return latest.key;
    }
    const key = sessionKey(context, id, this.#hide);
    this.#latest = { context, id, key };
    return key;
  }

  /** The key of a session that is there. */
  find(name: ContextName, id: SessionId): Buffer | undefined {
    const context = this.#byName.get(name);
    if (context === undefined) {
      return undefined;
    }
    const key = this.keyOf(context.number, id);
    return this.keys.has(key) ? key : undefined;
  }

  /** Adds a session, or changes its number. False if the context of the key is not known; it never will be. */
  set(key: Buffer, value: number): boolean {
    const number = contextOfKey(key);
    const context = this.#byNumber.get(number);
    if (context === undefined) {
      this.#nextNumber = Math.max(this.#nextNumber, number + 1);
      return false;
    }
    if (this.keys.set(key, value)) {
      context.sessions++;
    }
    return true;
  }

  /** True if the session was there. */
  delete(key: Buffer): boolean {
    const context = this.#byNumber.get(contextOfKey(key));
    if (context === undefined || !this.keys.delete(key)) {
      return false;
    }
    context.sessions--;
    return true;
  }

  /** The context that a key belongs to. */
  contextOf(key: Buffer): ContextName | undefined {
    return this.#byNumber.get(contextOfKey(key))?.name;
  }

  /** Forgets the contexts without sessions; their numbers are not given again. Returns them. */
  dropEmptyContexts(): number[] {
    const empty = [...this.#byName.values()].filter((context) => context.sessions === 0);
    for (const { name, number } of empty) {
      this.#byName.delete(name);
      this.#byNumber.delete(number);
    }
    return empty.map((context) => context.number);
  }

  contexts(): Map<ContextName, number> {
    const inUse = [...this.#byName.values()].filter((context) => context.sessions > 0);
    return new Map(inUse.map((context) => [context.name, context.sessions]));
  }

  /** Errors: TRIBES_E_STORE_CURSOR, TRIBES_E_STORE_LIMIT. */
  page(query: { context?: ContextName; cursor?: string; limit: number }, read: ReadSummary): SessionPage {
    const { context, cursor, limit } = query;
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_PAGE_LIMIT) {
      throw new TribesError('TRIBES_E_STORE_LIMIT', { found: limit, max: MAX_PAGE_LIMIT });
    }
    const start = cursor === undefined ? undefined : decodeCursor(cursor);
    const only = context === undefined ? undefined : this.#byName.get(context);
    if (context !== undefined && only === undefined) {
      return { sessions: [], next: null };
    }
    if (start !== undefined && only !== undefined && contextOfKey(start) !== only.number) {
      throw new TribesError('TRIBES_E_STORE_CURSOR', { reason: 'it belongs to the list of another context' });
    }
    const sessions: SessionSummary[] = [];
    let last: Buffer | undefined;
    for (const { key, name } of this.#entries(start, only)) {
      if (sessions.length === limit && last !== undefined) {
        return { sessions, next: encodeCursor(last) };
      }
      const summary = read(name, key);
      if (summary !== undefined) {
        sessions.push(summary);
      }
      last = key;
    }
    return { sessions, next: null };
  }

  /** What `read` makes of each session of the context; not those that it cannot read. */
  *sessions<T>(
    name: ContextName,
    read: (context: ContextName, key: Buffer) => T | undefined,
  ): Generator<T, void> {
    const context = this.#byName.get(name);
    if (context === undefined) {
      return;
    }
    for (const { key } of this.#entries(undefined, context)) {
      const session = read(name, key);
      if (session !== undefined) {
        yield session;
      }
    }
  }

  /** Looks for the next key each time it is asked, so sessions may come and go meanwhile. */
  *#entries(
    start: Buffer | undefined,
    only: Context | undefined,
  ): Generator<{ key: Buffer; name: ContextName }> {
    let key: Buffer | undefined = start ?? lowestKey(only?.number ?? 0);
    while ((key = this.keys.after(key)) !== undefined) {
      const context = this.#byNumber.get(contextOfKey(key));
      if (context === undefined || (only !== undefined && context !== only)) {
        return;
      }
      yield { key, name: context.name };
    }
  }
}
