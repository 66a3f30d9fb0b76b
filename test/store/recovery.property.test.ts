import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { silentLogger } from '../../src/base/index.js';
import { withoutEdits, type EditTargets } from '../../src/store/journal-edits.js';
import { Journal } from '../../src/store/journal.js';
import { systemFiles, type JournalFiles } from '../../src/store/journal-files.js';
import { replayJournal } from '../../src/store/journal-replay.js';
import { readPlace } from '../../src/store/place-row.js';
import type { Write } from '../../src/store/write-batch.js';
import { WriteBehind } from '../../src/store/write-behind.js';
import { ManualClock } from '../support/manual-clock.js';
import { temporaryDirectories } from './temporary-directory.js';

/** What may happen. Faults last until they are mended. */
type Step =
  | { readonly type: 'put' | 'turn' | 'commit' | 'crash' }
  | { readonly type: 'pass'; readonly ms: number }
  | { readonly type: 'journal' | 'dataFile'; readonly fails: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: fc.constant<Step>({ type: 'put' }) },
  { weight: 5, arbitrary: fc.constantFrom<Step>({ type: 'turn' }, { type: 'commit' }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.constantFrom(50, 1000, 5000) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('journal', 'dataFile'), fails: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant<Step>({ type: 'crash' }) },
);

const KEYS = ['a', 'b', 'c'];
const storeId = Buffer.alloc(16, 1);

/** There are none: `lmdb-edits.property.test.ts` is about those. */
const NO_EDITS: EditTargets = {
  before: () => undefined,
  page: () => undefined,
  failed: (_key, reason) => expect.fail(reason),
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/**
 * A store of numbers: `WriteBehind` and `Journal`, put together as `openStore` does, over a data file that is a Map.
 * Every number refers to a row of its own, which has to be there when the number is.
 */
class Rehearsal {
  readonly #makeDirectory: () => string;
  #directory: string;
  /** Rows that are at rest, by database and key. */
  #dataFile = new Map<string, string>();
  #place = 0;
  #clock = new ManualClock();
  #changes!: WriteBehind;
  #journal!: Journal;
  #journalFails = false;
  #dataFileFails = false;
  #number = 0;
  /** What was put last under each key, and what it had when everything was last committed. */
  #put: Readonly<Record<string, number>> = {};
  #committed: Readonly<Record<string, number>> = {};

  constructor(makeDirectory: () => string) {
    this.#makeDirectory = makeDirectory;
    this.#directory = makeDirectory();
  }

  async start(): Promise<void> {
    const written = this.#place;
    const dataFile = this.#dataFile;
    const changes = new WriteBehind({
      directory: '/data',
      written,
      write: (writes) => this.#write(dataFile, writes),
      onChange: (change, last) => journal.append(change, last),
      onWritten: (place) => journal.written(place),
      clock: this.#clock,
      logger: silentLogger,
      intervalMs: 50,
      eagerBytes: 10_000,
      maxDirtyBytes: 1_000_000,
    });
    const place = { directory: this.#directory, storeId, cipher: undefined, written, logger: silentLogger };
    const { found, lastNumber, lostBytes, damaged } = await replayJournal({
      ...place,
      apply: ({ place, rows }) => changes.restore({ place, rows: withoutEdits(rows, NO_EDITS) }),
    });
    expect([lostBytes, damaged]).to.eql([0, []]);
    const journal: Journal = new Journal({
      ...place,
      durability: 'batch',
      found,
      lastNumber,
      last: changes.last,
      unwritten: (maxBytes) => changes.unwritten(maxBytes),
      clock: this.#clock,
      segmentBytes: 300,
      files: this.#files(),
    });
    this.#changes = changes;
    this.#journal = journal;
    changes.begin();
  }

  async take(what: Step): Promise<void> {
    switch (what.type) {
      case 'put':
        this.#putNext();
        break;
      case 'turn':
        await turn();
        break;
      case 'commit':
        await this.#commit();
        break;
      case 'pass':
        this.#clock.advance(what.ms);
        await turn();
        break;
      case 'journal':
        this.#journalFails = what.fails;
        break;
      case 'dataFile':
        this.#dataFileFails = what.fails;
        break;
      case 'crash':
        await this.crash();
        break;
    }
  }

  /** What the process leaves behind at this instant is taken over by the next one. */
  async crash(): Promise<void> {
    const before = { changes: this.#changes, journal: this.#journal };
    const atRest = KEYS.map((key) => Number(this.#dataFile.get(`heads ${key}`) ?? 0));
    const copy = this.#makeDirectory();
    for (const name of readdirSync(this.#directory)) {
      copyUnlessRemoved(join(this.#directory, name), join(copy, name));
    }
    this.#dataFile = new Map(this.#dataFile);
    await before.changes.stop();
    await before.journal.close();
    this.#directory = copy;
    this.#clock = new ManualClock();
    await this.start();
    KEYS.forEach((key, i) => {
      const found = this.#find(key);
      expect(found, `${key}, committed`).to.be.at.least(this.#committed[key] ?? 0);
      expect(found, `${key}, at rest before`).to.be.at.least(atRest[i] ?? 0);
      this.#put = { ...this.#put, [key]: found };
      if (found > 0) {
        expect(this.#has(`descriptors ${found}`), `what ${found} refers to`).to.equal(true);
      }
    });
  }

  async stop(): Promise<void> {
    await this.#changes.stop();
    await this.#journal.close();
  }

  #putNext(): void {
    const number = ++this.#number;
    const key = KEYS[Math.imul(number, 7) % KEYS.length] ?? '';
    const value = Buffer.from(`${number}`);
    this.#changes.addRow({ database: 'descriptors', key: value, value });
    this.#changes.changeRows([{ database: 'heads', key: Buffer.from(key), value }]);
    this.#put = { ...this.#put, [key]: number };
  }

  /** As `LmdbStore.commit`. */
  async #commit(): Promise<void> {
    const put = this.#put;
    let isSafe = await this.#journal.commit();
    if (!isSafe && this.#changes.failure === undefined) {
      isSafe = await this.#changes.flush().then(
        () => true,
        () => false,
      );
    }
    if (isSafe) {
      this.#committed = put;
    }
  }

  #find(key: string): number {
    const [row] = this.#changes.get(key)?.rows() ?? [];
    return Number(row?.value?.toString() ?? this.#dataFile.get(`heads ${key}`) ?? 0);
  }

  #has(name: string): boolean {
    const unwritten = (this.#changes.unwritten() ?? []).flatMap(({ rows }) => rows);
    return (
      this.#dataFile.has(name) ||
      unwritten.some(({ database, key }) => `${database} ${key.toString()}` === name)
    );
  }

  async #write(dataFile: Map<string, string>, writes: readonly Write[]): Promise<void> {
    await Promise.resolve();
    if (this.#dataFileFails) {
      throw new Error('the disk is full');
    }
    for (const { database, key, value } of writes) {
      if (database === 'meta') {
        this.#place = dataFile === this.#dataFile && value !== null ? readPlace(value) : this.#place;
      } else {
        dataFile.set(`${database} ${key.toString()}`, value?.toString() ?? '');
      }
    }
  }

  #files(): JournalFiles {
    return {
      ...systemFiles,
      append: (file, bytes) => {
        if (this.#journalFails) {
          systemFiles.append(file, bytes.subarray(0, bytes.length >> 1));
          throw new Error('the disk is full');
        }
        systemFiles.append(file, bytes);
      },
    };
  }
}

/** Files that are not needed any more are being removed meanwhile. */
function copyUnlessRemoved(from: string, to: string): void {
  try {
    copyFileSync(from, to);
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).to.equal('ENOENT');
  }
}

describe('recovery', function () {
  this.timeout(60_000);
  const temporaryDirectory = temporaryDirectories();

  it('has what was committed and nothing older than what was at rest, whatever failed and whenever it ended', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 80 }), async (steps) => {
        const rehearsal = new Rehearsal(temporaryDirectory);
        await rehearsal.start();
        try {
          for (const each of steps) {
            await rehearsal.take(each);
          }
          await rehearsal.crash();
        } finally {
          await rehearsal.stop();
        }
      }),
      { numRuns: Number(process.env['TRIBES_RECOVERY_RUNS'] ?? 200) },
    );
  });
});
