import { expect } from 'chai';
import {
  isTribesError,
  sessionId,
  silentLogger,
  TribesError,
  type SessionRecord,
} from '../../../src/base/index.js';
import type { ImportOptions } from '../../../src/session/index.js';
import { emptyTally, importSessions, StoreImporter } from '../../../src/session/index.js';
import { MemoryStore } from '../../../src/store/index.js';
import { sessionRecord } from '../../store/session-records.js';
import { A, APP, delta, donated, Rig, S, S2 } from '../support/rig.js';

const HOUR = 3_600_000;

/** A session of an archive of yesterday, that had been idle for a minute then. */
const AS_OF = 1_000_000;
const archived = (fields: Partial<SessionRecord> = {}): SessionRecord =>
  sessionRecord({
    context: APP,
    id: S,
    creationTime: 1000,
    lastAccessedTime: AS_OF - 60_000,
    maxInactiveInterval: 600,
    receivedAt: AS_OF - 60_000,
    source: null,
    version: 7,
    ...fields,
  });

const options = (fields: Partial<ImportOptions> = {}): ImportOptions => ({
  asOf: AS_OF,
  overwrite: false,
  dryRun: false,
  ...fields,
});

describe('the import of a session', () => {
  let rig: Rig;
  beforeEach(() => {
    rig = new Rig();
    rig.now = AS_OF + 24 * HOUR;
  });

  const imported = (record: SessionRecord, fields?: Partial<ImportOptions>) =>
    rig.manager.imported(record, options(fields), rig.now);

  it('takes one that is not there: nobody here has sent or confirmed it', () => {
    expect(imported(archived())).to.equal('new');
    expect(rig.record()).to.deep.include({ source: null, confirmedBy: [], version: 8, creationTime: 1000 });
    expect(rig.events.map(({ type }) => type)).to.deep.equal(['sessionTransferred']);
    expect(rig.counters).to.include({ importedSessions: 1, transferredSessions: 0 });
  });

  it('does not count the time in the archive as idle, and of the time before what is beyond one interval', () => {
    imported(archived({ receivedAt: AS_OF - 600_000 }));
    expect(rig.record()?.receivedAt).to.equal(rig.now);
    imported(archived({ id: S2, receivedAt: AS_OF - 700_000 }));
    expect(rig.record(S2)?.receivedAt).to.equal(rig.now - 100_000);
  });

  it('lets it live until Tomcats can have been started', () => {
    imported(archived({ receivedAt: AS_OF - 599_000 }));
    rig.manager.expireIdle(S, rig.now + 599_999, -Infinity);
    expect(rig.record()).not.to.equal(undefined);
    rig.manager.expireIdle(S, rig.now + 600_000, -Infinity);
    expect(rig.record()).to.equal(undefined);
  });

  it('leaves out one that had been idle for too long when it was exported', () => {
    expect(imported(archived({ receivedAt: AS_OF - 1_200_000 }))).to.equal('idle');
    expect(rig.record()).to.equal(undefined);
    expect(imported(archived({ receivedAt: AS_OF - 1_199_999 }))).to.equal('new');
  });

  it('keeps what is there and was accessed as late', () => {
    rig.transfer(A, donated(S, { a: 'here' }, { lastAccessedTime: AS_OF - 60_000 }));
    expect(imported(archived())).to.equal('kept');
    expect(rig.attributes()).to.deep.equal({ a: 'here' });
    expect(imported(archived(), { overwrite: true })).to.equal('replaced');
    expect(rig.attributes()).to.deep.equal({});
  });

  it('replaces what is there and was accessed earlier, in a version of its own', () => {
    rig.transfer(A, donated(S, { a: 'here' }, { lastAccessedTime: AS_OF - 60_001 }));
    expect(imported(archived({ version: 1 }))).to.equal('replaced');
    expect(rig.record()?.version).to.equal(2);
  });

  it('goes on with what a member says then', () => {
    imported(archived());
    rig.say(A, AS_OF + 24 * HOUR, S, delta({ a: 'later' }));
    expect(rig.attributes()).to.deep.equal({ a: 'later' });
  });

  it('does not bring back what has expired here, unless it is to overwrite', () => {
    rig.transfer(A, donated(S, {})).say(A, rig.now, S, { type: 'expired' });
    expect(imported(archived())).to.equal('expired');
    expect(rig.record()).to.equal(undefined);
    expect(imported(archived(), { overwrite: true })).to.equal('new');
  });

  it('does not bring back the old id of a session that has another one now', () => {
    rig
      .transfer(A, donated(S, { a: 'here' }, { lastAccessedTime: AS_OF }))
      .say(A, rig.now, S, { type: 'idChanged', newId: S2 });
    expect(imported(archived())).to.equal('kept');
    expect(rig.record()).to.equal(undefined);
    expect(rig.attributes(S2)).to.deep.equal({ a: 'here' });
  });

  it('changes nothing when it is only tried, and says what would be', () => {
    expect(imported(archived(), { dryRun: true })).to.equal('new');
    expect([rig.record(), rig.events, rig.counters.importedSessions]).to.deep.equal([undefined, [], 0]);
    imported(archived());
    const later = archived({ lastAccessedTime: AS_OF });
    expect(imported(later, { dryRun: true })).to.equal('replaced');
    expect(rig.record()?.lastAccessedTime).to.equal(AS_OF - 60_000);
  });
});

describe('StoreImporter', () => {
  it('imports into a store by the same rules', async () => {
    const store = new MemoryStore({ logger: silentLogger });
    await store.open();
    const now = AS_OF + HOUR;
    const importer = new StoreImporter(store, () => now);
    const tally = emptyTally();
    const other = archived({ id: sessionId('other') });
    const idle = archived({ id: sessionId('idle'), receivedAt: 0, maxInactiveInterval: 500 });
    const later = archived({ lastAccessedTime: AS_OF });
    await importSessions(importer, [archived(), other, idle, archived(), later], options(), tally);
    await importer.settle();
    expect(tally).to.deep.equal({ new: 2, replaced: 1, kept: 1, idle: 1, expired: 0, refused: 0 });
    expect(store.get(APP, S)).to.deep.include({
      receivedAt: now,
      lastAccessedTime: AS_OF,
      source: null,
    });
    await importSessions(importer, [archived({ id: sessionId('tried') })], options({ dryRun: true }), tally);
    expect(store.statistics().sessions).to.equal(2);
  });

  it('takes no more than there is room for in the store', async () => {
    const store = new MemoryStore({ logger: silentLogger });
    await store.open();
    const importer = new StoreImporter(store, () => AS_OF);
    const seen: number[] = [];
    importer.checkRoom = () => {
      seen.push(store.statistics().sessions);
      if (seen.length > 2) {
        throw new TribesError('TRIBES_E_STORE_FULL', { directory: 'd', dirtyBytes: 1 });
      }
      return Promise.resolve();
    };
    const records = ['1', '2', '3'].map((id) => archived({ id: sessionId(id) }));
    await importSessions(importer, records, options({ dryRun: true }), emptyTally());
    expect(seen).to.deep.equal([]);
    const tally = emptyTally();
    const refused: unknown = await importSessions(importer, records, options(), tally).catch(
      (error: unknown) => error,
    );
    expect(isTribesError(refused, 'TRIBES_E_STORE_FULL')).to.equal(true);
    expect(seen).to.deep.equal([0, 1, 2]);
    expect([tally.new, store.statistics().sessions]).to.deep.equal([2, 2]);
  });
});
