import { expect } from 'chai';
import fc from 'fast-check';
import {
  classesUsed,
  cut,
  isOneCommonValue,
  scannedObjects,
  scanStream,
  spliceOutput,
  writeStream,
} from '../../src/java/index.js';
import { isTribesError } from '../../src/base/index.js';
import { spliceQuickly } from '../../src/java/quick-splicer.js';
import { StreamSink } from '../../src/java/stream-sink.js';
import { vectorFiles } from '../support/vectors.js';
import { arbitraryValues } from './kit/arbitrary-graph.js';
import { bytes, classDesc, ref, stream, string } from './kit/bytes.js';
import { mutations } from './kit/mutations.js';

/** Streams put together the plain way: that of a group, which is scanned. */
function plainly(streams: readonly Buffer[]): Buffer {
  const output = spliceOutput();
  for (const source of streams) {
    output.openGroup(source).writeObject(0);
  }
  return output.toBuffer();
}

/** The same the quick way, where it can be gone. */
function quickly(streams: readonly Buffer[]): Buffer {
  const output = spliceOutput();
  for (const source of streams) {
    output.writeObject(source);
  }
  return output.toBuffer();
}

const isQuick = (source: Buffer): boolean => spliceQuickly(source, new StreamSink());

/** Streams of one value each. */
const vectors = [...vectorFiles('06-').values()].flat().flatMap(({ bytes: source }) => {
  const { values, contents } = scanStream(source);
  return values.length === 1 && contents.length === 1 ? [source] : [];
});

describe('streams put together the quick way', () => {
  it('are those of the JDK, but for some that are rare', () => {
    expect(vectors.filter(isQuick).length).to.be.greaterThan(vectors.length / 2);
    expect(quickly(vectors)).to.deep.equal(plainly(vectors));
  });

  it('are the same in whatever order, and however often', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...vectors), { maxLength: 12 }), (streams) => {
        expect(quickly(streams)).to.deep.equal(plainly(streams));
      }),
    );
  });

  it('are the same whatever they hold', () => {
    let quick = 0;
    fc.assert(
      fc.property(arbitraryValues, fc.constantFrom(...vectors), (values, other) => {
        const { values: scanned } = scanStream(writeStream({ contents: values }));
        const streams = [other, ...scanned.map((value) => cut([value])), other];
        quick += streams.filter(isQuick).length;
        expect(quickly(streams)).to.deep.equal(plainly(streams));
      }),
    );
    expect(quick).to.be.greaterThan(100);
  });

  it('are the same where one is damaged, or refused alike', () => {
    const outcome = (put: typeof quickly, source: Buffer): unknown => {
      try {
        return put([vectors[0] as Buffer, source]);
      } catch (error) {
        if (isTribesError(error)) {
          return error.code;
        }
        throw error;
      }
    };
    for (const source of mutations(vectors, 3_000, 1)) {
      if (scannedOne(source)) {
        expect(outcome(quickly, source), source.toString('hex')).to.deep.equal(outcome(plainly, source));
      }
    }
  });

  it('leave nothing behind of one that turns out to be unusual', () => {
    const usual = stream('73', classDesc('Usual', 2, [['L a', string('LA;')]]), string('x'));
    // Its second string is the type string of its class: that stands elsewhere.
    const unusual = stream(
      '73',
      classDesc('Unusual', 2, [
        ['L a', string('LA;')],
        ['L b', string('LB;')],
      ]),
      string('x'),
      ref(2),
    );
    expect(isQuick(unusual)).to.equal(false);
    const streams = [usual, unusual, usual, unusual];
    expect(quickly(streams)).to.deep.equal(plainly(streams));
  });

  it('refer to classes by what they are, also where only a type string differs', () => {
    const typed = (type: string): Buffer =>
      stream('73', classDesc('Typed', 2, [['L a', string(type)]]), string('x'));
    const streams = ['LA;', 'LB;', 'LA;', 'LB;'].map(typed);
    expect(quickly(streams)).to.deep.equal(plainly(streams));
  });
});

describe('classes that everybody has, looked for the quick way', () => {
  const isJdk = (name: string): boolean => name.startsWith('java.') || name.length === 1;

  it('are all that the stream describes', () => {
    let quick = 0;
    for (const source of [...vectors, ...mutations(vectors, 3_000, 2)]) {
      if (isOneCommonValue(source, isJdk)) {
        quick++;
        expect([...classesUsed(scannedObjects(source), isJdk)], source.toString('hex')).to.deep.equal([]);
      }
    }
    expect(quick).to.be.greaterThan(vectors.length / 2);
  });

  it('are not all where one is of an application, or an element of an array, or a superclass', () => {
    for (const source of [
      stream('73', classDesc('org.example.Cart', 2)),
      stream('75', classDesc('[Lorg.example.Cart;', 2), '00000001 70'),
      stream('73', classDesc('java.util.Sub', 2, [], classDesc('org.example.Base', 2))),
      stream(bytes('70'), bytes('70')),
    ]) {
      expect(isOneCommonValue(source, isJdk)).to.equal(false);
      expect(isOneCommonValue(source, isJdk)).to.equal(false);
    }
    expect(isOneCommonValue(stream('73', classDesc('java.util.Sub', 2)), isJdk)).to.equal(true);
  });

  it('are asked for anew where somebody else has others', () => {
    const source = stream('73', classDesc('org.example.Other', 2));
    expect(isOneCommonValue(source, isJdk)).to.equal(false);
    expect(isOneCommonValue(source, () => true)).to.equal(true);
    expect(isOneCommonValue(source, isJdk)).to.equal(false);
  });
});

function scannedOne(source: Buffer): boolean {
  try {
    return scannedObjects(source).length === 1;
  } catch {
    return false;
  }
}
