import type { Member } from '../../membership/index.js';
import { MapMessageType } from '../../wire/index.js';
import type { LazyEntries, LazyEntry } from './lazy-entries.js';
import type { MapMembers } from './map-members.js';
import { includes } from './map-nodes.js';
import { mapMessage, type MapOutbox } from './map-outbox.js';
import type { Retrievals } from './retrievals.js';

export interface ExposedEntriesParts {
  readonly local: () => Member;
  readonly isPreferred: (member: Member) => boolean;
  readonly members: MapMembers;
  readonly outbox: MapOutbox;
  readonly entries: LazyEntries;
  readonly retrievals: Retrievals;
  readonly sheltered: (key: string, primary: Member) => void;
}

/** For how long a primary may look for a new backup by itself, milliseconds. */
const EXPOSED_MS = 2_000;

/** Entries at most to whose backup this node makes itself at a time. */
const MAX_SHELTERED = 64;

/**
 * Entries of a Tomcat that have lost their backup without the Tomcat noticing.
 *
 * A Tomcat chooses the backup of an entry before the entry is in its map (`AbstractReplicatedMap.put`). A backup that leaves in
 * between is replaced by nobody: whatever changes is sent to a member that has gone, and with the Tomcat the entry is lost. So a node
 * takes the place of the backup, and says so as whoever takes an entry over does (NOTIFY_MAPMEMBER), but with the primary that it has:
 * that changes whom a Tomcat sends to and asks, and nobody from primary to proxy. To the primary it is an access to the entry, too.
 */
export class ExposedEntries {
  readonly #parts: ExposedEntriesParts;

  constructor(parts: ExposedEntriesParts) {
    this.#parts = parts;
  }

  /** `present`: the members of the channel, of which some may have the map without having shown it. */
  shelter(present: readonly Member[], now: number): void {
    const { entries } = this.#parts;
    let left = MAX_SHELTERED;
    for (const [key, since] of entries.exposed()) {
      if (left <= 0 || now - since < EXPOSED_MS) {
        break;
      }
      const entry = entries.get(key);
      if (entry !== undefined) {
        entries.watchAnew(entry);
        if (this.#isForUs(entry, present)) {
          left--;
          this.#becomeBackup(entry, now);
        }
      }
    }
  }

  /** Of several nodes the one with the lowest id does it. */
  #isForUs({ primary, nodes }: LazyEntry, present: readonly Member[]): boolean {
    const { local, isPreferred, members } = this.#parts;
    if (primary === null || !members.has(primary) || !isPreferred(primary)) {
      return false;
    }
    const peers = members.all().filter((member) => !isPreferred(member));
    const isFirst = peers.every(({ uniqueId }) => local().uniqueId < uniqueId);
    return isFirst && !nodes.some((node) => includes(present, node));
  }

  #becomeBackup(entry: LazyEntry, now: number): void {
    const { retrievals } = this.#parts;
    const { key, primary } = entry;
    if (primary !== null) {
      retrievals.fetchFrom([primary], entry, now, (isThere, at) => {
        // Else its primary has found another one meanwhile, or does not have it any more.
        if (isThere && this.#parts.entries.isExposed(key)) {
          this.#tell(entry, primary, at);
        }
      });
    }
  }

  #tell(entry: LazyEntry, primary: Member, now: number): void {
    const { local, members, outbox, entries, retrievals, sheltered } = this.#parts;
    const { key } = entry;
    const body = { primary, nodes: [local()] };
    entries.settle(entry, { ...body, role: 'backup' });
    // What has changed before the primary knew of us has been sent to nobody.
    outbox.send(members.all(), mapMessage(MapMessageType.NOTIFY_MAPMEMBER, key, body), now, {
      ended: () => retrievals.doubt(key),
    });
    sheltered(key, primary);
  }
}
