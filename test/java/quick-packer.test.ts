import { expect } from 'chai';
import fc from 'fast-check';
import { defaultJavaLimits, isTribesError } from '../../src/base/index.js';
import { cut, packQuickly, packStream, scanStream, writeStream } from '../../src/java/index.js';
import { quickReplacements } from '../../src/java/quick-packer.js';
import { plainReplacements } from '../../src/java/stream-packer.js';
import { vectorFiles } from '../support/vectors.js';
import { arbitraryStream, arbitraryValues } from './kit/arbitrary-graph.js';
import { bytes, classDesc, ref, stream, string, type Piece } from './kit/bytes.js';
import { MapDictionary } from './kit/map-dictionary.js';
import { mutations } from './kit/mutations.js';

/** Descriptors by their places; null where there is nothing to be replaced, undefined where the stream is none. */
function plain(source: Buffer): unknown {
  try {
    const replacements = plainReplacements(source, defaultJavaLimits);
    return replacements?.map(({ form, ...place }) => ({ ...place, key: form.key })) ?? null;
  } catch (error) {
    if (isTribesError(error)) {
      return undefined;
    }
    throw error;
  }
}

/** True if the descriptors were found the quick way; then they are those that are found the plain way. */
function isQuick(source: Buffer): boolean {
  const quick = quickReplacements(source);
  if (quick === undefined) {
    return false;
  }
  const found = quick.map(({ form, ...place }) => ({ ...place, key: form.key }));
  expect(found, source.toString('hex')).to.deep.equal(plain(source));
  return true;
}

const vectors = [...vectorFiles('06-').values()].flat().map(({ bytes: source }) => source);

describe('the descriptors of a stream, found the quick way', () => {
  it('are those of most streams of the JDK', () => {
    expect(vectors.filter(isQuick).length).to.be.greaterThan(vectors.length / 2);
  });

  it('are the same whatever it holds', () => {
    fc.assert(fc.property(arbitraryStream, (graph) => void isQuick(writeStream(graph))));
  });

  it('are the same where it was cut, of one value or of many', () => {
    let quick = 0;
    fc.assert(
      fc.property(arbitraryValues, (values) => {
        const scanned = scanStream(writeStream({ contents: values })).values;
        quick += [cut(scanned), ...scanned.map((value) => cut([value]))].filter(isQuick).length;
      }),
    );
    expect(quick).to.be.greaterThan(50);
  });

  it('are the same where it is damaged', () => {
    let quick = 0;
    for (const source of mutations(vectors, 5_000, 1)) {
      quick += isQuick(source) ? 1 : 0;
    }
    expect(quick).to.be.greaterThan(50);
  });

  it('are none where a descriptor does not stand as it would be written', () => {
    const twice = stream('73', classDesc('A', 2), '73', classDesc('A', 2));
    expect(quickReplacements(twice)).to.equal(undefined);
    const typed = (second: Piece): Buffer =>
      stream(
        '73',
        classDesc('Typed', 2, [
          ['L a', string('LA;')],
          ['L b', second],
        ]),
        '70 70',
      );
    expect(isQuick(typed(ref(1)))).to.equal(true);
    expect(quickReplacements(typed(string('LA;')))).to.equal(undefined);
  });

  it('tell classes apart that differ in nothing but a type string', () => {
    const typed = (type: string): Buffer =>
      stream('73', classDesc('Other', 2, [['L a', string(type)]]), '70');
    for (const type of ['LX;', 'LY;', 'LX;']) {
      isQuick(typed(type));
    }
    expect(isQuick(typed('LX;'))).to.equal(true);
  });

  it('are not looked for where classes are so many that to compare them would take long', () => {
    const many = Array.from({ length: 100 }, (_, i) => bytes('73', classDesc(`Many${i}`, 2)));
    expect(quickReplacements(stream(...many))).to.equal(undefined);
  });

  it('make the same packed form', () => {
    const dictionary = new MapDictionary();
    for (const source of vectors) {
      const quick = packQuickly(source, dictionary);
      if (quick !== undefined) {
        const packed = packStream(source, dictionary);
        expect(quick).to.deep.equal(packed.length < source.length ? packed : source);
      }
    }
  });
});
