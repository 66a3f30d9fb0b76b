import { expect } from 'chai';
import { readObject, writeStream, type JavaValue } from '../../src/java/index.js';
import {
  decodeStaticMemberMessage,
  encodeStaticMemberMessage,
  javaMemberOf,
  javaMembersOf,
  JavaMemberWriter,
  learnDialect,
  MEMBER_IMPL_UIDS,
  NEWEST_DIALECT,
  StaticMemberMessageType,
  type Dialect,
  type DialectObserver,
} from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';
import { expectMember, type MemberFields } from './member-fields.js';
import { hex, wireVectors } from './wire-vectors.js';

const objects = wireVectors(['01-', '08-'], /membership\.(MemberImpl|StaticMember)( as Java object.*)?$/);
const arrays = wireVectors(['01-'], /^\[Lorg\.apache\.catalina\.tribes\.Member;$/);
const messages = wireVectors(['01-'], /MemberMessage$/);

function write(value: JavaValue): string | null {
  return hex(writeStream({ contents: [value] }));
}

/** The dialect that a run of `decode` teaches. */
function learnedBy(decode: (observe: DialectObserver) => unknown): Dialect {
  let learned: Dialect = NEWEST_DIALECT;
  decode((observation) => {
    learned = learnDialect(learned, observation);
  });
  return learned;
}

describe('member object', () => {
  for (const { name, file, bytes, dialect, fields } of objects) {
    it(`decodes ${name} of ${file} and is written as its Tomcat does`, () => {
      const member = javaMemberOf(readObject(bytes)) ?? expect.fail();
      if ('host' in fields) {
        expectMember(member.member, fields as unknown as MemberFields);
      } else {
        expect(member.member.port).to.equal(fields['port']);
      }
      expect(member.javaClass).to.equal(name === 'java-static-member' ? 'StaticMember' : 'MemberImpl');
      expect(write(new JavaMemberWriter(dialect).write(member))).to.equal(hex(bytes));
    });

    it(`teaches from ${name} of ${file} the UIDs of its Tomcat`, () => {
      const learned = learnedBy((observe) => javaMemberOf(readObject(bytes), observe));
      expect(learned.memberImplUid).to.equal(dialect.memberImplUid);
      expect(learned.staticMemberUid).to.equal(dialect.staticMemberUid);
    });
  }

  it('comes from three groups of releases in the vectors', () => {
    const groups = new Set(objects.map(({ dialect }) => dialect.memberImplUid));
    expect(groups).to.deep.equal(new Set([MEMBER_IMPL_UIDS.C, MEMBER_IMPL_UIDS.D, MEMBER_IMPL_UIDS.F]));
  });

  it('may be null', () => {
    expect(javaMemberOf(null)).to.equal(null);
    expect(javaMembersOf(null)).to.equal(null);
  });

  it('is refused when its data package is', () => {
    const bytes = Buffer.from(
      objects.find(({ name }) => name === 'java-member-ipv4-minimal')?.bytes ?? Buffer.alloc(0),
    );
    bytes.write('X', bytes.indexOf('TRIBES-B'), 'latin1');
    thrownBy('TRIBES_E_WIRE_MARKER', () => javaMemberOf(readObject(bytes)));
  });

  it('is refused when it is of another class', () => {
    thrownBy('TRIBES_E_WIRE_CLASS', () => javaMemberOf({ kind: 'string', value: 'tcp://localhost:4000' }));
    thrownBy('TRIBES_E_WIRE_FIELD', () => javaMembersOf({ kind: 'string', value: 'tcp://localhost:4000' }));
  });
});

describe('member array', () => {
  for (const { name, file, bytes, dialect, fields } of arrays) {
    it(`decodes ${name} of ${file} and is written as its Tomcat does`, () => {
      const members = javaMembersOf(readObject(bytes)) ?? expect.fail();
      expect(members).to.have.lengthOf(fields['length'] as number);
      const nulls = members.flatMap((member, index) => (member === null ? [index] : []));
      expect(nulls).to.deep.equal(fields['nullAt']);
      expect(write(new JavaMemberWriter(dialect).writeArray(members))).to.equal(hex(bytes));
    });
  }
});

describe('static member message', () => {
  for (const { name, file, bytes, dialect, fields } of messages) {
    it(`decodes ${name} of ${file} and is written as its Tomcat does`, () => {
      const message = decodeStaticMemberMessage(bytes);
      expect(message.msgtype).to.equal(fields['msgtype']);
      expect(hex(message.membershipId)).to.equal(fields['membershipId']);
      expectMember(message.member?.member ?? expect.fail(), fields['member'] as MemberFields);
      expect(hex(encodeStaticMemberMessage(message, dialect))).to.equal(hex(bytes));
    });
  }

  it('has a name for each type', () => {
    for (const { name, bytes } of messages) {
      const { msgtype } = decodeStaticMemberMessage(bytes);
      const type = Object.entries(StaticMemberMessageType).find(([, code]) => code === msgtype)?.[0];
      expect(name).to.equal(`member-message-MSG_${String(type)}`);
    }
  });
});
