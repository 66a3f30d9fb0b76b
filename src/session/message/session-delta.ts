import type { ShareGroup } from '../../base/index.js';
import { changeKey, type ChangeKey } from '../order/change-order.js';
import { without } from '../share-groups.js';

/** Values by name that were set, and names that were removed; no name is in both. */
export interface NamedChanges {
  readonly set: readonly ShareGroup[];
  readonly removed: readonly string[];
}

/** A listener as a Java stream of its own. */
export interface ListenerChange {
  readonly action: 'add' | 'remove';
  readonly stream: Buffer;
}

/**
 * What one delta changes of a session: the sum of its actions. There is no field for ISNEW: `DeltaRequest.execute` ends
 * with `endAccess()`, which clears the flag again.
 */
export interface SessionDelta {
  readonly attributes: NamedChanges;
  readonly notes: NamedChanges;
  readonly listeners: readonly ListenerChange[];
  /** Seconds. */
  readonly maxInactiveInterval?: number;
  readonly authType?: string | null;
  /** A Java stream of its own. */
  readonly principal?: Buffer | null;
}

export const emptyDelta: SessionDelta = {
  attributes: { set: [], removed: [] },
  notes: { set: [], removed: [] },
  listeners: [],
};

/** Everything that `delta` changes. */
export function keysOf(delta: SessionDelta): ChangeKey[] {
  const keys: ChangeKey[] = [
    ...namesOf(delta.attributes).map(changeKey.attribute),
    ...namesOf(delta.notes).map(changeKey.note),
    ...delta.listeners.map(({ stream }) => changeKey.listener(stream)),
  ];
  for (const field of ['maxInactiveInterval', 'authType', 'principal'] as const) {
    if (delta[field] !== undefined) {
      keys.push(changeKey[field]);
    }
  }
  return keys;
}

/** `delta` without what `stale` names. */
export function withoutChanges(delta: SessionDelta, stale: ReadonlySet<ChangeKey>): SessionDelta {
  if (stale.size === 0) {
    return delta;
  }
  const { maxInactiveInterval, authType, principal } = delta;
  return {
    attributes: withoutNames(delta.attributes, (name) => stale.has(changeKey.attribute(name))),
    notes: withoutNames(delta.notes, (name) => stale.has(changeKey.note(name))),
    listeners: delta.listeners.filter(({ stream }) => !stale.has(changeKey.listener(stream))),
    ...(maxInactiveInterval !== undefined &&
      !stale.has(changeKey.maxInactiveInterval) && { maxInactiveInterval }),
    ...(authType !== undefined && !stale.has(changeKey.authType) && { authType }),
    ...(principal !== undefined && !stale.has(changeKey.principal) && { principal }),
  };
}

function namesOf({ set, removed }: NamedChanges): string[] {
  return [...set.flatMap(({ names }) => names), ...removed];
}

function withoutNames({ set, removed }: NamedChanges, isStale: (name: string) => boolean): NamedChanges {
  return { set: without(set, isStale), removed: removed.filter((name) => !isStale(name)) };
}
