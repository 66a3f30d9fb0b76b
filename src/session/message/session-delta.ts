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

/** Everything that a message with `delta` changes: it is an access, too. */
export function keysOf(delta: SessionDelta): readonly ChangeKey[] {
  const keys: ChangeKey[] = [changeKey.accessed];
  addNames(keys, delta.attributes, changeKey.attribute);
  addNames(keys, delta.notes, changeKey.note);
  for (const { stream } of delta.listeners) {
    keys.push(changeKey.listener(stream));
  }
  if (delta.maxInactiveInterval !== undefined) {
    keys.push(changeKey.maxInactiveInterval);
  }
  if (delta.authType !== undefined) {
    keys.push(changeKey.authType);
  }
  if (delta.principal !== undefined) {
    keys.push(changeKey.principal);
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

function addNames(
  keys: ChangeKey[],
  { set, removed }: NamedChanges,
  keyOf: (name: string) => ChangeKey,
): void {
  for (const { names } of set) {
    for (const name of names) {
      keys.push(keyOf(name));
    }
  }
  for (const name of removed) {
    keys.push(keyOf(name));
  }
}

function withoutNames({ set, removed }: NamedChanges, isStale: (name: string) => boolean): NamedChanges {
  return { set: without(set, isStale), removed: removed.filter((name) => !isStale(name)) };
}
