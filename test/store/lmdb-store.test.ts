import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { open, type RootDatabase } from 'lmdb';
import {
  contextName,
  sessionId,
  silentLogger,
  type Logger,
  type SessionRecord,
} from '../../src/base/index.js';
import { LmdbStore } from '../../src/store/index.js';
import { rejectionOf } from '../support/errors.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { recordingLogger } from '../support/recording-logger.js';
import { attribute, javaString, plain, sessionRecord, summaryOf } from './session-records.js';
import { describeSessionStore, suiteLimits } from './session-store-suite.js';
import { temporaryDirectories } from './temporary-directory.js';

const PAGE_BYTES = 4096;
const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;
const app = contextName('localhost#/app');

const numbered = (number: number): SessionRecord =>
  sessionRecord({
    id: sessionId(`session-${number}`),
    attributes: [attribute('list', 'ArrayList'), attribute('amount', 'BigDecimal')],
  });

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('LmdbStore', function () {
  this.timeout(30_000);
  const temporaryDirectory = temporaryDirectories();

  describeSessionStore('LmdbStore', () => {
    const directory = temporaryDirectory();
    const make = () => new LmdbStore({ directory, logger: silentLogger, limits: suiteLimits });
    return { create: make, reopened: make, modelRuns: 12 };
  });

  describeSessionStore('LmdbStore, encrypted,', () => {
    const directory = temporaryDirectory();
    const keyFile = join(directory, 'key');
    writeFileSync(keyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
    const make = () => new LmdbStore({ directory, logger: silentLogger, limits: suiteLimits, keyFile });
    return { create: make, reopened: make, modelRuns: 6 };
  });

  let directory: string;
  let sessions: string;

  beforeEach(() => {
    directory = join(temporaryDirectory(), 'data');
    sessions = join(directory, 'sessions');
  });

  /** Opens the store, does something to it, and closes it. */
  async function withStore<T>(
    action: (store: LmdbStore) => T | Promise<T>,
    logger: Logger = silentLogger,
  ): Promise<T> {
    const store = new LmdbStore({ directory, logger });
    await store.open();
    try {
      return await action(store);
    } finally {
      await store.close();
    }
  }

  const putNumbered = (count: number): Promise<void> =>
    withStore((store) => {
      for (let number = 0; number < count; number++) {
        store.put(numbered(number));
      }
    });

  /** Goes behind the back of the store, which is closed. */
  async function withDatabases(action: (root: RootDatabase<Buffer, Buffer>) => void): Promise<void> {
    const root = open<Buffer, Buffer>({ path: sessions, noSubdir: false, overlappingSync: false, ...BINARY });
    action(root);
    await root.close();
  }

  /** Damages a byte in the middle of a row of database `name`. */
  function damageRow(root: RootDatabase<Buffer, Buffer>, name: string, place = 0): void {
    const database = root.openDB<Buffer, Buffer>({ name, ...BINARY });
    const key = [...database.getKeys()][place] ?? Buffer.alloc(0);
    const value = Buffer.from(database.get(key) ?? Buffer.alloc(0));
    const middle = value.length >> 1;
    value.writeUInt8(value.readUInt8(middle) ^ 0x10, middle);
    database.putSync(key, value);
  }

  describe('rights', () => {
    it('are of its user alone, for every directory and file', async () => {
      await putNumbered(10);
      expect(modeOf(directory)).to.equal('700');
      expect(modeOf(sessions)).to.equal('700');
      expect(readdirSync(sessions)).to.have.members(['data.mdb', 'lock.mdb', 'in-use.1']);
      expect(modeOf(join(sessions, 'data.mdb'))).to.equal('600');
      expect(modeOf(join(sessions, 'lock.mdb'))).to.equal('600');
    });

    it('are tightened with a warning, where they are too wide', async () => {
      await putNumbered(1);
      chmodSync(sessions, 0o755);
      chmodSync(join(sessions, 'data.mdb'), 0o644);
      const { logger, lines } = recordingLogger();
      await withStore((store) => expect(plain(store.get(app, numbered(0).id))).to.eql(numbered(0)), logger);
      expect(modeOf(sessions)).to.equal('700');
      expect(modeOf(join(sessions, 'data.mdb'))).to.equal('600');
      expect(lines('warn').length).to.equal(2);
    });

    it('of a data directory that existed are left as they are', async () => {
      mkdirSync(directory);
      chmodSync(directory, 0o755);
      await putNumbered(1);
      expect(modeOf(directory)).to.equal('755');
    });
  });

  describe('what it refuses to open', () => {
    it('is a store of a later version', async () => {
      await putNumbered(1);
      await withDatabases((root) => {
        const meta = root.openDB<Buffer, Buffer>({ name: 'meta', ...BINARY });
        meta.putSync(Buffer.from('format'), Buffer.from([0, 0, 0, 5]));
      });
      const error = await rejectionOf(
        'TRIBES_E_STORE_NEWER',
        withStore(() => undefined),
      );
      expect(error.message).to.equal(
        `data directory ${sessions} has format 5; this version knows formats up to 4`,
      );
    });

    it('is an LMDB environment of another program', async () => {
      mkdirSync(sessions, { recursive: true });
      await withDatabases((root) => root.putSync(Buffer.from('key'), Buffer.from('value')));
      const error = await rejectionOf(
        'TRIBES_E_STORE_UNREADABLE',
        withStore(() => undefined),
      );
      expect(error.message).to.include('another program');
    });

    it('is a file that is no LMDB environment', async () => {
      mkdirSync(sessions, { recursive: true });
      for (const bytes of [Buffer.from('not a database'), Buffer.alloc(100_000, 'x')]) {
        writeFileSync(join(sessions, 'data.mdb'), bytes);
        await rejectionOf(
          'TRIBES_E_STORE_UNREADABLE',
          withStore(() => undefined),
        );
      }
    });

    it('is a file that was cut short', async () => {
      await putNumbered(5000);
      const { size } = statSync(join(sessions, 'data.mdb'));
      for (const rest of [size - 2 ** 20 - 4096, 8192, 4096, 200]) {
        truncateSync(join(sessions, 'data.mdb'), rest);
        await rejectionOf(
          'TRIBES_E_STORE_UNREADABLE',
          withStore(() => undefined),
        );
      }
    });

    it('is a file whose pages were lost', async () => {
      await putNumbered(5000);
      const file = join(sessions, 'data.mdb');
      const { size } = statSync(file);
      truncateSync(file, 8192);
      truncateSync(file, size);
      await rejectionOf(
        'TRIBES_E_STORE_UNREADABLE',
        withStore(() => undefined),
      );
    });

    it('is a place where a file is', async () => {
      mkdirSync(directory, { recursive: true });
      writeFileSync(sessions, '');
      await rejectionOf(
        'TRIBES_E_STORE_UNREADABLE',
        withStore(() => undefined),
      );
    });

    it('is left as it was, so that it opens when the reason is gone', async () => {
      await putNumbered(1);
      const holder = new LmdbStore({ directory, logger: silentLogger });
      await holder.open();
      await rejectionOf(
        'TRIBES_E_STORE_IN_USE',
        withStore(() => undefined),
      );
      expect(plain(holder.get(app, numbered(0).id))).to.eql(numbered(0));
      await holder.close();
      await withStore((store) => expect(plain(store.get(app, numbered(0).id))).to.eql(numbered(0)));
    });
  });

  describe('damage', () => {
    it('of a record is reported, and costs that record only', async () => {
      await putNumbered(20);
      await withDatabases((root) => {
        damageRow(root, 'heads', 3);
        damageRow(root, 'bodies', 5);
      });
      const { logger, lines } = recordingLogger();
      await withStore((store) => {
        const found = Array.from({ length: 20 }, (_, number) => plain(store.get(app, numbered(number).id)));
        expect(found.filter((record) => record === undefined).length).to.equal(2);
        const readable = found.filter((record) => record !== undefined);
        expect(readable).to.eql(readable.map((record) => ({ ...sessionRecord(), ...record })));
        expect(store.page({ limit: 100 }).sessions.length).to.equal(19);
        expect([...store.summaries(app)].length).to.equal(19);
        expect(store.statistics()).to.include({ sessions: 20, unreadable: 2 });
      }, logger);
      expect(lines('error').length).to.equal(2);
      expect(lines('error')[0]?.fields).to.include({ code: 'TRIBES_E_STORE_RECORD', what: 'session' });
      expect(JSON.stringify(lines('error'))).not.to.include('session-');
    });

    it('of a page costs the records on it only', async () => {
      const count = 500;
      const marked = { names: ['mark'], stream: javaString('on this page') };
      const ids = Array.from({ length: count }, (_, number) => sessionId(`session-${number}`));
      await withStore((store) => ids.forEach((id) => store.put(sessionRecord({ id, attributes: [marked] }))));
      const path = join(sessions, 'data.mdb');
      const bytes = readFileSync(path);
      const place = bytes.indexOf('on this page');
      expect(place).to.be.greaterThan(0);
      const page = place - (place % PAGE_BYTES);
      writeFileSync(path, bytes.fill(0, page, page + PAGE_BYTES));
      await withStore((store) => {
        const found = ids.filter((id) => store.get(app, id) !== undefined);
        expect(found.length).to.be.within(count - PAGE_BYTES / 'on this page'.length, count - 1);
        expect(store.statistics().unreadable).to.equal(count - found.length);
      });
    });

    it('of a record ends when the session is put again, or deleted', async () => {
      await putNumbered(1);
      await withDatabases((root) => damageRow(root, 'bodies'));
      await withStore((store) => {
        expect(store.get(app, numbered(0).id)).to.equal(undefined);
        store.put(numbered(0));
        expect(plain(store.get(app, numbered(0).id))).to.eql(numbered(0));
      });
      await withDatabases((root) => damageRow(root, 'heads'));
      await withStore((store) => {
        expect(store.delete(app, numbered(0).id)).to.equal(true);
      });
      await withStore((store) => expect(store.statistics()).to.include({ sessions: 0, unreadable: 0 }));
    });

    it('of a class descriptor is reported, and costs the records that use it until they are put again', async () => {
      await putNumbered(2);
      await withDatabases((root) => damageRow(root, 'descriptors'));
      const { logger, lines } = recordingLogger();
      await withStore((store) => {
        expect(store.get(app, numbered(0).id)).to.equal(undefined);
        expect([...store.summaries(app)]).to.have.deep.members([numbered(0), numbered(1)].map(summaryOf));
        store.put(numbered(0));
      }, logger);
      expect(lines('error').map((line) => (line.fields as { what: string }).what)).to.include('descriptor');
      await withStore((store) => expect(plain(store.get(app, numbered(0).id))).to.eql(numbered(0)));
    });

    it('of a context is reported, and does not touch a context that comes later', async () => {
      await putNumbered(2);
      await withDatabases((root) => damageRow(root, 'contexts'));
      const { logger, lines } = recordingLogger();
      await withStore((store) => {
        expect(store.contexts().size).to.equal(0);
        expect(store.statistics().unreadable).to.equal(3);
        store.put(numbered(7));
      }, logger);
      expect(lines('error').length).to.equal(3);
      await withStore((store) => {
        expect([...store.summaries(app)]).to.eql([summaryOf(numbered(7))]);
      });
    });

    it('by missing free pages at the end of the file is mended', async () => {
      await putNumbered(50);
      const file = join(sessions, 'data.mdb');
      const { size } = statSync(file);
      await withDatabases((root) => {
        const scratch = root.openDB<Buffer, Buffer>({ name: 'scratch', ...BINARY });
        scratch.putSync(Buffer.from('k'), Buffer.alloc(40_000));
        scratch.dropSync();
      });
      expect(statSync(file).size).to.be.greaterThan(size);
      truncateSync(file, statSync(file).size - 4096);
      const { logger, lines } = recordingLogger();
      await withStore((store) => {
        for (let number = 0; number < 50; number++) {
          expect(plain(store.get(app, numbered(number).id))).to.eql(numbered(number));
        }
      }, logger);
      expect(lines('warn').map((line) => line.message)).to.eql([
        'data.mdb was shorter than it should be: filled up with empty pages',
      ]);
    });
  });

  it('writes behind, by its clock', async () => {
    const clock = new ManualClock();
    const store = new LmdbStore({ directory, logger: silentLogger, clock, writeIntervalMs: 1000 });
    await store.open();
    store.put(numbered(0));
    expect(store.statistics().dirtyBytes).to.be.greaterThan(0);
    expect(clock.pendingTimers).to.equal(1);
    clock.advance(1000);
    await eventually('the write', () => store.statistics().dirtyBytes === 0);
    await store.close();
    expect(clock.pendingTimers).to.equal(0);
  });
});
