import { ClassFlags, type FieldType, type JavaClassDesc, type JavaField } from '../model.js';

/**
 * Descriptors of the JDK classes that plain JavaScript values become. They are shared by all graphs, and never changed:
 * a writer numbers them for each stream by their identity.
 */

const { SERIALIZABLE, WRITE_METHOD } = ClassFlags;

function field(type: FieldType, name: string, signature?: string): JavaField {
  return signature === undefined
    ? { type, name: { value: name } }
    : { type, name: { value: name }, signature: { kind: 'string', value: signature } };
}

function classDesc(
  name: string,
  serialVersionUID: bigint,
  fields: JavaField[],
  { flags = SERIALIZABLE, superDesc = null }: { flags?: number; superDesc?: JavaClassDesc | null } = {},
): JavaClassDesc {
  return {
    kind: 'classDesc',
    name: { value: name },
    serialVersionUID: BigInt.asIntN(64, serialVersionUID),
    flags,
    fields,
    annotation: [],
    superDesc,
  };
}

const withWriteObject = SERIALIZABLE | WRITE_METHOD;

export const NUMBER = classDesc('java.lang.Number', 0x86ac951d0b94e08bn, []);
export const BOOLEAN = classDesc('java.lang.Boolean', 0xcd207280d59cfaeen, [field('Z', 'value')]);
export const INTEGER = classDesc('java.lang.Integer', 0x12e2a0a4f7818738n, [field('I', 'value')], {
  superDesc: NUMBER,
});
export const LONG = classDesc('java.lang.Long', 0x3b8be490cc8f23dfn, [field('J', 'value')], {
  superDesc: NUMBER,
});
export const DOUBLE = classDesc('java.lang.Double', 0x80b3c24a296bfb04n, [field('D', 'value')], {
  superDesc: NUMBER,
});

export const BIG_INTEGER = classDesc(
  'java.math.BigInteger',
  0x8cfc9f1fa93bfb1dn,
  [
    field('I', 'bitCount'),
    field('I', 'bitLength'),
    field('I', 'firstNonzeroByteNum'),
    field('I', 'lowestSetBit'),
    field('I', 'signum'),
    field('[', 'magnitude', '[B'),
  ],
  { flags: withWriteObject, superDesc: NUMBER },
);

export const DATE = classDesc('java.util.Date', 0x686a81014b597419n, [], { flags: withWriteObject });
export const BYTE_ARRAY = classDesc('[B', 0xacf317f8060854e0n, []);

export const ARRAY_LIST = classDesc('java.util.ArrayList', 0x7881d21d99c7619dn, [field('I', 'size')], {
  flags: withWriteObject,
});

export const HASH_MAP = classDesc(
  'java.util.HashMap',
  0x0507dac1c31660d1n,
  [field('F', 'loadFactor'), field('I', 'threshold')],
  { flags: withWriteObject },
);

export const LINKED_HASH_MAP = classDesc(
  'java.util.LinkedHashMap',
  0x34c04e5c106cc0fbn,
  [field('Z', 'accessOrder')],
  { superDesc: HASH_MAP },
);

export const HASH_SET = classDesc('java.util.HashSet', 0xba44859596b8b734n, [], { flags: withWriteObject });
export const LINKED_HASH_SET = classDesc('java.util.LinkedHashSet', 0xd86cd75a95dd2a1en, [], {
  superDesc: HASH_SET,
});
