import { expect } from 'chai';
import fc from 'fast-check';
import {
  contextName,
  sessionId,
  type ContextName,
  type SessionRecord,
  type SessionStore,
} from '../../src/base/index.js';
import { arbitraryRecord, plain, summaryOf } from './session-records.js';
import { allPages, type SessionStoreKit } from './session-store-suite.js';

type Step =
  | { readonly type: 'put'; readonly record: SessionRecord; readonly isInUse: boolean }
  | { readonly type: 'delete' | 'get'; readonly context: string; readonly id: string }
  | { readonly type: 'page'; readonly limit: number; readonly context: string | null }
  | { readonly type: 'flush' | 'reopen' };

/** Few names, so that steps meet the same sessions again. */
const context = fc.constantFrom('localhost#/app', 'localhost#', '');
const id = fc.constantFrom('a', 'b', 'c', 'd', '\ud800', 'x'.repeat(3000));

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('put' as const),
      record: arbitraryRecord(context, id),
      isInUse: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constantFrom('delete' as const, 'get' as const), context, id }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('page' as const),
      limit: fc.integer({ min: 1, max: 20 }),
      context: fc.option(context),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('flush' as const, 'reopen' as const) }) },
);

const keyOf = (context: string, id: string): string => JSON.stringify([context, id]);

/** Does random things to a store and to a Map, and compares what they hold. */
export async function checkAgainstModel(makeKit: () => SessionStoreKit, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const run = new ModelRun(makeKit());
      try {
        await run.start();
        for (const one of steps) {
          await run.take(one);
        }
        run.compareAll();
        await run.take({ type: 'reopen' });
        run.compareAll();
      } finally {
        await run.stop();
      }
    }),
    { numRuns },
  );
}

class ModelRun {
  readonly #kit: SessionStoreKit;
  readonly #model = new Map<string, SessionRecord>();
  #store: SessionStore;

  constructor(kit: SessionStoreKit) {
    this.#kit = kit;
    this.#store = kit.create();
  }

  start(): Promise<void> {
    return this.#store.open();
  }

  stop(): Promise<void> {
    return this.#store.close();
  }

  async take(step: Step): Promise<void> {
    switch (step.type) {
      case 'put':
        this.#store.put(step.record, step.isInUse);
        this.#model.set(keyOf(step.record.context, step.record.id), step.record);
        break;
      case 'delete': {
        const wasThere = this.#model.delete(keyOf(step.context, step.id));
        expect(this.#store.delete(contextName(step.context), sessionId(step.id))).to.equal(wasThere);
        break;
      }
      case 'get':
        expect(plain(this.#store.get(contextName(step.context), sessionId(step.id)))).to.eql(
          this.#model.get(keyOf(step.context, step.id)),
        );
        break;
      case 'page':
        this.#comparePages(step.limit, step.context === null ? undefined : contextName(step.context));
        break;
      case 'flush':
        await this.#store.flush();
        expect(this.#store.statistics().dirtyBytes).to.equal(0);
        break;
      case 'reopen':
        await this.#store.close();
        this.#store = this.#kit.reopened(this.#store);
        await this.#store.open();
        break;
    }
  }

  compareAll(): void {
    expect(this.#store.statistics()).to.include({ sessions: this.#model.size, unreadable: 0 });
    for (const record of this.#model.values()) {
      expect(plain(this.#store.get(record.context, record.id))).to.eql(record);
    }
    const numbers = new Map<ContextName, number>();
    for (const { context } of this.#model.values()) {
      numbers.set(context, (numbers.get(context) ?? 0) + 1);
    }
    expect([...this.#store.contexts()]).to.have.deep.members([...numbers]);
    const records = [...numbers.keys()].flatMap((name) => [...this.#store.records(name)]);
    expect(records.map(plain)).to.have.deep.members([...this.#model.values()]);
    this.#comparePages(7, undefined);
  }

  #comparePages(limit: number, only: ContextName | undefined): void {
    const expected = [...this.#model.values()].filter(
      (record) => only === undefined || record.context === only,
    );
    const pages = allPages(this.#store, limit, only);
    expect(pages.flatMap((page) => page.sessions)).to.have.deep.members(expected.map(summaryOf));
    expect(pages.length).to.equal(Math.max(1, Math.ceil(expected.length / limit)));
  }
}
