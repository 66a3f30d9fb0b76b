import { expect } from 'chai';
import { SenderDirectory } from '../../src/channel/sender-directory.js';
import type { Member, MemberKey } from '../../src/membership/index.js';
import { again, member, memberPackage } from './members.js';

describe('SenderDirectory', () => {
  let listed: Map<MemberKey, Member>;
  let subject: SenderDirectory;

  beforeEach(() => {
    listed = new Map();
    subject = new SenderDirectory((key) => listed.get(key));
  });

  it('gives the member of the list, whatever else the header says of it', () => {
    const known = member(4001);
    listed.set(known.key, known);
    expect(subject.memberOf(known.info)).to.equal(known);
    expect(subject.memberOf({ ...known.info, aliveTime: 7n })).to.equal(known);
  });

  it('makes one of the header for whoever is not in the list, once for each header', () => {
    const header = memberPackage(4001);
    const stranger = subject.memberOf(header);
    expect(stranger.info).to.equal(header);
    expect(subject.memberOf(header)).to.equal(stranger);
    expect(subject.memberOf({ ...header, aliveTime: 7n }).info.aliveTime).to.equal(7n);
  });

  it('asks the list each time: members come, go and come again', () => {
    const header = memberPackage(4001);
    const stranger = subject.memberOf(header);
    const joined = again(stranger, 5n);
    listed.set(joined.key, joined);
    expect(subject.memberOf(header)).to.equal(joined);
    const back = again(stranger, 1n);
    listed.set(back.key, back);
    expect(subject.memberOf(header)).to.equal(back);
    listed.clear();
    expect(subject.memberOf(header)).to.equal(stranger);
  });
});
