import type { Member } from '../../membership/index.js';
import { MapMessageType } from '../../wire/index.js';
import type { BackupPublisher } from './backup-publisher.js';
import type { LazyEntries, LazyEntry } from './lazy-entries.js';
import type { MapMembers } from './map-members.js';
import { includes, isSame } from './map-nodes.js';
import { mapMessage, type MapOutbox } from './map-outbox.js';
import type { MapOutcome } from './map-types.js';
import type { Ownership } from './ownership.js';
import { REPEAT_MS, type RecentClaims } from './recent-claims.js';

export interface DisputesParts {
  readonly local: () => Member;
  readonly isPreferred: (member: Member) => boolean;
  readonly members: MapMembers;
  readonly outbox: MapOutbox;
  readonly entries: LazyEntries;
  readonly claims: RecentClaims;
  readonly publisher: BackupPublisher;
  readonly ownership: Ownership;
  readonly rpcTimeout: number;
}

/** Claims that are said again at a time. */
const MAX_REPEATED = 64;

/** How often whoever an entry was ceded to is asked about it, while that is not clear. */
const MAX_ASKED = 5;

interface Ceded {
  readonly to: Member;
  readonly due: number;
  readonly left: number;
}

/** Sees that an entry of which two take themselves for the primary, or neither does, has one in the end. */
export class Disputes {
  readonly #parts: DisputesParts;
  /** Entries that we have ceded to a member, and when it is looked whether it has them: it may have ceded them to us. */
  readonly #ceded = new Map<string, Ceded>();
  #checkedAt = -Infinity;

  constructor(parts: DisputesParts) {
    this.#parts = parts;
  }

  forget(key: string): void {
    this.#ceded.delete(key);
  }

  /** Two that take themselves for primary: a Tomcat has users, and of two nodes such as this one the lower id stays. */
  prevailsOver(other: Member): boolean {
    return !this.#parts.isPreferred(other) && this.#parts.local().uniqueId < other.uniqueId;
  }

  /** Another one says that the entry is its own. */
  cede(entry: LazyEntry | undefined, to: Member, now: number): void {
    const { claims, publisher } = this.#parts;
    // Where our own claim is not recent, nothing of ours can have crossed with theirs.
    const isOurs = entry?.role === 'primary' || entry?.role === 'held';
    if (isOurs && (claims.has(entry.key) || publisher.isPublishing(entry.key))) {
      this.#ceded.set(entry.key, { to, due: now + this.#turnBeside(to), left: MAX_ASKED });
    }
  }

  /** Whoever asks for the value of an entry is not its primary: where we take it for that, it is asked later what it has. */
  asked({ key, primary }: LazyEntry, by: Member, now: number): void {
    if (isSame(primary, by) && !isSame(this.#ceded.get(key)?.to ?? null, by)) {
      this.#ceded.set(key, { to: by, due: now + this.#turnBeside(by), left: MAX_ASKED });
    }
  }

  /** Two that cede to each other at the same time must not take the entry back at the same time. */
  #turnBeside({ uniqueId }: Member): number {
    return REPEAT_MS * (this.#parts.local().uniqueId < uniqueId ? 1 : 2);
  }

  /** Whoever comes back from another part of the network has not heard what is ours. */
  claimAll(now: number): void {
    for (const { key, role } of this.#parts.entries.all()) {
      if (role === 'primary') {
        this.#parts.claims.addUnheard(key, now);
      }
    }
  }

  /** Says once more what is ours, where that was said a short while ago. */
  repeatClaims(now: number): void {
    const { claims, entries } = this.#parts;
    for (const [key, left] of claims.takeDue(
      MAX_REPEATED,
      now,
      (it) => entries.get(it)?.role === 'primary',
    )) {
      const entry = entries.get(key);
      if (entry?.role === 'primary') {
        this.#repeatClaim(entry, left, now);
      }
    }
  }

  #repeatClaim(entry: LazyEntry, left: number, now: number): void {
    const { members, outbox, entries, claims, publisher } = this.#parts;
    const { key, nodes } = entry;
    if (publisher.isPublishing(key) || nodes.length === 0) {
      publisher.publish(key, now);
      return;
    }
    const ended = ({ faulty }: MapOutcome, at: number): void => {
      if (faulty.some((member) => members.has(member))) {
        claims.addFailed(key, left, at);
      }
    };
    publisher.renew(entry, now, ended);
    const others = members.all().filter((member) => !includes(nodes, member));
    outbox.send(others, entries.proxyMessage(entry), now, { ended });
  }

  /** Asks those to whom we have ceded entries whether they have them. */
  checkCeded(now: number): void {
    if (now - this.#checkedAt < REPEAT_MS) {
      return;
    }
    const byMember = new Map<Member, Map<string, number>>();
    for (const [key, { to, due, left }] of this.#ceded) {
      if (due <= now) {
        this.#ceded.delete(key);
        byMember.set(to, (byMember.get(to) ?? new Map<string, number>()).set(key, left));
      }
    }
    for (const [member, keys] of byMember) {
      this.#checkedAt = now;
      this.#checkCededTo(member, keys, now);
    }
  }

  /** @param keys and how often each may be asked about again. */
  #checkCededTo(member: Member, keys: ReadonlyMap<string, number>, now: number): void {
    const { outbox, entries, rpcTimeout } = this.#parts;
    let primaries: ReadonlyMap<string | null, Member | null> | undefined;
    const heard = new Map([...keys.keys()].map((key) => [key, entries.get(key)?.messages]));
    outbox.call([member], mapMessage(MapMessageType.STATE, null), now, {
      timeoutMs: rpcTimeout,
      responded: (_, message) => {
        primaries = new Map(message?.entries?.map(({ key, primary }) => [key, primary]));
      },
      ended: (_, at) => {
        for (const [key, left] of keys) {
          // What has come meanwhile may be newer than the answer.
          if (primaries === undefined || heard.get(key) !== entries.get(key)?.messages) {
            this.#askLater(key, member, left, at);
          } else if (primaries.has(key)) {
            this.#answered(key, member, primaries.get(key) ?? null, left, at);
          }
        }
      },
    });
  }

  /** @param primary whom the member takes for the primary of the entry. */
  #answered(key: string, member: Member, primary: Member | null, left: number, now: number): void {
    const { entries, ownership } = this.#parts;
    if (primary === null || entries.isLocal(primary)) {
      // Whoever we ceded the entry to has ceded it to us.
      ownership.takeBack(key, now);
    } else if (!isSame(primary, member)) {
      this.#askLater(key, primary, left, now);
    }
  }

  #askLater(key: string, to: Member, left: number, now: number): void {
    if (left > 0) {
      this.#ceded.set(key, { to, due: now + this.#turnBeside(to), left: left - 1 });
    }
  }
}
