import { expect } from 'chai';
import fc from 'fast-check';
import { defaultJavaLimits, isTribesError, type JavaLimits } from '../../src/base/index.js';
import { scanStream, writeStream, type ScannedContent } from '../../src/java/index.js';
import type { HandleTable } from '../../src/java/handle-table.js';
import { scanQuickly } from '../../src/java/quick-scanner.js';
import type { ScannedDesc } from '../../src/java/scanned-desc.js';
import { scanPlainly } from '../../src/java/scanner.js';
import { vectorFiles } from '../support/vectors.js';
import { arbitraryValues } from './kit/arbitrary-graph.js';
import { bytes, classDesc, int, ref, stream, string } from './kit/bytes.js';
import { mutations } from './kit/mutations.js';

/** Everything that a scan found out. */
function describeScan(contents: readonly ScannedContent[]): unknown {
  const epochs = new Set<HandleTable>();
  const described = contents.map((content) => {
    const { kind, start, end } = content;
    if (content.kind === 'blockData') {
      return { kind, start, end, payloadStart: content.payloadStart };
    }
    if (content.kind !== 'value') {
      return content;
    }
    const { epoch, firstEvent, source } = content.value;
    epochs.add(epoch);
    return { kind, start, end, firstEvent, depth: source.maxDepth };
  });
  return { described, epochs: [...epochs].map(describeTable) };
}

function describeTable(table: HandleTable): unknown {
  const handles = Array.from({ length: table.count }, (_, handle) => [
    table.kind(handle),
    table.start(handle),
    table.end(handle),
    table.definition(handle),
    table.desc(handle)?.index,
  ]);
  return {
    handles,
    events: [...Array.from(table.eventsSince(0))],
    classes: table.descriptors.map(describeDesc),
  };
}

function describeDesc(desc: ScannedDesc): unknown {
  const { index, handle, proxy, nameStart, flags, bodyStart, primitives, values, runs } = desc;
  const { className, cellSize, layout, superDesc, subDesc, hierarchy } = desc;
  const relatives = { superDesc: superDesc?.index, subDesc: subDesc?.index, hierarchy };
  const form = { nameStart, flags, bodyStart, primitives, values, runs, className, cellSize };
  return { index, handle, proxy, ...relatives, ...form, steps: layout.steps };
}

function plainly(source: Buffer, limits: JavaLimits): unknown {
  try {
    return describeScan(scanPlainly(source, limits));
  } catch (error) {
    if (isTribesError(error)) {
      return error.message;
    }
    throw error;
  }
}

/** True if `source` was scanned the quick way; then it is what it is the plain way. */
function isQuick(source: Buffer, limits = defaultJavaLimits): boolean {
  const quick = scanQuickly(source, limits);
  if (quick !== undefined) {
    expect(describeScan(quick), source.toString('hex')).to.deep.equal(plainly(source, limits));
  }
  return quick !== undefined;
}

const vectors = [...vectorFiles('06-').values()].flat();
const seeds = ['05-', '06-', '08-']
  .flatMap((prefix) => [...vectorFiles(prefix).values()].flat())
  .map(({ bytes: vector }) => vector)
  .filter((vector) => vector.length < 3000 && vector.readUInt32BE(0) === 0xaced0005);

const box = classDesc('java.lang.Integer', 2, [['I value']], classDesc('java.lang.Number', 2));
const list = classDesc('List', 3);
const objects = classDesc('[Ljava.lang.Object;', 2);

describe('a stream scanned the quick way', () => {
  it('is what it is the plain way, for nearly all of the JDK', () => {
    const quick = vectors.filter(({ bytes: source }) => isQuick(source));
    expect(quick.length).to.be.above(vectors.length * 0.9);
  });

  it('is what it is the plain way, for any values', () => {
    let quick = 0;
    fc.assert(
      fc.property(arbitraryValues, (values) => {
        quick += isQuick(writeStream({ contents: values })) ? 1 : 0;
      }),
    );
    expect(quick).to.be.above(0);
  });

  it('is what it is the plain way, or is left to it, when it is damaged: 20,000 mutants', function () {
    this.timeout(600_000);
    let quick = 0;
    for (const mutant of mutations(seeds, 20_000, 4_711)) {
      quick += isQuick(mutant) ? 1 : 0;
    }
    expect(quick).to.be.above(100);
  });

  it('is left to the plain way wherever it is cut off', () => {
    const whole = stream('73', box, int(7), string('x'), '73', list, '7703 010203', string('y'), '78');
    expect(isQuick(whole)).to.equal(true);
    for (let length = 0; length < whole.length; length++) {
      isQuick(whole.subarray(0, length));
    }
  });

  const familiar = {
    nothing: stream(),
    'block data alone': stream('7702 0102', '7a00000001 03'),
    'a superclass that is referred to': stream('73', box, int(1), '73', classDesc('B', 2, [], ref(1))),
    'an enum constant': stream(
      '7e',
      classDesc('E', 0x12, [], classDesc('java.lang.Enum', 0x12)),
      string('A'),
    ),
    'a class object': stream('76', box),
    'arrays within each other': stream('75', objects, int(2), '75', ref(0), int(0), '70'),
    'an Externalizable': stream('73', classDesc('X', 0x0c), '7701 05', string('x'), '78'),
    'a class that wrote no fields': stream('73', classDesc('F', 3, [['L f', string('LF;')]]), '7701 05 78'),
  };
  for (const [name, source] of Object.entries(familiar)) {
    it(`may hold ${name}`, () => {
      expect(isQuick(source)).to.equal(true);
    });
  }

  const unfamiliar = {
    'no header': Buffer.alloc(4),
    'a reset': stream('70 79 70'),
    'an exception': stream('7b', '73', classDesc('Oops', 2)),
    'a proxy': stream('73', bytes('7d', int(0), '78 70')),
    'a long string': stream('7c 0000000000000001 41'),
    'a class with an annotation': stream('73', bytes(classDesc('A', 2).subarray(0, -2), '7701 05 78 70')),
    'a descriptor that is a value': stream(box),
    'a class object of no class': stream('76 70'),
    'a class that may have skipped its fields': stream('73', classDesc('S', 3, [['I i']]), '78'),
    'an Externalizable of the first protocol': stream('73', classDesc('X', 4), '00'),
    'fields in an order of their own': stream(
      '73',
      classDesc('O', 2, [['L l', string('LO;')], ['I i']]),
      '70',
      int(1),
    ),
    'a class that is its own superclass': stream('73', classDesc('S', 2, [], ref(0))),
    'a class that is no array, as one': stream('75', box, int(0)),
    'flags in conflict': stream('73', classDesc('C', 6)),
    'a handle that is not defined': stream(ref(0)),
    'a string for a class': stream(string('x'), '73', ref(0)),
  };
  for (const [name, source] of Object.entries(unfamiliar)) {
    it(`does not hold ${name}`, () => {
      expect(isQuick(source)).to.equal(false);
    });
  }

  it('is nested up to a depth, and is left to the plain way beyond', () => {
    const nested = (depth: number): Buffer =>
      stream(
        '75',
        objects,
        int(1),
        ...Array.from({ length: depth - 1 }, () => bytes('75', ref(0), int(1))),
        '70',
      );
    expect(isQuick(nested(64))).to.equal(true);
    expect(isQuick(nested(65))).to.equal(false);
  });

  it('keeps to every limit, as the plain way does', () => {
    const source = stream(
      '73',
      box,
      int(7),
      string('x'.repeat(40)),
      '75',
      objects,
      int(2),
      '70',
      '70',
      '7701 05',
    );
    for (const limit of Object.keys(defaultJavaLimits) as (keyof JavaLimits)[]) {
      for (const max of [0, 1, 2, 3, 4, 39, 40, source.length - 1, source.length]) {
        const limits = { ...defaultJavaLimits, [limit]: max };
        isQuick(source, limits);
        let outcome: unknown;
        try {
          outcome = describeScan(scanStream(source, limits).contents);
        } catch (error) {
          outcome = (error as Error).message;
        }
        expect(outcome, `${limit} ${max}`).to.deep.equal(plainly(source, limits));
      }
    }
  });

  it('keeps its handles when others are scanned after it', () => {
    const source = stream(...Array.from({ length: 100 }, (_, i) => string(`text ${i}`)), '73', box, int(7));
    const scanned = scanQuickly(source, defaultJavaLimits) ?? [];
    const before = describeScan(scanned);
    for (let i = 0; i < 100; i++) {
      scanQuickly(source, defaultJavaLimits);
      scanQuickly(source.subarray(0, -1), defaultJavaLimits);
    }
    expect(describeScan(scanned)).to.deep.equal(before);
    expect(before).to.deep.equal(plainly(source, defaultJavaLimits));
  });
});
