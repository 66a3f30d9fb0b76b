import type { JavaContent, JavaObject, JavaValue } from '../model.js';
import { arrayDesc, valueDesc } from './value-descriptors.js';
import { Block, noValue, objectOf } from './make.js';
import { writeStream } from '../writer.js';

/** The containers of the JDK, of their elements: what a JVM writes of one that was filled with them, one by one. */

export type Entries = readonly (readonly [key: JavaValue, value: JavaValue])[];

const LOAD_FACTOR = 0.75;
const SMALLEST_TABLE = 16;

type ListMaker = (elements: readonly JavaValue[], className: string) => JavaObject;
type MapMaker = (entries: Entries, className: string) => JavaObject;

export const plainList = (elements: readonly JavaValue[]): JavaObject => arrayList(elements);
export const plainMap = (entries: Entries): JavaObject => linkedHashMap(entries);

/** Of the elements of a list, set or array. */
export const listMakers: ReadonlyMap<string, ListMaker> = new Map<string, ListMaker>([
  ['java.util.ArrayList', arrayList],
  ['java.util.LinkedList', linkedList],
  ['java.util.Vector', (elements) => objectOf('java.util.Vector', vectorPart(elements))],
  ['java.util.Stack', (elements) => objectOf('java.util.Stack', vectorPart(elements), [[]])],
  ['java.util.ArrayDeque', arrayDeque],
  ['java.util.PriorityQueue', priorityQueue],
  ['java.util.HashSet', (elements) => objectOf('java.util.HashSet', hashSetPart(elements))],
  ['java.util.LinkedHashSet', (elements) => objectOf('java.util.LinkedHashSet', hashSetPart(elements), [[]])],
  ['java.util.TreeSet', treeSet],
  [
    'java.util.Arrays$ArrayList',
    (elements) => objectOf('java.util.Arrays$ArrayList', [[objectArray(elements)]]),
  ],
  ['java.util.ImmutableCollections$ListN', immutableList],
  ['java.util.ImmutableCollections$List12', immutableList],
  ['java.util.ImmutableCollections$SetN', immutableSet],
  ['java.util.ImmutableCollections$Set12', immutableSet],
  ['java.util.Collections$EmptyList', (elements, name) => empty(elements.length, name)],
  ['java.util.Collections$EmptySet', (elements, name) => empty(elements.length, name)],
  ['java.util.Collections$SingletonList', singleton],
  ['java.util.Collections$SingletonSet', singleton],
  ['java.util.AbstractMap$SimpleEntry', entry],
  ['java.util.AbstractMap$SimpleImmutableEntry', entry],
  ...(
    [
      ['Collection', arrayList, 1],
      ['List', arrayList, 2],
      ['Set', (elements) => objectOf('java.util.LinkedHashSet', hashSetPart(elements), [[]]), 2],
      ['SortedSet', treeSet, 3],
      ['NavigableSet', treeSet, 4],
    ] as readonly [string, ListMaker, number][]
  ).flatMap(([kind, make, parts]): [string, ListMaker][] => [
    [
      `java.util.Collections$Unmodifiable${kind}`,
      (elements, name) => unmodifiable(name, make(elements, name), parts),
    ],
    [
      `java.util.Collections$Synchronized${kind}`,
      (elements, name) => synchronised(name, make(elements, name), parts),
    ],
  ]),
]);

/** Of the entries of a map. */
export const mapMakers: ReadonlyMap<string, MapMaker> = new Map<string, MapMaker>([
  ['java.util.HashMap', (entries) => objectOf('java.util.HashMap', hashMapPart(entries))],
  ['java.util.LinkedHashMap', linkedHashMap],
  ['java.util.TreeMap', treeMap],
  ['java.util.Hashtable', (entries, name) => objectOf('java.util.Hashtable', hashtablePart(entries, name))],
  [
    'java.util.Properties',
    (entries, name) => objectOf('java.util.Properties', hashtablePart(entries, name), [[null]]),
  ],
  ['java.util.ImmutableCollections$MapN', immutableMap],
  ['java.util.ImmutableCollections$Map1', immutableMap],
  ['java.util.Collections$EmptyMap', (entries, name) => empty(entries.length, name)],
  ['java.util.Collections$SingletonMap', singletonMap],
  ...(
    [
      ['Map', linkedHashMap, 1],
      ['SortedMap', treeMap, 2],
      ['NavigableMap', treeMap, 3],
    ] as readonly [string, MapMaker, number][]
  ).flatMap(([kind, make, parts]): [string, MapMaker][] => [
    [
      `java.util.Collections$Unmodifiable${kind}`,
      (entries, name) => unmodifiable(name, make(entries, name), parts),
    ],
    [
      `java.util.Collections$Synchronized${kind}`,
      (entries, name) => synchronised(name, make(entries, name), parts),
    ],
  ]),
]);

export function objectArray(elements: readonly JavaValue[], className = '[Ljava.lang.Object;'): JavaValue {
  return { kind: 'array', desc: arrayDesc(className), elements: [...elements] };
}

function counted(size: number, values: readonly JavaValue[]): JavaContent[] {
  return [new Block().int(size).content, ...values];
}

function arrayList(elements: readonly JavaValue[]): JavaObject {
  return objectOf('java.util.ArrayList', [[elements.length], counted(elements.length, elements)]);
}

function linkedList(elements: readonly JavaValue[]): JavaObject {
  return objectOf('java.util.LinkedList', [[], counted(elements.length, elements)]);
}

function vectorPart(
  elements: readonly JavaValue[],
): [JavaValue[] | [number, number, JavaValue], JavaContent[]] {
  return [[0, elements.length, objectArray(elements)], []];
}

function arrayDeque(elements: readonly JavaValue[], className: string): JavaObject {
  refuseNull(elements, className);
  return objectOf('java.util.ArrayDeque', [[], counted(elements.length, elements)]);
}

/** Ascending order is a heap. */
function priorityQueue(elements: readonly JavaValue[], className: string): JavaObject {
  const sorted = inOrder(elements, (element) => element, className);
  const { length } = elements;
  return objectOf('java.util.PriorityQueue', [[length, null], counted(Math.max(2, length + 1), sorted)]);
}

function hashSetPart(elements: readonly JavaValue[]): [[], JavaContent[]] {
  const { length } = elements;
  return [[], [new Block().int(tableSize(length)).float(LOAD_FACTOR).int(length).content, ...elements]];
}

function treeSet(elements: readonly JavaValue[], className: string): JavaObject {
  const sorted = inOrder(elements, (element) => element, className);
  return objectOf('java.util.TreeSet', [[], [null, ...counted(sorted.length, sorted)]]);
}

function hashMapPart(entries: Entries): [[number, number], JavaContent[]] {
  const table = tableSize(entries.length);
  const threshold = entries.length === 0 ? 0 : table * LOAD_FACTOR;
  const head = new Block().int(table).int(entries.length).content;
  return [
    [LOAD_FACTOR, threshold],
    [head, ...entries.flat()],
  ];
}

function linkedHashMap(entries: Entries): JavaObject {
  return objectOf('java.util.LinkedHashMap', hashMapPart(entries), [[false]]);
}

function treeMap(entries: Entries, className: string): JavaObject {
  const sorted = inOrder(entries, ([key]) => key, className);
  return objectOf('java.util.TreeMap', [[null], counted(entries.length, sorted.flat())]);
}

function hashtablePart(entries: Entries, className: string): [[number, number], JavaContent[]] {
  refuseNull(entries.flat(), className);
  const buckets = 2 * entries.length + 11;
  const head = new Block().int(buckets).int(entries.length).content;
  return [
    [LOAD_FACTOR, Math.floor(buckets * LOAD_FACTOR)],
    [head, ...entries.flat()],
  ];
}

/** `java.util.CollSer`, by its tags: `List.of`, `Set.of`, `Map.of`, and lists that may hold null. */
function collSer(tag: number, values: readonly JavaValue[]): JavaObject {
  return objectOf('java.util.CollSer', [[tag], counted(values.length, values)]);
}

function immutableList(elements: readonly JavaValue[]): JavaObject {
  return collSer(elements.includes(null) ? 4 : 1, elements);
}

function immutableSet(elements: readonly JavaValue[], className: string): JavaObject {
  refuseNull(elements, className);
  refuseTwice(elements, className);
  return collSer(2, elements);
}

function immutableMap(entries: Entries, className: string): JavaObject {
  refuseNull(entries.flat(), className);
  refuseTwice(
    entries.map(([key]) => key),
    className,
  );
  return collSer(3, entries.flat());
}

function empty(size: number, className: string): JavaObject {
  if (size > 0) {
    throw noValue(className, 'nothing in it');
  }
  return objectOf(className);
}

function singleton(elements: readonly JavaValue[], className: string): JavaObject {
  const [element] = elements;
  if (element === undefined || elements.length > 1) {
    throw noValue(className, 'exactly one element');
  }
  return objectOf(className, [[element]]);
}

function singletonMap(entries: Entries, className: string): JavaObject {
  const [only] = entries;
  if (only === undefined || entries.length > 1) {
    throw noValue(className, 'exactly one entry');
  }
  return objectOf(className, [[...only]]);
}

function entry(elements: readonly JavaValue[], className: string): JavaObject {
  if (elements.length !== 2) {
    throw noValue(className, 'key and value in an array');
  }
  return objectOf(className, [[...elements]]);
}

/** Each class of its hierarchy has the container in a field of its own, plain sets apart. */
function unmodifiable(className: string, inner: JavaObject, parts: number): JavaObject {
  return objectOf(
    className,
    ...Array.from({ length: parts }, (_, place) => fieldsOf(className, place, [inner])),
  );
}

/** Locked by itself, as `Collections.synchronizedList` and the others make it. */
function synchronised(className: string, inner: JavaObject, parts: number): JavaObject {
  const object = objectOf(
    className,
    ...Array.from({ length: parts }, (_, place): [JavaValue[], JavaContent[]?] =>
      place === 0 ? [[inner, null], []] : fieldsOf(className, place, [inner]),
    ),
  );
  object.parts[0]?.values?.splice(1, 1, object);
  return object;
}

/** The fields of the class at `place` of the hierarchy: as many as its descriptor has. */
function fieldsOf(className: string, place: number, values: JavaValue[]): [JavaValue[]] {
  const hierarchy = [];
  for (
    let desc = valueDesc(className) ?? null;
    desc?.kind === 'classDesc';
    desc = desc.superDesc as typeof desc
  ) {
    hierarchy.unshift(desc);
  }
  return [values.slice(0, hierarchy[place]?.fields.length ?? 0)];
}

/** Sorted as the keys' own class sorts them: a JVM does not sort anew. No key twice. */
function inOrder<T>(items: readonly T[], keyOf: (item: T) => JavaValue, className: string): T[] {
  const keyed = items.map((item) => ({ item, key: comparable(keyOf(item)) }));
  const [first] = keyed;
  if (keyed.some(({ key }) => key === undefined || key.kind !== first?.key?.kind)) {
    throw noValue(className, 'only strings, or only boxes of one class, where it keeps order');
  }
  keyed.sort((a, b) => order(a.key?.value, b.key?.value));
  const isTwice = keyed.some(
    ({ key }, place) => place > 0 && order(keyed[place - 1]?.key?.value, key?.value) === 0,
  );
  if (isTwice && className !== 'java.util.PriorityQueue') {
    throw noValue(className, 'no element or key twice');
  }
  return keyed.map(({ item }) => item);
}

type Comparable = string | number | bigint | boolean;

function order(a: Comparable = 0, b: Comparable = 0): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function comparable(value: JavaValue): { readonly kind: string; readonly value: Comparable } | undefined {
  if (value?.kind === 'string') {
    return { kind: 'string', value: value.value };
  }
  const name = value?.kind === 'object' && value.desc.kind === 'classDesc' ? value.desc.name.value : '';
  const box =
    value?.kind === 'object' && name.startsWith('java.lang.') ? value.parts.at(-1)?.values?.[0] : undefined;
  const isOrdered = box !== undefined && typeof box !== 'object' && !Number.isNaN(box) && !Object.is(box, -0);
  return isOrdered ? { kind: name, value: box } : undefined;
}

function refuseNull(values: readonly JavaValue[], className: string): void {
  if (values.includes(null)) {
    throw noValue(className, 'nothing that is null');
  }
}

/** Set.of and Map.of refuse equal elements when they are read; of values, those of equal bytes are equal. */
function refuseTwice(values: readonly JavaValue[], className: string): void {
  const seen = new Set(values.map((value) => writeStream({ contents: [value] }).toString('latin1')));
  if (seen.size < values.length) {
    throw noValue(className, 'no element or key twice');
  }
}

/** Buckets of a HashMap that was filled one by one: it doubles when more than 3/4 full. */
function tableSize(size: number): number {
  let buckets = SMALLEST_TABLE;
  while (size > buckets * LOAD_FACTOR) {
    buckets *= 2;
  }
  return buckets;
}
