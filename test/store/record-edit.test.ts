import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { isTribesError, silentLogger, type SessionRecord, type ShareGroup } from '../../src/base/index.js';
import { DescriptorTable } from '../../src/store/descriptor-table.js';
import { RecordCodec } from '../../src/store/record-codec.js';
import { applyEdit, encodeEdit } from '../../src/store/record-edit.js';
import { EditFormat } from '../../src/store/record-state.js';
import { thrownBy } from '../support/errors.js';
import { arbitraryRecord, attribute, fullRecord, plain, sessionRecord } from './session-records.js';

describe('an edit of a session record', () => {
  const codec = new RecordCodec(new DescriptorTable({ logger: silentLogger }));

  /** The bytes of the edit that makes `after` of `before`. */
  function edit(before: SessionRecord | undefined, after: SessionRecord): Buffer {
    return Buffer.from(encodeEdit(before, after));
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

  it('makes every change that is no more than times and values', () => {
    const values = fc.array(fc.option(fc.uint8Array({ maxLength: 200 })), { maxLength: 12 });
    const access = fc.record({
      isNew: fc.boolean(),
      isValid: fc.boolean(),
      lastAccessedTime: fc.double({ noNaN: true }),
      thisAccessedTime: fc.double({ noNaN: true }),
      receivedAt: fc.double({ noNaN: true }),
      version: fc.nat(),
    });
    let updates = 0;
    fc.assert(
      fc.property(arbitraryRecord(), values, access, (before, streams, changed) => {
        const attributes = before.attributes.map((group, i) => {
          const stream = streams[i];
          return stream === undefined || stream === null || group.uncut === true
            ? group
            : { names: group.names, stream: Buffer.from(stream) };
        });
        const after = { ...before, ...changed, attributes };
        const bytes = edit(before, after);
        updates += bytes[0] === EditFormat.UPDATE ? 1 : 0;
        const made = applyEdit(codec.encode(before), bytes);
        expect(plain(codec.decode(after.context, made))).to.eql(after);
      }),
    );
    expect(updates).to.be.greaterThan(20);
  });

  it('keeps what stays of many attributes, wherever it stands', () => {
    const many = Array.from({ length: 40 }, (_, i) => attribute(`a${i}`, i % 2 === 0 ? 'Integer' : 'Long'));
    const before = sessionRecord({ attributes: many, notes: many.slice(0, 20) });
    for (const attributes of [many.slice(1), [...many].reverse(), [attribute('new', 'Long'), ...many]]) {
      const after = { ...before, version: 2, attributes, notes: before.notes.slice(1) };
      const bytes = edit(before, after);
      expect(bytes.length).to.be.lessThan(codec.encode(after).head.length + 600);
      expect(plain(codec.decode(after.context, applyEdit(codec.encode(before), bytes)))).to.eql(after);
    }
  });

  it('takes no room for what stays', () => {
    expect(edit(fullRecord, { ...fullRecord, version: 301 }).length).to.be.lessThan(64);
    const after = { ...fullRecord, version: 301, authType: 'FORM' };
    expect(edit(fullRecord, after).length).to.be.lessThan(codec.encode(after).head.length + 50);
  });

  for (const [kind, change] of [
    ['an update', { version: 2 }],
    ['a whole edit', { version: 2, authType: 'FORM' }],
  ] as const) {
    it(`is not carried out upon another record than that which it was made for: ${kind}`, () => {
      const before = sessionRecord({ attributes: [attribute('a', 'Integer')] });
      const after = { ...before, ...change };
      for (const other of [{ receivedAt: 1 }, { version: 3 }, { creationTime: 2 }]) {
        const parts = codec.encode({ ...before, ...other });
        const error = thrownBy('TRIBES_E_STORE_RECORD', () => applyEdit(parts, edit(before, after)));
        expect(error.message).to.match(
          /expected a record of version 1, received at \d+ at offset \d+, found version \d, received at \d+/,
        );
      }
      const error = thrownBy('TRIBES_E_STORE_RECORD', () => applyEdit(undefined, edit(before, after)));
      expect(error.message).to.match(/expected a record of .*, found none/);
    });
  }

  it('refuses a value for an attribute that is not there', () => {
    const before = sessionRecord({ attributes: [attribute('a', 'Integer'), attribute('b', 'Integer')] });
    const after = {
      ...before,
      version: 2,
      attributes: [before.attributes[0], attribute('b', 'Long')] as ShareGroup[],
    };
    const fewer = codec.encode({ ...before, attributes: before.attributes.slice(0, 1) });
    const error = thrownBy('TRIBES_E_STORE_RECORD', () => applyEdit(fewer, edit(before, after)));
    expect(error.message).to.match(/expected one of 1 attributes .* found that at place 1/);
  });

  it('is carried out as an earlier version wrote it', () => {
    const before = sessionRecord({ attributes: [attribute('a', 'Integer'), attribute('b', 'Long')] });
    const after = { ...before, version: 2, attributes: [...before.attributes].reverse() };
    const { head } = codec.encode(before);
    const whole = edit(before, after);
    const stateLength = 8 + 8 + 1;
    const checksum = Buffer.alloc(4);
    checksum.writeInt32BE(crc32(head) | 0);
    const earlier = Buffer.concat([Buffer.of(EditFormat.EARLIER), checksum, whole.subarray(2 + stateLength)]);
    expect(plain(codec.decode(after.context, applyEdit(codec.encode(before), earlier)))).to.eql(after);
    const other = codec.encode({ ...before, receivedAt: 1 });
    const error = thrownBy('TRIBES_E_STORE_RECORD', () => applyEdit(other, earlier));
    expect(error.message).to.match(
      /expected a record whose head has the checksum -?\d+ at offset 5, found -?\d+/,
    );
  });

  it('is carried out, or refused with its own error, whatever its bytes are', () => {
    const parts = codec.encode(fullRecord);
    const { attributes } = fullRecord;
    const values = attributes.map((group) => (group.uncut ? group : { ...group, stream: Buffer.alloc(5) }));
    const edits = [
      edit(fullRecord, { ...fullRecord, attributes: [...attributes].reverse() }),
      edit(fullRecord, { ...fullRecord, attributes: values }),
    ];
    for (const bytes of edits) {
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
    }
  });
});
