import type { Member } from '../../membership/index.js';
import { MapMessageType } from '../../wire/index.js';
import type { LazyEntries, LazyEntry } from './lazy-entries.js';
import type { MapMembers } from './map-members.js';
import { isSame } from './map-nodes.js';
import { mapMessage, type MapOutbox } from './map-outbox.js';
import type { MapValues } from './map-types.js';

export interface RetrievalsParts {
  readonly values: MapValues;
  readonly members: MapMembers;
  readonly outbox: MapOutbox;
  readonly entries: LazyEntries;
  readonly rpcTimeout: number;
}

/** Values that are missing and are asked for at a time. */
const MAX_FETCHED = 64;

/** Values that others have, and that we ask them for (RETRIEVE_BACKUP), which changes nothing for them. */
export class Retrievals {
  readonly #parts: RetrievalsParts;
  /** Entries that we have as a backup without its value. */
  readonly #valueless = new Set<string>();
  /**
   * Entries whose backup has been moved to us by a primary that may have changed them meanwhile: a Tomcat sends such a change to
   * the backup of before, and it is in neither (`LazyReplicatedMap.memberDisappeared` beside `AbstractReplicatedMap.replicate`).
   */
  readonly #doubtful = new Set<string>();

  constructor(parts: RetrievalsParts) {
    this.#parts = parts;
  }

  /** Whether the value came with the backup, or has been fetched since. */
  hasValue(key: string): boolean {
    return !this.#valueless.has(key);
  }

  /** The value that came with a backup could not be taken, or none came: whoever has it is asked. */
  missing(entry: LazyEntry, now: number): void {
    this.#valueless.add(entry.key);
    this.fetch(entry, now);
  }

  /** What is there is as good as can be. */
  settled(key: string): void {
    this.#valueless.delete(key);
  }

  /** There may be a newer value of a backup: whoever has it is asked soon. */
  doubt(key: string): void {
    this.#doubtful.add(key);
  }

  /** A whole value has come with a backup. `isDoubtful`: there may be a newer one, since it was somebody else's backup before or has come late. */
  came(key: string, isDoubtful: boolean): void {
    this.#valueless.delete(key);
    this.#doubtful[isDoubtful ? 'add' : 'delete'](key);
  }

  forget(key: string): void {
    this.#valueless.delete(key);
    this.#doubtful.delete(key);
  }

  /** Asks those who have the value. */
  fetch(entry: LazyEntry, now: number, done: (isThere: boolean, now: number) => void = ignore): void {
    const { nodes, primary, role } = entry;
    const holders = role === 'backup' && primary !== null ? [...nodes, primary] : nodes;
    this.fetchFrom(holders, entry, now, done);
  }

  fetchFrom(
    holders: readonly Member[],
    entry: LazyEntry,
    now: number,
    done: (isThere: boolean, now: number) => void,
  ): void {
    const { values, members, outbox, entries, rpcTimeout } = this.#parts;
    const { key, messages } = entry;
    const asked = holders.filter((holder) => !entries.isLocal(holder) && members.has(holder));
    let isThere = false;
    outbox.call(asked, mapMessage(MapMessageType.RETRIEVE_BACKUP, key), now, {
      firstReply: true,
      timeoutMs: rpcTimeout,
      responded: (member, message) => {
        const valuedata = message?.valuedata ?? null;
        // What has come meanwhile may be newer than what was asked for.
        const isNewest = entries.isCurrent(entry) && entry.messages === messages && entry.role !== 'held';
        if (!isThere && valuedata !== null && isNewest) {
          isThere = values.replace(key, valuedata, { from: member, sentAt: message?.sentAt ?? 0 });
          if (isThere) {
            this.forget(key);
            entries.stamp(entry, isSame(entry.primary, member) ? (message?.sentAt ?? 0) : 0);
          }
        }
      },
      ended: (_, at) => done(isThere, at),
    });
  }

  /** Asks for some of those that are missing, or in doubt. */
  fetchSome(now: number): void {
    let left = MAX_FETCHED;
    for (const keys of [this.#valueless, this.#doubtful]) {
      for (const key of keys) {
        const entry = this.#parts.entries.get(key);
        if (left-- <= 0) {
          return;
        }
        if (entry?.role === 'backup') {
          this.fetch(entry, now);
        } else {
          keys.delete(key);
        }
      }
    }
  }
}

function ignore(): void {
  // Nobody waits for it.
}
