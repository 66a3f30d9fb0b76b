import type { JavaLimits } from '../base/index.js';
import { ClassName } from './class-names.js';
import type { DialectObserver } from './dialect.js';
import { messageClassName } from './message-class.js';
import { messageLimitsOf } from './message-limits.js';
import { decodeSessionMessage, type SessionEvent } from './session-message.js';
import { readByTemplate, templateAt, type SessionMessageTemplate } from './session-message-template.js';

/** How a SessionMessageImpl begins: as Tomcats write it, or in another way. */
export type SessionMessageForm = SessionMessageTemplate | 'other';

/** Undefined where `payload` does not begin as a SessionMessageImpl does. */
export function sessionMessageForm(payload: Buffer): SessionMessageForm | undefined {
  return (
    templateAt(payload) ??
    (messageClassName(payload) === ClassName.SESSION_MESSAGE ? ('other' as const) : undefined)
  );
}

/**
 * What a SessionMessageImpl says, for whoever carries it out. Errors: those of `decodeSessionMessage`.
 *
 * @param limits those on a Java stream; arrays of bytes are bounded by the message only.
 * @param form what `sessionMessageForm` says of it.
 */
export function decodeSessionEvent(
  bytes: Buffer,
  observe: DialectObserver,
  limits: JavaLimits,
  form = sessionMessageForm(bytes),
): SessionEvent {
  if (typeof form === 'object') {
    const event = readByTemplate(bytes, form, limits);
    if (event !== undefined) {
      observe(form.observation);
      return event;
    }
  }
  return plainSessionEvent(bytes, observe, limits);
}

/** The same without templates. */
export function plainSessionEvent(bytes: Buffer, observe: DialectObserver, limits: JavaLimits): SessionEvent {
  const message = decodeSessionMessage(bytes, observe, messageLimitsOf(limits));
  const { eventType, contextName, sessionId, session, timestampSet } = message;
  return { eventType, contextName, sessionId, session, timestamp: Number(message.timestamp), timestampSet };
}
