import { expect } from 'chai';
import { DialectRegistry } from '../../src/channel/dialect-registry.js';
import type { MemberKey } from '../../src/membership/index.js';
import { DIALECTS, NEWEST_DIALECT, type DialectObservation } from '../../src/wire/index.js';
import { member } from './members.js';

const MINUTE = 60_000;
const TOMCAT_7: DialectObservation = { seen: 'sessionMessage', uid: 1n };
const TOMCAT_8: DialectObservation = { seen: 'sessionMessage', uid: 2n };

describe('DialectRegistry', () => {
  const a = member(4001);
  const b = member(4002);
  const c = member(4003);

  it('takes everybody for the newest Tomcat until it has sent something', () => {
    expect(new DialectRegistry().dialectOf(a.key)).to.equal(NEWEST_DIALECT);
  });

  it('learns from what a member sent, for this member alone', () => {
    const subject = new DialectRegistry();
    subject.observe(a.key, TOMCAT_7, true, 0);
    expect(subject.dialectOf(a.key)).to.include({ sessionMessageUid: 1n, principalForm: 'ha' });
    expect(subject.dialectOf(b.key)).to.equal(NEWEST_DIALECT);
  });

  it('learns from every kind of observation, and from the same one only once', () => {
    const subject = new DialectRegistry();
    const observations: DialectObservation[] = [
      { seen: 'principal', form: 'attributes-password' },
      { seen: 'deltaSession', uid: DIALECTS['tomcat-9.0.66'].deltaSessionUid },
      { seen: 'memberImpl', uid: DIALECTS['tomcat-9.0.66'].memberImplUid },
      { seen: 'noteSlots', present: true },
      { seen: 'noteAction' },
    ];
    observations.forEach((observation) => subject.observe(a.key, observation, true, 0));
    const learned = subject.dialectOf(a.key);
    expect(learned).to.eql({ ...DIALECTS['tomcat-9.0.66'], noteSlots: 'yes' });
    observations.forEach((observation) => subject.observe(a.key, observation, true, 0));
    expect(subject.dialectOf(a.key)).to.equal(learned);
    subject.observe(a.key, { seen: 'noteSlots', present: false }, true, 0);
    subject.observe(a.key, { seen: 'principal', form: 'attributes' }, true, 0);
    expect(subject.dialectOf(a.key)).to.include({ noteSlots: 'no', principalForm: 'attributes' });
  });

  it('tells a MemberImpl that has been seen from one that is only assumed', () => {
    const subject = new DialectRegistry();
    subject.observe(a.key, TOMCAT_8, true, 0);
    expect(subject.hasShownMemberImpl(a.key)).to.equal(false);
    const newest: DialectObservation = { seen: 'memberImpl', uid: NEWEST_DIALECT.memberImplUid };
    subject.observe(a.key, newest, true, 0);
    subject.observe(b.key, newest, true, 0);
    expect([a, b, c].map(({ key }) => subject.hasShownMemberImpl(key))).to.deep.equal([true, true, false]);
  });

  it('says what is known of a member, so that it need not be observed again', () => {
    const subject = new DialectRegistry();
    expect(subject.knows(a.key, TOMCAT_7)).to.equal(false);
    subject.observe(a.key, TOMCAT_7, true, 0);
    expect([subject.knows(a.key, TOMCAT_7), subject.knows(a.key, TOMCAT_8)]).to.deep.equal([true, false]);
    subject.memberDisappeared(a.key, 0);
    expect(subject.knows(a.key, TOMCAT_7)).to.equal(false);
    subject.memberAdded(a.key);
    expect(subject.knows(a.key, TOMCAT_7)).to.equal(true);
  });

  it('changes its mind when a member comes back as another release', () => {
    const subject = new DialectRegistry();
    for (const observation of [TOMCAT_7, TOMCAT_8, TOMCAT_7]) {
      subject.observe(a.key, observation, true, 0);
    }
    expect(subject.dialectOf(a.key).sessionMessageUid).to.equal(1n);
  });

  it('believes again what it has seen before, after something else that contradicts it', () => {
    const subject = new DialectRegistry();
    const memberOf7 = { seen: 'memberImpl', uid: DIALECTS['tomcat-7.0.104'].memberImplUid } as const;
    for (const observation of [TOMCAT_8, memberOf7, TOMCAT_8]) {
      subject.observe(a.key, observation, true, 0);
    }
    expect(subject.dialectOf(a.key).sessionMessageUid).to.equal(2n);
  });

  it('groups members that can get the same bytes', () => {
    const subject = new DialectRegistry();
    subject.observe(a.key, TOMCAT_7, true, 0);
    subject.observe(c.key, TOMCAT_7, true, 0);
    expect(subject.groups([a, b, c])).to.eql([
      { dialect: subject.dialectOf(a.key), members: [a, c] },
      { dialect: NEWEST_DIALECT, members: [b] },
    ]);
  });

  describe('when a member has gone', () => {
    it('remembers it for ten minutes', () => {
      const subject = new DialectRegistry();
      subject.observe(a.key, TOMCAT_7, true, 0);
      subject.forgetAbsent(60 * MINUTE);
      subject.memberDisappeared(a.key, 60 * MINUTE);
      subject.forgetAbsent(70 * MINUTE);
      expect(subject.dialectOf(a.key).sessionMessageUid).to.equal(1n);
      subject.forgetAbsent(70 * MINUTE + 1);
      expect(subject.size).to.equal(0);
    });

    it('remembers all for ten minutes after we left', () => {
      const subject = new DialectRegistry();
      subject.observe(a.key, TOMCAT_7, true, 0);
      subject.observe(b.key, TOMCAT_7, false, 0);
      subject.everybodyDisappeared(5 * MINUTE);
      subject.forgetAbsent(10 * MINUTE + 1);
      expect([a, b].map(({ key }) => subject.dialectOf(key).sessionMessageUid)).to.eql([1n, 2n]);
      subject.forgetAbsent(15 * MINUTE + 1);
      expect(subject.size).to.equal(0);
    });

    it('keeps what it knows when the member comes back', () => {
      const subject = new DialectRegistry();
      subject.observe(a.key, TOMCAT_7, true, 0);
      subject.memberDisappeared(a.key, 0);
      subject.memberAdded(a.key);
      subject.forgetAbsent(60 * MINUTE);
      expect(subject.dialectOf(a.key).sessionMessageUid).to.equal(1n);
    });
  });

  it('remembers somebody who is no member for ten minutes after the last message', () => {
    const subject = new DialectRegistry();
    subject.observe(a.key, TOMCAT_7, false, 0);
    subject.observe(a.key, TOMCAT_7, false, 9 * MINUTE);
    subject.forgetAbsent(19 * MINUTE);
    expect(subject.size).to.equal(1);
    subject.forgetAbsent(20 * MINUTE);
    expect(subject.size).to.equal(0);
  });

  it('remembers no more than 4096, and lets the absent make room for members', () => {
    const subject = new DialectRegistry();
    subject.observe(a.key, TOMCAT_7, true, 0);
    for (let i = 0; i < 5000; i++) {
      subject.observe(`stranger ${i}` as MemberKey, TOMCAT_7, false, i);
    }
    expect(subject.size).to.equal(4096);
    subject.observe(b.key, TOMCAT_7, true, 5000);
    expect(subject.dialectOf(a.key).sessionMessageUid).to.equal(1n);
    expect(subject.dialectOf(b.key).sessionMessageUid).to.equal(1n);
    expect(subject.size).to.equal(4096);
  });
});
