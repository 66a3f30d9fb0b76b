import { expect } from 'chai';
import fc from 'fast-check';
import {
  descOf,
  readStream,
  writeStream,
  type JavaArray,
  type JavaClassDesc,
  type JavaContent,
  type JavaObject,
  type JavaStream,
} from '../../src/java/index.js';
import { vectorFiles } from '../support/vectors.js';
import { arbitraryStream } from './kit/arbitrary-graph.js';
import { bytes, classDesc, int, ref, stream, string } from './kit/bytes.js';

/** The same graph of nodes that remember nothing of a stream. */
function unremembered<T>(value: T, copies = new Map<unknown, unknown>()): T {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) {
    return value;
  }
  const known = copies.get(value);
  if (known !== undefined) {
    return known as T;
  }
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [] : {};
  copies.set(value, copy);
  for (const [key, member] of Object.entries(value)) {
    (copy as Record<string, unknown>)[key] = unremembered<unknown>(member, copies);
  }
  return copy as T;
}

const hexOf = (graph: JavaStream): string => writeStream(graph).toString('hex');

/** Writes what was read as what was made from nothing would be written. */
function expectToBeWrittenAsIfNew(graph: JavaStream): void {
  const expected = hexOf(unremembered(graph));
  expect(hexOf(graph)).to.equal(expected);
  expect(hexOf(graph)).to.equal(expected);
}

const vectors = ['05-', '06-', '08-']
  .flatMap((prefix) => [...vectorFiles(prefix).values()].flat())
  .map(({ bytes: vector }) => vector)
  .filter((vector) => vector.length < 3000 && vector.readUInt32BE(0) === 0xaced0005);

const item = classDesc('Item', 2, [['I i'], ['L a', string('LA;')], ['L b', string('LB;')]]);
const source = stream('73', item, int(1), string('one'), string('two'), '75', classDesc('[LA;', 2), int(0));

describe('a graph that was read, written again', () => {
  let graph: JavaStream;
  let object: JavaObject;
  let desc: JavaClassDesc;

  beforeEach(() => {
    graph = readStream(source);
    [object] = graph.contents as [JavaObject];
    desc = object.desc as JavaClassDesc;
  });

  it('is what a graph from nothing is, for every vector', () => {
    for (const vector of vectors) {
      expectToBeWrittenAsIfNew(readStream(vector));
    }
  });

  it('is what a graph from nothing is, for any values', () => {
    fc.assert(
      fc.property(arbitraryStream, (made) => {
        expectToBeWrittenAsIfNew(readStream(writeStream(made)));
      }),
    );
  });

  it('is what a graph from nothing is, for the contents of two streams, in any order', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(vectors, { minLength: 2, maxLength: 4 }), fc.nat(), (some, seed) => {
        const contents = some.flatMap((vector) => readStream(vector).contents);
        const turn = seed % Math.max(contents.length, 1);
        expectToBeWrittenAsIfNew({
          contents: [...contents.slice(turn), ...contents.slice(0, turn), ...contents],
        });
      }),
    );
  });

  it('has the handles of each epoch, though nodes of the one before come again', () => {
    const [first, array] = graph.contents as [JavaObject, JavaArray];
    expectToBeWrittenAsIfNew({ contents: [first, array, first, { kind: 'reset' }, array, first, first] });
    expectToBeWrittenAsIfNew({ contents: [first, { kind: 'exception', thrown: first }, first] });
  });

  const changes: Record<string, () => void> = {
    'another text': () => Object.assign(object.parts[0]?.values?.[1] as object, { value: 'other' }),
    'a text of other bytes': () => Object.assign(object.parts[0]?.values?.[1] as object, { value: 'é' }),
    'another class name': () => Object.assign(desc, { name: { value: 'Other' } }),
    'another serialVersionUID': () => Object.assign(desc, { serialVersionUID: 5n }),
    'another type of a field': () => Object.assign(desc.fields[1]?.signature as object, { value: 'LZ;' }),
    'type strings that changed places': () => {
      const [, a, b] = desc.fields;
      desc.fields.splice(
        1,
        2,
        { ...a, signature: b?.signature } as never,
        { ...b, signature: a?.signature } as never,
      );
    },
    'fields that changed places': () => desc.fields.push(desc.fields.splice(1, 1)[0] as never),
    'a field that has another name': () =>
      desc.fields.splice(1, 1, { ...desc.fields[1], name: { value: 'z' } } as never),
    'a primitive field that has another name': () =>
      desc.fields.splice(0, 1, { type: 'I', name: { value: 'z' } }),
    'one type string for two fields': () =>
      desc.fields.splice(2, 1, { ...desc.fields[2], signature: desc.fields[1]?.signature } as never),
    'one field less': () => {
      desc.fields.pop();
      object.parts[0]?.values?.pop();
    },
    'one field more': () => {
      desc.fields.push({ type: 'Z', name: { value: 'more' } });
      object.parts[0]?.values?.push(true);
    },
    'a type string that stands before it': () =>
      graph.contents.unshift(desc.fields[2]?.signature as unknown as JavaContent),
    'a superclass': () => {
      desc.superDesc = descOf({ name: 'Above', suid: 1n });
      object.parts.unshift({ desc: desc.superDesc, values: [], annotation: null });
    },
    'an annotation of its class': () => desc.annotation.push({ kind: 'blockData', bytes: Buffer.from('x') }),
    'a string that comes again': () => graph.contents.push(object.parts[0]?.values?.[2] as JavaContent),
  };
  for (const [name, change] of Object.entries(changes)) {
    it(`is written as it is now, with ${name}`, () => {
      change();
      expectToBeWrittenAsIfNew(graph);
      expect(hexOf(graph)).to.not.equal(source.toString('hex'));
    });
  }

  it('copies strings that stand behind each other, and those that do not', () => {
    const texts = Array.from({ length: 40 }, (_, i) => string(`text ${i}`));
    const list = readStream(stream('73', classDesc('List', 3), ...texts, ref(2), '70', ...texts, '78'));
    const [{ parts }] = list.contents as [JavaObject];
    expectToBeWrittenAsIfNew(list);
    parts[0]?.annotation?.splice(7, 3);
    parts[0]?.annotation?.reverse();
    expectToBeWrittenAsIfNew(list);
  });

  it('may have been read from a part of a larger buffer', () => {
    const part = bytes('ffffff', source, 'ffffff').subarray(3, -3);
    expect(hexOf(readStream(part))).to.equal(source.toString('hex'));
  });
});
