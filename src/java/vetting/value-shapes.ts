import { isValue } from '../contents.js';
import { fieldOf } from '../graph.js';
import type { JavaClassData, JavaContent, JavaObject, JavaValue } from '../model.js';
import { isTimeValue } from '../typed/time-makers.js';

/**
 * The shapes of the JDK's value classes: what each of them writes of itself. A JVM believes a stream in what it says of
 * its sizes (`ArrayList.readObject` makes an array of `size` cells before it reads the first), so what is declared has to
 * be there. Undefined when `part` is as the class writes it, else what is wrong with it.
 */
export function shapeProblem(object: JavaObject, part: JavaClassData, className: string): string | undefined {
  const check = shapes.get(className);
  return check === undefined ? undefined : check(object, part);
}

type ShapeCheck = (object: JavaObject, part: JavaClassData) => string | undefined;

/** Digits before or behind the point that a BigDecimal may have without writing them out: whoever does takes long. */
const MAX_SCALE = 10_000;

const nothing: ShapeCheck = (_, { annotation }) =>
  annotation === null || annotation.length === 0 ? undefined : 'it holds more than its fields';

/** One record of primitives, then objects. */
function layout(
  { annotation }: JavaClassData,
  bytes: number,
): { head: Buffer; values: JavaValue[] } | undefined {
  const [head, ...rest] = annotation ?? [];
  return isBlock(head) && head.bytes.length === bytes && rest.every(isValue)
    ? { head: head.bytes, values: rest }
    : undefined;
}

function isBlock(
  content: JavaContent | undefined,
): content is JavaContent & { kind: 'blockData'; bytes: Buffer } {
  return content !== undefined && content !== null && content.kind === 'blockData';
}

/** `count` says, out of the fields and the first record, how many objects follow. */
const counted =
  (bytes: number, count: (head: Buffer, fields: JavaClassData['values']) => number | undefined): ShapeCheck =>
  (_, part) => {
    const found = layout(part, bytes);
    return found !== undefined && count(found.head, part.values) === found.values.length
      ? undefined
      : 'it does not hold as many elements as it says';
  };

const sizeField = (place: number) => (_: Buffer, fields: JavaClassData['values']) => {
  const size = fields?.[place];
  return typeof size === 'number' ? size : undefined;
};

/** A factor that a JVM can divide by, and that makes no table far larger than what is in it. */
function isLoadFactor(value: unknown): boolean {
  return typeof value === 'number' && value >= 0.1 && value <= 16;
}

const hashed =
  (
    bytes: number,
    count: (head: Buffer) => number,
    factor: (head: Buffer, part: JavaClassData) => unknown,
  ): ShapeCheck =>
  (object, part) => {
    const head = layout(part, bytes)?.head;
    return head !== undefined && !isLoadFactor(factor(head, part))
      ? 'its load factor is none'
      : counted(bytes, count)(object, part);
  };

const fieldFactor = (_: Buffer, { values }: JavaClassData): unknown => values?.[0];

const presentField =
  (name: string, kind?: 'primitiveArray' | 'array'): ShapeCheck =>
  (object, part) => {
    const value = fieldOf(object, name, part.desc.kind === 'classDesc' ? part.desc.name.value : '');
    const isThere =
      typeof value === 'object' && value !== null && (kind === undefined || value.kind === kind);
    return isThere ? nothing(object, part) : `its field ${name} is empty`;
  };

const shapes = new Map<string, ShapeCheck>([
  ['java.util.ArrayList', counted(4, sizeField(0))],
  ['java.util.LinkedList', counted(4, (head) => head.readInt32BE(0))],
  ['java.util.ArrayDeque', counted(4, (head) => head.readInt32BE(0))],
  ['java.util.PriorityQueue', counted(4, sizeField(0))],
  ['java.util.Vector', vector],
  ['java.util.HashMap', hashed(8, (head) => 2 * head.readInt32BE(4), fieldFactor)],
  ['java.util.Hashtable', hashed(8, (head) => 2 * head.readInt32BE(4), fieldFactor)],
  ['java.util.TreeMap', counted(4, (head) => 2 * head.readInt32BE(0))],
  [
    'java.util.HashSet',
    hashed(
      12,
      (head) => (head.readInt32BE(0) < 0 ? -1 : head.readInt32BE(8)),
      (head) => head.readFloatBE(4),
    ),
  ],
  ['java.util.TreeSet', treeSet],
  ['java.util.CollSer', immutable],
  ['java.util.BitSet', presentField('bits', 'primitiveArray')],
  ['java.util.Arrays$ArrayList', presentField('a', 'array')],
  ['java.util.Date', counted(8, () => 0)],
  ['java.time.Ser', (object) => (isTimeValue(object) ? undefined : 'it is no value of java.time')],
  ['java.math.BigInteger', bigInteger],
  ['java.math.BigDecimal', bigDecimal],
  ['java.util.Collections$UnmodifiableCollection', presentField('c')],
  ['java.util.Collections$UnmodifiableMap', presentField('m')],
  ['java.util.Collections$SynchronizedCollection', presentField('c')],
  ['java.util.Collections$SynchronizedMap', presentField('m')],
]);

function vector(object: JavaObject, part: JavaClassData): string | undefined {
  const [, count, data] = part.values ?? [];
  const room = typeof data === 'object' && data?.kind === 'array' ? data.elements.length : -1;
  return typeof count === 'number' && count >= 0 && count <= room
    ? nothing(object, part)
    : 'it does not hold as many elements as it says';
}

/** The comparator, the number, the elements. */
function treeSet(_: JavaObject, { annotation }: JavaClassData): string | undefined {
  const [comparator, count, ...elements] = annotation ?? [];
  const isSound =
    comparator !== undefined &&
    isValue(comparator) &&
    isBlock(count) &&
    count.bytes.length === 4 &&
    count.bytes.readInt32BE(0) === elements.length &&
    elements.every(isValue);
  return isSound ? undefined : 'it does not hold as many elements as it says';
}

function immutable(object: JavaObject, part: JavaClassData): string | undefined {
  const [tag] = part.values ?? [];
  const elements = layout(part, 4)?.values ?? [];
  if (tag !== 1 && tag !== 2 && tag !== 3 && tag !== 4) {
    return 'it is none of the immutable collections';
  }
  // Those of List.of, Set.of and Map.of refuse null; that of Stream.toList takes it.
  if (tag !== 4 && elements.includes(null)) {
    return 'it holds null';
  }
  return tag === 3 && elements.length % 2 !== 0
    ? 'a key has no value'
    : counted(4, (head) => head.readInt32BE(0))(object, part);
}

function bigInteger(object: JavaObject, part: JavaClassData): string | undefined {
  const signum = part.values?.[4];
  const magnitude = part.values?.[5];
  if (typeof magnitude !== 'object' || magnitude?.kind !== 'primitiveArray') {
    return 'its magnitude is empty';
  }
  const isZero = magnitude.bytes.every((byte) => byte === 0);
  return (signum === 0 && isZero) || ((signum === 1 || signum === -1) && !isZero)
    ? nothing(object, part)
    : 'its sign does not fit its magnitude';
}

function bigDecimal(object: JavaObject, part: JavaClassData): string | undefined {
  const [scale] = part.values ?? [];
  return typeof scale === 'number' && Math.abs(scale) <= MAX_SCALE
    ? presentField('intVal')(object, part)
    : `its scale is beyond ${MAX_SCALE}`;
}
