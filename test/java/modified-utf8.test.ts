import { expect } from 'chai';
import fc from 'fast-check';
import { decodeStrictly, decodeText, encodedLength, encodeText } from '../../src/java/modified-utf8.js';

function decode(hex: string): { value: string; bytes?: Buffer } {
  const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
  return decodeText(bytes, 0, bytes.length);
}

describe('modified UTF-8', () => {
  const canonical: readonly (readonly [string, string, string])[] = [
    ['ASCII', 'hello', '68 65 6c 6c 6f'],
    ['nothing', '', ''],
    ['NUL', '\0', 'c0 80'],
    ['two bytes', '\x80é\u07ff', 'c2 80 c3 a9 df bf'],
    ['three bytes', '\u0800€\uffff', 'e0 a0 80 e2 82 ac ef bf bf'],
    ['a surrogate pair, as two sequences', '😀', 'ed a0 bd ed b8 80'],
    ['lone surrogates', '\udc00a\ud800', 'ed b0 80 61 ed a0 80'],
    ['a replacement character that was written', '\ufffd', 'ef bf bd'],
  ];
  for (const [what, text, hex] of canonical) {
    it(`writes and reads ${what}`, () => {
      expect(encodeText(text).toString('hex')).to.equal(hex.replaceAll(' ', ''));
      expect(encodedLength(text)).to.equal(hex.replaceAll(' ', '').length / 2);
      expect(decode(hex)).to.deep.equal({ value: text });
    });
  }

  const odd: readonly (readonly [string, string, string, boolean])[] = [
    ['a plain NUL', '41 00', 'A\0', true],
    ['an overlong form of two bytes', 'c1 81', 'A', true],
    ['an overlong form of three bytes', 'e0 81 81', 'A', true],
    ['a continuation without beginning', '41 80', 'A\ufffd', false],
    ['a sequence that is cut off', 'e2 82', '\ufffd\ufffd', false],
    ['a sequence that is broken off', 'c3 41', '\ufffdA', false],
    ['four bytes of plain UTF-8', 'f0 9f 98 80', '\ufffd\ufffd\ufffd\ufffd', false],
  ];
  for (const [what, hex, text, understood] of odd) {
    it(`keeps the bytes of ${what}, which a JVM ${understood ? 'reads' : 'refuses'}`, () => {
      const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
      expect(decode(hex)).to.deep.equal({ value: text, bytes });
      expect(decodeStrictly(bytes, 0, bytes.length)).to.equal(understood ? text : undefined);
    });
  }

  it('gives back every sequence of UTF-16 units', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 }), (units) => {
        const text = String.fromCharCode(...units);
        const bytes = encodeText(text);
        expect(bytes.length).to.equal(encodedLength(text));
        expect(decodeText(bytes, 0, bytes.length)).to.deep.equal({ value: text });
      }),
    );
  });

  it('keeps or encodes any bytes, so that none are lost', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (array) => {
        const bytes = Buffer.from(array);
        const text = decodeText(bytes, 0, bytes.length);
        expect((text.bytes ?? encodeText(text.value)).equals(bytes)).to.be.true;
      }),
    );
  });

  it('reads texts longer than one chunk', () => {
    const text = 'é\ud83d'.repeat(50_000);
    const bytes = encodeText(text);
    expect(decodeText(bytes, 0, bytes.length).value).to.equal(text);
  });
});
