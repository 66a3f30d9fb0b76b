import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { open } from 'lmdb';
import { contextName, sessionId, silentLogger, type SessionRecord } from '../../src/base/index.js';
import { LmdbStore } from '../../src/store/index.js';
import { rejectionOf } from '../support/errors.js';
import { recordingLogger } from '../support/recording-logger.js';
import { attribute, jdkStream, plain, sessionRecord } from './session-records.js';
import { temporaryDirectories } from './temporary-directory.js';

const BINARY = { encoding: 'binary', keyEncoding: 'binary' } as const;

/** What version 0.1.0 put. */
const sessions: readonly SessionRecord[] = [
  sessionRecord({
    id: sessionId('A0.jvm1'),
    authType: 'FORM',
    attributes: [
      attribute('list', 'ArrayList'),
      { names: ['cart', 'order'], stream: jdkStream('LinkedHashMap') },
    ],
    principal: jdkStream('ArrayList'),
    notes: [attribute('note', 'Long')],
    listeners: [jdkStream('HashMap')],
    version: 300,
  }),
  sessionRecord({
    id: sessionId('A1.jvm1'),
    source: null,
    attributes: [attribute('amount', 'BigDecimal')],
  }),
  sessionRecord({ context: contextName('localhost#'), id: sessionId('B0'), isNew: true }),
];

describe('a store of format 1', () => {
  const temporaryDirectory = temporaryDirectories();
  let directory: string;

  beforeEach(() => {
    directory = temporaryDirectory();
    mkdirSync(join(directory, 'sessions'), { mode: 0o700 });
    const fixture = new URL('../../../test/store/fixtures/format-1.mdb.gz', import.meta.url);
    writeFileSync(join(directory, 'sessions', 'data.mdb'), gunzipSync(readFileSync(fixture)), {
      mode: 0o600,
    });
  });

  async function openedStore(logger = silentLogger): Promise<LmdbStore> {
    const store = new LmdbStore({ directory, logger });
    await store.open();
    return store;
  }

  function check(store: LmdbStore): void {
    for (const session of sessions) {
      expect(plain(store.get(session.context, session.id))).to.eql(session);
    }
    expect(store.statistics()).to.include({ sessions: sessions.length, unreadable: 0 });
  }

  it('is brought up to date when it is opened, and has everything that it had', async () => {
    const { logger, lines } = recordingLogger();
    const store = await openedStore(logger);
    check(store);
    expect(lines('info').map(({ message }) => message)).to.eql(['the store has been brought up to date']);
    expect(lines('info')[0]?.fields).to.include({ from: 1, to: 4, sessions: 3 });
    store.facts.put('a', Buffer.from('fact'));
    await store.close();
  });

  it('is one of format 4 from then on', async () => {
    await (await openedStore()).close();
    const { logger, lines } = recordingLogger();
    const store = await openedStore(logger);
    check(store);
    expect(lines('info')).to.eql([]);
    await store.close();
  });

  it('is brought up to date wholly when that was broken off before', async () => {
    await (await openedStore()).close();
    // What has been changed already is of the new format; the store says that it is of the old one.
    const root = open<Buffer, Buffer>({ path: join(directory, 'sessions'), noSubdir: false, ...BINARY });
    const meta = root.openDB<Buffer, Buffer>({ name: 'meta', ...BINARY });
    meta.putSync(Buffer.from('format'), Buffer.from([0, 0, 0, 1]));
    await root.close();
    const store = await openedStore();
    check(store);
    await store.close();
  });

  it('does not become an encrypted one', async () => {
    const keyFile = join(directory, 'key');
    writeFileSync(keyFile, 'ab'.repeat(32), { mode: 0o600 });
    const store = new LmdbStore({ directory, logger: silentLogger, keyFile });
    await rejectionOf('TRIBES_E_STORE_KEY', store.open());
    const unencrypted = await openedStore();
    check(unencrypted);
    await unencrypted.close();
  });
});

describe('a store of format 2', () => {
  const temporaryDirectory = temporaryDirectories();

  it('keeps what its journal has: only journals have changed', async () => {
    const directory = temporaryDirectory();
    const options = { directory, logger: silentLogger, writeIntervalMs: 1_000_000 };
    const store = new LmdbStore(options);
    await store.open();
    sessions.forEach((session) => store.put(session));
    await store.commit();
    // As it would be had the process been killed here.
    const copy = temporaryDirectory();
    for (const file of ['sessions/data.mdb', `journal/${readdirSync(join(directory, 'journal'))[0]}`]) {
      mkdirSync(dirname(join(copy, file)), { recursive: true, mode: 0o700 });
      copyFileSync(join(directory, file), join(copy, file));
    }
    await store.close();
    const root = open<Buffer, Buffer>({ path: join(copy, 'sessions'), noSubdir: false, ...BINARY });
    root
      .openDB<Buffer, Buffer>({ name: 'meta', ...BINARY })
      .putSync(Buffer.from('format'), Buffer.from([0, 0, 0, 2]));
    await root.close();
    const reopened = new LmdbStore({ ...options, directory: copy });
    await reopened.open();
    for (const session of sessions) {
      expect(plain(reopened.get(session.context, session.id))).to.eql(session);
    }
    expect(reopened.statistics().journalDamaged).to.equal(0);
    await reopened.close();
  });
});
