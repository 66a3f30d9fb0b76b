import { TypeCode } from '../constants.js';
import { decodeText } from '../modified-utf8.js';

/** Behind the name: serialVersionUID, flags, number of fields, and the first byte of what follows. */
const TAIL_BYTES = 8 + 1 + 2 + 1;

/** What can stand in a name without being encoded. */
const PLAIN = new Set(Buffer.from('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$.[;/-'));
const CLASS_NAME = /^[\p{L}\p{Nd}_$.[;/-]+$/u;
const FIELD_TYPES = new Set(Buffer.from('BCDFIJSZL['));

/** Names of classes are not longer than that, however they are encoded. */
const MAX_NAME_BYTES = 4_095;

/**
 * Names of all classes of which a descriptor could be read anywhere in `bytes`, whether or not a reader of ours takes what
 * stands there for one: a JVM may read a stream otherwise than we do, when a class in it is not what the stream says. A
 * class gets into a JVM by TC_CLASSDESC alone, its name behind it in one piece.
 *
 * Linear in time: a name cannot run on over the length of another.
 */
export function* namesAnywhere(bytes: Buffer): Generator<string, void> {
  const last = bytes.length - 3 - TAIL_BYTES;
  for (let at = bytes.indexOf(TypeCode.CLASSDESC); at >= 0 && at <= last; at = nextAfter(bytes, at)) {
    const start = at + 3;
    const length = bytes.readUInt16BE(at + 1);
    const end = start + length;
    if (length > 0 && length <= MAX_NAME_BYTES && end + TAIL_BYTES <= bytes.length && isTail(bytes, end)) {
      const name = nameAt(bytes, start, end);
      if (name !== undefined) {
        yield name;
      }
    }
  }
}

function nextAfter(bytes: Buffer, at: number): number {
  return bytes.indexOf(TypeCode.CLASSDESC, at + 1);
}

/** Whether fields, or an annotation, could begin there. */
function isTail(bytes: Buffer, nameEnd: number): boolean {
  const fields = bytes.readUInt16BE(nameEnd + 9);
  const next = bytes[nameEnd + 11] as number;
  return fields === 0 ? next >= TypeCode.NULL && next <= TypeCode.ENUM : FIELD_TYPES.has(next);
}

function nameAt(bytes: Buffer, start: number, end: number): string | undefined {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x80 && !PLAIN.has(byte)) {
      return undefined;
    }
  }
  const name = decodeText(bytes, start, end).value;
  return CLASS_NAME.test(name) ? name : undefined;
}
