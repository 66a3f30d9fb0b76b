import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  ClassRules,
  fromJs,
  javaClassName,
  jsonView,
  plainJsonValue,
  readObject,
  typedJsonValue,
  VALUE_CLASSES,
  vetValue,
  writeStream,
} from '../../../src/java/index.js';
import { valueDesc } from '../../../src/java/typed/value-descriptors.js';
import { codeOf } from '../../support/code-of.js';
import { compileJava, describeWithJvm, runJava, sourceFile } from '../../support/jvm.js';
import { vectorFiles } from '../../support/vectors.js';
import { entrySamples, typedSamples } from '../kit/typed-samples.js';

const rules = { classes: new ClassRules(['default']), maxBytes: 2 ** 20, maxDepth: 100 };
const typed = (className: string, value: unknown) =>
  typedJsonValue(JSON.stringify({ class: className, value }), 100);
const typedBytes = (className: string, value: unknown): Buffer =>
  writeStream({ contents: [typed(className, value)] });
const plainBytes = (text: string): Buffer => writeStream({ contents: [plainJsonValue(text, 100)] });

/** A view as plain objects, as JSON.parse makes them. */
const view = (bytes: Buffer): unknown => JSON.parse(JSON.stringify(jsonView(readObject(bytes))));

describe('typed JSON', () => {
  for (const [className, value] of typedSamples) {
    it(`makes ${className} of ${JSON.stringify(value)}, and is shown as it was given`, () => {
      const bytes = typedBytes(className, value);
      expect(javaClassName(readObject(bytes))).to.equal(className);
      expect(view(bytes)).to.deep.equal(value);
      expect(vetValue(bytes, rules).className).to.equal(className);
    });
  }

  it('has a sample of every class that is allowed by default', () => {
    const made = [...typedSamples, ...entrySamples].flatMap(([className, value]) => {
      const value_ = readObject(typedBytes(className, value));
      return value_?.kind === 'object' && value_.desc.kind === 'classDesc'
        ? [value_.desc.name.value]
        : value_?.kind === 'enum'
          ? [className]
          : [];
    });
    const others = ['java.lang.Enum', 'java.lang.Number', 'java.lang.Object', 'java.lang.String'];
    expect(VALUE_CLASSES.filter((name) => !made.includes(name) && !others.includes(name))).to.deep.equal([]);
  });

  it('knows the descriptor of every class that is allowed by default', () => {
    const unknown = VALUE_CLASSES.filter((name) => valueDesc(name) === undefined);
    expect(unknown).to.deep.equal(['java.lang.Object', 'java.lang.String']);
  });

  it('writes the bytes of a JDK', () => {
    const vectors = new Map([...vectorFiles('06-').values()].flat().map(({ name, bytes }) => [name, bytes]));
    for (const [vector, className, value] of [
      ['Byte', 'java.lang.Byte', -7],
      ['BigDecimal', 'java.math.BigDecimal', '19.90'],
      ['BigInteger-neg', 'java.math.BigInteger', '-1'],
      ['LinkedList', 'java.util.LinkedList', ['x', 'y', 'z']],
      ['ArrayDeque', 'java.util.ArrayDeque', ['x', 'y', 'z']],
      ['PriorityQueue', 'java.util.PriorityQueue', ['z', 'y', 'x']],
      ['TreeSet', 'java.util.TreeSet', ['z', 'y', 'x']],
      ['TreeMap', 'java.util.TreeMap', { b: 2, a: '1' }],
      ['HashSet', 'java.util.HashSet', ['x', 'y', 'z']],
      ['singletonMap', 'java.util.Collections$SingletonMap', { k: 'v' }],
      ['List.of-3', 'java.util.ImmutableCollections$ListN', ['x', 'y', 'z']],
      ['ZonedDateTime', 'java.time.ZonedDateTime', '2024-02-29T07:05:05+01:00[Europe/Paris]'],
      ['unmodifiableRandomAccessList', 'java.util.Collections$UnmodifiableList', ['x', 'y', 'z']],
      ['unmodifiableNavigableSet', 'java.util.Collections$UnmodifiableNavigableSet', ['x', 'y', 'z']],
      ['synchronizedSortedMap', 'java.util.Collections$SynchronizedSortedMap', { k: 1 }],
      ['int[][]', '[[I', [[1], [2, 3]]],
      ['Integer[]', '[Ljava.lang.Integer;', [1, 2]],
      ['Object[]', '[Ljava.lang.Object;', ['x', 1]],
      ['UUID', 'java.util.UUID', '01234567-89ab-cdef-8f01-23456789abcd'],
    ] as const) {
      const bytes = vectors.get(vector);
      const shown = bytes && view(bytes);
      // Of some vectors only the value is another one.
      const same =
        JSON.stringify(shown) === JSON.stringify(value) || Array.isArray(value) || typeof value === 'object';
      expect(typedBytes(className, same ? value : shown).toString('hex'), vector).to.equal(
        bytes?.toString('hex'),
      );
    }
  });

  it('takes typed values within containers, and plain ones', () => {
    const value = typed('java.util.LinkedHashMap', {
      long: { class: 'java.lang.Long', value: '5' },
      list: [{ class: 'java.util.UUID', value: '01234567-89ab-cdef-fedc-ba9876543210' }, 1],
      map: { class: 'java.util.TreeMap', value: { class: 'a', value: 1 } },
    });
    expect(view(writeStream({ contents: [value] }))).to.deep.equal({
      long: 5,
      list: ['01234567-89ab-cdef-fedc-ba9876543210', 1],
      map: { class: 'a', value: 1 },
    });
  });

  for (const [className, value] of [
    ['java.lang.Byte', 128],
    ['java.lang.Integer', 1.5],
    ['java.lang.Integer', '2147483648'],
    ['java.lang.Integer', true],
    ['java.lang.Long', '9223372036854775808'],
    ['java.lang.Character', 'ab'],
    ['java.lang.Double', 'many'],
    ['java.math.BigDecimal', '1e99999999999'],
    ['java.math.BigInteger', '9'.repeat(10_001)],
    ['java.util.Date', '2024-02-30T00:00:00Z'],
    ['java.util.Date', '2024-02-29T00:00:00.0001Z'],
    ['java.util.UUID', '0123'],
    ['java.time.LocalDate', '2023-02-29'],
    ['java.time.LocalTime', '24:00'],
    ['java.time.ZoneOffset', '+18:01'],
    ['java.time.ZonedDateTime', '2024-02-29T07:05:09+01:00[../etc]'],
    ['java.time.Duration', 'P'],
    ['java.time.Period', 'P99999999999Y'],
    ['java.time.MonthDay', '--02-30'],
    ['java.time.Month', 'SMARCH'],
    ['java.util.ArrayList', { a: 1 }],
    ['java.util.ArrayDeque', [null]],
    ['java.util.TreeSet', ['a', 1]],
    ['java.util.TreeSet', ['a', 'a']],
    ['java.util.TreeMap', [[null, 1]]],
    ['java.util.HashMap', [[1, 2, 3]]],
    ['java.util.Hashtable', { a: null }],
    ['java.util.ImmutableCollections$SetN', [1, 1, 2]],
    [
      'java.util.ImmutableCollections$MapN',
      [
        ['a', 1],
        ['a', 2],
      ],
    ],
    ['java.util.Collections$EmptyList', [1]],
    ['java.util.Collections$SingletonList', []],
    ['java.util.AbstractMap$SimpleEntry', [1]],
    ['java.util.BitSet', [-1]],
    ['java.util.BitSet', [2 ** 40]],
    ['[B', 'not base64!'],
    ['[I', [2 ** 31]],
    ['[Z', [1]],
    ['[Ljava.lang.Integer;', ['x']],
    ['[Ljava.lang.String;', [{ class: 'java.lang.Long', value: 1 }]],
  ] as const) {
    it(`refuses ${JSON.stringify(value).slice(0, 40)} as ${className}`, () => {
      expect(codeOf(() => typed(className, value))).to.equal('TRIBES_E_WRITE_VALUE');
    });
  }

  it('makes nothing of other classes, nor of objects that name none', () => {
    expect(codeOf(() => typed('java.net.URL', 'http://example.org'))).to.equal('TRIBES_E_WRITE_CLASS');
    expect(codeOf(() => typed('[V', []))).to.equal('TRIBES_E_WRITE_CLASS');
    expect(codeOf(() => typed('['.repeat(256) + 'I', []))).to.equal('TRIBES_E_WRITE_CLASS');
    for (const text of [
      '{}',
      '{"class":"java.lang.Long"}',
      '{"class":1,"value":1}',
      '[{"a":1}]',
      '{"class":"x","value":1,"more":1}',
    ]) {
      expect(
        codeOf(() => typedJsonValue(text, 10)),
        text,
      ).to.equal('TRIBES_E_WRITE_JSON');
    }
  });
});

describe('plain JSON', () => {
  it('is the Java value that the rules of the views say, of the bytes that fromJs gives', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // What JSON.stringify writes with an exponent is a Double here.
        const text = JSON.stringify(value);
        fc.pre(!/\d[eE]|-0/.test(text) && !hasLargeIntegers(value) && !hasIndexNames(value));
        expect(plainBytes(text).toString('hex')).to.equal(
          writeStream({ contents: [fromJs(JSON.parse(text))] }).toString('hex'),
        );
      }),
    );
  });

  it('keeps what JSON.parse would lose', () => {
    expect(view(plainBytes('9007199254740993'))).to.equal('9007199254740993');
    expect(javaClassName(plainJsonValue('9007199254740993', 9))).to.equal('java.lang.Long');
    expect(javaClassName(plainJsonValue('9223372036854775808', 9))).to.equal('java.math.BigInteger');
    expect(javaClassName(plainJsonValue('1.0', 9))).to.equal('java.lang.Double');
    expect(javaClassName(plainJsonValue('2147483648', 9))).to.equal('java.lang.Long');
    expect(javaClassName(plainJsonValue('-2147483648', 9))).to.equal('java.lang.Integer');
    expect(Object.keys(view(plainBytes('{"__proto__":1,"constructor":2}')) as object)).to.deep.equal([
      '__proto__',
      'constructor',
    ]);
    expect(plainBytes('{"b":1,"1":2}').indexOf('b')).to.be.lessThan(
      plainBytes('{"b":1,"1":2}').lastIndexOf('t\0\x011'),
    );
  });

  const classOf = (value: unknown): string | null => javaClassName(plainJsonValue(JSON.stringify(value), 9));

  it('takes objects of any names', () => {
    for (const value of [
      { class: 'java.lang.Long', value: '5', '@class': 'x' },
      { class: 'java.lang.Long' },
      { class: 'first class', value: 5 },
      { class: '', value: 5 },
      { class: 5, value: 5 },
    ]) {
      expect(classOf(value), JSON.stringify(value)).to.equal('java.util.LinkedHashMap');
    }
  });

  it('names a class as a whole, under the rules of typed JSON within', () => {
    expect(classOf({ class: 'java.lang.Long', value: '5' })).to.equal('java.lang.Long');
    expect(classOf({ value: [1], class: '[I' })).to.equal('[I');
    const map = '{"class":"java.util.TreeMap","value":{"a":{"class":"java.lang.Short","value":1}}}';
    expect(plainBytes(map).equals(writeStream({ contents: [typedJsonValue(map, 9)] }))).to.be.true;
    const wrong = { class: 'java.util.ArrayList', value: [{ a: 1 }] };
    expect(codeOf(() => classOf(wrong))).to.equal('TRIBES_E_WRITE_JSON');
    expect(codeOf(() => classOf({ class: 'Long', value: '5' }))).to.equal('TRIBES_E_WRITE_CLASS');
  });

  it('names no class within', () => {
    const value = { class: 'java.lang.Long', value: '5' };
    expect(view(plainBytes(JSON.stringify([value, { a: value }])))).to.deep.equal([value, { a: value }]);
  });

  it('can write the map that such an object looks like', () => {
    const value = { class: 'java.lang.Long', value: '5' };
    const text = JSON.stringify({ class: 'java.util.LinkedHashMap', value });
    expect(view(plainBytes(text))).to.deep.equal(value);
  });

  it('refuses what is no JSON, or would lose something', () => {
    for (const text of [
      '',
      '{',
      '[1,]',
      '{"a":1,}',
      '{"a":1,"a":2}',
      "'x'",
      '01',
      '1.',
      '+1',
      'NaN',
      '1 2',
      '"\t"',
      '"\\x"',
      '[[[[]]]]',
      '"',
    ]) {
      expect(
        codeOf(() => plainJsonValue(text, 3)),
        text,
      ).to.equal('TRIBES_E_WRITE_JSON');
    }
  });

  it('reads long texts', () => {
    const text = 'x\\n"'.repeat(500_000);
    expect(readObject(plainBytes(JSON.stringify(text)))).to.deep.equal({ kind: 'string', value: text });
  });
});

describeWithJvm('values beside a JVM', {}, () => {
  let folder: string;
  let classes: string;

  before(async function () {
    this.timeout(60_000);
    folder = await mkdtemp(join(tmpdir(), 'tribes-values-'));
    classes = await compileJava([sourceFile('test/java/jvm/ValuePeer.java')]);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  /** What the JVM says of each stream: what came of it, and the classes that it was asked for. */
  async function read(streams: readonly Buffer[]): Promise<{ result: string; asked: string[] }[]> {
    await Promise.all(streams.map((bytes, place) => writeFile(join(folder, `${place}.ser`), bytes)));
    const output = await runJava({
      mainClass: 'ValuePeer',
      classPath: [classes],
      args: [folder, String(streams.length)],
    });
    return output
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [result = '', asked = ''] = line.split(' ');
        return { result, asked: asked === '' ? [] : asked.split(',') };
      });
  }

  it('are of their class there, and come back as they were given', async function () {
    this.timeout(60_000);
    const samples = [...typedSamples, ...entrySamples];
    const results = await read(samples.map(([className, value]) => typedBytes(className, value)));
    for (const [place, [className, value]] of samples.entries()) {
      const text = `${className} ${JSON.stringify(value)}`;
      // `readResolve` makes the one that says of itself that it can be indexed.
      expect(results[place]?.result.replace('RandomAccess', ''), text).to.equal(className);
      const back = await readFile(join(folder, `${place}.out.ser`));
      expect(view(back), text).to.deep.equal(view(typedBytes(className, value)));
    }
  });

  it('name no class there that is not allowed, however a stream that was taken had been mutated', async function () {
    this.timeout(120_000);
    const seeds = [...vectorFiles('06-').values()].flat().filter(({ bytes }) => bytes.length < 1_000);
    const mutations = fc.sample(
      fc.tuple(
        fc.constantFrom(...seeds.map(({ bytes }) => bytes)),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 3 }),
      ),
      20_000,
    );
    const taken = mutations.flatMap(([bytes, changes]) => {
      const copy = Buffer.from(bytes);
      changes.forEach(([place, byte]) => (copy[place % copy.length] = byte));
      return codeOf(() => vetValue(copy, rules)) === undefined ? [copy] : [];
    });
    expect(taken.length).to.be.above(300);
    const allowed = rules.classes;
    const results = await read(taken);
    const failures = results.filter(({ result }) => result.startsWith('!'));
    for (const { asked, result } of results) {
      expect(asked.filter((name) => !allowed.allows(name))).to.deep.equal([]);
      expect(result).not.to.match(/OutOfMemory|StackOverflow/);
    }
    expect(failures.length / results.length).to.be.below(0.05);
  });
});

function hasLargeIntegers(value: unknown): boolean {
  return JSON.stringify(value).match(/-?\d{16,}/) !== null;
}

/** Names that JavaScript puts before all others. */
function hasIndexNames(value: unknown): boolean {
  return /"\d+":/.test(JSON.stringify(value));
}
