import type { JavaLimits } from '../../base/index.js';
import type { JavaObject, JavaValue } from '../../java/index.js';
import { makeMember, memberKey, type Member, type MemberKey } from '../../membership/index.js';
import {
  decodeMapEntries,
  decodeMapKey,
  decodeMapState,
  encodeMapEntries,
  encodeMapKey,
  encodeMapState,
  MapMessageType,
  mapMessageObject,
  mapMessageOf,
  type Dialect,
  type DialectObserver,
  type JavaMember,
  type MapMessage,
  type MemberPackage,
} from '../../wire/index.js';
import type { IncomingMapMessage, OutgoingMapMessage } from './map-types.js';

/** What it takes to read and write the messages of one map. */
export interface MapCodecParts {
  /** ISO-8859-1 bytes of its name. */
  readonly mapId: Buffer;
  readonly limits: JavaLimits;
  /** The member of the channel, or our own, of that key. */
  readonly memberOf: (key: MemberKey) => Member | undefined;
  /** The value of an entry as a Java stream; null when there is none. Errors: what it throws goes to whoever writes. */
  readonly encodeValue: (key: string, dialect: Dialect) => Buffer | null;
}

/** Between messages of a map as they are on the wire and as the map sees them. */
export class MapCodec {
  readonly #parts: MapCodecParts;
  /** What stands for a member in messages; the same member becomes the same Java object. */
  readonly #javaMembers = new WeakMap<MemberPackage, JavaMember>();

  constructor(parts: MapCodecParts) {
    this.#parts = parts;
  }

  /** Errors: TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD, and those of the members and of the stream codec. */
  read(value: JavaValue, sentAt: number, observe: DialectObserver): IncomingMapMessage {
    return this.#incoming(mapMessageOf(value, observe), sentAt, observe);
  }

  #incoming(message: MapMessage, sentAt: number, observe: DialectObserver): IncomingMapMessage {
    const { msgtype, keydata, valuedata, diff, diffvalue, primary, nodes } = message;
    const common = {
      msgtype,
      key: keydata === null ? null : decodeMapKey(keydata),
      valuedata,
      diff: diff ? diffvalue : null,
      primary: primary && this.#member(primary),
      nodes: (nodes ?? []).flatMap((node) => (node === null ? [] : [this.#member(node)])),
      sentAt,
    };
    if (valuedata === null) {
      return common;
    }
    switch (msgtype) {
      case MapMessageType.PING:
        return { ...common, mapState: decodeMapState(valuedata) };
      case MapMessageType.STATE:
      case MapMessageType.STATE_COPY: {
        const entries = decodeMapEntries(valuedata, observe, this.#parts.limits);
        return { ...common, entries: entries.map((entry) => this.#incoming(entry, sentAt, observe)) };
      }
      default:
        return common;
    }
  }

  #member({ member }: JavaMember): Member {
    return this.#parts.memberOf(memberKey(member)) ?? makeMember(member);
  }

  /** Errors: those of `encodeValue`. */
  write(message: OutgoingMapMessage, dialect: Dialect): JavaObject {
    return mapMessageObject(this.#outgoing(message, dialect), dialect);
  }

  #outgoing(message: OutgoingMapMessage, dialect: Dialect): MapMessage {
    const { msgtype, key, content, primary, nodes } = message;
    const isAnswer = msgtype === MapMessageType.RETRIEVE_BACKUP && content.kind === 'whole';
    return {
      mapId: this.#parts.mapId,
      msgtype,
      diff: content.kind === 'diff',
      // An answer to RETRIEVE_BACKUP has no key: a Tomcat has used up its bytes when it has read it.
      keydata: key === null || isAnswer ? null : encodeMapKey(key),
      diffvalue: content.kind === 'diff' ? content.diff : null,
      valuedata: this.#valueOf(message, dialect),
      primary: primary && this.#javaMember(primary),
      nodes: nodes && nodes.map((node) => this.#javaMember(node)),
    };
  }

  #valueOf({ key, content }: OutgoingMapMessage, dialect: Dialect): Buffer | null {
    switch (content.kind) {
      case 'none':
      case 'diff':
        return null;
      case 'whole':
        return key === null ? null : this.#parts.encodeValue(key, dialect);
      case 'state':
        return encodeMapState(content.state);
      case 'entries':
        return encodeMapEntries(
          content.entries.map((entry) => this.#outgoing(entry, dialect)),
          dialect,
        );
    }
  }

  #javaMember({ info }: Member): JavaMember {
    const known = this.#javaMembers.get(info);
    if (known !== undefined) {
      return known;
    }
    const made = { javaClass: 'MemberImpl', member: info } as const;
    this.#javaMembers.set(info, made);
    return made;
  }
}
