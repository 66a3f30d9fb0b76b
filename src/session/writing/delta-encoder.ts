import type { SessionId } from '../../base/index.js';
import { spliceOutput } from '../../java/index.js';
import { DeltaActionName, encodeDeltaRequest, type DeltaAction } from '../../wire/index.js';
import type { SessionEdit } from './session-writer.js';

/** The payload of SESSION_DELTA for an edit, as `DeltaRequest` writes it. The same bytes for every release. */
export function encodeEdit(id: SessionId, { set, remove = [], maxInactiveInterval }: SessionEdit): Buffer {
  const actions: DeltaAction<Buffer>[] = [];
  if (maxInactiveInterval !== undefined) {
    const { MAXINTERVAL: name } = DeltaActionName;
    actions.push({ type: 'maxInactiveInterval', action: 'set', name, value: maxInactiveInterval });
  }
  for (const name of remove) {
    actions.push({ type: 'attribute', action: 'remove', name, value: undefined });
  }
  for (const [name, value] of set ?? []) {
    actions.push({ type: 'attribute', action: 'set', name, value });
  }
  const output = spliceOutput();
  encodeDeltaRequest({ sessionId: id, recordAllActions: false, actions }, output);
  return output.toBuffer();
}
