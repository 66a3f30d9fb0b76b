import type { JavaDesc } from '../model.js';
import { classLayout, registrationError, type ClassLayout, type FieldTypes } from './class-layout.js';
import type { ObjectOutputStream } from './object-output-stream.js';
import { ownMethod } from './own-method.js';

/**
 * A class of a program that stands for a Java class: made without arguments, and then filled from the stream. What it may
 * bring besides its fields is told by `ReadableClass` and `WritableClass`.
 */
export type JavaConstructor<T extends object = object> = new () => T;

/** What a class of a program may bring to be written in a way of its own; all of it as Java's methods of the same names. */
export interface WritableClass {
  /** For a class that has a `writeObject` in Java: writes what that writes. */
  writeObject?(stream: ObjectOutputStream): void;
  /** For an Externalizable class. */
  writeExternal?(stream: ObjectOutputStream): void;
}

/** What `JavaClasses.register` takes beside the class and its name; all of it is for writing only. */
export interface RegisterOptions {
  /**
   * The Java fields with their Java types, such as `{ id: 'long', name: 'java.lang.String', prices: 'double[]' }`, transient
   * ones left out. Objects of the class can be written when this is given, and a `serialVersionUID`.
   */
  readonly fields?: FieldTypes;
  /** The registered class that stands for the Java superclass, where that is serialisable too. */
  readonly superclass?: JavaConstructor;
}

/** A class of the program under the name of a Java class. */
export interface RegisteredClass {
  readonly type: JavaConstructor;
  readonly className: string;
  /** Null: any version. */
  readonly serialVersionUID: bigint | null;
  /** Null when objects of the class cannot be written. */
  readonly layout: ClassLayout | null;
  /** What the class writes of an object: its fields, or what its method of that name does. */
  readonly writes: 'fields' | 'writeObject' | 'writeExternal';
  readonly superclass: RegisteredClass | null;
}

/**
 * The classes of a program that Java objects become, by Java name and `serialVersionUID`. Nothing else is ever made of what
 * a stream holds: objects of other classes are shown as plain values.
 */
export class JavaClasses {
  /** Those that `ObjectInputStream.RegisterObjectClass` registers. */
  static readonly shared = new JavaClasses();

  readonly #byName = new Map<string, Map<bigint | null, RegisteredClass>>();
  readonly #byPrototype = new Map<object, RegisteredClass>();

  /**
   * Registers `type` for the Java class `className` (as `Class.getName()` says it). A later registration for the same name
   * and version takes the place of the earlier one.
   *
   * @param serialVersionUID as `serialver` prints it; left out: any version, for reading only. As a text or a bigint: most do
   * not fit in a number.
   *
   * Error: TRIBES_E_JAVA_REGISTRATION.
   */
  register(
    type: JavaConstructor,
    className: string,
    serialVersionUID?: bigint | string | number,
    options: RegisterOptions = {},
  ): this {
    const version = serialVersionUID === undefined ? null : versionOf(className, serialVersionUID);
    const superclass = this.#superclassOf(className, options);
    const { fields } = options;
    const writes = writesOf(type, superclass);
    const layout =
      fields === undefined
        ? null
        : classLayout({ className, serialVersionUID: version, fields, superclass, writes });
    const versions = this.#byName.get(className) ?? new Map<bigint | null, RegisteredClass>();
    this.#byName.set(className, versions);
    const registered = { type, className, serialVersionUID: version, layout, writes, superclass };
    versions.set(version, registered);
    const known = this.#byPrototype.get(prototypeOf(type));
    // Of several versions of one class, the last one with fields is written.
    if (layout !== null || known === undefined || known.layout === null) {
      this.#byPrototype.set(prototypeOf(type), registered);
    }
    return this;
  }

  /**
   * The class that stands for the Java class of `desc`; a registration for the very version comes first.
   *
   * @internal
   */
  of(desc: JavaDesc): RegisteredClass | undefined {
    if (desc.kind !== 'classDesc') {
      return undefined;
    }
    const versions = this.#byName.get(desc.name.value);
    return versions?.get(desc.serialVersionUID) ?? versions?.get(null);
  }

  /**
   * How `object` is registered: by its own class, never by one that it extends.
   *
   * @internal
   */
  ofObject(object: object): RegisteredClass | undefined {
    const prototype: unknown = Object.getPrototypeOf(object);
    return typeof prototype === 'object' && prototype !== null ? this.#byPrototype.get(prototype) : undefined;
  }

  #superclassOf(className: string, { superclass: type }: RegisterOptions): RegisteredClass | null {
    if (type === undefined) {
      return null;
    }
    const superclass = this.#byPrototype.get(prototypeOf(type));
    if (superclass === undefined) {
      throw registrationError(className, `its superclass ${type.name} is not registered; register it first`);
    }
    return superclass;
  }
}

export function prototypeOf(type: JavaConstructor): object {
  return type.prototype as object;
}

function writesOf(type: JavaConstructor, superclass: RegisteredClass | null): RegisteredClass['writes'] {
  const others = new Set<object>();
  for (let each = superclass; each !== null; each = each.superclass) {
    others.add(prototypeOf(each.type));
  }
  const methods = ['writeExternal', 'writeObject'] as const;
  return methods.find((name) => ownMethod(prototypeOf(type), name, others) !== undefined) ?? 'fields';
}

function versionOf(className: string, version: bigint | string | number): bigint {
  if (typeof version === 'number' && !Number.isSafeInteger(version)) {
    throw registrationError(className, `the number ${version} is not exact; give serialVersionUID as a text`);
  }
  if (typeof version === 'string' && !/^-?\d{1,20}L?$/.test(version)) {
    throw registrationError(className, `"${version}" is no serialVersionUID`);
  }
  return BigInt.asIntN(64, BigInt(typeof version === 'string' ? version.replace('L', '') : version));
}
