import { expect } from 'chai';
import { silentLogger } from '../../src/base/index.js';
import { DescriptorTable } from '../../src/store/descriptor-table.js';
import { RecordCodec } from '../../src/store/record-codec.js';
import { attribute, javaString, plain, sessionRecord } from './session-records.js';

const ordinary = [
  { names: ['user'], stream: javaString('alice@example.com') },
  attribute('loggedIn', 'Boolean'),
  attribute('visits', 'Integer'),
  attribute('customer', 'Long'),
  attribute('rate', 'Double'),
  attribute('since', 'Date'),
  attribute('total', 'BigDecimal'),
  attribute('cart', 'ArrayList'),
  attribute('settings', 'LinkedHashMap'),
  attribute('trace', 'UUID'),
];

describe('room that values take at rest', () => {
  const record = sessionRecord({ attributes: ordinary });
  const standalone = ordinary.reduce((sum, { stream }) => sum + stream.length, 0);

  it('is less than a third of their standalone streams, once their classes are in the dictionary', () => {
    const table = new DescriptorTable({ logger: silentLogger });
    const codec = new RecordCodec(table);
    codec.encode(record);
    const dictionary = table.byteLength;
    const parts = codec.encode(record);
    expect(table.byteLength).to.equal(dictionary);
    expect(parts.body.length).to.be.below(standalone * 0.3);
    expect(plain(codec.decode(record.context, parts))).to.eql(record);
  });

  it('is that of their streams and a little when the dictionary is full, and they are kept all the same', () => {
    const limits = { maxDescriptors: 3, maxDescriptorBytes: 1000, maxSnapshotBytes: 65_536 };
    const table = new DescriptorTable({ logger: silentLogger, limits });
    const codec = new RecordCodec(table);
    const parts = codec.encode(record);
    expect(table.byteLength).to.be.at.most(1000);
    expect(parts.body.length).to.be.within(standalone * 0.5, standalone + 3 * ordinary.length);
    expect(plain(codec.decode(record.context, parts))).to.eql(record);
  });
});
