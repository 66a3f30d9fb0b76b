import type { Clock, Logger, SessionStore, UniqueId } from '../../base/index.js';
import type { Member } from '../../membership/index.js';
import { Chronicle, type Legacy } from './chronicle.js';
import { ClockSkew } from '../order/clock-skew.js';
import type { Donor } from '../manager/session-intake.js';
import { KnownMembers } from './known-members.js';
import { isMirror } from './mirror-member.js';
import { MARK_MS, OurTime, type BootTime } from './our-time.js';
import { StateSource, type StateSourcePolicy } from './state-source.js';

export interface ContinuityOptions {
  readonly store: Pick<SessionStore, 'facts' | 'statistics'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly stateSource?: StateSourcePolicy | undefined;
  readonly bootTime?: (() => BootTime | null) | undefined;
  /** Says to the others how old we are. */
  readonly announce: (synchronised: boolean, stateAgeMs?: number) => void;
}

/** When a member was last heard is taken to be that long ago, where its heartbeats do not tell. Milliseconds. */
const NOTICE_MS = 10_000;

/** Members remembered, those that are not here any more included. */
const MAX_KNOWN_MEMBERS = 1024;

/**
 * What goes on from run to run: the time, who the members are and how their clocks differ, the age of the state. Each
 * change of it is written down for the next run.
 */
export class Continuity {
  /** How far the clocks of others are behind ours. */
  readonly skew = new ClockSkew();
  readonly source: StateSource;
  readonly #known = new KnownMembers(MAX_KNOWN_MEMBERS);
  readonly #time: OurTime;
  readonly #chronicle: Chronicle;
  /** When each member that is here began, by our time. */
  readonly #began = new Map<UniqueId, number>();
  #markedAt = -Infinity;

  constructor({ store, clock, logger, stateSource = 'auto', bootTime, announce }: ContinuityOptions) {
    this.#chronicle = new Chronicle(store.facts, logger);
    const legacy = this.#chronicle.read();
    this.#time = new OurTime(clock, { last: legacy?.mark, ...(bootTime && { bootTime }) });
    this.source = new StateSource({ policy: stateSource, announce });
    if (legacy !== undefined) {
      this.#inherit(legacy, store.statistics().sessions > 0);
    }
  }

  /** Our time, in epoch milliseconds: see `OurTime`. */
  readonly now = (): number => this.#time.now();

  /**
   * A member is here.
   *
   * @returns whether it was here before, has gone, and has run since.
   */
  meet(member: Member): boolean {
    const { uniqueId, name, info } = member;
    const acquaintance = this.#known.appeared({ uniqueId, name, mirror: isMirror(member) });
    if (acquaintance === null) {
      return false;
    }
    this.#began.set(uniqueId, this.now() - Number(info.aliveTime));
    this.remember();
    if (acquaintance === 'restored' && info.aliveTime > 0n) {
      this.source.clusterLives(this.now());
    }
    return acquaintance !== 'new';
  }

  part(member: Member): void {
    this.#known.disappeared(member.uniqueId, this.#heardAt(member), this.now());
    this.#began.delete(member.uniqueId);
    this.remember();
  }

  /** When its last heartbeat was sent that we have heard: each says how long the member has been running. */
  #heardAt({ uniqueId, info }: Member): number {
    const now = this.now();
    const began = this.#began.get(uniqueId);
    return began === undefined || info.aliveTime === 0n
      ? now - NOTICE_MS
      : Math.min(now, began + Number(info.aliveTime));
  }

  /** A message has come; @param sentAt by the clock of its sender. */
  heard(sender: Member, sentAt: number): void {
    const now = this.now();
    this.skew.observe(sender.uniqueId, sentAt, now);
    if (!isMirror(sender)) {
      this.#known.tomcatHeard(now);
    }
  }

  /** Until when a session may have been accessed: Infinity while a Tomcat is here. */
  tomcatUntil(): number {
    return this.#known.tomcatUntil();
  }

  /** What is known of a member whose state is taken in. */
  donorOf(uniqueId: UniqueId): Donor {
    const mirror = this.isMirror(uniqueId);
    return { uniqueId, mirror, togetherUntil: this.#known.togetherUntil(uniqueId) };
  }

  /** Whether it is known as a node such as this one. */
  isMirror(uniqueId: UniqueId): boolean {
    return this.#known.isMirror(uniqueId);
  }

  /** We have the sessions of all who are here. */
  synchronised(members: readonly Member[]): void {
    const oldest = Math.max(0, ...members.map(({ info }) => Number(info.aliveTime)));
    this.source.synchronised(oldest, this.now());
    this.remember();
  }

  /** To be called now and then: the next run goes on from the last mark. */
  tick(): void {
    if (this.now() - this.#markedAt >= MARK_MS) {
      this.remember();
    }
  }

  /** Writes everything down. */
  remember(): void {
    const mark = this.#time.mark();
    const { tomcatSeenAt } = this.#known;
    this.#markedAt = mark.at;
    this.#chronicle.write({
      mark,
      stateAgeMs: this.source.stateAge(mark.at),
      tomcatSeenAt: Number.isFinite(tomcatSeenAt) ? tomcatSeenAt : null,
      members: [...this.#known].map((member) => ({ ...member, skew: this.skew.of(member.uniqueId) })),
    });
  }

  #inherit({ mark, members, stateAgeMs, tomcatSeenAt }: Legacy, hasSessions: boolean): void {
    const now = this.now();
    this.#known.restore(members, tomcatSeenAt ?? -Infinity, now);
    for (const { uniqueId, skew } of members) {
      this.skew.inherit(uniqueId, skew);
    }
    if (stateAgeMs !== null && hasSessions) {
      this.source.restore(stateAgeMs + now - mark.at, now);
    }
  }
}
