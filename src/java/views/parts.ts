import { isValue } from '../contents.js';
import { fieldOf } from '../graph.js';
import type { JavaClassData, JavaFieldValue, JavaObject, JavaValue } from '../model.js';

/** What class `className` of the hierarchy wrote of `object`. */
export function partOf(object: JavaObject, className: string): JavaClassData | undefined {
  return object.parts.find((part) => part.desc.kind === 'classDesc' && part.desc.name.value === className);
}

export function isReference(value: JavaFieldValue | undefined): value is JavaValue {
  return value === null || (typeof value === 'object' && value.kind !== 'raw');
}

/** The text of a field that holds a string. */
export function textField(object: JavaObject, className: string, name: string): string | undefined {
  const value = fieldOf(object, name, className);
  return isReference(value) && value?.kind === 'string' ? value.value : undefined;
}

export function numberField(object: JavaObject, className: string, name: string): number | undefined {
  const value = fieldOf(object, name, className);
  return typeof value === 'number' ? value : undefined;
}

/** The objects that the class wrote behind its fields, in order; primitive data and resets left out. */
export function annotationObjects(object: JavaObject, className: string): JavaValue[] | undefined {
  return partOf(object, className)?.annotation?.filter(isValue);
}

/** The primitive data that the class wrote behind its fields, joined. */
export function annotationBytes(object: JavaObject, className: string): Buffer | undefined {
  const annotation = partOf(object, className)?.annotation;
  if (!annotation) {
    return undefined;
  }
  const records = annotation.flatMap((content) => (content?.kind === 'blockData' ? [content.bytes] : []));
  return records.length === 1 ? records[0] : Buffer.concat(records);
}
