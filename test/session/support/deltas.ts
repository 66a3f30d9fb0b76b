import type { ContextName, SessionId } from '../../../src/base/index.js';
import { sessionMessages, type SessionMessage } from '../../../src/wire/index.js';
import { deltaPayload } from '../../support/delta-payload.js';
import { groups } from './streams.js';

/** A delta request that sets strings. */
export function deltaOf(id: string, values: Readonly<Record<string, string>>): Buffer {
  return deltaPayload(id, { set: groups(values) });
}

/** A SESSION_DELTA with it. */
export function deltaMessage(
  context: ContextName,
  id: SessionId,
  values: Readonly<Record<string, string>>,
  timestamp: number,
): SessionMessage {
  return sessionMessages.delta(context, id, deltaOf(id, values), timestamp);
}
