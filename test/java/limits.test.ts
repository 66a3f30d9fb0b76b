import { expect } from 'chai';
import { defaultJavaLimits, type JavaLimits } from '../../src/base/index.js';
import {
  cut,
  packStream,
  readStream,
  scanInput,
  scanStream,
  StreamScanner,
  unpackStream,
  writeStream,
} from '../../src/java/index.js';
import { thrownBy } from '../support/errors.js';
import { bytes, classDesc, int, ref, stream, string } from './kit/bytes.js';
import { MapDictionary } from './kit/map-dictionary.js';

/** The limit is exceeded by one in `beyond`, and just reached in `within`, both when scanning and when reading. */
function checkLimit(limit: keyof JavaLimits, max: number, within: Buffer, beyond: Buffer): void {
  const limits = { ...defaultJavaLimits, [limit]: max };
  for (const take of [scanStream, readStream]) {
    take(within, limits);
    const { params } = thrownBy('TRIBES_E_JAVA_LIMIT', () => take(beyond, limits));
    expect(params).to.include({ limit, max });
  }
}

const objects = classDesc('[LObject;', 2);

/** Arrays of one element each, nested in each other. */
function nested(depth: number): Buffer {
  const inner = Array.from({ length: depth - 1 }, () => bytes('75', ref(0), int(1)));
  return stream('75', objects, int(1), Buffer.concat(inner), '70');
}

describe('a limit of Java streams', () => {
  it('maxBytes bounds a stream', () => {
    const within = stream(string('x'));
    checkLimit('maxBytes', within.length, within, stream(string('xy')));
  });

  it('maxContents bounds what is collected of the top level, and nothing else', () => {
    checkLimit('maxContents', 3, stream('70 7700 79'), stream('70 7700 79 70'));
    checkLimit('maxContents', 1, stream('75', objects, int(3), '707070'), stream('7070'));
    const scanner = new StreamScanner(stream('7070'), { ...defaultJavaLimits, maxContents: 1 });
    expect([scanner.next()?.kind, scanner.next()?.kind, scanner.next()]).to.deep.equal([
      'value',
      'value',
      undefined,
    ]);
  });

  it('maxDepth bounds nesting', () => {
    checkLimit('maxDepth', 30, nested(30), nested(31));
  });

  it('maxDepth counts annotations, of objects and of classes', () => {
    const object = classDesc('A', 3);
    checkLimit('maxDepth', 2, stream('73', object, '78'), stream('73', object, '73', ref(0), '78', '78'));
    const annotated = (annotation: string): Buffer =>
      stream('76', '72', '0001 41', '0000000000000001', '02', '0000', annotation, '78', '70');
    checkLimit('maxDepth', 2, annotated(''), annotated('70'));
  });

  it('maxHandles bounds the handles between two resets', () => {
    const three = [string('a'), string('b'), string('c')];
    checkLimit('maxHandles', 3, stream(...three, '79', ...three), stream(...three, string('d')));
  });

  it('maxDescriptors bounds the class descriptors between two resets', () => {
    const two = ['76', classDesc('A', 2), '76', classDesc('B', 2)];
    checkLimit('maxDescriptors', 2, stream(...two, '79', ...two), stream(...two, '76', classDesc('C', 2)));
  });

  it('maxHierarchy bounds the classes of one hierarchy, written at once or one by one', () => {
    const pair = classDesc('B', 2, [], classDesc('A', 2));
    checkLimit('maxHierarchy', 2, stream('76', pair), stream('76', classDesc('C', 2, [], pair)));
    checkLimit(
      'maxHierarchy',
      2,
      stream('76', pair),
      stream('76', pair, '76', classDesc('C', 2, [], ref(0))),
    );
  });

  it('maxArrayCells bounds the cells of all arrays together', () => {
    const array = ['75', classDesc('[B', 2), int(4), '01020304'];
    checkLimit(
      'maxArrayCells',
      8,
      stream(...array, '75', ref(0), int(4), '01020304'),
      stream(...array, '75', ref(0), int(5), '0102030405'),
    );
    checkLimit(
      'maxArrayCells',
      2,
      stream('75', objects, int(2), '7070'),
      stream('75', objects, int(3), '707070'),
    );
  });

  it('maxStringBytes bounds strings long and short, names and type strings', () => {
    checkLimit('maxStringBytes', 3, stream(string('abc')), stream(string('abcd')));
    checkLimit(
      'maxStringBytes',
      3,
      stream('7c 0000000000000003 616263'),
      stream('7c 0000000000000004 61626364'),
    );
    checkLimit('maxStringBytes', 3, stream('76', classDesc('Abc', 2)), stream('76', classDesc('Abcd', 2)));
    checkLimit(
      'maxStringBytes',
      3,
      stream('76', classDesc('A', 2, [['I abc']])),
      stream('76', classDesc('A', 2, [['I abcd']])),
    );
    checkLimit(
      'maxStringBytes',
      3,
      stream('76', classDesc('A', 2, [['L a', string('LA;')]])),
      stream('76', classDesc('A', 2, [['L a', string('LAB;')]])),
    );
    checkLimit(
      'maxStringBytes',
      3,
      stream('76 7d 00000001 0003 616263 78 70'),
      stream('76 7d 00000001 0004 61626364 78 70'),
    );
  });

  describe('maxCutBytes', () => {
    const shared = string('s'.repeat(100));

    it('bounds a cut', () => {
      const [value] = scanStream(stream(shared)).values;
      const values = value ? [value] : [];
      expect(cut(values, { ...defaultJavaLimits, maxCutBytes: 103 })).to.have.length(107);
      thrownBy('TRIBES_E_JAVA_LIMIT', () => cut(values, { ...defaultJavaLimits, maxCutBytes: 102 }));
    });

    it('bounds all cuts of a stream together, when they reach the same objects again and again', () => {
      const limits = { ...defaultJavaLimits, maxCutBytes: 200_000 };
      const long = string('s'.repeat(50_000));
      const { values } = scanStream(stream(long, ...Array.from({ length: 1000 }, () => ref(0))), limits);
      let cuts = 0;
      const { params } = thrownBy('TRIBES_E_JAVA_LIMIT', () => {
        for (const value of values) {
          cut([value], limits);
          cuts++;
        }
      });
      expect(params['limit']).to.equal('maxCutBytes');
      expect(cuts).to.be.within(50, 100);
    });
  });

  it('maxDepth bounds a cut, whose parts may be nested deeper than they were in their stream', () => {
    const limits = { ...defaultJavaLimits, maxDepth: 100 };
    const chain = Array.from({ length: 200 }, (_, i) => bytes('75', ref(0), int(1), ref(i + 1)));
    const { values } = scanStream(stream('75', objects, int(1), '70', ...chain), limits);
    const [shallow, deep] = [values[99], values[100]];
    expect(shallow && readStream(cut([shallow], limits), limits).contents).to.have.length(1);
    const { params } = thrownBy('TRIBES_E_JAVA_LIMIT', () => deep && cut([deep], limits));
    expect(params['limit']).to.equal('maxDepth');
  });

  it('holds for the annotation of an Externalizable, too', () => {
    const limits = { ...defaultJavaLimits, maxDepth: 3 };
    const [value] = scanStream(
      stream('73', classDesc('E', 12), '75', objects, int(1), '70', '78'),
      limits,
    ).values;
    const input = value && scanInput(value);
    expect(input?.readObject().className).to.equal('[LObject;');
  });

  it('maxBytes bounds what is unpacked', () => {
    const dictionary = new MapDictionary();
    const original = stream('73', classDesc('A'.repeat(60), 2));
    const packed = packStream(original, dictionary);
    expect(
      unpackStream(packed, dictionary, { ...defaultJavaLimits, maxBytes: original.length }),
    ).to.deep.equal(original);
    thrownBy('TRIBES_E_JAVA_LIMIT', () =>
      unpackStream(packed, dictionary, { ...defaultJavaLimits, maxBytes: original.length - 1 }),
    );
  });
});

describe('a length in a Java stream', () => {
  const lengths: Readonly<Record<string, Buffer>> = {
    'of a string': stream('74 ffff 61'),
    'of a long string': stream('7c 0000000000100000 61'),
    'of a long string beyond all numbers': stream('7c ffffffffffffffff 61'),
    'of a block': stream('77 ff 00'),
    'of a long block': stream('7a 7fffffff 00'),
    'of a byte array': stream('75', classDesc('[B', 2), int(0x7fffffff), '00'),
    'of a long array': stream('75', classDesc('[J', 2), int(0x0fffffff), '00'),
    'of an array of objects': stream('75', objects, int(0x0fffffff), '70'),
    'of a class name': stream('72 ffff 41'),
    'of a list of fields': stream('72 0001 41 0000000000000000 02 ffff'),
    'of a list of interfaces': stream('7d 7fffffff 0001 41'),
  };
  for (const [what, source] of Object.entries(lengths)) {
    it(`${what} is compared with the bytes left before anything is allocated`, () => {
      const before = process.memoryUsage().arrayBuffers;
      for (const take of [scanStream, readStream]) {
        expect(() =>
          take(source, { ...defaultJavaLimits, maxArrayCells: 2 ** 31, maxStringBytes: 2 ** 64 }),
        ).to.throw(/stream ends/);
      }
      expect(process.memoryUsage().arrayBuffers - before).to.be.below(2 ** 20);
    });
  }

  it('may not be negative', () => {
    for (const source of [
      stream('7a ffffffff'),
      stream('75', classDesc('[B', 2), int(-1)),
      stream('7d ffffffff'),
    ]) {
      thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => scanStream(source));
    }
  });

  it('is that of the stream given, also where its buffer goes on', () => {
    const whole = bytes(stream('74 0005 61'), string('secret of another session'));
    thrownBy('TRIBES_E_JAVA_TRUNCATED', () => readStream(whole.subarray(0, 8)));
  });
});

describe('writeStream', () => {
  it('needs no stack for deep graphs', () => {
    const limits = { ...defaultJavaLimits, maxDepth: 200_000 };
    const source = nested(150_000);
    expect(writeStream(readStream(source, limits)).equals(source)).to.be.true;
  });
});
