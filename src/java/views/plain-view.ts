import { completeLimits, defaultViewLimits, TribesError, type ViewLimits } from '../../base/index.js';
import { isValue } from '../contents.js';
import type { JavaContent, JavaFieldValue, JavaObject, JavaPrimitiveArray, JavaValue } from '../model.js';
import { descName } from './class-name.js';
import { containerClass, contentsOf, partsBelow, type Contents } from './containers.js';
import { cellAt, cellCount, charsOf, isRaw, plainLong, rawPrimitive, setBits } from './numbers.js';
import { isReference } from './parts.js';
import { scalarOf } from './scalars.js';
import { shownField } from './shown-field.js';

/** An object of a class that has no plain counterpart. Fields are in a Map, so that no name can reach a prototype. */
export class JavaInstance {
  readonly className: string;
  /** By name; where two classes of the hierarchy declare the name, the lowest has it and the others `Class.name`. */
  readonly fields = new Map<string, unknown>();
  /** What writeObject or writeExternal wrote beyond the fields: values, and Buffers of primitive data. */
  readonly data: unknown[] = [];
  /** Elements or entries, where the class extends a collection or map of the JDK. */
  contents?: unknown;

  constructor(className: string) {
    this.className = className;
  }
}

/**
 * A Java value as plain JavaScript: string, boolean, number (a long beyond 2^53 - 1 and a BigInteger: bigint; BigDecimal,
 * UUID, java.time: string), Date, Buffer for byte[], Array, Set and Map for collections, JavaInstance for other classes.
 * Shared and cyclic references are shared and cyclic here too. Limits that are not given have their defaults.
 *
 * Errors: TRIBES_E_JAVA_VIEW_LIMIT when the value is nested too deep or too large; TRIBES_E_LIBRARY_LIMIT.
 */
export function plainView(value: JavaValue, limits?: Partial<ViewLimits>): unknown {
  return new PlainView(completeLimits(defaultViewLimits, limits)).show(value, 0);
}

/** What is made once, and met again by reference. */
export type Composite = Exclude<JavaValue, null> & { kind: 'object' | 'array' | 'primitiveArray' };

/** One view of one or more values of a stream: what they share is shared in it. */
export class PlainView {
  private readonly limits: ViewLimits;
  private readonly made = new Map<object, unknown>();
  private nodes = 0;

  constructor(limits: ViewLimits) {
    this.limits = limits;
  }

  show(value: JavaValue, depth: number): unknown {
    this.count(1);
    if (depth > this.limits.maxViewDepth) {
      throw new TribesError('TRIBES_E_JAVA_VIEW_LIMIT', { what: 'depth', limit: this.limits.maxViewDepth });
    }
    if (value === null) {
      return null;
    }
    switch (value.kind) {
      case 'string':
        return value.value;
      case 'enum':
        return value.constant.value;
      case 'class':
        return value.desc === null ? null : descName(value.desc);
      case 'classDesc':
      case 'proxyDesc':
        return descName(value);
      default:
        return this.made.has(value) ? this.made.get(value) : this.make(value, depth);
    }
  }

  protected make(value: Composite, depth: number): unknown {
    if (value.kind === 'primitiveArray') {
      return this.remember(value, this.primitives(value));
    }
    if (value.kind === 'array') {
      return this.fill(this.remember<unknown[]>(value, []), value.elements, depth);
    }
    const scalar = scalarOf(value, descName(value.desc));
    return scalar ? this.remember(value, scalar.plain) : this.object(value, depth);
  }

  private object(object: JavaObject, depth: number): unknown {
    const holder = containerClass(object);
    const contents = holder === undefined ? undefined : contentsOf(object, holder);
    const own = descName(object.desc);
    if (contents && (own === holder || own.startsWith('java.'))) {
      return this.contents(object, contents, depth);
    }
    const instance = this.remember(object, new JavaInstance(own));
    if (contents) {
      instance.contents = this.contents(null, contents, depth + 1);
    }
    const parts = contents ? partsBelow(object, holder) : object.parts;
    for (const part of [...parts].reverse()) {
      this.fields(instance, part, depth);
    }
    for (const part of parts) {
      instance.data.push(...(part.annotation ?? []).map((content) => this.written(content, depth + 1)));
    }
    return instance;
  }

  private fields(instance: JavaInstance, part: JavaObject['parts'][number], depth: number): void {
    if (part.desc.kind !== 'classDesc' || part.values === null) {
      return;
    }
    for (const [index, field] of part.desc.fields.entries()) {
      const name = field.name.value;
      const key = instance.fields.has(name) ? `${part.desc.name.value}.${name}` : name;
      const value = shownField(part.desc, field, part.values[index] ?? null);
      instance.fields.set(key, this.fieldValue(value, depth + 1));
    }
  }

  /** `owner` is the node to remember the result for; null when it is part of an instance. */
  private contents(owner: JavaObject | null, contents: Contents, depth: number): unknown {
    const remember = <T>(made: T): T => (owner ? this.remember(owner, made) : made);
    switch (contents.kind) {
      case 'list':
        return this.fill(remember<unknown[]>([]), contents.elements, depth);
      case 'set': {
        const set = remember(new Set<unknown>());
        contents.elements.forEach((element) => set.add(this.show(element, depth + 1)));
        return set;
      }
      case 'map': {
        const map = remember(new Map<unknown, unknown>());
        contents.entries.forEach(([key, value]) =>
          map.set(this.show(key, depth + 1), this.show(value, depth + 1)),
        );
        return map;
      }
      case 'copies': {
        this.count(contents.count);
        return remember(new Array<unknown>(contents.count).fill(this.show(contents.element, depth + 1)));
      }
      case 'bits': {
        const bits = setBits(contents.words, this.limits.maxViewNodes + 1);
        this.count(bits.length);
        return remember(bits);
      }
      case 'wrapper':
        // Remembered before it is known, so that a wrapper around itself ends.
        remember(null);
        return remember(this.show(contents.of, depth + 1));
    }
  }

  private fill(list: unknown[], elements: readonly JavaValue[], depth: number): unknown[] {
    for (const element of elements) {
      list.push(this.show(element, depth + 1));
    }
    return list;
  }

  private primitives({ type, bytes }: JavaPrimitiveArray): unknown {
    if (type === 'B') {
      return Buffer.from(bytes);
    }
    if (type === 'C') {
      return charsOf(bytes);
    }
    const count = cellCount(type, bytes);
    this.count(count);
    return Array.from({ length: count }, (_, index) => this.fieldValue(cellAt(type, bytes, index), 0));
  }

  protected fieldValue(value: JavaFieldValue, depth: number): unknown {
    if (isReference(value)) {
      return this.show(value, depth);
    }
    if (typeof value === 'bigint') {
      return this.long(value);
    }
    return isRaw(value) ? rawPrimitive(value) : value;
  }

  private written(content: JavaContent, depth: number): unknown {
    if (isValue(content)) {
      return this.show(content, depth);
    }
    return content.kind === 'blockData' ? Buffer.from(content.bytes) : null;
  }

  protected long(value: bigint): number | bigint {
    return plainLong(value);
  }

  protected remember<T>(node: object, made: T): T {
    this.made.set(node, made);
    return made;
  }

  private count(nodes: number): void {
    this.nodes += nodes;
    if (this.nodes > this.limits.maxViewNodes) {
      throw new TribesError('TRIBES_E_JAVA_VIEW_LIMIT', { what: 'values', limit: this.limits.maxViewNodes });
    }
  }
}
