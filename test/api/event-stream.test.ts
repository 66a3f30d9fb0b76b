import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { EventLog } from '../../src/api/event-log.js';
import { EventStream, parseEventId } from '../../src/api/event-stream.js';

/** A connection that takes a chunk only when it is told to. */
class Connection extends Writable {
  text = '';
  #taken: (() => void) | undefined;
  slow: boolean;

  constructor({ slow = false } = {}) {
    super({ highWaterMark: 1024, decodeStrings: false });
    this.slow = slow;
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk;
    if (this.slow) {
      this.#taken = done;
    } else {
      done();
    }
  }

  take(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    taken?.();
  }
}

function eventsOf(text: string): { id: string; event: string; data: unknown }[] {
  return [...text.matchAll(/id: (.*)\nevent: (.*)\ndata: (.*)\n\n/g)].map(
    ([, id = '', event = '', data = '']) => ({
      id,
      event,
      data: JSON.parse(data) as unknown,
    }),
  );
}

describe('EventStream', () => {
  const life = 'life1';
  let log: EventLog;

  beforeEach(() => {
    log = new EventLog({ maxEvents: 10, maxBytes: 1e6 });
    log.follow();
  });

  const append = (count: number, context: string | null = '/app') => {
    for (let index = 0; index < count; index++) {
      log.append(context === null ? 'member' : 'session', context, { n: log.next }, 0);
    }
  };
  const numbers = (connection: Connection) =>
    eventsOf(connection.text)
      .filter(({ event }) => event !== 'missed')
      .map(({ data }) => (data as { n: number }).n);
  const missed = (connection: Connection) =>
    eventsOf(connection.text)
      .filter(({ event }) => event === 'missed')
      .map(({ data }) => (data as { count: number | null }).count);

  it('begins with what happens after it was opened, and says where that is', async () => {
    append(3);
    const connection = new Connection();
    new EventStream(connection, { log, life });
    expect(connection.text).to.equal('retry: 1000\nid: life1-3\n\n');
    append(2);
    await turn();
    expect(numbers(connection)).to.deep.equal([4, 5]);
    expect(eventsOf(connection.text)[0]).to.deep.equal({ id: 'life1-4', event: 'session', data: { n: 4 } });
  });

  it('goes on behind the last event that the reader had', async () => {
    append(5);
    const connection = new Connection();
    new EventStream(connection, { log, life, lastEventId: 'life1-3' });
    await turn();
    expect(numbers(connection)).to.deep.equal([4, 5]);
    expect(missed(connection)).to.deep.equal([]);
  });

  it('says how many events have gone for a reader that comes back late', async () => {
    append(30);
    const connection = new Connection();
    new EventStream(connection, { log, life, lastEventId: 'life1-3' });
    await turn();
    expect(missed(connection)).to.deep.equal([17]);
    expect(numbers(connection)).to.deep.equal([21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
    expect(eventsOf(connection.text)[0]?.id).to.equal('life1-20');
  });

  it('says that events were missed to a reader from an earlier life of the node', async () => {
    append(2);
    const connection = new Connection();
    new EventStream(connection, { log, life, lastEventId: 'life0-1' });
    append(1);
    await turn();
    expect(missed(connection)).to.deep.equal([null]);
    expect(numbers(connection)).to.deep.equal([3]);
  });

  it('says that events were missed to a reader that comes back when nobody has read for long', async () => {
    const before = new EventStream(new Connection(), { log, life });
    append(3);
    before.close();
    append(11);
    expect(log.isFollowed).to.be.false;
    const connection = new Connection();
    new EventStream(connection, { log, life, lastEventId: 'life1-3' });
    append(1);
    await turn();
    expect(missed(connection)).to.deep.equal([null]);
    expect(numbers(connection)).to.deep.equal([15]);
  });

  it('treats an id that has not been yet as one of another life', async () => {
    const connection = new Connection();
    new EventStream(connection, { log, life, lastEventId: 'life1-7' });
    await turn();
    expect(missed(connection)).to.deep.equal([null]);
  });

  it('shows the context that is asked for, and members', async () => {
    const connection = new Connection();
    new EventStream(connection, { log, life, context: '/app' });
    append(1, '/other');
    append(1, '/app');
    append(1, null);
    append(1, '');
    await turn();
    expect(numbers(connection)).to.deep.equal([2, 3]);
  });

  it('writes what happened in one turn in one go', async () => {
    const connection = new Connection();
    new EventStream(connection, { log, life });
    let writes = 0;
    const write = connection._write.bind(connection);
    connection._write = (...parameters) => {
      writes++;
      write(...parameters);
    };
    append(5);
    await turn();
    expect(numbers(connection)).to.have.length(5);
    expect(writes).to.equal(1);
  });

  it('holds nothing for a slow reader, and tells it what it missed', async () => {
    const connection = new Connection({ slow: true });
    new EventStream(connection, { log, life });
    connection.take();
    for (let round = 0; round < 200; round++) {
      append(5);
      await turn();
    }
    expect(connection.writableLength).to.be.lessThan(4096);
    connection.slow = false;
    connection.take();
    await turn();
    await turn();
    const [first = 0, ...rest] = numbers(connection);
    expect(first).to.equal(1);
    expect(rest.at(-1)).to.equal(1000);
    expect(numbers(connection).length + (missed(connection)[0] ?? 0)).to.equal(1000);
    expect(missed(connection)).to.have.length(1);
  });

  it('sends comments to keep the connection, but not to who does not take them', () => {
    const connection = new Connection();
    const stream = new EventStream(connection, { log, life });
    stream.keepAlive();
    expect(connection.text).to.match(/\n: .*\n\n$/);
    const slow = new Connection({ slow: true });
    const slowStream = new EventStream(slow, { log, life });
    append(10);
    for (let beat = 0; beat < 100; beat++) {
      slowStream.keepAlive();
    }
    expect(slow.writableLength).to.be.lessThan(4096);
  });

  it('lets go of the log when it is closed', async () => {
    const connection = new Connection();
    const stream = new EventStream(connection, { log, life });
    stream.close();
    append(1);
    await turn();
    expect(numbers(connection)).to.deep.equal([]);
    expect(connection.writableEnded).to.be.true;
  });

  it('knows its own ids from anything else', () => {
    expect(parseEventId('life1-12')).to.deep.equal({ life: 'life1', sequence: 12 });
    for (const text of [
      '',
      '12',
      'life1-',
      '-1',
      'life1--1',
      'life1-1e3',
      'x'.repeat(100) + '-1',
      'life1-1234567890123456',
    ]) {
      expect(parseEventId(text), text).to.be.undefined;
    }
  });
});
