import type { Member } from '../../membership/index.js';

export const NOBODY: readonly Member[] = [];

export function isSame(a: Member | null, b: Member | null): boolean {
  return a?.key === b?.key;
}

export function includes(members: readonly Member[], { key }: Member): boolean {
  return members.some((member) => member.key === key);
}

export function without(members: readonly Member[], { key }: Member): readonly Member[] {
  return members.filter((member) => member.key !== key);
}

export function areSame(a: readonly Member[], b: readonly Member[]): boolean {
  return a === b || (a.length === b.length && a.every((member, i) => isSame(member, b[i] ?? null)));
}
