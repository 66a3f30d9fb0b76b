import { expect } from 'chai';
import { contextName, sessionId } from '../../../src/base/index.js';
import { WrittenSessions } from '../../../src/session/donating/written-sessions.js';
import type { SessionEvent } from '../../../src/session/session-mirror.js';

const [X, Y, Z] = ['X', 'Y', 'Z'].map(sessionId) as [
  ReturnType<typeof sessionId>,
  ReturnType<typeof sessionId>,
  ReturnType<typeof sessionId>,
];
const AT = { context: contextName('localhost#/app'), at: 0 };

const created = (id = X): SessionEvent => ({ ...AT, id, type: 'sessionCreated' });
const changed = (id = X): SessionEvent => ({ ...AT, id, type: 'attributeChanged', name: 'a' });
const expired = (id = X): SessionEvent => ({ ...AT, id, type: 'sessionExpired', reason: 'message' });
const renamed = (id = X, newId = Y): SessionEvent => ({ ...AT, id, type: 'sessionIdChanged', newId });

describe('WrittenSessions', () => {
  let written: WrittenSessions;

  beforeEach(() => {
    written = new WrittenSessions();
  });

  const due = (): string[] => [...written.takeDue()];
  const over = (): string[] => [...written.takeOver()];

  it('has nothing to send behind, where the asker hears of what happens', () => {
    written.wrote(X, false);
    for (const event of [created(), changed(), renamed(), expired(Y), created(Z)]) {
      written.noticed(event, false);
    }
    expect(written.isBehind).to.equal(false);
  });

  it('has it write again what is changed by a message that the asker drops, once', () => {
    written.wrote(X, false);
    written.noticed(changed(), true);
    written.noticed(changed(), true);
    expect(written.isBehind).to.equal(true);
    expect(due()).to.deep.equal(['X']);
    expect(written.isBehind).to.equal(false);
    written.noticed({ ...AT, id: X, type: 'sessionAccessed' }, true);
    expect(due()).to.deep.equal([]);
  });

  it('has it write what such a message creates, unless the walk has met it', () => {
    written.noticed(created(X), true);
    written.noticed(created(Y), true);
    written.wrote(X, false);
    expect(due()).to.deep.equal(['Y']);
  });

  it('tells of what is changed while the rest is being written', () => {
    written.wrote(X, false);
    written.noticed(changed(), true);
    const rounds: string[] = [];
    for (const id of written.takeDue()) {
      written.wrote(id, false);
      if (rounds.push(id) < 3) {
        written.noticed(changed(), true);
      }
    }
    expect(rounds).to.deep.equal(['X', 'X', 'X']);
  });

  it('has the asker told of ends that it does not hear of, of sessions that it has', () => {
    written.wrote(X, false);
    written.noticed(expired(X), true);
    written.noticed(expired(Y), true);
    expect(over()).to.deep.equal(['X']);
    expect(due()).to.deep.equal([]);
  });

  describe('a change of id', () => {
    it('that the asker hears of finds the session under its old id, however late it is written again', () => {
      written.wrote(X, false);
      written.noticed(changed(X), true);
      written.noticed(renamed(X, Y), false);
      expect(due()).to.deep.equal(['Y']);
      expect(written.sentAs(Y)).to.equal('X');
      written.wrote(Y, false);
      expect(written.sentAs(Y)).to.equal('X');
    });

    it('that the asker drops is an end and a new session', () => {
      written.wrote(X, false);
      written.noticed(renamed(X, Y), true);
      expect(over()).to.deep.equal(['X']);
      expect(due()).to.deep.equal(['Y']);
      expect(written.sentAs(Y)).to.equal('Y');
    });

    it('may have been missed by the walk', () => {
      written.noticed(renamed(X, Y), false);
      expect(due()).to.deep.equal(['Y']);
    });

    it('takes what follows in deltas with it, and ends both ids when the session ends unheard', () => {
      written.wrote(X, true);
      written.noticed(renamed(X, Y), false);
      expect([...written.takeSupplements()]).to.deep.equal(['Y']);
      written.noticed(expired(Y), true);
      expect(over()).to.deep.equal(['X', 'Y']);
    });
  });

  it('has a bound on what the asker drops, and says how much was beyond', () => {
    written = new WrittenSessions(2);
    for (const id of [X, Y, Z]) {
      written.wrote(id, false);
    }
    written.noticed(changed(X), true);
    written.noticed(expired(Y), true);
    written.noticed(changed(Z), true);
    expect(due()).to.deep.equal(['X']);
    expect(over()).to.deep.equal(['Y']);
    expect(written.unheeded).to.equal(1);
  });
});
