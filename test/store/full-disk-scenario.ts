import { closeSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { defaultStoreLimits, isTribesError, sessionId, type SessionRecord } from '../../src/base/index.js';
import { LmdbStore } from '../../src/store/index.js';
import { rejectionOf } from '../support/errors.js';
import { eventually } from '../support/eventually.js';
import { recordingLogger } from '../support/recording-logger.js';
import { plain, sessionRecord } from './session-records.js';

const DIRTY_BYTES = 2 ** 21;
const SESSION_BYTES = 10_000;

const numbered = (number: number): SessionRecord =>
  sessionRecord({
    id: sessionId(`session-${number}`),
    attributes: [{ names: ['a'], stream: Buffer.alloc(SESSION_BYTES, number) }],
  });

/** Takes all the room that is left. */
function fill(path: string): void {
  const file = openSync(path, 'w');
  try {
    for (let length = 2 ** 20; length >= 1;) {
      try {
        writeSync(file, Buffer.alloc(length));
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).to.equal('ENOSPC');
        length = Math.floor(length / 2);
      }
    }
  } finally {
    closeSync(file);
  }
}

/** A store on a disk that gets full, and has room again. Its directory is the root of a small file system. */
async function main(directory: string): Promise<void> {
  const ballast = join(directory, 'ballast');
  const { logger, lines } = recordingLogger();
  const open = async (): Promise<LmdbStore> => {
    const limits = { ...defaultStoreLimits, dirtyBytes: DIRTY_BYTES };
    const store = new LmdbStore({ directory: join(directory, 'data'), logger, limits });
    await store.open();
    return store;
  };
  let store = await open();
  let count = 0;
  const put = (): void => store.put(numbered(count++));
  const checkAll = (): void => {
    for (let number = 0; number < count; number++) {
      expect(plain(store.get(numbered(number).context, numbered(number).id))).to.eql(numbered(number));
    }
  };
  for (let number = 0; number < 100; number++) {
    put();
  }
  store.facts.put('before', Buffer.from('fact'));
  await store.flush();

  fill(ballast);
  let refusal: unknown;
  while (refusal === undefined && count < 1000) {
    try {
      await store.checkRoom();
      put();
      await store.commit();
    } catch (error) {
      refusal = error;
    }
  }
  expect(isTribesError(refusal, 'TRIBES_E_STORE_FULL'), String(refusal)).to.equal(true);
  const { dirtyBytes, problem, failures } = store.statistics();
  expect(dirtyBytes).to.be.within(DIRTY_BYTES, DIRTY_BYTES + 2 * SESSION_BYTES);
  expect(problem).to.match(/could not be written.*; \d+ bytes wait in memory\. Make room/);
  expect(failures).to.be.greaterThan(1);
  const codes = lines('error').map(({ fields }) => (fields as { code: string }).code);
  expect(codes).to.have.members(['TRIBES_E_STORE_WRITE', 'TRIBES_E_STORE_JOURNAL']);
  checkAll();

  rmSync(ballast);
  await eventually('everything is written', () => store.statistics().dirtyBytes === 0, 40_000);
  await eventually('the problem is over', () => store.statistics().problem === null, 40_000);
  expect(store.checkRoom()).to.equal(undefined);
  put();
  await store.commit();
  checkAll();
  await store.close();

  store = await open();
  checkAll();
  expect(store.facts.get('before')?.toString()).to.equal('fact');
  expect(store.statistics()).to.include({ sessions: count, unreadable: 0, journalDamaged: 0 });

  fill(ballast);
  store.put(numbered(1000));
  store.put({ ...numbered(1001), attributes: [{ names: ['a'], stream: Buffer.alloc(500_000) }] });
  await rejectionOf('TRIBES_E_STORE_WRITE', store.close());
  store = await open();
  checkAll();
  await rejectionOf('TRIBES_E_STORE_WRITE', putAndClose(store));

  // Not even LMDB's lock file has room: what it maps it would be killed for.
  rmSync(join(directory, 'data', 'sessions', 'lock.mdb'));
  fill(join(directory, 'more ballast'));
  await rejectionOf('TRIBES_E_STORE_UNREADABLE', open());
  rmSync(ballast);
  store = await open();
  checkAll();
  await store.close();
  await largeValues(directory, await open());
}

/** A disk that gets full while large values are written: LMDB must not find that out by itself (`checkDiskRoom`). */
async function largeValues(directory: string, store: LmdbStore): Promise<void> {
  const ballast = join(directory, 'ballast');
  const large = { ...numbered(2000), attributes: [{ names: ['a'], stream: Buffer.alloc(900_000, 1) }] };
  const free = 3 * 2 ** 20;
  fill(ballast);
  truncateSync(ballast, statSync(ballast).size - free);
  for (let number = 0; number < 6; number++) {
    store.put({ ...large, id: sessionId(`large-${number}`) });
    await store.commit();
  }
  for (let attempt = 0; attempt < 5; attempt++) {
    await rejectionOf('TRIBES_E_STORE_WRITE', store.flush());
    expect(store.statistics().problem).to.match(/no space left on device: \d+ bytes are free/);
  }
  rmSync(ballast);
  await store.flush();
  expect(store.get(large.context, sessionId('large-5'))?.attributes).to.eql(large.attributes);
  await store.close();
}

async function putAndClose(store: LmdbStore): Promise<void> {
  store.put(numbered(1000));
  await store.close();
}

const [, script, directory] = process.argv;
if (script === import.meta.filename && directory !== undefined) {
  await main(directory);
}
