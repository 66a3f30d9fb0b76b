import { expect } from 'chai';
import {
  classNameOf,
  descOf,
  fieldOf,
  isValue,
  type JavaObject,
  type JavaValue,
} from '../../src/java/index.js';

const animal = descOf({ name: 'Animal', suid: 1n, fields: ['I age', 'Ljava/lang/String; name'] });
const dog = descOf({ name: 'Dog', suid: 1n, flags: 0x03, fields: ['I age', 'Z good'], super: animal });

function dogOf(values: (number | boolean)[] | null): JavaObject {
  const parts = [
    { desc: animal, values: [7, { kind: 'string' as const, value: 'Rex' }], annotation: null },
    { desc: dog, values, annotation: [] },
  ];
  return { kind: 'object', desc: dog, parts };
}

describe('fieldOf', () => {
  it('finds a field of the lowest class that wrote one of that name', () => {
    expect(fieldOf(dogOf([3, true]), 'age')).to.equal(3);
    expect(fieldOf(dogOf([3, true]), 'name')).to.deep.equal({ kind: 'string', value: 'Rex' });
    expect(fieldOf(dogOf(null), 'age')).to.equal(7);
  });

  it('finds a field of the class named, and of no other', () => {
    expect(fieldOf(dogOf([3, true]), 'age', 'Animal')).to.equal(7);
    expect(fieldOf(dogOf([3, true]), 'good', 'Animal')).to.equal(undefined);
    expect(fieldOf(dogOf([3, true]), 'age', 'Cat')).to.equal(undefined);
  });

  it('finds nothing where there is nothing, however it is called', () => {
    for (const name of ['tail', '__proto__', 'constructor', 'length']) {
      expect(fieldOf(dogOf([3, true]), name)).to.equal(undefined);
    }
  });
});

describe('classNameOf', () => {
  const proxy = { kind: 'proxyDesc' as const, interfaces: [], annotation: [], superDesc: null };
  const values: readonly (readonly [JavaValue, string | null])[] = [
    [null, null],
    [{ kind: 'string', value: '' }, 'java.lang.String'],
    [{ kind: 'class', desc: animal }, 'java.lang.Class'],
    [animal, 'java.io.ObjectStreamClass'],
    [proxy, 'java.io.ObjectStreamClass'],
    [dogOf(null), 'Dog'],
    [{ kind: 'object', desc: proxy, parts: [] }, 'java.lang.reflect.Proxy'],
    [
      { kind: 'primitiveArray', desc: descOf({ name: '[I', suid: 1n }), type: 'I', bytes: Buffer.alloc(0) },
      '[I',
    ],
  ];
  for (const [value, name] of values) {
    it(`of ${value === null ? 'null' : `a ${value.kind}`} is ${String(name)}`, () => {
      expect(classNameOf(value)).to.equal(name);
    });
  }
});

describe('isValue', () => {
  it('is true for what readObject of a JVM returns', () => {
    expect([null, animal, dogOf(null)].every(isValue)).to.be.true;
    expect(isValue({ kind: 'blockData', bytes: Buffer.alloc(1) })).to.be.false;
    expect(isValue({ kind: 'reset' })).to.be.false;
    expect(isValue({ kind: 'exception', thrown: dogOf(null) })).to.be.false;
  });
});
