import type { ShareGroup } from '../base/index.js';

/** Up to so many comparisons of names, looking from group to group is quicker than making an index. */
const FEW_COMPARISONS = 256;

/** Names whose places are remembered at most: they come from others. */
const MAX_PLACES = 1024;

/** Where each name was last found: most sessions of an application hold the same attributes in the same order. */
const lastPlaces = new Map<string, number>();

/** Which group has a name. */
export class NameFinder {
  readonly #groups: readonly ShareGroup[];
  readonly #index: ReadonlyMap<string, number> | null;

  /** @param names how many will be looked for. */
  constructor(groups: readonly ShareGroup[], names: number) {
    this.#groups = groups;
    this.#index = groups.length * names > FEW_COMPARISONS ? indexOf(groups) : null;
  }

  /** The position of the group; -1 where none has it. */
  find(name: string): number {
    if (this.#index !== null) {
      return this.#index.get(name) ?? -1;
    }
    const place = lastPlaces.get(name);
    return place !== undefined && has(this.#groups[place], name) ? place : this.#search(name);
  }

  #search(name: string): number {
    const place = this.#groups.findIndex((group) => has(group, name));
    if (place >= 0) {
      if (lastPlaces.size >= MAX_PLACES) {
        lastPlaces.clear();
      }
      lastPlaces.set(name, place);
    }
    return place;
  }
}

function has(group: ShareGroup | undefined, name: string): boolean {
  const names = group?.names;
  return names !== undefined && (names[0] === name || (names.length > 1 && names.includes(name)));
}

function indexOf(groups: readonly ShareGroup[]): ReadonlyMap<string, number> {
  const index = new Map<string, number>();
  groups.forEach(({ names }, place) => {
    for (const name of names) {
      index.set(name, place);
    }
  });
  return index;
}
