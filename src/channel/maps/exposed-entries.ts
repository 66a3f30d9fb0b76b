import type { Member, MemberKey } from '../../membership/index.js';
import { MapMessageType } from '../../wire/index.js';
import type { LazyEntries, LazyEntry } from './lazy-entries.js';
import type { MapMembers } from './map-members.js';
import { includes, isSame } from './map-nodes.js';
import { mapMessage, type MapOutbox } from './map-outbox.js';
import type { MapOutcome } from './map-types.js';
import type { Retrievals } from './retrievals.js';

export interface ExposedEntriesParts {
  readonly local: () => Member;
  readonly isPreferred: (member: Member) => boolean;
  readonly members: MapMembers;
  readonly outbox: MapOutbox;
  readonly entries: LazyEntries;
  readonly retrievals: Retrievals;
  readonly livesElsewhere: (key: string) => boolean;
  readonly sheltered: (key: string, primary: Member) => void;
}

/** For how long a primary is left to itself, since its entry is exposed and since it last gave such an entry a new backup, milliseconds. */
const EXPOSED_MS = 2_000;

/** Behind this, a primary that has sent nothing is told once more who its backup is, milliseconds: it may have been choosing one. */
const REPEAT_MS = 3_000;

/** Entries at most to whose backup this node makes itself at a time, and that are looked at for that. */
const MAX_SHELTERED = 64;
const MAX_LOOKED_AT = 1_000;

/** Members at most of which is remembered that they have left the map, or that a primary has moved entries away from them. */
const MAX_REMEMBERED = 256;

interface Moves {
  /** When it last gave an entry another backup. */
  at: number;
  /** The backups of before. */
  readonly from: Set<MemberKey>;
}

/**
 * Entries of a Tomcat that have lost their backup without the Tomcat noticing.
 *
 * A Tomcat chooses the backup of an entry before it says in its map who that is (`AbstractReplicatedMap.put`, `get`). A backup that
 * leaves in between is replaced by nobody: whatever changes is sent to a member that has gone, and with the Tomcat the entry is lost. So
 * a node takes the place of the backup, and says so as whoever takes an entry over does (NOTIFY_MAPMEMBER), but with the primary that it
 * has: that changes whom a Tomcat sends to and asks, and nobody from primary to proxy. To the primary it is an access, too, as to a
 * backup (`DeltaSession.accessEntry`): until the next request it lets the session live for twice its idle limit.
 *
 * That the node does not see the backup is no proof that its primary does not. Either the backup has said goodbye, or the primary has
 * moved another entry away from it.
 */
export class ExposedEntries {
  readonly #parts: ExposedEntriesParts;
  /** Members that have said that they have the map no longer. */
  readonly #left = new Set<MemberKey>();
  /** By primary. */
  readonly #moves = new Map<MemberKey, Moves>();
  readonly #asked = new Set<string>();
  /** Entries of which we have made ourselves the backup, when their primaries are told so again, and what had come by then. */
  readonly #told = new Map<string, { readonly due: number; readonly messages: number }>();

  constructor(parts: ExposedEntriesParts) {
    this.#parts = parts;
  }

  /** A member has the map. */
  came({ key }: Member): void {
    this.#left.delete(key);
    this.#moves.forEach(({ from }) => from.delete(key));
  }

  /** A member says that it has the map no longer. */
  left({ key }: Member): void {
    remember(this.#left, key);
  }

  /** A member is not there any more. */
  gone({ key }: Member): void {
    this.#moves.delete(key);
  }

  /** The primary of an entry names other backups than before. */
  moved(primary: Member, before: readonly Member[], nodes: readonly Member[], now: number): void {
    const moves = this.#moves.get(primary.key) ?? { at: now, from: new Set() };
    this.#moves.set(primary.key, moves);
    moves.at = now;
    for (const { key } of before.filter((former) => !includes(nodes, former))) {
      remember(moves.from, key);
    }
  }

  /** To be called every second. `present`: all members of the channel; some may have the map and not have shown it yet. */
  shelter(present: readonly Member[], now: number): void {
    this.#repeat(now);
    const { local, isPreferred, members, entries } = this.#parts;
    const peers = members.all().filter((member) => !isPreferred(member));
    if (entries.exposed.size === 0 || peers.some(({ uniqueId }) => uniqueId < local().uniqueId)) {
      return; // of several nodes the one with the lowest id does it
    }
    let looked = 0;
    for (const [key, since] of entries.exposed) {
      if (now - since < EXPOSED_MS || looked++ >= MAX_LOOKED_AT || this.#asked.size >= MAX_SHELTERED) {
        break;
      }
      const entry = entries.get(key);
      if (entry !== undefined) {
        entries.watchAnew(entry, now);
        if (this.#isAlone(entry, present, now)) {
          this.#becomeBackup(entry, now);
        }
      }
    }
  }

  #isAlone({ key, primary, nodes }: LazyEntry, present: readonly Member[], now: number): boolean {
    const { members, livesElsewhere } = this.#parts;
    if (primary === null || !members.has(primary) || livesElsewhere(key) || this.#asked.has(key)) {
      return false;
    }
    const { at = -Infinity, from } = this.#moves.get(primary.key) ?? {};
    const isKnownToBeGone = (node: Member): boolean =>
      this.#left.has(node.key) || (from?.has(node.key) === true && !includes(present, node));
    return now - at >= EXPOSED_MS && nodes.every(isKnownToBeGone);
  }

  #becomeBackup(entry: LazyEntry, now: number): void {
    const { key, primary } = entry;
    if (primary !== null) {
      this.#asked.add(key);
      this.#parts.retrievals.fetchFrom([primary], entry, now, (isThere, at) => {
        this.#asked.delete(key);
        // Else its primary has found another one meanwhile, or does not have it any more.
        if (isThere && this.#parts.entries.exposed.has(key)) {
          this.#tell(entry, primary, at);
        }
      });
    }
  }

  #tell(entry: LazyEntry, primary: Member, now: number): void {
    const { local, members, outbox, entries, retrievals, sheltered } = this.#parts;
    const { key, nodes } = entry;
    const message = mapMessage(MapMessageType.NOTIFY_MAPMEMBER, key, { primary, nodes: [local()] });
    entries.settle(entry, { role: 'backup', nodes: [local()] });
    entries.countMessage(entry);
    const { messages } = entry;
    const ended = ({ faulty }: MapOutcome, at: number): void => {
      if (!this.#isOurs(key, primary)) {
        return;
      }
      if (faulty.length > 0) {
        entries.settle(entry, { role: 'proxy', nodes });
        return;
      }
      // What has changed before the primary knew of us has been sent to nobody.
      retrievals.doubt(key);
      this.#told.delete(key); // they stand in the order in which they are due
      this.#told.set(key, { due: at + REPEAT_MS, messages });
      outbox.tell(
        members.all().filter((member) => !isSame(member, primary)),
        message,
      );
      sheltered(key, primary);
    };
    outbox.send([primary], message, now, { ended });
  }

  #repeat(now: number): void {
    const { local, outbox, entries, retrievals } = this.#parts;
    for (const [key, { due, messages }] of this.#told) {
      if (due > now) {
        break;
      }
      this.#told.delete(key);
      const entry = entries.get(key);
      const primary = entry?.primary ?? null;
      if (entry?.messages === messages && primary !== null && this.#isOurs(key, primary)) {
        const body = { primary, nodes: [local()] };
        const ended = (): void => retrievals.doubt(key);
        outbox.send([primary], mapMessage(MapMessageType.NOTIFY_MAPMEMBER, key, body), now, { ended });
      }
    }
  }

  /** Whether we are still the backup of that primary's. */
  #isOurs(key: string, by: Member): boolean {
    const { entries } = this.#parts;
    const entry = entries.get(key);
    return entry?.role === 'backup' && isSame(entry.primary, by) && entries.isLocalAmong(entry.nodes);
  }
}

/** The oldest are forgotten where there are too many. */
function remember(keys: Set<MemberKey>, key: MemberKey): void {
  keys.delete(key);
  keys.add(key);
  const [oldest] = keys;
  if (keys.size > MAX_REMEMBERED && oldest !== undefined) {
    keys.delete(oldest);
  }
}
