import type { JavaLimits } from '../base/index.js';
import {
  descOf,
  readObject,
  type JavaObject,
  type JavaPrimitiveArray,
  type JavaValue,
} from '../java/index.js';
import { ClassName } from './class-names.js';
import { ignoreDialect, type Dialect, type DialectObserver } from './dialect.js';
import { byteArray, javaObject, writeObject } from './java-build.js';
import { expectObject, JavaFields } from './java-fields.js';
import { messageLimits } from './message-limits.js';
import { JavaMemberReader, JavaMemberWriter, type JavaMember } from './java-member.js';

/** `AbstractReplicatedMap.MapMessage.MSG_*`. */
export const MapMessageType = {
  BACKUP: 1,
  RETRIEVE_BACKUP: 2,
  PROXY: 3,
  REMOVE: 4,
  STATE: 5,
  START: 6,
  STOP: 7,
  INIT: 8,
  COPY: 9,
  STATE_COPY: 10,
  ACCESS: 11,
  NOTIFY_MAPMEMBER: 12,
  PING: 13,
} as const;

/** `org.apache.catalina.tribes.tipis.AbstractReplicatedMap.MapMessage`. Keys and values stay streams of their own. */
export interface MapMessage {
  /** ISO-8859-1 bytes of the map's name; also its rpcId. */
  readonly mapId: Buffer | null;
  /** One of MapMessageType. */
  readonly msgtype: number;
  /** True when `diffvalue` holds a change to the value. */
  readonly diff: boolean;
  /** A Java stream of the key; null also in an answer to RETRIEVE_BACKUP. */
  readonly keydata: Buffer | null;
  /** A Java stream of the value. */
  readonly valuedata: Buffer | null;
  /** What the value's `ReplicatedMapEntry.getDiff` gave: for sessions, a delta request. */
  readonly diffvalue: Buffer | null;
  /** The backup nodes. */
  readonly nodes: readonly (JavaMember | null)[] | null;
  readonly primary: JavaMember | null;
}

const LAYOUT = 'MapMessage';
const MEMBER_SIGNATURE = 'Lorg/apache/catalina/tribes/Member;';
const DESC = descOf({
  name: ClassName.MAP_MESSAGE,
  suid: 1n,
  fields: [
    'Z diff',
    'I msgtype',
    '[B diffvalue',
    '[B keydata',
    '[B mapId',
    `[${MEMBER_SIGNATURE} nodes`,
    `${MEMBER_SIGNATURE} primary`,
    '[B valuedata',
  ],
});

/** Errors: TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD, and those of the members and of the stream codec. */
export function decodeMapMessage(
  bytes: Buffer,
  observe: DialectObserver = ignoreDialect,
  limits: JavaLimits = messageLimits,
): MapMessage {
  return mapMessageOf(readObject(bytes, limits), observe);
}

export function encodeMapMessage(message: MapMessage, dialect: Dialect): Buffer {
  return writeObject(mapMessageObject(message, dialect));
}

/** Names of maps are their bytes in this encoding (`AbstractReplicatedMap.init`). */
export const MAP_NAME_ENCODING = 'latin1';

/** Which map a message is about. Errors: TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD. */
export function mapIdOf(value: JavaValue): Buffer | null {
  const object = expectObject(LAYOUT, value, ClassName.MAP_MESSAGE);
  return new JavaFields(LAYOUT, object, ClassName.MAP_MESSAGE).bytes('mapId');
}

/** A message that was made with `mapMessageObject`, as a stream. */
export function encodeMapMessageObject(message: JavaObject): Buffer {
  return writeObject(message);
}

/** Reads one message, or with the same `members` several of one stream, which may share members. */
export function mapMessageOf(
  value: JavaValue,
  observe: DialectObserver = ignoreDialect,
  members = new JavaMemberReader(observe),
): MapMessage {
  const object = expectObject(LAYOUT, value, ClassName.MAP_MESSAGE);
  const fields = new JavaFields(LAYOUT, object, ClassName.MAP_MESSAGE);
  return {
    mapId: fields.bytes('mapId'),
    msgtype: fields.int('msgtype'),
    diff: fields.boolean('diff'),
    keydata: fields.bytes('keydata'),
    valuedata: fields.bytes('valuedata'),
    diffvalue: fields.bytes('diffvalue'),
    nodes: members.readArray(fields.object('nodes')),
    primary: members.read(fields.object('primary')),
  };
}

export function mapMessageObject(message: MapMessage, dialect: Dialect): JavaObject {
  return new MapMessageWriter(dialect).write(message);
}

/** Writes the messages of one stream. The same member, and the same buffer, becomes the same object. */
export class MapMessageWriter {
  readonly #members: JavaMemberWriter;
  readonly #arrays = new Map<Buffer, JavaPrimitiveArray>();

  constructor(dialect: Dialect) {
    this.#members = new JavaMemberWriter(dialect);
  }

  write(message: MapMessage): JavaObject {
    return javaObject(DESC, [
      message.diff,
      message.msgtype,
      this.#array(message.diffvalue),
      this.#array(message.keydata),
      this.#array(message.mapId),
      this.#members.writeArray(message.nodes),
      this.#members.write(message.primary),
      this.#array(message.valuedata),
    ]);
  }

  #array(bytes: Buffer | null): JavaPrimitiveArray | null {
    if (bytes === null) {
      return null;
    }
    const array = this.#arrays.get(bytes) ?? byteArray(bytes);
    this.#arrays.set(bytes, array);
    return array;
  }
}
