import { isValue } from '../contents.js';
import type { JavaObject, JavaValue } from '../model.js';

/** The objects that a value refers to, in order, null apart. */
export function referencesOf(value: JavaValue): readonly JavaValue[] {
  if (value?.kind === 'array') {
    return value.elements;
  }
  if (value?.kind !== 'object') {
    return [];
  }
  const references: JavaValue[] = [];
  for (const { values, annotation } of value.parts) {
    for (const field of values ?? NOTHING) {
      if (typeof field === 'object' && field !== null && field.kind !== 'raw') {
        references.push(field);
      }
    }
    for (const content of annotation ?? NOTHING) {
      if (content !== null && isValue(content)) {
        references.push(content);
      }
    }
  }
  return references;
}

const NOTHING: readonly never[] = [];

/**
 * How many objects a JVM visits to compute the hash code of a value: one that is shared is visited anew each time it is
 * met, so that 200 nested sets can take 2^100 visits. Infinity for what contains itself.
 */
export class HashCost {
  readonly #costs = new Map<JavaValue, number>();

  of(value: JavaValue): number {
    const known = this.#costs.get(value);
    if (known !== undefined) {
      return known;
    }
    this.#costs.set(value, Infinity); // until it is known: whoever meets it meanwhile is part of it
    let cost = 1;
    for (const reference of referencesOf(value)) {
      cost += this.of(reference);
    }
    this.#costs.set(value, cost);
    return cost;
  }
}

const HASHING: ReadonlySet<string> = new Set([
  'java.util.HashSet',
  'java.util.HashMap',
  'java.util.Hashtable',
  'java.util.CollSer',
]);

/** What a JVM hashes when it reads the object: elements of sets, keys of maps. */
export function hashedBy(object: JavaObject, className: string): readonly JavaValue[] {
  if (!HASHING.has(className)) {
    return [];
  }
  const written = object.parts
    .filter(({ desc }) => desc.kind === 'classDesc' && desc.name.value === className)
    .flatMap(({ annotation }) => (annotation ?? []).filter(isValue));
  switch (className) {
    case 'java.util.HashSet':
      return written;
    case 'java.util.HashMap':
    case 'java.util.Hashtable':
      return everySecond(written);
    case 'java.util.CollSer': {
      const tag = object.parts[0]?.values?.[0];
      return tag === 2 ? written : tag === 3 ? everySecond(written) : [];
    }
    default:
      return [];
  }
}

function everySecond(values: readonly JavaValue[]): readonly JavaValue[] {
  return values.filter((_, index) => index % 2 === 0);
}
