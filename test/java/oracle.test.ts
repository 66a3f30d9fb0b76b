import { expect } from 'chai';
import { ObjectInputStream } from 'java-object-serialization';
import {
  readStream,
  type JavaContent,
  type JavaDesc,
  type JavaFieldValue,
  type JavaPrimitiveArray,
  type PrimitiveType,
} from '../../src/java/index.js';
import { vectorFiles, type Vector } from '../support/vectors.js';

/**
 * An independent decoder, `java-object-serialization`, as an oracle on what it supports. Its known faults are allowed for:
 * integers are unsigned, a reference to an object that is still being read is null, and the annotations of all
 * classes of an object are in one list.
 */
describe('readStream beside an independent decoder', () => {
  const vectors = [...vectorFiles('06-').values(), ...vectorFiles('08-').values()]
    .flat()
    // A class descriptor as a value has no form there.
    .filter(({ name }) => name !== 'object-stream-class');
  const supported = vectors.flatMap((vector) => {
    const theirs = readWithOracle(vector);
    return theirs === undefined ? [] : [{ vector, theirs }];
  });

  it('has enough to compare', () => {
    expect(supported.length).to.be.above(110);
  });

  for (const { vector, theirs } of supported) {
    it(`agrees on ${vector.name} of ${vector.producer}`, () => {
      const [content] = readStream(vector.bytes).contents;
      expect(new OracleForm().of(content ?? null)).to.deep.equal(oracleForm(theirs));
    });
  }
});

function readWithOracle({ bytes }: Vector): { value: unknown } | undefined {
  const warn = console.warn;
  // It reports every class that is not registered.
  console.warn = () => undefined;
  try {
    return { value: new ObjectInputStream(bytes).readObject() as unknown };
  } catch {
    return undefined;
  } finally {
    console.warn = warn;
  }
}

/** Our graph, with the oracle's faults. */
class OracleForm {
  private readonly open = new Set<object>();

  of(content: JavaContent): unknown {
    if (content === null) {
      return null;
    }
    switch (content.kind) {
      case 'string':
        return content.value;
      case 'enum':
        return { class: nameOf(content.desc), constant: content.constant.value };
      case 'blockData':
        return 'primitive data';
      case 'primitiveArray':
        return cells(content);
      case 'array':
        return this.within(content, () => content.elements.map((element) => this.of(element)));
      case 'object':
        return this.within(content, () => ({
          class: nameOf(content.desc),
          fields: Object.fromEntries(
            content.parts.flatMap(({ desc, values }) =>
              desc.kind === 'classDesc' && values !== null
                ? desc.fields.map(({ name, type }, index) => [
                    name.value,
                    this.field(values[index] ?? null, type),
                  ])
                : [],
            ),
          ),
          annotations: content.parts
            .flatMap(({ annotation }) => annotation ?? [])
            .map((entry) => this.of(entry)),
        }));
      default:
        throw new Error(`the oracle does not know ${content.kind}`);
    }
  }

  private field(value: JavaFieldValue, type: string): unknown {
    return value === null || (typeof value === 'object' && value.kind !== 'raw')
      ? this.of(value)
      : unsigned(value, type);
  }

  private within(node: object, form: () => unknown): unknown {
    if (this.open.has(node)) {
      return null;
    }
    this.open.add(node);
    const made = form();
    this.open.delete(node);
    return made;
  }
}

function nameOf(desc: JavaDesc): string {
  return desc.kind === 'classDesc' ? desc.name.value : 'proxy';
}

function unsigned(value: unknown, type: string): unknown {
  switch (type) {
    case 'B':
      return Number(value) & 0xff;
    case 'S':
      return Number(value) & 0xffff;
    case 'I':
      return Number(value) >>> 0;
    case 'J':
      return BigInt.asUintN(64, value as bigint);
    default:
      return value;
  }
}

function cells({ type, bytes }: JavaPrimitiveArray): unknown[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = { B: 1, Z: 1, S: 2, C: 2, I: 4, F: 4, J: 8, D: 8 }[type];
  const read: Record<PrimitiveType, (offset: number) => unknown> = {
    B: (offset) => view.getUint8(offset),
    Z: (offset) => view.getUint8(offset) !== 0,
    S: (offset) => view.getUint16(offset),
    C: (offset) => String.fromCharCode(view.getUint16(offset)),
    I: (offset) => view.getUint32(offset),
    F: (offset) => view.getFloat32(offset),
    J: (offset) => view.getBigUint64(offset),
    D: (offset) => view.getFloat64(offset),
  };
  return Array.from({ length: bytes.length / size }, (_, index) => read[type](index * size));
}

/** What the oracle read, in comparable form. */
function oracleForm({ value }: { value: unknown }): unknown {
  if (value === null || typeof value !== 'object') {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map((element: unknown) => oracleForm({ value: element }));
  }
  if ('enumConstantName' in value && 'classDesc' in value) {
    return { class: (value.classDesc as { className: string }).className, constant: value.enumConstantName };
  }
  if ('fields' in value && 'annotations' in value && 'className' in value) {
    const fields = [...(value.fields as Map<string, unknown>)];
    return {
      class: value.className,
      fields: Object.fromEntries(fields.map(([name, field]) => [name, oracleForm({ value: field })])),
      annotations: (value.annotations as unknown[]).map((entry) => oracleForm({ value: entry })),
    };
  }
  return 'primitive data';
}
