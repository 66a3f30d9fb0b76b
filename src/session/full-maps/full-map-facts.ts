import { createHash } from 'node:crypto';
import type { FactStore, UniqueId } from '../../base/index.js';
import type { MapKind } from './map-kind.js';

/** What is remembered of an entry of a full map, beside its value. */
export interface StoredMapEntry {
  /** The members that had it besides us. */
  readonly holders: readonly UniqueId[];
}

const MAPS = 'full-map/';
const ENTRIES = 'full-entry/';
const KINDS: readonly string[] = ['sso', 'context', 'plain'] satisfies MapKind[];
const LENGTH_BYTES = 4;

/** The full maps and their entries as they rest, values as they came. */
export class FullMapFacts {
  readonly #facts: FactStore;

  constructor(facts: FactStore) {
    this.#facts = facts;
  }

  *maps(): Generator<{ readonly name: string; readonly kind: MapKind }, void> {
    for (const [key, value] of this.#facts.entries(MAPS)) {
      const kind = value.toString('latin1');
      if (KINDS.includes(kind)) {
        yield { name: key.slice(MAPS.length), kind: kind as MapKind };
      }
    }
  }

  addMap(name: string, kind: MapKind): void {
    this.#facts.put(`${MAPS}${name}`, Buffer.from(kind, 'latin1'));
  }

  *entries(map: string): Generator<{ key: string; entry: StoredMapEntry; bytes: number }, void> {
    for (const [, fact] of this.#facts.entries(prefixOf(map))) {
      const read = decode(fact);
      if (read !== undefined) {
        yield { key: read.key, entry: { holders: read.holders }, bytes: read.value.length };
      }
    }
  }

  /** The value as a Java stream. */
  value(map: string, key: string): Buffer | undefined {
    const fact = this.#facts.get(factKey(map, key));
    return fact && decode(fact)?.value;
  }

  put(map: string, key: string, { holders }: StoredMapEntry, value: Buffer): void {
    const head = Buffer.from(JSON.stringify({ key, holders }));
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32BE(head.length);
    this.#facts.put(factKey(map, key), Buffer.concat([length, head, value]));
  }

  delete(map: string, key: string): void {
    this.#facts.delete(factKey(map, key));
  }
}

/** The end of the name is marked: that of one map may begin like that of another. */
function prefixOf(map: string): string {
  return `${ENTRIES}${map}\0`;
}

/** Keys may be longer than those of facts. */
function factKey(map: string, key: string): string {
  return prefixOf(map) + createHash('sha256').update(key).digest('hex');
}

function decode(
  fact: Buffer,
): (StoredMapEntry & { readonly key: string; readonly value: Buffer }) | undefined {
  const end = LENGTH_BYTES + (fact.length < LENGTH_BYTES ? Infinity : fact.readUInt32BE());
  if (end > fact.length) {
    return undefined;
  }
  try {
    const head = JSON.parse(fact.toString('utf8', LENGTH_BYTES, end)) as { key: string; holders: UniqueId[] };
    return { ...head, value: fact.subarray(end) };
  } catch {
    return undefined;
  }
}
