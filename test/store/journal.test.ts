import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { silentLogger, type Logger } from '../../src/base/index.js';
import type { Durability } from '../../src/store/journal-commits.js';
import { Journal } from '../../src/store/journal.js';
import { systemFiles, type JournalFiles } from '../../src/store/journal-files.js';
import { replayJournal, type Replayed } from '../../src/store/journal-replay.js';
import { writeBytes } from '../../src/store/write-batch.js';
import type { Unwritten } from '../../src/store/write-behind.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { recordingLogger } from '../support/recording-logger.js';
import { temporaryDirectories } from './temporary-directory.js';

const storeId = randomBytes(16);

function change(place: number, length = 10): Unwritten {
  return {
    place,
    rows: [{ database: 'heads', key: Buffer.from(`${place}`), value: Buffer.alloc(length, place) }],
  };
}

/** A turn of the event loop, and what it ends with. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** The system's files, which fail when a test says so; syncing waits for the test, if it says that. */
class TestFiles implements JournalFiles {
  readonly appended: number[] = [];
  syncs = 0;
  opened = 0;
  failsToAppend = false;
  failsToSync = false;
  #held: (() => void)[] | undefined;

  holdSyncs(): void {
    this.#held = [];
  }

  letSync(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    held.forEach((go) => go());
  }

  create(path: string): number {
    const file = systemFiles.create(path);
    this.opened++;
    return file;
  }

  append(file: number, bytes: Buffer): void {
    if (this.failsToAppend) {
      systemFiles.append(file, bytes.subarray(0, bytes.length >> 1));
      throw new Error('ENOSPC: no space left on device, write');
    }
    this.appended.push(bytes.length);
    systemFiles.append(file, bytes);
  }

  async sync(file: number): Promise<void> {
    this.syncs++;
    await new Promise<void>((resolve) => (this.#held === undefined ? resolve() : this.#held.push(resolve)));
    if (this.failsToSync) {
      throw new Error('EIO: i/o error, fdatasync');
    }
    await systemFiles.sync(file);
  }

  close(file: number): void {
    this.opened--;
    systemFiles.close(file);
  }

  syncNames(path: string): Promise<void> {
    return systemFiles.syncNames(path);
  }

  remove(path: string): Promise<void> {
    return systemFiles.remove(path);
  }

  rename(from: string, to: string): Promise<void> {
    return systemFiles.rename(from, to);
  }
}

describe('Journal', () => {
  const temporaryDirectory = temporaryDirectories();
  let directory: string;
  let files: TestFiles;
  let clock: ManualClock;
  let unwritten: Unwritten[];
  let journal: Journal;

  function make(
    durability: Durability = 'batch',
    logger: Logger = silentLogger,
    replayed: Pick<Replayed, 'found' | 'lastNumber'> = { found: [], lastNumber: 0 },
    written = 0,
  ): Journal {
    journal = new Journal({
      directory,
      storeId,
      cipher: undefined,
      durability,
      ...replayed,
      written,
      last: Math.max(written, replayed.found.at(-1)?.last ?? 0),
      unwritten: (maxBytes) =>
        unwritten.reduce((sum, { rows }) => sum + writeBytes(rows), 0) > maxBytes ? undefined : unwritten,
      clock,
      logger,
      segmentBytes: 1000,
      files,
    });
    return journal;
  }

  beforeEach(() => {
    directory = temporaryDirectory();
    files = new TestFiles();
    clock = new ManualClock();
    unwritten = [];
    make();
  });

  afterEach(async () => {
    await journal.close();
    expect(files.opened, 'open files').to.equal(0);
  });

  function append(...places: number[]): void {
    for (const place of places) {
      journal.append(change(place), place);
    }
  }

  const names = (): string[] => readdirSync(directory).sort();

  async function replay(written = 0): Promise<Replayed & { readonly places: number[] }> {
    const places: number[] = [];
    const apply = ({ place }: Unwritten): void => void places.push(place);
    const options = { directory, storeId, cipher: undefined, written, logger: silentLogger };
    return { ...(await replayJournal({ ...options, apply })), places };
  }

  it('writes what came in one turn at once, at its end', async () => {
    append(1, 2, 3);
    expect(files.appended).to.eql([]);
    await turn();
    expect(files.appended.length, 'a header and a frame').to.equal(2);
    expect((await replay()).places).to.eql([1, 2, 3]);
    append(4);
    await turn();
    expect(files.appended.length).to.equal(3);
    expect(journal.writes).to.equal(2);
  });

  it('commits when it is written', async () => {
    append(1);
    let isSafe: boolean | undefined;
    const committed = journal.commit().then((safe) => (isSafe = safe));
    await Promise.resolve();
    expect(isSafe).to.equal(undefined);
    await committed;
    expect(isSafe).to.equal(true);
    expect((await replay()).places).to.eql([1]);
    expect(files.syncs).to.equal(0);
  });

  it('commits at once when there is nothing to write, and when nobody wants to wait', async () => {
    expect(await journal.commit()).to.equal(true);
    await journal.close();
    make('off');
    append(1);
    expect(await journal.commit()).to.equal(true);
    expect(files.appended).to.eql([]);
  });

  it('takes a change that is larger than what it gathers', async () => {
    journal.append(change(1, 3_000_000), 1);
    append(2);
    expect(await journal.commit()).to.equal(true);
    expect((await replay()).places).to.eql([1, 2]);
  });

  it('has rights for its user only', async () => {
    append(1);
    await turn();
    expect(statSync(join(directory, '0000000001.journal')).mode & 0o777).to.equal(0o600);
  });

  describe('with durability ack', () => {
    beforeEach(async () => {
      await journal.close();
      make('ack');
    });

    it('commits when it is on disk, for all who came meanwhile at once', async () => {
      files.holdSyncs();
      append(1);
      let safe = 0;
      const first = journal.commit().then(() => safe++);
      await eventually('a sync', () => files.syncs === 1);
      const later = [2, 3, 4].map((place) => {
        append(place);
        return journal.commit().then(() => safe++);
      });
      await turn();
      expect([files.syncs, safe]).to.eql([1, 0]);
      files.letSync();
      await Promise.all([first, ...later]);
      expect([files.syncs, safe]).to.eql([2, 4]);
    });

    it('does not take for safe what is being synced', async () => {
      files.holdSyncs();
      append(1);
      const first = journal.commit();
      await eventually('a sync', () => files.syncs === 1);
      let isSafe = false;
      const second = journal.commit().then(() => (isSafe = true));
      await turn();
      expect(isSafe).to.equal(false);
      files.letSync();
      await Promise.all([first, second]);
    });

    it('syncs the files that it has left behind, too', async () => {
      for (let place = 1; place <= 60; place++) {
        append(place);
        await turn();
      }
      const { length } = names();
      expect(length).to.be.greaterThan(2);
      expect(files.syncs).to.equal(0);
      expect(await journal.commit()).to.equal(true);
      expect(files.syncs).to.equal(length);
      expect(files.opened).to.equal(1);
    });

    it('says that it is not safe when the disk says so, and begins a new file', async () => {
      files.failsToSync = true;
      append(1);
      unwritten = [change(1)];
      expect(await journal.commit()).to.equal(false);
      expect(journal.failure?.message).to.include('EIO');
      files.failsToSync = false;
      clock.advance(1000);
      expect(journal.failure).to.equal(undefined);
      expect(await journal.commit()).to.equal(true);
      expect(names()).to.eql(['0000000001.journal', '0000000002.journal']);
    });
  });

  describe('its files', () => {
    async function appendOneByOne(from: number, to: number): Promise<void> {
      for (let place = from; place <= to; place++) {
        append(place);
        await turn();
      }
    }

    it('are followed by others when they are large, and removed when all in them is at rest', async () => {
      await appendOneByOne(1, 60);
      const all = names();
      expect(all.length).to.be.greaterThan(2);
      expect(journal.segments).to.equal(all.length);
      expect(journal.bytes).to.equal(
        all.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0),
      );
      journal.written(1);
      await turn();
      expect(names()).to.eql(all);
      journal.written(59);
      await eventually('the removal', () => names().length === 1);
      expect((await replay(59)).places.at(-1)).to.equal(60);
      expect(journal.segments).to.equal(1);
    });

    it('are all removed when it is closed and everything is at rest, and none when it is not', async () => {
      await appendOneByOne(1, 30);
      await journal.close();
      expect(names()).not.to.eql([]);
      make('batch', silentLogger, await replay());
      await appendOneByOne(31, 32);
      journal.written(32);
      await journal.close();
      expect(names()).to.eql([]);
    });

    it('go on with those of the process before, which stay until all in them is at rest', async () => {
      await appendOneByOne(1, 3);
      await journal.close();
      const replayed = await replay();
      expect(replayed.found.map(({ last }) => last)).to.eql([3]);
      make('batch', silentLogger, replayed);
      append(4);
      await turn();
      expect(names()).to.eql(['0000000001.journal', '0000000002.journal']);
      expect((await replay()).places).to.eql([1, 2, 3, 4]);
      journal.written(3);
      await eventually('the removal', () => names().length === 1);
      expect((await replay(3)).places).to.eql([4]);
    });

    for (const [length, turns] of [
      [10, 20],
      [400_000, 2],
    ] as const) {
      it(`are read when those before, which hold nothing that is not at rest, are gone: changes of ${length} bytes`, async () => {
        for (let first = 1; first <= turns * 6; first += 6) {
          for (let place = first; place < first + 6; place++) {
            journal.append(change(place, length), place);
          }
          await turn();
        }
        const { found } = await replay();
        expect(found.length).to.be.greaterThan(2);
        for (const { path, last } of found.slice(0, -1)) {
          await systemFiles.remove(path);
          const { damaged, places } = await replay(last);
          expect(damaged, `everything up to ${last} is at rest`).to.eql([]);
          expect(places[0]).to.equal(last + 1);
        }
      });
    }

    it('are not there before something is written', () => {
      expect(names()).to.eql([]);
    });
  });

  describe('when nothing can be written', () => {
    it('says so once, and commits nothing, until it has begun anew with what is not at rest', async () => {
      const { logger, lines } = recordingLogger();
      await journal.close();
      make('batch', logger);
      append(1);
      await turn();
      files.failsToAppend = true;
      append(2);
      expect(await journal.commit()).to.equal(false);
      append(3);
      expect(await journal.commit()).to.equal(false);
      expect(journal.failure?.code).to.equal('TRIBES_E_STORE_JOURNAL');
      unwritten = [change(2), change(3)];
      clock.advance(1000);
      expect(journal.failures).to.equal(2);
      expect(lines('error').length).to.equal(1);
      files.failsToAppend = false;
      clock.advance(2000);
      expect(journal.failure).to.equal(undefined);
      append(4);
      expect(await journal.commit()).to.equal(true);
      await eventually('the removal', () => names().length === 2);
      expect((await replay()).places).to.eql([1, 2, 3, 4]);
      expect(lines('info').map(({ message }) => message)).to.eql(['changes are journalled again']);
    });

    it('leaves no file behind for each attempt', async () => {
      files.failsToAppend = true;
      append(1);
      expect(await journal.commit()).to.equal(false);
      clock.advance(120_000);
      expect(journal.failures).to.be.greaterThan(5);
      await eventually('the removals', () => names().length === 0);
    });

    it('does not begin anew with very much at once', async () => {
      files.failsToAppend = true;
      append(1);
      expect(await journal.commit()).to.equal(false);
      files.failsToAppend = false;
      unwritten = [change(1, 2 ** 25)];
      clock.advance(10_000);
      expect(journal.failure).not.to.equal(undefined);
      unwritten = [change(1)];
      clock.advance(1000);
      expect(journal.failure).to.equal(undefined);
    });

    it('says so when no file can be made', async () => {
      files.create = () => {
        throw new Error('EROFS: read-only file system');
      };
      append(1);
      expect(await journal.commit()).to.equal(false);
      expect(journal.failure?.message).to.include('EROFS');
    });
  });

  describe('replay', () => {
    beforeEach(async () => {
      for (let place = 1; place <= 40; place++) {
        append(place);
        await turn();
      }
      await journal.close();
    });

    it('keeps aside what belongs to another data file', async () => {
      const replayed = await replayJournal({
        directory,
        storeId: randomBytes(16),
        cipher: undefined,
        written: 0,
        logger: silentLogger,
        apply: () => expect.fail('nothing is to be applied'),
      });
      expect(replayed).to.include({ lostBytes: 0 });
      expect(replayed.found).to.eql([]);
      expect(names().every((name) => name.endsWith('.foreign'))).to.equal(true);
      expect(replayed.damaged).to.eql(names());
    });

    it('keeps aside what is younger than an old data file that was put back', async () => {
      await systemFiles.remove(join(directory, names()[0] ?? ''));
      const { places, damaged } = await replay(0);
      expect(places).to.eql([]);
      expect(damaged).to.eql(names());
    });

    it('goes on behind a file whose header is damaged, which is kept when it is not needed any more', async () => {
      const [first = '', ...others] = names();
      writeFileSync(join(directory, first), Buffer.alloc(500, 'x'));
      const replayed = await replay();
      expect(replayed.places.at(-1)).to.equal(40);
      expect(replayed.places[0]).to.be.greaterThan(1);
      expect(replayed.lostBytes).to.equal(500);
      expect(replayed.damaged).to.eql([`${first}.damaged`]);
      make('batch', silentLogger, replayed);
      journal.written(40);
      await eventually('the removal', () => others.every((name) => !existsSync(join(directory, name))));
      expect(names()).to.eql([`${first}.damaged`]);
      expect((await replay(40)).damaged).to.eql([`${first}.damaged`]);
    });

    it('takes a file that ends in its header for one that was just begun', async () => {
      writeFileSync(join(directory, '0000000099.journal'), 'TRIB');
      const { lostBytes, damaged, lastNumber } = await replay();
      expect([lostBytes, damaged, lastNumber]).to.eql([0, [], 99]);
    });
  });
});
