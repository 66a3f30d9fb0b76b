import { expect } from 'chai';
import { contextName, defaultJavaLimits, isTribesError, sessionId } from '../../src/base/index.js';
import {
  decodeSessionEvent,
  DIALECTS,
  encodeSessionMessage,
  sessionMessageForm,
  plainSessionEvent,
  sessionMessages,
  type DialectObservation,
  type SessionMessage,
} from '../../src/wire/index.js';
import { readByTemplate, templateAt } from '../../src/wire/session-message-template.js';
import { thrownBy } from '../support/errors.js';
import { Mutator } from './mutator.js';
import { wireVectors } from './wire-vectors.js';

const RUNS = Number(process.env['TRIBES_FUZZ_RUNS'] ?? 20_000);
const SEED = Number(process.env['TRIBES_FUZZ_SEED'] ?? 20_261_128);

const vectors = wireVectors(['05-', '08-'], /SessionMessageImpl$/);
const others = wireVectors(['04-'], /(Map|Rpc)Message$/);

/** What comes of `bytes`, and what is seen on the way: the event or the error, and the observations. */
function outcome(decode: typeof decodeSessionEvent, bytes: Buffer): unknown {
  const seen: DialectObservation[] = [];
  try {
    return [decode(bytes, (observation) => seen.push(observation), defaultJavaLimits), seen];
  } catch (error) {
    if (!isTribesError(error)) {
      throw error;
    }
    return [error.code, error.message, seen];
  }
}

const isByTemplate = (bytes: Buffer): boolean => {
  const template = templateAt(bytes);
  return template !== undefined && readByTemplate(bytes, template, defaultJavaLimits) !== undefined;
};

describe('a session event', () => {
  for (const { name, file, bytes } of vectors) {
    it(`is read by a template from ${name} of ${file}, as it is read without`, () => {
      expect(isByTemplate(bytes)).to.equal(true);
      expect(outcome(decodeSessionEvent, bytes)).to.deep.equal(outcome(plainSessionEvent, bytes));
    });
  }

  it(`is the same, or the same error, in ${RUNS} damaged messages, seed ${SEED}`, function () {
    this.timeout(0);
    const mutator = new Mutator(SEED);
    const good = vectors.map(({ bytes }) => bytes);
    let byTemplate = 0;
    for (let run = 0; run < RUNS; run++) {
      const bytes = mutator.damaged(mutator.pick(good), good);
      byTemplate += isByTemplate(bytes) ? 1 : 0;
      const got = outcome(decodeSessionEvent, bytes);
      expect(got, bytes.toString('hex')).to.deep.equal(outcome(plainSessionEvent, bytes));
    }
    expect(byTemplate).to.be.greaterThan(RUNS / 20);
  });

  describe('whose texts are not plain', () => {
    const id = sessionId('0123');
    const created = (message: Partial<SessionMessage>): Buffer =>
      encodeSessionMessage(
        { ...sessionMessages.created(contextName('/app'), id, 1, 1), ...message },
        DIALECTS['tomcat-10.1.40'],
      );

    it('has them all the same', () => {
      for (const text of ['', '/größe', '/日本', '/\ud83d\ude00', '/\0']) {
        const bytes = created({ contextName: text, sessionId: text });
        expect(isByTemplate(bytes)).to.equal(true);
        expect(decodeSessionEvent(bytes, () => undefined, defaultJavaLimits)).to.include({
          contextName: text,
          sessionId: text,
        });
      }
    });

    it('has what stands for them where they are no modified UTF-8', () => {
      const bytes = created({ sessionId: 'ABCD' });
      bytes[bytes.indexOf('ABCD') + 1] = 0xff;
      expect(isByTemplate(bytes)).to.equal(false);
      expect(outcome(decodeSessionEvent, bytes)).to.deep.equal(outcome(plainSessionEvent, bytes));
    });

    it('has times of any size, as numbers are rounded', () => {
      for (const timestamp of [0n, -1n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n), -(2n ** 53n) - 3n]) {
        const { timestamp: read } = decodeSessionEvent(
          created({ timestamp }),
          () => undefined,
          defaultJavaLimits,
        );
        expect(read).to.equal(Number(timestamp));
      }
    });
  });

  it('is bounded by the limits that the plain way has', () => {
    const message = sessionMessages.allSessionData(contextName('/app'), Buffer.alloc(2000), 0);
    const bytes = encodeSessionMessage(message, DIALECTS['tomcat-10.1.40']);
    const decode = (limits: object) => () =>
      decodeSessionEvent(bytes, () => undefined, { ...defaultJavaLimits, ...limits });
    expect(decode({ maxArrayCells: 1000 })().session).to.have.lengthOf(2000);
    thrownBy('TRIBES_E_JAVA_LIMIT', decode({ maxBytes: 2000 }));
    thrownBy('TRIBES_E_JAVA_LIMIT', decode({ maxStringBytes: 3 }));
    thrownBy('TRIBES_E_JAVA_LIMIT', decode({ maxHandles: 3 }));
  });
});

describe('a payload', () => {
  it('is told to be a session message by its first bytes', () => {
    for (const { bytes } of vectors) {
      expect(sessionMessageForm(bytes)).not.to.equal(undefined);
      // Also where the rest is missing, or of a release to come: whoever decodes it says so.
      expect(sessionMessageForm(bytes.subarray(0, 60))).not.to.equal(undefined);
      expect(sessionMessageForm(bytes.subarray(0, 50))).to.equal(undefined);
    }
    for (const { bytes } of others) {
      expect(sessionMessageForm(bytes)).to.equal(undefined);
    }
    expect(sessionMessageForm(Buffer.alloc(0))).to.equal(undefined);
  });
});
