import type { JavaClassData, JavaObject, JavaValue } from '../model.js';
import { fieldOf } from '../graph.js';
import { annotationBytes, annotationObjects, isReference, numberField } from './parts.js';

/** What a JDK class holds, apart from how it holds it. Elements and entries are in the order of the stream. */
export type Contents =
  | { readonly kind: 'list' | 'set'; readonly elements: readonly JavaValue[] }
  /** The same element over and over (Collections.nCopies). */
  | { readonly kind: 'copies'; readonly element: JavaValue; readonly count: number }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [JavaValue, JavaValue])[] }
  /** Set bits of a BitSet, ascending. */
  | { readonly kind: 'bits'; readonly words: Buffer }
  /** A wrapper that is shown as what it wraps. */
  | { readonly kind: 'wrapper'; readonly of: JavaValue };

type ContentsReader = (object: JavaObject) => Contents | undefined;

/** Contents of a collection, map or wrapper of the JDK, by the class that wrote them; undefined for other classes. */
export function contentsOf(object: JavaObject, className: string): Contents | undefined {
  return readers.get(className)?.(object);
}

/** The class of the hierarchy whose contents these are: the object's own, or the nearest superclass's. */
export function containerClass(object: JavaObject): string | undefined {
  for (const part of [...object.parts].reverse()) {
    if (part.desc.kind === 'classDesc' && readers.has(part.desc.name.value)) {
      return part.desc.name.value;
    }
  }
  return undefined;
}

/** What the classes below `holder` wrote: what an application's class adds to the container that it extends. */
export function partsBelow(object: JavaObject, holder: string | undefined): readonly JavaClassData[] {
  const index = object.parts.findIndex(({ desc }) => desc.kind === 'classDesc' && desc.name.value === holder);
  return object.parts.slice(index + 1);
}

const readers = new Map<string, ContentsReader>();

function register(
  kind: 'list' | 'set',
  read: (object: JavaObject) => JavaValue[] | undefined,
  ...names: string[]
): void {
  for (const name of names) {
    readers.set(name, (object) => {
      const elements = read(object);
      return elements && { kind, elements };
    });
  }
}

/** Elements written one after the other behind the fields of `className`. */
const written =
  (className: string) =>
  (object: JavaObject): JavaValue[] | undefined =>
    annotationObjects(object, className);

/** The same, ended by a null that is not an element. */
const nullEnded =
  (className: string) =>
  (object: JavaObject): JavaValue[] | undefined =>
    annotationObjects(object, className)?.slice(0, -1);

for (const name of [
  'ArrayList',
  'LinkedList',
  'ArrayDeque',
  'PriorityQueue',
  'concurrent.CopyOnWriteArrayList',
]) {
  register('list', written(`java.util.${name}`), `java.util.${name}`);
}
for (const name of [
  'ConcurrentLinkedQueue',
  'ConcurrentLinkedDeque',
  'LinkedBlockingQueue',
  'LinkedBlockingDeque',
  'LinkedTransferQueue',
]) {
  register('list', nullEnded(`java.util.concurrent.${name}`), `java.util.concurrent.${name}`);
}
register('list', vectorElements, 'java.util.Vector', 'java.util.Stack');
register(
  'list',
  (object) => arrayField(object, 'java.util.Arrays$ArrayList', 'a'),
  'java.util.Arrays$ArrayList',
);
register('list', () => [], 'java.util.Collections$EmptyList');
register('list', single('java.util.Collections$SingletonList'), 'java.util.Collections$SingletonList');
register('set', written('java.util.HashSet'), 'java.util.HashSet', 'java.util.LinkedHashSet');
// The comparator is written before the elements.
register('set', (object) => annotationObjects(object, 'java.util.TreeSet')?.slice(1), 'java.util.TreeSet');
register('set', () => [], 'java.util.Collections$EmptySet');
register('set', single('java.util.Collections$SingletonSet'), 'java.util.Collections$SingletonSet');
register(
  'set',
  (object) => arrayField(object, 'java.util.EnumSet$SerializationProxy', 'elements'),
  'java.util.EnumSet$SerializationProxy',
);
for (const [name, field] of [
  ['java.util.Collections$SetFromMap', 'm'],
  ['java.util.concurrent.ConcurrentSkipListSet', 'm'],
] as const) {
  register('set', (object) => keysOf(fieldOf(object, field, name)), name);
}
register(
  'set',
  (object) => keysOf(fieldOf(object, 'map', 'java.util.concurrent.ConcurrentHashMap$CollectionView')),
  'java.util.concurrent.ConcurrentHashMap$KeySetView',
);

for (const [name, writer] of [
  ['HashMap', 'HashMap'],
  ['LinkedHashMap', 'HashMap'],
  ['TreeMap', 'TreeMap'],
  ['Hashtable', 'Hashtable'],
  ['Properties', 'Hashtable'],
  ['IdentityHashMap', 'IdentityHashMap'],
  ['EnumMap', 'EnumMap'],
] as const) {
  readers.set(`java.util.${name}`, (object) => pairs(annotationObjects(object, `java.util.${writer}`)));
}
for (const [name, ending] of [
  ['ConcurrentHashMap', 2],
  ['ConcurrentSkipListMap', 1],
] as const) {
  const className = `java.util.concurrent.${name}`;
  readers.set(className, (object) => pairs(annotationObjects(object, className)?.slice(0, -ending)));
}
readers.set('java.util.Collections$EmptyMap', () => ({ kind: 'map', entries: [] }));
readers.set('java.util.Collections$SingletonMap', (object) => {
  const key = reference(object, 'java.util.Collections$SingletonMap', 'k');
  const value = reference(object, 'java.util.Collections$SingletonMap', 'v');
  return key === undefined || value === undefined ? undefined : { kind: 'map', entries: [[key, value]] };
});

readers.set('java.util.CollSer', immutableCollection);
readers.set('java.util.Collections$CopiesList', (object) => {
  const element = reference(object, 'java.util.Collections$CopiesList', 'element');
  const count = numberField(object, 'java.util.Collections$CopiesList', 'n');
  return element === undefined || count === undefined || count < 0
    ? undefined
    : { kind: 'copies', element, count };
});
readers.set('java.util.BitSet', (object) => {
  const words = reference(object, 'java.util.BitSet', 'bits');
  return words?.kind === 'primitiveArray' ? { kind: 'bits', words: words.bytes } : undefined;
});

for (const [className, field] of [
  ['java.util.Collections$UnmodifiableCollection', 'c'],
  ['java.util.Collections$UnmodifiableMap', 'm'],
  ['java.util.Collections$SynchronizedCollection', 'c'],
  ['java.util.Collections$SynchronizedMap', 'm'],
  ['java.util.Collections$CheckedCollection', 'c'],
  ['java.util.Collections$CheckedMap', 'm'],
  ['java.util.Collections$AsLIFOQueue', 'q'],
  ['java.util.concurrent.CopyOnWriteArraySet', 'al'],
  ['java.util.concurrent.atomic.AtomicReference', 'value'],
  ['java.util.concurrent.atomic.AtomicIntegerArray', 'array'],
  ['java.util.concurrent.atomic.AtomicLongArray', 'array'],
] as const) {
  readers.set(className, (object) => {
    const inner = reference(object, className, field);
    return inner === undefined ? undefined : { kind: 'wrapper', of: inner };
  });
}

function reference(object: JavaObject, className: string, field: string): JavaValue | undefined {
  const value = fieldOf(object, field, className);
  return isReference(value) ? value : undefined;
}

function arrayField(object: JavaObject, className: string, field: string): JavaValue[] | undefined {
  const array = reference(object, className, field);
  return array?.kind === 'array' ? array.elements : undefined;
}

function single(className: string): (object: JavaObject) => JavaValue[] | undefined {
  return (object) => {
    const element = reference(object, className, 'element');
    return element === undefined ? undefined : [element];
  };
}

/** The backing array is as long as the capacity; elementCount cells of it count. */
function vectorElements(object: JavaObject): JavaValue[] | undefined {
  const count = numberField(object, 'java.util.Vector', 'elementCount');
  return count === undefined || count < 0
    ? undefined
    : arrayField(object, 'java.util.Vector', 'elementData')?.slice(0, count);
}

function keysOf(map: ReturnType<typeof fieldOf>): JavaValue[] | undefined {
  if (!isReference(map) || map?.kind !== 'object') {
    return undefined;
  }
  const className = containerClass(map);
  const contents = className === undefined ? undefined : contentsOf(map, className);
  return contents?.kind === 'map' ? contents.entries.map(([key]) => key) : undefined;
}

function pairs(objects: JavaValue[] | undefined): Contents | undefined {
  if (!objects || objects.length % 2 !== 0) {
    return undefined;
  }
  const entries: [JavaValue, JavaValue][] = [];
  for (let index = 0; index < objects.length; index += 2) {
    entries.push([objects[index] ?? null, objects[index + 1] ?? null]);
  }
  return { kind: 'map', entries };
}

/** Tags of java.util.CollSer: what List.of, Set.of, Map.of and Stream.toList write. */
function immutableCollection(object: JavaObject): Contents | undefined {
  const elements = annotationObjects(object, 'java.util.CollSer');
  switch (numberField(object, 'java.util.CollSer', 'tag')) {
    case 1:
    case 4:
      return elements && { kind: 'list', elements };
    case 2:
      return elements && { kind: 'set', elements };
    case 3:
      return pairs(elements);
    default:
      return undefined;
  }
}

/** What the JVM makes of a `java.util.CollSer`, by its tag and the number of its elements. */
export function immutableCollectionClass(object: JavaObject): string | undefined {
  const written = annotationBytes(object, 'java.util.CollSer');
  const size = written?.length === 4 ? written.readInt32BE(0) : 0;
  const small = size === 1 || size === 2;
  switch (numberField(object, 'java.util.CollSer', 'tag')) {
    case 1:
      return `java.util.ImmutableCollections$${small ? 'List12' : 'ListN'}`;
    case 2:
      return `java.util.ImmutableCollections$${small ? 'Set12' : 'SetN'}`;
    case 3:
      return `java.util.ImmutableCollections$${size === 2 ? 'Map1' : 'MapN'}`;
    case 4:
      return 'java.util.ImmutableCollections$ListN';
    default:
      return undefined;
  }
}
