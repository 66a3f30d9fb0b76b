import { expect } from 'chai';
import { JavaClasses, fromJs, java, plainView, toJava, writeStream } from '../../../src/java/index.js';
import { codeOf } from '../../support/code-of.js';
import { thrownBy } from '../../support/errors.js';
import { vectorFiles } from '../../support/vectors.js';

const javaBytes = new Map(
  [...vectorFiles('06-jdk-classes').values()].flat().map(({ name, bytes }) => [name, bytes]),
);
const hexOf = (value: unknown): string => writeStream({ contents: [fromJs(value)] }).toString('hex');

describe('java literals', () => {
  for (const [name, value] of [
    ['Byte', java.byte(-7)],
    ['Short', java.short(300)],
    ['Integer', java.int(42)],
    ['Long', java.long(1234567890123)],
    ['Long-min', java.long(-(2n ** 63n))],
    ['Float', java.float(1.5)],
    ['Double', java.double(-2.25)],
    ['Character', java.char('x')],
    ['BigDecimal', java.bigDecimal('19.90')],
    ['BigDecimal-negative-scale', java.bigDecimal('1E+3')],
    ['UUID', java.uuid('01234567-89ab-4cde-8f01-23456789abcd')],
    ['byte[]', java.array('byte', [1, 2, 3])],
    ['int[]', java.array('int', [1, -1])],
    ['String[]', java.array('java.lang.String', ['x', null])],
    ['int[][]', java.array('int[]', [[1], [2, 3]])],
    ['Integer[]', java.array('java.lang.Integer', [1, 2])],
  ] as const) {
    it(`are the bytes that a JVM writes: ${name}`, () => {
      const expected = javaBytes.get(name);
      const plain = plainView(fromJs(value));
      expect(
        hexOf(value),
        JSON.stringify(plain, (_, v: unknown) => String(v)),
      ).to.equal(expected?.toString('hex'));
    });
  }

  it('stand within other values', () => {
    const map = fromJs({ count: java.long(5), tags: [java.char('x')] });
    expect(plainView(map)).to.deep.equal(
      new Map<string, unknown>([
        ['count', 5],
        ['tags', ['x']],
      ]),
    );
    expect(hexOf([java.long(5)])).to.not.equal(hexOf([5]));
  });

  it('may be any Java value, untouched', () => {
    const bytes = javaBytes.get('Locale-US') ?? Buffer.alloc(0);
    expect(hexOf(java.raw(bytes))).to.equal(bytes.toString('hex'));
  });

  for (const [what, make] of [
    ['a byte beyond 127', () => java.byte(128)],
    ['half an int', () => java.int(0.5)],
    ['a long beyond 64 bits', () => java.long(2n ** 63n)],
    ['a long that is no exact number', () => java.long(2 ** 60)],
    ['a char of two units', () => java.char('😀')],
    ['no decimal number', () => java.bigDecimal('1,5')],
    ['no UUID', () => java.uuid('1')],
    ['no type', () => java.array('int;', [])],
    ['an element of another type', () => java.array('java.lang.String', [1])],
  ] as const) {
    it(`refuse ${what}`, () => {
      expect(codeOf(make)).to.equal('TRIBES_E_JAVA_FROM_JS');
    });
  }
});

describe('toJava', () => {
  class Item {
    name: unknown = 'tea';
    count: unknown = 1;
    list: unknown = [];
  }

  const classes = new JavaClasses().register(Item, 'shop.Item', 1, {
    fields: { name: 'java.lang.String', count: 'java.lang.Long', list: 'java.util.List' },
  });

  it('makes the wrapper that the field wants', () => {
    const node = toJava(new Item(), classes);
    const instance = plainView(node);
    expect(instance).to.have.property('className', 'shop.Item');
    expect(writeStream({ contents: [node] }).includes('java.lang.Long')).to.be.true;
  });

  it('refuses what a field cannot hold, and says which', () => {
    for (const [field, value, what] of [
      ['name', 1, 'a java.lang.Integer where java.lang.String is wanted'],
      ['count', 'x', 'a string where java.lang.Long is wanted'],
      ['list', new Map(), 'a java.util.LinkedHashMap where java.util.List is wanted'],
    ] as const) {
      const item = Object.assign(new Item(), { [field]: value });
      const { message } = thrownBy('TRIBES_E_JAVA_FROM_JS', () => toJava(item, classes));
      expect(message).to.equal(`field ${field} of shop.Item: ${what} has no Java counterpart`);
    }
  });

  it('refuses classes that are not registered, or without fields, or extend a registered one', () => {
    class Other {
      name = '';
    }
    class Derived extends Item {}
    const readOnly = new JavaClasses().register(Other, 'shop.Other', 1);
    for (const value of [new Other(), new Derived()]) {
      expect(codeOf(() => toJava(value, classes))).to.equal('TRIBES_E_JAVA_FROM_JS');
    }
    expect(codeOf(() => toJava(new Other(), readOnly))).to.equal('TRIBES_E_JAVA_FROM_JS');
  });
});
