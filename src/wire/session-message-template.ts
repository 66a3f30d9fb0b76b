import type { JavaLimits } from '../base/index.js';
import { areWide, decodeStrictly, InternedTexts } from '../java/index.js';
import { NEWEST_DIALECT, type DialectObservation, type SessionMessageUid } from './dialect.js';
import { encodeSessionMessage, type SessionEvent, type SessionMessage } from './session-message.js';

/**
 * The class descriptors of a SessionMessageImpl are the same bytes in every message of a release, and each field stands at
 * the same place behind them: so they are compared, and not parsed.
 */
export interface SessionMessageTemplate {
  /** Everything up to the fields of ClusterMessageBase. */
  readonly head: Buffer;
  /** Where the fields of SessionMessageImpl begin. */
  readonly fieldsAt: number;
  /** Whether a null stands before them: `uniqueId` of ClusterMessageBase, in 7.0. */
  readonly hasBaseId: boolean;
  readonly observation: DialectObservation;
}

/** Bytes of `timestamp` of ClusterMessageBase, and of `mEvtType`, `serializationTimestamp` and `timestampSet`. */
const BASE_BYTES = 8;
const PRIMITIVE_BYTES = 4 + 8 + 1;
/** `mContextName`, `mSession`, `mSessionID`, `uniqueId`. */
const OBJECTS = 4;
const LENGTH_BYTES = 4;

const TC_NULL = 0x70;
const TC_STRING = 0x74;

const NOTHING: SessionMessage = {
  eventType: 0,
  contextName: null,
  sessionId: null,
  session: null,
  timestamp: 0n,
  timestampSet: false,
  uniqueId: null,
};

const TEMPLATES: readonly SessionMessageTemplate[] = [templateOf(2n), templateOf(1n)];

function templateOf(uid: SessionMessageUid): SessionMessageTemplate {
  const bytes = encodeSessionMessage(NOTHING, { ...NEWEST_DIALECT, sessionMessageUid: uid });
  const fieldsAt = bytes.length - PRIMITIVE_BYTES - OBJECTS;
  const hasBaseId = uid === 1n;
  const head = bytes.subarray(0, fieldsAt - BASE_BYTES - (hasBaseId ? 1 : 0));
  return { head, fieldsAt, hasBaseId, observation: { seen: 'sessionMessage', uid } };
}

/** What stands before the length of `mSession`: TC_ARRAY and the class descriptor of byte[]. */
const BYTE_ARRAY = byteArrayHead();

function byteArrayHead(): Buffer {
  const bytes = encodeSessionMessage({ ...NOTHING, session: Buffer.alloc(0) }, NEWEST_DIALECT);
  const { fieldsAt } = TEMPLATES[0] as SessionMessageTemplate;
  return bytes.subarray(fieldsAt + PRIMITIVE_BYTES + 1, bytes.length - LENGTH_BYTES - 2);
}

/** The template that `payload` begins with; undefined for any other payload. */
export function templateAt(payload: Buffer): SessionMessageTemplate | undefined {
  for (const template of TEMPLATES) {
    const { head } = template;
    if (payload.length > head.length && head.compare(payload, 0, head.length) === 0) {
      return template;
    }
  }
  return undefined;
}

const contexts = new InternedTexts();

/**
 * Reads a message that begins with `template`. Undefined where what follows is not as a Tomcat writes it, or something is
 * beyond `limits`: it has to be read with `decodeSessionMessage` then.
 */
export function readByTemplate(
  bytes: Buffer,
  { fieldsAt, hasBaseId }: SessionMessageTemplate,
  limits: JavaLimits,
): SessionEvent | undefined {
  const contextAt = fieldsAt + PRIMITIVE_BYTES;
  const sessionAt = endOfString(bytes, contextAt);
  const idAt = endOfBytes(bytes, sessionAt);
  const uniqueIdAt = endOfString(bytes, idAt);
  const isWhole = endOfString(bytes, uniqueIdAt) === bytes.length;
  if (!isWhole || (hasBaseId && bytes[fieldsAt - 1] !== TC_NULL) || !areWide(limits, bytes.length)) {
    return undefined;
  }
  const contextName = contextNameAt(bytes, contextAt, sessionAt);
  const sessionId = textAt(bytes, idAt, uniqueIdAt);
  if (contextName === undefined || sessionId === undefined) {
    return undefined;
  }
  return {
    eventType: bytes.readInt32BE(fieldsAt),
    contextName,
    sessionId,
    session:
      bytes[sessionAt] === TC_NULL
        ? null
        : bytes.subarray(sessionAt + BYTE_ARRAY.length + LENGTH_BYTES, idAt),
    // Rounded as Number(bigint) rounds.
    timestamp: bytes.readInt32BE(fieldsAt + 4) * 2 ** 32 + bytes.readUInt32BE(fieldsAt + 8),
    timestampSet: bytes[fieldsAt + 12] !== 0,
  };
}

/** Behind the null or string at `at`; -1 if neither stands there, or `at` is none. */
function endOfString(bytes: Buffer, at: number): number {
  if (at < 0 || bytes[at] === TC_NULL) {
    return at < 0 ? -1 : at + 1;
  }
  return bytes[at] === TC_STRING
    ? at + 3 + (((bytes[at + 1] as number) << 8) | (bytes[at + 2] as number))
    : -1;
}

/** Behind the null or byte array at `at`; -1 likewise. */
function endOfBytes(bytes: Buffer, at: number): number {
  if (at < 0 || bytes[at] === TC_NULL) {
    return at < 0 ? -1 : at + 1;
  }
  for (let i = 0; i < BYTE_ARRAY.length; i++) {
    if (bytes[at + i] !== BYTE_ARRAY[i]) {
      return -1;
    }
  }
  const start = at + BYTE_ARRAY.length + LENGTH_BYTES;
  const length = start > bytes.length ? -1 : bytes.readInt32BE(start - LENGTH_BYTES);
  return length < 0 ? -1 : start + length;
}

function contextNameAt(bytes: Buffer, at: number, end: number): string | null | undefined {
  return bytes[at] === TC_NULL ? null : contexts.find(bytes, at + 3, end)?.text;
}

/** Undefined for what is no modified UTF-8. */
function textAt(bytes: Buffer, at: number, end: number): string | null | undefined {
  return bytes[at] === TC_NULL ? null : decodeStrictly(bytes, at + 3, end);
}
