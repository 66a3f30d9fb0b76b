import { expect } from 'chai';
import fc from 'fast-check';
import type { SessionRecord } from '../../src/base/index.js';
import { MemoryStore } from '../../src/store/index.js';
import { plain } from '../store/session-records.js';
import { arrivals, history, type Said } from './support/histories.js';
import { A, APP, B, delta, Rig, S } from './support/rig.js';

/** A message, or something else that happens between two. */
interface Step {
  readonly said: Said;
  readonly sender: typeof A;
  /** The session is looked at afterwards, or time passes. */
  readonly then: 'nothing' | 'look' | 'pass';
}

const play: fc.Arbitrary<readonly Step[]> = fc
  .tuple(history(true), fc.constantFrom(1, 1, 3))
  .chain(([{ said }, connections]) => arrivals(said.map(mostlyWithoutAuthType), connections))
  .chain((arrived) =>
    fc.tuple(
      ...arrived.map((said) =>
        fc.record({
          said: fc.constant(said),
          sender: fc.oneof(
            { weight: 30, arbitrary: fc.constant(A) },
            { weight: 1, arbitrary: fc.constant(B) },
          ),
          then: fc.oneof(
            { weight: 12, arbitrary: fc.constant('nothing' as const) },
            { weight: 1, arbitrary: fc.constantFrom('look' as const, 'pass' as const) },
          ),
        }),
      ),
    ),
  );

/** What sets one is never deferred. */
function mostlyWithoutAuthType(said: Said, i: number): Said {
  const { event } = said;
  if (event.type !== 'delta' || i % 8 === 0) {
    return said;
  }
  const { attributes, notes, listeners, maxInactiveInterval } = event.delta;
  const interval = maxInactiveInterval === undefined ? {} : { maxInactiveInterval };
  return { ...said, event: { type: 'delta', delta: { attributes, notes, listeners, ...interval } } };
}

function allOf(rig: Rig): (SessionRecord | undefined)[] {
  return [...rig.store.summaries(APP)].map(({ id }) => plain(rig.record(id)));
}

describe('changes that are deferred', () => {
  const newRig = (isHeard: boolean): Rig => Object.assign(new Rig(), { isHeard });

  it('make of sessions what they would have made of them at once, to the byte', () => {
    let deferred = 0;
    fc.assert(
      fc.property(play, (steps) => {
        const [atOnce, later] = [newRig(true), newRig(false)];
        for (const { said, sender, then } of steps) {
          for (const rig of [atOnce, later]) {
            rig.say(sender, said.timestamp, said.id, said.event);
            if (then === 'pass') {
              rig.pass(1000);
            }
          }
          if (then === 'look') {
            expect(plain(later.record(said.id))).to.deep.equal(plain(atOnce.record(said.id)));
          }
        }
        expect(allOf(later)).to.deep.equal(allOf(atOnce));
        const { applied, stale, repeated, buried, redirected } = atOnce.counters;
        expect(later.counters).to.include({ applied, stale, repeated, buried, redirected });
        deferred += later.deferred;
        expect(atOnce.deferred).to.equal(0);
      }),
      { numRuns: 1500 },
    );
    expect(deferred).to.be.greaterThan(1000);
  });

  it('are many at most, and then carried out at once', () => {
    const rig = newRig(false).say(A, 1000, S, { type: 'created' });
    for (let i = 0; i < 100; i++) {
      rig.say(A, 1001 + i, S, delta({ [`a${i % 7}`]: `${i}` }));
    }
    expect(rig.deferred).to.be.within(50, 99);
    expect(rig.attributes()).to.deep.equal({
      a0: '98',
      a1: '99',
      a2: '93',
      a3: '94',
      a4: '95',
      a5: '96',
      a6: '97',
    });
    expect(rig.record()?.version).to.equal(101);
  });

  it('are not what is large, what comes late, or what somebody else says', () => {
    const rig = newRig(false)
      .say(A, 1000, S, { type: 'created' })
      .say(A, 1005, S, delta({ a: '1' }));
    expect(rig.deferred).to.equal(1);
    rig.say(A, 1004, S, delta({ b: '2', a: '2' }));
    rig.say(A, 1006, S, delta({ c: 'x'.repeat(20_000) }));
    rig.say(B, 1007, S, delta({ d: '4' }));
    rig.say(A, 1008, S, delta({ e: '5' }));
    expect(rig.deferred).to.equal(1);
    expect(rig.attributes()).to.include({ a: '1', b: '2', d: '4', e: '5' });
    expect(rig.counters.stale).to.equal(1);
  });

  it('are not read where the session ends before anybody asks', () => {
    const rig = newRig(false).say(A, 1000, S, { type: 'created' });
    rig.say(A, 1001, S, delta({ a: '1' })).say(A, 1002, S, { type: 'accessed' });
    expect(rig.deferred).to.equal(2);
    rig.store.get = () => expect.fail('it was read');
    rig.say(A, 1003, S, { type: 'expired' });
    rig.store.get = (...session) => MemoryStore.prototype.get.apply(rig.store, session);
    expect([rig.record(), rig.counters.applied]).to.deep.equal([undefined, 4]);
    rig.say(A, 1002, S, delta({ a: '2' }));
    expect(rig.record()).to.equal(undefined);
  });

  it('are known to the order of changes as soon as it is asked', () => {
    const rig = newRig(false).say(A, 1000, S, { type: 'created' });
    rig.say(A, 1010, S, delta({ a: 'new' })).say(A, 1005, S, delta({ a: 'late', b: 'other' }));
    expect([rig.deferred, rig.attributes()]).to.deep.equal([1, { a: 'new', b: 'other' }]);
    rig.say(A, 1001, S, { type: 'expired' });
    expect(rig.record()).to.equal(undefined);
  });

  it('are known to it, too, where the store has no room to defer them', () => {
    const rig = Object.assign(new Rig({}, { maxHotBytes: 2000 }), { isHeard: false });
    rig.say(A, 1000, S, { type: 'created' }).say(A, 1010, S, delta({ a: 'x'.repeat(3000) }));
    expect([rig.deferred, rig.store.atHand(APP, S)]).to.deep.equal([1, undefined]);
    rig.say(A, 1005, S, delta({ a: 'late' }));
    expect([rig.attributes()?.['a']?.length, rig.counters.stale]).to.deep.equal([3000, 1]);
  });

  it('keep what a transfer brings from undoing them', () => {
    const rig = newRig(false).say(A, 1000, S, { type: 'created' });
    const askedAt = rig.now;
    rig.pass(10).say(A, 1010, S, delta({ a: 'live' }));
    const [before] = allOf(rig);
    expect(before?.lastAccessedTime).to.equal(1010);
    rig.transfer(A, { ...donatedSession, lastAccessedTime: 1005, thisAccessedTime: 1005 }, askedAt);
    expect(rig.attributes()).to.include({ a: 'live' });
  });
});

const donatedSession = {
  id: S,
  creationTime: 1000,
  lastAccessedTime: 2000,
  thisAccessedTime: 2000,
  maxInactiveInterval: 600,
  isNew: false,
  attributes: [],
  principal: null,
  notes: null,
  listeners: [],
};
