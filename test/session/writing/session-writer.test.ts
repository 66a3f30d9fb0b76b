import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { contextName, sessionId, type SessionId } from '../../../src/base/index.js';
import { ClassRules, fromJs, scanInput, vetValue, writeStream } from '../../../src/java/index.js';
import { sessionVersion, type SessionWriter, type WriteSettings } from '../../../src/session/index.js';
import {
  decodeDeltaRequest,
  decodeNewSessionId,
  DIALECTS,
  type SessionMessage,
} from '../../../src/wire/index.js';
import { rejectionOf } from '../../support/errors.js';
import { fakeMember } from '../support/fake-channel.js';
import { donor, eventName, settle, TestNode } from '../support/node.js';
import { stateOf, stringStream } from '../support/streams.js';
import { deltaMessage } from '../support/deltas.js';

const APP = contextName('localhost#/app');
const ID = sessionId('0123456789ABCDEF0123456789ABCDEF.node1');
const ME = { by: 'library' };

const rules = { classes: new ClassRules(['default']), maxBytes: 2 ** 16, maxDepth: 50 };
const write: WriteSettings = { vet: (stream) => vetValue(stream, rules), sendOptions: 6, maxPending: 3 };

const value = (of: unknown): Buffer => writeStream({ contents: [fromJs(of)] });

/** What a delta says, in words. */
function actionsOf({ session }: SessionMessage): string[] {
  return decodeDeltaRequest(scanInput(session ?? Buffer.alloc(0))).actions.map(
    ({ type, action, name, value: of }) =>
      `${action} ${type} ${name} ${typeof of === 'object' ? (of.className ?? 'null') : String(of)}`,
  );
}

/** What the log calls a session. */
const mark = (id: SessionId): string => createHash('sha256').update(id).digest('hex').slice(0, 12);

describe('SessionWriter', () => {
  const t1 = fakeMember(4001, 7_200_000);
  const t2 = fakeMember(4002, 3_600_000);
  let node: TestNode;
  let writer: SessionWriter;

  /** A node with two members and the session ID, whose attributes are a and b. */
  beforeEach(async () => {
    node = new TestNode({ write });
    const accessed = node.clock.now() - 60_000;
    donor(node, t1, new Map([[APP, stateOf(ID, accessed, { a: '1', b: '2' })]]));
    await node.join(t1, t2);
    await node.pass(5_000);
    node.channel.sent.length = 0;
    node.events.length = 0;
    if (node.cluster.writer === null) {
      throw new Error('the node does not write');
    }
    writer = node.cluster.writer;
  });

  const record = (id: SessionId = ID) => node.cluster.find(id, APP)[0];

  it('is there only where writing is switched on', () => {
    expect(new TestNode().cluster.writer).to.be.null;
  });

  describe('a change', () => {
    it('is one delta to every member, and one change of the session here', async () => {
      const before = record()?.version ?? 0;
      const edit = { set: new Map([['a', value(5)]]), remove: ['b', 'no such'], maxInactiveInterval: 60 };
      const outcome = await writer.change(APP, ID, edit, ME);
      expect(outcome.set).to.deep.equal([{ name: 'a', class: 'java.lang.Integer', bytes: 81 }]);
      expect(outcome.acknowledged).to.deep.equal([t1, t2]);
      expect(outcome.unacknowledged).to.deep.equal([]);
      expect(node.channel.sent.map(({ to }) => to)).to.deep.equal([t1, t2]);
      for (const { message, options } of node.channel.sent) {
        expect(options).to.equal(6);
        expect(eventName(message)).to.equal('SESSION_DELTA');
        expect(message).to.include({ sessionId: ID, contextName: APP, timestamp: BigInt(node.clock.now()) });
        expect(actionsOf(message)).to.deep.equal([
          'set maxInactiveInterval __SET__MAXINTERVAL__ 60',
          'remove attribute b undefined',
          'remove attribute no such undefined',
          'set attribute a java.lang.Integer',
        ]);
      }
      expect(node.attributes(ID)).to.deep.equal({ a: 5 });
      expect(record()).to.include({
        maxInactiveInterval: 60,
        version: before + 1,
        lastAccessedTime: node.clock.now(),
        source: node.channel.local.uniqueId,
      });
      expect(outcome.record).to.deep.equal(record());
      expect(node.events.map(({ type }) => type)).to.deep.equal([
        'attributeChanged',
        'attributeRemoved',
        'sessionChanged',
      ]);
    });

    it('goes to each member in its own dialect', async () => {
      node.channel.observeDialect(t2, {
        seen: 'sessionMessage',
        uid: DIALECTS['tomcat-7.0.104'].sessionMessageUid,
      });
      await writer.change(APP, ID, { remove: ['a'] }, ME);
      const [first, second] = node.channel.sent.map(({ payload }) => payload);
      expect(first?.equals(second ?? Buffer.alloc(0))).to.be.false;
    });

    it('is taken in, whoever does not acknowledge it, and says who has', async () => {
      node.channel.onSend = ({ to }) => {
        if (to === t1) {
          throw new Error('no answer within 3000 ms');
        }
      };
      const outcome = await writer.change(APP, ID, { set: new Map([['a', value('x')]]) }, ME);
      expect(outcome.acknowledged).to.deep.equal([t2]);
      expect(outcome.unacknowledged.map(({ member }) => member)).to.deep.equal([t1]);
      expect(outcome.unacknowledged[0]?.reason).to.contain('3000');
      expect(node.attributes(ID)).to.deep.equal({ a: 'x', b: '2' });
      expect(node.cluster.writer?.counters).to.include({ changed: 1, unacknowledged: 1 });
    });

    it('succeeds where the node is alone', async () => {
      node.channel.setMembers();
      const outcome = await writer.change(APP, ID, { remove: ['a'] }, ME);
      expect(outcome).to.deep.include({ acknowledged: [], unacknowledged: [] });
      expect(node.attributes(ID)).to.deep.equal({ b: '2' });
    });

    it('waits for the one before it, so that no member can take them in another order', async () => {
      const sent: string[] = [];
      let release: () => void = () => undefined;
      node.channel.onSend = async ({ to, message }) => {
        sent.push(`${to.port} ${actionsOf(message).join()}`);
        if (sent.length === 1) {
          await new Promise<void>((resolve) => (release = resolve));
        }
      };
      const both = [
        writer.change(APP, ID, { remove: ['a'] }, ME),
        writer.change(APP, ID, { set: new Map([['a', value(2)]]) }, ME),
      ];
      await settle();
      expect(sent).to.have.length(1);
      expect(node.attributes(ID)).to.deep.equal({ b: '2' });
      release();
      await Promise.all(both);
      expect(sent.map((each) => each.slice(0, 10))).to.deep.equal([
        '4001 remov',
        '4002 remov',
        '4001 set a',
        '4002 set a',
      ]);
      expect(node.attributes(ID)).to.deep.equal({ a: 2, b: '2' });
    });

    it('is refused when too many wait', async () => {
      let release: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => (release = resolve));
      node.channel.onSend = () => gate;
      const waiting = [1, 2, 3].map((of) => writer.change(APP, ID, { set: new Map([['a', value(of)]]) }, ME));
      await rejectionOf('TRIBES_E_WRITE_BUSY', writer.change(APP, ID, { remove: ['a'] }, ME));
      release();
      await Promise.all(waiting);
      await writer.change(APP, ID, { remove: ['a'] }, ME);
      expect(node.attributes(ID)).to.deep.equal({ b: '2' });
    });

    it('is made of the version that it is meant for, or not at all', async () => {
      const session = record();
      const version = session === undefined ? '' : sessionVersion(session);
      const options = { ifVersion: version };
      await writer.change(APP, ID, { remove: ['a'] }, ME, options);
      await rejectionOf('TRIBES_E_WRITE_VERSION', writer.change(APP, ID, { remove: ['b'] }, ME, options));
      await rejectionOf('TRIBES_E_WRITE_VERSION', writer.expire(APP, ID, ME, options));
      await rejectionOf('TRIBES_E_WRITE_VERSION', writer.changeId(APP, ID, ME, options));
      expect(node.attributes(ID)).to.deep.equal({ b: '2' });
    });

    it('sends nothing that is not allowed, and changes nothing then', async () => {
      const locale = Buffer.from(value({}));
      locale.write('java.util.LinkedHashMop', locale.indexOf('java.util.LinkedHashMap'), 'latin1');
      for (const [code, set] of [
        [
          'TRIBES_E_WRITE_CLASS',
          new Map([
            ['a', value(1)],
            ['c', locale],
          ]),
        ],
        ['TRIBES_E_WRITE_LIMIT', new Map([['c', value('x'.repeat(2 ** 16))]])],
        ['TRIBES_E_WRITE_NAME', new Map([['', value(1)]])],
        ['TRIBES_E_WRITE_STREAM', new Map([['c', Buffer.concat([value(1), Buffer.from([0x70])])]])],
      ] as const) {
        await rejectionOf(code, writer.change(APP, ID, { set }, ME));
      }
      await rejectionOf(
        'TRIBES_E_WRITE_NAME',
        writer.change(APP, ID, { set: new Map([['a', value(1)]]), remove: ['a'] }, ME),
      );
      await rejectionOf('TRIBES_E_WRITE_FIELD', writer.change(APP, ID, { maxInactiveInterval: 1.5 }, ME));
      await rejectionOf('TRIBES_E_WRITE_FIELD', writer.change(APP, ID, { maxInactiveInterval: 2 ** 31 }, ME));
      expect(node.channel.sent).to.deep.equal([]);
      expect(node.attributes(ID)).to.deep.equal({ a: '1', b: '2' });
      expect(node.cluster.writer?.counters).to.include({ refused: 7, changed: 0 });
    });

    it('needs a session that is there', async () => {
      await rejectionOf('TRIBES_E_WRITE_NO_SESSION', writer.change(APP, sessionId('X'), {}, ME));
      await rejectionOf('TRIBES_E_WRITE_NO_SESSION', writer.expire(contextName('other'), ID, ME));
    });
  });

  describe('order', () => {
    const theirs = (timestamp: number, values: Record<string, string>): SessionMessage =>
      deltaMessage(APP, ID, values, timestamp);

    it('does not let an older delta of another member undo a change by us', async () => {
      const sentAt = node.clock.now();
      await node.channel.say(t1, theirs(sentAt, { z: '0' })); // what their clock says is known from here on
      await node.pass(100);
      await writer.change(APP, ID, { set: new Map([['a', stringStream('ours')]]) }, ME);
      await node.channel.say(t1, theirs(sentAt + 50, { a: 'theirs, before', b: 'theirs, before' }));
      expect(node.attributes(ID)).to.include({ a: 'ours', b: 'theirs, before' });
      await node.pass(100);
      await node.channel.say(t1, theirs(node.clock.now(), { a: 'theirs, behind' }));
      expect(node.attributes(ID)).to.include({ a: 'theirs, behind' });
    });
  });

  describe('a new session', () => {
    it('is created at every member and then changed by a delta', async () => {
      const session = { set: new Map([['cart', value(['x'])]]), maxInactiveInterval: 90, jvmRoute: 'node2' };
      const { record: made, acknowledged } = await writer.create(APP, session, ME);
      expect(made?.id).to.match(/^[0-9A-F]{32}\.node2$/);
      expect(acknowledged).to.deep.equal([t1, t2]);
      expect(node.channel.sent.map(({ to, message }) => `${to.port} ${eventName(message)}`)).to.deep.equal([
        '4001 SESSION_CREATED',
        '4002 SESSION_CREATED',
        '4001 SESSION_DELTA',
        '4002 SESSION_DELTA',
      ]);
      expect(node.channel.sent[0]?.message.timestamp).to.equal(BigInt(made?.creationTime ?? 0));
      expect(made).to.include({ maxInactiveInterval: 90, isNew: false, isValid: true });
      expect(node.events.map(({ type }) => type)).to.deep.equal([
        'sessionCreated',
        'attributeChanged',
        'sessionChanged',
      ]);
    });

    it('has the idle limit of Tomcat when nobody says, and says it to all', async () => {
      const { record: made } = await writer.create(APP, {}, ME);
      expect(made?.maxInactiveInterval).to.equal(1800);
      const last = node.channel.sent.at(-1)?.message;
      expect(last && actionsOf(last)).to.deep.equal(['set maxInactiveInterval __SET__MAXINTERVAL__ 1800']);
      expect(made?.id).to.match(/^[0-9A-F]{32}$/);
    });

    it('needs a context that the cluster has, and a route that fits into a cookie', async () => {
      await rejectionOf('TRIBES_E_WRITE_NO_CONTEXT', writer.create(contextName('/none'), {}, ME));
      for (const jvmRoute of ['a b', 'a;b', 'a,b', 'a/b', 'ä', 'x'.repeat(65)]) {
        await rejectionOf('TRIBES_E_WRITE_FIELD', writer.create(APP, { jvmRoute }, ME));
      }
      expect(node.channel.sent).to.deep.equal([]);
      expect(node.cluster.contexts().map(({ name }) => name)).to.deep.equal([APP]);
    });
  });

  it('ends a session everywhere, so that what comes late does not bring it back', async () => {
    const outcome = await writer.expire(APP, ID, ME);
    expect(outcome.record).to.be.null;
    expect(node.sent()).to.deep.equal([`4001 SESSION_EXPIRED ${APP} 6`, `4002 SESSION_EXPIRED ${APP} 6`]);
    expect(record()).to.be.undefined;
    expect(node.events.map((event) => [event.type, 'reason' in event && event.reason])).to.deep.equal([
      ['sessionExpired', 'message'],
    ]);
    await node.channel.say(t1, deltaMessage(APP, ID, { a: 'late' }, node.clock.now()));
    expect(record()).to.be.undefined;
  });

  it('changes the id everywhere and keeps the route; what was said to the old id finds the session', async () => {
    const { record: after } = await writer.changeId(APP, ID, ME);
    expect(after?.id)
      .to.match(/^[0-9A-F]{32}\.node1$/)
      .and.not.equal(ID);
    for (const { message } of node.channel.sent) {
      expect([eventName(message), message.sessionId]).to.deep.equal(['CHANGE_SESSION_ID', ID]);
      expect(decodeNewSessionId(message.session ?? Buffer.alloc(0))).to.equal(after?.id);
    }
    expect(record()).to.be.undefined;
    await node.channel.say(t1, deltaMessage(APP, ID, { a: 'late' }, node.clock.now()));
    expect(node.attributes(after?.id ?? ID)).to.deep.equal({ a: 'late', b: '2' });
    await rejectionOf('TRIBES_E_WRITE_NO_SESSION', writer.changeId(APP, ID, ME));
  });

  it('tells of each write, done or refused, in the log, and never of a value', async () => {
    const origin = { by: 'write token', address: '127.0.0.1' };
    await writer.change(APP, ID, { set: new Map([['a', value('secret')]]), remove: ['b'] }, origin);
    const bad = new Map([['c', Buffer.from('aced000573720005612e42616400000000000000010200007870', 'hex')]]);
    await rejectionOf('TRIBES_E_WRITE_CLASS', writer.change(APP, ID, { set: bad }, origin));
    const [done] = node.lines('info').filter(({ message }) => message.startsWith('audit'));
    const [refused] = node.lines('warn').filter(({ message }) => message.startsWith('audit'));
    expect(done?.fields).to.deep.equal({
      operation: 'change',
      by: 'write token',
      address: '127.0.0.1',
      context: APP,
      sessionId: ID,
      session: mark(ID),
      set: [{ name: 'a', class: 'java.lang.String', bytes: 13 }],
      attributesSet: 1,
      remove: ['b'],
      attributesRemoved: 1,
      acknowledged: [t1.name, t2.name],
      unacknowledged: [],
    });
    expect(refused?.fields).to.include({
      operation: 'change',
      session: mark(ID),
      code: 'TRIBES_E_WRITE_CLASS',
    });
    expect(JSON.stringify([done, refused])).not.to.contain('secret');
  });

  it('tells in the log which session has which id now, without the ids', async () => {
    expect(mark(ID)).to.match(/^[0-9a-f]{12}$/);
    const { record: renamed } = await writer.changeId(APP, ID, ME);
    const line = node.lines('info').find(({ message }) => message.startsWith('audit'));
    const newId = renamed?.id ?? ID;
    expect(newId).not.to.equal(ID);
    expect(line?.fields).to.include({ session: mark(ID), newSession: mark(newId) });
  });

  it('refuses what there is no room for', async () => {
    node.store.checkRoom = () => {
      throw new Error('full');
    };
    const failure = await writer
      .change(APP, ID, { remove: ['a'] }, ME)
      .catch((error: unknown) => String(error));
    expect(failure).to.equal('Error: full');
    expect(node.channel.sent).to.deep.equal([]);
    expect(node.attributes(ID)).to.deep.equal({ a: '1', b: '2' });
  });
});
