import { expect } from 'chai';
import { silentLogger } from '../../../src/base/index.js';
import { MemberDialects } from '../../../src/session/continuity/member-dialects.js';
import { MemoryStore } from '../../../src/store/index.js';
import { learnDialect, MEMBER_IMPL_UIDS, NEWEST_DIALECT, type Dialect } from '../../../src/wire/index.js';
import type { Member } from '../../../src/membership/index.js';
import { member } from '../../channel/members.js';

describe('MemberDialects', () => {
  const nine = member(4001);
  const ten = member(4002);
  let store: MemoryStore;
  let learned: Map<Member, Dialect>;

  beforeEach(async () => {
    store = new MemoryStore({ logger: silentLogger });
    await store.open();
    learned = new Map();
  });

  afterEach(() => store.close());

  function run(): MemberDialects {
    learned.clear();
    return new MemberDialects(store.facts, {
      hasShownMemberImpl: (who) => learned.has(who),
      dialectOf: (who) => learned.get(who) ?? NEWEST_DIALECT,
      observeDialect: (who, observation) =>
        void learned.set(who, learnDialect(learned.get(who) ?? NEWEST_DIALECT, observation)),
    });
  }

  function uidOf(who: Member): bigint | undefined {
    return learned.get(who)?.memberImplUid;
  }

  function runThatMeetsNine(): MemberDialects {
    const first = run();
    learned.set(nine, learnDialect(NEWEST_DIALECT, { seen: 'memberImpl', uid: MEMBER_IMPL_UIDS.D }));
    first.remember([nine, ten]);
    return first;
  }

  it('knows in the next run what was learned in this one', () => {
    runThatMeetsNine();
    const second = run();
    second.met(nine);
    second.met(ten);
    expect([uidOf(nine), uidOf(ten)]).to.deep.equal([MEMBER_IMPL_UIDS.D, undefined]);
  });

  it('knows of the newest Tomcats, too, that they are: they are not strangers', () => {
    const first = run();
    learned.set(ten, learnDialect(NEWEST_DIALECT, { seen: 'memberImpl', uid: MEMBER_IMPL_UIDS.F }));
    first.remember([ten]);
    run().met(ten);
    expect(uidOf(ten)).to.equal(MEMBER_IMPL_UIDS.F);
  });

  it('knows no more of one that has gone', () => {
    runThatMeetsNine().left(nine);
    run().met(nine);
    expect(uidOf(nine)).to.equal(undefined);
    expect([...store.facts.entries('')]).to.deep.equal([]);
  });

  it('remembers a bounded number, those that were met last', () => {
    const subject = run();
    const many = Array.from({ length: 1100 }, (_, i) => member(5000 + i));
    for (const one of many) {
      learned.set(one, learnDialect(NEWEST_DIALECT, { seen: 'memberImpl', uid: MEMBER_IMPL_UIDS.D }));
    }
    subject.remember(many);
    expect([...store.facts.entries('')]).to.have.length(1024);
    const second = run();
    many.forEach((one) => second.met(one));
    expect([uidOf(many[0] ?? nine), uidOf(many[1099] ?? nine)]).to.deep.equal([
      undefined,
      MEMBER_IMPL_UIDS.D,
    ]);
  });
});
