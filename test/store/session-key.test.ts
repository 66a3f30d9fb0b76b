import { expect } from 'chai';
import fc from 'fast-check';
import { sessionId } from '../../src/base/index.js';
import {
  contextOfKey,
  decodeCursor,
  encodeCursor,
  KEY_BYTES,
  sessionKey,
} from '../../src/store/session-key.js';
import { thrownBy } from '../support/errors.js';
import { arbitraryText } from './session-records.js';

const arbitraryNumber = fc.nat(2 ** 32 - 1);

describe('session key', () => {
  it('has one length, and begins with the number of the context', () => {
    fc.assert(
      fc.property(arbitraryNumber, arbitraryText, (context, id) => {
        const key = sessionKey(context, sessionId(id));
        expect(key.length).to.equal(KEY_BYTES);
        expect(contextOfKey(key)).to.equal(context);
      }),
    );
  });

  it('is the same for equal ids only, lone surrogates included', () => {
    fc.assert(
      fc.property(arbitraryText, arbitraryText, (one, other) => {
        const same = sessionKey(1, sessionId(one)).equals(sessionKey(1, sessionId(other)));
        expect(same).to.equal(one === other);
      }),
    );
    expect(sessionKey(1, sessionId('\ud800'))).not.to.eql(sessionKey(1, sessionId('\ufffd')));
  });

  it('is what it was when the first stores were written', () => {
    expect(sessionKey(258, sessionId('5A0B.jvm1')).toString('hex')).to.equal(
      '0000010292f28cf5ed013708f6c35c4043b27143f00d89a5',
    );
  });
});

describe('cursor', () => {
  it('brings its key back', () => {
    fc.assert(
      fc.property(arbitraryNumber, arbitraryText, (context, id) => {
        const key = sessionKey(context, sessionId(id));
        expect(decodeCursor(encodeCursor(key))).to.eql(key);
      }),
    );
  });

  it('is refused when it is anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        thrownBy('TRIBES_E_STORE_CURSOR', () => decodeCursor(text));
      }),
    );
  });
});
