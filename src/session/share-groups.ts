import { isTribesError, type ShareGroup, type TribesError } from '../base/index.js';
import { cut, scanStream, shareGroups, type ScannedValue } from '../java/index.js';
import { NameFinder } from './name-finder.js';

/** A value of a message that is still where it came, and the name under which it belongs to a session. */
export interface NamedValue {
  readonly name: string;
  readonly value: ScannedValue;
}

/**
 * The values cut out of their stream: those that share a mutable object into one stream, each other into its own.
 *
 * @param uncut what to keep of values that cannot be cut.
 */
export function cutGroups(
  values: readonly NamedValue[],
  uncut: (values: readonly NamedValue[], cause: TribesError) => readonly ShareGroup[],
): ShareGroup[] {
  const nameOf = new Map(values.map(({ name, value }) => [value, name]));
  return shareGroups([...nameOf.keys()]).flatMap((group) => {
    const named = group.map((value) => ({ name: nameOf.get(value) ?? '', value }));
    try {
      return [{ names: named.map(({ name }) => name), stream: cut(group) }];
    } catch (error) {
      if (isTribesError(error, 'TRIBES_E_JAVA_LIMIT', 'TRIBES_E_JAVA_UNWRITABLE')) {
        return uncut(named, error);
      }
      throw error;
    }
  });
}

/** Those of `names` that are in the groups. */
export function heldNames(groups: readonly ShareGroup[], names: readonly string[]): readonly string[] {
  if (names.length === 0) {
    return names;
  }
  const finder = new NameFinder(groups, names.length);
  return names.filter((name) => finder.find(name) >= 0);
}

/** The groups without the names that `isGone` names; what shared something only with them is parted from there. */
export function without(
  groups: readonly ShareGroup[],
  isGone: (name: string) => boolean,
): readonly ShareGroup[] {
  return groups.some(({ names }) => names.some(isGone))
    ? groups.flatMap((group) => groupWithout(group, isGone))
    : groups;
}

/**
 * The groups after `set` was set and `removed` was removed. What stands alone takes the place of what it replaces, if that
 * stood alone too: so the others stay where they are.
 */
export function replaced(
  groups: readonly ShareGroup[],
  set: readonly ShareGroup[],
  removed: readonly string[],
): readonly ShareGroup[] {
  if (groups.length === 0) {
    return set;
  }
  const finder = new NameFinder(groups, set.length + removed.length);
  const after = [...groups];
  const added: ShareGroup[] = [];
  for (const group of set) {
    const position = placeOf(group, groups, finder);
    if (position < 0) {
      added.push(group);
    } else {
      after[position] = group;
    }
  }
  if (added.length === 0 && removed.length === 0) {
    return after;
  }
  const names = [...added.flatMap((group) => group.names), ...removed];
  const gone = new Set(names.filter((name) => finder.find(name) >= 0));
  return [...(gone.size === 0 ? after : without(after, (name) => gone.has(name))), ...added];
}

/** Where the only name of the group is the only name of a group; -1 where it is not. */
function placeOf({ names }: ShareGroup, groups: readonly ShareGroup[], finder: NameFinder): number {
  const [name] = names;
  const position = name === undefined || names.length > 1 ? -1 : finder.find(name);
  return groups[position]?.names.length === 1 ? position : -1;
}

function groupWithout(group: ShareGroup, isGone: (name: string) => boolean): readonly ShareGroup[] {
  const { names, stream } = group;
  const kept = names.filter((name) => !isGone(name));
  if (kept.length === names.length || kept.length === 0) {
    return kept.length === 0 ? [] : [group];
  }
  const { values } = scanStream(stream);
  const remaining = names.flatMap((name, i) => {
    const value = values[i];
    return isGone(name) || value === undefined ? [] : [{ name, value }];
  });
  return cutGroups(remaining, (_, cause) => {
    throw cause;
  });
}
