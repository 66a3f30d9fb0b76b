import { expect } from 'chai';
import { defaultViewLimits } from '../../../src/base/index.js';
import {
  descName,
  fromJs,
  isValue,
  javaClassName,
  jsonView,
  plainView,
  readStream,
  type JavaInstance,
  type JavaObject,
  type JavaValue,
  type Json,
} from '../../../src/java/index.js';
import { vectorFiles, type Vector } from '../../support/vectors.js';

const xyz = ['x', 'y', 'z'];
const noFrames: Json[] = [];

/** The view of every JDK vector, by name. */
const expected: Record<string, Json> = {
  Boolean: true,
  Byte: -7,
  Short: 300,
  Character: 'x',
  Integer: 42,
  'Integer-min': -2147483648,
  Long: 1234567890123,
  'Long-min': '-9223372036854775808',
  Float: 1.5,
  'Float-NaN': 'NaN',
  Double: -2.25,
  'Double-inf': 'Infinity',
  'BigInteger-0': '0',
  'BigInteger-neg': '-1',
  'BigInteger-big': '123456789012345678901234567890',
  BigDecimal: '19.90',
  'BigDecimal-negative-scale': '1E+3',
  Date: '2023-11-14T22:13:20.123Z',
  'sql.Timestamp': '2023-11-14T22:13:20.123Z',
  'sql.Date': '2023-11-14T22:13:20.123Z',
  'sql.Time': '2023-11-14T22:13:20.123Z',
  GregorianCalendar: '2023-11-14T22:13:20.123Z',
  'TimeZone-UTC': 'UTC',
  SimpleTimeZone: 'X',
  Instant: '2023-11-14T22:13:20.123Z',
  'Instant-epoch': '1970-01-01T00:00:00Z',
  LocalDate: '2024-02-29',
  'LocalTime-h': '07:00',
  'LocalTime-hm': '07:05',
  'LocalTime-hms': '07:05:09',
  'LocalTime-nano': '07:05:09.000000001',
  LocalDateTime: '2024-02-29T07:05:09.123456789',
  ZonedDateTime: '2024-02-29T07:05:09+01:00[Europe/Paris]',
  OffsetDateTime: '2024-02-29T07:05:09+02:00',
  OffsetTime: '07:05+05:30',
  'ZoneOffset-UTC': 'Z',
  'ZoneOffset-seconds': '+01:01:01',
  ZoneRegion: 'America/New_York',
  Duration: 'PT25H1M1.001S',
  Period: 'P1Y-2M3D',
  Year: '2024',
  YearMonth: '2024-02',
  MonthDay: '--12-31',
  DayOfWeek: 'MONDAY',
  Month: 'MAY',
  UUID: '01234567-89ab-4cde-8f01-23456789abcd',
  URI: 'http://user@example.org:8080/p?q=1#f',
  URL: 'http://example.org:8080/p?q=1#f',
  'Locale-US': 'en-US',
  'Locale-variant': 'sr-Latn-RS-x-foo',
  'Locale-ROOT': 'und',
  Currency: 'EUR',
  TimeUnit: 'SECONDS',
  EnumMap: [
    ['SECONDS', 's'],
    ['DAYS', 'd'],
  ],
  EnumSet: ['SECONDS', 'DAYS'],
  'EnumSet-empty': [],
  Stack: ['x'],
  'ArrayList-empty': [],
  'HashMap-empty': {},
  HashMap: { k: 1 },
  'HashMap-13': Object.fromEntries(Array.from({ length: 13 }, (_, index) => [`k${index}`, index])),
  ...sameFor(
    { b: 2, a: '1' },
    'LinkedHashMap',
    'LinkedHashMap-access-order',
    'TreeMap',
    'TreeMap-comparator',
    'TreeMap-case-insensitive',
    'ConcurrentSkipListMap',
  ),
  Hashtable: { k: 1 },
  ConcurrentHashMap: { k: 1 },
  Properties: { k: 'v' },
  'Properties-defaults': { k2: 'v2' },
  IdentityHashMap: { k: 'v' },
  'HashSet-empty': [],
  'ConcurrentHashMap.newKeySet': ['x'],
  'Collections.newSetFromMap': ['x'],
  ...sameFor({ k: 1 }, 'unmodifiableMap', 'unmodifiableSortedMap', 'unmodifiableNavigableMap'),
  ...sameFor({ k: 1 }, 'synchronizedMap', 'synchronizedSortedMap'),
  ...sameFor(['x'], 'singleton', 'singletonList', 'List.of-1', 'Set.of-1'),
  ...sameFor([], 'emptyList', 'emptySet', 'List.of-0', 'Set.of-0'),
  ...sameFor({ k: 'v' }, 'singletonMap', 'Map.of-1'),
  ...sameFor({}, 'emptyMap', 'checkedMap', 'Map.of-0'),
  nCopies: ['x', 'x', 'x'],
  reverseOrder: { '@class': 'java.util.Collections$ReverseComparator' },
  'reverseOrder-cmp': {
    '@class': 'java.util.Collections$ReverseComparator2',
    cmp: { '@class': 'java.lang.String$CaseInsensitiveComparator' },
  },
  naturalOrder: 'INSTANCE',
  'case-insensitive-order': { '@class': 'java.lang.String$CaseInsensitiveComparator' },
  SimpleEntry: { '@class': 'java.util.AbstractMap$SimpleEntry', key: 'k', value: 'v' },
  SimpleImmutableEntry: { '@class': 'java.util.AbstractMap$SimpleImmutableEntry', key: 'k', value: 'v' },
  'Exception-plain': {
    '@class': 'java.lang.Exception',
    cause: { '@ref': '#' },
    detailMessage: null,
    stackTrace: noFrames,
    suppressedExceptions: [],
  },
  StackTraceElement: {
    '@class': 'java.lang.StackTraceElement',
    format: 0,
    lineNumber: 12,
    classLoaderName: 'app',
    declaringClass: 'org.example.Foo',
    fileName: 'Foo.java',
    methodName: 'bar',
    moduleName: 'mod',
    moduleVersion: '1.0',
  },
  'byte[]': 'AQID',
  'short[]': [1, -1],
  'int[]': [1, -1],
  'long[]': [1, -1],
  'char[]': 'a€',
  'float[]': [1.5],
  'double[]': [2.5],
  'boolean[]': [true, false],
  'String[]': ['x', null],
  'Object[]': ['x', 1],
  'int[][]': [[1], [2, 3]],
  'Integer[]': [1, 2],
  AtomicInteger: 5,
  AtomicLong: 6,
  AtomicBoolean: true,
  AtomicReference: 'r',
  AtomicIntegerArray: [1, 2],
  LongAdder: 7,
  BitSet: [1, 65],
  Inet4Address: 'host.example/10.1.2.3',
  'Inet4Address-no-name': '/10.1.2.3',
  Inet6Address: 'h6/2001:db8:0:0:0:0:0:1',
  InetSocketAddress: 'h:80',
  'InetSocketAddress-unresolved': 'u.example:81',
  StringBuilder: 'sb',
  StringBuffer: 'sb',
  File: 'dir/file',
  Pattern: { '@class': 'java.util.regex.Pattern', flags: 2, pattern: 'a.c' },
  Random: {
    '@class': 'java.util.Random',
    haveNextNextGaussian: false,
    nextNextGaussian: 0,
    seed: 25214903916,
  },
  'Object-lock': {
    '@class': 'java.util.concurrent.locks.ReentrantLock',
    sync: { '@class': 'java.util.concurrent.locks.ReentrantLock$NonfairSync', state: 0 },
  },
  X500Principal: {
    '@class': 'javax.security.auth.x500.X500Principal',
    '@data': ['MBgxCjAIBgNVBAoTAWIxCjAIBgNVBAMTAWE='],
  },
};

/** Vectors whose class in the JVM cannot be told from the stream: the class wrote another in its place. */
const replaced = new Map([
  ['EnumSet', 'java.util.EnumSet'],
  ['EnumSet-empty', 'java.util.EnumSet'],
  ['TreeMap-comparator', 'java.util.TreeMap'],
  ['lambda', 'java.lang.invoke.SerializedLambda'],
]);

function sameFor(view: Json, ...names: string[]): Record<string, Json> {
  return Object.fromEntries(names.map((name) => [name, view]));
}

/** The objects at the top level of a stream. */
function* objectsOf(bytes: Buffer): Iterable<JavaObject> {
  if (bytes.readUInt16BE(0) === 0xaced) {
    for (const content of readStream(bytes).contents) {
      if (content?.kind === 'object') {
        yield content;
      }
    }
  }
}

function valueOf({ bytes }: Vector): JavaValue {
  const [content] = readStream(bytes).contents;
  if (content === undefined || !isValue(content)) {
    throw new Error('the vector does not hold an object');
  }
  return content;
}

describe('jsonView', () => {
  const vectors = [...vectorFiles('06-jdk-classes').values()].flat();

  for (const vector of vectors) {
    const isXyz = JSON.stringify(vector.fields['value']) === JSON.stringify(xyz);
    const view = isXyz ? xyz : expected[vector.name];
    if (view === undefined) {
      continue;
    }
    it(`shows ${vector.name}`, () => {
      expect(jsonView(valueOf(vector))).to.deep.equal(view);
    });
  }

  it('knows every JDK vector but the ones tested by hand', () => {
    const unknown = vectors
      .filter(
        ({ name, fields }) => !(name in expected) && JSON.stringify(fields['value']) !== JSON.stringify(xyz),
      )
      .map(({ name }) => name);
    expect(unknown).to.deep.equal(['RuntimeException', 'lambda', 'Exception-NotSerializable']);
  });

  it('shows an exception with its cause, its frames and what it suppressed', () => {
    const view = jsonView(valueOf(vectorNamed('RuntimeException'))) as Record<string, Json>;
    expect(view).to.include({ '@class': 'java.lang.RuntimeException', detailMessage: 'boom' });
    expect(view['cause']).to.deep.include({
      '@class': 'java.lang.IllegalArgumentException',
      cause: { '@ref': '#/cause' },
    });
    expect(view['stackTrace']).to.have.length(1);
  });

  for (const vector of vectors) {
    it(`names the class of ${vector.name}`, () => {
      const name = javaClassName(valueOf(vector));
      const inStream = vector.class.replace('UnmodifiableRandomAccessList', 'UnmodifiableList');
      expect(name).to.equal(
        replaced.get(vector.name) ?? inStream.replace('SynchronizedRandomAccessList', 'SynchronizedList'),
      );
    });
  }

  for (const file of ['05-session-replication-tomcat9.0.70', '08-branch-forms-tomcat8.5.100']) {
    it(`shows no password of a principal of ${file}`, () => {
      const [principal] = [...vectorFiles(file).values()]
        .flat()
        .flatMap(({ bytes }) => [...objectsOf(bytes)])
        .filter(({ desc }) => descName(desc).endsWith('SerializablePrincipal'));
      const view = jsonView(principal ?? null) as Record<string, Json>;
      expect(view['password']).to.equal('[redacted]');
      expect((plainView(principal ?? null) as JavaInstance).fields.get('password')).to.equal('[redacted]');
    });
  }

  it('shows shared and cyclic references as references', () => {
    const shared = ['s'];
    const list: unknown[] = [shared, new Map([['again', shared]])];
    list.push(list);
    expect(jsonView(fromJs(list))).to.deep.equal([['s'], { again: { '@ref': '#/0' } }, { '@ref': '#' }]);
  });

  it('escapes the tokens of a reference as a JSON pointer', () => {
    const shared: unknown[] = [];
    const view = jsonView(
      fromJs(
        new Map([
          ['a/b~c', shared],
          ['again', shared],
        ]),
      ),
    );
    expect(view).to.deep.equal({ 'a/b~c': [], again: { '@ref': '#/a~1b~0c' } });
  });

  it('shows a map with a key that could be taken for a mark of the view as pairs', () => {
    expect(jsonView(fromJs(new Map([['@ref', '#']])))).to.deep.equal([['@ref', '#']]);
  });

  it('shows what a class adds to the map that it extends, and not how the map is held', () => {
    // class Cache extends LinkedHashMap<String, Object> { final int limit = 2; }, holding b = 3; JDK 17
    const bytes = Buffer.from(
      'aced000573720005436163686500000000000000060200014900056c696d6974787200176a6176612e7574696c2e4c696e6b6564486173684d6170' +
        '34c04e5c106cc0fb0200015a000b6163636573734f72646572787200116a6176612e7574696c2e486173684d61700507dac1c31660d1030002' +
        '46000a6c6f6164466163746f724900097468726573686f6c6478703f4000000000000c7708000000100000000174000162737200116a617661' +
        '2e6c616e672e496e746567657212e2a0a4f781873802000149000576616c7565787200106a6176612e6c616e672e4e756d62657286ac951d0b' +
        '94e08b020000787000000003780000000002',
      'hex',
    );
    const [cache] = readStream(bytes).contents.filter(isValue);
    const expectedView = { '@class': 'Cache', limit: 2, '@value': { b: 3 } };
    expect(cache && jsonView(cache)).to.deep.equal(expectedView);
  });

  it('keeps __proto__ as a name like any other', () => {
    const view = jsonView(fromJs(new Map([['__proto__', 'x']])));
    expect(Object.keys(view as object)).to.deep.equal(['__proto__']);
    expect(JSON.stringify(view)).to.equal('{"__proto__":"x"}');
  });

  it('does not multiply what is shared: a tower of doubly shared sets stays small', () => {
    let tower = new Set<unknown>(['bottom']);
    for (let level = 0; level < 100; level++) {
      tower = new Set<unknown>([tower, [tower], level]);
    }
    expect(JSON.stringify(jsonView(fromJs(tower))).length).to.be.below(50_000);
  });

  it('cuts what is nested too deep, and says so', () => {
    const view = jsonView(fromJs([[['x']]]), { ...defaultViewLimits, maxViewDepth: 2 });
    expect(view).to.deep.equal([[{ '@truncated': 'depth' }]]);
  });

  it('cuts what is too long, and says how much is left out', () => {
    const view = jsonView(fromJs([1, 2, 3, 4, 5]), { ...defaultViewLimits, maxViewNodes: 3 });
    expect(view).to.deep.equal([1, 2, { '@truncated': 3 }]);
  });

  it('cuts text that is repeated over and over', () => {
    const text = 'x'.repeat(40);
    const view = jsonView(fromJs([text, text, text]), { ...defaultViewLimits, maxViewText: 100 });
    expect(view).to.deep.equal([text, text, { '@truncated': 40 }]);
  });

  function vectorNamed(name: string): Vector {
    const vector = vectors.find((candidate) => candidate.name === name);
    if (!vector) {
      throw new Error(`no vector ${name}`);
    }
    return vector;
  }
});
