import { expect } from 'chai';
import fc from 'fast-check';
import {
  ACK_FRAME,
  decodeFrames,
  encodeFrame,
  encodeFrameHead,
  END_DATA,
  FAIL_ACK_FRAME,
  FRAME_OVERHEAD,
  isAck,
  isFailAck,
} from '../../src/wire/index.js';
import { vectorFiles } from '../support/vectors.js';
import { arbitraryBytes } from './arbitrary-member.js';
import { thrownBy } from '../support/errors.js';

describe('frame', () => {
  for (const [file, vectors] of vectorFiles('02-transport')) {
    describe(file, () => {
      for (const vector of vectors.filter(({ name }) => /^(ack|fail-ack|frame-)/.test(name))) {
        it(`decodes and re-encodes ${vector.name}`, () => {
          const frames = decodeFrames(vector.bytes);
          expect(frames.map((data) => data.toString('hex'))).to.deep.equal([vector.fields['data']]);
          expect(encodeFrame(frames[0] ?? Buffer.alloc(0)).equals(vector.bytes)).to.equal(true);
        });
      }

      it('acknowledges with the bytes of Constants.ACK_COMMAND and FAIL_ACK_COMMAND', () => {
        expect(vectors.find(({ name }) => name === 'ack')?.bytes.equals(ACK_FRAME)).to.equal(true);
        expect(vectors.find(({ name }) => name === 'fail-ack')?.bytes.equals(FAIL_ACK_FRAME)).to.equal(true);
      });
    });
  }

  it('tells acknowledgements from other data', () => {
    const [ack = Buffer.alloc(0), failAck = Buffer.alloc(0)] = decodeFrames(
      Buffer.concat([ACK_FRAME, FAIL_ACK_FRAME]),
    );
    expect([isAck(ack), isFailAck(ack), isAck(failAck), isFailAck(failAck)]).to.deep.equal([
      true,
      false,
      false,
      true,
    ]);
    expect(isAck(Buffer.from([6, 2, 3, 0]))).to.equal(false);
    expect(isFailAck(Buffer.alloc(0))).to.equal(false);
  });

  it('has every frame of a datagram, whatever its data hold, markers included', () => {
    const data = fc.oneof(arbitraryBytes(50), fc.constant(encodeFrame(Buffer.from('TLF2003FLT2002'))));
    fc.assert(
      fc.property(fc.array(data, { maxLength: 5 }), (list) => {
        expect(decodeFrames(Buffer.concat(list.map(encodeFrame)))).to.deep.equal(list);
      }),
    );
  });

  it('can be written in parts: head, data, END_DATA', () => {
    const data = Buffer.from('payload');
    const parts = Buffer.concat([encodeFrameHead(data.length), data, END_DATA]);
    expect(parts.equals(encodeFrame(data))).to.equal(true);
    expect(parts.length).to.equal(data.length + FRAME_OVERHEAD);
  });

  describe('refuses', () => {
    const frame = encodeFrame(Buffer.from('abc'));

    it('an incomplete frame', () => {
      for (let length = 1; length < frame.length; length++) {
        thrownBy('TRIBES_E_WIRE_TRUNCATED', () => decodeFrames(frame.subarray(0, length)));
      }
      for (const [file, vectors] of vectorFiles('02-transport')) {
        const incomplete = vectors.find(({ name }) => name === 'second-package-incomplete');
        expect(incomplete, file).to.exist;
        thrownBy('TRIBES_E_WIRE_TRUNCATED', () => decodeFrames(incomplete?.bytes ?? Buffer.alloc(0)));
      }
    });

    it('junk before, between and behind frames', () => {
      const junk = Buffer.alloc(20, 0x2a);
      for (const parts of [
        [junk, frame],
        [frame, junk, frame],
        [frame, junk],
      ]) {
        thrownBy('TRIBES_E_WIRE_MARKER', () => decodeFrames(Buffer.concat(parts)));
      }
    });

    it('a frame whose END_DATA is elsewhere', () => {
      const wrong = Buffer.from(frame);
      wrong.writeInt32BE(2, 7);
      thrownBy('TRIBES_E_WIRE_MARKER', () => decodeFrames(wrong));
    });

    it('lengths that are negative, or beyond the bytes', () => {
      const wrong = Buffer.from(frame);
      wrong.writeInt32BE(-1, 7);
      thrownBy('TRIBES_E_WIRE_LENGTH', () => decodeFrames(wrong));
      wrong.writeInt32BE(2 ** 31 - 1, 7);
      thrownBy('TRIBES_E_WIRE_TRUNCATED', () => decodeFrames(wrong));
    });
  });
});
