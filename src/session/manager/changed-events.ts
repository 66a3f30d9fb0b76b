import type { SessionRecord } from '../../base/index.js';
import type { SessionDelta } from '../message/session-delta.js';
import type { Stamp } from '../order/change-order.js';
import { sameBytes, sameGroups, sameListeners } from '../session-changes.js';
import type { SessionEvent } from '../session-mirror.js';
import { heldNames } from '../share-groups.js';

/** Tells what a delta of that stamp has made of a session: its attributes first, in the order of the delta. */
export function tellChanged(
  before: SessionRecord,
  after: SessionRecord,
  { attributes: { set, removed } }: SessionDelta,
  stamp: Stamp,
  emit: (event: SessionEvent, stamp: Stamp) => void,
): void {
  const { context, id, receivedAt: at } = after;
  const gone = heldNames(before.attributes, removed);
  for (const { names } of set) {
    for (const name of names) {
      emit({ type: 'attributeChanged', name, context, id, at }, stamp);
    }
  }
  for (const name of gone) {
    emit({ type: 'attributeRemoved', name, context, id, at }, stamp);
  }
  const fields = changedFields(before, after);
  if (fields.length > 0) {
    emit({ type: 'sessionChanged', fields, context, id, at }, stamp);
  } else if (set.length === 0 && gone.length === 0) {
    emit({ type: 'sessionAccessed', context, id, at }, stamp);
  }
}

const NONE: readonly string[] = [];

function changedFields(before: SessionRecord, after: SessionRecord): readonly string[] {
  return isUntouched(before, after)
    ? NONE
    : [
        before.isNew !== after.isNew && 'isNew',
        before.maxInactiveInterval !== after.maxInactiveInterval && 'maxInactiveInterval',
        before.authType !== after.authType && 'authType',
        !sameBytes(before.principal, after.principal) && 'principal',
        !sameListeners(before.listeners, after.listeners) && 'listeners',
        !sameGroups(before.notes, after.notes) && 'notes',
      ].filter((field) => field !== false);
}

/** What a delta does not touch is the very same in both: most touch attributes only. */
function isUntouched(before: SessionRecord, after: SessionRecord): boolean {
  return (
    before.isNew === after.isNew &&
    before.maxInactiveInterval === after.maxInactiveInterval &&
    before.authType === after.authType &&
    before.principal === after.principal &&
    before.listeners === after.listeners &&
    before.notes === after.notes
  );
}
