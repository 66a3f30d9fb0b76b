import { expect } from 'chai';
import fc from 'fast-check';
import { FailureDetection, type DetectionAction, type Inquiry } from '../../src/channel/failure-detection.js';
import type { Member } from '../../src/membership/index.js';
import { again, member } from './members.js';

const SUSPECTS_TIMEOUT = 300_000;

function detection(maxMembers = 10): FailureDetection {
  return new FailureDetection({ removeSuspectsTimeout: SUSPECTS_TIMEOUT, maxMembers });
}

/** The one inquiry that is asked for. */
function inquiry(actions: readonly DetectionAction[]): Inquiry {
  expect(actions.map((action) => action.do)).to.eql(['probe']);
  const [action] = actions;
  if (action?.do !== 'probe') {
    throw new Error('no probe');
  }
  return action.inquiry;
}

function named(actions: readonly DetectionAction[]): string[] {
  return actions.map((action) => action.do);
}

/** A detection that knows `members`. */
function knowing(...members: Member[]): FailureDetection {
  const subject = detection();
  for (const one of members) {
    subject.probed(inquiry(subject.memberAdded(one)), true, 0);
  }
  return subject;
}

describe('FailureDetection', () => {
  describe('of a member that is announced', () => {
    it('probes, and adds it only when it is alive', () => {
      const subject = detection();
      const a = member(4001);
      const question = inquiry(subject.memberAdded(a));
      expect(subject.members()).to.eql([]);
      expect(subject.probed(question, true, 0)).to.eql([{ do: 'add', member: a, unannounced: false }]);
      expect(subject.members()).to.eql([a]);
      expect(subject.member(a.key)).to.equal(a);
    });

    it('ignores it when it is dead, and asks again with the next heartbeat', () => {
      const subject = detection();
      const a = member(4001);
      expect(subject.probed(inquiry(subject.memberAdded(a)), false, 0)).to.eql([]);
      expect(subject.members()).to.eql([]);
      const question = inquiry(subject.heartbeat([a]));
      expect(subject.probed(question, true, 5000)).to.eql([{ do: 'add', member: a, unannounced: true }]);
    });

    it('asks once, however often it is announced or a heartbeat passes meanwhile', () => {
      const subject = detection();
      const a = member(4001);
      inquiry(subject.memberAdded(a));
      expect(subject.memberAdded(a)).to.eql([]);
      expect(subject.heartbeat([a])).to.eql([]);
    });

    it('takes no more than it may know', () => {
      const subject = detection(2);
      subject.probed(inquiry(subject.memberAdded(member(4001))), true, 0);
      inquiry(subject.memberAdded(member(4002)));
      expect(subject.memberAdded(member(4003))).to.eql([]);
    });
  });

  describe('of a member that said goodbye', () => {
    it('removes it without a probe', () => {
      const a = member(4001);
      const subject = knowing(a);
      expect(subject.memberDisappeared(a, 'shutdown')).to.eql([
        { do: 'remove', member: a, reason: 'shutdown' },
      ]);
      expect(subject.members()).to.eql([]);
    });

    it('says nothing of one that it does not know', () => {
      expect(detection().memberDisappeared(member(4001), 'shutdown')).to.eql([]);
    });

    it('lets a probe that is under way have no effect', () => {
      const a = member(4001);
      const joining = detection();
      const join = inquiry(joining.memberAdded(a));
      expect(joining.memberDisappeared(a, 'shutdown')).to.eql([]);
      expect(joining.probed(join, true, 0)).to.eql([]);
      expect(joining.members()).to.eql([]);

      const leaving = knowing(a);
      const leave = inquiry(leaving.memberDisappeared(a, 'expired'));
      expect(named(leaving.memberDisappeared(a, 'shutdown'))).to.eql(['remove']);
      expect(leaving.probed(leave, false, 0)).to.eql([]);
    });

    it('tells the probe of its return from the one before', () => {
      const a = member(4001);
      const subject = detection();
      const before = inquiry(subject.memberAdded(a));
      subject.memberDisappeared(a, 'shutdown');
      const after = inquiry(subject.memberAdded(a));
      expect(subject.probed(before, true, 0)).to.eql([]);
      expect(named(subject.probed(after, true, 0))).to.eql(['add']);
    });
  });

  for (const [event, raise] of [
    ['is no longer heard', (subject: FailureDetection, a: Member) => subject.memberDisappeared(a, 'expired')],
    ['cannot be sent to', (subject: FailureDetection, a: Member) => subject.sendFailed(a)],
  ] as const) {
    describe(`of a member that ${event}`, () => {
      it('removes it when it is dead', () => {
        const a = member(4001);
        const subject = knowing(a);
        expect(subject.probed(inquiry(raise(subject, a)), false, 0)).to.eql([
          { do: 'remove', member: a, reason: 'expired' },
        ]);
        expect(subject.members()).to.eql([]);
      });

      it('keeps it as a suspect when it is alive', () => {
        const a = member(4001);
        const subject = knowing(a);
        expect(subject.probed(inquiry(raise(subject, a)), true, 0)).to.eql([{ do: 'suspect', member: a }]);
        expect(subject.members()).to.eql([a]);
        expect(subject.suspects).to.equal(1);
      });

      it('asks nothing when it is not known', () => {
        expect(raise(detection(), member(4001))).to.eql([]);
      });

      it('makes a suspect of it when it is just being taken in', () => {
        const a = member(4001);
        const subject = detection();
        const question = inquiry(subject.memberAdded(a));
        expect(raise(subject, a)).to.eql([]);
        expect(named(subject.probed(question, true, 0))).to.eql(['add', 'suspect']);
      });
    });
  }

  describe('of a suspect', () => {
    function suspecting(a: Member): FailureDetection {
      const subject = knowing(a);
      subject.probed(inquiry(subject.memberDisappeared(a, 'expired')), true, 0);
      return subject;
    }

    it('asks with every heartbeat, and removes it once it is dead', () => {
      const a = member(4001);
      const subject = suspecting(a);
      expect(subject.probed(inquiry(subject.heartbeat([])), true, 5000)).to.eql([]);
      expect(named(subject.probed(inquiry(subject.heartbeat([])), false, 10_000))).to.eql(['remove']);
    });

    it('drops the suspicion when it has been alive for longer than removeSuspectsTimeout', () => {
      const a = member(4001);
      const subject = suspecting(a);
      subject.probed(inquiry(subject.heartbeat([])), true, SUSPECTS_TIMEOUT);
      expect(subject.suspects).to.equal(1);
      subject.probed(inquiry(subject.heartbeat([])), true, SUSPECTS_TIMEOUT + 1);
      expect(subject.suspects).to.equal(0);
      expect(subject.heartbeat([])).to.eql([]);
      expect(subject.members()).to.eql([a]);
    });

    it('drops the suspicion without a probe when it is announced again, and takes over what it announces', () => {
      const a = member(4001);
      const subject = suspecting(a);
      const back = again(a, 9000n);
      expect(subject.memberAdded(back)).to.eql([]);
      expect(subject.suspects).to.equal(0);
      expect(subject.member(a.key)).to.equal(back);
    });
  });

  describe('of a member that was killed and started again at its address', () => {
    const killed = member(4001, { aliveTime: 9000n });
    const started = member(4001, { aliveTime: 500n });

    it('removes the one before, though the address takes connections', () => {
      const subject = knowing(killed, started);
      expect(subject.probed(inquiry(subject.memberDisappeared(killed, 'expired')), true, 0)).to.eql([
        { do: 'remove', member: killed, reason: 'expired' },
      ]);
      expect(subject.members()).to.eql([started]);
    });

    it('removes it when it was suspected before the new one was known', () => {
      const subject = knowing(killed);
      subject.probed(inquiry(subject.memberDisappeared(killed, 'expired')), true, 0);
      subject.probed(inquiry(subject.memberAdded(started)), true, 0);
      expect(named(subject.probed(inquiry(subject.heartbeat([started])), true, 0))).to.eql(['remove']);
    });

    it('does not take it in again as long as it is not heard', () => {
      const subject = knowing(killed);
      subject.probed(inquiry(subject.sendFailed(killed)), false, 0);
      expect(subject.heartbeat([killed])).to.eql([]);
      const heard = again(killed, 9500n);
      expect(named(subject.probed(inquiry(subject.heartbeat([heard])), true, 0))).to.eql(['add']);
    });

    it('asks one that always says 0', () => {
      const silent = member(4001, { aliveTime: 0n });
      const subject = knowing(silent);
      subject.probed(inquiry(subject.sendFailed(silent)), false, 0);
      inquiry(subject.heartbeat([silent]));
    });

    it('takes it in again when the layer below has lost and found it', () => {
      const subject = knowing(killed);
      subject.probed(inquiry(subject.sendFailed(killed)), false, 0);
      expect(subject.heartbeat([])).to.eql([]);
      inquiry(subject.memberAdded(killed));
    });
  });

  describe('of a member that is announced again while it is being verified', () => {
    it('raises no suspicion when it is alive', () => {
      const a = member(4001);
      const subject = knowing(a);
      const question = inquiry(subject.memberDisappeared(a, 'expired'));
      expect(subject.memberAdded(a)).to.eql([]);
      expect(subject.probed(question, true, 0)).to.eql([]);
      expect(subject.suspects).to.equal(0);
    });

    it('removes it when it is dead, and asks once more whether to take it in', () => {
      const a = member(4001);
      const subject = knowing(a);
      const question = inquiry(subject.memberDisappeared(a, 'expired'));
      subject.memberAdded(a);
      expect(named(subject.probed(question, false, 0))).to.eql(['remove', 'probe']);
    });
  });

  it('lists the longest running first, and as many with one age as there are', () => {
    const young = member(4001, { aliveTime: 10n });
    const old = member(4002, { aliveTime: 2n ** 40n });
    const alsoYoung = member(4003, { aliveTime: 10n });
    expect(knowing(young, old, alsoYoung).members()).to.eql([old, young, alsoYoung]);
  });

  it('tells every member in turn as added and removed, whatever happens in whatever order', () => {
    const members = [member(4001), member(4002)];
    const event = fc.record({
      member: fc.nat({ max: members.length - 1 }),
      kind: fc.constantFrom('added', 'expired', 'shutdown', 'sendFailed', 'heartbeat', 'answer'),
      alive: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const subject = detection();
        const open: Inquiry[] = [];
        const told = new Set<Member['key']>();
        let now = 0;
        const apply = (actions: readonly DetectionAction[]): void => {
          for (const action of actions) {
            switch (action.do) {
              case 'probe':
                open.push(action.inquiry);
                break;
              case 'add':
                expect(told.has(action.member.key), 'added twice').to.equal(false);
                told.add(action.member.key);
                break;
              case 'remove':
                expect(told.delete(action.member.key), 'removed twice').to.equal(true);
                break;
              case 'suspect':
                expect(told.has(action.member.key), 'a stranger suspected').to.equal(true);
            }
          }
        };
        for (const { member: index, kind, alive } of events) {
          now += 5000;
          const one = members[index];
          if (one === undefined) {
            continue;
          }
          switch (kind) {
            case 'added':
              apply(subject.memberAdded(one));
              break;
            case 'expired':
            case 'shutdown':
              apply(subject.memberDisappeared(one, kind));
              break;
            case 'sendFailed':
              apply(subject.sendFailed(one));
              break;
            case 'heartbeat':
              apply(subject.heartbeat(members));
              break;
            case 'answer': {
              const asked = open.shift();
              apply(asked === undefined ? [] : subject.probed(asked, alive, now));
            }
          }
          expect(new Set(subject.members().map(({ key }) => key))).to.eql(told);
        }
      }),
    );
  });
});
