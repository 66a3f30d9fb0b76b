import { isTribesError, type ShareGroup, type TribesError } from '../base/index.js';
import { cut, scanStream, shareGroups, type ScannedValue } from '../java/index.js';

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

/** Every name in the groups. */
export function namesIn(groups: readonly ShareGroup[]): ReadonlySet<string> {
  return new Set(groups.flatMap(({ names }) => names));
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

/** The groups after `set` was set and `removed` was removed. */
export function replaced(
  groups: readonly ShareGroup[],
  set: readonly ShareGroup[],
  removed: readonly string[],
): readonly ShareGroup[] {
  const gone = new Set([...removed, ...namesIn(set)]);
  return [...without(groups, (name) => gone.has(name)), ...set];
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
