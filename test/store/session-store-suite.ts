import { expect } from 'chai';
import fc from 'fast-check';
import {
  contextName,
  defaultStoreLimits,
  routeOf,
  sessionId,
  uniqueId,
  type ContextName,
  type DeferredDelta,
  type DeltaCarrier,
  type SessionId,
  type SessionPage,
  type SessionRecord,
  type SessionStore,
  type SessionSummary,
  type StoreLimits,
  type SessionRoutes,
  type StoreSnapshot,
} from '../../src/base/index.js';
import { rejectionOf, thrownBy } from '../support/errors.js';
import { deltaPayload } from '../support/delta-payload.js';
import { checkAgainstModel } from './session-store-model.js';
import { fullRecord, javaString, jdkStream, plain, sessionRecord, summaryOf } from './session-records.js';

const SNAPSHOT_BYTES = 65_536;

/** The limits of every store that the suite is given. */
export const suiteLimits: StoreLimits = { ...defaultStoreLimits, maxSnapshotBytes: SNAPSHOT_BYTES };

/** What the suite needs of an implementation. */
export interface SessionStoreKit {
  /** A new, empty store that is not open. */
  create(): SessionStore;
  /** Another store over the same place, which has been closed; it is not open. */
  reopened(store: SessionStore): SessionStore;
  /** Runs of the test against a model. */
  readonly modelRuns: number;
}

const app = contextName('localhost#/app');
const other = contextName('localhost#');

const numbered = (number: number, context: ContextName = app): SessionRecord =>
  sessionRecord({ context, id: sessionId(`session-${number}`) });

export function allPages(store: SessionStore, limit: number, context?: ContextName): SessionPage[] {
  const pages: SessionPage[] = [];
  let cursor: string | null = null;
  do {
    const page: SessionPage = store.page({
      ...(context !== undefined && { context }),
      ...(cursor !== null && { cursor }),
      limit,
    });
    pages.push(page);
    cursor = page.next;
  } while (cursor !== null);
  return pages;
}

const idsOf = (summaries: Iterable<SessionSummary>): SessionId[] =>
  [...summaries].map((summary) => summary.id);

/** What every `SessionStore` does. */
export function describeSessionStore(name: string, makeKit: () => SessionStoreKit): void {
  describe(`${name} as a SessionStore`, () => {
    let kit: SessionStoreKit;
    let store: SessionStore;

    beforeEach(async () => {
      kit = makeKit();
      store = kit.create();
      await store.open();
    });

    afterEach(() => store.close());

    async function reopen(): Promise<void> {
      await store.close();
      store = kit.reopened(store);
      await store.open();
    }

    describe('get, put and delete', () => {
      it('gives back a record as it was put, in every field', () => {
        store.put(fullRecord);
        expect(plain(store.get(fullRecord.context, fullRecord.id))).to.eql(fullRecord);
      });

      it('gives back a record as it was put after a flush', async () => {
        store.put(fullRecord);
        await store.flush();
        expect(plain(store.get(fullRecord.context, fullRecord.id))).to.eql(fullRecord);
      });

      it('gives copies: what a reader does to a record is not seen by the next', () => {
        store.put(fullRecord);
        store.get(fullRecord.context, fullRecord.id)?.attributes[0]?.stream.fill(0);
        expect(plain(store.get(fullRecord.context, fullRecord.id))).to.eql(fullRecord);
      });

      it('has only the last of several records of a session', async () => {
        store.put(fullRecord);
        const last = { ...fullRecord, version: 301, attributes: [] };
        store.put(last);
        expect(plain(store.get(fullRecord.context, fullRecord.id))).to.eql(last);
        await store.flush();
        expect(plain(store.get(fullRecord.context, fullRecord.id))).to.eql(last);
        expect(store.statistics().sessions).to.equal(1);
      });

      it('knows nothing of sessions that were not put', () => {
        store.put(numbered(1));
        expect(store.get(app, sessionId('session-2'))).to.equal(undefined);
        expect(store.get(other, sessionId('session-1'))).to.equal(undefined);
        expect(store.delete(app, sessionId('session-2'))).to.equal(false);
        expect(store.delete(other, sessionId('session-1'))).to.equal(false);
      });

      it('deletes a session once, whether it is at rest or not', async () => {
        store.put(numbered(1));
        store.put(numbered(2));
        await store.flush();
        store.put(numbered(3));
        for (const number of [1, 3]) {
          const { id } = numbered(number);
          expect(store.delete(app, id)).to.equal(true);
          expect(store.get(app, id)).to.equal(undefined);
          expect(store.delete(app, id)).to.equal(false);
        }
        await store.flush();
        expect(idsOf(store.summaries(app))).to.eql([numbered(2).id]);
      });

      it('takes a session that was deleted again', async () => {
        store.put(numbered(1));
        store.delete(app, numbered(1).id);
        store.put(numbered(1));
        await store.flush();
        expect(plain(store.get(app, numbered(1).id))).to.eql(numbered(1));
      });

      it('keeps apart the sessions of one id in several contexts', () => {
        store.put(numbered(1, app));
        store.put(numbered(1, other));
        store.delete(app, numbered(1).id);
        expect(plain(store.get(other, numbered(1).id))).to.eql(numbered(1, other));
      });

      it('takes names and ids of any length and content', async () => {
        const odd = [
          '',
          '\u0000',
          '__proto__',
          '\ud800',
          '\udfff',
          '\ufffd',
          'x'.repeat(100_000),
          'x'.repeat(100_001),
        ];
        const records = odd.flatMap((context) =>
          odd.map((id) => sessionRecord({ context: contextName(context), id: sessionId(id) })),
        );
        records.forEach((record) => store.put(record));
        await reopen();
        expect(store.statistics().sessions).to.equal(odd.length ** 2);
        for (const record of records) {
          expect(plain(store.get(record.context, record.id))).to.eql(record);
        }
      });

      it('takes values of some megabytes', async () => {
        const stream = Buffer.alloc(5_000_000, 'value');
        const record = sessionRecord({ attributes: [{ names: ['large'], stream }], principal: stream });
        store.put(record);
        await store.flush();
        const found = plain(store.get(app, record.id));
        expect(found?.attributes[0]?.stream.equals(stream)).to.equal(true);
        expect(found?.principal?.equals(stream)).to.equal(true);
      });
    });

    describe('contexts', () => {
      it('are those that have sessions, with their number', async () => {
        expect(store.contexts().size).to.equal(0);
        [1, 2, 3].forEach((number) => store.put(numbered(number, app)));
        store.put(numbered(1, other));
        store.put(numbered(1, other));
        expect([...store.contexts()]).to.have.deep.members([
          [app, 3],
          [other, 1],
        ]);
        store.delete(other, numbered(1).id);
        expect([...store.contexts()]).to.eql([[app, 3]]);
        await reopen();
        expect([...store.contexts()]).to.eql([[app, 3]]);
      });

      it('may come back after their last session has gone', async () => {
        store.put(numbered(1, other));
        store.delete(other, numbered(1).id);
        await reopen();
        await reopen();
        store.put(numbered(2, other));
        store.put(numbered(2, app));
        await reopen();
        expect(idsOf(store.summaries(other))).to.eql([numbered(2).id]);
        expect(store.statistics().sessions).to.equal(2);
      });
    });

    describe('page and summaries', () => {
      it('say everything of a session but its values', () => {
        store.put(fullRecord);
        expect(store.page({ limit: 1 })).to.eql({ sessions: [summaryOf(fullRecord)], next: null });
        expect([...store.summaries(fullRecord.context)]).to.eql([summaryOf(fullRecord)]);
      });

      it('list each session once, in one order, whatever the size of the pages', async () => {
        for (let number = 0; number < 500; number++) {
          store.put(numbered(number, number % 3 === 0 ? other : app));
        }
        await store.flush();
        for (let number = 490; number < 510; number++) {
          store.put(numbered(number, number % 3 === 0 ? other : app));
        }
        const all = store.page({ limit: 10_000 }).sessions;
        expect(new Set(idsOf(all)).size).to.equal(510);
        for (const limit of [1, 7, 509, 510]) {
          expect(allPages(store, limit).flatMap((page) => page.sessions)).to.eql(all);
        }
        const ofApp = all.filter((summary) => summary.context === app);
        expect(allPages(store, 13, app).flatMap((page) => page.sessions)).to.eql(ofApp);
        expect([...store.summaries(app)]).to.eql(ofApp);
        await reopen();
        expect(store.page({ limit: 10_000 }).sessions).to.eql(all);
      });

      it('end with the last session, not with an empty page', () => {
        [1, 2, 3, 4].forEach((number) => store.put(numbered(number)));
        expect(allPages(store, 2).map((page) => page.sessions.length)).to.eql([2, 2]);
        expect(allPages(store, 4).map((page) => page.sessions.length)).to.eql([4]);
      });

      it('are the same as records say, each as it is when it is asked for', async () => {
        [1, 2, 3].forEach((number) => store.put(numbered(number, app), false));
        store.put(numbered(4, other));
        store.put({ ...numbered(2, app), version: 2 });
        await store.flush();
        store.put({ ...numbered(3, app), version: 3 }, false);
        const walk = store.records(app)[Symbol.iterator]();
        const ids = idsOf(store.summaries(app));
        for (const id of ids) {
          const record = { ...numbered(1, app), id, version: 17 };
          store.put(record, false);
          expect(plain(walk.next().value as SessionRecord)).to.eql(record);
        }
        expect(walk.next().done).to.equal(true);
        expect([...store.records(contextName('unknown'))]).to.eql([]);
      });

      it('have nothing of a context that is not known', () => {
        store.put(numbered(1));
        expect(store.page({ context: other, limit: 10 })).to.eql({ sessions: [], next: null });
        expect([...store.summaries(other)]).to.eql([]);
      });

      it('go on behind the cursor while sessions come and go', () => {
        for (let number = 0; number < 100; number++) {
          store.put(numbered(number));
        }
        const all = idsOf(store.summaries(app));
        const { sessions, next } = store.page({ limit: 50 });
        for (let number = 0; number < 100; number += 2) {
          store.delete(app, numbered(number).id);
        }
        for (let number = 100; number < 200; number++) {
          store.put(numbered(number));
        }
        const rest = idsOf(store.page({ limit: 1000, cursor: next ?? '' }).sessions);
        const seen = [...idsOf(sessions), ...rest];
        expect(new Set(seen).size).to.equal(seen.length);
        const stayed = all.slice(50).filter((id) => Number(id.split('-')[1]) % 2 === 1);
        expect(rest).to.include.members(stayed);
      });

      it('never show a session twice, though it is changed, deleted and put again meanwhile', () => {
        for (let number = 0; number < 300; number++) {
          store.put(numbered(number));
        }
        const seen: string[] = [];
        for (const summary of store.summaries(app)) {
          seen.push(summary.id);
          const record = { ...numbered(0), id: summary.id };
          store.delete(app, summary.id);
          store.put(record);
          store.put({ ...record, version: 2 });
        }
        expect(seen.length).to.equal(300);
        expect(new Set(seen).size).to.equal(300);
      });

      it('give cursors that are safe in an address and hold no session id', () => {
        [1, 2, 3].forEach((number) => store.put(numbered(number)));
        const { next } = store.page({ limit: 2 });
        expect(next).to.match(/^[\w-]+$/);
        expect(Buffer.from(next ?? '', 'base64url').toString('latin1')).not.to.include('session');
      });

      it('refuse a cursor that the store did not make', () => {
        [1, 2].forEach((number) => store.put(numbered(number)));
        const next = store.page({ limit: 1 }).next ?? '';
        const foreign = ['', '!', 'AAAA', `${next}=`, `${next}A`, next.slice(1), `/${next.slice(1)}`];
        for (const cursor of foreign) {
          thrownBy('TRIBES_E_STORE_CURSOR', () => store.page({ limit: 1, cursor }));
        }
      });

      it('refuse a cursor of another context', () => {
        [1, 2].forEach((number) => store.put(numbered(number, app)));
        [1, 2].forEach((number) => store.put(numbered(number, other)));
        const { next } = store.page({ context: app, limit: 1 });
        const query = { context: other, limit: 1, cursor: next ?? '' };
        thrownBy('TRIBES_E_STORE_CURSOR', () => store.page(query));
      });

      it('refuse a limit that is not a whole number from 1 to 10,000', () => {
        for (const limit of [0, -1, 10_001, 1.5, NaN, Infinity]) {
          thrownBy('TRIBES_E_STORE_LIMIT', () => store.page({ limit }));
        }
      });
    });

    describe('routes', () => {
      const routed = (number: number, context: ContextName) =>
        sessionRecord({
          context,
          id: sessionId(['S', 'S.node1', 'S.node2', '.S'][number % 4]?.replace('S', `S${number}`) ?? ''),
        });

      function counted(): [ContextName, string | null, number][] {
        const rows: [ContextName, string | null, number][] = [];
        for (const context of store.contexts().keys()) {
          const counts = new Map<string | null, number>();
          for (const { id } of store.summaries(context)) {
            counts.set(routeOf(id), (counts.get(routeOf(id)) ?? 0) + 1);
          }
          rows.push(
            ...[...counts].map(([route, count]): [ContextName, string | null, number] => [
              context,
              route,
              count,
            ]),
          );
        }
        return rows;
      }

      const rowsOf = (routes: SessionRoutes | undefined) =>
        [...(routes ?? [])].flatMap(([context, counts]) =>
          [...counts].map(([route, count]) => [context, route, count]),
        );

      it('are counted by context', async () => {
        for (let number = 0; number < 10; number++) {
          store.put(routed(number, app));
          store.put(routed(number, app));
        }
        await reopen();
        expect(store.routes(5)).to.equal(undefined);
        expect(store.routes(5)).to.equal(undefined);
        expect(store.routes(1)).to.deep.equal(
          new Map([
            [
              app,
              new Map<string | null, number>([
                [null, 5],
                ['node1', 3],
                ['node2', 2],
              ]),
            ],
          ]),
        );
      });

      it('stay right whatever is done, also while they are being counted', async () => {
        const change = fc.record({
          number: fc.nat(60),
          context: fc.constantFrom(app, other),
          type: fc.constantFrom('put', 'delete', 'count'),
        });
        await fc.assert(
          fc.asyncProperty(fc.array(change, { maxLength: 150 }), async (changes) => {
            await reopen();
            for (const { number, context, type } of changes) {
              const record = routed(number, context);
              if (type === 'put') {
                store.put(record);
              } else if (type === 'delete') {
                store.delete(context, record.id);
              } else {
                store.routes(3);
              }
            }
            expect(rowsOf(store.routes(1_000))).to.have.deep.members(counted());
          }),
          { numRuns: kit.modelRuns },
        );
      });
    });

    describe('a snapshot', () => {
      const byKey = (records: Iterable<SessionRecord>) =>
        new Map([...records].map((record) => [JSON.stringify([record.context, record.id]), record]));

      function* recordsOf(snapshot: StoreSnapshot): Generator<SessionRecord> {
        for (let record = plain(snapshot.next()); record !== undefined; record = plain(snapshot.next())) {
          yield record;
        }
      }

      it('has every session, at rest or not, and then no more', async () => {
        store.put(fullRecord);
        await store.flush();
        store.put(numbered(1, other));
        const snapshot = store.snapshot();
        expect([...snapshot.contexts]).to.have.deep.members([...store.contexts()]);
        const records = [...recordsOf(snapshot)];
        expect(byKey(records)).to.deep.equal(byKey([fullRecord, numbered(1, other)]));
        expect(records).to.have.length(2);
        expect(snapshot.next()).to.equal(undefined);
        snapshot.close();
      });

      it('has nothing more once it is closed', () => {
        store.put(numbered(1));
        const snapshot = store.snapshot();
        snapshot.close();
        snapshot.close();
        expect(snapshot.next()).to.equal(undefined);
      });

      it('is of its instant, whatever is done while it is read', async () => {
        const change = fc.record({
          number: fc.nat(60),
          context: fc.constantFrom(app, other, contextName('new')),
          type: fc.constantFrom('put', 'delete', 'flush', 'pause'),
          version: fc.integer({ min: 2, max: 1e6 }),
        });
        const pace = fc.integer({ min: 0, max: 9 });
        await fc.assert(
          fc.asyncProperty(
            fc.array(change, { minLength: 50, maxLength: 200 }),
            pace,
            async (changes, reads) => {
              for (let number = 0; number < 40; number++) {
                store.put(numbered(number, number % 3 === 0 ? other : app));
              }
              const before = [app, other, contextName('new')].flatMap((context) =>
                [...store.summaries(context)].map(({ id }) => plain(store.get(context, id)) as SessionRecord),
              );
              const snapshot = store.snapshot();
              const seen: SessionRecord[] = [];
              for (const { number, context, type, version } of changes) {
                const record = { ...numbered(number, context), version };
                if (type === 'put') {
                  store.put(record);
                } else if (type === 'delete') {
                  store.delete(context, record.id);
                } else if (type === 'flush') {
                  await store.flush();
                }
                for (let read = 0; read < reads / 3; read++) {
                  seen.push(...[snapshot.next()].filter((next) => next !== undefined));
                }
              }
              seen.push(...recordsOf(snapshot));
              expect(byKey(seen)).to.deep.equal(byKey(before));
              expect(seen).to.have.length(before.length);
            },
          ),
          { numRuns: Math.max(10, kit.modelRuns / 4) },
        );
      });

      it('stands beside others, each of its own instant', () => {
        store.put(numbered(1));
        const first = store.snapshot();
        store.put({ ...numbered(1), version: 2 });
        const second = store.snapshot();
        store.delete(app, numbered(1).id);
        expect([...recordsOf(first)].map(({ version }) => version)).to.deep.equal([1]);
        expect([...recordsOf(second)].map(({ version }) => version)).to.deep.equal([2]);
      });

      it('fails when more changes than may be kept; the changes do not', () => {
        const stream = Buffer.alloc(1000, 1);
        const large = (number: number) => ({ ...numbered(number), attributes: [{ names: ['a'], stream }] });
        for (let number = 0; number < 200; number++) {
          store.put(large(number));
        }
        const snapshot = store.snapshot();
        for (let number = 0; number < 200; number++) {
          store.put({ ...large(number), version: 2 });
        }
        const error = thrownBy('TRIBES_E_STORE_SNAPSHOT', () => snapshot.next());
        expect(error.params).to.deep.equal({ max: SNAPSHOT_BYTES });
        thrownBy('TRIBES_E_STORE_SNAPSHOT', () => snapshot.next());
        snapshot.close();
        expect(store.get(app, numbered(7).id)?.version).to.equal(2);
        const again = store.snapshot();
        expect([...recordsOf(again)]).to.have.length(200);
      });

      it('is not read on when the store is closed', async () => {
        store.put(numbered(1));
        const snapshot = store.snapshot();
        await store.close();
        thrownBy('TRIBES_E_STORE_CLOSED', () => snapshot.next());
        snapshot.close();
      });
    });

    describe('life cycle', () => {
      it('has everything again after it was closed and opened', async () => {
        store.put(fullRecord);
        await store.flush();
        store.put(numbered(1, other));
        store.put(numbered(2, other));
        store.delete(other, numbered(2).id);
        await reopen();
        expect(plain(store.get(fullRecord.context, fullRecord.id))).to.eql(fullRecord);
        expect(plain(store.get(other, numbered(1).id))).to.eql(numbered(1, other));
        expect(store.get(other, numbered(2).id)).to.equal(undefined);
      });

      it('may be closed again, and opened again', async () => {
        store.put(numbered(1));
        await Promise.all([store.close(), store.close()]);
        await store.close();
        await store.open();
        await store.open();
        expect(plain(store.get(app, numbered(1).id))).to.eql(numbered(1));
      });

      it('refuses everything while it is not open', async () => {
        const summaries = store.summaries(app);
        store.put(numbered(1));
        await store.close();
        thrownBy('TRIBES_E_STORE_CLOSED', () => plain(store.get(app, numbered(1).id)));
        thrownBy('TRIBES_E_STORE_CLOSED', () => store.put(numbered(1)));
        thrownBy('TRIBES_E_STORE_CLOSED', () => store.delete(app, numbered(1).id));
        thrownBy('TRIBES_E_STORE_CLOSED', () => store.contexts());
        thrownBy('TRIBES_E_STORE_CLOSED', () => store.page({ limit: 1 }));
        thrownBy('TRIBES_E_STORE_CLOSED', () => store.summaries(app));
        thrownBy('TRIBES_E_STORE_CLOSED', () => store.snapshot());
        thrownBy('TRIBES_E_STORE_CLOSED', () => store.routes(1));
        thrownBy('TRIBES_E_STORE_CLOSED', () => [...summaries]);
        thrownBy('TRIBES_E_STORE_CLOSED', () => store.checkRoom());
        await rejectionOf('TRIBES_E_STORE_CLOSED', store.commit());
        await rejectionOf('TRIBES_E_STORE_CLOSED', store.flush());
      });
    });

    describe('facts', () => {
      const value = Buffer.from('value');

      it('are there as they were put, changed and deleted, also after the store was closed and opened', async () => {
        store.facts.put('members/a', value);
        store.facts.put('members/b', Buffer.alloc(0));
        store.facts.put('members/a', Buffer.from('another'));
        store.facts.put('gone', value);
        expect(store.facts.delete('gone')).to.equal(true);
        expect(store.facts.delete('gone')).to.equal(false);
        const check = (): void => {
          expect(store.facts.get('members/a')).to.eql(Buffer.from('another'));
          expect(store.facts.get('members/b')).to.eql(Buffer.alloc(0));
          expect(store.facts.get('gone')).to.equal(undefined);
          expect(store.facts.get('members')).to.equal(undefined);
        };
        check();
        await store.flush();
        check();
        await reopen();
        check();
        store.facts.delete('members/a');
        await reopen();
        expect([...store.facts.entries('')]).to.eql([['members/b', Buffer.alloc(0)]]);
      });

      it('are listed by the beginning of their keys, in order', () => {
        for (const key of ['m/2', 'm', 'n/1', 'm/1', 'm/\ud800', '__proto__', '']) {
          store.facts.put(key, Buffer.from(key));
        }
        const keys = (prefix: string): string[] => [...store.facts.entries(prefix)].map(([key]) => key);
        expect(keys('m/')).to.eql(['m/1', 'm/2', 'm/\ud800']);
        expect(keys('')).to.eql(['', '__proto__', 'm', 'm/1', 'm/2', 'm/\ud800', 'n/1']);
        expect(keys('o')).to.eql([]);
      });

      it('are copies, in and out', () => {
        const mine = Buffer.from('value');
        store.facts.put('a', mine);
        mine.fill(0);
        store.facts.get('a')?.fill(0);
        expect(store.facts.get('a')).to.eql(value);
      });

      it('have keys of up to 1024 bytes', async () => {
        store.facts.put('é'.repeat(512), value);
        expect(() => store.facts.put('é'.repeat(513), value)).to.throw(RangeError, '1024');
        await reopen();
        expect([...store.facts.entries('')]).to.eql([['é'.repeat(512), value]]);
      });

      it('are no sessions', () => {
        store.facts.put('a', value);
        expect(store.statistics().sessions).to.equal(0);
        expect(store.page({ limit: 10 }).sessions).to.eql([]);
      });

      it('are refused while the store is not open', async () => {
        const { facts } = store;
        facts.put('a', value);
        await store.close();
        thrownBy('TRIBES_E_STORE_CLOSED', () => store.facts);
        thrownBy('TRIBES_E_STORE_CLOSED', () => facts.put('a', value));
        thrownBy('TRIBES_E_STORE_CLOSED', () => facts.delete('a'));
      });
    });

    describe('the ledger', () => {
      const texts = (): string[] => [...store.ledger.entries()].map(([, entry]) => entry.toString());
      const add = (text: string): number => store.ledger.add(Buffer.from(text));

      it('has what was added, in its order, by rising numbers, also after the store was closed and opened', async () => {
        const first = add('a');
        const large = 'large '.repeat(10_000);
        const numbers = [first, add(''), add(large), add('b')];
        expect([...numbers].sort((x, y) => x - y)).to.eql(numbers);
        const check = (): void => {
          expect(texts()).to.eql(['a', '', large, 'b']);
          expect([...store.ledger.entries()].map(([number]) => number)).to.eql(numbers);
        };
        check();
        await store.flush();
        check();
        await reopen();
        check();
        expect(add('c')).to.be.greaterThan(numbers.at(-1) ?? NaN);
        await reopen();
        expect(texts().slice(3)).to.eql(['b', 'c']);
      });

      it('has copies', () => {
        const mine = Buffer.from('a');
        store.ledger.add(mine);
        mine.fill(0);
        for (const [, entry] of store.ledger.entries()) {
          entry.fill(0);
        }
        expect(texts()).to.eql(['a']);
      });

      it('has nothing that is older than what was struck off, and everything that is younger', async () => {
        const numbers = Array.from({ length: 5000 }, (_, index) => add(`entry ${index}`));
        await store.flush();
        numbers.push(...Array.from({ length: 5000 }, (_, index) => add(`entry ${5000 + index}`)));
        const check = (struck: number): void => {
          const left = texts();
          expect(left.at(-1)).to.equal('entry 9999');
          expect(left.length).to.be.within(9999 - struck, 9999 - struck + 2500);
          expect(left).to.eql(left.map((_, index) => `entry ${10_000 - left.length + index}`));
        };
        for (const struck of [0, 4000, 7000, 9000]) {
          store.ledger.strike(numbers[struck] ?? NaN);
          check(struck);
          await reopen();
          check(struck);
        }
        store.ledger.strike(Infinity);
        expect(texts()).to.eql([]);
        const next = add('next');
        expect(next).to.be.greaterThan(numbers.at(-1) ?? NaN);
        await reopen();
        expect([...store.ledger.entries()]).to.eql([[next, Buffer.from('next')]]);
      });

      it('is refused while the store is not open', async () => {
        await store.close();
        thrownBy('TRIBES_E_STORE_CLOSED', () => store.ledger);
      });
    });

    describe('commit', () => {
      it('resolves, whether there is something to write or not', async () => {
        await store.commit();
        store.put(numbered(1));
        store.facts.put('a', Buffer.from('value'));
        await Promise.all([store.commit(), store.commit()]);
        expect(store.statistics()).to.include({ problem: null, failures: 0 });
      });
    });

    it('has room when little waits to be written', () => {
      store.put(numbered(1));
      expect(store.checkRoom()).to.equal(undefined);
    });

    describe('statistics', () => {
      it('count the sessions', () => {
        [1, 2, 2, 3].forEach((number) => store.put(numbered(number)));
        store.delete(app, numbered(1).id);
        expect(store.statistics()).to.include({ sessions: 2, unreadable: 0 });
      });

      it('have no dirty bytes after a flush', async () => {
        [1, 2, 3].forEach((number) => store.put(numbered(number)));
        store.delete(app, numbered(1).id);
        await store.flush();
        expect(store.statistics().dirtyBytes).to.equal(0);
      });

      it('tell the room that sessions take, near enough', async () => {
        const before = store.statistics().storedBytes;
        const stream = Buffer.alloc(2000, 1);
        for (let number = 0; number < 5000; number++) {
          store.put({ ...numbered(number), attributes: [{ names: ['a'], stream }] });
        }
        await store.flush();
        const taken = store.statistics().storedBytes - before;
        expect(taken).to.be.within(5000 * 2000, 5000 * 2000 * 2.5);
      });

      it('take up room that was given up', async () => {
        const stream = Buffer.alloc(10_000, 1);
        const round = async (): Promise<number> => {
          for (let number = 0; number < 500; number++) {
            store.put({ ...numbered(number), attributes: [{ names: ['a'], stream }] });
          }
          await store.flush();
          return store.statistics().storedBytes;
        };
        const first = await round();
        for (let again = 0; again < 5; again++) {
          await round();
        }
        expect(await round()).to.be.below(first * 3);
      });
    });

    describe('a deferred delta', () => {
      const owner = uniqueId(Buffer.alloc(16, 1));
      const before = sessionRecord({
        source: owner,
        confirmedBy: [owner],
        attributes: [
          { names: ['a'], stream: javaString('1') },
          { names: ['b'], stream: javaString('2') },
        ],
      });
      const { context, id } = before;
      const after = (count: number): SessionRecord => ({
        ...before,
        lastAccessedTime: count,
        thisAccessedTime: count,
        receivedAt: 100 + count,
        maxInactiveInterval: 60 + count,
        attributes: [
          { names: ['b'], stream: javaString('2') },
          { names: ['c'], stream: javaString(`${count}`) },
        ],
        version: before.version + count,
      });
      let carried: number[];
      const carrier: DeltaCarrier = {
        carryOut: (_, deltas) => {
          carried.push(deltas.length);
          return after(deltas.at(-1)?.timestamp ?? NaN);
        },
      };

      /** Sets `c`, removes `a`. */
      function defer(count: number, fields: Partial<DeferredDelta> = {}): boolean {
        const set = [{ names: ['c'], stream: javaString(`${count}`) }];
        const payload = deltaPayload(id, { set, removed: ['a'], maxInactiveInterval: 60 + count });
        const delta = { payload, sender: owner, timestamp: count, receivedAt: 100 + count, by: carrier };
        const whole: DeferredDelta = { ...delta, ...fields };
        const session = store.deferrable(context, id, whole.sender, whole.payload?.length ?? 0);
        if (session !== undefined) {
          store.defer(session, whole);
        }
        return session !== undefined;
      }

      beforeEach(() => {
        carried = [];
        store.put(before);
      });

      it('is carried out when somebody asks, with all others, once', () => {
        expect([1, 2, 3].map((count) => defer(count))).to.eql([true, true, true]);
        expect(store.atHand(context, id)).to.include({ context, id, receivedAt: 103 });
        expect(carried).to.eql([]);
        expect(plain(store.get(context, id))).to.eql(after(3));
        expect([...store.summaries(context)]).to.eql([summaryOf(after(3))]);
        expect(carried).to.eql([3]);
        expect(defer(4)).to.equal(true);
        expect([...store.records(context)].map(plain)).to.eql([after(4)]);
        expect(carried).to.eql([3, 1]);
      });

      it('is there after a flush, and when the store is opened again', async () => {
        defer(1);
        defer(2);
        await store.flush();
        defer(3);
        await reopen();
        const found = plain(store.get(context, id));
        expect(found).to.eql(found && after(3));
      });

      it('is not carried out where the session is deleted, and nothing of it is left', () => {
        defer(1);
        expect(store.delete(context, id)).to.equal(true);
        expect([store.get(context, id), store.atHand(context, id), carried]).to.eql([
          undefined,
          undefined,
          [],
        ]);
        store.put(before);
        expect(plain(store.get(context, id))).to.eql(before);
      });

      it('is below what is put behind it', () => {
        defer(1);
        store.put(after(7));
        expect(plain(store.get(context, id))).to.eql(after(7));
      });

      it('is not seen by a snapshot that is older', () => {
        const older = store.snapshot();
        defer(1);
        const younger = store.snapshot();
        expect(plain(older.next())).to.eql(before);
        expect(plain(younger.next())).to.eql(after(1));
        older.close();
        younger.close();
      });

      it('is refused when many wait, when it is large, and of somebody else', () => {
        expect(defer(1, { sender: uniqueId(Buffer.alloc(16, 2)) })).to.equal(false);
        expect(defer(1, { payload: Buffer.alloc(100_000) })).to.equal(false);
        let count = 0;
        while (count < 1000 && defer(count + 1)) {
          count++;
        }
        expect(count).to.be.within(2, 100);
        expect(plain(store.get(context, id))).to.eql(after(count));
        expect(carried).to.eql([count]);
        expect(defer(count + 1)).to.equal(true);
      });

      it('is refused where values share something', () => {
        store.put({ ...before, attributes: [{ names: ['a', 'b'], stream: jdkStream('ArrayList') }] });
        expect(defer(1)).to.equal(false);
      });

      it('counts for what sessions at hand may take', () => {
        const large = contextName('large');
        const session = sessionRecord({ context: large, source: owner, confirmedBy: [owner] });
        for (let i = 0; i < 40_000 && store.atHand(context, id) !== undefined; i++) {
          const each = sessionId(`session-${i}`);
          store.put({ ...session, id: each });
          const found = store.deferrable(large, each, owner, 8000);
          expect(found).to.include({ id: each });
          if (found !== undefined) {
            const payload = Buffer.alloc(8000);
            store.defer(found, { payload, sender: owner, timestamp: 1, receivedAt: 1, by: carrier });
          }
        }
        expect(store.atHand(context, id)).to.equal(undefined);
      }).timeout(60_000);
    });

    it('holds what a Map would hold, whatever is done to it', async function () {
      this.timeout(60_000);
      await checkAgainstModel(makeKit, makeKit().modelRuns);
    });
  });
}
