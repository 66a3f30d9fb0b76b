import { sessionId, TribesError, type JavaLimits, type SessionId } from '../../base/index.js';
import type { ReceivedMessage } from '../../channel/index.js';
import {
  decodeNewSessionId,
  decodeSessionMessage,
  messageLimitsOf,
  SessionEventType,
  type DialectObserver,
  type SessionMessage,
} from '../../wire/index.js';
import type { LiveEvent, LiveMessage } from './live-message.js';
import { readDelta, type Report } from './message-reader.js';
import type { SessionEventName } from '../session-counters.js';

/** What a message takes to keep besides its payload. */
const MESSAGE_OVERHEAD = 512;

const EVENT_NAMES = new Map(
  Object.entries(SessionEventType).map(([name, code]) => [code as number, name as SessionEventName]),
);

/** A SessionMessageImpl and its event by name. Errors: TRIBES_E_SESSION_EVENT, and those of the codecs. */
export function decodeEvent(
  { payload }: ReceivedMessage,
  observe: DialectObserver,
  limits: JavaLimits,
): { readonly name: SessionEventName; readonly message: SessionMessage } {
  const message = decodeSessionMessage(payload, observe, messageLimitsOf(limits));
  const name = EVENT_NAMES.get(message.eventType);
  if (name === undefined) {
    throw new TribesError('TRIBES_E_SESSION_EVENT', { event: message.eventType });
  }
  return { name, message };
}

/** The events that are about one session. Errors: TRIBES_E_SESSION_INCOMPLETE, and those of the codecs. */
export function decodeLive(
  name: SessionEventName,
  message: SessionMessage,
  { sender, payload }: ReceivedMessage,
  observe: DialectObserver,
  report: Report,
  limits: JavaLimits,
  maxUncutBytes: number,
): LiveMessage {
  const event = decodeLiveEvent(name, message, observe, report, limits, maxUncutBytes);
  const stamp = { sender: sender.uniqueId, timestamp: Number(message.timestamp) };
  return { id: subjectOf(name, message), stamp, bytes: payload.length + MESSAGE_OVERHEAD, ...event };
}

function decodeLiveEvent(
  name: SessionEventName,
  message: SessionMessage,
  observe: DialectObserver,
  report: Report,
  limits: JavaLimits,
  maxUncutBytes: number,
): LiveEvent {
  switch (name) {
    case 'SESSION_CREATED':
      return { type: 'created' };
    case 'SESSION_EXPIRED':
      return { type: 'expired' };
    case 'SESSION_ACCESSED':
      return { type: 'accessed' };
    case 'SESSION_DELTA':
      return {
        type: 'delta',
        delta: readDelta(payloadOf(name, message), observe, report, limits, maxUncutBytes),
      };
    case 'CHANGE_SESSION_ID':
      return { type: 'idChanged', newId: sessionId(decodeNewSessionId(payloadOf(name, message))) };
    default:
      throw new TribesError('TRIBES_E_SESSION_EVENT', { event: message.eventType });
  }
}

function subjectOf(event: SessionEventName, { sessionId: id }: SessionMessage): SessionId {
  if (id === null) {
    throw new TribesError('TRIBES_E_SESSION_INCOMPLETE', { event, missing: 'session id' });
  }
  return sessionId(id);
}

/** What the message carries. Error: TRIBES_E_SESSION_INCOMPLETE. */
export function payloadOf(event: SessionEventName, { session }: SessionMessage): Buffer {
  if (session === null) {
    throw new TribesError('TRIBES_E_SESSION_INCOMPLETE', { event, missing: 'payload' });
  }
  return session;
}
