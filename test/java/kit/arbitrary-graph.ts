import fc from 'fast-check';
import {
  ClassFlags,
  type FieldType,
  type JavaClassData,
  type JavaClassDesc,
  type JavaContent,
  type JavaDesc,
  type JavaField,
  type JavaFieldValue,
  type JavaObject,
  type JavaStream,
  type JavaString,
  type JavaText,
  type JavaValue,
  type PrimitiveType,
} from '../../../src/java/index.js';

/**
 * Arbitrary object graphs: every kind of node, shared and cyclic references, hierarchies, annotations, resets and
 * exceptions. Nodes refer to each other by number, so that a failing graph shrinks.
 */

const PRIMITIVES = ['B', 'C', 'D', 'F', 'I', 'J', 'S', 'Z'] as const satisfies PrimitiveType[];
const SIZE: Record<PrimitiveType, number> = { B: 1, C: 2, D: 8, F: 4, I: 4, J: 8, S: 2, Z: 1 };

/** Any sequence of UTF-16 units: NUL, lone surrogates, and names that would harm a plain object. */
const utf16 = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom('', '\0', '\ud800', '\udc00\ud800', '__proto__', 'constructor', 'hasOwnProperty'),
);

/** Texts whose bytes are not the canonical encoding: kept as they came. */
const oddText: fc.Arbitrary<JavaText> = fc.constantFrom(
  { value: '\0', bytes: Buffer.from([0]) },
  { value: '\u0001', bytes: Buffer.from([0xc0, 0x81]) },
  { value: '\ufffdA', bytes: Buffer.from([0xff, 0x41]) },
  { value: '\ufffd', bytes: Buffer.from([0xe2]) },
);

const text: fc.Arbitrary<JavaText> = fc.oneof(
  { weight: 9, arbitrary: utf16.map((value) => ({ value })) },
  { weight: 1, arbitrary: oddText },
);

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

const primitiveValue: { readonly [T in PrimitiveType]: fc.Arbitrary<JavaFieldValue> } = {
  B: fc.integer({ min: -128, max: 127 }),
  C: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
  D: fc.oneof(
    fc.double(),
    fc.constant({ kind: 'raw' as const, type: 'D' as const, bytes: Buffer.from('7ff8000000000001', 'hex') }),
  ),
  F: fc.oneof(
    fc.float(),
    fc.constant({ kind: 'raw' as const, type: 'F' as const, bytes: Buffer.from('ffc00000', 'hex') }),
  ),
  I: fc.integer(),
  J: long,
  S: fc.integer({ min: -32768, max: 32767 }),
  Z: fc.oneof(
    fc.boolean(),
    fc.constant({ kind: 'raw' as const, type: 'Z' as const, bytes: Buffer.from([2]) }),
  ),
};

const block = fc.record({
  kind: fc.constant('blockData' as const),
  bytes: fc.oneof(
    fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
    fc.constant(Buffer.alloc(300, 0x78)),
  ),
});

/** Numbers of nodes, taken modulo how many there are; every tenth is null. */
const ref = fc.nat(99);
const refs = fc.array(ref, { maxLength: 5 });

const fieldSpec = fc.record({
  type: fc.constantFrom<FieldType>(...PRIMITIVES, 'L', 'L', '['),
  name: text,
  signature: fc.nat(3),
});

const descSpec = fc.record({
  name: text,
  suid: long,
  flavour: fc.constantFrom('plain', 'plain', 'writeObject', 'externalizable', 'proxy'),
  fields: fc.array(fieldSpec, { maxLength: 4 }),
  super: fc.option(fc.nat(9)),
  annotation: fc.array(
    fc.oneof(
      block,
      text.map((t): JavaString => ({ kind: 'string', ...t })),
    ),
    { maxLength: 1 },
  ),
  annotated: fc.nat(9),
});

type DescSpec = typeof descSpec extends fc.Arbitrary<infer T> ? T : never;

const nodeSpec = fc.oneof(
  fc.record({ kind: fc.constant('string' as const), text, long: fc.boolean() }),
  fc.record({ kind: fc.constant('longString' as const), unit: fc.constantFrom('x', 'é', '\ud83d') }),
  fc.record({
    kind: fc.constant('object' as const),
    desc: fc.nat(9),
    refs,
    seed: fc.record(primitiveValue),
    block,
  }),
  fc.record({ kind: fc.constant('array' as const), refs, depth: fc.nat(2) }),
  fc.record({
    kind: fc.constant('primitiveArray' as const),
    type: fc.constantFrom(...PRIMITIVES),
    cells: fc.uint8Array({ maxLength: 24 }),
  }),
  fc.record({ kind: fc.constant('enum' as const), name: text }),
  fc.record({ kind: fc.constant('class' as const), desc: fc.nat(9) }),
  fc.record({ kind: fc.constant('desc' as const), desc: fc.nat(9) }),
);

type NodeSpec = typeof nodeSpec extends fc.Arbitrary<infer T> ? T : never;

const contentSpec = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('value' as const), ref }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('block' as const), block }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('exception' as const) }) },
);

type ContentSpec = typeof contentSpec extends fc.Arbitrary<infer T> ? T : never;

/** Whole streams. */
export const arbitraryStream: fc.Arbitrary<JavaStream> = fc
  .record({
    descs: fc.array(descSpec, { minLength: 1, maxLength: 6 }),
    nodes: fc.array(nodeSpec, { minLength: 1, maxLength: 12 }),
    contents: fc.array(contentSpec, { maxLength: 8 }),
  })
  .map(({ descs, nodes, contents }) => {
    const built = buildNodes(buildDescs(descs), nodes);
    return { contents: contents.map((spec) => contentOf(spec, built)) };
  });

/** Values of one epoch, that may share objects. */
export const arbitraryValues: fc.Arbitrary<JavaValue[]> = fc
  .record({
    descs: fc.array(descSpec, { minLength: 1, maxLength: 6 }),
    nodes: fc.array(nodeSpec, { minLength: 1, maxLength: 12 }),
    contents: fc.array(ref, { minLength: 1, maxLength: 8 }),
  })
  .map(({ descs, nodes, contents }) => {
    const built = buildNodes(buildDescs(descs), nodes);
    return contents.map((number) => pick(built, number));
  });

function contentOf(spec: ContentSpec, nodes: readonly JavaValue[]): JavaContent {
  switch (spec.kind) {
    case 'value':
      return pick(nodes, spec.ref);
    case 'block':
      return spec.block;
    case 'reset':
      return { kind: 'reset' };
    case 'exception':
      return {
        kind: 'exception',
        thrown: thrown(nodes),
        aborted: Buffer.from('73720001410000000000000001020000', 'hex'),
      };
  }
}

/** An exception whose cause is itself. */
function thrown(nodes: readonly JavaValue[]): JavaObject {
  const desc: JavaClassDesc = {
    kind: 'classDesc',
    name: { value: 'java.io.NotSerializableException' },
    serialVersionUID: 1n,
    flags: ClassFlags.SERIALIZABLE,
    fields: [
      { type: 'L', name: { value: 'cause' }, signature: { kind: 'string', value: 'Ljava/lang/Throwable;' } },
      { type: 'L', name: { value: 'detail' }, signature: { kind: 'string', value: 'Ljava/lang/Object;' } },
    ],
    annotation: [],
    superDesc: null,
  };
  const values: JavaFieldValue[] = [];
  const object: JavaObject = { kind: 'object', desc, parts: [{ desc, values, annotation: null }] };
  values.push(object, pick(nodes, 1));
  return object;
}

function buildDescs(specs: readonly DescSpec[]): JavaDesc[] {
  const signatures = ['Ljava/lang/Object;', 'Ljava/lang/String;', '[B', '[[I'].map((value): JavaString => ({
    kind: 'string',
    value,
  }));
  const descs: JavaDesc[] = [];
  for (const spec of specs) {
    const above = spec.super === null ? null : (descs[spec.super] ?? null);
    // What extends an Externalizable is one itself.
    const superDesc =
      above !== null && isExternalizable(above) && spec.flavour !== 'externalizable' ? null : above;
    const annotation = spec.annotated === 0 ? spec.annotation : [];
    if (spec.flavour === 'proxy') {
      descs.push({
        kind: 'proxyDesc',
        interfaces: spec.fields.map(({ name }) => name),
        annotation,
        superDesc,
      });
    } else {
      descs.push({
        kind: 'classDesc',
        name: spec.name,
        serialVersionUID: spec.suid,
        flags: FLAGS[spec.flavour],
        fields: spec.fields.map(({ type, name, signature }): JavaField => {
          const node = signatures[signature];
          return (type === 'L' || type === '[') && node !== undefined
            ? { type, name, signature: node }
            : { type, name };
        }),
        annotation,
        superDesc,
      });
    }
  }
  return descs;
}

const FLAGS = { plain: 0x02, writeObject: 0x03, externalizable: 0x0c };

function buildNodes(descs: readonly JavaDesc[], specs: readonly NodeSpec[]): JavaValue[] {
  const nodes: JavaValue[] = [];
  const fillings: (() => void)[] = [];
  for (const spec of specs) {
    nodes.push(begin(spec, descs, (number) => pick(nodes, number), fillings));
  }
  fillings.forEach((fill) => fill());
  return nodes;
}

/** A node without what it refers to, which is filled in when all nodes are there. */
function begin(
  spec: NodeSpec,
  descs: readonly JavaDesc[],
  node: (ref: number) => JavaValue,
  fillings: (() => void)[],
): JavaValue {
  switch (spec.kind) {
    case 'string':
      return spec.long ? { kind: 'string', ...spec.text, long: true } : { kind: 'string', ...spec.text };
    case 'longString':
      return { kind: 'string', value: spec.unit.repeat(65_536) };
    case 'object':
      return beginObject(spec, descOf(descs, spec.desc), node, fillings);
    case 'array': {
      const elements: JavaValue[] = [];
      fillings.push(() => elements.push(...spec.refs.map(node)));
      return { kind: 'array', desc: arrayClass(`${'['.repeat(spec.depth)}[Ljava.lang.Object;`), elements };
    }
    case 'primitiveArray': {
      const bytes = Buffer.from(
        spec.cells.subarray(0, spec.cells.length - (spec.cells.length % SIZE[spec.type])),
      );
      return { kind: 'primitiveArray', desc: arrayClass(`[${spec.type}`), type: spec.type, bytes };
    }
    case 'enum':
      return { kind: 'enum', desc: enumClass(), constant: { kind: 'string', ...spec.name } };
    case 'class':
      return { kind: 'class', desc: descOf(descs, spec.desc) };
    case 'desc':
      return descOf(descs, spec.desc);
  }
}

function beginObject(
  spec: NodeSpec & { kind: 'object' },
  desc: JavaDesc,
  node: (ref: number) => JavaValue,
  fillings: (() => void)[],
): JavaObject {
  const externalizable = isExternalizable(desc);
  const hierarchy: JavaDesc[] = [];
  for (let next: JavaDesc | null = desc; next !== null; next = externalizable ? null : next.superDesc) {
    hierarchy.unshift(next);
  }
  const parts = hierarchy.map((part): JavaClassData => {
    const annotated =
      part.kind === 'classDesc' && (part.flags & (ClassFlags.WRITE_METHOD | ClassFlags.EXTERNALIZABLE)) !== 0;
    const values: JavaFieldValue[] = [];
    const annotation: JavaContent[] = [];
    fillings.push(() => {
      const fields = part.kind === 'classDesc' && !externalizable ? part.fields : [];
      fields.forEach(({ type }, i) =>
        values.push(type === 'L' || type === '[' ? node(spec.refs[i] ?? i) : spec.seed[type]),
      );
      annotation.push(spec.block, ...spec.refs.map(node));
    });
    return { desc: part, values: externalizable ? null : values, annotation: annotated ? annotation : null };
  });
  return { kind: 'object', desc, parts };
}

function isExternalizable(desc: JavaDesc): boolean {
  return desc.kind === 'classDesc' && (desc.flags & ClassFlags.EXTERNALIZABLE) !== 0;
}

function arrayClass(name: string): JavaClassDesc {
  return plainClass(name, 0x02, null);
}

function enumClass(): JavaClassDesc {
  return plainClass('test.Colour', 0x12, plainClass('java.lang.Enum', 0x12, null));
}

const classes = new Map<string, JavaClassDesc>();

function plainClass(name: string, flags: number, superDesc: JavaClassDesc | null): JavaClassDesc {
  let desc = classes.get(name);
  if (desc === undefined) {
    desc = {
      kind: 'classDesc',
      name: { value: name },
      serialVersionUID: 0n,
      flags,
      fields: [],
      annotation: [],
      superDesc,
    };
    classes.set(name, desc);
  }
  return desc;
}

function descOf(descs: readonly JavaDesc[], number: number): JavaDesc {
  return descs[number % descs.length] as JavaDesc;
}

function pick(nodes: readonly JavaValue[], number: number): JavaValue {
  return number % 10 === 9 ? null : (nodes[number % nodes.length] ?? null);
}
