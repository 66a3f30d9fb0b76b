import type { JavaLimits } from '../base/index.js';
import { ClassFlags, descOf, readObject, type JavaValue } from '../java/index.js';
import { ClassName } from './class-names.js';
import { ignoreDialect, type Dialect, type DialectObserver } from './dialect.js';
import { javaString, writeObject } from './java-build.js';
import { annotatedObject, annotationInput, readCount } from './java-external.js';
import { expectObject, JavaFields, nameOf, wrongClass } from './java-fields.js';
import { messageLimits } from './message-limits.js';
import { JavaMemberReader } from './java-member.js';
import { mapMessageOf, MapMessageWriter, type MapMessage } from './map-message.js';

/** `AbstractReplicatedMap.State`, the value of an answer to PING. Only INITIALIZED means that the node has the map. */
export type MapState = 'NEW' | 'STATETRANSFERRED' | 'INITIALIZED' | 'DESTROYED';

const ENTRIES = 'map state answer';
const STATE = 'map state';
const KEY = 'map key';

const ARRAY_LIST = descOf({
  name: ClassName.ARRAY_LIST,
  suid: 0x7881d21d99c7619dn,
  fields: ['I size'],
  flags: ClassFlags.SERIALIZABLE | ClassFlags.WRITE_METHOD,
});
const ENUM_FLAGS = ClassFlags.SERIALIZABLE | ClassFlags.ENUM;
const MAP_STATE = descOf({
  name: ClassName.MAP_STATE,
  suid: 0n,
  flags: ENUM_FLAGS,
  super: descOf({ name: ClassName.ENUM, suid: 0n, flags: ENUM_FLAGS }),
});

/**
 * The value of an answer to STATE or STATE_COPY: an ArrayList of one message for each entry.
 *
 * Errors: TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD, and those of the messages and of the stream codec.
 */
export function decodeMapEntries(
  valuedata: Buffer,
  observe: DialectObserver = ignoreDialect,
  limits: JavaLimits = messageLimits,
): MapMessage[] {
  return mapEntriesOf(readObject(valuedata, limits), observe);
}

export function mapEntriesOf(value: JavaValue, observe: DialectObserver = ignoreDialect): MapMessage[] {
  const list = expectObject(ENTRIES, value, ClassName.ARRAY_LIST);
  const size = readCount(ENTRIES, 'size', new JavaFields(ENTRIES, list, ClassName.ARRAY_LIST).int('size'));
  const input = annotationInput(ENTRIES, list);
  input.readInt();
  const members = new JavaMemberReader(observe);
  const entries: MapMessage[] = [];
  while (entries.length < size) {
    entries.push(mapMessageOf(input.readObject(), observe, members));
  }
  return entries;
}

/** Never null: an answer to STATE without a list keeps the asker's web application from starting. */
export function encodeMapEntries(entries: readonly MapMessage[], dialect: Dialect): Buffer {
  const writer = new MapMessageWriter(dialect);
  return writeObject(
    annotatedObject(ARRAY_LIST, [entries.length], (output) => {
      output.writeInt(entries.length);
      for (const entry of entries) {
        output.writeObject(writer.write(entry));
      }
    }),
  );
}

/** Name of the constant; others than those of `MapState` occur only in releases to come. */
export function decodeMapState(valuedata: Buffer): string {
  return mapStateOf(readObject(valuedata));
}

export function mapStateOf(value: JavaValue): string {
  if (value?.kind !== 'enum' || nameOf(value.desc) !== ClassName.MAP_STATE) {
    throw wrongClass(STATE, ClassName.MAP_STATE, value);
  }
  return value.constant.value;
}

export function encodeMapState(state: MapState): Buffer {
  return writeObject({ kind: 'enum', desc: MAP_STATE, constant: javaString(state) });
}

/** A key that is a String, as all of Tomcat's are. Error: TRIBES_E_WIRE_CLASS. */
export function decodeMapKey(keydata: Buffer): string {
  const value = readObject(keydata);
  if (value?.kind !== 'string') {
    throw wrongClass(KEY, 'java.lang.String', value);
  }
  return value.value;
}

export function encodeMapKey(key: string): Buffer {
  return writeObject(javaString(key));
}
