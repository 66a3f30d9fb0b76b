import { TribesError, completeLimits, defaultViewLimits, type ViewLimits } from '../../base/index.js';
import type { JavaValue } from '../model.js';
import { javaClassName } from '../views/class-name.js';
import { prototypeOf, type JavaClasses, type JavaConstructor } from './java-classes.js';
import { ObjectInputStream } from './object-input-stream.js';
import { TypedView } from './typed-view.js';

/** What an object of class `T` is when it has been read: what its `readResolve` gives, or else itself. */
export type Instance<T> = T extends { readResolve(): infer R } ? R : T;

/**
 * A Java value as an object of `type`, or null for a null reference. What it holds is shown as by `plainView`, apart from
 * objects of registered classes, which are objects of these, and from every long in them, which is a bigint. Limits that
 * are not given have their defaults.
 *
 * Errors: TRIBES_E_JAVA_NOT_INSTANCE when it is of another class, or of another version than was registered;
 * TRIBES_E_JAVA_CLASS when a class of the program fails; TRIBES_E_JAVA_VIEW_LIMIT; TRIBES_E_LIBRARY_LIMIT.
 */
export function typedView<T extends object>(
  value: JavaValue,
  type: JavaConstructor<T>,
  classes: JavaClasses,
  limits?: Partial<ViewLimits>,
): Instance<T> | null {
  if (value === null) {
    return null;
  }
  const registered = value.kind === 'object' ? classes.of(value.desc) : undefined;
  if (registered === undefined || !isSame(registered.type, type)) {
    throw new TribesError('TRIBES_E_JAVA_NOT_INSTANCE', { found: describe(value), expected: type.name });
  }
  const view = new TypedView(
    completeLimits(defaultViewLimits, limits),
    classes,
    (source) => new ObjectInputStream(source),
  );
  return view.show(value, 0) as Instance<T>;
}

function isSame(registered: JavaConstructor, type: JavaConstructor): boolean {
  return (
    registered === type || Object.prototype.isPrototypeOf.call(prototypeOf(type), prototypeOf(registered))
  );
}

function describe(value: Exclude<JavaValue, null>): string {
  const className = javaClassName(value) ?? '';
  return value.kind === 'object' && value.desc.kind === 'classDesc'
    ? `${className} with serialVersionUID ${value.desc.serialVersionUID}`
    : className;
}
