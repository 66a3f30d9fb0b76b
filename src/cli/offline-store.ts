import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { silentLogger, systemClock, TribesError, type SessionStore } from '../base/index.js';
import type { Settings } from '../config/index.js';
import { createStore } from '../node/index.js';

/** Whether the data directory has a store in it. */
export function hasStore({ data, store }: Settings): boolean {
  return store.type === 'lmdb' && existsSync(join(resolve(data), 'sessions', 'data.mdb'));
}

/**
 * Runs `action` with the store of the data directory, which no node may have open, and closes it.
 *
 * Errors: TRIBES_E_CLI_NO_STORE, TRIBES_E_STORE_IN_USE and the other ones of `SessionStore.open`.
 */
export async function withOfflineStore<T>(
  settings: Settings,
  action: (store: SessionStore) => Promise<T>,
): Promise<T> {
  if (settings.store.type !== 'lmdb') {
    throw new TribesError('TRIBES_E_CLI_NO_STORE', { directory: resolve(settings.data) });
  }
  const store = createStore(settings, systemClock, silentLogger);
  await store.open();
  try {
    return await action(store);
  } finally {
    await store.close();
  }
}

/**
 * When the node whose store this is was last alive, as far as its sessions tell: while it was not, nobody could access them,
 * so that time does not count as idle.
 */
export function lastSignOfLife(store: SessionStore): number {
  let last = 0;
  for (const context of store.contexts().keys()) {
    for (const { receivedAt } of store.summaries(context)) {
      last = Math.max(last, receivedAt);
    }
  }
  return last;
}
