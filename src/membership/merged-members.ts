import type { Member, MemberKey } from './member.js';
import type { DisappearReason } from './membership-service.js';

interface Entry {
  /** By the number of the membership that has it, in the order in which they found it. */
  readonly holders: Map<number, Member>;
  /** It has said farewell; whoever has it still has not heard that. */
  hasLeft: boolean;
}

/** Who is there, by several memberships together. Pure. */
export class MergedMembers {
  readonly #entries = new Map<MemberKey, Entry>();

  /** The longest running first; among equals, who came first stays first. */
  members(): readonly Member[] {
    return [...this.#entries.values()]
      .map((entry) => shown(entry))
      .filter((member) => member !== undefined)
      .sort((a, b) => Number(b.info.aliveTime - a.info.aliveTime));
  }

  member(key: MemberKey): Member | undefined {
    const entry = this.#entries.get(key);
    return entry === undefined ? undefined : shown(entry);
  }

  /** True when nobody had it. */
  added(source: number, member: Member): boolean {
    const entry = this.#entries.get(member.key) ?? { holders: new Map<number, Member>(), hasLeft: false };
    const isNew = entry.holders.size === 0 || entry.hasLeft;
    if (entry.hasLeft) {
      entry.holders.clear();
      entry.hasLeft = false;
    }
    entry.holders.set(source, member);
    this.#entries.set(member.key, entry);
    return isNew;
  }

  /** True when it is gone now: nobody else has it, or it has said farewell. A farewell of somebody unknown counts too. */
  disappeared(source: number, key: MemberKey, reason: DisappearReason): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      return reason === 'shutdown';
    }
    const hadLeft = entry.hasLeft;
    entry.holders.delete(source);
    entry.hasLeft ||= reason === 'shutdown';
    if (entry.holders.size === 0) {
      this.#entries.delete(key);
    }
    return !hadLeft && (entry.hasLeft || entry.holders.size === 0);
  }

  /** Forgets, without a word, what memberships have forgotten. */
  keepOnly(isHeld: (source: number, key: MemberKey) => boolean): void {
    for (const [key, { holders }] of this.#entries) {
      for (const source of holders.keys()) {
        if (!isHeld(source, key)) {
          holders.delete(source);
        }
      }
      if (holders.size === 0) {
        this.#entries.delete(key);
      }
    }
  }
}

function shown({ holders, hasLeft }: Entry): Member | undefined {
  const [first] = holders.values();
  return hasLeft ? undefined : first;
}
