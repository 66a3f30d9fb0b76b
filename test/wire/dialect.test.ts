import { expect } from 'chai';
import {
  dialectKey,
  DIALECTS,
  learnDialect,
  MEMBER_IMPL_UIDS,
  NEWEST_DIALECT,
  type Dialect,
  type DialectObservation,
} from '../../src/wire/index.js';

const OBSERVATIONS: readonly DialectObservation[] = [
  ...Object.values(MEMBER_IMPL_UIDS).map((uid) => ({ seen: 'memberImpl', uid }) as const),
  ...[DIALECTS['tomcat-9.0.34'], DIALECTS['tomcat-9.0.66'], DIALECTS['tomcat-12']].map(
    ({ deltaSessionUid: uid }) => ({ seen: 'deltaSession', uid }) as const,
  ),
  { seen: 'staticMember', uid: 7n },
  { seen: 'sessionMessage', uid: 1n },
  { seen: 'sessionMessage', uid: 2n },
  { seen: 'principal', form: 'password' },
  { seen: 'noteSlots', present: true },
  { seen: 'noteSlots', present: false },
  { seen: 'noteAction' },
];

function learn(from: Dialect, ...observations: DialectObservation[]): Dialect {
  return observations.reduce(learnDialect, from);
}

describe('dialect', () => {
  it('is the newest, without notes, until something was received', () => {
    expect(NEWEST_DIALECT).to.deep.include({ memberImplUid: MEMBER_IMPL_UIDS.F, sessionMessageUid: 2n });
    expect(NEWEST_DIALECT).to.deep.include({ noteSlots: 'unknown', noteActions: 'unknown' });
  });

  it('stays the same object when nothing new was learned', () => {
    for (const dialect of [NEWEST_DIALECT, ...Object.values(DIALECTS)]) {
      for (const observation of OBSERVATIONS) {
        const learned = learnDialect(dialect, observation);
        expect(learnDialect(learned, observation)).to.equal(learned);
      }
    }
  });

  it('comes to rest when a peer goes on sending the same things', () => {
    const everyMessageOf9070: DialectObservation[] = [
      { seen: 'memberImpl', uid: MEMBER_IMPL_UIDS.D },
      { seen: 'deltaSession', uid: DIALECTS['tomcat-9.0.66'].deltaSessionUid },
      { seen: 'noteSlots', present: false },
      { seen: 'sessionMessage', uid: 2n },
      { seen: 'principal', form: 'attributes-password' },
    ];
    const learned = learn(NEWEST_DIALECT, ...everyMessageOf9070);
    for (const observation of everyMessageOf9070) {
      expect(learnDialect(learned, observation)).to.equal(learned);
    }
    expect(learned).to.deep.equal({ ...DIALECTS['tomcat-9.0.66'], noteSlots: 'no' });
  });

  it('has equal keys exactly when it is equal', () => {
    const all = [NEWEST_DIALECT, ...Object.values(DIALECTS)];
    for (const a of all) {
      expect(dialectKey({ ...a })).to.equal(dialectKey(a));
      expect(all.filter((b) => dialectKey(b) === dialectKey(a))).to.have.lengthOf(1);
    }
  });

  it('of 7.0 follows from its session message, and from its members', () => {
    const byMessage = learnDialect(NEWEST_DIALECT, { seen: 'sessionMessage', uid: 1n });
    expect(byMessage).to.deep.include({ principalForm: 'ha', noteSlots: 'no', noteActions: 'no' });
    for (const group of ['A', 'B', 'C'] as const) {
      const byMember = learnDialect(NEWEST_DIALECT, { seen: 'memberImpl', uid: MEMBER_IMPL_UIDS[group] });
      expect(byMember).to.deep.equal({ ...byMessage, memberImplUid: MEMBER_IMPL_UIDS[group] });
    }
  });

  it('tells the servlet package by the group of the member and by the form of a principal', () => {
    const packageAfter = (observation: DialectObservation): string =>
      learnDialect(NEWEST_DIALECT, observation).servletPackage;
    const { C, D, E, F } = MEMBER_IMPL_UIDS;
    expect([C, D, E, F, 1n].map((uid) => packageAfter({ seen: 'memberImpl', uid }))).to.deep.equal([
      'javax',
      'javax',
      'jakarta',
      'jakarta',
      'unknown',
    ]);
    expect(packageAfter({ seen: 'principal', form: 'attributes-password' })).to.equal('javax');
    expect(packageAfter({ seen: 'principal', form: 'attributes' })).to.equal('jakarta');
    expect(packageAfter({ seen: 'noteSlots', present: true })).to.equal('unknown');
  });

  it('leaves 7.0 behind when the peer was upgraded', () => {
    const seven = learnDialect(NEWEST_DIALECT, { seen: 'sessionMessage', uid: 1n });
    expect(learnDialect(seven, { seen: 'sessionMessage', uid: 2n })).to.deep.equal(NEWEST_DIALECT);
    expect(learnDialect(seven, { seen: 'memberImpl', uid: MEMBER_IMPL_UIDS.D })).to.deep.equal({
      ...NEWEST_DIALECT,
      servletPackage: 'javax',
      memberImplUid: MEMBER_IMPL_UIDS.D,
    });
  });

  it('includes notes where every release of the group writes them, and only there', () => {
    const notesOf = (uid: bigint): string =>
      learnDialect(NEWEST_DIALECT, { seen: 'memberImpl', uid }).noteSlots;
    expect(notesOf(MEMBER_IMPL_UIDS.F)).to.equal('yes');
    expect(notesOf(MEMBER_IMPL_UIDS.E)).to.equal('unknown');
    expect(notesOf(MEMBER_IMPL_UIDS.D)).to.equal('unknown');
  });

  it('believes a whole session rather than the group, and goes on believing it', () => {
    const seen = learn(
      NEWEST_DIALECT,
      { seen: 'memberImpl', uid: MEMBER_IMPL_UIDS.F },
      { seen: 'noteSlots', present: false },
    );
    expect(seen.noteSlots).to.equal('no');
    expect(learnDialect(seen, { seen: 'memberImpl', uid: MEMBER_IMPL_UIDS.F })).to.equal(seen);
  });

  it('forgets about notes what another release taught it', () => {
    const upgraded = learn(
      DIALECTS['tomcat-10.1.0'],
      { seen: 'memberImpl', uid: MEMBER_IMPL_UIDS.D },
      { seen: 'deltaSession', uid: DIALECTS['tomcat-9.0.34'].deltaSessionUid },
    );
    expect(upgraded).to.deep.include({ noteSlots: 'no', noteActions: 'no' });
  });

  it('knows from the class of whole sessions whether NOTE actions are understood', () => {
    const after = (uid: bigint): Dialect => learnDialect(NEWEST_DIALECT, { seen: 'deltaSession', uid });
    expect(after(DIALECTS['tomcat-9.0.34'].deltaSessionUid)).to.deep.include({
      noteSlots: 'no',
      noteActions: 'no',
    });
    expect(after(DIALECTS['tomcat-9.0.66'].deltaSessionUid)).to.deep.include({ noteActions: 'yes' });
    expect(after(DIALECTS['tomcat-12'].deltaSessionUid)).to.deep.include({ noteActions: 'yes' });
    expect(after(4711n)).to.deep.equal({ ...NEWEST_DIALECT, deltaSessionUid: 4711n });
  });

  it('takes notes in a session or a delta for proof', () => {
    expect(learnDialect(NEWEST_DIALECT, { seen: 'noteAction' }).noteActions).to.equal('yes');
    expect(learnDialect(NEWEST_DIALECT, { seen: 'noteSlots', present: true })).to.deep.include({
      noteSlots: 'yes',
      noteActions: 'yes',
    });
  });
});
