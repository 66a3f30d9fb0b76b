import type { JavaObject, JavaValue } from '../java/index.js';
import { ClassName } from './class-names.js';
import {
  annotationInput,
  externalDesc,
  externalObject,
  readCountedBytes,
  writeCountedBytes,
} from './java-external.js';
import { expectObject } from './java-fields.js';

const LAYOUT = 'ByteMessage';
const DESC = externalDesc(ClassName.BYTE_MESSAGE, 9175968837071003917n);

/**
 * The content of an `org.apache.catalina.tribes.ByteMessage` that was written as an object. On the channel a byte message
 * is its bytes, under SEND_OPTIONS.BYTE_MESSAGE; as an object it stands only within others.
 *
 * Errors: TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD, and those of the stream codec.
 */
export function byteMessageOf(value: JavaValue): Buffer {
  const object = expectObject(LAYOUT, value, ClassName.BYTE_MESSAGE);
  return readCountedBytes(LAYOUT, 'message', annotationInput(LAYOUT, object));
}

export function byteMessageObject(message: Uint8Array): JavaObject {
  return externalObject(DESC, (output) => {
    writeCountedBytes(output, message);
  });
}
