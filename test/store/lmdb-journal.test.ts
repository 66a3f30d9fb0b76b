import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { sessionId, silentLogger, type SessionRecord } from '../../src/base/index.js';
import { systemFiles } from '../../src/store/journal-files.js';
import { LmdbStore, type LmdbStoreOptions } from '../../src/store/lmdb-store.js';
import { eventually } from '../support/eventually.js';
import { ManualClock } from '../support/manual-clock.js';
import { recordingLogger } from '../support/recording-logger.js';
import { attribute, plain, sessionRecord } from './session-records.js';
import { temporaryDirectories } from './temporary-directory.js';

const numbered = (number: number, fields: Partial<SessionRecord> = {}): SessionRecord =>
  sessionRecord({
    id: sessionId(`session-${number}`),
    attributes: [attribute('list', 'ArrayList')],
    ...fields,
  });

describe('LmdbStore and its journal', () => {
  const temporaryDirectory = temporaryDirectories();
  let directory: string;
  let store: LmdbStore;

  beforeEach(() => {
    directory = temporaryDirectory();
  });

  afterEach(() => store.close());

  /** One whose data file is not written before somebody waits for that. */
  async function open(options: Partial<LmdbStoreOptions> = {}): Promise<void> {
    store = new LmdbStore({ directory, logger: silentLogger, clock: new ManualClock(), ...options });
    await store.open();
  }

  const journalFiles = (): string[] => readdirSync(join(directory, 'journal')).sort();

  const get = ({ context, id }: SessionRecord): SessionRecord | undefined => plain(store.get(context, id));

  /** What SIGKILL would leave behind now takes the place of the store, which is closed. */
  async function crash(change: (copy: string) => void = () => undefined): Promise<void> {
    const copy = temporaryDirectory();
    cpSync(directory, copy, { recursive: true, filter: (path) => !path.includes('in-use.') });
    change(copy);
    await store.close();
    directory = copy;
  }

  it('has what was committed and is not in the data file', async () => {
    await open();
    store.put(numbered(1));
    store.put(numbered(2));
    await store.flush();
    store.put(numbered(3));
    store.put(numbered(2, { version: 2 }));
    store.delete(numbered(1).context, numbered(1).id);
    store.facts.put('fact', Buffer.from('1'));
    store.put(numbered(4, { attributes: [attribute('amount', 'BigDecimal')] }));
    await store.commit();
    expect(store.statistics().dirtyBytes).to.be.greaterThan(0);
    await crash();
    await open();
    expect(get(numbered(1))).to.equal(undefined);
    expect(get(numbered(2))).to.eql(numbered(2, { version: 2 }));
    expect(get(numbered(3))).to.eql(numbered(3));
    expect(get(numbered(4))?.attributes).to.eql([attribute('amount', 'BigDecimal')]);
    expect(store.facts.get('fact')?.toString()).to.equal('1');
    expect(store.statistics()).to.include({ sessions: 3, unreadable: 0 });
  });

  it('has it after one crash more, with what came between them', async () => {
    await open();
    store.put(numbered(1));
    await store.commit();
    await crash();
    await open();
    store.put(numbered(2));
    store.put(numbered(1, { version: 2 }));
    await store.commit();
    await crash();
    expect(journalFiles()).to.eql(['0000000001.journal', '0000000002.journal']);
    await open();
    expect(get(numbered(1))?.version).to.equal(2);
    expect(get(numbered(2))).to.eql(numbered(2));
    await store.close();
    expect(journalFiles()).to.eql([]);
    await open();
    expect(get(numbered(1))?.version).to.equal(2);
  });

  it('has entries of the ledger that are not in the data file, and none that were struck off', async () => {
    const texts = (): string[] => [...store.ledger.entries()].map(([, entry]) => entry.toString());
    const add = (text: string): number => store.ledger.add(Buffer.from(text));
    await open();
    add('a');
    const b = add('b');
    await store.flush();
    const c = add('c');
    add('d');
    await store.commit();
    await crash();
    await open();
    expect(texts()).to.eql(['a', 'b', 'c', 'd']);
    expect(add('e')).to.equal(c + 2);
    store.ledger.strike(b);
    await store.commit();
    await crash();
    await open();
    expect(texts()).to.eql(['c', 'd', 'e']);
    await store.flush();
    await crash();
    await open();
    expect(texts()).to.eql(['c', 'd', 'e']);
    expect(store.statistics()).to.include({ unreadable: 0, journalDamaged: 0 });
  });

  it('leaves no journal behind when it is closed, and has rights for its user only', async () => {
    await open();
    store.put(numbered(1));
    await store.commit();
    expect(statSync(join(directory, 'journal')).mode & 0o777).to.equal(0o700);
    expect(journalFiles()).to.eql(['0000000001.journal']);
    expect(store.statistics()).to.include({ journalSegments: 1, journalWrites: 1 });
    expect(store.statistics().journalBytes).to.equal(
      statSync(join(directory, 'journal', '0000000001.journal')).size,
    );
    await store.close();
    expect(journalFiles()).to.eql([]);
  });

  it('cuts off what was not written to its end', async () => {
    await open();
    store.put(numbered(1));
    await store.commit();
    store.put(numbered(2));
    await store.commit();
    await crash((copy) => {
      const path = join(copy, 'journal', '0000000001.journal');
      writeFileSync(path, readFileSync(path).subarray(0, -1));
    });
    const { logger, lines } = recordingLogger();
    await open({ logger });
    expect([get(numbered(1)), get(numbered(2))]).to.eql([numbered(1), undefined]);
    expect(lines('info').map(({ message }) => message)).to.eql([
      'the journal ends in what was not written to its end: cut off',
    ]);
    expect(lines('error')).to.eql([]);
  });

  it('uses what it can read of a damaged journal, keeps the file, says so, and mixes up no class', async () => {
    await open();
    for (const number of [1, 2, 3]) {
      const values = ['BigDecimal', 'Date', 'Long'];
      store.put(numbered(number, { attributes: [attribute('a', values[number - 1] ?? '')] }));
      await store.commit();
    }
    await crash((copy) => {
      const path = join(copy, 'journal', '0000000001.journal');
      const bytes = readFileSync(path);
      const middle = bytes.indexOf('java.util.Date');
      bytes.write('x', middle);
      writeFileSync(path, bytes);
    });
    const { logger, lines } = recordingLogger();
    await open({ logger });
    expect(get(numbered(2))).to.equal(undefined);
    const others = [1, 3].map((number) => get(numbered(number)));
    expect(others.map((record) => record?.attributes[0])).to.eql([
      attribute('a', 'BigDecimal'),
      attribute('a', 'Long'),
    ]);
    expect(lines('error').map(({ message }) => message)).to.eql([
      'the journal is damaged: changes are lost unless other members still have them; what can be read is used',
    ]);
    expect(store.statistics().journalDamaged).to.equal(1);
    store.put(numbered(4, { attributes: [attribute('a', 'HashMap')] }));
    await store.flush();
    await eventually('the file is kept', () => journalFiles().includes('0000000001.journal.damaged'));
    await store.close();
    await open();
    expect([1, 3].map((number) => get(numbered(number)))).to.eql(others);
    expect(get(numbered(4))?.attributes).to.eql([attribute('a', 'HashMap')]);
    expect(store.statistics()).to.include({ journalDamaged: 1, unreadable: 0 });
  });

  it('loses a session that came in a state with the frame that first had one of its classes, and no other', async () => {
    await open();
    const values = ['BigDecimal', 'Date', 'Long', 'Date'];
    for (const [place, value] of values.entries()) {
      store.put(numbered(place, { attributes: [attribute('a', value)] }), false);
      await store.commit();
    }
    await crash((copy) => {
      const path = join(copy, 'journal', '0000000001.journal');
      const bytes = readFileSync(path);
      bytes.write('x', bytes.indexOf('java.util.Date'));
      writeFileSync(path, bytes);
    });
    await open();
    const found = values.map((_, place) => get(numbered(place))?.attributes[0]);
    expect(found).to.eql([attribute('a', 'BigDecimal'), undefined, attribute('a', 'Long'), undefined]);
    expect(store.statistics().unreadable).to.equal(1);
  });

  it('does not take the journal of a data file that was moved away for its own', async () => {
    await open();
    store.put(numbered(1));
    await store.commit();
    const sessions = join(directory, 'sessions');
    await crash();
    expect(existsSync(sessions)).to.equal(true);
    const fresh = temporaryDirectory();
    cpSync(join(directory, 'journal'), join(fresh, 'journal'), { recursive: true });
    directory = fresh;
    await open();
    expect(store.statistics()).to.include({ sessions: 0, journalDamaged: 1 });
    expect(journalFiles()).to.eql(['0000000001.journal.foreign']);
  });

  describe('when the journal cannot be written', () => {
    let fails: boolean;
    const files = {
      ...systemFiles,
      append: (file: number, bytes: Buffer): void => {
        if (fails) {
          throw new Error('ENOSPC: no space left on device, write');
        }
        systemFiles.append(file, bytes);
      },
    };

    beforeEach(() => {
      fails = false;
    });

    it('commits by writing the data file', async () => {
      await open({ journalFiles: files });
      fails = true;
      store.put(numbered(1));
      await store.commit();
      const { dirtyBytes, problem, failures } = store.statistics();
      expect([dirtyBytes, failures]).to.eql([0, 1]);
      expect(problem).to.match(/^changes cannot be journalled in .*ENOSPC.*\. Make room/);
      await crash();
      await open();
      expect(get(numbered(1))).to.eql(numbered(1));
    });

    it('does not bring back later what the journal had before', async () => {
      await open({ journalFiles: { ...files, remove: () => Promise.resolve() } });
      store.put(numbered(1));
      await store.commit();
      fails = true;
      store.put(numbered(1, { version: 2 }));
      await store.commit();
      expect(journalFiles()).to.eql(['0000000001.journal']);
      await crash();
      await open();
      expect(get(numbered(1))?.version).to.equal(2);
    });

    it('does not bring back a new session that was deleted meanwhile', async () => {
      const clock = new ManualClock();
      await open({ journalFiles: files, clock });
      store.put(numbered(1));
      await store.commit();
      fails = true;
      store.put(numbered(2));
      await setImmediate();
      store.delete(numbered(1).context, numbered(1).id);
      fails = false;
      clock.advance(1000);
      await store.commit();
      expect(store.statistics().dirtyBytes).to.be.greaterThan(0);
      await crash();
      await open();
      expect([get(numbered(1)), get(numbered(2))]).to.eql([undefined, numbered(2)]);
    });

    it('journals again when that is possible', async () => {
      const clock = new ManualClock();
      await open({ journalFiles: files, clock });
      fails = true;
      store.put(numbered(1));
      await store.commit();
      store.put(numbered(2));
      fails = false;
      clock.advance(1000);
      expect(store.statistics().problem).to.equal(null);
      await store.commit();
      await crash();
      await open();
      expect([get(numbered(1)), get(numbered(2))]).to.eql([numbered(1), numbered(2)]);
    });
  });
});
