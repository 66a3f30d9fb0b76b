import { expect } from 'chai';
import { plainView, readObject } from '../../src/java/index.js';
import {
  decodeMapEntries,
  decodeMapKey,
  decodeMapMessage,
  decodeMapState,
  DIALECTS,
  encodeMapEntries,
  encodeMapKey,
  encodeMapMessage,
  encodeMapState,
  learnDialect,
  MapMessageType,
  NEWEST_DIALECT,
  type Dialect,
  type MapMessage,
  type MapState,
} from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';
import { tomcatName } from './member-fields.js';
import { hex, wireVectors, type WireVector } from './wire-vectors.js';

const vectors = wireVectors(['04-', '05-', '08-'], /MapMessage$/);

/** Names that say what kind of value they carry: a vector's `value` is what the value reads as. */
const isAnswer = ({ name }: WireVector): boolean => /-answer/.test(name) && !/RETRIEVE/.test(name);

function nameOf(message: MapMessage): string | undefined {
  return Object.entries(MapMessageType).find(([, type]) => type === message.msgtype)?.[0];
}

/** What a message says, in the terms of the vectors. */
function fieldsOf(message: MapMessage): Record<string, unknown> {
  const { keydata, valuedata, primary, nodes, diffvalue } = message;
  return {
    mapId: hex(message.mapId),
    msgtype: message.msgtype,
    diff: message.diff,
    key: keydata && decodeMapKey(keydata),
    diffvalue: hex(diffvalue),
    primary: primary && tomcatName(primary.member),
    nodes: nodes && nodes.map((node) => node && tomcatName(node.member)),
    value: valuedata && plainView(readObject(valuedata)),
  };
}

describe('map message', () => {
  for (const vector of vectors) {
    const { name, file, bytes, dialect, fields } = vector;
    it(`decodes ${name} of ${file} and writes it as its Tomcat does`, () => {
      const message = decodeMapMessage(bytes);
      const seen = fieldsOf(message);
      for (const [field, value] of Object.entries(fields).filter(
        ([key]) => key in seen && !isAnswer(vector),
      )) {
        const expected =
          field === 'mapId' && value === 'localhost#/app-map' ? hex(Buffer.from(value)) : value;
        expect(seen[field], field).to.deep.equal(expected);
      }
      expect(message.msgtype).to.equal(fields['msgtype']);
      expect(hex(encodeMapMessage(message, dialect))).to.equal(hex(bytes));
    });
  }

  it('has a name for each type that occurs', () => {
    for (const { name, bytes } of vectors) {
      expect(name).to.include(`map-${String(nameOf(decodeMapMessage(bytes)))}`);
    }
  });

  it('tells the group of releases that its members come from', () => {
    for (const { name, file, bytes, dialect } of vectors.filter(({ name: it }) => it === 'map-BACKUP')) {
      let learned: Dialect = NEWEST_DIALECT;
      decodeMapMessage(bytes, (observation) => {
        learned = learnDialect(learned, observation);
      });
      expect(learned.memberImplUid, `${name} of ${file}`).to.equal(dialect.memberImplUid);
    }
  });

  it('keeps the members of one message apart by identity, and shares what was shared', () => {
    const [backup] = vectors.filter(({ name }) => name === 'map-BACKUP');
    const message = decodeMapMessage(backup?.bytes ?? Buffer.alloc(0));
    const dialect = DIALECTS['tomcat-10.1.40'];
    const once = encodeMapMessage({ ...message, nodes: [message.primary] }, dialect);
    const decoded = decodeMapMessage(once);
    expect(decoded.nodes?.[0]).to.equal(decoded.primary);
    const { primary } = message;
    const copy = primary && { ...primary };
    expect(encodeMapMessage({ ...message, nodes: [copy] }, dialect).length).to.be.greaterThan(once.length);
  });

  it('refuses a primary that is no member, and nodes that are no array', () => {
    const [backup] = vectors.filter(({ name }) => name === 'map-BACKUP');
    const bytes = backup?.bytes ?? Buffer.alloc(0);
    const className = Buffer.from('org.apache.catalina.tribes.membership.MemberImpl');
    const wrong = Buffer.from(bytes);
    wrong.write('X', wrong.indexOf(className), 'latin1');
    thrownBy('TRIBES_E_WIRE_CLASS', () => decodeMapMessage(wrong));
  });
});

describe('map entries', () => {
  const answers = vectors.filter(({ name }) => /^map-STATE(_COPY)?-answer$/.test(name));

  for (const { name, file, bytes, dialect, fields } of answers) {
    it(`of ${name} of ${file} decode, and are written as their Tomcat does`, () => {
      const { valuedata } = decodeMapMessage(bytes);
      const entries = decodeMapEntries(valuedata ?? Buffer.alloc(0));
      expect(entries).to.have.lengthOf(fields['entries'] as number);
      expect(hex(encodeMapEntries(entries, dialect))).to.equal(hex(valuedata));
    });
  }

  it('are an empty list when there are none, never null', () => {
    const empty = encodeMapEntries([], DIALECTS['tomcat-10.1.40']);
    expect(decodeMapEntries(empty)).to.deep.equal([]);
    thrownBy('TRIBES_E_WIRE_CLASS', () => decodeMapEntries(Buffer.from('aced000570', 'hex')));
  });

  it('are refused when there are fewer than announced', () => {
    const bytes = encodeMapEntries([], DIALECTS['tomcat-10.1.40']);
    const sizeAt = bytes.length - 4 - 2 - 1 - 4;
    bytes.writeInt32BE(2 ** 31 - 1, sizeAt);
    thrownBy('TRIBES_E_JAVA_TRUNCATED', () => decodeMapEntries(bytes));
    bytes.writeInt32BE(-1, sizeAt);
    thrownBy('TRIBES_E_WIRE_FIELD', () => decodeMapEntries(bytes));
  });
});

describe('map state', () => {
  for (const { name, file, bytes, fields } of vectors.filter(({ name: it }) =>
    it.startsWith('map-PING-answer'),
  )) {
    it(`of ${name} of ${file} decodes and re-encodes`, () => {
      const { valuedata } = decodeMapMessage(bytes);
      const state = decodeMapState(valuedata ?? Buffer.alloc(0));
      expect(state).to.equal(fields['value']);
      expect(hex(encodeMapState(state as MapState))).to.equal(hex(valuedata));
    });
  }

  it('is refused when it is another enum, or none', () => {
    const other = encodeMapState('NEW');
    other.write('X', other.indexOf('org'), 'latin1');
    thrownBy('TRIBES_E_WIRE_CLASS', () => decodeMapState(other));
    thrownBy('TRIBES_E_WIRE_CLASS', () => decodeMapState(encodeMapKey('NEW')));
  });
});

describe('map key', () => {
  it('is a string, whatever is in it', () => {
    for (const key of ['k1', '', 'nul \0', '\ud83d\ude00 \ud800']) {
      expect(decodeMapKey(encodeMapKey(key))).to.equal(key);
    }
    thrownBy('TRIBES_E_WIRE_CLASS', () => decodeMapKey(encodeMapState('NEW')));
  });
});
