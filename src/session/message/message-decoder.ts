import { sessionId, TribesError, type JavaLimits, type SessionId } from '../../base/index.js';
import type { ReceivedMessage } from '../../channel/index.js';
import {
  decodeNewSessionId,
  decodeSessionEvent,
  SessionEventType,
  type DialectObserver,
  type SessionEvent,
  type SessionMessageForm,
} from '../../wire/index.js';
import type { LiveMessage } from './live-message.js';
import { readDelta, type Report } from './message-reader.js';
import type { SessionEventName } from '../session-counters.js';

/** What a message takes to keep besides its payload. */
const MESSAGE_OVERHEAD = 512;

const EVENT_NAMES = new Map(
  Object.entries(SessionEventType).map(([name, code]) => [code as number, name as SessionEventName]),
);

/** A SessionMessageImpl of that form and its event by name. Errors: TRIBES_E_SESSION_EVENT, and those of the codecs. */
export function decodeEvent(
  { payload }: ReceivedMessage,
  form: SessionMessageForm,
  observe: DialectObserver,
  limits: JavaLimits,
): { readonly name: SessionEventName; readonly message: SessionEvent } {
  const message = decodeSessionEvent(payload, observe, limits, form);
  const name = EVENT_NAMES.get(message.eventType);
  if (name === undefined) {
    throw new TribesError('TRIBES_E_SESSION_EVENT', { event: message.eventType });
  }
  return { name, message };
}

/** The events that are about one session. Errors: TRIBES_E_SESSION_INCOMPLETE, and those of the codecs. */
export function decodeLive(
  name: SessionEventName,
  message: SessionEvent,
  { sender, payload }: ReceivedMessage,
  observe: DialectObserver,
  report: Report,
  limits: JavaLimits,
  maxUncutBytes: number,
): LiveMessage {
  const stamp = { sender: sender.uniqueId, timestamp: message.timestamp };
  const bytes = payload.length + MESSAGE_OVERHEAD;
  switch (name) {
    case 'SESSION_CREATED':
      return { type: 'created', id: subjectOf(name, message), stamp, bytes };
    case 'SESSION_EXPIRED':
      return { type: 'expired', id: subjectOf(name, message), stamp, bytes };
    case 'SESSION_ACCESSED':
      return { type: 'accessed', id: subjectOf(name, message), stamp, bytes };
    case 'SESSION_DELTA': {
      const delta = readDelta(payloadOf(name, message), observe, report, limits, maxUncutBytes);
      return { type: 'delta', id: subjectOf(name, message), stamp, bytes, delta };
    }
    case 'CHANGE_SESSION_ID': {
      const newId = sessionId(decodeNewSessionId(payloadOf(name, message)));
      return { type: 'idChanged', id: subjectOf(name, message), stamp, bytes, newId };
    }
    default:
      throw new TribesError('TRIBES_E_SESSION_EVENT', { event: message.eventType });
  }
}

function subjectOf(event: SessionEventName, { sessionId: id }: SessionEvent): SessionId {
  if (id === null) {
    throw new TribesError('TRIBES_E_SESSION_INCOMPLETE', { event, missing: 'session id' });
  }
  return sessionId(id);
}

/** What the message carries. Error: TRIBES_E_SESSION_INCOMPLETE. */
export function payloadOf(event: SessionEventName, { session }: SessionEvent): Buffer {
  if (session === null) {
    throw new TribesError('TRIBES_E_SESSION_INCOMPLETE', { event, missing: 'payload' });
  }
  return session;
}
