import { randomBytes } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { contextName, sessionId, silentLogger } from '../../src/base/index.js';
import { LmdbStore } from '../../src/store/index.js';
import { rejectionOf } from '../support/errors.js';
import { ManualClock } from '../support/manual-clock.js';
import { attribute, javaString, plain, sessionRecord } from './session-records.js';
import { temporaryDirectories } from './temporary-directory.js';

const SECRETS = {
  id: 'DEADBEEFDEADBEEFDEADBEEFDEADBEEF.node1',
  context: 'localhost#/warehouse',
  attribute: 'shopping-basket',
  value: 'three-elephants',
  className: 'java.math.BigDecimal',
  factKey: 'members/10.20.30.40',
  fact: 'remembered-for-long',
};

const record = sessionRecord({
  context: contextName(SECRETS.context),
  id: sessionId(SECRETS.id),
  attributes: [
    { names: [SECRETS.attribute], stream: javaString(SECRETS.value) },
    attribute('amount', 'BigDecimal'),
  ],
});

describe('an encrypted LmdbStore', () => {
  const temporaryDirectory = temporaryDirectories();
  let directory: string;
  let keyFile: string;

  beforeEach(() => {
    directory = temporaryDirectory();
    keyFile = join(directory, 'key');
    writeKey(randomBytes(32).toString('hex'));
  });

  function writeKey(text: string): void {
    rmSync(keyFile, { force: true });
    writeFileSync(keyFile, text, { mode: 0o600 });
  }

  const make = (encrypted = true): LmdbStore =>
    new LmdbStore({
      directory,
      logger: silentLogger,
      clock: new ManualClock(),
      ...(encrypted && { keyFile }),
    });

  async function withStore(action: (store: LmdbStore) => unknown, encrypted = true): Promise<void> {
    const store = make(encrypted);
    await store.open();
    try {
      await action(store);
    } finally {
      await store.close();
    }
  }

  /** Which of the secrets stand in a file, in UTF-8 or UTF-16. */
  function found(): string[] {
    const files = ['sessions', 'journal'].flatMap((name) =>
      readdirSync(join(directory, name)).map((file) => join(directory, name, file)),
    );
    const bytes = Buffer.concat(
      files.filter((path) => statSync(path).isFile()).map((path) => readFileSync(path)),
    );
    return Object.entries(SECRETS)
      .filter(([, text]) => bytes.includes(text) || bytes.includes(Buffer.from(text, 'utf16le')))
      .map(([name]) => name);
  }

  for (const encrypted of [true, false]) {
    it(`${encrypted ? 'shows nothing of' : 'which has no key, shows'} what it holds, in journal and data file`, async () => {
      await withStore(async (store) => {
        store.put(record);
        store.facts.put(SECRETS.factKey, Buffer.from(SECRETS.fact));
        await store.commit();
        expect(store.statistics().journalBytes).to.be.greaterThan(0);
        const inJournal = found();
        await store.flush();
        const all = Object.keys(SECRETS);
        expect(inJournal).to.eql(encrypted ? [] : all);
        expect(found()).to.eql(encrypted ? [] : all);
      }, encrypted);
    });
  }

  it('opens with its key, and with no other, and not without one', async () => {
    await withStore((store) => store.put(record));
    expect((await rejectionOf('TRIBES_E_STORE_KEY', make(false).open())).message).to.include(
      'no key is given',
    );
    const key = readFileSync(keyFile, 'utf8');
    writeKey(randomBytes(32).toString('hex'));
    expect((await rejectionOf('TRIBES_E_STORE_KEY', make().open())).message).to.include('another key');
    writeKey(`${key.toUpperCase()}\n`);
    await withStore((store) => expect(plain(store.get(record.context, record.id))).to.eql(record));
  });

  it('is not made of one that is not encrypted', async () => {
    await withStore((store) => store.put(record), false);
    expect((await rejectionOf('TRIBES_E_STORE_KEY', make().open())).message).to.include('is not encrypted');
    await withStore((store) => expect(plain(store.get(record.context, record.id))).to.eql(record), false);
  });

  describe('refuses a key file', () => {
    it('that others can read', async () => {
      for (const mode of [0o640, 0o604, 0o620]) {
        chmodSync(keyFile, mode);
        await rejectionOf('TRIBES_E_STORE_KEY_FILE', make().open());
      }
    });

    it('that holds no key, and does not say what it holds', async () => {
      for (const text of ['', 'not a key', 'ab'.repeat(31), 'ab'.repeat(33), 'x'.repeat(100_000)]) {
        writeKey(text);
        const error = await rejectionOf('TRIBES_E_STORE_KEY_FILE', make().open());
        expect(error.message).to.equal(
          `key file ${keyFile} cannot be used: it does not hold 64 hexadecimal digits`,
        );
      }
    });

    it('that is not there', async () => {
      rmSync(keyFile);
      await rejectionOf('TRIBES_E_STORE_KEY_FILE', make().open());
    });
  });
});
