import { expect } from 'chai';
import { EventLog } from '../../src/api/event-log.js';

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
