import type { JavaLimits } from '../base/index.js';
import { ClassName } from './class-names.js';
import type { DialectObserver } from './dialect.js';
import { messageClassName } from './message-class.js';
import { messageLimitsOf } from './message-limits.js';
import { decodeSessionMessage, type SessionEvent } from './session-message.js';
import { readByTemplate, templateAt } from './session-message-template.js';

/** True when `payload` begins as a SessionMessageImpl does. */
export function isSessionMessage(payload: Buffer): boolean {
  return templateAt(payload) !== undefined || messageClassName(payload) === ClassName.SESSION_MESSAGE;
}

/**
 * What a SessionMessageImpl says, for whoever carries it out. Errors: those of `decodeSessionMessage`.
 *
 * @param limits those on a Java stream; arrays of bytes are bounded by the message only.
 */
export function decodeSessionEvent(
  bytes: Buffer,
  observe: DialectObserver,
  limits: JavaLimits,
): SessionEvent {
  const template = templateAt(bytes);
  const event = template && readByTemplate(bytes, template, limits);
  if (template === undefined || event === undefined) {
    return plainSessionEvent(bytes, observe, limits);
  }
  observe(template.observation);
  return event;
}

/** The same without templates. */
export function plainSessionEvent(bytes: Buffer, observe: DialectObserver, limits: JavaLimits): SessionEvent {
  const message = decodeSessionMessage(bytes, observe, messageLimitsOf(limits));
  const { eventType, contextName, sessionId, session, timestampSet } = message;
  return { eventType, contextName, sessionId, session, timestamp: Number(message.timestamp), timestampSet };
}
