import { expect } from 'chai';
import { MemberUids } from '../../src/channel/member-uids.js';
import { MEMBER_IMPL_UIDS } from '../../src/wire/index.js';

const { D, E, F } = MEMBER_IMPL_UIDS;
const NAME = 'tcp://10.0.0.1:4000';

describe('MemberUids', () => {
  it('tries one line after the other, the likeliest first, and then rests for a minute', () => {
    for (const [api, order] of [
      ['auto', [F, D, E]],
      ['javax', [D, F, E]],
      ['jakarta', [F, E, D]],
    ] as const) {
      const uids = new MemberUids(api);
      const tried = order.map(() => {
        const uid = uids.of(NAME);
        expect(uids.mayAsk(NAME, 1000)).to.equal(true);
        uids.unanswered(NAME, 1000);
        return uid;
      });
      expect(tried).to.eql(order);
      expect([uids.mayAsk(NAME, 60_999), uids.mayAsk(NAME, 61_000)]).to.eql([false, true]);
      expect(uids.mayAsk('tcp://10.0.0.2:4000', 1000)).to.equal(true);
      expect(uids.of(NAME)).to.equal(order[0]);
    }
  });

  it('keeps to what a member was seen to write', () => {
    const uids = new MemberUids('auto');
    uids.seen(NAME, D);
    uids.unanswered(NAME, 0);
    expect(uids.of(NAME)).to.equal(D);
    uids.seen(NAME, D);
    uids.unanswered(NAME, 0);
    expect(uids.of(NAME)).to.equal(D);
  });

  it('takes an answer of any kind as a sign that the question was right', () => {
    const uids = new MemberUids('auto');
    uids.unanswered(NAME, 0);
    uids.understood(NAME);
    expect(uids.of(NAME)).to.equal(D);
  });

  it('begins anew when a member has not answered twice: it may have been upgraded', () => {
    const uids = new MemberUids('auto');
    uids.seen(NAME, D);
    uids.unanswered(NAME, 0);
    uids.unanswered(NAME, 0);
    expect(uids.of(NAME)).to.equal(F);
    expect(uids.mayAsk(NAME, 0)).to.equal(true);
  });

  it('remembers no more than so many', () => {
    const uids = new MemberUids('auto');
    for (let i = 0; i < 5000; i++) {
      uids.seen(`tcp://10.0.0.1:${i}`, D);
    }
    expect([uids.of('tcp://10.0.0.1:1'), uids.of('tcp://10.0.0.1:4999')]).to.eql([D, F]);
  });
});
