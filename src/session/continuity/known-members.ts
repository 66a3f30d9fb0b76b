import type { UniqueId } from '../../base/index.js';

/** A member that is here, or has been. */
export interface KnownMember {
  readonly uniqueId: UniqueId;
  readonly name: string;
  /** A node such as this one: what it has says nothing of its own users. */
  readonly mirror: boolean;
  present: boolean;
  /** Until when we and it have heard everything alike, by our time; Infinity when it has been here ever since it came. */
  togetherUntil: number;
  /** Milliseconds to add to its time to have ours. */
  skew: number;
}

/** What was said so shortly before a member was last heard may not have reached it. Milliseconds. */
const ON_THE_WAY_MS = 1000;

/** How a member that comes is known. */
export type Acquaintance =
  | 'new'
  /** It has been here since we run, and went without ending: we were cut off from each other. */
  | 'returned'
  /** It was here in the run before this one. */
  | 'restored';

/**
 * The members that are here and those that have been, by unique id: one that returns with the same id has been running
 * all the time. Outlives the process, so that a node which comes back knows whether the cluster is still the one it left.
 */
export class KnownMembers {
  readonly #maxMembers: number;
  /** In the order in which they came last. */
  readonly #members = new Map<UniqueId, KnownMember>();
  readonly #restored = new Set<UniqueId>();
  /** How many Tomcats are here. */
  #tomcats = 0;
  /** When a Tomcat was last seen, while none is here; our time. */
  #tomcatSeenAt = -Infinity;

  constructor(maxMembers: number) {
    this.#maxMembers = maxMembers;
  }

  /** Goes on from the run before; whoever was here then was so until `startedAt`, for all that we know. */
  restore(members: readonly KnownMember[], tomcatSeenAt: number, startedAt: number): void {
    this.#tomcatSeenAt = tomcatSeenAt;
    for (const member of members) {
      if (member.present && !member.mirror) {
        this.#tomcatSeenAt = startedAt;
      }
      const togetherUntil = member.present ? startedAt : Math.min(member.togetherUntil, startedAt);
      this.#members.set(member.uniqueId, { ...member, present: false, togetherUntil });
      this.#restored.add(member.uniqueId);
    }
  }

  /** Null when it is here already. */
  appeared({
    uniqueId,
    name,
    mirror,
  }: Pick<KnownMember, 'uniqueId' | 'name' | 'mirror'>): Acquaintance | null {
    const known = this.#members.get(uniqueId);
    if (known?.present === true) {
      return null;
    }
    this.#members.delete(uniqueId);
    const togetherUntil = known?.togetherUntil ?? Infinity;
    this.#members.set(uniqueId, {
      uniqueId,
      name,
      mirror,
      present: true,
      togetherUntil,
      skew: known?.skew ?? 0,
    });
    this.#tomcats += mirror ? 0 : 1;
    this.#forgetOverflow();
    if (known === undefined) {
      return 'new';
    }
    return this.#restored.delete(uniqueId) ? 'restored' : 'returned';
  }

  /** @param heardAt when it was last heard, by our time: since then it has missed what happened. */
  disappeared(uniqueId: UniqueId, heardAt: number, now: number): void {
    const known = this.#members.get(uniqueId);
    if (known?.present === true) {
      known.present = false;
      known.togetherUntil = heardAt - ON_THE_WAY_MS;
      if (!known.mirror) {
        this.#tomcats--;
        this.#tomcatSeenAt = now;
      }
    }
  }

  /** A Tomcat that is not in the list has sent something. */
  tomcatHeard(now: number): void {
    this.#tomcatSeenAt = Math.max(this.#tomcatSeenAt, now);
  }

  isMirror(uniqueId: UniqueId): boolean {
    return this.#members.get(uniqueId)?.mirror === true;
  }

  /** Until when the member has heard all that we have heard; -Infinity for one that is not known. */
  togetherUntil(uniqueId: UniqueId): number {
    return this.#members.get(uniqueId)?.togetherUntil ?? -Infinity;
  }

  /** Until when a session may have been accessed: Infinity while a Tomcat is here. */
  tomcatUntil(): number {
    return this.#tomcats > 0 ? Infinity : this.#tomcatSeenAt;
  }

  /** When a Tomcat was last here, other than those that are now. */
  get tomcatSeenAt(): number {
    return this.#tomcatSeenAt;
  }

  [Symbol.iterator](): Iterator<KnownMember> {
    return this.#members.values();
  }

  #forgetOverflow(): void {
    for (const { uniqueId, present } of this.#members.values()) {
      if (this.#members.size <= this.#maxMembers) {
        return;
      }
      if (!present) {
        this.#members.delete(uniqueId);
        this.#restored.delete(uniqueId);
      }
    }
  }
}
