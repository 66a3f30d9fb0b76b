import { expect } from 'chai';
import { TribesError } from '../../../src/base/index.js';
import { fromJs, plainView, writeStream } from '../../../src/java/index.js';
import { vectorFiles } from '../../support/vectors.js';

const javaBytes = new Map(
  [...vectorFiles('06-jdk-classes').values()].flat().map(({ name, bytes }) => [name, bytes]),
);

function bytesOf(value: unknown): Buffer {
  return writeStream({ contents: [fromJs(value)] });
}

describe('fromJs', () => {
  const sameAsJava: [string, unknown][] = [
    ['Boolean', true],
    ['Integer', 42],
    ['Integer-min', -2147483648],
    ['Long', 1234567890123],
    ['Double', -2.25],
    ['Double-inf', Infinity],
    ['BigInteger-0', 0n],
    ['BigInteger-neg', -1n],
    ['BigInteger-big', 123456789012345678901234567890n],
    ['Date', new Date(1700000000123)],
    ['ArrayList', ['x', 'y', 'z']],
    ['ArrayList-empty', []],
    [
      'LinkedHashMap',
      new Map<string, unknown>([
        ['b', 2],
        ['a', '1'],
      ]),
    ],
    ['LinkedHashMap', { b: 2, a: '1' }],
    ['LinkedHashSet', new Set(['x', 'y', 'z'])],
    ['byte[]', Buffer.from([1, 2, 3])],
  ];
  for (const [name, value] of sameAsJava) {
    it(`writes the bytes that a JVM writes for ${name}`, () => {
      expect(bytesOf(value).toString('hex')).to.equal(javaBytes.get(name)?.toString('hex'));
    });
  }

  it('makes a Double of what no int or long can hold', () => {
    for (const value of [0.5, -0, NaN, 2 ** 53, 1e300]) {
      expect(plainView(fromJs(value))).to.satisfy((back: unknown) => Object.is(back, value));
    }
  });

  it('keeps cycles and shared references', () => {
    const cart: Map<string, unknown> = new Map();
    cart.set('self', cart).set('items', [cart]);
    const back = plainView(fromJs(cart)) as Map<string, unknown>;
    expect(back.get('self')).to.equal(back);
    expect((back.get('items') as unknown[])[0]).to.equal(back);
  });

  for (const [what, value] of [
    ['undefined', undefined],
    ['a function', () => undefined],
    ['a symbol', Symbol('s')],
    ['an instance of a class', new URL('http://localhost/')],
    ['an invalid Date', new Date(NaN)],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => fromJs([value]))
        .to.throw(TribesError)
        .with.property('code', 'TRIBES_E_JAVA_FROM_JS');
    });
  }

  it('refuses what is nested without end', () => {
    let deep: unknown = 'x';
    for (let level = 0; level < 2000; level++) {
      deep = [deep];
    }
    expect(() => fromJs(deep))
      .to.throw(TribesError)
      .with.property('code', 'TRIBES_E_JAVA_FROM_JS');
  });
});
