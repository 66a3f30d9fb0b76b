import { expect } from 'chai';
import { EventLog } from '../../src/api/event-log.js';
import { contextName, sessionId } from '../../src/base/index.js';
import type { SessionEvent } from '../../src/session/index.js';

describe('EventLog', () => {
  const append = (log: EventLog, count: number, textLength = 0) => {
    for (let index = 0; index < count; index++) {
      log.append('session', '/app', { n: log.next }, textLength);
    }
  };

  it('numbers events from 1 and keeps them as JSON', () => {
    const log = new EventLog({ maxEvents: 10, maxBytes: 1e6 });
    expect([log.first, log.next]).to.deep.equal([1, 1]);
    append(log, 2);
    expect([log.first, log.next]).to.deep.equal([1, 3]);
    expect(log.at(2)).to.include({ sequence: 2, topic: 'session', context: '/app', json: '{"n":2}' });
    expect(log.at(0)).to.be.undefined;
    expect(log.at(3)).to.be.undefined;
  });

  it('keeps the last events up to their number', () => {
    const log = new EventLog({ maxEvents: 3, maxBytes: 1e6 });
    append(log, 10);
    expect([log.first, log.next]).to.deep.equal([8, 11]);
    expect(log.at(7)).to.be.undefined;
    expect([8, 9, 10].map((sequence) => log.at(sequence)?.json)).to.deep.equal([
      '{"n":8}',
      '{"n":9}',
      '{"n":10}',
    ]);
  });

  it('keeps the last events up to their size, and always the last one', () => {
    const log = new EventLog({ maxEvents: 1000, maxBytes: 10_000 });
    append(log, 100, 1000);
    expect(log.next - log.first).to.equal(4);
    append(log, 1, 1_000_000);
    expect([log.first, log.next]).to.deep.equal([101, 102]);
    append(log, 1);
    expect([log.first, log.next]).to.deep.equal([102, 103]);
  });

  describe('while it is followed', () => {
    let feeds = 0;
    let log: EventLog;

    beforeEach(() => {
      feeds = 0;
      log = new EventLog({ maxEvents: 3, maxBytes: 1e6 }, () => {
        feeds++;
        return () => feeds--;
      });
    });

    const read = () => {
      log.follow();
      return log.onAppend(() => undefined);
    };

    it('is fed from the first reader on, once for all', () => {
      expect([feeds, log.isFollowed]).to.deep.equal([0, false]);
      read();
      read();
      expect([feeds, log.isFollowed]).to.deep.equal([1, true]);
    });

    it('is fed until it cannot go on where the last reader left', () => {
      const [one, other] = [read(), read()];
      one();
      append(log, 5);
      expect(feeds).to.equal(1);
      other();
      append(log, 3);
      expect([feeds, log.first, log.next]).to.deep.equal([1, 6, 9]);
      append(log, 1);
      expect([feeds, log.first, log.next]).to.deep.equal([0, 10, 10]);
    });

    it('is fed on where a reader comes back in time', () => {
      read()();
      append(log, 3);
      const leave = read();
      append(log, 9);
      expect([feeds, log.followedFrom]).to.deep.equal([1, 1]);
      leave();
      append(log, 3);
      expect(feeds).to.equal(1);
    });

    it('does not know of what was before it was followed again', () => {
      read()();
      append(log, 4);
      expect(feeds).to.equal(0);
      read();
      expect([feeds, log.followedFrom, log.next]).to.deep.equal([1, 5, 5]);
      log.close();
      expect(feeds).to.equal(0);
    });
  });

  describe('of what happens to a session', () => {
    const common = { context: contextName('/app'), id: sessionId('S"1'), at: 1_700_000_000_000 };
    const events: SessionEvent[] = [
      { type: 'sessionCreated', ...common },
      { type: 'sessionAccessed', ...common },
      { type: 'sessionExpired', reason: 'idle', ...common },
      { type: 'sessionIdChanged', newId: sessionId('S2'), ...common },
      { type: 'sessionChanged', fields: ['isNew', 'principal'], ...common },
      { type: 'attributeChanged', name: 'cart', ...common },
      { type: 'attributeRemoved', name: 'cart', ...common },
      { type: 'sessionTransferred', ...common },
    ];

    it('gives out what it was given, also when its places are taken again and again', () => {
      const log = new EventLog({ maxEvents: 3, maxBytes: 1e6 });
      for (const event of [...events, ...events]) {
        append(log, 1);
        log.appendSession(event);
        const topic = event.type.startsWith('attribute') ? 'attribute' : 'session';
        const logged = { sequence: log.next - 1, topic, context: '/app', json: JSON.stringify(event) };
        expect(log.at(log.next - 1)).to.deep.equal(logged);
        expect(log.at(log.next - 1)).to.deep.equal(logged);
      }
    });

    it('gives out what is of one context, or of none', () => {
      const log = new EventLog({ maxEvents: 10, maxBytes: 1e6 });
      log.appendSession({ type: 'sessionCreated', ...common });
      log.append('member', null, {}, 0);
      expect([log.at(1, '/other'), log.at(1, '/app')?.sequence, log.at(2, '/other')?.sequence]).to.deep.equal(
        [undefined, 1, 2],
      );
    });

    it('counts the texts that others have chosen', () => {
      const log = new EventLog({ maxEvents: 1000, maxBytes: 10_000 });
      for (let index = 0; index < 100; index++) {
        log.appendSession({ type: 'attributeChanged', name: 'n'.repeat(1000), ...common });
      }
      expect(log.next - log.first).to.equal(4);
    });
  });

  it('wakes who waits, until they go', () => {
    const log = new EventLog({ maxEvents: 3, maxBytes: 1e6 });
    let woken = 0;
    const stop = log.onAppend(() => woken++);
    append(log, 2);
    stop();
    append(log, 2);
    expect(woken).to.equal(2);
  });
});
