import { expect } from 'chai';
import fc from 'fast-check';
import { cut, scanStream, shareGroups, writeStream, type JavaValue } from '../../src/java/index.js';
import { arbitraryValues } from './kit/arbitrary-graph.js';
import { bytes, classDesc, int, ref, stream, string, type Piece } from './kit/bytes.js';

/** The groups of the values of a stream, as lists of their numbers; of all, or of those numbered in `among`. */
function groupsOf(source: Buffer, among?: readonly number[]): number[][] {
  const { values } = scanStream(source);
  const chosen = among === undefined ? values : among.flatMap((i) => values.slice(i, i + 1));
  return shareGroups(chosen).map((group) => group.map((value) => values.indexOf(value)));
}

const list = classDesc('List', 3);
/** A list, of the class with handle 0, that holds `contents`. */
const listOf = (...contents: Piece[]): Buffer => bytes('73', ref(0), ...contents, '78');
/** Defines the class with handle 0, so that the lists that follow are alike. */
const classFirst = bytes('76', list);

describe('shareGroups', () => {
  it('leaves values alone that share nothing', () => {
    const source = stream(classFirst, '70', string('x'), listOf(), listOf(string('y'), ref(2)), '70');
    expect(groupsOf(source)).to.deep.equal([[0], [1], [2], [3], [4], [5]]);
  });

  it('binds a value and a reference to it', () => {
    expect(groupsOf(stream(classFirst, listOf(), ref(2), ref(2)))).to.deep.equal([[0], [1, 2, 3]]);
  });

  it('binds values that hold the same object, the first wherever it holds it', () => {
    expect(
      groupsOf(
        stream(classFirst, listOf(listOf(listOf())), listOf(string('x')), listOf(ref(4)), listOf(ref(3))),
      ),
    ).to.deep.equal([[0], [1, 3, 4], [2]]);
  });

  it('binds through others, in the order of the first of each group', () => {
    const source = stream(
      classFirst,
      listOf(),
      listOf(),
      listOf(ref(3)),
      listOf(ref(2)),
      listOf(ref(4), ref(5)),
    );
    expect(groupsOf(source)).to.deep.equal([[0], [1, 2, 3, 4, 5]]);
  });

  it('binds through what is none of the values, a session that stands before them for instance', () => {
    const before = listOf(listOf(), listOf());
    const source = stream(classFirst, before, ref(3), ref(4), listOf(ref(3)), listOf(ref(4)));
    expect(groupsOf(source, [2, 3, 4, 5])).to.deep.equal([
      [2, 4],
      [3, 5],
    ]);
  });

  it('binds what refers to a whole and what refers to a part of it', () => {
    const source = stream(classFirst, listOf(listOf(listOf())), listOf(ref(2)), listOf(ref(4)));
    expect(groupsOf(source, [2, 3])).to.deep.equal([[2, 3]]);
  });

  it('binds cycles', () => {
    expect(groupsOf(stream(classFirst, listOf(ref(2)), listOf(ref(2))))).to.deep.equal([[0], [1, 2]]);
  });

  it('binds arrays, of objects and of primitives', () => {
    const array = bytes('75', classDesc('[B', 2), int(1), '01');
    expect(groupsOf(stream(array, ref(1), '75', classDesc('[LO;', 2), int(1), ref(1)))).to.deep.equal([
      [0, 1, 2],
    ]);
  });

  it('does not bind what shares strings, classes, class descriptors or enum constants', () => {
    const red = bytes('7e', classDesc('Colour', 0x12), string('RED'));
    const source = stream(string('x'), ref(0), '76', classDesc('A', 2), ref(2), ref(1), red, ref(4));
    expect(groupsOf(source)).to.have.length(7);
  });

  it('does not bind what shares boxes, big numbers, times of java.time or a UUID', () => {
    const immutable = ['Boolean', 'Byte', 'Character', 'Short', 'Integer', 'Long', 'Float', 'Double']
      .map((name) => `java.lang.${name}`)
      .concat('java.math.BigInteger', 'java.math.BigDecimal', 'java.util.UUID');
    for (const name of immutable) {
      expect(groupsOf(stream('73', classDesc(name, 2), ref(1))), name).to.have.length(2);
    }
    expect(groupsOf(stream('73', classDesc('java.time.Ser', 12), '77 01 04', '78', ref(1)))).to.have.length(
      2,
    );
    expect(groupsOf(stream('73', classDesc('java.util.Date', 3), '78', ref(1)))).to.have.length(1);
  });

  it('does not bind values of different epochs', () => {
    expect(groupsOf(stream(classFirst, listOf(), ref(2), '79', classFirst, listOf(), ref(2)))).to.deep.equal([
      [0],
      [1, 2],
      [3],
      [4, 5],
    ]);
  });

  it('looks at each object once, however often it is shared', () => {
    const levels = Array.from({ length: 2000 }, (_, i) => listOf(ref(2 + i), ref(2 + i)));
    const source = stream(classFirst, listOf(), ...levels);
    expect(groupsOf(source)).to.have.length(2);
  });

  it('says of any values that groups apart can be cut apart', () => {
    fc.assert(
      fc.property(arbitraryValues, (values) => {
        const scanned = scanStream(writeStream({ contents: values })).values;
        const groups = shareGroups(scanned);
        expect(groups.flat()).to.have.members(scanned);
        const owners = new Map<JavaValue, number>();
        groups.forEach((group, i) => {
          cut(group);
          for (const value of group) {
            for (const node of mutablesOf(values[scanned.indexOf(value)] ?? null)) {
              expect(owners.get(node) ?? i).to.equal(i);
              owners.set(node, i);
            }
          }
        });
      }),
      { numRuns: 200 },
    );
  });
});

/** Every object and array that `value` reaches, class descriptors apart. */
function mutablesOf(value: JavaValue): Set<JavaValue> {
  const found = new Set<JavaValue>();
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const node = pending.pop() as JavaValue;
    if (node === null || typeof node !== 'object' || found.has(node)) {
      continue;
    }
    if (node.kind === 'object') {
      found.add(node);
      pending.push(
        ...node.parts.flatMap(({ values, annotation }) => [...(values ?? []), ...(annotation ?? [])]),
      );
    } else if (node.kind === 'array') {
      found.add(node);
      pending.push(...node.elements);
    } else if (node.kind === 'primitiveArray') {
      found.add(node);
    }
  }
  return found;
}
