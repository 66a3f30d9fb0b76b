import { createHash } from 'node:crypto';
import { descOf } from '../descriptors.js';
import { ClassFlags, type JavaClassDesc } from '../model.js';
import {
  ARRAY_LIST,
  BIG_INTEGER,
  BOOLEAN,
  BYTE_ARRAY,
  DATE,
  DOUBLE,
  HASH_MAP,
  HASH_SET,
  INTEGER,
  LINKED_HASH_MAP,
  LINKED_HASH_SET,
  LONG,
  NUMBER,
} from '../views/jdk-descriptors.js';

/**
 * Descriptors of the JDK classes that hold values (`VALUE_CLASSES`), as every JDK writes them: their serial forms are
 * part of the specification of the JDK. Shared by all graphs, and never changed.
 */

const written = ClassFlags.SERIALIZABLE | ClassFlags.WRITE_METHOD;
const constant = ClassFlags.SERIALIZABLE | ClassFlags.ENUM;

export const ENUM = descOf({ name: 'java.lang.Enum', suid: 0n, flags: constant });

const VECTOR = descOf({
  name: 'java.util.Vector',
  suid: 0xd9977d5b803baf01n,
  flags: written,
  fields: ['I capacityIncrement', 'I elementCount', '[Ljava/lang/Object; elementData'],
});
const HASHTABLE = descOf({
  name: 'java.util.Hashtable',
  suid: 0x13bb0f25214ae4b8n,
  flags: written,
  fields: ['F loadFactor', 'I threshold'],
});

const COLLECTION = 'Ljava/util/Collection;';
const MAP = 'Ljava/util/Map;';
const OBJECT = 'Ljava/lang/Object;';

const UNMODIFIABLE_COLLECTION = wrapper('UnmodifiableCollection', 0x19420080cb5ef71en, `${COLLECTION} c`);
const UNMODIFIABLE_SET = wrapper('UnmodifiableSet', 0x801d92d18f9b8055n, null, UNMODIFIABLE_COLLECTION);
const UNMODIFIABLE_SORTED_SET = wrapper(
  'UnmodifiableSortedSet',
  0xbb98248febecef03n,
  'Ljava/util/SortedSet; ss',
  UNMODIFIABLE_SET,
);
const UNMODIFIABLE_MAP = wrapper('UnmodifiableMap', 0xf1a5a8fe74f50742n, `${MAP} m`);
const UNMODIFIABLE_SORTED_MAP = wrapper(
  'UnmodifiableSortedMap',
  0x85c82928d3a5d70an,
  'Ljava/util/SortedMap; sm',
  UNMODIFIABLE_MAP,
);
const SYNCHRONIZED_COLLECTION = descOf({
  name: 'java.util.Collections$SynchronizedCollection',
  suid: 0x2a61f84d099c99b5n,
  flags: written,
  fields: [`${COLLECTION} c`, `${OBJECT} mutex`],
});
const SYNCHRONIZED_SET = wrapper('SynchronizedSet', 0x06c3c27902eedf3cn, null, SYNCHRONIZED_COLLECTION);
const SYNCHRONIZED_MAP = descOf({
  name: 'java.util.Collections$SynchronizedMap',
  suid: 0x1b73f9094b4b397bn,
  flags: written,
  fields: [`${MAP} m`, `${OBJECT} mutex`],
});

function wrapper(name: string, suid: bigint, field: string | null, superDesc?: JavaClassDesc): JavaClassDesc {
  const fields = field === null ? [] : [field];
  return descOf({
    name: `java.util.Collections$${name}`,
    suid,
    fields,
    ...(superDesc && { super: superDesc }),
  });
}

function number(name: string, suid: bigint, field: string): JavaClassDesc {
  return descOf({ name, suid, fields: [field], super: NUMBER });
}

const descriptors: readonly JavaClassDesc[] = [
  NUMBER,
  BOOLEAN,
  INTEGER,
  LONG,
  DOUBLE,
  number('java.lang.Byte', 0x9c4e6084ee50f51cn, 'B value'),
  number('java.lang.Short', 0x684d37133460da52n, 'S value'),
  number('java.lang.Float', 0xdaedc9a2db3cf0ecn, 'F value'),
  descOf({ name: 'java.lang.Character', suid: 0x348b47d96b1a2678n, fields: ['C value'] }),
  ENUM,
  BIG_INTEGER,
  descOf({
    name: 'java.math.BigDecimal',
    suid: 0x54c71557f981284fn,
    flags: written,
    fields: ['I scale', 'Ljava/math/BigInteger; intVal'],
    super: NUMBER,
  }),
  descOf({ name: 'java.time.DayOfWeek', suid: 0n, flags: constant, super: ENUM }),
  descOf({ name: 'java.time.Month', suid: 0n, flags: constant, super: ENUM }),
  descOf({
    name: 'java.time.Ser',
    suid: 0x955d84ba1b2248b2n,
    flags: ClassFlags.EXTERNALIZABLE | ClassFlags.BLOCK_DATA,
  }),
  DATE,
  descOf({
    name: 'java.util.UUID',
    suid: 0xbc9903f7986d852fn,
    fields: ['J leastSigBits', 'J mostSigBits'],
  }),
  ARRAY_LIST,
  descOf({ name: 'java.util.LinkedList', suid: 0x0c29535d4a608822n, flags: written }),
  VECTOR,
  descOf({ name: 'java.util.Stack', suid: 0x10fe2ac2bb09861dn, super: VECTOR }),
  descOf({ name: 'java.util.ArrayDeque', suid: 0x207cda2e240da08bn, flags: written }),
  descOf({
    name: 'java.util.PriorityQueue',
    suid: 0x94da30b4fb3f82b1n,
    flags: written,
    fields: ['I size', 'Ljava/util/Comparator; comparator'],
  }),
  HASH_MAP,
  LINKED_HASH_MAP,
  descOf({
    name: 'java.util.TreeMap',
    suid: 0x0cc1f63e2d256ae6n,
    flags: written,
    fields: ['Ljava/util/Comparator; comparator'],
  }),
  HASHTABLE,
  descOf({
    name: 'java.util.Properties',
    suid: 0x3912d07a70363e98n,
    fields: ['Ljava/util/Properties; defaults'],
    super: HASHTABLE,
  }),
  HASH_SET,
  LINKED_HASH_SET,
  descOf({ name: 'java.util.TreeSet', suid: 0xdd98509395ed875bn, flags: written }),
  descOf({ name: 'java.util.BitSet', suid: 0x6efd887e3934ab21n, flags: written, fields: ['[J bits'] }),
  descOf({
    name: 'java.util.Arrays$ArrayList',
    suid: 0xd9a43cbecd8806d2n,
    fields: ['[Ljava/lang/Object; a'],
  }),
  descOf({ name: 'java.util.CollSer', suid: 0x578eabb63a1ba811n, flags: written, fields: ['I tag'] }),
  ...(['SimpleEntry', 'SimpleImmutableEntry'] as const).map((name) =>
    descOf({
      name: `java.util.AbstractMap$${name}`,
      suid: name === 'SimpleEntry' ? 0x8a0aeca5fc56801fn : 0x6310708932e65f81n,
      fields: [`${OBJECT} key`, `${OBJECT} value`],
    }),
  ),
  wrapper('EmptyList', 0x7ab817b43ca79eden, null),
  wrapper('EmptyMap', 0x593614855adce7d0n, null),
  wrapper('EmptySet', 0x15f5721db403cb28n, null),
  wrapper('SingletonList', 0x2aef29103ca79b97n, `${OBJECT} element`),
  wrapper('SingletonSet', 0x2c52419829c0b1bfn, `${OBJECT} element`),
  descOf({
    name: 'java.util.Collections$SingletonMap',
    suid: 0x9f230991717f6b91n,
    fields: [`${OBJECT} k`, `${OBJECT} v`],
  }),
  UNMODIFIABLE_COLLECTION,
  wrapper('UnmodifiableList', 0xfc0f2531b5ec8e10n, 'Ljava/util/List; list', UNMODIFIABLE_COLLECTION),
  UNMODIFIABLE_SET,
  UNMODIFIABLE_SORTED_SET,
  wrapper(
    'UnmodifiableNavigableSet',
    0xac5a33cb96748287n,
    'Ljava/util/NavigableSet; ns',
    UNMODIFIABLE_SORTED_SET,
  ),
  UNMODIFIABLE_MAP,
  UNMODIFIABLE_SORTED_MAP,
  wrapper(
    'UnmodifiableNavigableMap',
    0xbc943925819d6a1bn,
    'Ljava/util/NavigableMap; nm',
    UNMODIFIABLE_SORTED_MAP,
  ),
  SYNCHRONIZED_COLLECTION,
  wrapper('SynchronizedList', 0x9463efe38344107cn, 'Ljava/util/List; list', SYNCHRONIZED_COLLECTION),
  SYNCHRONIZED_SET,
  wrapper('SynchronizedSortedSet', 0x78adb1384b50312en, 'Ljava/util/SortedSet; ss', SYNCHRONIZED_SET),
  SYNCHRONIZED_MAP,
  wrapper('SynchronizedSortedMap', 0x85e6b420b72e0c2fn, 'Ljava/util/SortedMap; sm', SYNCHRONIZED_MAP),
];

const byName = new Map(descriptors.map((desc) => [desc.name.value, desc]));

/** The descriptor of a class that holds a value; undefined for all others, arrays too. */
export function valueDesc(className: string): JavaClassDesc | undefined {
  return byName.get(className);
}

const arrays = new Map<string, JavaClassDesc>([['[B', BYTE_ARRAY]]);
const MAX_ARRAY_CLASSES = 1_024;

/** `Modifier.PUBLIC | Modifier.FINAL | Modifier.ABSTRACT`: what every array of a public class is. */
const ARRAY_MODIFIERS = 0x0411;

/**
 * The descriptor of an array class. Its serialVersionUID is the one that a JVM computes (`computeDefaultSUID`: a digest
 * of name and modifiers), though no JVM compares it.
 */
export function arrayDesc(className: string): JavaClassDesc {
  const known = arrays.get(className);
  if (known !== undefined) {
    return known;
  }
  const name = Buffer.from(className, 'utf8');
  const head = Buffer.alloc(2);
  head.writeUInt16BE(name.length);
  const modifiers = Buffer.alloc(4);
  modifiers.writeInt32BE(ARRAY_MODIFIERS);
  const digest = createHash('sha1').update(head).update(name).update(modifiers).digest();
  const desc = descOf({ name: className, suid: digest.readBigUInt64LE(0) });
  if (arrays.size < MAX_ARRAY_CLASSES) {
    arrays.set(className, desc);
  }
  return desc;
}
