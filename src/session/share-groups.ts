import type { ShareGroup } from '../base/index.js';
export function without(
  groups: readonly ShareGroup[],
  isGone: (name: string) => boolean,
): readonly ShareGroup[] {
  return groups.flatMap((group) => (group.names.every((name) => isGone(name)) ? [] : [group]));
}
export function replaced(
  groups: readonly ShareGroup[],
  set: readonly ShareGroup[],
  removed: readonly string[],
): readonly ShareGroup[] {
  const gone = new Set([...removed, ...set.flatMap(({ names }) => names)]);
  return [...without(groups, (name) => gone.has(name)), ...set];
}
export function namesIn(groups: readonly ShareGroup[]): ReadonlySet<string> {
  return new Set(groups.flatMap(({ names }) => names));
}
