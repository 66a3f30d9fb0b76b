import {
  descOf,
  writeStream,
  type JavaArray,
  type JavaClassDesc,
  type JavaFieldValue,
  type JavaObject,
  type JavaPrimitiveArray,
  type JavaString,
  type JavaValue,
} from '../java/index.js';

const BYTE_ARRAY = descOf({ name: '[B', suid: 0xacf317f8060854e0n });
const STRING_ARRAY = descOf({ name: '[Ljava.lang.String;', suid: 0xadd256e7e91d7b47n });

/** A new string object. */
export function javaString(value: string): JavaString {
  return { kind: 'string', value };
}

/** A new string object, or null. */
export function javaStringOrNull(value: string | null): JavaString | null {
  return value === null ? null : javaString(value);
}

export function byteArray(bytes: Buffer): JavaPrimitiveArray {
  return { kind: 'primitiveArray', desc: BYTE_ARRAY, type: 'B', bytes };
}

export function byteArrayOrNull(bytes: Buffer | null): JavaPrimitiveArray | null {
  return bytes === null ? null : byteArray(bytes);
}

export function stringArrayOrNull(elements: readonly (string | null)[] | null): JavaArray | null {
  return elements && { kind: 'array', desc: STRING_ARRAY, elements: elements.map(javaStringOrNull) };
}

/** An object of a class without serialisable superclass. */
export function javaObject(desc: JavaClassDesc, values: JavaFieldValue[]): JavaObject {
  return { kind: 'object', desc, parts: [{ desc, values, annotation: null }] };
}

/** An object of `desc`, whose one serialisable superclass `superDesc` wrote `superValues`. */
export function derivedObject(
  desc: JavaClassDesc,
  values: JavaFieldValue[],
  superDesc: JavaClassDesc,
  superValues: JavaFieldValue[],
): JavaObject {
  const parts = [
    { desc: superDesc, values: superValues, annotation: null },
    { desc, values, annotation: null },
  ];
  return { kind: 'object', desc, parts };
}

/** A stream of one object. */
export function writeObject(value: JavaValue): Buffer {
  return writeStream({ contents: [value] });
}
