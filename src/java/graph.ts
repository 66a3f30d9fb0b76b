import type { JavaDesc, JavaFieldValue, JavaObject, JavaValue } from './model.js';

/** Class name of a value as its stream says; null for a null reference. A replacement is named as itself. */
export function classNameOf(value: JavaValue): string | null {
  if (value === null) {
    return null;
  }
  switch (value.kind) {
    case 'string':
      return 'java.lang.String';
    case 'class':
      return 'java.lang.Class';
    case 'classDesc':
    case 'proxyDesc':
      return 'java.io.ObjectStreamClass';
    default:
      return descName(value.desc);
  }
}

/**
 * A field of `object`: of the class named, or else of the lowest class of the hierarchy that wrote a field of that name.
 * Undefined if there is none.
 */
export function fieldOf(
  object: JavaObject,
  name: string,
  declaringClass?: string,
): JavaFieldValue | undefined {
  for (let place = object.parts.length - 1; place >= 0; place--) {
    const part = object.parts[place];
    if (part?.desc.kind !== 'classDesc' || part.values === null) {
      continue;
    }
    if (declaringClass === undefined || part.desc.name.value === declaringClass) {
      const index = part.desc.fields.findIndex((field) => field.name.value === name);
      if (index >= 0) {
        return part.values[index];
      }
    }
  }
  return undefined;
}

function descName(desc: JavaDesc): string {
  return desc.kind === 'classDesc' ? desc.name.value : 'java.lang.reflect.Proxy';
}
