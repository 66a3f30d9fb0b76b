import type { Member, MemberKey } from '../membership/index.js';
import {
  dialectKey,
  learnDialect,
  NEWEST_DIALECT,
  type Dialect,
  type DialectObservation,
} from '../wire/index.js';

interface Learned {
  dialect: Dialect;
  group: string;
  /** What was seen last, by kind: most messages say what is known already. */
  readonly seen: Map<DialectObservation['seen'], DialectObservation>;
  /** Whether its MemberImpl is known, and not only taken for that of the newest Tomcat. */
  hasShownMemberImpl: boolean;
  /** Since when it is no member, monotonic milliseconds; null while it is one. */
  absentSince: number | null;
}

/** Milliseconds for which the dialect of somebody who is no member is remembered: it may only be cut off for a while. */
const MEMORY_MS = 600_000;

/** Senders remembered at a time, members and others. */
const MAX_REMEMBERED = 4096;

export interface DialectGroup {
  readonly dialect: Dialect;
  readonly members: readonly Member[];
}

/** What has been learned of each member's dialect from what it sent. Times are monotonic milliseconds. */
export class DialectRegistry {
  readonly #learned = new Map<MemberKey, Learned>();

  get size(): number {
    return this.#learned.size;
  }

  dialectOf(key: MemberKey): Dialect {
    return this.#learned.get(key)?.dialect ?? NEWEST_DIALECT;
  }

  /** Whether its MemberImpl is known, and not only taken for that of the newest Tomcat. */
  hasShownMemberImpl(key: MemberKey): boolean {
    return this.#learned.get(key)?.hasShownMemberImpl === true;
  }

  /** Whether `observe` would learn nothing: the rule, since members go on speaking as they spoke. */
  knows(key: MemberKey, observation: DialectObservation): boolean {
    const known = this.#learned.get(key);
    return known?.absentSince === null && sameObservation(known.seen.get(observation.seen), observation);
  }

  /** @param isMember whether it is in the member list now: what others send is remembered for a while only. */
  observe(key: MemberKey, observation: DialectObservation, isMember: boolean, now: number): void {
    const known = this.#learned.get(key);
    if (known === undefined) {
      this.#remember(key, observation, isMember ? null : now);
      return;
    }
    if (known.absentSince !== null) {
      known.absentSince = isMember ? null : now;
    }
    if (!sameObservation(known.seen.get(observation.seen), observation)) {
      this.#learn(known, observation);
    }
  }

  memberAdded(key: MemberKey): void {
    const known = this.#learned.get(key);
    if (known !== undefined) {
      known.absentSince = null;
    }
  }

  memberDisappeared(key: MemberKey, now: number): void {
    const known = this.#learned.get(key);
    if (known !== undefined) {
      known.absentSince = now;
    }
  }

  /** We left. */
  everybodyDisappeared(now: number): void {
    for (const known of this.#learned.values()) {
      known.absentSince ??= now;
    }
  }

  /** Forgets those who have been absent for long; called with each channel heartbeat. */
  forgetAbsent(now: number): void {
    for (const [key, { absentSince }] of this.#learned) {
      if (absentSince !== null && now - absentSince > MEMORY_MS) {
        this.#learned.delete(key);
      }
    }
  }

  /** Members that can get the same bytes. */
  groups(members: readonly Member[]): DialectGroup[] {
    const groups = new Map<string, { dialect: Dialect; members: Member[] }>();
    for (const member of members) {
      const { dialect, group } = this.#learned.get(member.key) ?? NEWEST;
      const found = groups.get(group);
      if (found === undefined) {
        groups.set(group, { dialect, members: [member] });
      } else {
        found.members.push(member);
      }
    }
    return [...groups.values()];
  }

  #learn(known: Learned, observation: DialectObservation): void {
    known.hasShownMemberImpl ||= observation.seen === 'memberImpl';
    const dialect = learnDialect(known.dialect, observation);
    if (dialect !== known.dialect) {
      known.dialect = dialect;
      known.group = dialectKey(dialect);
      // What was concluded may contradict what was seen: it counts anew when it is seen again.
      known.seen.clear();
    }
    known.seen.set(observation.seen, observation);
  }

  #remember(key: MemberKey, observation: DialectObservation, absentSince: number | null): void {
    if (this.#learned.size >= MAX_REMEMBERED && !this.#forgetOneAbsent()) {
      return;
    }
    const dialect = learnDialect(NEWEST_DIALECT, observation);
    const seen = new Map([[observation.seen, observation]]);
    const hasShownMemberImpl = observation.seen === 'memberImpl';
    this.#learned.set(key, { dialect, group: dialectKey(dialect), seen, hasShownMemberImpl, absentSince });
  }

  #forgetOneAbsent(): boolean {
    for (const [key, { absentSince }] of this.#learned) {
      if (absentSince !== null) {
        return this.#learned.delete(key);
      }
    }
    return false;
  }
}

const NEWEST = { dialect: NEWEST_DIALECT, group: dialectKey(NEWEST_DIALECT) };

function sameObservation(a: DialectObservation | undefined, b: DialectObservation): boolean {
  switch (b.seen) {
    case 'memberImpl':
    case 'staticMember':
    case 'deltaSession':
    case 'sessionMessage':
      return a?.seen === b.seen && a.uid === b.uid;
    case 'principal':
      return a?.seen === b.seen && a.form === b.form;
    case 'noteSlots':
      return a?.seen === b.seen && a.present === b.present;
    case 'noteAction':
      return a !== undefined;
  }
}
