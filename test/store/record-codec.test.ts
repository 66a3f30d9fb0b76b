import { expect } from 'chai';
import fc from 'fast-check';
import { isTribesError, sessionId, silentLogger, type SessionRecord } from '../../src/base/index.js';
import { DescriptorTable } from '../../src/store/descriptor-table.js';
import { decodeRecord, decodeSummary, encodeRecord } from '../../src/store/record-codec.js';
import { thrownBy } from '../support/errors.js';
import { arbitraryRecord, fullRecord, sessionRecord, summaryOf } from './session-records.js';

const newTable = (): DescriptorTable => new DescriptorTable({ logger: silentLogger });

/** Sixteen bytes that no record of these tests has: views into a part would still show them. */
function overwrite(bytes: Buffer): void {
  bytes.fill(0xee);
}

describe('session record at rest', () => {
  it('decodes to what was encoded', () => {
    const table = newTable();
    fc.assert(
      fc.property(arbitraryRecord(), (record) => {
        const parts = encodeRecord(record, table);
        expect(decodeRecord(record.context, parts, table)).to.eql(record);
        expect(decodeSummary(record.context, parts.head)).to.eql(summaryOf(record));
      }),
    );
  });

  it('does not refer to the memory of its parts', () => {
    const table = newTable();
    const parts = encodeRecord(fullRecord, table);
    const decoded = decodeRecord(fullRecord.context, parts, table);
    const summary = decodeSummary(fullRecord.context, parts.head);
    overwrite(parts.head);
    overwrite(parts.body);
    expect(decoded).to.eql(fullRecord);
    expect(summary).to.eql(summaryOf(fullRecord));
  });

  it('is still read as version 1 wrote it', () => {
    const record = sessionRecord({
      id: sessionId('AB.jvm1'),
      authType: 'BASIC',
      attributes: [{ names: ['n', '\ud800'], stream: Buffer.from('aced000570', 'hex') }],
    });
    const { head, body } = encodeRecord(record, newTable());
    expect(head.toString('hex')).to.equal(
      '010e4278bcfe568000004278bcfe56be80004278bcfe56fd00004278bcfe573b800000000708010e41422e6a766d31' +
        '0a424153494310070707070707070707070707070707070102026e0500d8',
    );
    expect(body.toString('hex')).to.equal('070100700000');
  });

  it('is refused when a byte is missing at its end', () => {
    const table = newTable();
    const { head, body } = encodeRecord(fullRecord, table);
    for (let length = 0; length < head.length; length++) {
      const cut = { head: head.subarray(0, length), body };
      thrownBy('TRIBES_E_STORE_RECORD', () => decodeRecord(fullRecord.context, cut, table));
    }
    for (let length = 0; length < body.length; length++) {
      const cut = { head, body: body.subarray(0, length) };
      thrownBy('TRIBES_E_STORE_RECORD', () => decodeRecord(fullRecord.context, cut, table));
    }
  });

  it('is refused when something stands behind its end', () => {
    const table = newTable();
    const { head, body } = encodeRecord(fullRecord, table);
    const more = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.of(0)]);
    thrownBy('TRIBES_E_STORE_RECORD', () => decodeSummary(fullRecord.context, more(head)));
    thrownBy('TRIBES_E_STORE_RECORD', () => {
      decodeRecord(fullRecord.context, { head, body: more(body) }, table);
    });
  });

  it('decodes, or fails with its own error, whatever the bytes are', () => {
    const table = newTable();
    const mutation = fc.record({ place: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.nat(255) });
    fc.assert(
      fc.property(
        arbitraryRecord(),
        fc.array(mutation, { minLength: 1, maxLength: 5 }),
        (record, mutations) => {
          const { head, body } = encodeRecord(record, table);
          for (const { place, value } of mutations) {
            const bytes = place < 0.5 ? head : body;
            bytes[Math.floor(place * 2 * bytes.length) % bytes.length] = value;
          }
          try {
            decodeRecord(record.context, { head, body }, table);
          } catch (error) {
            expect(isTribesError(error, 'TRIBES_E_STORE_RECORD'), String(error)).to.equal(true);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('says what was expected where, and what was found', () => {
    const { head } = encodeRecord(sessionRecord(), newTable());
    head[0] = 9;
    const error = thrownBy('TRIBES_E_STORE_RECORD', () => decodeSummary(sessionRecord().context, head));
    expect(error.message).to.equal('stored session: expected record format 1 at offset 1, found 9');
  });

  it('is not believed about more names than there are bytes', () => {
    const table = newTable();
    const { head } = encodeRecord(sessionRecord(), table);
    const billion = Buffer.concat([head.subarray(0, -1), Buffer.from('80a8d6b907', 'hex')]);
    const error = thrownBy('TRIBES_E_STORE_RECORD', () => decodeSummary(sessionRecord().context, billion));
    expect(error.message).to.include('attribute groups, 2000000000 of them');
  });

  it('refuses numbers that it cannot hold, and keeps nothing', () => {
    const bad: Partial<SessionRecord>[] = [
      { version: -1 },
      { version: 1.5 },
      { maxInactiveInterval: 2 ** 31 },
    ];
    for (const fields of bad) {
      expect(() => encodeRecord(sessionRecord(fields), newTable())).to.throw(RangeError);
    }
  });
});
