import { expect } from 'chai';
import fc from 'fast-check';
import { MAX_CONFIRMERS, randomUniqueId, type SessionRecord, type UniqueId } from '../../src/base/index.js';
import { stringStream, valuesOf } from './support/streams.js';
import { A, APP, B, delta, donated, listener, note, Rig, S, S2 } from './support/rig.js';

/** What may happen to one of two sessions, by a Tomcat (A) or a mirror (B). */
const unconfirmedStep = fc.tuple(
  fc.constantFrom(
    ...(['round', 'absent', 'transfer', 'recreate', 'idChanged', 'created', 'accessed', 'expired'] as const),
  ),
  fc.constantFrom(A, B),
  fc.constantFrom(S, S2),
);

describe('DeltaManager', () => {
  let rig: Rig;

  beforeEach(() => {
    rig = new Rig();
  });

  /** A session that was created by A at 1000 with attribute a = 1. */
  function created(): Rig {
    return rig.say(A, 1000, S, { type: 'created' }).say(A, 1001, S, delta({ a: '1' }));
  }

  describe('a session created elsewhere', () => {
    it('begins as Tomcat begins it: valid, not new, created at the time stamp of the message', () => {
      rig.say(A, 1000, S, { type: 'created' });
      expect(rig.record()).to.deep.include({
        context: APP,
        id: S,
        creationTime: 1000,
        lastAccessedTime: 1000,
        thisAccessedTime: 1000,
        maxInactiveInterval: 1800,
        isNew: false,
        isValid: true,
        authType: null,
        principal: null,
        receivedAt: 100_000,
        source: A,
        confirmedBy: [A],
        version: 1,
      });
      expect(rig.told()).to.deep.equal([{ type: 'sessionCreated', id: S }]);
    });

    it('keeps its attributes when the same CREATED comes once more', () => {
      created().say(A, 1000, S, { type: 'created' });
      expect(rig.attributes()).to.deep.equal({ a: '1' });
      expect(rig.counters.repeated).to.equal(1);
    });

    it('is replaced by an empty one of a later creation', () => {
      created().say(B, 5000, S, { type: 'created' });
      expect(rig.attributes()).to.deep.equal({});
      expect(rig.record()?.creationTime).to.equal(5000);
    });

    it('is not replaced by an earlier one of the same sender', () => {
      created().say(A, 900, S, { type: 'created' });
      expect(rig.attributes()).to.deep.equal({ a: '1' });
      expect(rig.counters.stale).to.equal(1);
    });
  });

  describe('a delta', () => {
    it('sets and removes attributes, and tells what it changed', () => {
      created().told();
      rig.say(A, 2000, S, delta({ b: '2', c: '3', a: null, x: null }));
      expect(rig.attributes()).to.deep.equal({ b: '2', c: '3' });
      expect(rig.told()).to.deep.equal([
        { type: 'attributeChanged', id: S, name: 'b' },
        { type: 'attributeChanged', id: S, name: 'c' },
        { type: 'attributeRemoved', id: S, name: 'a' },
      ]);
    });

    it('sets and removes the other fields', () => {
      const principal = stringStream('a principal');
      created().told();
      rig.say(A, 2000, S, {
        ...delta({}, note('n', 'v')),
        delta: {
          attributes: { set: [], removed: [] },
          notes: { set: [{ names: ['n'], stream: stringStream('v') }], removed: [] },
          listeners: [{ action: 'add', stream: listener('l') }],
          maxInactiveInterval: 60,
          authType: 'FORM',
          principal,
        },
        type: 'delta',
      });
      const record = rig.record();
      expect(record).to.deep.include({ maxInactiveInterval: 60, authType: 'FORM', principal, version: 3 });
      expect(record?.listeners).to.deep.equal([listener('l')]);
      expect(valuesOf(record?.notes ?? [])).to.deep.equal({ n: 'v' });
      expect(rig.told()).to.deep.equal([
        {
          type: 'sessionChanged',
          id: S,
          fields: ['maxInactiveInterval', 'authType', 'principal', 'listeners', 'notes'],
        },
      ]);
      rig.say(A, 3000, S, {
        type: 'delta',
        delta: {
          attributes: { set: [], removed: [] },
          notes: { set: [], removed: ['n'] },
          listeners: [{ action: 'remove', stream: listener('l') }],
          authType: null,
          principal: null,
        },
      });
      expect(rig.record()).to.deep.include({ authType: null, principal: null, notes: [], listeners: [] });
    });

    it('is an access: the new flag is gone after it, as endAccess() has it', () => {
      rig.transfer(A, donated(S, {}, { isNew: true })).told();
      expect(rig.record()?.isNew).to.equal(true);
      rig.say(A, 3000, S, delta({}));
      expect(rig.record()).to.deep.include({ isNew: false, lastAccessedTime: 3000, thisAccessedTime: 3000 });
      expect(rig.told()).to.deep.equal([{ type: 'sessionChanged', id: S, fields: ['isNew'] }]);
    });

    it('that changes nothing is told as an access', () => {
      created().told();
      rig.say(A, 3000, S, delta({}));
      expect(rig.told()).to.deep.equal([{ type: 'sessionAccessed', id: S }]);
    });

    it('is applied all the same where nobody hears of it', () => {
      rig.isHeard = false;
      created()
        .say(A, 2000, S, delta({ b: '2' }))
        .say(A, 3000, S, { type: 'accessed' });
      expect(rig.record()?.lastAccessedTime).to.equal(3000);
      expect(rig.attributes()).to.include({ b: '2' });
      expect(rig.told()).to.deep.equal([]);
    });

    it('adds the same listener only once', () => {
      const add = delta({}, { listeners: [{ action: 'add', stream: listener('l') }] });
      created().say(A, 2000, S, add).say(A, 2000, S, add);
      expect(rig.record()?.listeners).to.have.lengthOf(1);
    });
  });

  describe('an access', () => {
    it('moves the times and our own time of receipt', () => {
      created();
      rig.now += 500;
      rig.say(B, 7000, S, { type: 'accessed' });
      expect(rig.record()).to.deep.include({
        lastAccessedTime: 7000,
        thisAccessedTime: 7000,
        receivedAt: 100_500,
        source: B,
      });
    });
  });

  describe('what a sender said out of order', () => {
    it('an older value of an attribute does not overwrite a younger one', () => {
      created()
        .say(A, 3000, S, delta({ a: 'young' }))
        .say(A, 2000, S, delta({ a: 'old', b: 'old' }));
      expect(rig.attributes()).to.deep.equal({ a: 'young', b: 'old' });
      expect(rig.record()?.lastAccessedTime).to.equal(3000);
      expect(rig.counters.stale).to.equal(1);
    });

    it('an older value does not bring back what was removed', () => {
      created()
        .say(A, 3000, S, delta({ a: null }))
        .say(A, 2000, S, delta({ a: 'old' }));
      expect(rig.attributes()).to.deep.equal({});
    });

    it('holds for every field on its own', () => {
      created()
        .say(A, 3000, S, delta({}, { maxInactiveInterval: 3, authType: null, ...note('n', 'young') }))
        .say(A, 2000, S, delta({}, { maxInactiveInterval: 2, authType: 'FORM', ...note('n', 'old') }))
        .say(A, 1500, S, delta({}, { principal: stringStream('p') }));
      expect(rig.record()).to.deep.include({
        maxInactiveInterval: 3,
        authType: null,
        principal: stringStream('p'),
      });
      expect(valuesOf(rig.record()?.notes ?? [])).to.deep.equal({ n: 'young' });
    });

    it('arrival decides between two senders, whatever their clocks say', () => {
      created()
        .say(A, 9000, S, delta({ a: 'A' }))
        .say(B, 10, S, delta({ a: 'B' }));
      expect(rig.attributes()).to.deep.equal({ a: 'B' });
      // A's own older word is still older than its younger one, although B has spoken since.
      rig.say(A, 8000, S, delta({ a: 'A, late' }));
      expect(rig.attributes()).to.deep.equal({ a: 'B' });
    });

    it('a clock that was set back by more than the window does not shut its node out', () => {
      created()
        .say(A, 200_000, S, delta({ a: 'before' }))
        .say(A, 100_000, S, delta({ a: 'after' }));
      expect(rig.attributes()).to.deep.equal({ a: 'after' });
    });

    it('is forgotten after a while', () => {
      created()
        .say(A, 3000, S, delta({ a: 'young' }))
        .pass(60_000);
      rig.say(A, 2000, S, delta({ a: 'set back' }));
      expect(rig.attributes()).to.deep.equal({ a: 'set back' });
    });
  });

  describe('what comes before its session', () => {
    it('waits, and is applied when the session comes', () => {
      rig.say(A, 1002, S, { type: 'accessed' }).say(A, 1001, S, delta({ a: '1' }));
      expect(rig.record()).to.equal(undefined);
      expect(rig.manager.waiting).to.deep.include({ messages: 2, bytes: 200 });
      rig.say(A, 1000, S, { type: 'created' });
      expect(rig.attributes()).to.deep.equal({ a: '1' });
      expect(rig.record()?.lastAccessedTime).to.equal(1002);
      expect(rig.manager.waiting).to.deep.include({ messages: 0, bytes: 0 });
      expect(rig.counters).to.deep.include({ early: 2, applied: 3, unknown: 0 });
    });

    it('is given up after a while, and handed back', () => {
      rig.say(A, 1001, S, delta({ a: '1' }));
      expect(rig.manager.age(rig.now + 9999, false)).to.deep.equal([]);
      const givenUp = rig.manager.age(rig.now + 10_000, false);
      expect(givenUp).to.have.lengthOf(1);
      expect(givenUp[0]).to.deep.include({ id: S });
      expect(rig.counters.unknown).to.equal(1);
      rig.say(A, 1000, S, { type: 'created' });
      expect(rig.attributes()).to.deep.equal({});
    });

    it('is not given up while states are being transferred', () => {
      rig.say(A, 1001, S, delta({ a: '1' })).pass(3_600_000, true);
      rig.transfer(B, donated(S, { b: '2' }));
      expect(rig.attributes()).to.deep.equal({ a: '1', b: '2' });
    });

    it('is bounded: what came first is given up', () => {
      rig = new Rig({ maxEarlyBytes: 250 });
      for (const id of [S, S2]) {
        rig.say(A, 1001, id, delta({ a: '1' })).say(A, 1002, id, delta({ b: '1' }));
      }
      expect(rig.counters.unknown).to.equal(2);
      expect(rig.manager.waiting.messages).to.equal(2);
      expect(rig.manager.age(rig.now, false).map(({ id, stamp }) => [id, stamp.sender])).to.deep.equal([
        [S, A],
      ]);
      expect(rig.manager.age(rig.now, false)).to.deep.equal([]);
    });
  });

  describe('after its expiry', () => {
    beforeEach(() => {
      created().say(B, 5000, S, { type: 'expired' });
    });

    it('a session is gone', () => {
      expect(rig.record()).to.equal(undefined);
      expect(rig.told().at(-1)).to.deep.equal({ type: 'sessionExpired', id: S, reason: 'message' });
    });

    it('late deltas and accesses do not bring it back, and do not wait', () => {
      rig.say(A, 6000, S, delta({ a: '2' })).say(A, 6001, S, { type: 'accessed' });
      expect(rig.record()).to.equal(undefined);
      expect(rig.manager.waiting.messages).to.equal(0);
      expect(rig.counters.buried).to.equal(2);
    });

    it('neither does its own CREATED, late', () => {
      rig.say(A, 1000, S, { type: 'created' });
      expect(rig.record()).to.equal(undefined);
    });

    it('nor when the end was told twice', () => {
      rig.say(B, 5000, S, { type: 'expired' }).say(A, 1000, S, { type: 'created' });
      expect(rig.record()).to.equal(undefined);
    });

    it('neither does an older CREATED of the sender that ended it', () => {
      rig.say(B, 4999, S, { type: 'created' }).say(B, 5000, S, { type: 'created' });
      expect(rig.record()).to.equal(undefined);
    });

    it('neither does a state transfer', () => {
      rig.transfer(B, donated(S, { a: '1' }, { lastAccessedTime: 99_000 }));
      expect(rig.record()).to.equal(undefined);
      expect(rig.counters.buried).to.equal(1);
    });

    it('but it goes on where somebody speaks of it long after: it has missed the end', () => {
      rig.now += 60_000;
      const later = { lastAccessedTime: rig.now, thisAccessedTime: rig.now };
      rig.say(A, rig.now - 35_000, S, delta({ a: 'soon after' }));
      rig.skews.set(A, -40_000);
      rig.say(A, rig.now, S, delta({ a: 'soon after, by our clock' }));
      expect(rig.manager.waiting.messages).to.equal(0);
      rig.skews.delete(A);
      rig.say(A, rig.now, S, delta({ a: 'later' }));
      expect(rig.manager.waiting.messages).to.equal(1);
      rig.transfer(A, donated(S, { b: 'its state' }, later));
      expect(rig.attributes()).to.deep.equal({ a: 'later', b: 'its state' });
    });

    it('a younger CREATED of the same sender does, and so does one of somebody else', () => {
      rig.say(B, 5001, S, { type: 'created' });
      expect(rig.record()?.creationTime).to.equal(5001);
      rig.say(B, 6000, S, { type: 'expired' }).say(A, 2000, S, { type: 'created' });
      expect(rig.record()?.creationTime).to.equal(2000);
    });

    it('the tombstone crumbles after a while', () => {
      rig.pass(600_000).say(A, 1000, S, { type: 'created' });
      expect(rig.record()).not.to.equal(undefined);
    });
  });

  describe('an expiry that comes before its session', () => {
    it('buries it, and what waited for it', () => {
      rig.say(A, 1001, S, delta({ a: '1' })).say(A, 2000, S, { type: 'expired' });
      expect(rig.manager.waiting.messages).to.equal(0);
      rig.say(A, 1000, S, { type: 'created' });
      expect(rig.record()).to.equal(undefined);
      expect(rig.counters.buried).to.equal(2);
    });

    it('lets nothing of the old session reach a new one of the same id', () => {
      rig
        .say(A, 3000, S, { type: 'created' })
        .say(A, 1500, S, delta({ a: 'old' }))
        .say(A, 1600, S, { type: 'idChanged', newId: S2 });
      expect(rig.attributes()).to.deep.equal({});
      expect(rig.counters.stale).to.equal(2);
    });

    it('lets what its sender said afterwards wait for a new session of the same id', () => {
      rig
        .say(A, 2001, S, delta({ a: 'new' }))
        .say(A, 2000, S, { type: 'expired' })
        .say(A, 2002, S, delta({ b: 'new' }))
        .say(A, 2001, S, { type: 'created' });
      expect(rig.attributes()).to.deep.equal({ a: 'new', b: 'new' });
    });

    it('does not touch a younger session of the same id', () => {
      rig.say(A, 3000, S, { type: 'created' }).say(A, 2000, S, { type: 'expired' });
      expect(rig.record()?.creationTime).to.equal(3000);
      expect(rig.counters.stale).to.equal(1);
    });
  });

  describe('a change of id', () => {
    it('moves the session', () => {
      created().told();
      rig.say(A, 2000, S, { type: 'idChanged', newId: S2 });
      expect(rig.record(S)).to.equal(undefined);
      expect(rig.attributes(S2)).to.deep.equal({ a: '1' });
      expect(rig.told()).to.deep.equal([{ type: 'sessionIdChanged', id: S, newId: S2 }]);
    });

    it('lets late messages for the old id find the session', () => {
      created()
        .say(A, 2000, S, { type: 'idChanged', newId: S2 })
        .say(A, 1999, S, delta({ b: '2' }));
      expect(rig.attributes(S2)).to.deep.equal({ a: '1', b: '2' });
      expect(rig.counters.redirected).to.equal(1);
    });

    it('keeps the order of what was said under both ids', () => {
      created()
        .say(A, 2000, S, { type: 'idChanged', newId: S2 })
        .say(A, 2001, S2, delta({ a: 'young' }))
        .say(A, 1999, S, delta({ a: 'old' }));
      expect(rig.attributes(S2)).to.deep.equal({ a: 'young' });
    });

    it('hands out what came early under the new id', () => {
      created()
        .say(A, 2001, S2, delta({ b: '2' }))
        .say(A, 2000, S, { type: 'idChanged', newId: S2 });
      expect(rig.attributes(S2)).to.deep.equal({ a: '1', b: '2' });
    });

    it('may come before the session itself', () => {
      rig
        .say(A, 2000, S, { type: 'idChanged', newId: S2 })
        .say(A, 2001, S2, delta({ b: '2' }))
        .say(A, 1001, S, delta({ a: '1' }))
        .say(A, 1000, S, { type: 'created' });
      expect(rig.record(S)).to.equal(undefined);
      expect(rig.attributes(S2)).to.deep.equal({ a: '1', b: '2' });
      expect(rig.record(S2)?.creationTime).to.equal(1000);
    });

    it('is given up like others when the session does not come', () => {
      rig.say(A, 2000, S, { type: 'idChanged', newId: S2 }).pass(10_000);
      expect(rig.counters.unknown).to.equal(1);
    });

    it('done twice is done once', () => {
      created()
        .say(A, 2000, S, { type: 'idChanged', newId: S2 })
        .say(A, 2000, S, { type: 'idChanged', newId: S2 });
      expect(rig.attributes(S2)).to.deep.equal({ a: '1' });
      expect(rig.counters.repeated).to.equal(1);
    });

    it('replaces another session that has the id', () => {
      rig.say(B, 500, S2, { type: 'created' }).say(B, 501, S2, delta({ z: '0' }));
      created().say(A, 2000, S, { type: 'idChanged', newId: S2 });
      expect(rig.attributes(S2)).to.deep.equal({ a: '1' });
    });

    it('does not replace the same session that a transfer has brought under its new id', () => {
      created()
        .transfer(B, donated(S2, { a: '1', b: '2' }))
        .say(A, 2000, S, { type: 'idChanged', newId: S2 });
      expect(rig.record(S)).to.equal(undefined);
      expect(rig.attributes(S2)).to.deep.equal({ a: '1', b: '2' });
    });

    it('takes along what is known of the order, also to a session that a transfer has brought', () => {
      rig
        .transfer(A, donated(S2, { a: 'young' }, { lastAccessedTime: 3000 }))
        .say(A, 1000, S, { type: 'created' })
        .say(A, 3000, S, delta({ a: 'young' }))
        .say(A, 4000, S, { type: 'idChanged', newId: S2 })
        .say(A, 2000, S, delta({ a: 'old' }));
      expect(rig.attributes(S2)).to.deep.equal({ a: 'young' });
    });

    it('may be followed by others that overtake it', () => {
      const S3 = 'S3' as typeof S;
      created()
        .say(A, 3000, S2, { type: 'idChanged', newId: S3 })
        .say(A, 2000, S, { type: 'idChanged', newId: S2 });
      expect(rig.attributes(S3)).to.deep.equal({ a: '1' });
      expect(rig.store.statistics().sessions).to.equal(1);
    });

    it('may go back to an id that the session had', () => {
      created()
        .say(B, 2000, S, { type: 'idChanged', newId: S2 })
        .say(A, 3000, S2, { type: 'idChanged', newId: S })
        .say(A, 3001, S, delta({ b: '2' }))
        .say(B, 2001, S2, delta({ c: '3' }));
      expect(rig.record(S2)).to.equal(undefined);
      expect(rig.attributes(S)).to.deep.equal({ a: '1', b: '2', c: '3' });
    });

    it('goes back only once when the way there comes late', () => {
      created()
        .say(A, 3000, S2, { type: 'idChanged', newId: S })
        .say(A, 2000, S, { type: 'idChanged', newId: S2 });
      expect(rig.attributes(S)).to.deep.equal({ a: '1' });
      expect(rig.record(S2)).to.equal(undefined);
    });

    it('of a session that has expired under its new id ends it', () => {
      created()
        .say(A, 3000, S2, { type: 'expired' })
        .say(A, 2000, S, { type: 'idChanged', newId: S2 })
        .say(A, 1999, S, delta({ a: '2' }));
      expect(rig.store.statistics().sessions).to.equal(0);
      expect(rig.told().at(-1)).to.deep.equal({ type: 'sessionExpired', id: S, reason: 'message' });
    });

    it('protects the session from an expiry of its old id, by somebody who missed the change', () => {
      created().say(A, 2000, S, { type: 'idChanged', newId: S2 }).say(B, 2500, S, { type: 'expired' });
      expect(rig.attributes(S2)).to.deep.equal({ a: '1' });
    });

    it('back to an id that the session had may be overtaken by the end of the session', () => {
      created()
        .say(B, 2000, S, { type: 'idChanged', newId: S2 })
        .say(A, 3002, S, { type: 'expired' })
        .say(A, 3000, S2, { type: 'idChanged', newId: S })
        .say(A, 3001, S, delta({ a: '2' }));
      expect(rig.store.statistics().sessions).to.equal(0);
      expect(rig.manager.waiting.messages).to.equal(0);
    });

    it('leaves the old id free for a new session', () => {
      created().say(A, 2000, S, { type: 'idChanged', newId: S2 }).say(A, 3000, S, { type: 'created' });
      expect(rig.attributes(S)).to.deep.equal({});
      expect(rig.attributes(S2)).to.deep.equal({ a: '1' });
    });
  });

  describe('a state transfer', () => {
    it('brings sessions, valid and accessed now by our clock', () => {
      rig.transfer(B, donated(S, { a: '1' }));
      expect(rig.record()).to.deep.include({
        creationTime: 1000,
        lastAccessedTime: 2000,
        isValid: true,
        authType: null,
        receivedAt: 100_000,
        source: B,
      });
      expect(rig.told()).to.deep.equal([{ type: 'sessionTransferred', id: S }]);
    });

    it('of another session with the same id replaces it, authentication included', () => {
      rig.transfer(B, donated(S, { a: 'former' }));
      rig.say(A, 3000, S, delta({}, { authType: 'FORM' }));
      rig.transfer(B, donated(S, { b: 'new' }, { creationTime: 150_000, lastAccessedTime: 200_000 }));
      expect(rig.attributes()).to.deep.equal({ b: 'new' });
      expect(rig.record()).to.deep.include({ creationTime: 150_000, authType: null });
    });

    it('does not undo what was changed since it was asked for', () => {
      rig.transfer(B, donated(S, { a: 'old', b: 'old', c: 'old' }));
      const askedAt = ++rig.now;
      rig.say(A, 3000, S, delta({ a: 'live', b: null }, { maxInactiveInterval: 7, authType: 'FORM' }));
      rig.transfer(
        B,
        donated(S, { a: 'donor', b: 'donor', c: 'donor', d: 'donor' }, { lastAccessedTime: 2900 }),
        askedAt,
      );
      expect(rig.attributes()).to.deep.equal({ a: 'live', c: 'donor', d: 'donor' });
      expect(rig.record()).to.deep.include({
        maxInactiveInterval: 7,
        authType: 'FORM',
        lastAccessedTime: 3000,
      });
    });

    it('does not touch a session that we saw from its creation on', () => {
      created().transfer(B, donated(S, { x: 'donor' }, { lastAccessedTime: 1_000_000 }));
      expect(rig.attributes()).to.deep.equal({ a: '1' });
      expect(rig.counters.transferredOlder).to.equal(1);
    });

    for (const [first, second] of [
      [A, B],
      [B, A],
    ] as const) {
      it(`of two copies keeps the one that was accessed later, whichever comes first (${first.slice(0, 2)})`, () => {
        const copies = new Map([
          [A, donated(S, { v: 'A' }, { lastAccessedTime: 2000 })],
          [B, donated(S, { v: 'B' }, { lastAccessedTime: 3000 })],
        ]);
        for (const donor of [first, second]) {
          rig.transfer(donor, copies.get(donor) ?? donated(S, {}));
        }
        expect(rig.attributes()).to.deep.equal({ v: 'B' });
      });
    }

    it('compares by our clock, not by the clocks of the donors', () => {
      rig.skews.set(A, -60_000);
      rig
        .transfer(A, donated(S, { v: 'A, whose clock is a minute fast' }, { lastAccessedTime: 62_000 }))
        .transfer(B, donated(S, { v: 'B' }, { lastAccessedTime: 3000 }));
      expect(rig.attributes()).to.deep.equal({ v: 'B' });
    });

    it('compares with the copy below when live changes lie on top of it', () => {
      rig.transfer(A, donated(S, { v: 'A', w: 'A' }, { lastAccessedTime: 2000 }));
      const askedAt = ++rig.now;
      rig.say(A, 9000, S, delta({ v: 'live' }));
      rig.transfer(B, donated(S, { v: 'B', w: 'B' }, { lastAccessedTime: 3000 }), askedAt);
      expect(rig.attributes()).to.deep.equal({ v: 'live', w: 'B' });
    });

    it('is not told again when a second donor has the same', () => {
      rig.transfer(A, donated(S, { a: '1' })).told();
      rig.transfer(B, donated(S, { a: '1' }, { lastAccessedTime: 2001 }));
      expect(rig.told()).to.deep.equal([]);
    });

    it('keeps the authentication type and the notes that it does not carry', () => {
      rig.transfer(A, donated(S, {})).say(A, 2500, S, delta({}, { authType: 'FORM', ...note('n', 'v') }));
      rig.pass(70_000).transfer(B, donated(S, {}, { lastAccessedTime: 3000, notes: [] }));
      expect(rig.record()?.lastAccessedTime).to.equal(3000);
      expect(rig.record()?.authType).to.equal('FORM');
      expect(valuesOf(rig.record()?.notes ?? [])).to.deep.equal({ n: 'v' });
    });

    it('finds the session under its new id', () => {
      created().say(A, 2000, S, { type: 'idChanged', newId: S2 }).pass(70_000);
      rig.transfer(B, donated(S, { a: 'donor' }, { lastAccessedTime: 9000 }));
      expect(rig.record(S)).to.equal(undefined);
      expect(rig.attributes(S2)).to.deep.equal({ a: 'donor' });
    });
  });

  describe('after we have been away', () => {
    beforeEach(() => {
      rig.transfer(A, donated(S, { v: 'before' }, { lastAccessedTime: 5000 }));
      rig.pass(1000);
      rig.manager.beginRound(rig.now);
    });

    const until = (time: number): { togetherUntil: number } => ({ togetherUntil: time });
    const young = { lastAccessedTime: 5001, thisAccessedTime: 5001 };
    const old = { lastAccessedTime: 10, thisAccessedTime: 10 };

    it('what we have is unconfirmed, until somebody tells of it', () => {
      const record = (): SessionRecord => rig.record() ?? expect.fail('it has gone');
      expect([rig.manager.unconfirmed, rig.manager.isUnconfirmed(record())]).to.deep.equal([1, true]);
      rig.say(A, 6000, S, { type: 'accessed' });
      expect([rig.manager.unconfirmed, rig.manager.isUnconfirmed(record())]).to.deep.equal([0, false]);
    });

    describe('a change by somebody without users, such as we are', () => {
      const session = (id = S): SessionRecord => rig.record(id) ?? expect.fail('it has gone');
      const numbers = (id = S): unknown[] => [
        rig.manager.unconfirmed,
        rig.manager.isUnconfirmed(session(id)),
      ];

      beforeEach(() => {
        rig.userless.add(B);
        rig.pass(10).say(B, 6000, S, delta({ live: 'B' }));
        expect(session()).to.include({ source: B, receivedAt: rig.now });
      });

      it('does not confirm the session', () => {
        expect(numbers()).to.deep.equal([1, true]);
        rig.say(B, 6001, S, { type: 'accessed' });
        expect(numbers()).to.deep.equal([1, true]);
      });

      it('does not confirm it under another id', () => {
        rig.say(B, 6001, S, { type: 'idChanged', newId: S2 });
        expect(numbers(S2)).to.deep.equal([1, true]);
      });

      it('a Tomcat does that changes it, too', () => {
        rig.say(A, 6001, S, { type: 'accessed' });
        expect(numbers()).to.deep.equal([0, false]);
        rig.say(B, 6002, S, { type: 'accessed' });
        expect(numbers()).to.deep.equal([0, false]);
      });

      it('a Tomcat does that lists it: its copy is below our change, and above what we had', () => {
        rig.transfer(A, donated(S, { v: 'went on' }, old), rig.now - 1);
        expect(rig.attributes()).to.deep.equal({ live: 'B', v: 'went on' });
        expect(numbers()).to.deep.equal([0, false]);
      });

      it('another mirror that lists it does not', () => {
        rig.transfer(B, donated(S, { v: 'B' }, young), rig.now - 1, { mirror: true });
        expect(numbers()).to.deep.equal([1, true]);
      });

      it('a session that it creates is unconfirmed, too', () => {
        rig.say(B, 7000, S2, { type: 'created' });
        expect(numbers(S2)).to.deep.equal([2, true]);
        rig.say(A, 7001, S2, { type: 'accessed' });
        expect(numbers(S2)).to.deep.equal([1, false]);
      });

      it('is forgotten with the session', () => {
        rig.say(A, 6001, S, { type: 'expired' });
        expect(rig.manager.unconfirmed).to.equal(0);
      });
    });

    it('the copy of a stranger wins when it was accessed later, or as late', () => {
      rig.transfer(B, donated(S, { v: 'as late' }, { lastAccessedTime: 5000 }));
      expect(rig.attributes()).to.deep.equal({ v: 'as late' });
    });

    it('the copy of a stranger that is older only shows that it has the session', () => {
      rig.transfer(B, donated(S, { v: 'old' }, old));
      expect(rig.attributes()).to.deep.equal({ v: 'before' });
      expect(rig.manager.unconfirmed).to.equal(0);
      expect(rig.record()?.confirmedBy).to.deep.equal([B, A]);
      expect(rig.counters.transferredOlder).to.equal(1);
    });

    it('times are compared as our clock would have shown them', () => {
      rig.skews.set(B, 5000);
      rig.transfer(B, donated(S, { v: 'of a clock that is slow' }, old));
      expect(rig.attributes()).to.deep.equal({ v: 'of a clock that is slow' });
    });

    it('the copy of a member that had the session, and heard what we heard, wins whatever its times say', () => {
      rig.transfer(A, donated(S, { v: 'went on' }, old), rig.now, until(rig.now));
      expect(rig.attributes()).to.deep.equal({ v: 'went on' });
    });

    it('but not where it could not hear of our last change any more', () => {
      rig.transfer(A, donated(S, { v: 'cut off' }, old), rig.now, until(99_000));
      expect(rig.attributes()).to.deep.equal({ v: 'before' });
    });

    it('a live change is above the copy that follows, which is above what we had', () => {
      rig.say(A, 6000, S, delta({ live: '1' }));
      rig.transfer(B, donated(S, { v: 'donor' }, { lastAccessedTime: 10 }));
      expect(rig.attributes()).to.deep.equal({ live: '1', v: 'donor' });
    });

    it('the second copy has to be younger than the first', () => {
      rig
        .transfer(B, donated(S, { v: 'B' }, young))
        .transfer(A, donated(S, { v: 'A' }, { lastAccessedTime: 5000 }));
      expect(rig.attributes()).to.deep.equal({ v: 'B' });
    });

    describe('the copy of a mirror', () => {
      const mirror = { mirror: true };

      it('wins by the same rules, and confirms nothing', () => {
        rig.transfer(B, donated(S, { v: 'mirror' }, young), rig.now, mirror);
        expect(rig.attributes()).to.deep.equal({ v: 'mirror' });
        expect(rig.manager.unconfirmed).to.equal(1);
        rig.transfer(B, donated(S2, { v: 'mirror' }, young), rig.now, mirror);
        expect(rig.manager.unconfirmed).to.equal(2);
      });

      it('does not make what a Tomcat has confirmed unconfirmed', () => {
        rig.transfer(A, donated(S, { v: 'A' }, young), rig.now, until(rig.now));
        rig.transfer(B, donated(S, { v: 'B' }, { lastAccessedTime: 6000 }), rig.now, mirror);
        expect(rig.attributes()).to.deep.equal({ v: 'B' });
        expect(rig.manager.unconfirmed).to.equal(0);
      });

      it('is as idle as the mirror says, by our clock: to be handed on is no access', () => {
        rig.skews.set(B, 40_000);
        const { lastAccessedTime, thisAccessedTime } = young;
        rig.transfer(B, donated(S2, {}, { lastAccessedTime, thisAccessedTime }), rig.now, mirror);
        expect(rig.record(S2)?.receivedAt).to.equal(45_001);
      });
    });

    /** Lets the manager look for sessions that have gone; the witnesses have heard what we heard until those times. */
    function endAbsent(uniqueId: UniqueId, togetherUntil: number, mirror = false): void {
      const witness = { uniqueId, togetherUntil, mirror };
      expect([...rig.manager.endAbsent([witness], rig.now)]).to.have.lengthOf(1);
    }

    it('a session is ended that a member does not have any more who had it, and has heard what we heard', () => {
      rig.told();
      endAbsent(A, rig.now);
      expect(rig.told()).to.deep.equal([{ type: 'sessionExpired', id: S, reason: 'absent' }]);
      expect(rig.manager.unconfirmed).to.equal(0);
    });

    it('a session is kept of which no member has ever told: others cannot know it', () => {
      endAbsent(B, rig.now);
      expect(rig.attributes()).to.deep.equal({ v: 'before' });
      expect(rig.manager.unconfirmed).to.equal(1);
    });

    it('a session is kept that changed when the member could not hear of it any more', () => {
      endAbsent(A, 99_999);
      expect(rig.attributes()).to.deep.equal({ v: 'before' });
    });

    it('a session is kept that somebody has told us of since', () => {
      rig.say(A, 6000, S, { type: 'accessed' });
      endAbsent(A, rig.now);
      expect(rig.attributes()).to.deep.equal({ v: 'before' });
    });

    it('a session that a mirror has still is ended all the same', () => {
      rig.transfer(B, donated(S, { v: 'mirror' }, young), rig.now, { mirror: true });
      endAbsent(A, rig.now);
      expect(rig.record()).to.equal(undefined);
    });

    it('a session is ended that a mirror had, and does not have any more', () => {
      rig.manager.beginRound(rig.now);
      endAbsent(A, rig.now, true);
      expect(rig.record()).to.equal(undefined);
    });

    it('a session is kept that a mirror has still, whatever another one has', () => {
      rig.transfer(B, donated(S, { v: 'mirror' }, young), rig.now, { mirror: true });
      endAbsent(B, Infinity, true);
      endAbsent(A, rig.now, true);
      expect(rig.attributes()).to.deep.equal({ v: 'mirror' });
    });

    it('a session that was ended so comes back when it turns out to be alive', () => {
      endAbsent(A, rig.now);
      rig.transfer(B, donated(S, { v: 'alive' }, { lastAccessedTime: rig.now }));
      expect(rig.attributes()).to.deep.equal({ v: 'alive' });
    });

    it('the number of unconfirmed sessions is that of those that are', () => {
      fc.assert(
        fc.property(fc.array(unconfirmedStep, { maxLength: 30 }), (steps) => {
          const run = new Rig();
          run.userless.add(B);
          steps.forEach(([what, who, id]) => {
            run.now += 10;
            const from = who === A ? { togetherUntil: run.now } : { mirror: true };
            const times = { lastAccessedTime: run.now, thisAccessedTime: run.now };
            if (what === 'round') {
              run.manager.beginRound(run.now);
            } else if (what === 'absent') {
              expect([
                ...run.manager.endAbsent([{ uniqueId: A, mirror: false, togetherUntil: run.now }], run.now),
              ]).to.be.an('array');
            } else if (what === 'transfer') {
              run.transfer(who, donated(id, { v: '1' }, times), run.now, from);
            } else if (what === 'recreate') {
              run.transfer(who, donated(id, {}, { ...times, creationTime: run.now }), run.now, from);
            } else if (what === 'idChanged') {
              run.say(who, run.now, id, { type: 'idChanged', newId: id === S ? S2 : S });
            } else {
              run.say(who, run.now, id, { type: what });
            }
            const held = [...run.store.summaries(APP)];
            expect(run.manager.unconfirmed).to.equal(
              held.filter((session) => run.manager.isUnconfirmed(session)).length,
            );
          });
        }),
      );
    });
  });

  describe('who has confirmed a session', () => {
    it('is whoever told of it, the latest first', () => {
      created().say(B, 2000, S, delta({ b: '2' }));
      expect(rig.record()?.confirmedBy).to.deep.equal([B, A]);
      rig.say(A, 3000, S, { type: 'accessed' });
      expect(rig.record()?.confirmedBy).to.deep.equal([A, B]);
    });

    it('is whoever listed it, also a copy that is not younger; that is no change of the session', () => {
      created();
      const version = rig.record()?.version;
      rig.transfer(B, donated(S, { a: 'old' }, { lastAccessedTime: 10 }));
      expect(rig.record()).to.deep.include({ confirmedBy: [B, A], version });
    });

    it('is no more than a few', () => {
      created();
      for (let i = 0; i < 20; i++) {
        rig.say(randomUniqueId(), 2000, S, { type: 'accessed' });
      }
      expect(rig.record()?.confirmedBy).to.have.lengthOf(MAX_CONFIRMERS);
    });
  });

  describe('idle time', () => {
    it('ends a session at twice its interval, by our time of receipt', () => {
      created()
        .say(A, 2000, S, delta({}, { maxInactiveInterval: 60 }))
        .told();
      rig.manager.expireIdle(S, rig.now + 119_999);
      expect(rig.record()).not.to.equal(undefined);
      rig.manager.expireIdle(S, rig.now + 120_000);
      expect(rig.told()).to.deep.equal([{ type: 'sessionExpired', id: S, reason: 'idle' }]);
    });

    it('ends a session at once its interval where no Tomcat was there that it could have been accessed at', () => {
      created().say(A, 2000, S, delta({}, { maxInactiveInterval: 60 }));
      const { now } = rig;
      rig.manager.expireIdle(S, now + 59_999, -Infinity);
      rig.manager.expireIdle(S, now + 89_999, now + 30_000);
      expect(rig.record()).not.to.equal(undefined);
      rig.manager.expireIdle(S, now + 90_000, now + 30_000);
      expect(rig.record()).to.equal(undefined);
    });

    it('never ends a session whose interval is zero or less', () => {
      for (const interval of [0, -1]) {
        created().say(A, 2000, S, delta({}, { maxInactiveInterval: interval }));
        rig.manager.expireIdle(S, rig.now + 1e12);
        expect(rig.record()).not.to.equal(undefined);
      }
    });

    it('does not hold against a live message, nor against a copy that is not idle: we were wrong', () => {
      created().manager.expireIdle(S, rig.now + 3_600_000);
      rig.say(A, 3000, S, delta({ b: '2' }));
      expect(rig.manager.waiting.messages).to.equal(1);
      rig.transfer(B, donated(S, { a: '1' }, { lastAccessedTime: rig.now }));
      expect(rig.attributes()).to.deep.equal({ a: '1', b: '2' });
    });

    it('holds against an idle copy', () => {
      created().manager.expireIdle(S, rig.now + 3_600_000);
      rig.now += 3_600_000;
      rig.transfer(B, donated(S, { a: '1' }));
      expect(rig.record()).to.equal(undefined);
    });
  });
});
