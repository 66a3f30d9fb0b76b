import { TribesError } from '../base/index.js';
import { PlainView, readObject, toJava, writeStream } from '../java/index.js';
import type { NodeView } from '../node/index.js';
import type { FullMap, FullMapChange, FullMapOutcome } from '../session/index.js';
import type { Access } from './access.js';
import { clusterMember, type ClusterMember } from './member.js';
import { notWriting } from './session-changes.js';

/** Something that has happened to an entry of a map; what it is now, `get` tells. */
export interface MapChange {
  /** `set`: it is new, or has another value. */
  readonly type: 'set' | 'delete';
  readonly key: string;
  /** Whether this program did it, and no other member. */
  readonly isOwn: boolean;
}

/** What became of a change at the other members of a map. */
export interface MapWriteResult {
  /** Members that have processed it. */
  readonly acknowledged: readonly ClusterMember[];
  /** Members that did not answer in time, or refused it. */
  readonly unacknowledged: readonly ClusterMember[];
}

export interface MapParts {
  readonly map: FullMap;
  readonly maps: NodeView['maps'];
  readonly access: Access;
  /** Whether the mirror is still in the cluster. */
  readonly isOpen: () => boolean;
}

/**
 * A map that every member has a copy of: `org.apache.catalina.tribes.tipis.ReplicatedMap` with strings for keys, of Java programs and of
 * mirrors alike. Reading is local, and nobody notices. Of two that set the same key at the same time each member has what reached it
 * last, as with Tomcat's own.
 *
 * The entries rest in the store of the mirror: when all others have gone, they are given back to whoever comes.
 */
export class ReplicatedMap implements Iterable<[string, unknown]>, AsyncDisposable {
  readonly name: string;
  readonly #parts: MapParts;
  readonly #listeners = new Map<unknown, () => void>();
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(parts: MapParts) {
    this.name = parts.map.name;
    this.#parts = parts;
  }

  get size(): number {
    return this.#parts.map.size;
  }

  /** The other members that have the map. */
  get members(): readonly ClusterMember[] {
    return this.#parts.map.members().map(clusterMember);
  }

  has(key: string): boolean {
    return this.#parts.map.has(key);
  }

  /**
   * The plain view of a value (`plainView`), read anew each time: a value of many small objects takes about a millisecond for
   * each 10 KB. Undefined where there is no such key. Errors: TRIBES_E_JAVA_….
   */
  get(key: string): unknown {
    const stream = this.raw(key);
    if (stream === undefined) {
      return undefined;
    }
    const { javaLimits, viewLimits } = this.#parts.access;
    return new PlainView(viewLimits).show(readObject(stream, javaLimits), 0);
  }

  /** A value as a Java stream of its own. */
  raw(key: string): Buffer | undefined {
    return this.#parts.map.value(key);
  }

  keys(): IterableIterator<string> {
    return this.#parts.map.keys();
  }

  /** Keys with their values, each as it is when it is reached. Errors: those of `get`. */
  *entries(): Generator<[string, unknown], undefined> {
    for (const key of this.keys()) {
      yield [key, this.get(key)];
    }
  }

  [Symbol.iterator](): Generator<[string, unknown], undefined> {
    return this.entries();
  }

  /**
   * Sets a value at every member, and resolves when each has processed it or does not answer. Plain JavaScript values become Java
   * values as by `fromJs` (a number is an Integer, a Long or a Double by what it is); `java.long(5)` and its like are of the
   * type that they name; objects of a class that was registered with its fields are written as such. Null is no value: it
   * deletes the entry.
   *
   * Errors: TRIBES_E_LIBRARY_READ_ONLY, TRIBES_E_LIBRARY_LEFT, TRIBES_E_JAVA_FROM_JS, TRIBES_E_JAVA_CLASS, TRIBES_E_WRITE_CLASS for a
   * class that `write.allowedClasses` does not have, TRIBES_E_WRITE_LIMIT, TRIBES_E_MAP_FULL, TRIBES_E_STORE_FULL. Nothing was changed then.
   */
  async set(key: string, value: unknown): Promise<MapWriteResult> {
    if (value === null || value === undefined) {
      return (await this.#delete(key)) ?? { acknowledged: [], unacknowledged: [] };
    }
    this.#checkWriting();
    const { map, maps, access } = this.#parts;
    const stream = writeStream({ contents: [toJava(value, access.classes)] });
    return resultOf(await maps.put(map, key, stream));
  }

  /** Ends an entry at every member. Resolves to whether there was one. Errors: TRIBES_E_LIBRARY_READ_ONLY, TRIBES_E_LIBRARY_LEFT. */
  async delete(key: string): Promise<boolean> {
    return (await this.#delete(key)) !== undefined;
  }

  async #delete(key: string): Promise<MapWriteResult | undefined> {
    this.#checkWriting();
    const { map, maps } = this.#parts;
    const outcome = await maps.remove(map, key);
    return outcome && resultOf(outcome);
  }

  /** Calls `listener` for every change, at once and in order, so it should be quick. What it throws is logged, and harms nobody. */
  on(type: 'change', listener: (change: MapChange) => unknown): this {
    this.off(type, listener);
    const told = (change: FullMapChange): void => void listener(change);
    this.#listeners.set(listener, this.#parts.map.subscribe(told));
    return this;
  }

  /** Ends what `on` began. */
  off(_type: 'change', listener: (change: MapChange) => unknown): this {
    this.#listeners.get(listener)?.();
    this.#listeners.delete(listener);
    return this;
  }

  /**
   * Leaves the map, once everybody in this program who opened it has closed it. Its entries stay at the other members, and in the store
   * of the mirror. Idempotent.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#listeners.forEach((end) => end());
    this.#listeners.clear();
    if (this.#parts.isOpen()) {
      await this.#parts.maps.close(this.name);
    }
  }

  #checkWriting(): void {
    if (this.#closing !== undefined || !this.#parts.isOpen()) {
      throw new TribesError('TRIBES_E_LIBRARY_LEFT', {});
    }
    if (!this.#parts.maps.mayWrite) {
      throw notWriting();
    }
  }
}

function resultOf({ acknowledged, unacknowledged }: FullMapOutcome): MapWriteResult {
  return {
    acknowledged: acknowledged.map(clusterMember),
    unacknowledged: unacknowledged.map(clusterMember),
  };
}
