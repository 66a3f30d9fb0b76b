import { expect } from 'chai';
import fc from 'fast-check';
import { contextName, sessionId, type SessionRecord } from '../../src/base/index.js';
import { fromJs, scanInput, spliceOutput, writeStream } from '../../src/java/index.js';
import {
  DIALECTS,
  encodeDeltaRequest,
  encodeSessionMessage,
  readSessionList,
  sessionMessages,
  type DeltaAction,
  type Dialect,
  type SessionMessage,
} from '../../src/wire/index.js';
import { compileJava, describeWithJvm, runJava, sourceFile } from '../support/jvm.js';
import { vectorFiles } from '../support/vectors.js';
import { fakeMember } from './support/fake-channel.js';
import { history, type Said } from './support/histories.js';
import { settle, TestNode } from './support/node.js';
import { stringStream, valuesOf } from './support/streams.js';

const APP = contextName('localhost#/app');
const tomcat = fakeMember(4001);

/** The message with which a Tomcat says it. */
function messageOf({ id, timestamp, event }: Said): SessionMessage {
  switch (event.type) {
    case 'created':
      return sessionMessages.created(APP, id, timestamp, timestamp);
    case 'expired':
      return sessionMessages.expired(APP, id, timestamp);
    case 'accessed':
      return sessionMessages.accessed(APP, id, timestamp);
    case 'idChanged':
      return sessionMessages.changeSessionId(APP, id, event.newId, timestamp);
    case 'delta': {
      const { attributes, maxInactiveInterval, authType } = event.delta;
      const actions: DeltaAction<Buffer>[] = [
        ...attributes.set.map(({ names, stream }) => ({
          type: 'attribute' as const,
          action: 'set' as const,
          name: names[0] ?? '',
          value: stream,
        })),
        ...attributes.removed.map((name) => ({
          type: 'attribute' as const,
          action: 'remove' as const,
          name,
          value: undefined,
        })),
      ];
      if (maxInactiveInterval !== undefined) {
        const name = '__SET__MAXINTERVAL__';
        actions.push({ type: 'maxInactiveInterval', action: 'set', name, value: maxInactiveInterval });
      }
      if (authType !== undefined) {
        const action = authType === null ? 'remove' : 'set';
        actions.push({ type: 'authType', action, name: '__SET__AUTHTYPE__', value: authType ?? undefined });
      }
      const output = spliceOutput();
      encodeDeltaRequest({ sessionId: id, recordAllActions: true, actions }, output);
      return sessionMessages.delta(APP, id, output.toBuffer(), timestamp);
    }
  }
}

/** A session whose attributes are strings, in the words of ManagerCheck.java. */
function describeRecord(record: SessionRecord): string {
  const attributes = Object.entries(valuesOf(record.attributes)).map(([name, value]) => `${name}=${value}`);
  return [
    record.id,
    `created ${record.creationTime}`,
    `interval ${record.maxInactiveInterval}`,
    `new ${record.isNew}`,
    `auth ${record.authType}`,
    'nobody',
    `{${attributes.join(', ')}}`,
    '[]',
    'note null',
  ].join('|');
}

function sessionsOf(node: TestNode): string[] {
  const { sessions } = node.cluster.page({ limit: 1000 });
  return sessions.flatMap(({ id }) => node.cluster.find(id).map(describeRecord)).sort();
}

for (const [version, dialect, vectors] of [
  ['10.1', DIALECTS['tomcat-10.1.40'], '05-session-replication-tomcat10.1.60.json'],
  ['9', DIALECTS['tomcat-9.0.66'], '05-session-replication-tomcat9.0.70.json'],
] as const) {
  describeWithJvm(
    `SimpleTcpCluster beside the DeltaManager of Tomcat ${version}`,
    { tomcat: version },
    (classPath) => {
      /** Gives the messages of each round to a new manager; @returns the sessions of each at the end. */
      async function managerAfter(rounds: readonly (readonly Uint8Array[])[]): Promise<string[][]> {
        const classes = await compileJava([sourceFile('test/session/jvm/ManagerCheck.java')], classPath);
        const lines = rounds.flatMap((messages) => [
          'new',
          ...messages.map((message) => Buffer.from(message).toString('hex')),
          'dump',
        ]);
        const jvmOptions = ['--add-opens=java.base/java.lang=ALL-UNNAMED'];
        const command = { mainClass: 'ManagerCheck', classPath: [classes, classPath], jvmOptions };
        const answer = (await runJava(command, Buffer.from(lines.join('\n')))).toString();
        return answer
          .split('end\n')
          .slice(0, rounds.length)
          .map((dump) => dump.split('\n').filter((line) => line !== ''));
      }

      it('ends with the same sessions when messages come in order', async function () {
        this.timeout(60_000);
        const histories = fc.sample(history(true), { numRuns: 40, seed: 1 });
        const encoded = histories.map(({ said }) =>
          said.map((each) => encodeSessionMessage(messageOf(each), dialect)),
        );
        const theirs = await managerAfter(encoded);
        for (const [i, messages] of encoded.entries()) {
          const node = await new TestNode().join();
          for (const message of messages) {
            await node.channel.deliver(tomcat, message);
          }
          expect(sessionsOf(node), `history ${i}`).to.deep.equal(theirs[i]);
          await node.cluster.stop();
        }
      });

      it('gives it a state that it loads as it loads that of a Tomcat', async function () {
        this.timeout(60_000);
        const states = [...vectorFiles(vectors).values()]
          .flat()
          .filter(({ class: javaClass }) => javaClass === 'payload of EVT_ALL_SESSION_DATA')
          .map(({ bytes }) => sessionMessages.allSessionData(APP, bytes, 1));
        const served = await Promise.all(
          states.map((state) =>
            stateServedAfter(state, { ...dialect, noteSlots: hasNoteSlots(state) ? 'yes' : 'no' }),
          ),
        );
        const originals = states.map((state) => [encodeSessionMessage(state, dialect)]);
        const dumps = await managerAfter([...originals, ...served.map((message) => [message])]);
        expect(states).to.have.lengthOf.at.least(6);
        for (const i of states.keys()) {
          expect(dumps[states.length + i], `state ${i}`).to.deep.equal(dumps[i]);
        }
      });

      it('keeps shared objects shared, and values of every sort what they are', async function () {
        this.timeout(60_000);
        const id = sessionId('SHARED');
        const output = spliceOutput();
        const shared = fromJs(['in both']);
        const group = output.openGroup(writeStream({ contents: [shared, shared] }));
        output.writeUTF(id);
        output.writeBoolean(false);
        output.writeInt(3);
        for (const [name, index] of [
          ['a', 0],
          ['b', 1],
        ] as const) {
          output.writeInt(0);
          output.writeInt(0);
          output.writeUTF(name);
          output.writeBoolean(true);
          group.writeObject(index);
        }
        output.writeInt(0);
        output.writeInt(0);
        output.writeUTF('c');
        output.writeBoolean(true);
        output.writeObject(writeStream({ contents: [fromJs(['alone'])] }));
        const node = await new TestNode().join();
        await node.channel.say(tomcat, sessionMessages.created(APP, id, 1000, 1000));
        await node.channel.say(tomcat, sessionMessages.delta(APP, id, output.toBuffer(), 1001));
        const [record] = node.cluster.find(id);
        expect(record?.attributes.map(({ names }) => names)).to.deep.equal([['a', 'b'], ['c']]);
        const state = await serve(node, dialect);
        expect(await managerAfter([[state]])).to.deep.equal([
          [
            'SHARED|created 1000|interval 1800|new false|auth null|nobody|{a=[in both], b=[in both], c=[alone]}|[a=b]|note null',
          ],
        ]);
        // b leaves the group: the others are what they were.
        const removal = messageOf({
          id,
          timestamp: 1002,
          event: {
            type: 'delta',
            delta: {
              attributes: { set: [{ names: ['b'], stream: stringStream('new') }], removed: [] },
              notes: { set: [], removed: [] },
              listeners: [],
            },
          },
        });
        await node.channel.say(tomcat, removal);
        expect(await managerAfter([[await serve(node, dialect)]])).to.deep.equal([
          [
            'SHARED|created 1000|interval 1800|new false|auth null|nobody|{a=[in both], b=new, c=[alone]}|[]|note null',
          ],
        ]);
        await node.cluster.stop();
      });
    },
  );
}

/** Whether who wrote the state writes the slots for notes. */
function hasNoteSlots({ session }: SessionMessage): boolean {
  const [first] = readSessionList(scanInput(session ?? Buffer.alloc(0))).sessions;
  return first !== undefined && first.notes !== null;
}

/** The first message of the state that a node gives after it has been given `state`. */
async function stateServedAfter(state: SessionMessage, dialect: Dialect): Promise<Buffer> {
  const node = await new TestNode().join();
  await node.channel.say(tomcat, state);
  await settle();
  const served = await serve(node, dialect);
  await node.cluster.stop();
  return served;
}

async function serve(node: TestNode, dialect: Dialect): Promise<Buffer> {
  const asker = fakeMember(4009);
  node.channel.observeDialect(asker, { seen: 'memberImpl', uid: dialect.memberImplUid });
  node.channel.observeDialect(asker, { seen: 'noteSlots', present: dialect.noteSlots === 'yes' });
  const { principalForm: form } = dialect;
  if (form !== 'unknown') {
    node.channel.observeDialect(asker, { seen: 'principal', form });
  }
  node.channel.sent.length = 0;
  await node.channel.say(asker, sessionMessages.getAllSessions(APP, 1), dialect);
  await settle();
  const [first] = node.channel.sent;
  if (first === undefined) {
    throw new Error('nothing was sent');
  }
  return first.payload;
}
