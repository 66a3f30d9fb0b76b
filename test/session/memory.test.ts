import { expect } from 'chai';
import { sessionId, type UniqueId } from '../../src/base/index.js';
import { AgedMap } from '../../src/session/order/aged-map.js';
import { changeKey, ChangeOrder } from '../../src/session/order/change-order.js';
import { ClockSkew } from '../../src/session/order/clock-skew.js';
import { A, B, S, S2 } from './support/rig.js';

describe('AgedMap', () => {
  it('forgets what is too old; setting a value anew makes it young', () => {
    const map = new AgedMap<string, number>(100, 10);
    map.set('a', 1, 0);
    map.set('b', 2, 10);
    map.set('a', 3, 50);
    map.age(110);
    expect([map.get('a'), map.get('b')]).to.deep.equal([3, undefined]);
    map.age(149);
    expect(map.size).to.equal(1);
    map.age(150);
    expect(map.size).to.equal(0);
  });

  it('forgets the oldest when there are too many', () => {
    const map = new AgedMap<string, number>(100, 2);
    map.set('a', 1, 0);
    map.set('b', 2, 0);
    map.set('a', 3, 0);
    map.set('c', 4, 0);
    expect([map.get('a'), map.get('b'), map.get('c')]).to.deep.equal([3, undefined, 4]);
  });
});

describe('ChangeOrder', () => {
  const key = changeKey.attribute('a');

  it('never remembers more changes than it may: sessions that have not changed for longest are forgotten', () => {
    const order = new ChangeOrder({ orderWindowMs: 1000, maxRememberedChanges: 50 });
    for (let i = 0; i < 1000; i++) {
      order.remember(
        sessionId(`S${i % 100}`),
        changeKey.attribute(`a${i}`),
        { sender: A, timestamp: i },
        i,
        0,
      );
      expect(order.size).to.be.at.most(50);
    }
    const last = { sender: A, timestamp: 998 };
    expect(order.isStale(sessionId('S99'), changeKey.attribute('a999'), last)).to.equal(true);
  });

  it('keeps the last change of each sender', () => {
    const order = new ChangeOrder({ orderWindowMs: 1000, maxRememberedChanges: 50 });
    order.remember(S, key, { sender: A, timestamp: 500 }, 1, 0);
    order.remember(S, key, { sender: B, timestamp: 10 }, 2, 0);
    expect(order.size).to.equal(2);
    expect(order.isStale(S, key, { sender: A, timestamp: 499 })).to.equal(true);
    expect(order.isStale(S, key, { sender: B, timestamp: 11 })).to.equal(false);
    expect(order.isStale(S, key, { sender: B, timestamp: 9 })).to.equal(true);
    expect([...order.changedSince(S, 2)]).to.deep.equal([key]);
    expect([...order.changedSince(S, 3)]).to.deep.equal([]);
  });

  it('counts exactly when sessions are merged and forgotten', () => {
    const order = new ChangeOrder({ orderWindowMs: 1000, maxRememberedChanges: 50 });
    order.remember(S, key, { sender: A, timestamp: 500 }, 1, 0);
    order.remember(S, key, { sender: B, timestamp: 500 }, 1, 0);
    order.remember(S2, key, { sender: A, timestamp: 600 }, 1, 0);
    order.merge(S, S2);
    expect(order.size).to.equal(2);
    expect(order.isStale(S2, key, { sender: A, timestamp: 550 })).to.equal(true);
    order.forget(S2);
    expect(order.size).to.equal(0);
  });

  it('forgets a session when it has not changed for the window, or a little later', () => {
    const order = new ChangeOrder({ orderWindowMs: 6400, maxRememberedChanges: 50 });
    order.remember(S, key, { sender: A, timestamp: 0 }, 0, 0);
    order.remember(S2, key, { sender: A, timestamp: 10 }, 10, 0);
    order.remember(S, key, { sender: A, timestamp: 50 }, 50, 0);
    order.age(6409);
    expect(order.size).to.equal(2);
    order.age(6449);
    expect(order.isStale(S, key, { sender: A, timestamp: 49 })).to.equal(true);
    order.age(6450);
    expect(order.size).to.equal(0);
  });

  it('does not take an attribute for something else, whatever its name', () => {
    const names = ['a', ' a', ' created', 'created', 'note a', ' note a', ' attribute a', ''];
    const keys = [
      ...names.map((name) => changeKey.attribute(name)),
      ...names.map((name) => changeKey.note(name)),
      ...[changeKey.created, changeKey.accessed, changeKey.authType, changeKey.principal],
      changeKey.maxInactiveInterval,
    ];
    expect(new Set(keys)).to.have.lengthOf(keys.length);
  });

  it('gives a listener a key by its bytes, of bounded length', () => {
    expect(changeKey.listener(Buffer.alloc(1_000_000))).to.have.length.lessThan(100);
    expect(changeKey.listener(Buffer.from('a'))).not.to.equal(changeKey.listener(Buffer.from('b')));
  });
});

describe('ClockSkew', () => {
  it('goes by the message that took least time', () => {
    const skew = new ClockSkew();
    skew.observe(A, 1000, 61_050);
    skew.observe(A, 2000, 62_001);
    skew.observe(A, 3000, 70_000);
    expect(skew.of(A)).to.equal(60_001);
  });

  it('follows a clock that is set, after a while', () => {
    const skew = new ClockSkew();
    skew.observe(A, 0, 0);
    for (let now = 60_000; now <= 1_200_000; now += 60_000) {
      skew.observe(A, now - 5000, now);
    }
    expect(skew.of(A)).to.equal(5000);
  });

  it('knows nothing of who has not been heard of', () => {
    const skew = new ClockSkew();
    expect([skew.of('00'.repeat(16) as UniqueId), skew.of(null)]).to.deep.equal([0, 0]);
  });
});
