import { holdsAt } from './bytes-at.js';
import { ClassName } from './class-names.js';

/** `java.io.ObjectStreamConstants`: magic number and version. */
const STREAM_HEADER = Buffer.from('aced0005', 'hex');

const TC_CLASSDESC = 0x72;
const TC_OBJECT = 0x73;
const TC_STRING = 0x74;
const TC_ARRAY = 0x75;
const TC_LONGSTRING = 0x7c;
const TC_ENUM = 0x7e;

/** Offset of the class name of an object, array or enum constant that begins a stream. */
const NAME_AT = STREAM_HEADER.length + 1 + 1 + 2;

/** Nearly every message is of this class: its name is compared, and not made into a string each time. */
const SESSION_MESSAGE = Buffer.from(ClassName.SESSION_MESSAGE, 'latin1');

/** True when `payload` begins as a Java object stream does. */
export function isJavaStream(payload: Uint8Array): boolean {
  return holdsAt(payload, 0, STREAM_HEADER);
}

/**
 * The class of the first object of a Java stream, for dispatch: read from its place at the beginning, without parsing
 * anything else. Null when that is no Java stream, or neither object, array, enum constant nor string stands first.
 */
export function messageClassName(payload: Buffer): string | null {
  if (!isJavaStream(payload)) {
    return null;
  }
  switch (payload[STREAM_HEADER.length]) {
    case TC_STRING:
    case TC_LONGSTRING:
      return ClassName.STRING;
    case TC_OBJECT:
    case TC_ARRAY:
    case TC_ENUM:
      return describedClassName(payload);
    default:
      return null;
  }
}

function describedClassName(payload: Buffer): string | null {
  if (payload.length < NAME_AT || payload[STREAM_HEADER.length + 1] !== TC_CLASSDESC) {
    return null;
  }
  const length = payload.readUInt16BE(NAME_AT - 2);
  if (length === SESSION_MESSAGE.length && holdsAt(payload, NAME_AT, SESSION_MESSAGE)) {
    return ClassName.SESSION_MESSAGE;
  }
  const end = NAME_AT + length;
  return end <= payload.length ? payload.toString('utf8', NAME_AT, end) : null;
}
