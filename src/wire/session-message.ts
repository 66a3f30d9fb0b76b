import { defaultJavaLimits, type ContextName, type JavaLimits, type SessionId } from '../base/index.js';
import {
  descOf,
  graphInput,
  graphOutput,
  readObject,
  readQuickly,
  readStream,
  writeStream,
  type JavaClassDesc,
  type JavaObject,
  type JavaValue,
  type QuickInput,
} from '../java/index.js';
import { ClassName } from './class-names.js';
import { ignoreDialect, type Dialect, type DialectObserver } from './dialect.js';
import { byteArrayOrNull, derivedObject, javaStringOrNull, writeObject } from './java-build.js';
import { expectObject, JavaFields } from './java-fields.js';
import { messageLimits } from './message-limits.js';

/** `SessionMessage.EVT_*`. */
export const SessionEventType = {
  SESSION_CREATED: 1,
  SESSION_EXPIRED: 2,
  SESSION_ACCESSED: 3,
  GET_ALL_SESSIONS: 4,
  ALL_SESSION_DATA: 12,
  SESSION_DELTA: 13,
  ALL_SESSION_TRANSFERCOMPLETE: 14,
  CHANGE_SESSION_ID: 15,
  /** 7.0.23 and later. */
  ALL_SESSION_NOCONTEXTMANAGER: 16,
} as const;

/** `org.apache.catalina.ha.session.SessionMessageImpl`. */
export interface SessionMessage {
  /** One of SessionEventType. */
  readonly eventType: number;
  /** Null: meant for every manager; only for GET_ALL_SESSIONS. */
  readonly contextName: string | null;
  /** A session id, or a fixed text for the events that are not about one session. */
  readonly sessionId: string | null;
  /** A Java stream: a session list, a delta request or a new session id. */
  readonly session: Buffer | null;
  /** The sender's epoch milliseconds (`serializationTimestamp`); what it means depends on the event. */
  readonly timestamp: bigint;
  /** False only when `timestamp` was never set. */
  readonly timestampSet: boolean;
  /** For logs. */
  readonly uniqueId: string | null;
}

/** What it takes to carry the message out. */
export interface SessionEvent extends Pick<
  SessionMessage,
  'eventType' | 'contextName' | 'sessionId' | 'session' | 'timestampSet'
> {
  /** The sender's epoch milliseconds. */
  readonly timestamp: number;
}

const LAYOUT = 'SessionMessageImpl';
const STRING = 'Ljava/lang/String;';

const FIELDS = [
  'I mEvtType',
  'J serializationTimestamp',
  'Z timestampSet',
  `${STRING} mContextName`,
  '[B mSession',
  `${STRING} mSessionID`,
  `${STRING} uniqueId`,
];

/** 8.5 and later. */
const BASE = descOf({ name: ClassName.CLUSTER_MESSAGE_BASE, suid: 1n, fields: ['J timestamp'] });
const SESSION_MESSAGE = descOf({ name: ClassName.SESSION_MESSAGE, suid: 2n, fields: FIELDS, super: BASE });

/** 7.0: the superclass has an id of its own, which is always null. */
const BASE_7 = descOf({
  name: ClassName.CLUSTER_MESSAGE_BASE,
  suid: 1n,
  fields: ['J timestamp', `${STRING} uniqueId`],
});
const SESSION_MESSAGE_7 = descOf({
  name: ClassName.SESSION_MESSAGE,
  suid: 1n,
  fields: FIELDS,
  super: BASE_7,
});

/** Errors: TRIBES_E_WIRE_CLASS, TRIBES_E_WIRE_FIELD, and those of the stream codec. */
export function decodeSessionMessage(
  bytes: Buffer,
  observe: DialectObserver = ignoreDialect,
  limits: JavaLimits = messageLimits,
): SessionMessage {
  return sessionMessageOf(readObject(bytes, limits), observe);
}

export function sessionMessageOf(value: JavaValue, observe: DialectObserver = ignoreDialect): SessionMessage {
  const object = expectObject(LAYOUT, value, ClassName.SESSION_MESSAGE);
  const desc = object.desc as JavaClassDesc;
  if (desc.serialVersionUID === 1n || desc.serialVersionUID === 2n) {
    observe({ seen: 'sessionMessage', uid: desc.serialVersionUID });
  }
  const fields = new JavaFields(LAYOUT, object, ClassName.SESSION_MESSAGE);
  return {
    eventType: fields.int('mEvtType'),
    contextName: fields.string('mContextName'),
    sessionId: fields.string('mSessionID'),
    session: fields.bytes('mSession'),
    timestamp: fields.long('serializationTimestamp'),
    timestampSet: fields.boolean('timestampSet'),
    uniqueId: fields.string('uniqueId'),
  };
}

export function encodeSessionMessage(message: SessionMessage, dialect: Dialect): Buffer {
  return writeObject(sessionMessageObject(message, dialect));
}

function sessionMessageObject(message: SessionMessage, { sessionMessageUid }: Dialect): JavaObject {
  const values = [
    message.eventType,
    message.timestamp,
    message.timestampSet,
    javaStringOrNull(message.contextName),
    byteArrayOrNull(message.session),
    javaStringOrNull(message.sessionId),
    javaStringOrNull(message.uniqueId),
  ];
  return sessionMessageUid === 1n
    ? derivedObject(SESSION_MESSAGE_7, values, BASE_7, [0n, null])
    : derivedObject(SESSION_MESSAGE, values, BASE, [0n]);
}

/** The new id that a CHANGE_SESSION_ID brings. Errors: those of the stream codec. */
export function decodeNewSessionId(session: Buffer): string {
  return (
    readQuickly(session, defaultJavaLimits, readOnlyUTF) ?? graphInput(readStream(session).contents).readUTF()
  );
}

function readOnlyUTF(input: QuickInput): string {
  const text = input.readUTF();
  input.expectEnd();
  return text;
}

export function encodeNewSessionId(id: string): Buffer {
  const output = graphOutput();
  output.writeUTF(id);
  return writeStream({ contents: output.contents() });
}

/** The messages of DeltaManager, with the texts that Tomcat puts into them. Times are epoch milliseconds. */
export const sessionMessages = {
  created(context: ContextName, id: SessionId, creationTime: number, now: number): SessionMessage {
    return message(SessionEventType.SESSION_CREATED, context, id, `${id}-${now}`, creationTime);
  },
  expired(context: ContextName, id: SessionId, now: number): SessionMessage {
    return message(SessionEventType.SESSION_EXPIRED, context, id, `${id}-EXPIRED-MSG`, now);
  },
  accessed(context: ContextName, id: SessionId, now: number): SessionMessage {
    return message(SessionEventType.SESSION_ACCESSED, context, id, `${id}-${now}`, now);
  },
  /** A null context asks every manager of the node for its sessions, under its own name. */
  getAllSessions(context: ContextName | null, now: number): SessionMessage {
    return message(SessionEventType.GET_ALL_SESSIONS, context, 'GET-ALL', `GET-ALL-${context}`, now);
  },
  /** `listedAt`: when the donor listed its sessions, the same in all messages of one transfer. */
  allSessionData(context: ContextName, sessions: Buffer, listedAt: number): SessionMessage {
    const uniqueId = `SESSION-STATE-${context}`;
    return message(SessionEventType.ALL_SESSION_DATA, context, 'SESSION-STATE', uniqueId, listedAt, sessions);
  },
  delta(context: ContextName, id: SessionId, delta: Buffer, now: number): SessionMessage {
    return message(SessionEventType.SESSION_DELTA, context, id, `${id}-${now}`, now, delta);
  },
  transferComplete(context: ContextName, listedAt: number): SessionMessage {
    const uniqueId = `SESSION-STATE-TRANSFERRED${context}`;
    const type = SessionEventType.ALL_SESSION_TRANSFERCOMPLETE;
    return message(type, context, 'SESSION-STATE-TRANSFERRED', uniqueId, listedAt);
  },
  changeSessionId(context: ContextName, oldId: SessionId, newId: SessionId, now: number): SessionMessage {
    const type = SessionEventType.CHANGE_SESSION_ID;
    return message(type, context, oldId, `${oldId}-${now}`, now, encodeNewSessionId(newId));
  },
  /** Its time stamp is never set (`ClusterSessionListener.messageReceived`). */
  noContextManager(context: ContextName | null): SessionMessage {
    const type = SessionEventType.ALL_SESSION_NOCONTEXTMANAGER;
    const uniqueId = `NO-CONTEXT-MANAGER-${context ?? ''}`;
    return { ...message(type, context, 'NO-CONTEXT-MANAGER', uniqueId, 0), timestampSet: false };
  },
} as const;

function message(
  eventType: number,
  contextName: string | null,
  sessionId: string,
  uniqueId: string,
  timestamp: number,
  session: Buffer | null = null,
): SessionMessage {
  return {
    eventType,
    contextName,
    sessionId,
    session,
    timestamp: BigInt(timestamp),
    timestampSet: true,
    uniqueId,
  };
}
