import { expect } from 'chai';
import { randomUniqueId, type UniqueId } from '../../../src/base/index.js';
import { KnownMembers } from '../../../src/session/continuity/known-members.js';

const A = 'aa'.repeat(16) as UniqueId;
const B = 'bb'.repeat(16) as UniqueId;

describe('known members', () => {
  let known: KnownMembers;

  beforeEach(() => {
    known = new KnownMembers(4);
  });

  const appears = (uniqueId: UniqueId, mirror = false) =>
    known.appeared({ uniqueId, name: `tcp://${uniqueId.slice(0, 2)}`, mirror });

  /** The next run, which begins at `startedAt`. */
  function restart(startedAt: number): void {
    const next = new KnownMembers(4);
    next.restore([...known], known.tomcatSeenAt, startedAt);
    known = next;
  }

  it('are new, or have returned', () => {
    expect([appears(A), appears(A)]).to.deep.equal(['new', null]);
    known.disappeared(A, 100_000, 100_000);
    expect([appears(A), appears(B)]).to.deep.equal(['returned', 'new']);
  });

  it('are known from the run before, once', () => {
    appears(A);
    restart(1000);
    expect([appears(A), appears(B)]).to.deep.equal(['restored', 'new']);
    known.disappeared(A, 100_000, 100_000);
    expect(appears(A)).to.equal('returned');
  });

  it('have heard what we have heard until they were heard last; a little less, for what was on its way', () => {
    appears(A);
    expect([known.togetherUntil(A), known.togetherUntil(B)]).to.deep.equal([Infinity, -Infinity]);
    known.disappeared(A, 97_000, 100_000);
    expect(known.togetherUntil(A)).to.equal(96_000);
    appears(A);
    expect(known.togetherUntil(A), 'also when they are back').to.equal(96_000);
  });

  it('have heard it until the next run, if they were there at the end of the one before', () => {
    appears(A);
    appears(B);
    known.disappeared(B, 50_000, 50_000);
    restart(200_000);
    expect([known.togetherUntil(A), known.togetherUntil(B)]).to.deep.equal([200_000, 49_000]);
  });

  it('say until when a Tomcat was there; mirrors are none', () => {
    expect(known.tomcatUntil()).to.equal(-Infinity);
    appears(B, true);
    expect(known.tomcatUntil()).to.equal(-Infinity);
    appears(A);
    expect(known.tomcatUntil()).to.equal(Infinity);
    known.disappeared(A, 5000, 5000);
    known.disappeared(B, 9000, 9000);
    expect(known.tomcatUntil()).to.equal(5000);
    restart(10_000);
    expect(known.tomcatUntil()).to.equal(5000);
    known.tomcatHeard(11_000);
    expect(known.tomcatUntil()).to.equal(11_000);
  });

  it('may have had a Tomcat among them until the next run, if there was one at the end', () => {
    appears(A);
    restart(10_000);
    expect(known.tomcatUntil()).to.equal(10_000);
  });

  it('are forgotten when there are too many, those that are not here first', () => {
    appears(A);
    appears(B);
    known.disappeared(A, 100_000, 100_000);
    for (let i = 0; i < 10; i++) {
      const other = randomUniqueId();
      appears(other);
      known.disappeared(other, 100_000, 100_000);
    }
    expect([...known]).to.have.lengthOf(4);
    expect([known.togetherUntil(A), known.togetherUntil(B)]).to.deep.equal([-Infinity, Infinity]);
  });
});
