import { expect } from 'chai';
import fc from 'fast-check';
import { uniqueId } from '../../src/base/index.js';
import {
  decodeMemberPackage,
  encodeMemberPackage,
  SHUTDOWN_PAYLOAD,
  startsMemberPackage,
} from '../../src/wire/index.js';
import { vectorFiles } from '../support/vectors.js';
import { arbitraryMember } from './arbitrary-member.js';
import { thrownBy } from '../support/errors.js';
import { expectMember, type MemberFields } from './member-fields.js';

const minimal = Buffer.from(
  '5452494245532d42010000000035' +
    '00000000000003e8' +
    '00000fa0ffffffffffffffff' +
    '047f000001' +
    '0000000000000000' +
    '0102030405064708890a0b0c0d0e0f10' +
    '00000000' +
    '5452494245532d450100',
  'hex',
);
const HOST_LENGTH_AT = 34;

function changed(bytes: Buffer, offset: number, hex: string): Buffer {
  const copy = Buffer.from(bytes);
  copy.write(hex, offset, 'hex');
  return copy;
}

describe('member package', () => {
  for (const [file, vectors] of vectorFiles('01-membership')) {
    describe(file, () => {
      for (const vector of vectors.filter(
        ({ name }) => name.startsWith('member-') && !name.includes('message'),
      )) {
        it(`decodes and re-encodes ${vector.name}`, () => {
          const member = decodeMemberPackage(vector.bytes);
          expectMember(member, vector.fields as unknown as MemberFields);
          expect(encodeMemberPackage(member).equals(vector.bytes)).to.equal(true);
        });
      }

      for (const vector of vectors.filter(({ name }) => /^order-(alive|absolute)/.test(name))) {
        it(`reads each of the packages that stand one behind the other in ${vector.name}`, () => {
          const decoded = [];
          for (let offset = 0; offset < vector.bytes.length;) {
            const member = decodeMemberPackage(vector.bytes, offset);
            offset += encodeMemberPackage(member).length;
            decoded.push(member);
          }
          expect(decoded).to.have.lengthOf((vector.fields['order'] as string[]).length);
          expect(Buffer.concat(decoded.map(encodeMemberPackage)).equals(vector.bytes)).to.equal(true);
        });
      }
    });
  }

  it('is its own inverse for every member', () => {
    fc.assert(
      fc.property(arbitraryMember, (member) => {
        expect(decodeMemberPackage(encodeMemberPackage(member))).to.deep.equal(member);
      }),
    );
  });

  it('holds no reference to the bytes that it was read from', () => {
    const bytes = Buffer.from(minimal);
    const member = decodeMemberPackage(bytes);
    bytes.fill(0xff);
    expect(member.host.toString('hex')).to.equal('7f000001');
  });

  it('passes over bytes behind the package and behind the last field of its body, as MemberImpl.getMember', () => {
    const longerBody = Buffer.concat([
      minimal.subarray(0, -10),
      Buffer.from('aabb', 'hex'),
      minimal.subarray(-10),
    ]);
    expect(decodeMemberPackage(changed(longerBody, 10, '00000037')).port).to.equal(4000);
    expect(decodeMemberPackage(Buffer.concat([minimal, Buffer.from([1])])).port).to.equal(4000);
  });

  it('says that the command of a leaving member is BABY-ALEX', () => {
    expect(SHUTDOWN_PAYLOAD.toString('hex')).to.equal('424142592d414c4558');
  });

  it('recognises a heartbeat by its begin marker', () => {
    expect(startsMemberPackage(minimal)).to.equal(true);
    expect(startsMemberPackage(minimal.subarray(0, 9))).to.equal(false);
    expect(startsMemberPackage(Buffer.from('FLT2002......'))).to.equal(false);
  });

  describe('refuses', () => {
    it('bytes without the begin marker', () => {
      const error = thrownBy('TRIBES_E_WIRE_MARKER', () => decodeMemberPackage(changed(minimal, 0, '00')));
      expect(error.message).to.include('begin marker at offset 0').and.include('5452494245532d420100');
    });

    it('every prefix of a package', () => {
      for (let length = 0; length < minimal.length; length++) {
        thrownBy('TRIBES_E_WIRE_TRUNCATED', () => decodeMemberPackage(minimal.subarray(0, length)));
        thrownBy('TRIBES_E_WIRE_TRUNCATED', () => decodeMemberPackage(minimal, 0, length));
      }
    });

    it('a package whose end marker is not where the body ends', () => {
      thrownBy('TRIBES_E_WIRE_MARKER', () => decodeMemberPackage(changed(minimal, 67, '00')));
      thrownBy('TRIBES_E_WIRE_MARKER', () => decodeMemberPackage(changed(minimal, 10, '00000034')));
    });

    it('a body length beyond the bytes, without allocating it', () => {
      thrownBy('TRIBES_E_WIRE_TRUNCATED', () => decodeMemberPackage(changed(minimal, 10, '7fffffff')));
    });

    it('negative lengths, naming field and offset', () => {
      const error = thrownBy('TRIBES_E_WIRE_LENGTH', () =>
        decodeMemberPackage(changed(minimal, HOST_LENGTH_AT, '80')),
      );
      expect(error.message).to.include('-128').and.include('host').and.include('offset 34');
      thrownBy('TRIBES_E_WIRE_LENGTH', () => decodeMemberPackage(changed(minimal, 39, 'ffffffff')));
      thrownBy('TRIBES_E_WIRE_LENGTH', () => decodeMemberPackage(changed(minimal, 10, '80000000')));
    });

    it('to write a host of more than 127 bytes', () => {
      const member = { ...decodeMemberPackage(minimal), host: Buffer.alloc(128) };
      thrownBy('TRIBES_E_WIRE_UNENCODABLE', () => encodeMemberPackage(member));
    });

    it('to write an id that is not 16 bytes long', () => {
      const member = { ...decodeMemberPackage(minimal), uniqueId: uniqueId(Buffer.alloc(17)) };
      thrownBy('TRIBES_E_WIRE_UNENCODABLE', () => encodeMemberPackage(member));
    });
  });
});
