import { inspect } from 'node:util';
import { expect } from 'chai';
import {
  ClassFlags,
  descOf,
  readStream,
  writeStream,
  type JavaClassDesc,
  type JavaContent,
  type JavaFieldValue,
  type JavaObject,
} from '../../src/java/index.js';
import { thrownBy } from '../support/errors.js';

function write(content: JavaContent): Buffer {
  return writeStream({ contents: [content] });
}

function unwritable(content: unknown): string {
  return thrownBy('TRIBES_E_JAVA_UNWRITABLE', () => write(content as JavaContent)).message;
}

function objectOf(desc: JavaClassDesc, ...values: JavaFieldValue[]): JavaObject {
  return { kind: 'object', desc, parts: [{ desc, values, annotation: null }] };
}

describe('writeStream', () => {
  it('writes type strings that descOf made once, for all classes of a stream', () => {
    const a = descOf({ name: 'A', suid: 1n, fields: ['Ljava/lang/String; a'] });
    const b = descOf({ name: 'B', suid: 2n, fields: ['Ljava/lang/String; b', '[B c'], super: a });
    const written = write({ kind: 'class', desc: b }).toString('latin1');
    expect(written.split('Ljava/lang/String;')).to.have.length(2);
    const [read] = readStream(write({ kind: 'class', desc: b })).contents;
    expect(read).to.deep.equal({ kind: 'class', desc: b });
  });

  it('chooses TC_LONGSTRING and TC_BLOCKDATALONG by length', () => {
    expect(write({ kind: 'string', value: 'x'.repeat(65_535) })[4]).to.equal(0x74);
    expect(write({ kind: 'string', value: 'é'.repeat(32_768) })[4]).to.equal(0x7c);
    expect(write({ kind: 'blockData', bytes: Buffer.alloc(255) })[4]).to.equal(0x77);
    expect(write({ kind: 'blockData', bytes: Buffer.alloc(256) })[4]).to.equal(0x7a);
  });

  it('writes the name of an enum constant anew where it is shared, as a JVM does', () => {
    const constant = { kind: 'string' as const, value: 'A' };
    const desc = descOf({ name: 'E', suid: 0n, flags: 0x12 });
    const contents: JavaContent[] = [constant, { kind: 'enum', desc, constant }, constant];
    const written = writeStream({ contents });
    expect(written.subarray(-5).toString('hex')).to.equal('71007e0003');
    expect(readStream(written).contents).to.deep.equal(contents);
  });

  const numbers = descOf({ name: 'N', suid: 1n, fields: ['B b', 'C c', 'I i', 'J j', 'S s', 'Z z'] });
  const good: JavaFieldValue[] = [-128, 'c', 2 ** 31 - 1, -(2n ** 63n), 32_767, true];
  const bad: readonly (readonly [number, JavaFieldValue])[] = [
    [0, 128],
    [0, '1'],
    [1, 'cc'],
    [1, 99],
    [2, 2 ** 31],
    [2, 1.5],
    [2, 1n],
    [3, 2n ** 63n],
    [3, 1],
    [4, -32_769],
    [5, 1],
    [5, { kind: 'raw', type: 'B', bytes: Buffer.from([2]) }],
    [5, { kind: 'raw', type: 'Z', bytes: Buffer.from([2, 2]) }],
    [5, null],
  ];

  it('takes every value of a field that its type can carry', () => {
    expect(readStream(write(objectOf(numbers, ...good))).contents).to.deep.equal([
      objectOf(numbers, ...good),
    ]);
  });

  for (const [place, value] of bad) {
    it(`refuses ${inspect(value)} in a field of type ${'BCIJSZ'.charAt(place)}`, () => {
      expect(unwritable(objectOf(numbers, ...good.with(place, value)))).to.include('none of its type');
    });
  }

  describe('refuses what no stream can carry:', () => {
    const text = descOf({ name: 'T', suid: 1n, fields: ['Ljava/lang/String; t'] });
    const custom = descOf({ name: 'C', suid: 1n, flags: 0x03 });
    const external = descOf({ name: 'E', suid: 1n, flags: 0x0c });
    const cases: Readonly<Record<string, unknown>> = {
      'a field without value': objectOf(text),
      'a primitive in a field of objects': objectOf(text, 5),
      'an object without a part for its class': { kind: 'object', desc: text, parts: [] },
      'an object with a part for another class': { ...objectOf(text, null), desc: custom },
      'an object with more parts than classes': {
        kind: 'object',
        desc: text,
        parts: [...objectOf(text, null).parts, ...objectOf(text, null).parts],
      },
      'an annotation where no writeObject is': {
        kind: 'object',
        desc: text,
        parts: [{ desc: text, values: [null], annotation: [] }],
      },
      'no annotation where a writeObject is': objectOf(custom),
      'no fields where no writeObject is': {
        kind: 'object',
        desc: text,
        parts: [{ desc: text, values: null, annotation: null }],
      },
      'fields of an Externalizable': {
        kind: 'object',
        desc: external,
        parts: [{ desc: external, values: [], annotation: [] }],
      },
      'an Externalizable of protocol version 1': {
        kind: 'object',
        desc: { ...external, flags: ClassFlags.EXTERNALIZABLE },
        parts: [],
      },
      'a reset within an object': {
        kind: 'object',
        desc: custom,
        parts: [{ desc: custom, values: [], annotation: [{ kind: 'reset' }] }],
      },
      'an array of no class': { kind: 'array', desc: null, elements: [] },
      'cells that are no whole number': {
        kind: 'primitiveArray',
        desc: descOf({ name: '[I', suid: 1n }),
        type: 'I',
        bytes: Buffer.alloc(6),
      },
      'an exception that is no object': { kind: 'exception', thrown: null },
      'a name of more than 65535 bytes': {
        kind: 'class',
        desc: descOf({ name: 'x'.repeat(65_536), suid: 1n }),
      },
      'an object field without type': {
        kind: 'class',
        desc: { ...text, fields: [{ type: 'L', name: { value: 't' } }] },
      },
    };
    for (const [what, content] of Object.entries(cases)) {
      it(what, () => {
        unwritable(content);
      });
    }
  });
});
