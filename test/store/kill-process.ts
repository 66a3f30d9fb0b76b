import { writeSync } from 'node:fs';
import { contextName, sessionId, silentLogger, type SessionRecord } from '../../src/base/index.js';
import { LmdbStore } from '../../src/store/index.js';
import { vectorFiles } from '../support/vectors.js';

/** What is done at step `number`: told by the number alone, so that the test knows it, too. */
export interface Step {
  readonly number: number;
  readonly kind: 'session' | 'fact';
  readonly name: string;
  /** Deletes it; else it is put, with the number in it. */
  readonly deletes: boolean;
}

/** Steps that are done before the first of them is acknowledged. */
export const STEPS_IN_FLIGHT = 32;

const SESSIONS = 40;
const FACTS = 10;
/** Java values with class descriptors of many kinds. */
const VALUES = [...vectorFiles('06-jdk-classes').values()].flat().map(({ bytes }) => bytes);

export function stepOf(number: number): Step {
  // A multiplicative hash: near steps have nothing to do with each other.
  const hash = Math.imul(number ^ (number >>> 15), 0x2c1b3c6d) >>> 0;
  const kind = hash % 5 === 0 ? 'fact' : 'session';
  const name = `${kind}-${(hash >>> 8) % (kind === 'fact' ? FACTS : SESSIONS)}`;
  return { number, kind, name, deletes: (hash >>> 3) % 6 === 0 };
}

/** The session that a step puts. Now and then a large one, so that the journal has more files than one. */
export function recordOf({ number, name }: Step): SessionRecord {
  const value = VALUES[number % VALUES.length] ?? Buffer.alloc(0);
  const filling = Buffer.alloc(number % 50 === 0 ? 100_000 : 100, number);
  return {
    context: contextName(`localhost#/app${Number(name.split('-')[1]) % 3}`),
    id: sessionId(name),
    creationTime: 1,
    lastAccessedTime: 2,
    thisAccessedTime: 3,
    maxInactiveInterval: 1800,
    isNew: false,
    isValid: true,
    authType: null,
    attributes: [
      { names: ['value'], stream: value },
      { names: ['filling'], stream: filling },
    ],
    principal: null,
    notes: [],
    listeners: [],
    receivedAt: 4,
    source: null,
    confirmedBy: [],
    version: number + 1,
  };
}

/** So many entries at the end of the ledger are never struck off. */
export const KEPT_ENTRIES = 200;
const STRIKE_EVERY = 500;

export function takeStep(store: LmdbStore, step: Step): void {
  const { kind, name, number, deletes } = step;
  const entry = store.ledger.add(Buffer.from(`${number}`));
  if (number % STRIKE_EVERY === 0) {
    store.ledger.strike(entry - KEPT_ENTRIES);
  }
  if (kind === 'fact') {
    if (deletes) {
      store.facts.delete(name);
    } else {
      store.facts.put(name, Buffer.from(`${number}`));
    }
  } else {
    const record = recordOf(step);
    if (deletes) {
      store.delete(record.context, record.id);
    } else {
      store.put(record);
    }
  }
}

/**
 * A process of its own: opens the store in the directory of its first argument, with the key file of its second one, if
 * that is not empty. From the step of its third argument on it takes steps, and writes the number of each to the
 * standard output when it has been committed, until it is killed.
 */
async function main(directory: string, keyFile: string, first: number): Promise<void> {
  const store = new LmdbStore({
    directory,
    logger: silentLogger,
    writeIntervalMs: 5,
    journalSegmentBytes: 2 ** 18,
    ...(keyFile !== '' && { keyFile }),
  });
  await store.open();
  const inFlight: Promise<void>[] = [];
  for (let number = first; ; number++) {
    takeStep(store, stepOf(number));
    inFlight.push(store.commit().then(() => void writeSync(1, `${number}\n`)));
    if (inFlight.length === STEPS_IN_FLIGHT) {
      await inFlight.shift();
    }
  }
}

const [, script, directory, keyFile, first] = process.argv;
if (script === import.meta.filename && directory !== undefined && keyFile !== undefined) {
  await main(directory, keyFile, Number(first));
}
