import type { ChannelData } from '../wire/index.js';
import type { LocalMember } from './local-member.js';
import type { Member, MemberKey } from './member.js';
import type {
  DisappearReason,
  LocalMemberProperties,
  MembershipListener,
  MembershipService,
  MembershipStatistics,
} from './membership-service.js';
import { MergedMembers } from './merged-members.js';

/**
 * Several memberships as one: a member is there as long as any of them has it, and has gone when it has said so to any of
 * them. They share one `LocalMember`.
 */
export class MergedMembershipService implements MembershipService {
  /** By the one that has a multicast group, if any has. */
  readonly broadcast: ((message: ChannelData) => Promise<void>) | undefined;
  readonly #local: LocalMember;
  readonly #services: readonly MembershipService[];
  readonly #merged = new MergedMembers();
  #listener: MembershipListener | undefined;

  constructor(local: LocalMember, services: readonly MembershipService[]) {
    this.#local = local;
    this.#services = services;
    const broadcaster = services.find(({ broadcast }) => broadcast !== undefined);
    this.broadcast = broadcaster && ((message) => broadcaster.broadcast?.(message) ?? Promise.resolve());
    services.forEach((service, source) =>
      service.setListener({
        memberAdded: (member) => {
          if (this.#merged.added(source, member)) {
            this.#listener?.memberAdded(member);
          }
        },
        memberDisappeared: (member, reason) => this.#disappeared(source, member, reason),
      }),
    );
  }

  #disappeared(source: number, member: Member, reason: DisappearReason): void {
    if (this.#merged.disappeared(source, member.key, reason)) {
      this.#listener?.memberDisappeared(member, reason);
    }
  }

  get local(): Member {
    return this.#local.member;
  }

  /** Errors: those of the memberships. */
  setLocalMemberProperties(properties: LocalMemberProperties): void {
    for (const service of this.#services) {
      service.setLocalMemberProperties(properties);
    }
  }

  members(): readonly Member[] {
    return this.#merged.members();
  }

  member(key: MemberKey): Member | undefined {
    return this.#merged.member(key);
  }

  setListener(listener: MembershipListener): void {
    this.#listener = listener;
  }

  setSynchronised(synchronised: boolean, stateAgeMs?: number): void {
    for (const service of this.#services) {
      service.setSynchronised(synchronised, stateAgeMs);
    }
  }

  get statistics(): MembershipStatistics {
    const all = this.#services.map(({ statistics }) => statistics);
    const sum = (name: keyof MembershipStatistics): number =>
      all.reduce((total, statistics) => total + statistics[name], 0);
    return {
      heartbeatsReceived: sum('heartbeatsReceived'),
      heartbeatsSent: sum('heartbeatsSent'),
      sendErrors: sum('sendErrors'),
      garbage: sum('garbage'),
      refused: sum('refused'),
    };
  }

  /** All at once; those that have started are stopped again when one fails. Rejects with the first failure. */
  async start(level: number): Promise<void> {
    const started = await Promise.allSettled(this.#services.map((service) => service.start(level)));
    const failed = started.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') {
      await Promise.allSettled(this.#services.map((service) => service.stop(level)));
      throw failed.reason;
    }
  }

  /** All, whatever becomes of one; rejects with the first failure. */
  async stop(level: number): Promise<void> {
    const stopped = await Promise.allSettled(this.#services.map((service) => service.stop(level)));
    this.#merged.keepOnly((source, key) => this.#services[source]?.member(key) !== undefined);
    const failed = stopped.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') {
      throw failed.reason;
    }
  }
}
