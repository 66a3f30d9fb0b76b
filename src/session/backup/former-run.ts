import type { SessionId, UniqueId } from '../../base/index.js';
import type { MapGroup } from '../../channel/index.js';
import type { StoredEntry } from './backup-facts.js';

export interface FormerRunParts {
  /** Whether the session has been told of in this run. */
  readonly isKnown: (id: SessionId) => boolean;
  /** Whether its value rests here. */
  readonly has: (id: SessionId) => boolean;
  /** We are the last who has the session: it goes on, in the map of its group if that is known. */
  readonly goesOn: (id: SessionId, group: MapGroup | null) => void;
  readonly hasEnded: (id: SessionId) => void;
}

/** The sessions of a context that were in its map in the run before, until all who are here have told what they have. */
export class FormerRun {
  #entries: Map<SessionId, StoredEntry>;

  constructor(entries: Iterable<readonly [SessionId, StoredEntry]>) {
    this.#entries = new Map(entries);
  }

  /** In whose maps they lived, where another mirror may have them still. */
  groups(): ReadonlySet<MapGroup> {
    const groups = [...this.#entries.values()].map(({ group }) => group);
    return new Set(groups.filter((group) => group !== null));
  }

  forget(id: SessionId): void {
    this.#entries.delete(id);
  }

  /**
   * Nobody has told of these: where somebody is still here who had them, they have ended; else we are the last who has them.
   *
   * @param present who is here, and has told what it has.
   * @returns how many go on.
   */
  settle(present: ReadonlySet<UniqueId>, parts: FormerRunParts): number {
    const entries = this.#entries;
    this.#entries = new Map();
    let kept = 0;
    for (const [id, { group, holders }] of entries) {
      if (parts.isKnown(id)) {
        continue;
      }
      if (parts.has(id) && !holders.some((holder) => present.has(holder))) {
        kept++;
        parts.goesOn(id, group);
      } else {
        parts.hasEnded(id);
      }
    }
    return kept;
  }
}
