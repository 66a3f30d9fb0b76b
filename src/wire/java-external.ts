import { TribesError } from '../base/index.js';
import {
  ClassFlags,
  descOf,
  graphInput,
  graphOutput,
  type JavaClassDesc,
  type JavaFieldValue,
  type JavaObject,
  type JavaValue,
  type ObjectInput,
  type ObjectOutput,
} from '../java/index.js';
import { wrongClass } from './java-fields.js';

/** Descriptor of an Externalizable of protocol version 2. */
export function externalDesc(
  name: string,
  serialVersionUID: bigint,
  superDesc?: JavaClassDesc,
): JavaClassDesc {
  const flags = ClassFlags.EXTERNALIZABLE | ClassFlags.BLOCK_DATA;
  return descOf({ name, suid: serialVersionUID, flags, ...(superDesc && { super: superDesc }) });
}

/**
 * What the class of `object` wrote with `writeExternal`, or behind its fields with `writeObject`.
 *
 * Error: TRIBES_E_WIRE_CLASS when its flags provide for nothing of that sort.
 */
export function annotationInput(layout: string, object: JavaObject): ObjectInput<JavaValue> {
  const annotation = object.parts.at(-1)?.annotation;
  if (!annotation) {
    throw wrongClass(layout, 'a class with data of its own', object);
  }
  return graphInput(annotation);
}

/** An object whose `writeExternal` writes what `write` does. */
export function externalObject(
  desc: JavaClassDesc,
  write: (output: ObjectOutput<JavaValue>) => void,
): JavaObject {
  return annotatedObject(desc, null, write);
}

/** An object that writes `values` as its fields, and behind them what `write` does. */
export function annotatedObject(
  desc: JavaClassDesc,
  values: JavaFieldValue[] | null,
  write: (output: ObjectOutput<JavaValue>) => void,
): JavaObject {
  const output = graphOutput();
  write(output);
  return { kind: 'object', desc, parts: [{ desc, values, annotation: output.contents() }] };
}

/** An int32 and that many bytes. Error: TRIBES_E_WIRE_FIELD for a negative number. */
export function readCountedBytes(layout: string, field: string, input: ObjectInput<unknown>): Buffer {
  return input.readBytes(readCount(layout, `length of ${field}`, input.readInt()));
}

/** `count`, unless it is negative. Error: TRIBES_E_WIRE_FIELD. */
export function readCount(layout: string, field: string, count: number): number {
  if (count < 0) {
    throw new TribesError('TRIBES_E_WIRE_FIELD', {
      layout,
      field,
      expected: '0 or more',
      found: String(count),
    });
  }
  return count;
}

export function writeCountedBytes(output: ObjectOutput<unknown>, bytes: Uint8Array): void {
  output.writeInt(bytes.length);
  output.writeBytes(bytes);
}
