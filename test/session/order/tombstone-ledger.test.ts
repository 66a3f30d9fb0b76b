import { expect } from 'chai';
import {
  contextName,
  sessionId,
  silentLogger,
  uniqueId,
  type ContextName,
  type Ledger,
  type SessionId,
} from '../../../src/base/index.js';
import { TombstoneLedger, type StoredTombstone } from '../../../src/session/order/tombstone-ledger.js';
import type { Tombstone } from '../../../src/session/order/tombstones.js';
import { MemoryStore } from '../../../src/store/index.js';

const APP = contextName('localhost#/app');
const OTHER = contextName('localhost#/other');
const BY_MESSAGE: Tombstone = {
  reason: 'message',
  stamp: { sender: uniqueId(Buffer.alloc(16, 7)), timestamp: 1_700_000_000_123 },
  creationTime: 1_700_000_000_001,
};
const LIMITS = { maxTombstones: 5000 };
const IDLE: Tombstone = { reason: 'idle', stamp: null, creationTime: null };

describe('TombstoneLedger', () => {
  let store: MemoryStore;
  let ledger: Ledger;
  let tombstones: TombstoneLedger;

  beforeEach(async () => {
    store = new MemoryStore({ logger: silentLogger });
    await store.open();
    ({ ledger } = store);
    tombstones = new TombstoneLedger(ledger, LIMITS);
  });

  const restored = (): readonly StoredTombstone[] => new TombstoneLedger(ledger, LIMITS).restore();
  const names = (): readonly string[] => restored().map(({ context, id }) => `${context} ${id}`);
  const entries = (): number => [...ledger.entries()].length;
  const id = (text: string): SessionId => sessionId(text);

  function bury(text: string, { context = APP, tombstone = IDLE, at = 1 } = {}): number {
    return tombstones.keep(context, id(text), tombstone, at);
  }

  it('has what was kept, as it was', () => {
    const a = bury('a', { tombstone: BY_MESSAGE, at: 5 });
    const lone = bury('lone \ud800', { context: OTHER, at: 6 });
    expect(restored()).to.deep.equal([
      { context: APP, id: 'a', tombstone: BY_MESSAGE, at: 5, number: a },
      { context: OTHER, id: 'lone \ud800', tombstone: IDLE, at: 6, number: lone },
    ]);
  });

  it('has the last of a session only, and the oldest first', () => {
    bury('a', { at: 30 });
    bury('a', { context: OTHER, at: 20 });
    const again = bury('a', { at: 10, tombstone: BY_MESSAGE });
    expect(restored().map(({ context, at }) => [context, at])).to.deep.equal([
      [APP, 10],
      [OTHER, 20],
    ]);
    expect(restored()[0]?.number).to.equal(again);
  });

  it('has none of a session that came back, but where it ended again', () => {
    const number = bury('a');
    bury('b');
    tombstones.annul(APP, id('a'), number);
    expect(names()).to.deep.equal([`${APP} b`]);
    bury('a');
    expect(names()).to.have.members([`${APP} a`, `${APP} b`]);
  });

  it('keeps an end that is struck off, with what annulled it, from coming back', () => {
    const first = bury('a');
    tombstones.annul(APP, id('a'), first);
    const others = Array.from({ length: 2000 }, (_, index) => bury(`${index}`));
    others.slice(0, 1990).forEach((number) => tombstones.forget(number));
    expect(entries()).to.be.lessThan(600);
    expect(names().filter((name) => name === `${APP} a`)).to.deep.equal([]);
  });

  it('strikes off what is not needed, and no more', () => {
    const numbers = Array.from({ length: 3000 }, (_, index) => bury(`${index}`));
    const needed = numbers.splice(1500, 1);
    numbers.forEach((number) => tombstones.forget(number));
    expect(names()).to.include(`${APP} 1500`);
    expect(entries()).to.be.within(1500, 2100);
    needed.forEach((number) => tombstones.forget(number));
    expect(entries()).to.be.lessThan(700);
  });

  it('strikes off, after a restart, what nobody needs any more', () => {
    Array.from({ length: 1000 }, (_, index) => bury(`${index}`));
    const again = new TombstoneLedger(ledger, LIMITS);
    again.restore().forEach(({ number }) => again.forget(number));
    expect(entries()).to.be.lessThan(700);
  });

  it('rests for no more than twice what may be remembered, whatever is needed', () => {
    const limited = new TombstoneLedger(ledger, { maxTombstones: 500 });
    const old = limited.keep(OTHER, id('old'), IDLE, 1);
    for (let i = 0; i < 4000; i++) {
      // The same session ends, and comes back, again and again.
      limited.annul(APP, id('a'), limited.keep(APP, id('a'), IDLE, 1));
    }
    expect(entries()).to.be.lessThan(2000);
    expect(names()).to.deep.equal([]);
    limited.forget(old); // it is remembered, though it does not rest any more
    limited.keep(APP, id('b'), IDLE, 1);
    expect(names()).to.deep.equal([`${APP} b`]);
  });

  it('leaves out what cannot be read', () => {
    bury('a');
    for (const entry of [
      '',
      '{',
      'null',
      '7',
      '{}',
      '[]',
      '["c"]',
      '["c",7]',
      '["c","i",1,"?",null]',
      '["c","i","1","idle",null]',
      '["c","i",1,"message",null,"sender"]',
      '["c","i",1,"message",null,7,7]',
      '["c","i",1,"idle","never"]',
    ]) {
      ledger.add(Buffer.from(entry));
    }
    bury('b');
    expect(names()).to.deep.equal([`${APP} a`, `${APP} b`]);
  });

  it('takes over what an earlier version kept as facts', () => {
    const fact = (context: ContextName, name: string, tombstone: object, at: number): void =>
      store.facts.put(
        `tombstone/${context.length}:${context}${name}`,
        Buffer.from(JSON.stringify({ context, id: name, tombstone, at })),
      );
    fact(APP, 'a', BY_MESSAGE, 5);
    fact(OTHER, 'b', IDLE, 4);
    fact(APP, 'c', { reason: '?' }, 4);
    store.facts.put('tombstone/x', Buffer.from('{"context":'));
    store.facts.put('life', Buffer.from('{}'));
    tombstones.takeOver(store.facts);
    expect(
      restored().map(({ context, id: name, tombstone, at }) => [context, name, tombstone, at]),
    ).to.deep.equal([
      [OTHER, 'b', IDLE, 4],
      [APP, 'a', BY_MESSAGE, 5],
    ]);
    expect([...store.facts.entries('')].map(([key]) => key)).to.deep.equal(['life']);
  });
});
