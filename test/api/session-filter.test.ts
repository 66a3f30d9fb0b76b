import { expect } from 'chai';
import { silentLogger, type SessionPage } from '../../src/base/index.js';
import { pageInSlices, type SessionQuery } from '../../src/api/session-filter.js';
import { MemoryStore } from '../../src/store/index.js';
import { rejectionOf } from '../support/errors.js';
import { testRecord } from './test-node.js';

describe('a page of sessions', () => {
  const store = new MemoryStore({ logger: silentLogger });
  /** Of each look at the store: how many sessions it asked for, and in which turn of the event loop. */
  const looks: { readonly limit: number; readonly turn: number }[] = [];
  let turn = 0;

  const mirror = {
    page: (query: Parameters<MemoryStore['page']>[0]): SessionPage => {
      looks.push({ limit: query.limit, turn });
      return store.page(query);
    },
  };

  before(async () => {
    await store.open();
    for (let i = 0; i < 1000; i++) {
      store.put(testRecord(`S${i}.${i % 100 === 0 ? 'rare' : 'often'}`, '/app'));
    }
  });
  after(() => store.close());
  beforeEach(() => looks.splice(0));

  async function page(query: SessionQuery): Promise<{ ids: string[]; next: string | null }> {
    const ids: string[] = [];
    let next: string | null = null;
    let turning = setImmediate(function count() {
      turn++;
      turning = setImmediate(count);
    });
    try {
      for await (const slice of pageInSlices(mirror, query)) {
        ids.push(...slice.sessions.map(({ id }) => id));
        ({ next } = slice);
      }
    } finally {
      clearImmediate(turning);
    }
    return { ids, next };
  }

  it('is that of the store, whatever its length', async () => {
    for (const limit of [1, 19, 20, 21, 999, 1000, 10_000]) {
      const whole = store.page({ limit });
      const { ids, next } = await page({ limit });
      expect(ids).to.deep.equal(whole.sessions.map(({ id }) => id));
      expect(next).to.equal(whole.next);
    }
  });

  it('goes on behind its cursor', async () => {
    const first = await page({ limit: 450 });
    const second = await page({ limit: 10_000, cursor: first.next ?? '' });
    expect(new Set([...first.ids, ...second.ids]).size).to.equal(1000);
    expect(second.next).to.equal(null);
  });

  it('holds the event loop for no more than 20 sessions at a time', async () => {
    await page({ limit: 10_000 });
    expect(looks.map(({ limit }) => limit)).to.deep.equal(new Array(50).fill(20));
    expect(new Set(looks.map((look) => look.turn)).size).to.equal(50);
  });

  it('of one route has no others', async () => {
    expect((await page({ limit: 10, route: 'rare' })).ids).to.have.lengthOf(10);
    expect((await page({ limit: 10_000, route: 'often' })).ids).to.have.lengthOf(990);
    expect(await page({ limit: 10, route: 'none' })).to.deep.equal({ ids: [], next: null });
  });

  it('refuses a cursor before anything is there', async () => {
    await rejectionOf('TRIBES_E_STORE_CURSOR', page({ limit: 1000, cursor: 'zzz' }));
  });
});
