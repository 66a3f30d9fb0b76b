import { MAX_CONFIRMERS, type UniqueId } from '../../base/index.js';

/** Lists kept for use by many records; there are few members, but their names come from others. */
const MAX_INTERNED = 4096;

const interned = new Map<string, readonly UniqueId[]>();

/**
 * `list` with `member` as the latest of those who have confirmed a session. The same list where it is the latest
 * already, which is the rule: a session stays with its Tomcat.
 */
export function confirmedAlso(list: readonly UniqueId[], member: UniqueId): readonly UniqueId[] {
  return list[0] === member
    ? list
    : intern([member, ...list.filter((other) => other !== member)].slice(0, MAX_CONFIRMERS));
}

/** One list for all records that have been confirmed by the same members. */
function intern(list: readonly UniqueId[]): readonly UniqueId[] {
  const key = list.join();
  const known = interned.get(key);
  if (known !== undefined) {
    return known;
  }
  if (interned.size >= MAX_INTERNED) {
    interned.clear();
  }
  interned.set(key, list);
  return list;
}
