import { expect } from 'chai';
import { makeMember, type Member } from '../../src/membership/index.js';
import { MergedMembers } from '../../src/membership/merged-members.js';
import { memberPackage } from './support.js';

const [A, B] = [0, 1];

describe('MergedMembers', () => {
  let merged: MergedMembers;
  const member = (aliveTime = 1000): Member => makeMember(memberPackage({ aliveTime }));

  beforeEach(() => {
    merged = new MergedMembers();
  });

  it('has a member as long as any membership has it, and tells of it once', () => {
    const one = member();
    const same = makeMember(one.info);
    expect([merged.added(A, one), merged.added(B, same)]).to.eql([true, false]);
    expect(merged.members()).to.eql([one]);
    expect(merged.disappeared(A, one.key, 'expired')).to.equal(false);
    expect(merged.member(one.key)).to.equal(same);
    expect(merged.disappeared(B, one.key, 'expired')).to.equal(true);
    expect(merged.members()).to.eql([]);
  });

  it('has no member that has said farewell to any', () => {
    const one = member();
    merged.added(A, one);
    merged.added(B, one);
    expect(merged.disappeared(A, one.key, 'shutdown')).to.equal(true);
    expect([merged.members(), merged.member(one.key)]).to.eql([[], undefined]);
    expect(merged.disappeared(B, one.key, 'expired')).to.equal(false);
  });

  it('takes one back that comes again after its farewell, whatever the others still believe', () => {
    const one = member();
    merged.added(A, one);
    merged.added(B, one);
    merged.disappeared(A, one.key, 'shutdown');
    expect(merged.added(A, one)).to.equal(true);
    expect(merged.disappeared(B, one.key, 'expired')).to.equal(false);
    expect(merged.members()).to.eql([one]);
  });

  it('tells of a farewell of somebody unknown, but not that he is gone', () => {
    expect(merged.disappeared(A, member().key, 'shutdown')).to.equal(true);
    expect(merged.disappeared(A, member().key, 'expired')).to.equal(false);
  });

  it('lists the longest running first', () => {
    const [young, old, other] = [member(10), member(5000), member(10)];
    merged.added(A, young);
    merged.added(B, old);
    merged.added(A, other);
    expect(merged.members()).to.eql([old, young, other]);
  });

  it('forgets without a word what memberships have forgotten', () => {
    const [one, two] = [member(), member()];
    merged.added(A, one);
    merged.added(B, two);
    merged.keepOnly((source) => source === B);
    expect(merged.members()).to.eql([two]);
    expect(merged.added(A, one)).to.equal(true);
  });
});
