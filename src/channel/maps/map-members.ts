import type { Member, MemberKey } from '../../membership/index.js';

interface MapMember {
  member: Member;
  /** When it last showed that it has the map, by a monotonic clock. */
  seenAt: number;
  /** Whether it has taken in the state of the map, so that it can keep backups. */
  isReady: boolean;
}

/** Who has the map besides us, and when each last showed it. */
export class MapMembers {
  readonly #members = new Map<MemberKey, MapMember>();
  readonly #isPreferred: (member: Member) => boolean;
  #turn = 0;

  /** `isPreferred`: who is to keep backups while there are such members. */
  constructor(isPreferred: (member: Member) => boolean) {
    this.#isPreferred = isPreferred;
  }

  get size(): number {
    return this.#members.size;
  }

  all(): Member[] {
    return [...this.#members.values()].map(({ member }) => member);
  }

  has({ key }: Member): boolean {
    return this.#members.has(key);
  }

  /** It has shown that it has the map, or is about to have it. */
  seen(member: Member, now: number): void {
    const known = this.#members.get(member.key);
    if (known === undefined) {
      this.#members.set(member.key, { member, seenAt: now, isReady: false });
    } else {
      known.member = member;
      known.seenAt = now;
    }
  }

  /**
   * It has the map, with all that was in it when it came.
   *
   * @returns whether that is new.
   */
  ready(member: Member, now: number): boolean {
    this.seen(member, now);
    const known = this.#members.get(member.key);
    if (known === undefined || known.isReady) {
      return false;
    }
    known.isReady = true;
    return true;
  }

  /** Whether somebody can keep a backup. */
  get hasReady(): boolean {
    return [...this.#members.values()].some(({ isReady }) => isReady);
  }

  /** @returns whether it was there. */
  remove({ key }: Member): boolean {
    return this.#members.delete(key);
  }

  /** Those that have not been seen since `since`. */
  unseen(since: number): Member[] {
    return [...this.#members.values()].filter(({ seenAt }) => seenAt < since).map(({ member }) => member);
  }

  /** Whose turn it is to keep the next backup (`AbstractReplicatedMap.getNextBackupNode`); none when all were tried. */
  nextBackup(tried: ReadonlySet<MemberKey>): Member | undefined {
    const untried = [...this.#members.values()]
      .filter(({ isReady, member }) => isReady && !tried.has(member.key))
      .map(({ member }) => member);
    const preferred = untried.filter(this.#isPreferred);
    const candidates = preferred.length > 0 ? preferred : untried;
    return candidates[this.#turn++ % candidates.length];
  }
}
