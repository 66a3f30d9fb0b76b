import { expect } from 'chai';
import { contextName, defaultJavaLimits } from '../../src/base/index.js';
import {
  decodeSessionMessage,
  encodeSessionMessage,
  messageLimits,
  NEWEST_DIALECT,
  sessionMessages,
} from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';

describe('message limits', () => {
  it('let a whole state through that comes as one array', () => {
    expect(messageLimits.maxArrayCells).to.equal(messageLimits.maxBytes);
  });

  it('are those of the codec otherwise', () => {
    expect({ ...messageLimits, maxArrayCells: defaultJavaLimits.maxArrayCells }).to.deep.equal(
      defaultJavaLimits,
    );
  });

  it('can be narrowed', () => {
    const message = sessionMessages.allSessionData(contextName('/app'), Buffer.alloc(2000), 0);
    const bytes = encodeSessionMessage(message, NEWEST_DIALECT);
    const narrow = { ...messageLimits, maxArrayCells: 1000 };
    thrownBy('TRIBES_E_JAVA_LIMIT', () => decodeSessionMessage(bytes, () => undefined, narrow));
    expect(decodeSessionMessage(bytes).session).to.have.lengthOf(2000);
  });
});
