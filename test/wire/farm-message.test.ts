import { expect } from 'chai';
import { readObject, writeStream } from '../../src/java/index.js';
import {
  byteMessageObject,
  byteMessageOf,
  fileMessageOf,
  undeployMessageOf,
  uniqueIdOf,
} from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';
import { tomcatName } from './member-fields.js';
import { hex, wireVectors } from './wire-vectors.js';

describe('file message', () => {
  for (const { name, file, bytes, fields } of wireVectors(['05-'], /FileMessage$/)) {
    it(`decodes ${name} of ${file}`, () => {
      const message = fileMessageOf(readObject(bytes));
      const { data, ...seen } = { ...message, totalNrOfMsgs: Number(message.totalNrOfMsgs) };
      const { dataArrayLength, ...expected } = fields;
      expect(seen).to.deep.equal(expected);
      expect(data).to.have.lengthOf(dataArrayLength as number);
    });
  }
});

describe('undeploy message', () => {
  for (const { name, file, bytes, fields } of wireVectors(['05-'], /UndeployMessage$/)) {
    it(`decodes ${name} of ${file}`, () => {
      const { address, ...message } = undeployMessageOf(readObject(bytes));
      const seen = {
        ...message,
        timestamp: Number(message.timestamp),
        address: address && tomcatName(address.member),
      };
      expect(seen).to.deep.equal(fields);
    });
  }

  it('is refused when it is something else', () => {
    thrownBy('TRIBES_E_WIRE_CLASS', () => undeployMessageOf(null));
    thrownBy('TRIBES_E_WIRE_CLASS', () => fileMessageOf(null));
  });
});

describe('byte message', () => {
  for (const { name, file, bytes, fields } of wireVectors(['02-'], /ByteMessage$/)) {
    it(`decodes and re-encodes ${name} of ${file}`, () => {
      const message = byteMessageOf(readObject(bytes));
      expect(hex(message)).to.equal(fields['message']);
      expect(hex(writeStream({ contents: [byteMessageObject(message)] }))).to.equal(hex(bytes));
    });
  }
});

describe('unique id object', () => {
  for (const { name, file, bytes, fields } of wireVectors(['02-'], /UniqueId$/)) {
    it(`decodes ${name} of ${file}`, () => {
      expect(hex(uniqueIdOf(readObject(bytes)))).to.equal(fields['id']);
    });
  }
});
