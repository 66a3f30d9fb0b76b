import { expect } from 'chai';
import fc from 'fast-check';
import { isTribesError, sessionId, silentLogger, type SessionRecord } from '../../src/base/index.js';
import { DescriptorTable } from '../../src/store/descriptor-table.js';
import { RecordCodec, sizeAfter, sizeOf } from '../../src/store/record-codec.js';
import { StreamCodec } from '../../src/store/stream-codec.js';
import { decodeSummary } from '../../src/store/record-head.js';
import { thrownBy } from '../support/errors.js';
import {
  arbitraryRecord,
  fullRecord,
  jdkStream,
  plain,
  sessionRecord,
  summaryOf,
} from './session-records.js';

const newCodec = (): RecordCodec => new RecordCodec(new DescriptorTable({ logger: silentLogger }));

/** Sixteen bytes that no record of these tests has: views into a part would still show them. */
function overwrite(bytes: Buffer): void {
  bytes.fill(0xee);
}

describe('session record at rest', () => {
  it('decodes to what was encoded', () => {
    const codec = newCodec();
    fc.assert(
      fc.property(arbitraryRecord(), (record) => {
        const parts = codec.encode(record);
        expect(plain(codec.decode(record.context, parts))).to.eql(record);
        expect(decodeSummary(record.context, parts.head)).to.eql(summaryOf(record));
      }),
    );
  });

  it('counts what it takes in use by what its values and names take, and after a change as before', () => {
    fc.assert(
      fc.property(arbitraryRecord(), arbitraryRecord(), (record, other) => {
        const names = record.attributes.flatMap((group) => group.names);
        const texts = names.reduce((sum, { length }) => sum + length, 0);
        const streams = record.attributes.reduce((sum, { stream }) => sum + stream.length, 0);
        expect(sizeOf(record)).to.be.at.least(texts + streams);
        const attributes = record.attributes.map((group, i) => other.attributes[i] ?? group);
        const after = { ...record, attributes };
        expect(sizeAfter({ record, size: sizeOf(record) }, after)).to.equal(sizeOf(after));
      }),
    );
  });

  it('does not refer to the memory of its parts', () => {
    const codec = newCodec();
    const parts = codec.encode(fullRecord);
    const decoded = codec.decode(fullRecord.context, parts);
    const summary = decodeSummary(fullRecord.context, parts.head);
    overwrite(parts.head);
    overwrite(parts.body);
    expect(plain(decoded)).to.eql(fullRecord);
    expect(summary).to.eql(summaryOf(fullRecord));
  });

  it('has the bytes that it always had', () => {
    const record = sessionRecord({
      id: sessionId('AB.jvm1'),
      authType: 'BASIC',
      attributes: [{ names: ['n', '\ud800'], stream: Buffer.from('aced000570', 'hex') }],
    });
    const head = Buffer.from(
      '020e4278bcfe568000004278bcfe56be80004278bcfe56fd00004278bcfe573b800000000708010e41422e6a766d31' +
        '0a424153494310070707070707070707070707070707070102026e0500d800',
      'hex',
    );
    const body = Buffer.from('070100700000', 'hex');
    expect(newCodec().encode(record)).to.deep.equal({ head, body });
    expect(plain(newCodec().decode(record.context, { head, body }))).to.deep.equal(record);
  });

  it('packs a stream once, as long as it is the same buffer', () => {
    const codec = new StreamCodec(new DescriptorTable({ logger: silentLogger }));
    const stream = Buffer.from(jdkStream('HashMap'));
    const resting = codec.rest(stream);
    expect(resting.isPacked).to.be.true;
    expect(codec.rest(stream)).to.equal(resting);
    const unpacked = codec.unpack(resting);
    expect(unpacked).to.eql(stream).and.not.to.equal(stream);
    expect(codec.rest(unpacked)).to.equal(resting);
    expect(codec.rest(Buffer.from(stream)))
      .to.eql(resting)
      .and.not.to.equal(resting);
  });

  it('is refused when a byte is missing at its end', () => {
    const codec = newCodec();
    const { head, body } = codec.encode(fullRecord);
    for (let length = 0; length < head.length; length++) {
      const cut = { head: head.subarray(0, length), body };
      thrownBy('TRIBES_E_STORE_RECORD', () => codec.decode(fullRecord.context, cut));
    }
    for (let length = 0; length < body.length; length++) {
      const cut = { head, body: body.subarray(0, length) };
      thrownBy('TRIBES_E_STORE_RECORD', () => codec.decode(fullRecord.context, cut));
    }
  });

  it('is refused when something stands behind its end', () => {
    const codec = newCodec();
    const { head, body } = codec.encode(fullRecord);
    const more = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.of(0)]);
    thrownBy('TRIBES_E_STORE_RECORD', () => decodeSummary(fullRecord.context, more(head)));
    thrownBy('TRIBES_E_STORE_RECORD', () => {
      codec.decode(fullRecord.context, { head, body: more(body) });
    });
  });

  it('decodes, or fails with its own error, whatever the bytes are', () => {
    const codec = newCodec();
    const mutation = fc.record({ place: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.nat(255) });
    fc.assert(
      fc.property(
        arbitraryRecord(),
        fc.array(mutation, { minLength: 1, maxLength: 5 }),
        (record, mutations) => {
          const { head, body } = codec.encode(record);
          for (const { place, value } of mutations) {
            const bytes = place < 0.5 ? head : body;
            bytes[Math.floor(place * 2 * bytes.length) % bytes.length] = value;
          }
          try {
            // Whoever looks at the streams of what has been decoded is not disappointed.
            plain(codec.decode(record.context, { head, body }));
          } catch (error) {
            expect(isTribesError(error, 'TRIBES_E_STORE_RECORD'), String(error)).to.equal(true);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('says what was expected where, and what was found', () => {
    const { head } = newCodec().encode(sessionRecord());
    head[0] = 9;
    const error = thrownBy('TRIBES_E_STORE_RECORD', () => decodeSummary(sessionRecord().context, head));
    expect(error.message).to.equal('stored session: expected record format 2 at offset 1, found 9');
  });

  it('is not believed about more names than there are bytes', () => {
    const codec = newCodec();
    const { head } = codec.encode(sessionRecord());
    const billion = Buffer.concat([head.subarray(0, -2), Buffer.from('80a8d6b907', 'hex')]);
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
      expect(() => newCodec().encode(sessionRecord(fields))).to.throw(RangeError);
    }
  });
});
