import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { Cipher } from '../../src/store/cipher.js';
import {
  decodeSegmentHeader,
  encodeEntry,
  encodeFrame,
  encodeSegmentHeader,
  entryBytes,
  FRAME_HEAD_BYTES,
  newSegmentHeader,
  readSegment,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from '../../src/store/journal-segment.js';
import type { Unwritten } from '../../src/store/write-behind.js';

const bytes = (maxLength: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

const arbitraryEntry: fc.Arbitrary<Unwritten> = fc.record({
  place: fc.nat(2 ** 48 - 1),
  rows: fc.array(
    fc.record({
      database: fc.constantFrom('contexts' as const, 'heads' as const, 'bodies' as const, 'facts' as const),
      key: bytes(30),
      value: fc.option(bytes(100)),
    }),
    { maxLength: 3 },
  ),
});

/** A file with these frames, and where each of them ends. */
function fileOf(
  header: SegmentHeader,
  frames: readonly (readonly Unwritten[])[],
  cipher: Cipher | undefined,
): { readonly file: Buffer; readonly ends: readonly number[] } {
  let file = encodeSegmentHeader(header);
  const ends: number[] = [];
  for (const entries of frames) {
    const plain = Buffer.alloc(entries.reduce((sum, entry) => sum + entryBytes(entry), FRAME_HEAD_BYTES));
    let end = FRAME_HEAD_BYTES;
    for (const entry of entries) {
      end = encodeEntry(entry, plain, end);
    }
    file = Buffer.concat([file, encodeFrame(header, plain, file.length, cipher)]);
    ends.push(file.length);
  }
  return { file, ends };
}

for (const kind of ['plain', 'encrypted'] as const) {
  describe(`a file of the journal, ${kind}`, () => {
    const secret = randomBytes(32);
    const cipher = kind === 'plain' ? undefined : new Cipher(secret);
    const header = newSegmentHeader(randomBytes(16), 4711, kind === 'encrypted');
    const arbitraryFrames = fc.array(fc.array(arbitraryEntry, { minLength: 1, maxLength: 3 }), {
      maxLength: 5,
    });

    it('is read as it was written', () => {
      fc.assert(
        fc.property(arbitraryFrames, (frames) => {
          const { file } = fileOf(header, frames, cipher);
          expect(decodeSegmentHeader(file)).to.eql(header);
          expect(readSegment(file, header, cipher && new Cipher(secret))).to.eql({
            entries: frames.flat(),
            lostBytes: 0,
            tornBytes: 0,
          });
        }),
      );
    });

    it('is read up to the last whole frame when it was cut short, wherever that is', () => {
      fc.assert(
        fc.property(arbitraryFrames, fc.double({ min: 0, max: 1, noNaN: true }), (frames, where) => {
          const { file, ends } = fileOf(header, frames, cipher);
          const length = SEGMENT_HEADER_BYTES + Math.round((file.length - SEGMENT_HEADER_BYTES) * where);
          const whole = ends.filter((end) => end <= length);
          expect(readSegment(file.subarray(0, length), header, cipher)).to.eql({
            entries: frames.slice(0, whole.length).flat(),
            lostBytes: 0,
            tornBytes: length - (whole.at(-1) ?? SEGMENT_HEADER_BYTES),
          });
        }),
      );
    });

    it('loses the frames that are damaged, and no other', () => {
      const frames = Array.from({ length: 5 }, (_, number): Unwritten[] => [
        { place: number, rows: [{ database: 'heads', key: Buffer.of(number), value: randomBytes(50) }] },
      ]);
      const { file, ends } = fileOf(header, frames, cipher);
      fc.assert(
        fc.property(
          fc.nat(file.length - SEGMENT_HEADER_BYTES - 1),
          fc.integer({ min: 1, max: 255 }),
          (place, change) => {
            const damaged = Buffer.from(file);
            const offset = SEGMENT_HEADER_BYTES + place;
            damaged.writeUInt8(damaged.readUInt8(offset) ^ change, offset);
            const lost = ends.findIndex((end) => offset < end);
            const lostBytes = (ends[lost] ?? 0) - (ends[lost - 1] ?? SEGMENT_HEADER_BYTES);
            expect(readSegment(damaged, header, cipher)).to.eql({
              entries: frames.flat().filter((_, number) => number !== lost),
              // Nobody can tell a damaged end from one that was not written.
              lostBytes: lost === 4 ? 0 : lostBytes,
              tornBytes: lost === 4 ? lostBytes : 0,
            });
          },
        ),
      );
    });

    it('never takes for a frame what a session holds', () => {
      const { file: other } = fileOf(
        newSegmentHeader(header.storeId, 0, false),
        [[{ place: 1, rows: [] }]],
        undefined,
      );
      const value = other.subarray(SEGMENT_HEADER_BYTES);
      const entry: Unwritten = { place: 2, rows: [{ database: 'bodies', key: Buffer.of(1), value }] };
      const { file } = fileOf(header, [[entry]], cipher);
      file.writeUInt8(file.readUInt8(SEGMENT_HEADER_BYTES) ^ 1, SEGMENT_HEADER_BYTES);
      expect(readSegment(file, header, cipher).entries).to.eql([]);
    });
  });
}

describe('an encrypted file of the journal', () => {
  const secret = randomBytes(32);
  const header = newSegmentHeader(randomBytes(16), 0, true);
  const secretValue = Buffer.from('a session id, say');
  const frame = (place: number): Unwritten[] => [
    { place, rows: [{ database: 'heads', key: Buffer.of(1), value: secretValue }] },
  ];

  it('shows nothing of what it holds, and opens with its key only', () => {
    const { file } = fileOf(header, [frame(1)], new Cipher(secret));
    expect(file.includes(secretValue)).to.equal(false);
    const { entries, lostBytes } = readSegment(file, header, new Cipher(randomBytes(32)));
    expect(entries).to.eql([]);
    expect(lostBytes).to.equal(file.length - SEGMENT_HEADER_BYTES);
  });

  it('does not believe a frame that was moved', () => {
    const { file, ends } = fileOf(header, [frame(1), frame(2)], new Cipher(secret));
    const [first = 0, second = 0] = ends;
    const swapped = Buffer.concat([
      file.subarray(0, SEGMENT_HEADER_BYTES),
      file.subarray(first, second),
      file.subarray(SEGMENT_HEADER_BYTES, first),
    ]);
    expect(readSegment(swapped, header, new Cipher(secret)).entries).to.eql([]);
  });
});

describe('the header of a file of the journal', () => {
  it('is refused when any of its bits has changed, or a byte is missing', () => {
    const bytesOfHeader = encodeSegmentHeader(newSegmentHeader(randomBytes(16), 2 ** 48 - 1, true));
    for (let bit = 0; bit < bytesOfHeader.length * 8; bit++) {
      const damaged = Buffer.from(bytesOfHeader);
      damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(decodeSegmentHeader(damaged), `bit ${bit}`).to.equal(null);
    }
    expect(decodeSegmentHeader(bytesOfHeader.subarray(0, -1))).to.equal(null);
  });
});
