import type { ShareGroup } from '../../src/base/index.js';
import { spliceOutput } from '../../src/java/index.js';
import { encodeDeltaRequest, type DeltaAction } from '../../src/wire/index.js';

/** What a delta request does. */
export interface DeltaContents {
  /** Each of one name. */
  readonly set?: readonly ShareGroup[];
  readonly removed?: readonly string[];
  readonly maxInactiveInterval?: number | undefined;
  readonly authType?: string | null | undefined;
}

/** The payload of EVT_SESSION_DELTA. */
export function deltaPayload(
  id: string,
  { set = [], removed = [], maxInactiveInterval, authType }: DeltaContents,
): Buffer {
  const actions: DeltaAction<Buffer>[] = set.map(({ names: [name = ''], stream }) => ({
    type: 'attribute',
    action: 'set',
    name,
    value: stream,
  }));
  for (const name of removed) {
    actions.push({ type: 'attribute', action: 'remove', name, value: undefined });
  }
  if (maxInactiveInterval !== undefined) {
    const name = '__SET__MAXINTERVAL__';
    actions.push({ type: 'maxInactiveInterval', action: 'set', name, value: maxInactiveInterval });
  }
  if (authType !== undefined) {
    actions.push({
      type: 'authType',
      action: 'set',
      name: '__SET__AUTHTYPE__',
      value: authType ?? undefined,
    });
  }
  const output = spliceOutput();
  encodeDeltaRequest({ sessionId: id, recordAllActions: false, actions }, output);
  return output.toBuffer();
}
