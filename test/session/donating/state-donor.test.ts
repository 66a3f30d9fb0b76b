import { expect } from 'chai';
import {
  contextName,
  sessionId,
  silentLogger,
  systemClock,
  type SessionRecord,
} from '../../../src/base/index.js';
import { scanInput } from '../../../src/java/index.js';
import { createdSession } from '../../../src/session/session-changes.js';
import { newCounters } from '../../../src/session/session-counters.js';
import { StateDonor } from '../../../src/session/donating/state-donor.js';
import { MemoryStore } from '../../../src/store/index.js';
import {
  decodeDeltaRequest,
  encodeMirrorPayload,
  NEWEST_DIALECT,
  readSessionList,
} from '../../../src/wire/index.js';
import { recordingLogger } from '../../support/recording-logger.js';
import { objectStream } from '../support/classes.js';
import { FakeChannel, fakeMember } from '../support/fake-channel.js';
import { eventName } from '../support/node.js';
import { A } from '../support/rig.js';
import { groups, stringStream, valuesOf } from '../support/streams.js';
import { cutGroups } from '../../../src/session/share-groups.js';

const APP = contextName('localhost#/app');

function session(id: string, fields: Partial<SessionRecord> = {}): SessionRecord {
  return { ...createdSession(APP, sessionId(id), { sender: A, timestamp: 1000 }, 1000), ...fields };
}

describe('StateDonor', () => {
  const asker = fakeMember(4001);
  let store: MemoryStore;
  let channel: FakeChannel;
  let lines: ReturnType<typeof recordingLogger>['lines'];
  let donor: StateDonor;
  const counters = newCounters();

  beforeEach(() => {
    const recording = recordingLogger();
    lines = recording.lines;
    store = new MemoryStore({ logger: silentLogger });
    void store.open();
    channel = new FakeChannel(fakeMember(4999), () => 0);
    donor = new StateDonor({
      channel,
      store,
      clock: systemClock,
      logger: recording.logger,
      counters,
      sendOptions: 2,
    });
  });

  /** Ids of the sessions of each batch that was sent. */
  function batches(): string[][] {
    return channel.sent
      .filter(({ message }) => eventName(message) === 'ALL_SESSION_DATA')
      .map(({ message }) =>
        [...readSessionList(scanInput(message.session ?? Buffer.alloc(0))).sessions].map(({ id }) => id),
      );
  }

  it('sends batches of moderate size, and the end with channelSendOptions', async () => {
    for (let i = 0; i < 1201; i++) {
      store.put(session(`S${i}`));
    }
    await donor.serve(asker, APP, 7);
    expect(batches().map((batch) => batch.length)).to.deep.equal([500, 500, 201]);
    expect(new Set(batches().flat()).size).to.equal(1201);
    expect(channel.sent.map(({ options }) => options)).to.deep.equal([6, 6, 6, 2]);
    expect(channel.sent.every(({ message }) => message.timestamp === 7n)).to.equal(true);
  });

  for (const [options, expected] of [
    [32 | 6, 6],
    [64 | 8, 8],
    [32 | 64 | 16, 16],
  ] as const) {
    it(`never says the end of a state, nor that there is none, by UDP or multicast: ${options}`, async () => {
      const { logger } = recordingLogger();
      const parts = { channel, store, clock: systemClock, logger, counters, sendOptions: options };
      const careful = new StateDonor(parts);
      await careful.serve(asker, APP, 7);
      await careful.refuse(asker, APP);
      const sent = channel.sent.map(({ message, options: bits }) => `${eventName(message)} ${bits}`);
      expect(sent.filter((line) => !line.startsWith('ALL_SESSION_DATA'))).to.deep.equal([
        `ALL_SESSION_TRANSFERCOMPLETE ${expected}`,
        `ALL_SESSION_NOCONTEXTMANAGER ${expected}`,
      ]);
    });
  }

  it('ends a batch early where values are large', async () => {
    const stream = stringStream('x'.repeat(60_000));
    for (let i = 0; i < 20; i++) {
      store.put(session(`S${i}`, { attributes: [{ names: ['a'], stream }] }));
    }
    await donor.serve(asker, APP, 7);
    expect(batches().map((batch) => batch.length)).to.deep.equal([9, 9, 2]);
  });

  it('serves a few askers at a time, the others in turn, and has a bound on them', async () => {
    store.put(session('S'));
    let atOnce = 0;
    let most = 0;
    const slow = {
      dialectOf: () => NEWEST_DIALECT,
      send: async () => {
        most = Math.max(most, ++atOnce);
        await new Promise((resolve) => void setImmediate(resolve));
        atOnce--;
        return { delivered: [], faulty: [] };
      },
    };
    donor = new StateDonor({
      channel: slow,
      store,
      clock: systemClock,
      logger: silentLogger,
      counters,
      sendOptions: 2,
    });
    const before = { ...counters };
    await Promise.all(
      Array.from({ length: 300 }, (_, index) => donor.serve(fakeMember(5000 + index), APP, 7)),
    );
    expect(most).to.equal(8);
    expect(counters.transfersServed - before.transfersServed).to.equal(264);
    expect(counters.transfersRefused - before.transfersRefused).to.equal(36);
  });

  it('leaves out a value that is kept with its message, and says so', async () => {
    const uncut = { names: ['opaque'], stream: stringStream('a', 'b'), uncut: true as const };
    store.put(session('S', { attributes: [...groups({ a: '1' }), uncut] }));
    await donor.serve(asker, APP, 7);
    const { session: list } = channel.sent[0]?.message ?? {};
    const [body] = readSessionList(scanInput(list ?? Buffer.alloc(0))).sessions;
    const sent = cutGroups(body?.attributes ?? [], () => []);
    expect(valuesOf(sent)).to.deep.equal({ a: '1' });
    expect(lines('warn').map(({ fields }) => fields)).to.deep.equal([
      { member: asker.name, context: APP, values: 1, examples: [{ name: 'opaque' }] },
    ]);
    expect(donor.servedTo(asker.uniqueId, APP)).to.include({ sessions: 1, leftOut: 0, uncut: 1 });
    expect(counters.unservedUncutValues).to.equal(1);
  });

  describe('asked by a Tomcat whose line is not known, with values of the servlet API', () => {
    const cookies = ['javax.servlet.http.Cookie', 'jakarta.servlet.http.Cookie'] as const;

    /** Messages that were sent to `member`, with the names of attributes in them. */
    async function served(servletApi: 'auto' | 'javax' | 'jakarta', member = asker): Promise<string[]> {
      const attributes = cookies.map((name) => ({ names: [name], stream: objectStream(name) }));
      store.put(session('S', { attributes }));
      const logger = recordingLogger();
      lines = logger.lines;
      const parts = { channel, store, clock: systemClock, logger: logger.logger, counters, sendOptions: 2 };
      donor = new StateDonor({ ...parts, settings: { servletApi } });
      await donor.serve(member, APP, 7);
      return channel.sent.flatMap(({ message }) => {
        const payload = message.session;
        if (payload === null) {
          return [];
        }
        if (eventName(message) === 'SESSION_DELTA') {
          return decodeDeltaRequest(scanInput(payload)).actions.map(({ name }) => `delta ${name}`);
        }
        const [body] = readSessionList(scanInput(payload)).sessions;
        return (body?.attributes ?? []).map(({ name }) => `session ${name}`);
      });
    }

    it('sends them in doubt, and says so', async () => {
      const before = counters.doubtfulValues;
      expect(await served('auto')).to.deep.equal(cookies.map((name) => `delta ${name}`));
      expect(donor.servedTo(asker.uniqueId, APP)).to.include({ leftOut: 0, inDoubt: 2 });
      expect(counters.doubtfulValues - before).to.equal(2);
      expect(lines('info').map(({ fields }) => 'examples' in fields && fields.examples)).to.deep.include(
        cookies.map((name) => ({ name, className: name })),
      );
    });

    it('sends those of the one that is set, and leaves out the others', async () => {
      expect(await served('javax')).to.deep.equal(['session javax.servlet.http.Cookie']);
      expect(donor.servedTo(asker.uniqueId, APP)).to.include({ leftOut: 1, inDoubt: 0 });
      channel.sent.length = 0;
      expect(await served('jakarta')).to.deep.equal(['session jakarta.servlet.http.Cookie']);
    });

    it('goes by the line of one that is known', async () => {
      channel.observeDialect(asker, { seen: 'principal', form: 'attributes' });
      expect(await served('javax')).to.deep.equal(['session jakarta.servlet.http.Cookie']);
    });

    it('gives a mirror all of them, whatever is set, and doubts nothing', async () => {
      const mirror = fakeMember(4002, 0, undefined, encodeMirrorPayload());
      expect(await served('javax', mirror)).to.deep.equal(cookies.map((name) => `delta ${name}`));
      expect(donor.servedTo(mirror.uniqueId, APP)).to.include({ leftOut: 0, inDoubt: 0 });
    });
  });

  it('leaves out a session whose streams are damaged, and says so', async () => {
    const damaged = { names: ['a'], stream: Buffer.from('aced000573', 'hex') };
    store.put(session('GOOD'));
    store.put(session('BAD', { attributes: [damaged] }));
    await donor.serve(asker, APP, 7);
    expect(batches()).to.deep.equal([['GOOD']]);
    expect(lines('error').map(({ fields }) => 'sessionId' in fields && fields.sessionId)).to.deep.equal([
      'BAD',
    ]);
  });

  it('goes on behind a batch that was not acknowledged, and ends in any case: the asker waits for the end', async () => {
    for (let i = 0; i < 3000; i++) {
      store.put(session(`S${i}`));
    }
    let sent = 0;
    channel.onSend = () => {
      if (++sent === 2) {
        throw new Error('not acknowledged in time');
      }
    };
    await donor.serve(asker, APP, 7);
    expect(channel.sent.map(({ message }) => eventName(message))).to.deep.equal([
      ...Array.from({ length: 6 }, () => 'ALL_SESSION_DATA'),
      'ALL_SESSION_TRANSFERCOMPLETE',
    ]);
    channel.sent.length = 0;
    channel.onSend = () => {
      throw new Error('gone');
    };
    await donor.serve(asker, APP, 7);
    expect(channel.sent).to.have.lengthOf(4);
  });

  it('sends only the end once it is closed: the asker waits for it', async () => {
    for (let i = 0; i < 1201; i++) {
      store.put(session(`S${i}`));
    }
    channel.onSend = () => donor.close();
    let isIdle = false;
    const serving = donor.serve(asker, APP, 7);
    const idle = donor.idle().then(() => (isIdle = true));
    expect(isIdle).to.equal(false);
    await serving;
    await idle;
    await donor.serve(asker, APP, 7);
    expect(channel.sent.map(({ message }) => eventName(message))).to.deep.equal([
      'ALL_SESSION_DATA',
      'ALL_SESSION_TRANSFERCOMPLETE',
      'ALL_SESSION_TRANSFERCOMPLETE',
    ]);
    expect(lines('warn')).to.deep.equal([]);
  });

  it('says nothing of what cannot be sent any more once it is closed', async () => {
    channel.onSend = () => {
      donor.close();
      throw new Error('the channel is not started');
    };
    await donor.serve(asker, APP, 7);
    await donor.refuse(asker, APP);
    expect(lines('warn')).to.deep.equal([]);
  });
});
