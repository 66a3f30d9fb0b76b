import { expect } from 'chai';
import { contextName, type ContextName, type UniqueId } from '../../../src/base/index.js';
import type { TransferMember } from '../../../src/session/joining/member-progress.js';
import { StateTransfer } from '../../../src/session/joining/state-transfer.js';
import type { TransferAction } from '../../../src/session/joining/transfer-action.js';
import { defaultTransferSettings } from '../../../src/session/joining/transfer-settings.js';

const APP = contextName('localhost#/app');
const SHOP = contextName('localhost#/shop');
const HOUR = 3_600_000;

const T1 = 'f1'.repeat(16) as UniqueId;
const T2 = 'f2'.repeat(16) as UniqueId;
const T3 = 'f3'.repeat(16) as UniqueId;

const NAMES = new Map([
  [T1, 'T1'],
  [T2, 'T2'],
  [T3, 'T3'],
]);

/** How a member answers: `contexts` of its own, after `delayMs`; nothing at all while it is `deaf`. */
interface Script {
  contexts: ContextName[];
  delayMs?: number;
  deaf?: boolean;
  /** It sends data, and never the end. */
  breaksOff?: boolean;
  /** It sends the end without any data. */
  endsOnly?: boolean;
  /** A message of its breaks off, that long after it was due (its end comes 10 ms after that). */
  frameBreaks?: number;
}

interface Due {
  readonly at: number;
  readonly what: () => readonly TransferAction[];
}

/** A cluster in virtual time, played by scripts; notes what the machine does. */
class Rehearsal {
  readonly machine = new StateTransfer();
  readonly scripts = new Map<UniqueId, Script>();
  readonly requests: string[] = [];
  readonly rounds: string[] = [];
  readonly missing: string[] = [];
  witnesses: ReadonlyMap<ContextName, ReadonlySet<UniqueId>> | undefined;
  now = 10 * HOUR;
  readonly start = this.now;
  #due: Due[] = [];

  member(id: UniqueId, age = HOUR, kind: Partial<TransferMember> = {}): TransferMember {
    return { uniqueId: id, name: `tcp://${NAMES.get(id)}`, age, mirror: false, returns: false, ...kind };
  }

  do(actions: readonly TransferAction[]): void {
    for (const action of actions) {
      if (action.type === 'request') {
        this.requests.push(`${this.now - this.start} ${NAMES.get(action.member)} ${action.context ?? '*'}`);
        this.#answer(action.member, action.context);
      } else if (action.type === 'missing') {
        const { missing, again } = action;
        this.missing.push(`${this.now - this.start} ${missing}${again ? ', asking again' : ''}`);
      } else {
        this.rounds.push(`${this.now - this.start} ${action.type}`);
        this.witnesses = action.type === 'roundDone' ? action.witnesses : this.witnesses;
      }
    }
  }

  begin(...ids: UniqueId[]): this {
    this.do(
      this.machine.begin(
        ids.map((id) => this.member(id)),
        this.now,
      ),
    );
    return this;
  }

  /** Lets `ms` pass; everything due happens at its own time. */
  pass(ms: number): this {
    const until = this.now + ms;
    for (let steps = 0; steps < 10_000; steps++) {
      const first = this.#due.reduce<Due | undefined>(
        (a, b) => (a === undefined || b.at < a.at ? b : a),
        undefined,
      );
      const deadline = this.machine.nextDeadline();
      const next = Math.min(first?.at ?? Infinity, deadline);
      if (next > until) {
        this.now = until;
        return this;
      }
      this.now = Math.max(this.now, next);
      if (first !== undefined && first.at <= next) {
        this.#due = this.#due.filter((due) => due !== first);
        this.do(first.what());
      } else {
        this.do(this.machine.tick(this.now));
      }
    }
    throw new Error('the machine does not come to rest');
  }

  #answer(id: UniqueId, asked: ContextName | null): void {
    const script = this.scripts.get(id);
    if (script === undefined || script.deaf === true) {
      return;
    }
    const at = this.now + (script.delayMs ?? 50);
    const say = (
      context: ContextName,
      answer: 'data' | 'complete' | 'no-context-manager',
      delay: number,
    ): void => {
      this.#due.push({ at: at + delay, what: () => this.machine.answered(id, context, answer, this.now) });
    };
    const contexts =
      asked === null ? script.contexts : script.contexts.filter((context) => context === asked);
    contexts.forEach((context, i) => {
      const { frameBreaks, endsOnly } = script;
      if (frameBreaks !== undefined) {
        this.#due.push({ at: at + i * 20 + frameBreaks, what: () => this.machine.brokenOff(this.now) });
      }
      if (endsOnly !== true) {
        say(context, 'data', i * 20);
      }
      if (script.breaksOff !== true) {
        say(context, 'complete', i * 20 + 10);
      }
    });
    if (asked !== null && contexts.length === 0) {
      say(asked, 'no-context-manager', 0);
    }
  }
}

describe('StateTransfer', () => {
  let play: Rehearsal;

  beforeEach(() => {
    play = new Rehearsal();
  });

  describe('with nobody else there', () => {
    it('is synchronised at once', () => {
      play.begin();
      expect(play.machine.synchronisedSince).to.equal(play.now);
      expect(play.requests).to.deep.equal([]);
    });

    it('stays synchronised when a member starts afterwards, and asks it once its managers can be expected to run', () => {
      play.begin().pass(60_000);
      play.scripts.set(T1, { contexts: [APP] });
      play.do(play.machine.memberAdded(play.member(T1, 500), play.now));
      expect(play.machine.synchronisedSince).to.equal(play.start);
      play.pass(20_000);
      expect(play.requests).to.deep.equal(['74500 T1 *']);
      expect(play.machine.stateOf(T1, APP)).to.equal('complete');
    });

    it('is not synchronised any more when somebody comes who has been running meanwhile: we were cut off', () => {
      play.begin().pass(60_000);
      play.scripts.set(T1, { contexts: [APP] });
      play.do(play.machine.memberAdded(play.member(T1, HOUR), play.now));
      expect(play.machine.synchronisedSince).to.equal(null);
      play.pass(10_000);
      expect(play.machine.synchronisedSince).to.be.greaterThan(play.start + 60_000);
      expect(play.rounds.map((line) => line.split(' ')[1])).to.deep.equal([
        'roundBegun',
        'roundDone',
        'roundBegun',
        'roundDone',
      ]);
    });
  });

  describe('joining', () => {
    it('asks every member for all its contexts, the oldest first, one at a time', () => {
      play.scripts.set(T1, { contexts: [APP, SHOP] });
      play.scripts.set(T2, { contexts: [APP, SHOP] });
      play.do(play.machine.begin([play.member(T2, HOUR), play.member(T1, 2 * HOUR)], play.now));
      play.pass(10_000);
      // T1 answers for 80 ms, half a second of quiet ends it.
      expect(play.requests).to.deep.equal(['0 T1 *', '580 T2 *']);
      expect(play.machine.synchronisedSince).to.equal(play.start + 1160);
      for (const member of [T1, T2]) {
        expect(play.machine.stateOf(member, APP)).to.equal('complete');
        expect(play.machine.stateOf(member, SHOP)).to.equal('complete');
      }
    });

    it('takes it that a member does not have a context that it did not name, and never asks it for that by name', () => {
      play.scripts.set(T1, { contexts: [APP] });
      play.scripts.set(T2, { contexts: [SHOP] });
      play.begin(T1, T2).pass(10_000);
      expect(play.requests).to.have.lengthOf(2);
      expect(play.machine.stateOf(T1, SHOP)).to.equal('no-context-manager');
      expect(play.machine.stateOf(T2, APP)).to.equal('no-context-manager');
    });

    it('asks again when a starting manager has dropped the request', () => {
      const script: Script = { contexts: [APP], deaf: true };
      play.scripts.set(T1, script);
      play.begin(T1).pass(11_000);
      expect(play.machine.stateOf(T1, APP)).to.equal('pending');
      script.deaf = false;
      play.pass(10_000);
      expect(play.requests).to.deep.equal(['0 T1 *', '12000 T1 *']);
      expect(play.machine.stateOf(T1, APP)).to.equal('complete');
    });

    it('asks the others when a member is slow to begin, and does not ask it twice for that', () => {
      play.scripts.set(T1, { contexts: [APP], delayMs: 9000 });
      play.scripts.set(T2, { contexts: [APP] });
      play.begin(T1, T2).pass(30_000);
      expect(play.requests).to.deep.equal(['0 T1 *', '3000 T2 *']);
      expect(play.machine.stateOf(T1, APP)).to.equal('complete');
    });

    it('gives up on a frozen member after a few requests with growing pauses, and says so', () => {
      play.scripts.set(T2, { contexts: [APP] });
      play.begin(T1, T2);
      play.pass(2000);
      expect(play.machine.reason).to.equal(
        'asked tcp://T1 for the sessions of all contexts; 2 of 2 members to go',
      );
      play.pass(58_000);
      expect(play.requests.filter((line) => line.includes('T1'))).to.have.lengthOf(
        defaultTransferSettings.maxAttempts,
      );
      expect(play.machine.stateOf(T1, APP)).to.equal('silent');
      expect(play.machine.synchronisedSince).to.be.lessThan(play.start + 40_000);
    });

    it('gives up on a member of BackupManagers after one request, and is synchronised', () => {
      play.begin(T1).pass(4000);
      play.do(play.machine.hasBackupManagers(T1, play.now));
      play.pass(56_000);
      expect(play.requests).to.deep.equal(['0 T1 *']);
      expect(play.machine.stateOf(T1, APP)).to.equal('silent');
      expect(play.machine.synchronisedSince).to.equal(
        play.start + 4000 + defaultTransferSettings.backupAnswerTimeout,
      );
    });

    it('does not ask it for a second time either when it shows itself between two requests', () => {
      play.begin(T1).pass(11_000);
      play.do(play.machine.hasBackupManagers(T1, play.now));
      expect(play.machine.synchronisedSince).to.equal(play.now);
      play.pass(60_000);
      expect(play.requests).to.deep.equal(['0 T1 *']);
    });

    it('has more patience where a DeltaManager has been seen beside them, or answers', () => {
      play.scripts.set(T2, { contexts: [SHOP], delayMs: 9000 });
      play.begin(T1, T2).pass(1000);
      play.do(play.machine.hasBackupManagers(T1, play.now));
      play.do(play.machine.hasBackupManagers(T2, play.now));
      play.do(play.machine.shows(T1, APP, play.now));
      play.pass(60_000);
      const requests = play.requests.filter((line) => line.includes('T1'));
      expect(requests).to.have.lengthOf(defaultTransferSettings.maxAttempts);
      expect(play.machine.stateOf(T2, SHOP)).to.equal('complete');
    });

    it('is synchronised at the latest when nothing has moved for the length of the round time-out', () => {
      play.scripts.set(T1, { contexts: [APP], breaksOff: true });
      const slow = new StateTransfer({
        ...defaultTransferSettings,
        progressTimeout: HOUR,
        roundTimeout: 60_000,
      });
      Object.assign(play, { machine: slow });
      play.begin(T1).pass(100_000);
      expect(play.machine.synchronisedSince).to.equal(play.start + 50 + 60_000);
      expect(play.machine.stateOf(T1, APP)).to.equal('requested');
    });

    it('is done with a member that leaves in the middle', () => {
      play.begin(T1).pass(500);
      play.do(play.machine.memberGone(T1, play.now));
      expect(play.machine.synchronisedSince).to.equal(play.now);
    });

    it('does not ask a member twice for a state that came after all', () => {
      play.scripts.set(T1, { contexts: [APP], delayMs: 11_000 });
      play.begin(T1).pass(30_000);
      expect(play.requests).to.deep.equal(['0 T1 *']);
      expect(play.machine.stateOf(T1, APP)).to.equal('complete');
    });

    it('names as witnesses the members whose state has come whole', () => {
      play.scripts.set(T1, { contexts: [APP] });
      play.scripts.set(T2, { contexts: [APP, SHOP] });
      play.do(play.machine.begin([play.member(T1, 5000), play.member(T2, 9000)], play.now));
      play.do(play.machine.answered(T2, SHOP, 'torn', play.now));
      play.pass(20_000);
      expect([...(play.witnesses ?? [])]).to.deep.equal([[APP, new Set([T1, T2])]]);
    });
  });

  describe('later on', () => {
    beforeEach(() => {
      play.scripts.set(T1, { contexts: [APP] });
      play.scripts.set(T2, { contexts: [APP] });
      play.begin(T1, T2).pass(10_000);
      play.requests.length = 0;
    });

    it('asks by name for a context that a member shows, that member only', () => {
      play.scripts.set(T1, { contexts: [APP, SHOP] });
      play.do(play.machine.shows(T1, SHOP, play.now));
      play.do(play.machine.shows(T1, SHOP, play.now));
      play.pass(10_000);
      expect(play.requests).to.deep.equal([`11000 T1 ${SHOP}`]);
      expect(play.machine.stateOf(T1, SHOP)).to.equal('complete');
      expect(play.machine.stateOf(T2, SHOP)).to.equal('no-context-manager');
      expect(play.machine.synchronisedSince).to.be.lessThan(play.start + 10_000);
    });

    it('notes when the answer is that there is no such context', () => {
      play.do(play.machine.shows(T1, SHOP, play.now));
      play.pass(5000);
      expect(play.machine.stateOf(T1, SHOP)).to.equal('no-context-manager');
    });

    it('says whether it would be news that a member has a context', () => {
      const known = () => [APP, SHOP].map((context) => play.machine.hasShown(T1, context));
      expect(known()).to.deep.equal([true, false]);
      play.do(play.machine.shows(T1, SHOP, play.now));
      expect(known()).to.deep.equal([true, true]);
      play.pass(5000);
      expect(known()).to.deep.equal([true, false]);
      expect(play.machine.hasShown(T3, APP)).to.equal(true);
    });

    it('does not ask a member for the context whose sessions it asks for itself: it begins empty', () => {
      play.do(play.machine.startsEmpty(T1, SHOP, play.now));
      play.do(play.machine.shows(T1, SHOP, play.now));
      play.pass(10_000);
      expect(play.requests).to.deep.equal([]);
      expect(play.machine.stateOf(T1, SHOP)).to.equal('complete');
    });

    it('asks a member that joins, and stays synchronised', () => {
      play.scripts.set(T3, { contexts: [APP] });
      play.do(play.machine.memberAdded(play.member(T3, HOUR), play.now));
      expect(play.machine.stateOf(T3, APP)).to.equal('pending');
      play.pass(5000);
      expect(play.requests).to.deep.equal(['11000 T3 *']);
      expect(play.machine.stateOf(T3, APP)).to.equal('complete');
      expect(play.machine.synchronisedSince).to.be.lessThan(play.start + 10_000);
    });

    it('asks a mirror, which says it is of age 0, without waiting for its managers', () => {
      play.scripts.set(T3, { contexts: [APP] });
      play.do(play.machine.memberAdded(play.member(T3, 0), play.now));
      play.pass(5000);
      expect(play.requests).to.deep.equal(['11000 T3 *']);
    });

    it('asks again when messages for sessions that we do not have keep coming, but not in quick succession', () => {
      play.do(play.machine.askAgain(T1, APP, play.now));
      play.pass(60_000);
      expect(play.requests).to.deep.equal([]);
      play.do(play.machine.askAgain(T1, APP, play.now));
      play.do(play.machine.askAgain(T1, APP, play.now));
      play.pass(1000);
      expect(play.requests).to.deep.equal([`70000 T1 ${APP}`]);
    });

    it('does not go on asking a member for a context of which it talks and says that it does not have it', () => {
      for (let i = 0; i < 50; i++) {
        play.do(play.machine.shows(T1, SHOP, play.now));
        play.pass(1000);
      }
      expect(play.requests).to.have.lengthOf(1);
    });

    it('asks again, without waiting for an answer, when the request could not be sent', () => {
      play.scripts.set(T3, { contexts: [APP], deaf: true });
      play.do(play.machine.memberAdded(play.member(T3), play.now));
      play.pass(1000);
      play.do(play.machine.requestFailed(T3, null, play.now));
      play.pass(2000);
      expect(play.requests).to.deep.equal(['11000 T3 *', '13000 T3 *']);
    });

    it('calls a member silent for a context whose sessions broke off', () => {
      play.scripts.set(T1, { contexts: [SHOP], breaksOff: true });
      play.do(play.machine.shows(T1, SHOP, play.now));
      play.pass(5000);
      expect(play.machine.stateOf(T1, SHOP)).to.equal('requested');
      play.pass(30_000);
      expect(play.machine.stateOf(T1, SHOP)).to.equal('silent');
    });
  });

  describe('a member that says to have sent what did not come', () => {
    const state = (context = APP) => [play.machine.stateOf(T1, context), play.machine.missingOf(T1, context)];
    const warned = () => play.machine.missing().map(({ member, context }) => `${member.name} ${context}`);

    it('is asked again, three times in all, where a message broke off, and is no witness then', () => {
      play.scripts.set(T1, { contexts: [APP], endsOnly: true, frameBreaks: 5 });
      play.begin(T1).pass(60_000);
      expect(play.requests).to.deep.equal(['0 T1 *', `2060 T1 ${APP}`, `6120 T1 ${APP}`]);
      expect(play.missing).to.deep.equal([
        '60 broken-off, asking again',
        '2120 broken-off, asking again',
        '6180 broken-off',
      ]);
      expect(state()).to.deep.equal(['complete', 'broken-off']);
      expect(warned()).to.deep.equal([`tcp://T1 ${APP}`]);
      expect(play.machine.synchronisedSince).to.equal(play.start + 6180);
      expect([...(play.witnesses ?? [])]).to.deep.equal([]);
    });

    it('is asked ever more rarely as long as messages break off, and is as good as any when it has sent all', () => {
      const script: Script = { contexts: [APP], endsOnly: true, frameBreaks: 5 };
      play.scripts.set(T1, script);
      play.begin(T1).pass(HOUR);
      const minutes = play.requests.slice(3).map((line) => Math.round(Number(line.split(' ')[0]) / 60_000));
      expect(minutes).to.deep.equal([4, 12, 28]);
      expect(play.machine.synchronisedSince).to.equal(play.start + 6180);
      play.scripts.set(T1, { contexts: [APP] });
      play.pass(HOUR);
      expect(state()).to.deep.equal(['complete', null]);
      expect(warned()).to.deep.equal([]);
      expect(play.requests.slice(3)).to.have.lengthOf(4);
    });

    it('is doubted also when only a part broke off', () => {
      play.scripts.set(T1, { contexts: [APP], frameBreaks: 5 });
      play.begin(T1).pass(60_000);
      expect(play.requests).to.have.lengthOf(3);
      expect(state()).to.deep.equal(['complete', 'broken-off']);
      expect([...(play.witnesses ?? [])]).to.deep.equal([]);
    });

    it('is doubted for the context that it has just sent and for the next, where a message breaks off between the two', () => {
      const TILL = contextName('localhost#/till');
      play.scripts.set(T1, { contexts: [APP, SHOP, TILL] });
      play.begin(T1).pass(65);
      play.do(play.machine.brokenOff(play.now));
      play.pass(100);
      expect([APP, SHOP, TILL].map(state)).to.deep.equal([
        ['pending', 'broken-off'],
        ['pending', 'broken-off'],
        ['complete', null],
      ]);
      play.pass(10_000);
      expect(play.requests).to.deep.equal(['0 T1 *', `2065 T1 ${APP}`, `2125 T1 ${SHOP}`]);
      expect([APP, SHOP].map(state)).to.deep.equal([
        ['complete', null],
        ['complete', null],
      ]);
    });

    it('is asked again when a message turns out to have broken off just after the end', () => {
      play.scripts.set(T1, { contexts: [APP], frameBreaks: 1000 });
      play.begin(T1).pass(60_000);
      expect(play.missing[0]).to.equal('1050 broken-off, asking again');
      expect(play.requests).to.have.lengthOf(3);
      expect(state()).to.deep.equal(['complete', 'broken-off']);
    });

    it('is as good as any when it sends all in the end', () => {
      play.scripts.set(T1, { contexts: [APP], endsOnly: true, frameBreaks: 5 });
      play.begin(T1).pass(1000);
      play.scripts.set(T1, { contexts: [APP] });
      play.pass(10_000);
      expect(state()).to.deep.equal(['complete', null]);
      expect(warned()).to.deep.equal([]);
      expect([...(play.witnesses ?? [])]).to.deep.equal([[APP, new Set([T1])]]);
    });

    it('may have no sessions where nothing came: it is asked once more, and no warning is given', () => {
      play.scripts.set(T1, { contexts: [APP], endsOnly: true });
      play.begin(T1).pass(60_000);
      expect(play.missing).to.deep.equal(['60 nothing-came, asking again', '2120 nothing-came']);
      expect(state()).to.deep.equal(['complete', 'nothing-came']);
      expect(warned()).to.deep.equal([]);
      expect([...(play.witnesses ?? [])]).to.deep.equal([]);
    });

    it('does have some when it tells of sessions that we do not have: it is asked ever more rarely', () => {
      play.scripts.set(T1, { contexts: [APP], endsOnly: true });
      play.begin(T1);
      for (let i = 0; i < 600; i++) {
        play.pass(1000);
        play.do(play.machine.askAgain(T1, APP, play.now));
      }
      expect(warned()).to.deep.equal([`tcp://T1 ${APP}`]);
      expect(play.requests.length).to.be.within(4, 6);
    });

    it('is believed where another one has given the context whole', () => {
      play.scripts.set(T1, { contexts: [APP], endsOnly: true, frameBreaks: 5 });
      play.scripts.set(T2, { contexts: [APP] });
      play.begin(T1, T2).pass(60_000);
      expect(state()).to.deep.equal(['complete', 'broken-off']);
      expect(warned()).to.deep.equal([]);
      expect([...(play.witnesses ?? [])]).to.deep.equal([[APP, new Set([T2])]]);
    });

    it('was not acknowledged in time when its sessions come behind the end', () => {
      play.scripts.set(T1, { contexts: [APP], endsOnly: true });
      play.begin(T1).pass(1000);
      play.do(play.machine.answered(T1, APP, 'data', play.now));
      expect(state()).to.deep.equal(['complete', null]);
      play.pass(60_000);
      expect(play.requests).to.deep.equal(['0 T1 *']);
      expect([...(play.witnesses ?? [])]).to.deep.equal([[APP, new Set([T1])]]);
    });

    it('is not doubted for what breaks off long afterwards', () => {
      play.scripts.set(T1, { contexts: [APP] });
      play.begin(T1).pass(10_000);
      play.do(play.machine.brokenOff(play.now));
      play.pass(60_000);
      expect(play.requests).to.deep.equal(['0 T1 *']);
    });
  });

  describe('a silent member', () => {
    beforeEach(() => {
      play.begin(T1).pass(70_000);
      play.requests.length = 0;
      expect(play.machine.stateOf(T1, APP)).to.equal('silent');
    });

    it('is asked again when it sends something', () => {
      play.scripts.set(T1, { contexts: [APP] });
      expect(play.machine.isSilent(T1)).to.equal(true);
      play.do(play.machine.heard(T1, play.now));
      expect(play.machine.isSilent(T1)).to.equal(false);
      play.pass(5000);
      expect(play.requests).to.deep.equal(['70000 T1 *']);
      expect(play.machine.stateOf(T1, APP)).to.equal('complete');
    });

    it('is asked ever more rarely while it does not answer, however much it sends', () => {
      for (let i = 0; i < 600; i++) {
        play.do(play.machine.heard(T1, play.now));
        play.pass(1000);
      }
      const times = play.requests.map((line) => Number(line.split(' ')[0]) / 1000);
      expect(times).to.have.lengthOf(4);
      const pauses = times.slice(1).map((time, i) => time - (times[i] ?? 0));
      expect(pauses.every((pause, i) => pause > 1.7 * (pauses[i - 1] ?? 30))).to.equal(true);
    });

    it('is asked anew when it comes back', () => {
      play.scripts.set(T1, { contexts: [APP] });
      play.do(play.machine.memberGone(T1, play.now));
      play.do(play.machine.memberAdded(play.member(T1), play.now));
      play.pass(5000);
      expect(play.requests).to.deep.equal(['71000 T1 *']);
    });
  });
});
