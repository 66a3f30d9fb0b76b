import { descOf } from './descriptors.js';
import type { JavaClassDesc, JavaFieldValue, JavaObject } from './model.js';

const NUMBER = descOf({ name: 'java.lang.Number', suid: 0x86ac951d0b94e08bn });

/** The boxes that Tomcat writes scalars in, with the type of their one field. */
export const Box = {
  BOOLEAN: descOf({ name: 'java.lang.Boolean', suid: 0xcd207280d59cfaeen, fields: ['Z value'] }),
  INTEGER: descOf({
    name: 'java.lang.Integer',
    suid: 0x12e2a0a4f7818738n,
    fields: ['I value'],
    super: NUMBER,
  }),
  LONG: descOf({ name: 'java.lang.Long', suid: 0x3b8be490cc8f23dfn, fields: ['J value'], super: NUMBER }),
} as const;

/**
 * True for a value that has one box in a JVM (`Boolean.valueOf`; `Integer.valueOf` and `Long.valueOf` from -128 to 127), so
 * that it is a reference when it is written again.
 */
export function hasOneBox(value: number | bigint | boolean): boolean {
  return typeof value === 'boolean' || (value >= -128 && value <= 127);
}

/** A new box. */
export function boxed(desc: JavaClassDesc, value: JavaFieldValue): JavaObject {
  const part = { desc, values: [value], annotation: null };
  const { superDesc } = desc;
  const parts = superDesc === null ? [part] : [{ desc: superDesc, values: [], annotation: null }, part];
  return { kind: 'object', desc, parts };
}
