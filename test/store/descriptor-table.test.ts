import { expect } from 'chai';
import { defaultStoreLimits, silentLogger } from '../../src/base/index.js';
import { DescriptorTable, type Descriptor } from '../../src/store/descriptor-table.js';
import { thrownBy } from '../support/errors.js';
import { recordingLogger } from '../support/recording-logger.js';

const bytesOf = (text: string): Buffer => Buffer.from(text);

describe('DescriptorTable', () => {
  it('gives a descriptor one number, and its bytes for that number', () => {
    const table = new DescriptorTable({ logger: silentLogger });
    const numbers = ['a', 'b', 'a', 'c', 'b'].map((text) => table.idOf(bytesOf(text)));
    expect(numbers).to.eql([0, 1, 0, 2, 1]);
    expect([0, 1, 2, 3].map((id) => table.bytesOf(id)?.toString())).to.eql(['a', 'b', 'c', undefined]);
    expect(table.byteLength).to.equal(3);
  });

  it('keeps a copy of the bytes', () => {
    const table = new DescriptorTable({ logger: silentLogger });
    const bytes = bytesOf('before');
    const id = table.idOf(bytes);
    bytes.fill(0);
    expect(table.bytesOf(id)?.toString()).to.equal('before');
  });

  it('keeps no more memory than the bytes', () => {
    const table = new DescriptorTable({ logger: silentLogger });
    const kept = table.bytesOf(table.idOf(bytesOf('short')));
    expect(kept?.buffer.byteLength).to.equal(5);
  });

  it('tells of each new descriptor once, and not of those that were at rest', () => {
    const told: Descriptor[] = [];
    const table = new DescriptorTable({ logger: silentLogger, onNew: (descriptor) => told.push(descriptor) });
    table.restore({ id: 4, bytes: bytesOf('old') });
    for (const text of ['old', 'new', 'new', 'old']) {
      table.idOf(bytesOf(text));
    }
    expect(told).to.eql([{ id: 5, bytes: bytesOf('new') }]);
  });

  it('never gives a number that was at rest, even if its descriptor was lost', () => {
    const table = new DescriptorTable({ logger: silentLogger });
    table.reserve(7);
    table.restore({ id: 3, bytes: bytesOf('old') });
    expect(table.idOf(bytesOf('new'))).to.equal(8);
    expect(table.bytesOf(7)).to.equal(undefined);
  });

  it('refuses more descriptors, or more bytes, than it may hold, and says so once', () => {
    for (const limits of [
      { ...defaultStoreLimits, maxDescriptors: 2, maxDescriptorBytes: 1000 },
      { ...defaultStoreLimits, maxDescriptors: 1000, maxDescriptorBytes: 10 },
    ]) {
      const { logger, lines } = recordingLogger();
      const table = new DescriptorTable({ logger, limits });
      table.idOf(bytesOf('five1'));
      table.idOf(bytesOf('five2'));
      thrownBy('TRIBES_E_STORE_DESCRIPTORS', () => table.idOf(bytesOf('five3')));
      thrownBy('TRIBES_E_STORE_DESCRIPTORS', () => table.idOf(bytesOf('five4')));
      expect(table.idOf(bytesOf('five2'))).to.equal(1);
      expect(lines('warn').length).to.equal(1);
    }
  });
});
