import { expect } from 'chai';
import { ByteWriter } from '../../src/java/byte-writer.js';

describe('a writer of bytes', () => {
  /** What was taken before must stay as it was, whatever is written later. */
  it('gives out memory that it never writes to again, whatever its size', () => {
    const writer = new ByteWriter(64);
    const taken: { bytes: Buffer; expected: Buffer }[] = [];
    for (let round = 0; round < 400; round++) {
      const length = (round * 37) % 300;
      const expected = Buffer.alloc(length, round % 251);
      const middle = Math.floor(length / 2);
      writer.bytes(expected.subarray(0, middle));
      writer.copy(expected, middle, length);
      expect(writer.length).to.equal(length);
      expect(writer.view().equals(expected)).to.be.true;
      taken.push({ bytes: writer.take(), expected });
      expect(writer.length).to.equal(0);
    }
    for (const [index, { bytes, expected }] of taken.entries()) {
      expect(bytes.equals(expected), `stream ${index}`).to.be.true;
    }
  });

  it('forgets what it is told to', () => {
    const writer = new ByteWriter(16);
    writer.bytes(Buffer.alloc(100, 1));
    writer.clear();
    writer.u8(7);
    expect(writer.take()).to.deep.equal(Buffer.of(7));
  });

  it('writes numbers with the highest byte first', () => {
    const writer = new ByteWriter();
    writer.u16(0x1234);
    writer.i32(-2);
    writer.u8i32(0x71, 0x7e0001);
    writer.i64(-3n);
    writer.f32(-1.5);
    writer.f64(Math.PI);
    const expected = Buffer.alloc(31);
    expected.writeUInt16BE(0x1234, 0);
    expected.writeInt32BE(-2, 2);
    expected.writeUInt8(0x71, 6);
    expected.writeInt32BE(0x7e0001, 7);
    expected.writeBigInt64BE(-3n, 11);
    expected.writeFloatBE(-1.5, 19);
    expected.writeDoubleBE(Math.PI, 23);
    expect(writer.view()).to.deep.equal(expected);
  });

  it('writes a short text at once only if it is ASCII without NUL', () => {
    const writer = new ByteWriter(8);
    expect(writer.shortUtf('abc', 0x74)).to.be.true;
    expect(writer.take()).to.deep.equal(Buffer.from('t\0\x03abc', 'latin1'));
    for (const text of ['a\0', 'caf\u00e9', '\u20ac', '\x7f\x80', 'x'.repeat(41)]) {
      expect(writer.shortUtf(text), text).to.be.false;
      expect(writer.length).to.equal(0);
    }
    expect(writer.shortUtf('\x01\x7f')).to.be.true;
    expect(writer.take()).to.deep.equal(Buffer.of(0, 2, 1, 0x7f));
  });
});
