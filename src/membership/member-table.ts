import { defaultMembershipLimits, type MembershipLimits } from '../base/index.js';
import type { MemberPackage } from '../wire/index.js';
import { AnnouncedMember, memberKey, type Member, type MemberKey } from './member.js';

interface Entry {
  readonly member: Member;
  lastHeard: number;
}

/**
 * The members of a cluster, the longest running first (`org.apache.catalina.tribes.membership.Membership`): sorted by
 * alive time as last announced, largest first; among equals, who came first stays first. Pure: times are passed in, in
 * milliseconds of a clock that never jumps.
 */
export class MemberTable {
  readonly #limits: MembershipLimits;
  readonly #entries = new Map<MemberKey, Entry>();
  #members: readonly Member[] = [];
  #refused = 0;

  constructor(limits: MembershipLimits = defaultMembershipLimits) {
    this.#limits = limits;
  }

  /** A snapshot: later changes make a new array. */
  get members(): readonly Member[] {
    return this.#members;
  }

  /** Announcements that were not believed because the table was full or their payload too large. */
  get refused(): number {
    return this.#refused;
  }

  get(key: MemberKey): Member | undefined {
    return this.#entries.get(key)?.member;
  }

  /**
   * Somebody announced itself (`Membership.memberAlive`). Returns the member if it is new.
   *
   * Of a known member alive time, payload and command are taken over, and only if the alive time is another one than
   * before; the order changes with it.
   */
  announced(info: MemberPackage, now: number): Member | undefined {
    if (info.payload.length > this.#limits.maxPayloadBytes) {
      this.#refused++;
      return undefined;
    }
    const entry = this.#entries.get(memberKey(info));
    if (entry === undefined) {
      const member = new AnnouncedMember(info);
      return this.add(member, now) ? member : undefined;
    }
    entry.lastHeard = now;
    const known = entry.member;
    if (known instanceof AnnouncedMember && known.info.aliveTime !== info.aliveTime) {
      known.update(info);
      this.#sort(this.#members);
    }
    return undefined;
  }

  /** Takes over a member that is known from elsewhere, as `TcpFailureDetector` does. False if there already, or refused. */
  add(member: Member, now: number): boolean {
    if (this.#entries.has(member.key)) {
      return false;
    }
    if (this.#entries.size >= this.#limits.maxMembers) {
      this.#refused++;
      return false;
    }
    this.#entries.set(member.key, { member, lastHeard: now });
    this.#sort([...this.#members, member]);
    return true;
  }

  remove(key: MemberKey): Member | undefined {
    const entry = this.#entries.get(key);
    if (entry !== undefined) {
      this.#entries.delete(key);
      this.#members = this.#members.filter((member) => member.key !== key);
    }
    return entry?.member;
  }

  /** Removes and returns those that have not been heard for more than `dropTimeMs` (`Membership.expire`). */
  expire(now: number, dropTimeMs: number): readonly Member[] {
    const isSilent = ({ lastHeard }: Entry): boolean => now - lastHeard > dropTimeMs;
    const silent = [...this.#entries.values()].filter(isSilent).map(({ member }) => member);
    for (const member of silent) {
      this.remove(member.key);
    }
    return silent;
  }

  #sort(members: readonly Member[]): void {
    this.#members = members.toSorted((a, b) => compareBigint(b.info.aliveTime, a.info.aliveTime));
  }
}

function compareBigint(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
