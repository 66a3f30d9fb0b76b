import { expect } from 'chai';
import fc from 'fast-check';
import {
  cut,
  descOf,
  readObject,
  readStream,
  scanInput,
  scanStream,
  spliceOutput,
  writeStream,
  type JavaArray,
  type JavaContent,
  type JavaEnum,
  type JavaObject,
  type ScannedValue,
} from '../../src/java/index.js';
import { thrownBy } from '../support/errors.js';
import { vectorFiles } from '../support/vectors.js';
import { arbitraryValues } from './kit/arbitrary-graph.js';
import { bytes, classDesc, int, ref, stream, string } from './kit/bytes.js';
import { difference } from './kit/isomorphic.js';

const objects = classDesc('[LObject;', 2);
const node = classDesc('Node', 2, [['L next', string('LNode;')]]);

function contentsOf(source: Buffer): JavaContent[] {
  const { contents, opaque } = readStream(source);
  expect(opaque).to.equal(undefined);
  return contents;
}

/** Cuts the values with these numbers out of a stream. */
function cutOf(source: Buffer, ...numbers: number[]): Buffer {
  const { values } = scanStream(source);
  return cut(numbers.map((i) => values[i] as ScannedValue));
}

describe('a cut', () => {
  it('puts descriptors, superclasses and type strings in at first use, and refers to them behind', () => {
    const sub = classDesc('Sub', 2, [['L mate', ref(1)]], ref(0));
    const source = stream('76', node, '76', sub, '73', ref(3), '70', '70', '73', ref(3), '70', '70');
    const expected = stream(
      '73',
      classDesc('Sub', 2, [['L mate', string('LNode;')]], classDesc('Node', 2, [['L next', ref(1)]])),
      '70',
      '70',
    );
    expect(cutOf(source, 2).equals(expected)).to.be.true;
    expect(cutOf(source, 2, 3).equals(bytes(expected, '73', ref(0), '70', '70'))).to.be.true;
  });

  it('puts a shared object in at first use, whole', () => {
    const source = stream('75', objects, int(1), string('x'), '75', ref(0), int(2), ref(1), ref(2));
    expect(cutOf(source, 1).equals(stream('75', objects, int(2), '75', ref(0), int(1), string('x'), ref(3))))
      .to.be.true;
  });

  it('keeps a cycle that it enters in the middle', () => {
    const source = stream('73', node, '73', ref(0), ref(2), ref(3));
    const inner = readObject(cutOf(source, 1)) as JavaObject;
    const outer = inner.parts[0]?.values?.[0] as JavaObject;
    expect(outer.parts[0]?.values).to.deep.equal([inner]);
  });

  it('of a part that comes before the whole refers back to the part', () => {
    const source = stream('75', objects, int(1), '75', ref(0), int(0), '75', ref(0), int(2), ref(2), ref(1));
    const pair = readObject(cutOf(source, 1)) as JavaArray;
    expect((pair.elements[1] as JavaArray).elements[0]).to.equal(pair.elements[0]);
  });

  it('of nothing is an empty stream, of null is null', () => {
    expect(cut([]).equals(stream())).to.be.true;
    expect(cutOf(stream('79', '70'), 0).equals(stream('70'))).to.be.true;
  });

  it('holds values of several epochs, each with its own handles', () => {
    const source = stream(
      string('a'),
      ref(0),
      '79',
      string('b'),
      ref(0),
      '7b 73',
      classDesc('X', 2),
      string('c'),
      ref(0),
    );
    expect(cutOf(source, 1, 3, 5, 4).equals(stream(string('a'), string('b'), string('c'), ref(2)))).to.be
      .true;
  });

  it('of what was thrown is the exception', () => {
    const [exception] = scanStream(stream('75', objects, int(1), '7b 73', classDesc('X', 2))).contents;
    const thrown = exception?.kind === 'exception' ? [exception.thrown] : [];
    expect(cut(thrown).equals(stream('73', classDesc('X', 2)))).to.be.true;
  });

  it('writes the name of an enum constant as a string, also where that string was put in before', () => {
    const colour = classDesc('Colour', 0x12);
    const source = stream('7e', colour, string('RED'), '75', objects, int(2), ref(2), ref(1));
    const expected = stream('75', objects, int(2), string('RED'), '7e', colour, string('RED'));
    expect(cutOf(source, 1).equals(expected)).to.be.true;
    const [name, constant] = (readObject(expected) as JavaArray).elements;
    expect((constant as JavaEnum).constant).to.deep.equal(name);
  });

  it('of what an Externalizable wrote can be taken before it was read to the end', () => {
    const source = stream('73', classDesc('E', 12), '75', objects, int(1), ref(1), string('behind'), '78');
    const [external] = scanStream(source).values;
    const value = scanInput(external as ScannedValue).readObject();
    const array = readObject(cut([value])) as JavaArray;
    const [whole] = array.elements as [JavaObject];
    expect(whole.parts[0]?.annotation?.[0]).to.equal(array);
    expect(whole.parts[0]?.annotation).to.have.length(2);
  });

  it('cannot begin with an object whose class has an annotation that refers to something around it', () => {
    const annotated = bytes('72 0001 41 0000000000000001 02 0000', ref(1), '78 70');
    const source = stream('73', classDesc('E', 12), '73', annotated, '78');
    const [external] = scanStream(source).values;
    expect(cut(external ? [external] : []).equals(source)).to.be.true;
    const inner = scanInput(external as ScannedValue).readObject();
    thrownBy('TRIBES_E_JAVA_UNWRITABLE', () => cut([inner]));
  });
});

describe('a splice', () => {
  it('writes equal descriptors once, and their type strings; never equal strings or objects', () => {
    const output = spliceOutput();
    output.writeObject(stream('73', node, '70'));
    output.writeObject(stream('73', node, '70'));
    output.writeObject(stream(string('x')));
    output.writeObject(stream(string('x')));
    output.writeObject(stream('73', classDesc('Other', 2, [['L node', string('LNode;')]], node), '70', '70'));
    const other = classDesc('Other', 2, [['L node', ref(1)]], ref(0));
    expect(
      output
        .toBuffer()
        .equals(
          stream('73', node, '70', '73', ref(0), '70', string('x'), string('x'), '73', other, '70', '70'),
        ),
    ).to.be.true;
  });

  it('keeps descriptors apart that differ in anything, and those with annotations', () => {
    const output = spliceOutput();
    const annotated = bytes('72 0004', Buffer.from('Node'), '0000000000000001 02 0000 70 78 70');
    for (const desc of [node, classDesc('Node', 2), classDesc('Node', 3), annotated, annotated]) {
      output.writeObject(stream('76', desc));
    }
    const spliced = stream(
      '76',
      node,
      '76',
      classDesc('Node', 2),
      '76',
      classDesc('Node', 3),
      '76',
      annotated,
      '76',
      annotated,
    );
    expect(output.toBuffer().equals(spliced)).to.be.true;
  });

  it('keeps descriptors of more than 64 KiB apart: no class has so many fields', () => {
    const fields = Array.from({ length: 5000 }, (_, i) => [`I aLongFieldName${i}`] as const);
    const output = spliceOutput();
    const large = stream('76', classDesc('Large', 2, fields));
    output.writeObject(large);
    output.writeObject(large);
    expect(output.toBuffer().equals(bytes(large, large.subarray(4)))).to.be.true;
  });

  it('writes the objects of a group at different places, and what they share once', () => {
    const group = stream('75', objects, int(1), string('x'), '75', ref(0), int(1), ref(2), ref(1));
    const output = spliceOutput();
    const { size, writeObject } = output.openGroup(group);
    for (let i = 0; i < size; i++) {
      output.writeStringObject(`name${i}`);
      writeObject(i);
    }
    const expected = stream(
      string('name0'),
      bytes('75', objects, int(1), string('x')),
      string('name1'),
      bytes('75', ref(1), int(1), ref(3)),
      string('name2'),
      ref(2),
    );
    expect(output.toBuffer().equals(expected)).to.be.true;
  });

  it('writes the objects of a group in any order', () => {
    const group = stream('75', objects, int(1), string('x'), '75', ref(0), int(1), ref(1));
    const output = spliceOutput();
    const { writeObject } = output.openGroup(group);
    writeObject(1);
    writeObject(0);
    expect(output.toBuffer().equals(stream('75', objects, int(1), '75', ref(0), int(1), string('x'), ref(2))))
      .to.be.true;
    expect(() => writeObject(2)).to.throw(RangeError);
  });

  it('is the stream that a JVM would have written, for JDK classes that were cut apart', () => {
    const vectors = [...vectorFiles('06-').values()].flat();
    const streams = ['ArrayList', 'LinkedHashMap', 'BigDecimal', 'Integer', 'TreeMap']
      .map((name) => vectors.find((vector) => vector.name === name)?.bytes)
      .filter((found) => found !== undefined);
    expect(streams).to.have.length(5);
    const output = spliceOutput();
    streams.forEach((source) => output.writeObject(source));
    const contents = streams.flatMap((source) => contentsOf(source));
    expect(difference(contents, contentsOf(output.toBuffer()), { mergedDescs: true })).to.equal(undefined);
    expect(output.toBuffer().length).to.be.below(Buffer.concat(streams).length - 100);
  });

  it('writes an Externalizable around what is spliced', () => {
    const desc = descOf({
      name: 'Session',
      suid: 1n,
      flags: 0x0c,
      super: descOf({ name: 'Base', suid: 1n }),
    });
    const output = spliceOutput();
    output.writeStringObject('before');
    output.writeExternal(desc, (external) => {
      external.writeInt(7);
      external.writeObject(stream('73', node, '70'));
    });
    output.writeObject(stream('73', node, '70'));
    const expected = stream(
      string('before'),
      bytes(
        '73',
        classDesc('Session', 12, [], classDesc('Base', 2)),
        '77 04 00000007',
        '73',
        classDesc('Node', 2, [['L next', string('LNode;')]]),
        '70',
        '78',
      ),
      bytes('73', ref(4), '70'),
    );
    expect(output.toBuffer().equals(expected)).to.be.true;
  });

  it('takes streams of objects only', () => {
    const output = spliceOutput();
    for (const source of [stream(), stream('7070'), stream('77 01 00'), stream('79 70')]) {
      thrownBy('TRIBES_E_JAVA_UNEXPECTED', () => output.writeObject(source));
    }
    thrownBy('TRIBES_E_JAVA_OPAQUE', () => output.writeObject(stream('73', classDesc('V1', 4), '0102')));
    thrownBy('TRIBES_E_JAVA_TRUNCATED', () => output.openGroup(stream('73')));
    expect(output.openGroup(stream()).size).to.equal(0);
  });
});

describe('any values of a stream', () => {
  it('are the same graph after a cut, each on its own and all together', () => {
    fc.assert(
      fc.property(arbitraryValues, (values) => {
        const scanned = scanStream(writeStream({ contents: values })).values;
        scanned.forEach((value, i) => {
          expect(difference(values.slice(i, i + 1), contentsOf(cut([value])))).to.equal(undefined);
        });
        expect(difference(values, contentsOf(cut(scanned)))).to.equal(undefined);
      }),
      { numRuns: 200 },
    );
  });

  it('are the same graph after a cut in any order', () => {
    fc.assert(
      fc.property(arbitraryValues, (values) => {
        const scanned = scanStream(writeStream({ contents: values })).values;
        expect(difference(values.toReversed(), contentsOf(cut(scanned.toReversed())))).to.equal(undefined);
      }),
      { numRuns: 200 },
    );
  });

  it('are the same graph after being spliced together again, in groups, with names between', () => {
    fc.assert(
      fc.property(fc.array(arbitraryValues, { maxLength: 4 }), (groups) => {
        const output = spliceOutput();
        for (const values of groups) {
          const group = output.openGroup(writeStream({ contents: values }));
          for (let i = 0; i < group.size; i++) {
            output.writeStringObject(`name ${i}`);
            group.writeObject(i);
          }
        }
        const contents = contentsOf(output.toBuffer());
        let at = 1;
        for (const values of groups) {
          const spliced = values.map((_, i) => contents[at + 2 * i] ?? null);
          expect(difference(values, spliced, { mergedDescs: true })).to.equal(undefined);
          at += 2 * values.length;
        }
      }),
      { numRuns: 200 },
    );
  });
});
