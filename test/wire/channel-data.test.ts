import { expect } from 'chai';
import fc from 'fast-check';
import { uniqueId } from '../../src/base/index.js';
import {
  decodeChannelData,
  decodeFrames,
  encodeChannelData,
  encodeChannelDataHead,
  encodeFrame,
  type ChannelData,
} from '../../src/wire/index.js';
import { vectorFiles, type Vector } from '../support/vectors.js';
import {
  arbitraryBytes,
  arbitraryInt32,
  arbitraryInt64,
  arbitraryMember,
  arbitraryUniqueId,
} from './arbitrary-member.js';
import { thrownBy } from '../support/errors.js';
import { expectMember, type MemberFields } from './member-fields.js';

const arbitraryChannelData: fc.Arbitrary<ChannelData> = fc.record({
  options: arbitraryInt32,
  timestamp: arbitraryInt64,
  uniqueId: arbitraryUniqueId,
  member: arbitraryMember,
  message: arbitraryBytes(100),
});

/** Data of the frames in `bytes`, which may also be a package that has no frame. */
function packagesIn(vector: Vector): Buffer[] {
  return vector.bytes.toString('latin1', 0, 7) === 'FLT2002' ? decodeFrames(vector.bytes) : [vector.bytes];
}

function expectFields(data: ChannelData, fields: Readonly<Record<string, unknown>>): void {
  const seen: Record<string, unknown> = {
    options: data.options,
    timestamp: Number(data.timestamp),
    uniqueId: data.uniqueId,
    message: data.message.toString('hex'),
  };
  const named = Object.keys(seen).filter((key) => key in fields && typeof fields[key] === typeof seen[key]);
  expect(named).to.include('options');
  for (const key of named) {
    expect(seen[key], key).to.equal(fields[key]);
  }
  if ('member' in fields) {
    expectMember(data.member, fields['member'] as MemberFields);
  }
}

describe('channel data', () => {
  for (const prefix of ['01-membership', '02-transport', '03-interceptors']) {
    for (const [file, vectors] of vectorFiles(prefix)) {
      for (const vector of vectors.filter(({ fields }) => 'options' in fields)) {
        it(`decodes and re-encodes ${vector.name} of ${file}`, () => {
          const packages = packagesIn(vector);
          expect(packages).to.have.lengthOf(1);
          for (const bytes of packages) {
            const data = decodeChannelData(bytes);
            expectFields(data, vector.fields);
            expect(encodeChannelData(data).equals(bytes)).to.equal(true);
            const { memberBytes, ...rest } = data;
            expect(memberBytes).to.be.instanceOf(Buffer);
            expect(encodeChannelData(rest).equals(bytes)).to.equal(true);
          }
        });
      }
    }
  }

  for (const [file, vectors] of vectorFiles('02-transport')) {
    it(`finds both messages of two-packages of ${file}`, () => {
      const vector = vectors.find(({ name }) => name === 'two-packages');
      const messages = decodeFrames(vector?.bytes ?? Buffer.alloc(0)).map(
        (data) => decodeChannelData(data).message,
      );
      expect(messages.map((message) => message.toString('latin1'))).to.deep.equal(vector?.fields['messages']);
    });
  }

  it('is its own inverse, whole or in parts', () => {
    fc.assert(
      fc.property(arbitraryChannelData, (data) => {
        const bytes = encodeChannelData(data);
        const { memberBytes, ...decoded } = decodeChannelData(bytes);
        expect(decoded).to.deep.equal(data);
        expect(memberBytes).to.be.instanceOf(Buffer);
        expect(Buffer.concat([encodeChannelDataHead(data), data.message]).equals(bytes)).to.equal(true);
      }),
    );
  });

  it('views the message and the member package in place, so that nothing is copied', () => {
    fc.assert(
      fc.property(arbitraryChannelData, (data) => {
        const bytes = encodeChannelData(data);
        const { message, memberBytes } = decodeChannelData(bytes);
        expect(message.buffer).to.equal(bytes.buffer);
        expect(memberBytes?.buffer).to.equal(bytes.buffer);
      }),
      { numRuns: 10 },
    );
  });

  it('lets the receiver recognise the sender by its bytes', () => {
    const [data] = fc.sample(arbitraryChannelData, { numRuns: 1, seed: 1 });
    if (data === undefined) {
      throw new Error('no sample');
    }
    const known = { ...data.member, port: 9 };
    expect(decodeChannelData(encodeChannelData(data), () => known).member).to.equal(known);
  });

  describe('refuses', () => {
    const [data] = fc.sample(arbitraryChannelData, { numRuns: 1, seed: 2 });
    const bytes = encodeChannelData(data ?? expect.fail());

    it('every prefix of a package', () => {
      for (let length = 0; length < bytes.length; length++) {
        thrownBy('TRIBES_E_WIRE_TRUNCATED', () => decodeChannelData(bytes.subarray(0, length)));
      }
    });

    it('bytes behind the message', () => {
      const longer = Buffer.concat([bytes, Buffer.from([0])]);
      thrownBy('TRIBES_E_WIRE_TRAILING', () => decodeChannelData(longer));
    });

    it('an id that is not 16 bytes long', () => {
      const wrong = Buffer.from(bytes);
      wrong.writeInt32BE(15, 12);
      thrownBy('TRIBES_E_WIRE_LENGTH', () => decodeChannelData(wrong));
    });

    it('an empty or broken member package', () => {
      const noMember = Buffer.concat([bytes.subarray(0, 32), Buffer.alloc(8)]);
      thrownBy('TRIBES_E_WIRE_TRUNCATED', () => decodeChannelData(noMember));
      const wrong = Buffer.from(bytes);
      wrong.writeUInt8(0, 36);
      thrownBy('TRIBES_E_WIRE_MARKER', () => decodeChannelData(wrong));
    });

    it('to write an id that is not 16 bytes long', () => {
      const id = uniqueId(Buffer.alloc(15));
      thrownBy('TRIBES_E_WIRE_UNENCODABLE', () =>
        encodeChannelData({ ...(data ?? expect.fail()), uniqueId: id }),
      );
    });

    it('an acknowledgement', () => {
      const [ack = Buffer.alloc(0)] = decodeFrames(encodeFrame(Buffer.from([6, 2, 3])));
      thrownBy('TRIBES_E_WIRE_TRUNCATED', () => decodeChannelData(ack));
    });
  });
});
