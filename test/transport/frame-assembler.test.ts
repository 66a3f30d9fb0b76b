import { expect } from 'chai';
import fc from 'fast-check';
import { isTribesError } from '../../src/base/index.js';
import { FrameAssembler } from '../../src/transport/index.js';
import { encodeFrame } from '../../src/wire/index.js';
import { thrownBy } from '../support/errors.js';
import { vectorFiles } from '../support/vectors.js';

const MAX = 2 ** 20;

function assemble(chunks: readonly Buffer[], maxFrameBytes = MAX): Buffer[] {
  const assembler = new FrameAssembler(maxFrameBytes);
  const frames: Buffer[] = [];
  chunks.forEach((chunk) => assembler.push(chunk, (data) => frames.push(data)));
  return frames;
}

function splitAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const borders = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
  return borders.slice(1).map((border, i) => bytes.subarray(borders[i], border));
}

/** Bytes that show when some of them are lost, doubled or exchanged. */
function patterned(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i += 61) {
    bytes[i] = (i + seed) % 251;
  }
  return bytes;
}

/** What was handed on, and where it ended in which error. */
function outcome(chunks: readonly Buffer[]): { frames: string[]; code?: string; offset?: unknown } {
  const assembler = new FrameAssembler(1000);
  const frames: string[] = [];
  try {
    for (const chunk of chunks) {
      assembler.cut(chunk, (bytes, start, end) => frames.push(bytes.toString('hex', start, end)));
    }
    return { frames };
  } catch (error) {
    if (!isTribesError(error)) {
      throw error;
    }
    return { frames, code: error.code, offset: error.params['offset'] };
  }
}

const texts = (frames: readonly Buffer[]): string[] => frames.map((data) => data.toString('latin1'));

describe('FrameAssembler', () => {
  const stream = Buffer.concat(
    ['one', '', 'FLT2002 and TLF2003 inside'].map((text) => encodeFrame(Buffer.from(text))),
  );

  it('takes several frames from one read', () => {
    expect(texts(assemble([stream]))).to.eql(['one', '', 'FLT2002 and TLF2003 inside']);
  });

  it('takes a stream that is split at any one position', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const frames = texts(assemble(splitAt(stream, [cut])));
      expect(frames, `cut at ${cut}`).to.eql(['one', '', 'FLT2002 and TLF2003 inside']);
    }
  });

  it('takes a stream byte by byte', () => {
    const bytes = [...stream].map((byte) => Buffer.from([byte]));
    expect(texts(assemble(bytes))).to.eql(['one', '', 'FLT2002 and TLF2003 inside']);
  });

  it('takes any frames in any reads', () => {
    const length = fc.oneof(fc.nat(100), fc.integer({ min: 50_000, max: 200_000 }));
    const payload = fc.tuple(length, fc.nat(255)).map(([size, seed]) => patterned(size, seed));
    fc.assert(
      fc.property(
        fc.array(payload, { maxLength: 6 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }),
        (payloads, cuts) => {
          const bytes = Buffer.concat(payloads.map((data) => encodeFrame(data)));
          const chunks = splitAt(
            bytes,
            cuts.map((at) => Math.floor(at * bytes.length)),
          );
          const again = Buffer.concat(assemble(chunks).map((data) => encodeFrame(data)));
          expect(again.equals(bytes)).to.equal(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  for (const [file, vectors] of vectorFiles('02-transport-tomcat')) {
    it(`takes the streams of ${file}`, () => {
      const counts = vectors
        .filter(({ fields }) => typeof fields['countPackages'] === 'number')
        .map(({ bytes, fields }) => [assemble([bytes]).length, fields['countPackages']]);
      expect(counts).to.eql([
        [2, 2],
        [1, 1],
      ]);
    });
  }

  it('hands on data that came in one read without a copy', () => {
    const [data] = assemble([stream]);
    expect(data?.buffer).to.equal(stream.buffer);
  });

  it('gathers a large frame as it came', () => {
    const data = patterned(30 * MAX, 7);
    const bytes = encodeFrame(data);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, i) =>
      bytes.subarray(i * 65_536, (i + 1) * 65_536),
    );
    const [gathered] = assemble(chunks, 40 * MAX);
    expect(gathered?.equals(data)).to.equal(true);
  });

  it('does not believe a length before a good part of the data is there', () => {
    const assembler = new FrameAssembler(2 ** 30);
    const claim = encodeFrame(Buffer.alloc(0)).subarray(0, 11);
    claim.writeInt32BE(2 ** 30, 7);
    const before = process.memoryUsage().arrayBuffers;
    assembler.push(claim, () => undefined);
    assembler.push(Buffer.alloc(1000), () => undefined);
    expect(process.memoryUsage().arrayBuffers - before).to.be.lessThan(2 ** 20);
    expect(assembler.bufferedBytes).to.equal(1000);
  });

  it('knows whether it is in the middle of a frame', () => {
    const assembler = new FrameAssembler(MAX);
    const bytes = encodeFrame(Buffer.from('data'));
    expect(assembler.isMidFrame).to.equal(false);
    for (let i = 0; i < bytes.length; i++) {
      assembler.push(bytes.subarray(i, i + 1), () => undefined);
      expect(assembler.isMidFrame, `after byte ${i}`).to.equal(i < bytes.length - 1);
    }
    expect(assembler.bufferedBytes).to.equal(0);
  });

  it('makes the same of whole frames as of single bytes, whatever is wrong with them', () => {
    const mutation = fc.record({ at: fc.nat(stream.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(mutation, { maxLength: 3 }), (mutations) => {
        const mutated = Buffer.from(stream);
        mutations.forEach(({ at, byte }) => (mutated[at] = byte));
        const bytes = [...mutated].map((byte) => Buffer.from([byte]));
        // A wrong marker is found as soon as it differs: what was found of it depends on what has come.
        expect(outcome([mutated])).to.eql(outcome(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  describe('refuses', () => {
    it('anything but START_DATA where a frame must begin, at its first byte', () => {
      const error = thrownBy('TRIBES_E_WIRE_MARKER', () => assemble([Buffer.from('G')]));
      expect(error.params).to.include({ marker: 'START_DATA', offset: 0, found: '47' });
    });

    it('a wrong byte in the middle of START_DATA', () => {
      thrownBy('TRIBES_E_WIRE_MARKER', () => assemble([Buffer.from('FLT'), Buffer.from('3')]));
    });

    it('junk behind a good frame, which it hands on first', () => {
      const frames: Buffer[] = [];
      const error = thrownBy('TRIBES_E_WIRE_MARKER', () =>
        new FrameAssembler(MAX).push(Buffer.concat([stream, Buffer.from('junk')]), (data) =>
          frames.push(data),
        ),
      );
      expect(texts(frames)).to.eql(['one', '', 'FLT2002 and TLF2003 inside']);
      expect(error.params).to.include({ offset: stream.length });
    });

    it('a wrong END_DATA', () => {
      const bytes = encodeFrame(Buffer.from('data'));
      bytes[bytes.length - 1] = 0x34;
      const error = thrownBy('TRIBES_E_WIRE_MARKER', () => assemble([bytes]));
      expect(error.params).to.include({ marker: 'END_DATA', offset: 15 });
    });

    it('a negative length', () => {
      const bytes = encodeFrame(Buffer.from('data'));
      bytes.writeInt32BE(-1, 7);
      thrownBy('TRIBES_E_WIRE_LENGTH', () => assemble([bytes]));
    });

    it('a frame that is too large, by its head alone, naming what can be done', () => {
      const bytes = encodeFrame(Buffer.alloc(101));
      assemble([bytes], 101);
      const error = thrownBy('TRIBES_E_FRAME_TOO_LARGE', () => assemble([bytes.subarray(0, 11)], 100));
      expect(error.message).to.contain('receiver.maxFrameBytes').and.contain('101').and.contain('100');
      expect(error.remedy).to.contain('sendAllSessions="false"');
    });

    it('every mutation of a frame, or hands on data of the declared length', () => {
      const bytes = encodeFrame(Buffer.from('some data to be changed'));
      fc.assert(
        fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
          const mutated = Buffer.from(bytes);
          mutated[at] = byte;
          const isInData = at >= 11 && at < bytes.length - 7;
          if (isInData || bytes[at] === byte) {
            expect(assemble([mutated]).length).to.equal(1);
          } else if (at < 7 || at >= bytes.length - 7) {
            thrownBy('TRIBES_E_WIRE_MARKER', () => assemble([mutated]));
          }
        }),
      );
    });
  });
});
