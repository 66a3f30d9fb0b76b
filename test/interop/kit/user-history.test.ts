import { expect } from 'chai';
import { UserHistory } from '../../../interop/kit/index.js';

describe('UserHistory', () => {
  let history: UserHistory;
  let value: number;

  beforeEach(() => {
    history = new UserHistory('visitor 1', 'alice');
    value = 0;
  });

  function acknowledged(
    attribute: string,
    held: Record<string, number>,
    user: string | null = 'alice',
  ): void {
    const answer = { id: 'S.t1', user, held };
    history.note({ begun: 0, ended: 1, attribute, value: ++value, answer });
  }

  function unanswered(attribute: string): void {
    history.note({ begun: 0, ended: 1, attribute, value: ++value, trouble: 'reset' });
  }

  it('is content when every request finds what the ones before have written', () => {
    acknowledged('a', {});
    acknowledged('b', { a: 1 });
    acknowledged('a', { a: 1, b: 2 });
    history.found({ a: 3, b: 2 });
    expect(history.faults).to.deep.equal([]);
  });

  it('finds a lost session, a lost write, and a write that came from nowhere', () => {
    acknowledged('a', {});
    acknowledged('a', {});
    expect(history.faults).to.deep.equal(['visitor 1 a is not there instead of 1; session S.t1']);
    acknowledged('a', { a: 1 });
    acknowledged('a', { a: 3, b: 9 });
    expect(history.faults).to.have.length(3);
  });

  it('finds a user who is not logged in any more', () => {
    acknowledged('a', {}, null);
    expect(history.faults).to.deep.equal(['visitor 1 is nobody instead of alice; session S.t1']);
  });

  it('takes an unanswered write as made or not made', () => {
    acknowledged('a', {});
    unanswered('a');
    acknowledged('b', { a: 1 });
    acknowledged('b', { a: 2, b: 3 });
    expect(history.faults).to.deep.equal([]);
  });

  it('does not let a write that was seen be undone', () => {
    acknowledged('a', {});
    unanswered('a');
    acknowledged('b', { a: 2 });
    acknowledged('b', { a: 1, b: 3 });
    expect(history.faults).to.deep.equal(['visitor 1 a is 1 instead of 2; session S.t1']);
  });

  it('tells the last of what was done and seen', () => {
    for (let i = 0; i < 50; i++) {
      unanswered('a');
    }
    acknowledged('a', { a: 50 });
    const story = history.story();
    expect(story).to.have.length.below(20);
    expect(story.at(-1)).to.contain('a = 51: session S.t1, user alice, held 1 numbers, here 50');
    expect(story.at(-2)).to.contain('no answer: reset');
  });
});
