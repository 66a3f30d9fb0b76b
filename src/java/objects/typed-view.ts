import { TribesError, isTribesError, messageOf, type ViewLimits } from '../../base/index.js';
import { graphInput } from '../graph-io.js';
import { fieldOf } from '../graph.js';
import {
  ClassFlags,
  type JavaClassData,
  type JavaClassDesc,
  type JavaObject,
  type JavaValue,
} from '../model.js';
import { containerClass, contentsOf } from '../views/containers.js';
import { PlainView, type Composite } from '../views/plain-view.js';
import { setDeclaredField } from './declared-field.js';
import { prototypeOf, type JavaClasses, type RegisteredClass } from './java-classes.js';
import type { ObjectInputStream, ObjectSource } from './object-input-stream.js';
import { ownMethod } from './own-method.js';

/** What a class of a program may bring to be read in a way of its own; all of it as Java's methods of the same names. */
export interface ReadableClass {
  /**
   * For a class that had a `writeObject`: reads what that wrote. Where it is left out, the fields are set and what was
   * written behind them is passed over.
   */
  readObject?(stream: ObjectInputStream): void;
  /** For an Externalizable class, which cannot be read without. */
  readExternal?(stream: ObjectInputStream): void;
  /** What is to stand in the place of the object. */
  readResolve?(): unknown;
}

const NOBODY: ReadonlySet<object> = new Set();

type Reader = NonNullable<ReturnType<typeof ownMethod>>;

/**
 * The plain view, with objects of registered classes as objects of these. In what they hold a long is always a bigint, so
 * that its type does not depend on its value.
 */
export class TypedView extends PlainView {
  readonly #classes: JavaClasses;
  readonly #open: (source: ObjectSource) => ObjectInputStream;
  /** How many objects of registered classes are being read. */
  #within = 0;

  constructor(limits: ViewLimits, classes: JavaClasses, open: (source: ObjectSource) => ObjectInputStream) {
    super(limits);
    this.#classes = classes;
    this.#open = open;
  }

  protected override make(value: Composite, depth: number): unknown {
    if (value.kind === 'object') {
      const registered = this.#classes.of(value.desc);
      if (registered !== undefined) {
        return this.#object(value, registered, depth);
      }
      const long = this.#within > 0 ? boxedLong(value) : undefined;
      if (long !== undefined) {
        return this.remember(value, long);
      }
    }
    return super.make(value, depth);
  }

  protected override long(value: bigint): number | bigint {
    return this.#within > 0 ? value : super.long(value);
  }

  #object(object: JavaObject, registered: RegisteredClass, depth: number): unknown {
    this.#within++;
    try {
      return this.#read(object, registered, depth);
    } catch (error) {
      if (isTribesError(error)) {
        throw error;
      }
      const { className } = registered;
      throw new TribesError('TRIBES_E_JAVA_CLASS', { className, reason: messageOf(error) }, { cause: error });
    } finally {
      this.#within--;
    }
  }

  #read(object: JavaObject, registered: RegisteredClass, depth: number): unknown {
    const made = new registered.type();
    // As in a JVM, a reference back to an object that is being read is the object itself, not what replaces it.
    this.remember(object, made);
    const hierarchy = new Set(
      object.parts.flatMap(({ desc }) => {
        const part = this.#classes.of(desc);
        return part === undefined ? [] : [prototypeOf(part.type)];
      }),
    );
    for (const part of object.parts) {
      this.#part(made, part, hierarchy, depth);
    }
    this.#fill(made, object, depth);
    const resolving = made as ReadableClass;
    return typeof resolving.readResolve === 'function'
      ? this.remember<unknown>(object, resolving.readResolve())
      : made;
  }

  #part(made: object, part: JavaClassData, hierarchy: ReadonlySet<object>, depth: number): void {
    const { desc, annotation } = part;
    if (desc.kind !== 'classDesc') {
      return;
    }
    const fields = (): Map<string, unknown> => this.#fields(part, depth);
    const external = (desc.flags & ClassFlags.EXTERNALIZABLE) !== 0;
    const reader = annotation === null ? undefined : this.#reader(desc, external, hierarchy);
    if (reader !== undefined) {
      const source = {
        input: graphInput(annotation ?? []),
        show: (value: JavaValue) => this.show(value, depth + 1),
      };
      const stream = this.#open(external ? source : { ...source, current: { object: made, fields } });
      reader.call(made, stream as never);
      return;
    }
    if (external) {
      throw new Error('it is Externalizable, and the registered class has no method readExternal');
    }
    for (const [name, value] of fields()) {
      setDeclaredField(made, name, value);
    }
  }

  /** The method that reads what the class of `desc` wrote. */
  #reader(desc: JavaClassDesc, external: boolean, hierarchy: ReadonlySet<object>): Reader | undefined {
    const registered = this.#classes.of(desc);
    const name = external ? 'readExternal' : 'readObject';
    return registered && ownMethod(prototypeOf(registered.type), name, hierarchy);
  }

  #fields({ desc, values }: JavaClassData, depth: number): Map<string, unknown> {
    const fields = new Map<string, unknown>();
    if (desc.kind === 'classDesc' && values !== null) {
      for (const [index, { name }] of desc.fields.entries()) {
        fields.set(name.value, this.fieldValue(values[index] ?? null, depth + 1));
      }
    }
    return fields;
  }

  /** What a collection or map of the JDK wrote, when the class extends a JavaScript one and does not read it itself. */
  #fill(made: object, object: JavaObject, depth: number): void {
    const holder = containerClass(object);
    const part = object.parts.find(({ desc }) => desc.kind === 'classDesc' && desc.name.value === holder);
    const registered = part && this.#classes.of(part.desc);
    const isRead = registered !== undefined && ownMethod(prototypeOf(registered.type), 'readObject', NOBODY);
    const contents = holder === undefined || isRead ? undefined : contentsOf(object, holder);
    if (contents?.kind === 'map' && made instanceof Map) {
      for (const [key, value] of contents.entries) {
        made.set(this.show(key, depth + 1), this.show(value, depth + 1));
      }
    } else if (contents?.kind === 'list' && Array.isArray(made)) {
      contents.elements.forEach((element) => made.push(this.show(element, depth + 1)));
    } else if (contents?.kind === 'set' && made instanceof Set) {
      contents.elements.forEach((element) => made.add(this.show(element, depth + 1)));
    }
  }
}

function boxedLong(object: JavaObject): bigint | undefined {
  const value = fieldOf(object, 'value', 'java.lang.Long');
  return typeof value === 'bigint' ? value : undefined;
}
