import { expect } from 'chai';
import fc from 'fast-check';
import { sessionId, type SessionId, type UniqueId } from '../../../src/base/index.js';
import {
  ChangeOrder,
  changeKey,
  type ChangeKey,
  type Stamp,
} from '../../../src/session/order/change-order.js';
import { A, B, S, S2 } from '../support/rig.js';

const WINDOW_MS = 60;
const S3 = sessionId('S3');

interface Last {
  timestamp: number;
  at: number;
}

/** What `ChangeOrder` is, as plainly as can be. */
class PlainOrder {
  readonly #last = new Map<SessionId, Map<ChangeKey, Map<UniqueId, Last>>>();

  isStale(id: SessionId, key: ChangeKey, { sender, timestamp }: Stamp): boolean {
    const last = this.#last.get(id)?.get(key)?.get(sender)?.timestamp ?? -Infinity;
    return timestamp < last && last - timestamp <= WINDOW_MS;
  }

  take(id: SessionId, keys: readonly ChangeKey[], stamp: Stamp, at: number): ReadonlySet<ChangeKey> {
    const stale = new Set(keys.filter((key) => this.isStale(id, key, stamp)));
    for (const key of keys.filter((each) => !stale.has(each))) {
      this.#set(id, key, stamp, at);
    }
    return stale;
  }

  merge(from: SessionId, to: SessionId): void {
    const moved = this.#entries(from);
    this.#last.delete(from);
    for (const { key, sender, timestamp, at } of moved) {
      if (!this.isStale(to, key, { sender, timestamp })) {
        this.#set(to, key, { sender, timestamp }, at);
      }
    }
  }

  forget(id: SessionId): void {
    this.#last.delete(id);
  }

  age(now: number): void {
    for (const id of [...this.#last.keys()]) {
      if (now - Math.max(...this.#entries(id).map(({ at }) => at)) >= WINDOW_MS) {
        this.#last.delete(id);
      }
    }
  }

  changedSince(id: SessionId, since: number): ReadonlySet<ChangeKey> {
    return new Set(
      this.#entries(id)
        .filter(({ at }) => at >= since)
        .map(({ key }) => key),
    );
  }

  get size(): number {
    return [...this.#last.keys()].reduce((sum, id) => sum + this.#entries(id).length, 0);
  }

  #set(id: SessionId, key: ChangeKey, { sender, timestamp }: Stamp, at: number): void {
    const keys = this.#last.get(id) ?? new Map<ChangeKey, Map<UniqueId, Last>>();
    const senders = keys.get(key) ?? new Map<UniqueId, Last>();
    this.#last.set(id, keys.set(key, senders.set(sender, { timestamp, at })));
  }

  #entries(id: SessionId) {
    return [...(this.#last.get(id) ?? [])].flatMap(([key, senders]) =>
      [...senders].map(([sender, last]) => ({ key, sender, ...last })),
    );
  }
}

const id = fc.constantFrom(S, S2, S3);
/** More than are looked for without an index. */
const key = fc.oneof(
  fc.constantFrom(
    changeKey.created,
    changeKey.accessed,
    changeKey.note('a'),
    changeKey.attribute(' created'),
  ),
  fc.nat(60).map((n) => changeKey.attribute(`a${n}`)),
);
const stamp = fc.record({ sender: fc.constantFrom(A, B), timestamp: fc.nat(200) });

type Step =
  | {
      readonly do: 'take';
      readonly id: SessionId;
      readonly keys: readonly ChangeKey[];
      readonly stamp: Stamp;
    }
  | { readonly do: 'merge'; readonly from: SessionId; readonly to: SessionId }
  | { readonly do: 'forget'; readonly id: SessionId }
  | { readonly do: 'pass'; readonly ms: number };

const take: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('take'),
  id,
  keys: fc.uniqueArray(key, { minLength: 1, maxLength: 40 }),
  stamp,
});
const merge: fc.Arbitrary<Step> = fc.record({ do: fc.constant('merge'), from: id, to: id });
const forget: fc.Arbitrary<Step> = fc.record({ do: fc.constant('forget'), id });
const pass: fc.Arbitrary<Step> = fc.record({ do: fc.constant('pass'), ms: fc.nat(40) });

function expectPlain(steps: readonly Step[], asked: readonly Stamp[]): void {
  const order = new ChangeOrder({ orderWindowMs: WINDOW_MS, maxRememberedChanges: 10_000 });
  const plain = new PlainOrder();
  let now = 1000;
  for (const each of steps) {
    switch (each.do) {
      case 'take': {
        const changes = order.of(each.id) ?? order.begin(each.id, 0, now);
        const stale = order.take(changes, each.keys, each.stamp, now);
        expect(stale).to.deep.equal(plain.take(each.id, each.keys, each.stamp, now));
        break;
      }
      case 'merge':
        order.merge(each.from, each.to);
        plain.merge(each.from, each.to);
        break;
      case 'forget':
        order.forget(each.id);
        plain.forget(each.id);
        break;
      case 'pass':
        now += each.ms;
        order.age(now);
        plain.age(now);
    }
    expect(order.size).to.equal(plain.size);
  }
  const keys = [changeKey.created, changeKey.attribute('a1'), changeKey.attribute('a2')];
  for (const session of [S, S2, S3]) {
    expect(order.changedSince(session, now - 20)).to.deep.equal(plain.changedSince(session, now - 20));
    for (const each of asked) {
      const isStale = keys.map((name) => order.isStale(session, name, each));
      expect(isStale).to.deep.equal(keys.map((name) => plain.isStale(session, name, each)));
    }
  }
}

const numRuns = 300;

describe('ChangeOrder says what plain maps would say', () => {
  it('of what comes in whatever order, and of what is forgotten', () => {
    const steps = fc.array(fc.oneof({ weight: 3, arbitrary: take }, pass, forget), { maxLength: 40 });
    fc.assert(fc.property(steps, fc.array(stamp), expectPlain), { numRuns });
  });

  it('of sessions that change their ids', () => {
    const steps = fc.array(fc.oneof({ weight: 3, arbitrary: take }, merge, forget), { maxLength: 40 });
    fc.assert(fc.property(steps, fc.array(stamp), expectPlain), { numRuns });
  });
});
