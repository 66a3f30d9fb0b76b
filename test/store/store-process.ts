import { contextName, sessionId, silentLogger, type SessionRecord } from '../../src/base/index.js';
import { LmdbStore } from '../../src/store/index.js';
import { attribute, sessionRecord } from './session-records.js';

/** What the processes of the tests put: session `number` in its version `version`. */
export function numberedRecord(number: number, version: number): SessionRecord {
  return sessionRecord({
    context: contextName(`localhost#/app${number % 3}`),
    id: sessionId(`session-${number}`),
    version,
    attributes: [
      attribute('list', 'ArrayList'),
      attribute('amount', 'BigDecimal'),
      attribute('date', 'Date'),
    ],
  });
}

export type StoreProcessMessage = { readonly flushed: number } | { readonly failed: string };

export const SESSIONS_PER_ROUND = 100;

/**
 * A process of its own: opens the store in the directory of its first argument and says `flushed: 0`. In round 1 it
 * puts 100 sessions in version 1, flushes and says so; in round 2 200 sessions in version 2, and so on, until it is
 * killed or a flush fails.
 */
async function main(directory: string): Promise<void> {
  const tell = (message: StoreProcessMessage): void => void process.send?.(message);
  const store = new LmdbStore({ directory, logger: silentLogger, writeIntervalMs: 1 });
  try {
    await store.open();
    tell({ flushed: 0 });
    for (let round = 1; ; round++) {
      for (let number = 0; number < round * SESSIONS_PER_ROUND; number++) {
        store.put(numberedRecord(number, round));
      }
      await store.flush();
      tell({ flushed: round });
    }
  } catch (error) {
    tell({ failed: String(error) });
  }
}

const [, script, directory] = process.argv;
if (script === import.meta.filename && directory !== undefined) {
  process.on('disconnect', () => process.exit());
  await main(directory);
}
