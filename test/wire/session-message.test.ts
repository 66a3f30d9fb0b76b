import { expect } from 'chai';
import { contextName, sessionId } from '../../src/base/index.js';
import { descOf, writeStream, type JavaFieldValue } from '../../src/java/index.js';
import {
  decodeNewSessionId,
  decodeSessionMessage,
  DIALECTS,
  encodeNewSessionId,
  encodeSessionMessage,
  SessionEventType,
  sessionMessages,
  type DialectObservation,
  type SessionMessage,
} from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';
import { hex, wireVectors } from './wire-vectors.js';

const CLASS = 'org.apache.catalina.ha.session.SessionMessageImpl';
const vectors = wireVectors(['05-', '08-'], /SessionMessageImpl$/);

/** The stream of a SessionMessageImpl of some other release: with these fields only. */
function messageWith(fields: readonly string[], values: JavaFieldValue[]): Buffer {
  const desc = descOf({ name: CLASS, suid: 2n, fields });
  return writeStream({ contents: [{ kind: 'object', desc, parts: [{ desc, values, annotation: null }] }] });
}

describe('session message', () => {
  for (const { name, file, bytes, dialect, fields } of vectors) {
    it(`decodes ${name} of ${file} and writes it as its Tomcat does`, () => {
      const message = decodeSessionMessage(bytes);
      const seen: Record<string, unknown> = {
        ...message,
        session: hex(message.session),
        timestamp: Number(message.timestamp),
      };
      for (const [field, value] of Object.entries(fields)) {
        expect(seen[field], field).to.equal(value);
      }
      expect(message.timestampSet).to.equal(!name.endsWith('-no-timestamp'));
      expect(hex(encodeSessionMessage(message, dialect))).to.equal(hex(bytes));
    });

    it(`tells from ${name} of ${file} whether the sender is a 7.0`, () => {
      const seen: DialectObservation[] = [];
      decodeSessionMessage(bytes, (observation) => seen.push(observation));
      expect(seen).to.deep.equal([{ seen: 'sessionMessage', uid: dialect.sessionMessageUid }]);
    });
  }

  describe('as our node sends it', () => {
    const context = contextName('localhost#/app');
    const id = sessionId('0123456789ABCDEF0123456789ABCDEF.node1');
    const now = 1_700_000_000_000;
    const newId = sessionId('FEDCBA9876543210FEDCBA9876543210.node2');
    const built = new Map<string, (session: Buffer) => SessionMessage>([
      ['EVT_SESSION_CREATED', () => sessionMessages.created(context, id, now, now)],
      ['EVT_SESSION_EXPIRED', () => sessionMessages.expired(context, id, now)],
      ['EVT_SESSION_ACCESSED', () => sessionMessages.accessed(context, id, now)],
      ['EVT_GET_ALL_SESSIONS', () => sessionMessages.getAllSessions(context, now)],
      ['EVT_ALL_SESSION_DATA', (session) => sessionMessages.allSessionData(context, session, now)],
      ['EVT_SESSION_DELTA', (session) => sessionMessages.delta(context, id, session, now)],
      ['EVT_ALL_SESSION_TRANSFERCOMPLETE', () => sessionMessages.transferComplete(context, now)],
      ['EVT_CHANGE_SESSION_ID', () => sessionMessages.changeSessionId(context, id, newId, now)],
      ['EVT_ALL_SESSION_NOCONTEXTMANAGER-no-timestamp', () => sessionMessages.noContextManager(context)],
    ]);
    for (const [name, build] of built) {
      it(`is the ${name} of a Tomcat`, () => {
        const theirs = vectors.filter((vector) => vector.name === name);
        expect(theirs).to.have.lengthOf(2);
        for (const { bytes, dialect } of theirs) {
          const session = decodeSessionMessage(bytes).session ?? Buffer.alloc(0);
          expect(hex(encodeSessionMessage(build(session), dialect))).to.equal(hex(bytes));
        }
      });
    }

    it('asks every manager of a node with a null context name', () => {
      const message = sessionMessages.getAllSessions(null, now);
      const decoded = decodeSessionMessage(encodeSessionMessage(message, DIALECTS['tomcat-10.1.40']));
      expect(decoded).to.deep.equal(message);
      expect(decoded).to.include({ contextName: null, eventType: SessionEventType.GET_ALL_SESSIONS });
    });
  });

  describe('of a release to come', () => {
    it('may lack fields, which read as a JVM reads them', () => {
      expect(decodeSessionMessage(messageWith(['I mEvtType'], [3]))).to.deep.equal({
        eventType: 3,
        contextName: null,
        sessionId: null,
        session: null,
        timestamp: 0n,
        timestampSet: false,
        uniqueId: null,
      });
    });

    it('may have more fields, in any order', () => {
      const fields = ['Ljava/lang/String; added', 'I mEvtType'];
      expect(decodeSessionMessage(messageWith(fields, [null, 3])).eventType).to.equal(3);
    });

    it('must not have fields of another type', () => {
      const error = thrownBy('TRIBES_E_WIRE_FIELD', () =>
        decodeSessionMessage(messageWith(['J mEvtType'], [3n])),
      );
      expect(error.message).to.include('mEvtType').and.include('expected int');
      const number = messageWith(['Ljava/lang/String; mSessionID'], [{ kind: 'class', desc: null }]);
      thrownBy('TRIBES_E_WIRE_FIELD', () => decodeSessionMessage(number));
    });

    it('must be of the class', () => {
      const [other] = wireVectors(['04-'], /RpcMessage$/);
      const error = thrownBy('TRIBES_E_WIRE_CLASS', () =>
        decodeSessionMessage(other?.bytes ?? Buffer.alloc(0)),
      );
      expect(error.message).to.include('RpcMessage');
      thrownBy('TRIBES_E_WIRE_CLASS', () => decodeSessionMessage(Buffer.from('aced000570', 'hex')));
    });
  });
});

describe('new session id', () => {
  for (const { name, file, bytes, fields } of wireVectors(['05-'], /EVT_CHANGE_SESSION_ID/)) {
    it(`decodes and re-encodes ${name} of ${file}`, () => {
      expect(decodeNewSessionId(bytes)).to.equal(fields['sessionId']);
      expect(hex(encodeNewSessionId(decodeNewSessionId(bytes)))).to.equal(hex(bytes));
    });
  }

  it('refuses a stream without a text', () => {
    thrownBy('TRIBES_E_JAVA_TRUNCATED', () => decodeNewSessionId(Buffer.from('aced0005', 'hex')));
    thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => decodeNewSessionId(Buffer.from('aced000570', 'hex')));
  });
});
