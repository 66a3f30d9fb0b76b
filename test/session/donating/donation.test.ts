import { expect } from 'chai';
import {
  contextName,
  sessionId,
  silentLogger,
  systemClock,
  type SessionRecord,
} from '../../../src/base/index.js';
import { cut, readObject, scanInput, writeStream } from '../../../src/java/index.js';
import { Donation, type DonationOutcome } from '../../../src/session/donating/donation.js';
import { defaultDonorSettings, type DonorSettings } from '../../../src/session/donating/donor-settings.js';
import { encodeSessions } from '../../../src/session/donating/session-list-writer.js';
import { createdSession } from '../../../src/session/session-changes.js';
import { Slices } from '../../../src/session/slices.js';
import { MemoryStore } from '../../../src/store/index.js';
import {
  decodeDeltaRequest,
  DIALECTS,
  NEWEST_DIALECT,
  principalObject,
  principalOf,
  readSessionList,
  type Dialect,
  type SerialPrincipal,
} from '../../../src/wire/index.js';
import { objectStream } from '../support/classes.js';
import { A } from '../support/rig.js';
import { groups, stringStream } from '../support/streams.js';

const APP = contextName('localhost#/app');
const LISTED_AT = 5000;
const SESSION_ID_NOTE = 'org.apache.catalina.authenticator.SESSION_ID';

/** Of messages that the asker carries out, and that it drops. */
const HEARD = { sender: A, timestamp: LISTED_AT };
const DROPPED = { sender: A, timestamp: LISTED_AT - 1 };

/** A session with an attribute of each of these classes. */
function session(id: string, ...classNames: string[]): SessionRecord {
  const objects = classNames.map((name) => ({ names: [name], stream: objectStream(name) }));
  return {
    ...createdSession(APP, sessionId(id), { sender: A, timestamp: 1000 }, 1000),
    attributes: [...groups({ a: id }), ...objects],
  };
}

function withNote(record: SessionRecord): SessionRecord {
  return { ...record, notes: [{ names: [SESSION_ID_NOTE], stream: stringStream('old id') }] };
}

interface SentSession {
  readonly id: string;
  readonly names: readonly string[];
  readonly hasSlots: boolean;
}

describe('Donation', () => {
  let store: MemoryStore;
  let lists: SentSession[][];
  let ended: string[];
  let deltas: { readonly id: string; readonly actions: readonly string[] }[];
  let onDelta: () => void;
  /** Called with each list; whether it is acknowledged. */
  let onList: (list: readonly SentSession[]) => boolean | Promise<boolean>;

  beforeEach(async () => {
    store = new MemoryStore({ logger: silentLogger });
    await store.open();
    lists = [];
    deltas = [];
    ended = [];
    onList = () => true;
    onDelta = () => undefined;
  });

  function donation(dialect: Dialect = NEWEST_DIALECT, settings: Partial<DonorSettings> = {}): Donation {
    return new Donation({
      store,
      clock: systemClock,
      logger: silentLogger,
      slices: new Slices(systemClock),
      settings: { ...defaultDonorSettings, ...settings },
      context: APP,
      dialect,
      listedAt: LISTED_AT,
      sendExpired: (id) => {
        ended.push(id);
        return Promise.resolve(true);
      },
      sendList: async (list) => {
        const sessions = [...readSessionList(scanInput(list)).sessions].map(({ id, attributes, notes }) => ({
          id,
          names: attributes.map(({ name }) => name),
          hasSlots: notes !== null,
        }));
        lists.push(sessions);
        return onList(sessions);
      },
      sendDelta: (id, delta) => {
        const { actions } = decodeDeltaRequest(scanInput(delta));
        deltas.push({ id, actions: actions.map(({ type, name }) => `${type} ${name}`) });
        onDelta();
        return Promise.resolve(true);
      },
    });
  }

  function put(...records: SessionRecord[]): void {
    for (const record of records) {
      store.put(record);
    }
  }

  function run(dialect?: Dialect, settings?: Partial<DonorSettings>): Promise<DonationOutcome> {
    return donation(dialect, settings).run();
  }

  const idsOf = (list: readonly SentSession[]): string[] => list.map(({ id }) => id).sort();

  it('sends an empty list where there is nothing', async () => {
    expect(await run()).to.include({ sessions: 0, messages: 1 });
    expect(lists).to.deep.equal([[]]);
  });

  it('sends what names classes of an application alone, behind the rest', async () => {
    put(session('A'), session('P', 'org.example.Poison'), session('B'), session('C', 'org.example.Cart'));
    put(session('D', 'java.util.UUID'), session('E', 'org.example.Cart'));
    expect(await run()).to.include({ sessions: 6, failed: 0, messages: 4 });
    expect(lists.map(idsOf)[0]).to.deep.equal(['A', 'B', 'D']);
    expect(lists.slice(1).map(idsOf)).to.have.deep.members([['C'], ['E'], ['P']]);
  });

  it('sends many such sessions with others of the very same classes', async () => {
    const poisoned = 'S77';
    for (let i = 0; i < 10_001; i++) {
      const id = `S${i}`;
      put(session(id, id === poisoned ? 'org.example.Poison' : 'org.example.Cart'));
    }
    expect(await run()).to.include({ sessions: 10_001, failed: 0 });
    expect(lists.length).to.be.lessThan(5_100);
    expect(lists.filter((list) => list.length === 2).length).to.equal(5_000);
    expect(lists.find((list) => list.some(({ id }) => id === poisoned))).to.have.lengthOf(1);
  }).timeout(20_000);

  it('is one message for all where the settings say so, but for those', async () => {
    for (let i = 0; i < 1200; i++) {
      put(session(`S${i}`));
    }
    put(session('P', 'org.example.Poison'));
    await run(NEWEST_DIALECT, { sendAllSessions: true });
    expect(lists.map(({ length }) => length)).to.deep.equal([1200, 1]);
    lists.length = 0;
    await run(NEWEST_DIALECT, { sendAllSessionsSize: 1000 });
    expect(lists.map(({ length }) => length)).to.deep.equal([1000, 200, 1]);
  });

  describe('of the servlet API', () => {
    const cookie = 'javax.servlet.http.Cookie';

    it('sends values to who has it', async () => {
      put(session('S', cookie));
      expect(await run(DIALECTS['tomcat-9.0.66'])).to.include({ leftOut: 0 });
      expect(lists[1]).to.deep.equal([{ id: 'S', names: ['a', cookie], hasSlots: false }]);
      expect(deltas).to.deep.equal([]);
    });

    it('leaves values out for who has the other one, and says so', async () => {
      put(session('S', cookie));
      const outcome = await run(DIALECTS['tomcat-10.1.40']);
      expect(outcome).to.deep.include({
        leftOut: 1,
        examples: { leftOut: [{ name: cookie, className: cookie }], uncut: [], inDoubt: [] },
      });
      expect(lists).to.deep.equal([[{ id: 'S', names: ['a'], hasSlots: false }]]);
      expect(deltas).to.deep.equal([]);
    });

    it('sends values in a delta of their own, behind the sessions, where nobody knows', async () => {
      const other = 'jakarta.servlet.http.Cookie';
      put(session('S', cookie, other));
      const { leftOut, inDoubt, examples } = await run();
      expect({ leftOut, inDoubt }).to.deep.equal({ leftOut: 0, inDoubt: 2 });
      expect(examples.inDoubt).to.deep.equal([cookie, other].map((name) => ({ name, className: name })));
      expect(lists).to.deep.equal([[{ id: 'S', names: ['a'], hasSlots: false }]]);
      expect(deltas).to.deep.equal([
        { id: 'S', actions: [`attribute ${cookie}`] },
        { id: 'S', actions: ['attribute jakarta.servlet.http.Cookie'] },
      ]);
    });
  });

  describe('notes', () => {
    it('go in slots, where there is one and the asker is known to read them', async () => {
      put(withNote(session('N')), session('S'));
      await run(DIALECTS['tomcat-10.1.40']);
      expect(lists[0]).to.have.deep.members([
        { id: 'N', names: ['a'], hasSlots: true },
        { id: 'S', names: ['a'], hasSlots: false },
      ]);
      expect(deltas).to.deep.equal([]);
    });

    it('go in a delta where whole sessions have no slots, but deltas are known to be understood', async () => {
      put(withNote(session('N')));
      await run({ ...DIALECTS['tomcat-9.0.66'], noteSlots: 'no' });
      expect(lists[0]).to.deep.equal([{ id: 'N', names: ['a'], hasSlots: false }]);
      expect(deltas).to.deep.equal([{ id: 'N', actions: [`note ${SESSION_ID_NOTE}`] }]);
    });

    it('go nowhere where the asker writes no slots, or understands no notes in deltas', async () => {
      put(withNote(session('N')));
      await run({ ...NEWEST_DIALECT, noteSlots: 'no' });
      await run({ ...NEWEST_DIALECT, noteActions: 'no' });
      expect(lists.flat().filter(({ hasSlots }) => hasSlots)).to.deep.equal([]);
      expect(deltas).to.deep.equal([]);
    });

    it('go in a delta where nobody knows, and nowhere where they cannot be read', async () => {
      put(withNote(session('N')));
      await run();
      expect(lists[0]).to.deep.equal([{ id: 'N', names: ['a'], hasSlots: false }]);
      expect(deltas).to.deep.equal([{ id: 'N', actions: [`note ${SESSION_ID_NOTE}`] }]);
      deltas.length = 0;
      await run(DIALECTS['tomcat-9.0.34']);
      expect(deltas).to.deep.equal([]);
    });
  });

  it('sends a principal as it came, or in the form of the asker where that is known', () => {
    const principal = writeStream({
      contents: [
        principalObject(
          {
            form: 'attributes-password',
            name: 'alice',
            password: 'secret',
            roles: ['user'],
            userPrincipal: null,
            attributes: null,
          },
          'attributes-password',
        ),
      ],
    });
    const sentTo = (dialect: Dialect): SerialPrincipal | null => {
      const [body] = readSessionList(
        scanInput(encodeSessions([{ ...session('S'), principal }], dialect)),
      ).sessions;
      return body?.principal?.kind === 'object' ? principalOf(readObject(cut([body.principal.value]))) : null;
    };
    expect(sentTo(NEWEST_DIALECT)).to.include({ form: 'attributes-password', password: 'secret' });
    expect(sentTo(DIALECTS['tomcat-9.0.66'])).to.include({ form: 'attributes-password', password: 'secret' });
    expect(sentTo(DIALECTS['tomcat-9.0.34'])).to.include({ form: 'password', password: 'secret' });
    expect(sentTo(DIALECTS['tomcat-10.1.40'])).to.include({
      form: 'attributes',
      password: null,
      name: 'alice',
    });
  });

  describe('while the sessions change', () => {
    it('sends a session behind, whose new id the walk has passed; and none twice', async () => {
      for (let i = 0; i < 40; i++) {
        put(session(`S${i}`));
      }
      const subject = donation(NEWEST_DIALECT, { sendAllSessionsSize: 10 });
      const rename = (from: string, to: string): void => {
        const record = store.get(APP, sessionId(from));
        if (record === undefined) {
          throw new Error(`${from} is not there`);
        }
        store.delete(APP, record.id);
        store.put({ ...record, id: sessionId(to) });
        subject.noticed(
          { type: 'sessionIdChanged', context: APP, id: record.id, newId: sessionId(to), at: 0 },
          HEARD,
        );
      };
      let renamed: string[] = [];
      onList = (list) => {
        if (renamed.length === 0) {
          const sent = new Set(list.map(({ id }) => id));
          const pending = [...store.summaries(APP)].map(({ id }) => id).filter((id) => !sent.has(id));
          renamed = [list[0]?.id ?? '', ...pending.slice(-8)];
          renamed.forEach((id) => rename(id, `${id}.new`));
        }
        return true;
      };
      await subject.run();
      const all = lists.flat().map(({ id }) => id);
      expect(new Set(all).size).to.equal(all.length);
      // Each of the 40 has been sent, under its old or its new id.
      expect(new Set(all.map((id) => id.replace('.new', ''))).size).to.equal(40);
    });

    it('sends what follows in deltas under the new id of a session', async () => {
      put(withNote(session('S')));
      const subject = donation();
      onList = () => {
        const record = store.get(APP, sessionId('S'));
        store.delete(APP, sessionId('S'));
        const newId = sessionId('S.new');
        put(...(record === undefined ? [] : [{ ...record, id: newId }]));
        subject.noticed({ type: 'sessionIdChanged', context: APP, id: sessionId('S'), newId, at: 0 }, HEARD);
        return true;
      };
      await subject.run();
      expect(deltas).to.deep.equal([{ id: 'S.new', actions: [`note ${SESSION_ID_NOTE}`] }]);
    });

    it('sends what is transferred to us meanwhile', async () => {
      put(session('S'));
      const subject = donation();
      onList = () => {
        if (lists.length === 1) {
          put(session('LATE'));
          subject.noticed({ type: 'sessionTransferred', context: APP, id: sessionId('LATE'), at: 0 }, null);
          subject.noticed({ type: 'sessionTransferred', context: APP, id: sessionId('S'), at: 0 }, null);
        }
        return true;
      };
      await subject.run();
      expect(lists.map(idsOf)).to.deep.equal([['S'], ['LATE']]);
    });
  });

  describe('while messages come that the asker drops', () => {
    const S = sessionId('S');
    const at = { context: APP, id: S, at: 0 };

    /** Lets `happen` happen when the first list has been sent. */
    function behindTheFirst(happen: () => void): void {
      onList = () => {
        if (lists.length === 1) {
          happen();
        }
        return true;
      };
    }

    it('sends a session again that they change, as it is then, and its supplement', async () => {
      put(withNote(session('S')), session('T'));
      const subject = donation();
      behindTheFirst(() => {
        put(withNote(session('S', 'java.util.UUID')));
        subject.noticed({ ...at, type: 'attributeChanged', name: 'java.util.UUID' }, DROPPED);
        subject.noticed({ ...at, id: sessionId('T'), type: 'attributeChanged', name: 'a' }, HEARD);
        subject.noticed({ ...at, id: sessionId('T'), type: 'sessionAccessed' }, DROPPED);
      });
      expect(await subject.run()).to.include({ failed: 0, missed: 0 });
      expect(lists.map(idsOf)).to.deep.equal([['S', 'T'], ['S']]);
      expect(lists[1]?.[0]?.names).to.deep.equal(['a', 'java.util.UUID']);
      expect(deltas).to.deep.equal([{ id: 'S', actions: [`note ${SESSION_ID_NOTE}`] }]);
    });

    it('sends one again that changes when what is to follow has been sent already', async () => {
      put(withNote(session('S')));
      const subject = donation();
      onDelta = () => {
        if (deltas.length === 1) {
          subject.noticed({ ...at, type: 'attributeChanged', name: 'a' }, DROPPED);
        }
      };
      await subject.run();
      expect(lists.map(idsOf)).to.deep.equal([['S'], ['S']]);
      expect(deltas).to.have.lengthOf(2);
    });

    it('sends one that they create', async () => {
      put(session('T'));
      const subject = donation();
      behindTheFirst(() => {
        put(session('S'));
        subject.noticed({ ...at, type: 'sessionCreated' }, DROPPED);
      });
      await subject.run();
      expect(lists.map(idsOf)).to.deep.equal([['T'], ['S']]);
    });

    it('sends the end of one that they end, unless it is there again', async () => {
      put(session('S'), session('T'));
      const subject = donation();
      behindTheFirst(() => {
        store.delete(APP, S);
        subject.noticed({ ...at, type: 'sessionExpired', reason: 'message' }, DROPPED);
        subject.noticed({ ...at, id: sessionId('T'), type: 'sessionExpired', reason: 'message' }, DROPPED);
      });
      await subject.run();
      expect(ended).to.deep.equal(['S']);
      expect(lists).to.have.lengthOf(1);
    });

    it('sends one whose id they change under the new one, and the end of the old one', async () => {
      put(session('S'));
      const subject = donation();
      const newId = sessionId('S.new');
      behindTheFirst(() => {
        store.delete(APP, S);
        put({ ...session('S'), id: newId });
        subject.noticed({ ...at, type: 'sessionIdChanged', newId }, DROPPED);
      });
      await subject.run();
      expect(lists.map(idsOf)).to.deep.equal([['S'], ['S.new']]);
      expect(ended).to.deep.equal(['S']);
    });

    it('sends one under the id that the asker has it by, where a change of id follows that it hears', async () => {
      put(session('S'));
      const subject = donation();
      const newId = sessionId('S.new');
      behindTheFirst(() => {
        subject.noticed({ ...at, type: 'attributeChanged', name: 'a' }, DROPPED);
        store.delete(APP, S);
        put({ ...session('S', 'java.util.UUID'), id: newId });
        subject.noticed({ ...at, type: 'sessionIdChanged', newId }, HEARD);
      });
      await subject.run();
      expect(lists.map(idsOf)).to.deep.equal([['S'], ['S']]);
      expect(lists[1]?.[0]?.names).to.include('java.util.UUID');
      expect(ended).to.deep.equal([]);
    });
  });

  it('makes smaller messages behind one that took long', async () => {
    for (let i = 0; i < 400; i++) {
      put(session(`S${i}`));
    }
    let now = 0;
    const clock = { ...systemClock, monotonic: () => now };
    const sizes: number[] = [];
    const subject = new Donation({
      store,
      clock,
      logger: silentLogger,
      slices: new Slices(systemClock),
      settings: { ...defaultDonorSettings, sendAllSessionsSize: 100 },
      context: APP,
      dialect: NEWEST_DIALECT,
      listedAt: LISTED_AT,
      sendExpired: () => Promise.resolve(true),
      sendList: (list) => {
        sizes.push(readSessionList(scanInput(list)).count);
        now += 2000;
        return Promise.resolve(true);
      },
      sendDelta: () => Promise.resolve(true),
    });
    await subject.run();
    expect(sizes.reduce((sum, size) => sum + size, 0)).to.equal(400);
    expect(sizes.slice(0, 6)).to.deep.equal([100, 50, 25, 13, 10, 10]);
  });

  it('ends at once when it is cancelled, whatever is on its way', async () => {
    put(session('S'));
    const subject = donation();
    onList = () => {
      subject.cancel();
      return new Promise(() => undefined);
    };
    expect(await subject.run()).to.include({ sessions: 0, messages: 1 });
  });

  it('counts what was not acknowledged, and ends where nothing is', async () => {
    for (let i = 0; i < 100; i++) {
      put(session(`S${i}`));
    }
    onList = () => false;
    expect(await run(NEWEST_DIALECT, { sendAllSessionsSize: 10 })).to.include({ sessions: 0, failed: 30 });
  });
});
