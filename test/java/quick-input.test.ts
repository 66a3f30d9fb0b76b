import { expect } from 'chai';
import fc from 'fast-check';
import { defaultJavaLimits, type JavaLimits } from '../../src/base/index.js';
import { cut, readQuickly, scanStream, shareGroups, writeStream } from '../../src/java/index.js';
import { vectorFiles } from '../support/vectors.js';
import { arbitraryValues } from './kit/arbitrary-graph.js';
import { bytes, classDesc, int, ref, stream, string, utf } from './kit/bytes.js';
import { mutations } from './kit/mutations.js';

/** The values of a stream of `count` of them, each cut out the quick way; null for a null. */
function quickCuts(source: Buffer, count: number, limits = defaultJavaLimits): (Buffer | null)[] | undefined {
  return readQuickly(source, limits, (input) => {
    const numbers: number[] = [];
    for (let left = count; left > 0; left--) {
      numbers.push(input.skipNull() ? -1 : input.cutObject());
    }
    input.expectEnd();
    const cuts = input.takeCuts();
    return numbers.map((number) => cuts[number] ?? null);
  });
}

/** The same by scanning and cutting. Undefined where values share what can change, which a quick cut never separates. */
function plainCuts(source: Buffer): (Buffer | null)[] | undefined {
  const { values, contents } = scanStream(source);
  const groups = shareGroups(values);
  if (groups.length < values.length || contents.length > values.length) {
    return undefined;
  }
  return groups.map(([value]) => (value === undefined || value.kind === 'null' ? null : cut([value])));
}

const hexOf = (cuts: readonly (Buffer | null)[] | undefined): (string | null)[] | undefined =>
  cuts?.map((bytesOf) => bytesOf?.toString('hex') ?? null);

/** True if the values were cut out the quick way; then they are what they are the plain way. */
function isQuick(source: Buffer, count: number): boolean {
  const quick = hexOf(quickCuts(source, count));
  if (quick !== undefined) {
    expect(quick, source.toString('hex')).to.deep.equal(hexOf(plainCuts(source)));
  }
  return quick !== undefined;
}

const vectors = [...vectorFiles('06-').values()].flat();

/** Streams of values alone, each twice: what is written of a class the first time, and what the second. */
const pairs = vectors.flatMap(({ name, bytes: source }) => {
  const { values, contents } = scanStream(source);
  const [value] = values;
  return value === undefined || contents.length > 1 ? [] : [{ name, source, value }];
});

const list = classDesc('List', 3);
/** A list, of the class with handle 0, that holds `contents`. */
const listOf = (...contents: (Buffer | string)[]): Buffer => bytes('73', ref(0), ...contents, '78');
const box = classDesc('java.lang.Integer', 2, [['I value']]);

describe('values cut out the quick way', () => {
  it('are those of the JDK, but for some that are rare', () => {
    const plain = pairs.filter(({ source }) => !isQuick(source, 1)).map(({ name }) => name);
    expect(plain).to.deep.equal([
      // TC_LONGSTRING.
      'string-65536-long',
      'proxy',
      'object-stream-class',
    ]);
  });

  it('are the same as those that are scanned and cut, whatever their graph is', () => {
    let quick = 0;
    fc.assert(
      fc.property(arbitraryValues, (values) => {
        quick += isQuick(writeStream({ contents: values }), values.length) ? 1 : 0;
      }),
      { numRuns: 2000 },
    );
    expect(quick).to.be.greaterThan(200);
  });

  it('are the same in damaged streams, or are left to the plain way', function () {
    this.timeout(0);
    const sources = pairs.map(({ source }) => source);
    let quick = 0;
    for (const source of mutations(sources, 20_000, 20_261_128)) {
      quick += isQuick(source, 1) ? 1 : 0;
    }
    expect(quick).to.be.greaterThan(1000);
  });

  it('have what they refer to put in, if it cannot change', () => {
    const colour = classDesc('Colour', 0x12, [], classDesc('java.lang.Enum', 0x12));
    const source = stream(
      string('x'),
      bytes('73', box, int(1)),
      bytes('7e', colour, string('RED')),
      bytes('76', classDesc('int', 0)),
      bytes('75', classDesc('[LObject;', 2), int(7)),
      bytes(ref(0), ref(2), ref(5), ref(8), ref(6), ref(5), ref(7)),
    );
    expect(isQuick(source, 5)).to.equal(true);
  });

  it('are no references to class descriptors', () => {
    expect(quickCuts(stream('76', list, ref(0)), 2)).to.equal(undefined);
  });

  it('are none that share something that can change', () => {
    const shared = stream('73', list, '78', listOf(ref(1)));
    expect(quickCuts(shared, 2)).to.equal(undefined);
    expect(isQuick(stream('73', list, '78', listOf(listOf())), 2)).to.equal(true);
    // Nothing but an int, but of a class that is not known to be immutable.
    const counter = stream(bytes('73', classDesc('Counter', 2, [['I value']]), int(1)), ref(1));
    expect(quickCuts(counter, 2)).to.equal(undefined);
  });

  it('are none where only looking ahead tells whether a class wrote its fields', () => {
    const desc = classDesc('Sized', 3, [['I size']]);
    expect(isQuick(stream('73', desc, '00000074', '78'), 1)).to.equal(true);
    expect(quickCuts(stream('73', desc, '74000078', '78'), 1)).to.equal(undefined);
  });

  it('may have skipped their fields where a block or the end shows it', () => {
    const desc = classDesc('Holder', 3, [
      ['L a', string('LA;')],
      ['L b', ref(1)],
    ]);
    expect(isQuick(stream('73', desc, '70', '70', '7701ff', '78'), 1)).to.equal(true);
    expect(isQuick(stream('73', desc, '7701ff', '78'), 1)).to.equal(true);
    expect(isQuick(stream('73', desc, '70', '78'), 1)).to.equal(true);
  });

  it('are told apart where classes differ in their superclass only', () => {
    const sub = (above: Buffer): Buffer => classDesc('Sub', 2, [['I own']], above);
    const old = stream('73', sub(classDesc('Super', 2, [['I first']])), int(1), int(2));
    const grown = stream('73', sub(classDesc('Super', 2, [['I first'], ['I more']])), int(1), int(2), int(3));
    for (const source of [old, grown, old, grown]) {
      expect(isQuick(source, 1)).to.equal(true);
    }
  });

  it('are nested up to a bound', () => {
    const nested = (depth: number): Buffer =>
      stream('73', list, ...Array.from({ length: depth - 1 }, () => bytes('73', ref(0))), '78'.repeat(depth));
    expect(isQuick(nested(64), 1)).to.equal(true);
    expect(quickCuts(nested(65), 1)).to.equal(undefined);
  });

  it('have handles up to a bound', () => {
    const strings = (count: number): Buffer =>
      stream('73', list, ...Array<Buffer>(count).fill(string('x')), '78');
    expect(isQuick(strings(4094), 1)).to.equal(true);
    expect(quickCuts(strings(4095), 1)).to.equal(undefined);
  });

  it('do not grow beyond a bound', () => {
    const long = string('x'.repeat(60_000));
    const twice = (count: number): Buffer => stream(long, ...Array<Buffer>(count - 1).fill(ref(0)));
    expect(isQuick(twice(17), 17)).to.equal(true);
    expect(quickCuts(twice(18), 18)).to.equal(undefined);
  });

  it('are left to the plain way where its limits are narrow', () => {
    const source = stream('73', list, string('abc'), '78');
    const narrow: [keyof JavaLimits, number][] = [
      ['maxBytes', source.length - 1],
      ['maxStringBytes', 2],
      ['maxArrayCells', 1],
      ['maxHandles', 100],
      ['maxDescriptors', 100],
      ['maxHierarchy', 4],
      ['maxDepth', 100],
    ];
    for (const [limit, max] of narrow) {
      expect(quickCuts(source, 1, { ...defaultJavaLimits, [limit]: max }), limit).to.equal(undefined);
    }
    expect(quickCuts(source, 1, { ...defaultJavaLimits, maxContents: 1 })).to.have.lengthOf(1);
  });

  describe('have memory of their own', () => {
    const small = stream(string('a'), string('b'));
    const large = stream(string('a'.repeat(1000)), string('b'));

    it('and do not hold on to the stream', () => {
      const source = Buffer.from(small);
      const cuts = quickCuts(source, 2);
      source.fill(0);
      expect(hexOf(cuts)).to.deep.equal(hexOf([stream(string('a')), stream(string('b'))]));
    });

    it('which small ones share with few others', () => {
      const buffers = new Set(
        Array.from({ length: 1000 }, () => quickCuts(small, 2)?.[0]?.buffer ?? expect.fail()),
      );
      expect(buffers.size).to.be.greaterThan(5);
      buffers.forEach(({ byteLength }) => expect(byteLength).to.be.at.most(2048));
    });

    it('which large ones share with none', () => {
      const [first, second] = quickCuts(large, 2) ?? [];
      expect(first?.buffer).to.equal(second?.buffer);
      expect(first?.buffer.byteLength).to.equal((first?.length ?? 0) + (second?.length ?? 0));
      expect(quickCuts(large, 2)?.[0]?.buffer).not.to.equal(first?.buffer);
    });
  });
});

describe('an input for the quick way', () => {
  const TRUE = bytes('73', classDesc('java.lang.Boolean', 2, [['Z value']]), '01');

  it('reads primitives, boxes and strings', () => {
    const source = stream(
      bytes('77 0f', int(-5), '01', utf('name'), utf('ü')),
      bytes('73', box, int(42)),
      ref(1),
      bytes('77 04', int(7)),
      string('text'),
      ref(2),
      '70',
      TRUE,
    );
    const read = readQuickly(source, defaultJavaLimits, (input) => [
      input.readInt(),
      input.readBoolean(),
      input.readName().text,
      input.readUTF(),
      input.readIntegerObject(),
      input.readIntegerObject(),
      input.readInt(),
      input.readStringObject(),
      input.readStringObject(),
      input.readStringObject(),
      input.readBooleanObject(),
      input.takeCuts().length,
    ]);
    expect(read).to.deep.equal([-5, true, 'name', 'ü', 42, 42, 7, 'text', 'text', null, true, 0]);
  });

  it('knows a name that comes again', () => {
    const source = stream('77 0c', utf('name'), utf('name'));
    const names = readQuickly(source, defaultJavaLimits, (input) => [input.readName(), input.readName()]);
    expect(names?.[0]).to.equal(names?.[1]);
    expect(names?.[0]?.alone).to.deep.equal(['name']);
  });

  const readings: readonly (readonly [string, Buffer, Parameters<typeof readQuickly<unknown>>[2]])[] = [
    ['no header', Buffer.from('77020000'), () => 1],
    ['an object where primitives should stand', stream('70'), (input) => input.readInt()],
    ['primitives where an object should stand', stream('770100', '70'), (input) => input.cutObject()],
    ['a primitive across two records', stream('77020000', '77020000'), (input) => input.readInt()],
    ['a record beyond the end', stream('77050000'), (input) => input.readBoolean()],
    ['a record of negative length', stream('7affffffff'), (input) => input.readBoolean()],
    ['a text that is no modified UTF-8', stream('7703 0001 ff'), (input) => input.readUTF()],
    ['a name that is none', stream('7703 0001 ff'), (input) => input.readName()],
    [
      'bytes behind the end',
      stream('7702 0000', '70'),
      (input) => {
        input.readUTF();
        input.expectEnd();
        return true;
      },
    ],
    [
      'an array that ends with a box, as a box',
      stream('75', classDesc('[LObject;', 2), int(1), '73', box, int(1)),
      (input) => input.readIntegerObject(),
    ],
    [
      'an enum constant as a string',
      stream('7e', classDesc('Colour', 0x12), string('RED')),
      (input) => input.readStringObject(),
    ],
    [
      'a list that ends with a string, as a string',
      stream('75', classDesc('[LObject;', 2), int(1), string('x')),
      (input) => input.readStringObject(),
    ],
    ['a string as a box', stream(string('x')), (input) => input.readIntegerObject()],
    ['a box of another class', stream(TRUE), (input) => input.readIntegerObject()],
    [
      'a box with a longer field',
      stream('73', classDesc('java.lang.Integer', 2, [['J value']]), int(0), int(0)),
      (input) => input.readIntegerObject(),
    ],
    ['an exception', stream('7b', '73', list, '78'), (input) => input.cutObject()],
    ['a reset', stream('79', '70'), (input) => input.skipNull() || input.cutObject()],
    ['a handle that is not defined', stream(ref(0)), (input) => input.cutObject()],
  ];
  for (const [what, source, read] of readings) {
    it(`leaves ${what} to the plain way`, () => {
      expect(readQuickly(source, defaultJavaLimits, read)).to.equal(undefined);
    });
  }

  it('passes errors of others on', () => {
    const fault = new Error('of the reader');
    expect(() =>
      readQuickly(stream(), defaultJavaLimits, () => {
        throw fault;
      }),
    ).to.throw(fault);
  });
});
