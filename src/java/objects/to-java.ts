import { TribesError, isTribesError, messageOf } from '../../base/index.js';
import type { JavaClassData, JavaContent, JavaFieldValue, JavaValue } from '../model.js';
import { fromJs, type ConversionContext } from '../views/from-js.js';
import type { ClassLayout } from './class-layout.js';
import { prototypeOf, type JavaClasses, type RegisteredClass } from './java-classes.js';
import { ObjectOutputStream } from './object-output-stream.js';
import { ownMethod } from './own-method.js';
import { typedValue } from './typed-value.js';

/**
 * `fromJs`, and objects of registered classes as Java objects of theirs. Such an object is written with the fields of its
 * registration, read from the properties of the same names.
 *
 * Errors: TRIBES_E_JAVA_FROM_JS for what has no Java counterpart, or not the one that a field wants; TRIBES_E_JAVA_CLASS
 * when a class of the program fails.
 */
export function toJava(value: unknown, classes: JavaClasses): JavaValue {
  return fromJs(value, (object, context) => {
    const registered = classes.ofObject(object);
    return registered === undefined ? undefined : registeredObject(object, registered, context);
  });
}

function registeredObject(
  object: object,
  registered: RegisteredClass,
  context: ConversionContext,
): JavaValue {
  const { layout } = registered;
  if (layout === null) {
    const what = `an object of class ${registered.className}, which is registered without its fields,`;
    throw new TribesError('TRIBES_E_JAVA_FROM_JS', { what });
  }
  const parts: JavaClassData[] = [];
  const node = context.remember({ kind: 'object', desc: layout.desc, parts });
  const hierarchy = hierarchyOf(registered);
  const prototypes = new Set(hierarchy.map(({ type }) => prototypeOf(type)));
  for (const each of hierarchy) {
    parts.push(partOf(object, each, prototypes, context));
  }
  return node;
}

/** Topmost first. Of an Externalizable only itself: what it extends is its own affair. */
function hierarchyOf(registered: RegisteredClass): RegisteredClass[] {
  const hierarchy: RegisteredClass[] = [];
  for (let each: RegisteredClass | null = registered; each !== null; each = each.superclass) {
    hierarchy.unshift(each);
  }
  return registered.writes === 'writeExternal' ? [registered] : hierarchy;
}

function partOf(
  object: object,
  { type, className, layout, writes }: RegisteredClass,
  prototypes: ReadonlySet<object>,
  { convert }: ConversionContext,
): JavaClassData {
  if (layout === null) {
    throw new TypeError('a layout has the layouts of its superclasses');
  }
  const fields = (): JavaFieldValue[] => fieldValues(object, layout, convert);
  const writer = writes === 'fields' ? undefined : ownMethod(prototypeOf(type), writes, prototypes);
  if (writer === undefined) {
    return { desc: layout.desc, values: fields(), annotation: null };
  }
  let values: JavaFieldValue[] | null = null;
  const stream = new ObjectOutputStream({
    className,
    convert,
    writeFields: writes === 'writeExternal' ? null : () => (values = fields()),
  });
  const annotation = written(className, () => {
    writer.call(object, stream as never);
    return stream.contents();
  });
  return { desc: layout.desc, values, annotation };
}

function written(className: string, write: () => JavaContent[]): JavaContent[] {
  try {
    return write();
  } catch (error) {
    if (isTribesError(error)) {
      throw error;
    }
    throw new TribesError('TRIBES_E_JAVA_CLASS', { className, reason: messageOf(error) }, { cause: error });
  }
}

function fieldValues(
  object: object,
  { desc, fields }: ClassLayout,
  convert: (value: unknown) => JavaValue,
): JavaFieldValue[] {
  return fields.map(({ name, type }) => {
    try {
      return typedValue(type, Reflect.get(object, name), convert);
    } catch (error) {
      if (isTribesError(error, 'TRIBES_E_JAVA_FROM_JS') && error.params['what'] !== undefined) {
        const what = `field ${name} of ${desc.name.value}: ${error.params['what']}`;
        throw new TribesError('TRIBES_E_JAVA_FROM_JS', { what }, { cause: error });
      }
      throw error;
    }
  });
}
