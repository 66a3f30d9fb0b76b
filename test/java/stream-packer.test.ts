import { expect } from 'chai';
import fc from 'fast-check';
import { cut, packStream, scanStream, unpackStream, writeStream } from '../../src/java/index.js';
import { thrownBy } from '../support/errors.js';
import { vectorFiles } from '../support/vectors.js';
import { arbitraryStream, arbitraryValues } from './kit/arbitrary-graph.js';
import { bytes, classDesc, int, ref, stream, string } from './kit/bytes.js';
import { MapDictionary } from './kit/map-dictionary.js';

const PLAIN = 0;
const PACKED = 1;

describe('a packed stream', () => {
  it('is unpacked to the same bytes, whatever it holds', () => {
    const dictionary = new MapDictionary();
    fc.assert(
      fc.property(arbitraryStream, (graph) => {
        const original = writeStream(graph);
        expect(unpackStream(packStream(original, dictionary), dictionary).equals(original)).to.be.true;
      }),
    );
  });

  it('is unpacked to the same bytes when it was cut', () => {
    const dictionary = new MapDictionary();
    fc.assert(
      fc.property(arbitraryValues, (values) => {
        const original = cut(scanStream(writeStream({ contents: values })).values);
        expect(unpackStream(packStream(original, dictionary), dictionary).equals(original)).to.be.true;
      }),
    );
  });

  it('takes about half the bytes for ten ordinary values, each a stream of its own', () => {
    const ordinary = [
      'string-ascii',
      'Integer',
      'Long',
      'Boolean',
      'Double',
      'Date',
      'BigDecimal',
      'UUID',
      'ArrayList',
      'HashMap',
    ];
    const vectors = [...vectorFiles('06-').values()].flat();
    const dictionary = new MapDictionary();
    let before = 0;
    let after = 0;
    for (const name of ordinary) {
      const original = vectors.find((vector) => vector.name === name)?.bytes ?? Buffer.alloc(0);
      const packed = packStream(original, dictionary);
      expect(unpackStream(packed, dictionary).equals(original)).to.be.true;
      before += original.length;
      after += packed.length;
    }
    expect(before).to.be.within(900, 1300);
    expect(after).to.be.below(before / 2);
  });

  it('adds each descriptor to the dictionary once, with its superclasses', () => {
    const dictionary = new MapDictionary();
    const integer = (value: number): Buffer =>
      stream('73', classDesc('Integer', 2, [['I value']], classDesc('Number', 2)), int(value));
    expect(packStream(integer(7), dictionary)).to.deep.equal(bytes('01 01 01 00 00', '73', int(7)));
    expect(packStream(integer(8), dictionary)).to.deep.equal(bytes('01 01 01 00 00', '73', int(8)));
    expect(dictionary.size).to.equal(1);
  });

  it('is stored as it is where a descriptor does not stand as a JVM writes it', () => {
    const dictionary = new MapDictionary();
    const twice = stream('76', classDesc('A', 2), '76', classDesc('A', 2));
    const equalTypes = stream(
      '76',
      classDesc('A', 2, [
        ['L a', string('LA;')],
        ['L b', string('LA;')],
      ]),
    );
    for (const original of [twice, equalTypes]) {
      const packed = packStream(original, dictionary);
      expect(packed[0]).to.equal(PLAIN);
      expect(unpackStream(packed, dictionary).equals(original)).to.be.true;
    }
  });

  it('is packed where a type string is a reference to the same type of another class', () => {
    const dictionary = new MapDictionary();
    const original = stream(
      '76',
      classDesc('A', 2, [['L a', string('LA;')]]),
      '76',
      classDesc('B', 2, [['L b', ref(1)]], ref(0)),
    );
    const packed = packStream(original, dictionary);
    expect(packed[0]).to.equal(PACKED);
    expect(unpackStream(packed, dictionary).equals(original)).to.be.true;
  });

  it('is stored as it is when it has resets, exceptions or opaque bytes', () => {
    const desc = classDesc('A', 2);
    const externalizableV1 = classDesc('A', 4);
    for (const original of [
      stream('73', desc, '79'),
      stream('7b73', desc),
      stream('73', externalizableV1, '0102'),
    ]) {
      expect(packStream(original, new MapDictionary())[0]).to.equal(PLAIN);
    }
  });

  describe('that is damaged', () => {
    const dictionary = new MapDictionary();
    const packed = packStream(stream('73', classDesc('A', 2, [['I i']]), int(1)), dictionary);

    it('is refused when its form is unknown', () => {
      thrownBy('TRIBES_E_JAVA_PACKED', () => unpackStream(bytes('07', packed), dictionary));
    });

    it('is refused when its dictionary does not know a descriptor, or knows nonsense', () => {
      thrownBy('TRIBES_E_JAVA_PACKED', () => unpackStream(packed, new MapDictionary()));
      for (const nonsense of [
        '70',
        '74000161',
        '72',
        '7600',
        '72 0001 41 0000000000000001 02 0000 70 78 70',
      ]) {
        const other = new MapDictionary();
        other.idOf(bytes(nonsense));
        thrownBy('TRIBES_E_JAVA_PACKED', () => unpackStream(packed, other));
      }
    });

    it('is refused when it ends early, at every length', () => {
      for (let length = 0; length < 6; length++) {
        thrownBy('TRIBES_E_JAVA_PACKED', () => unpackStream(packed.subarray(0, length), dictionary));
      }
    });

    it('is refused when a number has no end, or numbers are too many', () => {
      thrownBy('TRIBES_E_JAVA_PACKED', () => unpackStream(bytes('01', 'ff'.repeat(9)), dictionary));
      thrownBy('TRIBES_E_JAVA_PACKED', () => unpackStream(bytes('01', 'ffffff7f', '000000'), dictionary));
    });
  });
});
