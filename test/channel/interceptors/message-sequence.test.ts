import { expect } from 'chai';
import fc from 'fast-check';
import { MessageSequence } from '../../../src/channel/interceptors/message-sequence.js';
import { thrownBy } from '../../support/errors.js';

function sequence(settings: { maxQueue?: number; forwardExpired?: boolean } = {}): MessageSequence<string> {
  return new MessageSequence({ expire: 3000, maxQueue: 100, forwardExpired: true, ...settings });
}

describe('MessageSequence', () => {
  it('begins with 1, and lets messages wait for those before them', () => {
    const subject = sequence();
    expect(subject.take(2, 'b', 0).due).to.eql([]);
    expect(subject.take(3, 'c', 0).due).to.eql([]);
    expect(subject.waiting).to.equal(2);
    expect(subject.take(1, 'a', 0)).to.eql({ due: ['a', 'b', 'c'], dropped: [], overdue: 0 });
    expect(subject.take(4, 'd', 0).due).to.eql(['d']);
  });

  it('puts any order right', () => {
    const numbers = fc.integer({ min: 1, max: 30 }).chain((count) =>
      fc.shuffledSubarray(
        Array.from({ length: count }, (_, at) => at + 1),
        { minLength: count },
      ),
    );
    fc.assert(
      fc.property(numbers, (order) => {
        const subject = sequence();
        const due = order.flatMap((number) => subject.take(number, String(number), 0).due);
        expect(due).to.eql(order.map((_, at) => String(at + 1)));
      }),
    );
  });

  it('delivers at once what comes again, or too late', () => {
    const subject = sequence();
    subject.take(1, 'a', 0);
    expect(subject.take(1, 'again', 0).due).to.eql(['again']);
  });

  it('refuses a number that waits', () => {
    const subject = sequence();
    subject.take(3, 'c', 0);
    thrownBy('TRIBES_E_CHANNEL_UNWRAP', () => subject.take(3, 'again', 0));
    expect(subject.waiting).to.equal(1);
  });

  it('delivers what has waited for longer than expire, and goes on behind it', () => {
    const subject = sequence();
    subject.take(3, 'c', 0);
    subject.take(4, 'd', 2000);
    subject.take(7, 'g', 2000);
    expect(subject.expire(3000).due).to.eql([]);
    expect(subject.expire(3001)).to.eql({ due: ['c', 'd'], dropped: [], overdue: 1 });
    expect(subject.take(5, 'e', 3001).due).to.eql(['e']);
    expect(subject.take(2, 'late', 3001).due).to.eql(['late']);
    expect(subject.waiting).to.equal(1);
  });

  it('drops it instead, without forwardExpired', () => {
    const subject = sequence({ forwardExpired: false });
    subject.take(3, 'c', 0);
    subject.take(4, 'd', 2000);
    expect(subject.expire(3001)).to.eql({ due: ['d'], dropped: ['c'], overdue: 0 });
  });

  it('lets no more wait than maxQueue', () => {
    const subject = sequence({ maxQueue: 2 });
    subject.take(3, 'c', 0);
    subject.take(5, 'e', 0);
    expect(subject.take(7, 'g', 0)).to.eql({ due: ['c'], dropped: [], overdue: 1 });
    expect(subject.waiting).to.equal(2);
  });

  it('gives everything that waits when asked, and goes on behind it', () => {
    const subject = sequence();
    subject.take(3, 'c', 0);
    subject.take(5, 'e', 0);
    expect(subject.drain()).to.eql(['c', 'e']);
    expect(subject.take(6, 'f', 0).due).to.eql(['f']);
  });
});
