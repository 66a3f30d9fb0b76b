import { createHash } from 'node:crypto';
import { descOf } from '../descriptors.js';
import type { JavaClassDesc } from '../model.js';
import { encodeText } from '../modified-utf8.js';

/** `Modifier.PUBLIC | Modifier.FINAL | Modifier.ABSTRACT`: what an array class has whose element class is public. */
const ARRAY_MODIFIERS = 0x411;

const descriptors = new Map<string, JavaClassDesc>();

/** The descriptor of an array class, such as `[I`. For names of the program: it is kept for ever. */
export function arrayDesc(className: string): JavaClassDesc {
  let desc = descriptors.get(className);
  if (desc === undefined) {
    desc = descOf({ name: className, suid: arrayVersion(className) });
    descriptors.set(className, desc);
  }
  return desc;
}

/**
 * The serialVersionUID that a JVM computes for the class (`ObjectStreamClass.computeDefaultSUID`), if its elements' class is
 * public. No reader compares it.
 */
function arrayVersion(className: string): bigint {
  const name = encodeText(className);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(name.length);
  const modifiers = Buffer.alloc(4);
  modifiers.writeInt32BE(ARRAY_MODIFIERS);
  return createHash('sha1')
    .update(Buffer.concat([head, name, modifiers]))
    .digest()
    .readBigInt64LE(0);
}
