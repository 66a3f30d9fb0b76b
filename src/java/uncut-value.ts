import { isTribesError, type JavaLimits } from '../base/index.js';
import { isValue } from './contents.js';
import type { JavaValue, OpaqueReason } from './model.js';
import { readStream } from './reader.js';
import { BYTE_ARRAY } from './views/jdk-descriptors.js';
import { writeStream } from './writer.js';

/** A value that could not be cut out of the message that brought it. */
export interface UncutValue {
  readonly reason:
    | OpaqueReason
    /** A cut would exceed a limit. */
    | 'limit'
    /** No stream of its own can hold it. */
    | 'unwritable';
  /** The class that is in the way. */
  readonly className: string;
  /** Of the message, from the value on. Handles in them count from the beginning of the message. */
  readonly bytes: Buffer;
}

/** It as a Java stream of its own, so that it rests and travels like any value: two Strings and a byte[]. A copy. */
export function uncutStream({ reason, className, bytes }: UncutValue): Buffer {
  return writeStream({
    contents: [
      { kind: 'string', value: reason },
      { kind: 'string', value: className },
      { kind: 'primitiveArray', desc: BYTE_ARRAY, type: 'B', bytes },
    ],
  });
}

/** The inverse of `uncutStream`; undefined where something else was kept: by an earlier build the whole message. */
export function uncutValueOf(
  stream: Buffer,
  limits: JavaLimits,
): { readonly reason: string; readonly className: string; readonly bytes: Buffer } | undefined {
  const [reason, className, array, ...more] = valuesOf(stream, limits);
  return reason?.kind === 'string' &&
    className?.kind === 'string' &&
    array?.kind === 'primitiveArray' &&
    more.length === 0
    ? { reason: reason.value, className: className.value, bytes: array.bytes }
    : undefined;
}

function valuesOf(stream: Buffer, limits: JavaLimits): readonly JavaValue[] {
  try {
    return readStream(stream, limits).contents.filter(isValue);
  } catch (error) {
    if (isTribesError(error)) {
      return [];
    }
    throw error;
  }
}
