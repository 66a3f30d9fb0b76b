import { expect } from 'chai';
import { classesUsed, descOf, scannedObjects, writeStream, type JavaValue } from '../../src/java/index.js';
import { instanceOf } from '../session/support/classes.js';

const ENUM = descOf({ name: 'java.lang.Enum', suid: 0n, flags: 0x12 });

function used(...contents: JavaValue[]): Record<string, string> {
  const values = scannedObjects(writeStream({ contents }));
  const uses = classesUsed(values, (name) => name.startsWith('java.') || name.length === 1);
  return Object.fromEntries([...uses].map(({ name, demand }) => [demand, name]));
}

describe('classesUsed', () => {
  it('names classes that are not common, with their serialVersionUIDs', () => {
    expect(used(instanceOf('org.example.Cart', 258n), instanceOf('java.lang.Object'))).to.deep.equal({
      'org.example.Cart 0000000000000102': 'org.example.Cart',
    });
    expect(used({ kind: 'string', value: 'x' })).to.deep.equal({});
  });

  it('names superclasses, and the elements of arrays', () => {
    const base = descOf({ name: 'org.example.Base', suid: 2n });
    const desc = descOf({ name: 'org.example.Derived', suid: 3n, super: base });
    const parts = [base, desc].map((each) => ({ desc: each, values: [], annotation: null }));
    const array = descOf({ name: '[[Lorg.example.Cell;', suid: 4n });
    const names = Object.values(
      used({ kind: 'object', desc, parts }, { kind: 'array', desc: array, elements: [] }),
    );
    expect(names).to.have.members(['org.example.Base', 'org.example.Derived', 'org.example.Cell']);
    const numbers = descOf({ name: '[I', suid: 5n });
    expect(used({ kind: 'array', desc: numbers, elements: [] })).to.deep.equal({});
  });

  it('names enum constants: a JVM that has the class may lack one', () => {
    const desc = descOf({ name: 'org.example.Colour', suid: 0n, flags: 0x12, super: ENUM });
    const red: JavaValue = { kind: 'enum', desc, constant: { kind: 'string', value: 'RED' } };
    expect(Object.keys(used(red))).to.deep.equal([
      'org.example.Colour 0000000000000000',
      'org.example.Colour.RED',
    ]);
  });

  it('names the interfaces of a proxy', () => {
    const proxy = descOf({ name: 'java.lang.reflect.Proxy', suid: 1n });
    const desc = {
      kind: 'proxyClassDesc',
      interfaces: [{ value: 'org.example.Port' }, { value: 'java.lang.Runnable' }],
      annotation: [],
      superDesc: proxy,
    } as const;
    const parts = [
      { desc: proxy, values: [], annotation: null },
      { desc, values: [], annotation: null },
    ];
    expect(used({ kind: 'object', desc, parts } as unknown as JavaValue)).to.deep.equal({
      'org.example.Port': 'org.example.Port',
    });
  });
});
