import type { ContextName, SessionId } from '../../../src/base/index.js';
import { spliceOutput } from '../../../src/java/index.js';
import {
  encodeDeltaRequest,
  sessionMessages,
  type DeltaAction,
  type SessionMessage,
} from '../../../src/wire/index.js';
import { stringStream } from './streams.js';

/** A delta request that sets strings. */
export function deltaOf(id: string, values: Readonly<Record<string, string>>): Buffer {
  const output = spliceOutput();
  const actions = Object.entries(values).map(([name, value]): DeltaAction<Buffer> => ({
    type: 'attribute',
    action: 'set',
    name,
    value: stringStream(value),
  }));
  encodeDeltaRequest({ sessionId: id, recordAllActions: false, actions }, output);
  return output.toBuffer();
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
