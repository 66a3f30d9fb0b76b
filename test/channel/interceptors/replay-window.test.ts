import { expect } from 'chai';
import { ReplayWindow, SeenNonces } from '../../../src/channel/interceptors/replay-window.js';

const START = 1_700_000_000_000;

function windowOf(messageCount = 100): ReplayWindow {
  return new ReplayWindow({ time: 10_000, messageCount }, START);
}

describe('ReplayWindow', () => {
  it('takes time stamps up to the window before and after now', () => {
    const subject = windowOf();
    const now = START + 60_000;
    for (const [offset, isNew] of [
      [-10_001, false],
      [-10_000, true],
      [10_000, true],
      [10_001, false],
    ] as const) {
      expect(subject.isNew('a', now + offset, now), String(offset)).to.equal(isNew);
    }
  });

  it('takes nothing that is as old as its beginning less the window', () => {
    expect(windowOf().isNew('a', START - 10_000, START)).to.equal(false);
    expect(windowOf().isNew('a', START - 9_999, START)).to.equal(true);
  });

  it('takes a nonce once, whatever its time stamp, until it is forgotten', () => {
    const subject = windowOf();
    subject.remember('a', START);
    expect(subject.isNew('a', START, START)).to.equal(false);
    expect(subject.isNew('a', START + 1, START)).to.equal(false);
    expect(subject.isNew('b', START, START)).to.equal(true);
    subject.forget('a');
    expect(subject.isNew('a', START, START)).to.equal(true);
    expect(subject.size).to.equal(0);
  });

  it('forgets the oldest when it knows too many, and takes nothing as old as those any more', () => {
    const subject = windowOf(3);
    for (const [nonce, stamp] of [
      ['c', 3],
      ['a', 1],
      ['d', 4],
      ['b', 2],
    ] as const) {
      subject.remember(nonce, START + stamp);
    }
    expect(subject.size).to.equal(3);
    expect(subject.isNew('x', START + 1, START)).to.equal(false);
    expect(subject.isNew('x', START + 2, START)).to.equal(true);
    subject.remember('e', START + 4);
    subject.remember('f', START + 4);
    expect(subject.size).to.equal(3);
    expect(subject.isNew('x', START + 3, START)).to.equal(false);
    expect(subject.isNew('d', START + 4, START)).to.equal(false);
  });
});

describe('SeenNonces', () => {
  it('remembers the last ones', () => {
    const subject = new SeenNonces(2);
    for (const nonce of ['a', 'b', 'a', 'c']) {
      subject.add(nonce);
    }
    expect(['a', 'b', 'c'].map((nonce) => subject.has(nonce))).to.eql([false, true, true]);
    subject.delete('b');
    expect(subject.has('b')).to.equal(false);
    expect(subject.size).to.equal(1);
  });
});
