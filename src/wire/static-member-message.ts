import { descOf, readObject, type JavaObject, type JavaValue } from '../java/index.js';
import { ClassName } from './class-names.js';
import { ignoreDialect, type Dialect, type DialectObserver } from './dialect.js';
import { byteArrayOrNull, javaObject, writeObject } from './java-build.js';
import { expectObject, JavaFields } from './java-fields.js';
import { JavaMemberReader, JavaMemberWriter, type JavaMember } from './java-member.js';

/** `StaticMembershipProvider.MemberMessage.msgtype`. */
export const StaticMemberMessageType = { START: 1, STOP: 2, PING: 3 } as const;

/** `org.apache.catalina.tribes.membership.StaticMembershipProvider.MemberMessage`. */
export interface StaticMemberMessage {
  /** One of StaticMemberMessageType. */
  readonly msgtype: number;
  /** Who sends it; in an answer, who answers. */
  readonly member: JavaMember | null;
  /** ISO-8859-1 bytes of `<channel name>-StaticMembership`. */
  readonly membershipId: Buffer | null;
}

const LAYOUT = 'MemberMessage';
const DESC = descOf({
  name: ClassName.STATIC_MEMBER_MESSAGE,
  suid: 1n,
  fields: ['I msgtype', 'Lorg/apache/catalina/tribes/Member; member', '[B membershipId'],
});

/** Errors: TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD, and those of the member and of the stream codec. */
export function decodeStaticMemberMessage(
  bytes: Buffer,
  observe: DialectObserver = ignoreDialect,
): StaticMemberMessage {
  return staticMemberMessageOf(readObject(bytes), observe);
}

export function staticMemberMessageOf(
  value: JavaValue,
  observe: DialectObserver = ignoreDialect,
): StaticMemberMessage {
  const object = expectObject(LAYOUT, value, ClassName.STATIC_MEMBER_MESSAGE);
  const fields = new JavaFields(LAYOUT, object, ClassName.STATIC_MEMBER_MESSAGE);
  return {
    msgtype: fields.int('msgtype'),
    member: new JavaMemberReader(observe).read(fields.object('member')),
    membershipId: fields.bytes('membershipId'),
  };
}

export function encodeStaticMemberMessage(message: StaticMemberMessage, dialect: Dialect): Buffer {
  return writeObject(staticMemberMessageObject(message, dialect));
}

export function staticMemberMessageObject(message: StaticMemberMessage, dialect: Dialect): JavaObject {
  const member = new JavaMemberWriter(dialect).write(message.member);
  return javaObject(DESC, [message.msgtype, member, byteArrayOrNull(message.membershipId)]);
}
