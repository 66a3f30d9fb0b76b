import { expect } from 'chai';
import {
  COORD_ALIVE,
  decodeCoordinationMessage,
  encodeCoordinationMessage,
  startsAlive,
  startsCoordination,
} from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';
import { vectorFiles } from '../support/vectors.js';

describe('the coordination message', () => {
  for (const [file, vectors] of vectorFiles('03-interceptors')) {
    for (const { name, bytes } of vectors.filter((vector) => /coordinator-COORD_/.test(vector.name))) {
      it(`${name} of ${file} is read, and written as it was`, () => {
        const message = decodeCoordinationMessage(bytes, 2);
        expect(message.type).to.equal(name.endsWith('CONF') ? 'confirmation' : 'request');
        expect([message.leader, message.source, ...message.members].map(({ port }) => port)).to.eql([
          4000, 4001, 4000, 4001,
        ]);
        expect(message.id).to.equal('8c8d8e8f909142939495969798999a9b');
        expect(encodeCoordinationMessage(message)).to.eql(bytes);
      });

      it(`${name} of ${file} is refused with more members than there may be, and cut off anywhere`, () => {
        thrownBy('TRIBES_E_WIRE_LENGTH', () => decodeCoordinationMessage(bytes, 1));
        for (let length = 0; length < bytes.length; length++) {
          expect(() => decodeCoordinationMessage(bytes.subarray(0, length), 2), String(length)).to.throw();
        }
      });

      it(`${name} of ${file} is known by its first bytes`, () => {
        expect(startsCoordination(bytes)).to.equal(true);
        expect(startsCoordination(bytes.subarray(0, 15))).to.equal(false);
        expect(startsAlive(bytes)).to.equal(false);
      });
    }

    it(`COORD_ALIVE is that of ${file}`, () => {
      const alive = vectors.find(({ name }) => name === 'coordinator-alive');
      expect(alive?.bytes).to.eql(COORD_ALIVE);
      expect(startsAlive(COORD_ALIVE)).to.equal(true);
    });
  }
});
