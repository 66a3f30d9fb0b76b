import type { ContextName, SessionId } from '../../../src/base/index.js';
import { spliceOutput } from '../../../src/java/index.js';
import {
  encodeDeltaRequest,
  sessionMessages,
  type DeltaAction,
  type SessionMessage,
} from '../../../src/wire/index.js';
import { stringStream } from './streams.js';

/** A SESSION_DELTA that sets strings. */
export function deltaMessage(
  context: ContextName,
  id: SessionId,
  values: Readonly<Record<string, string>>,
  timestamp: number,
): SessionMessage {
  const output = spliceOutput();
  const actions = Object.entries(values).map(([name, value]): DeltaAction<Buffer> => ({
    type: 'attribute',
    action: 'set',
    name,
    value: stringStream(value),
  }));
  encodeDeltaRequest({ sessionId: id, recordAllActions: false, actions }, output);
  return sessionMessages.delta(context, id, output.toBuffer(), timestamp);
}
