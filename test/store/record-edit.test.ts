import { expect } from 'chai';
import fc from 'fast-check';
import { isTribesError, silentLogger, type SessionRecord } from '../../src/base/index.js';
import { DescriptorTable } from '../../src/store/descriptor-table.js';
import { RecordCodec } from '../../src/store/record-codec.js';
import { applyEdit, checksumOf, encodeEdit } from '../../src/store/record-edit.js';
import { thrownBy } from '../support/errors.js';
import { arbitraryRecord, attribute, fullRecord, plain, sessionRecord } from './session-records.js';

describe('an edit of a session record', () => {
  const codec = new RecordCodec(new DescriptorTable({ logger: silentLogger }));

  /** The bytes of the edit that makes `after` of `before`. */
  function edit(before: SessionRecord | undefined, after: SessionRecord): Buffer {
    const edited = before && { record: before, headChecksum: checksumOf(codec.encode(before).head) };
    return Buffer.from(encodeEdit(edited, after).bytes);
  }

  it('makes one record of another', () => {
    fc.assert(
      fc.property(arbitraryRecord(), arbitraryRecord(), fc.boolean(), (one, other, keeps) => {
        const after = keeps
          ? { ...other, context: one.context, attributes: [...one.attributes].reverse(), notes: one.notes }
          : other;
        const made = applyEdit(codec.encode(one), edit(one, after));
        expect(plain(codec.decode(after.context, made))).to.eql(after);
      }),
    );
  });

  it('makes a record of nothing', () => {
    const made = applyEdit(undefined, edit(undefined, fullRecord));
    expect(plain(codec.decode(fullRecord.context, made))).to.eql(fullRecord);
  });

  it('says the checksum of the head that it makes', () => {
    const { headChecksum } = encodeEdit(undefined, fullRecord);
    expect(headChecksum).to.equal(checksumOf(codec.encode(fullRecord).head));
  });

  it('takes no room for what stays', () => {
    const after = { ...fullRecord, version: 301 };
    expect(edit(fullRecord, after).length).to.be.lessThan(codec.encode(after).head.length + 30);
  });

  it('is not carried out upon another record than that which it was made for', () => {
    const before = sessionRecord({ attributes: [attribute('a', 'Integer')] });
    const after = { ...before, version: 2 };
    const older = codec.encode({ ...before, receivedAt: 1 });
    const error = thrownBy('TRIBES_E_STORE_RECORD', () => applyEdit(older, edit(before, after)));
    expect(error.message).to.match(
      /expected a record whose head has the checksum -?\d+ at offset 5, found -?\d+/,
    );
    thrownBy('TRIBES_E_STORE_RECORD', () => applyEdit(undefined, edit(before, after)));
  });

  it('is carried out, or refused with its own error, whatever its bytes are', () => {
    const parts = codec.encode(fullRecord);
    const bytes = edit(fullRecord, { ...fullRecord, attributes: [...fullRecord.attributes].reverse() });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (place, value, length) => {
        const mutated = Buffer.from(bytes.subarray(0, Math.max(place + 1, length)));
        mutated[place] = value;
        try {
          applyEdit(parts, mutated);
        } catch (error) {
          expect(isTribesError(error, 'TRIBES_E_STORE_RECORD'), String(error)).to.equal(true);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
