import type { MembershipLimits } from '../../base/index.js';
import { StaticMemberMessageType, type StaticMemberMessage } from '../../wire/index.js';
import { assertReachable, type LocalMember } from '../local-member.js';
import { makeMember, memberKey, type Member, type MemberKey } from '../member.js';
import { MemberTable } from '../member-table.js';
import type { DisappearReason } from '../membership-service.js';

/** What a message, or the passing of time, asks of the shell. */
export type StaticMembershipAction =
  | { readonly type: 'added'; readonly member: Member }
  | { readonly type: 'disappeared'; readonly member: Member; readonly reason: DisappearReason };

export interface StaticMembershipOptions {
  readonly local: LocalMember;
  readonly membershipId: Buffer;
  /** Milliseconds of silence after which a member is taken for gone. */
  readonly expirationTime: number;
  readonly limits: MembershipLimits;
}

/**
 * The rules of `StaticMembershipProvider` without sockets and timers: messages and times go in, actions and messages come
 * out. All times are milliseconds of a clock that never jumps.
 */
export class StaticMembership {
  readonly #options: StaticMembershipOptions;
  #table: MemberTable;
  #heard = 0;

  constructor(options: StaticMembershipOptions) {
    this.#options = options;
    this.#table = new MemberTable(options.limits);
  }

  get members(): readonly Member[] {
    return this.#table.members;
  }

  member(key: MemberKey): Member | undefined {
    return this.#table.get(key);
  }

  /** Messages and answers of other members. */
  get heardCount(): number {
    return this.#heard;
  }

  get refused(): number {
    return this.#table.refused;
  }

  /** A START or PING of ours, or our answer to one. Error: TRIBES_E_MEMBERSHIP_UNANNOUNCED. */
  message(msgtype: number, now: number): StaticMemberMessage {
    const member = this.#options.local.announce(now);
    return {
      msgtype,
      member: { javaClass: 'StaticMember', member },
      membershipId: this.#options.membershipId,
    };
  }

  farewell(now: number): StaticMemberMessage {
    const member = this.#options.local.farewell(now);
    const { membershipId } = this.#options;
    return {
      msgtype: StaticMemberMessageType.STOP,
      member: { javaClass: 'StaticMember', member },
      membershipId,
    };
  }

  /**
   * A message or an answer (StaticMembershipProvider.messageReceived). Those with our own address are of ourselves, or of a
   * run of ours before this one.
   *
   * Error: TRIBES_E_MEMBER_ADDRESS.
   */
  heard({ msgtype, member }: StaticMemberMessage, now: number): readonly StaticMembershipAction[] {
    if (member === null || this.#isOurs(member.member)) {
      return [];
    }
    const info = member.member;
    this.#heard++;
    if (msgtype === StaticMemberMessageType.STOP) {
      // Told of unknown members too: a failure detector above may still list what has expired here.
      const gone = this.#table.remove(memberKey(info)) ?? makeMember(info);
      return [{ type: 'disappeared', member: gone, reason: 'shutdown' }];
    }
    return this.alive(info, now);
  }

  /** A member of which is known, somehow, that it is there. Error: TRIBES_E_MEMBER_ADDRESS. */
  alive(info: Member['info'], now: number): readonly StaticMembershipAction[] {
    assertReachable(info, 'TRIBES_E_MEMBER_ADDRESS');
    const added = this.#table.announced(info, now);
    return added === undefined ? [] : [{ type: 'added', member: added }];
  }

  /** A question could not be sent to these. */
  unreachable(members: readonly Member[]): readonly StaticMembershipAction[] {
    return this.#gone(
      members.map(({ key }) => this.#table.remove(key)).filter((member) => member !== undefined),
    );
  }

  /** Removes those that have been silent for longer than expirationTime. */
  expire(now: number): readonly StaticMembershipAction[] {
    return this.#gone(this.#table.expire(now, this.#options.expirationTime));
  }

  /** Forgets everybody. */
  reset(): void {
    this.#table = new MemberTable(this.#options.limits);
  }

  #gone(members: readonly Member[]): readonly StaticMembershipAction[] {
    return members.map((member) => ({ type: 'disappeared', member, reason: 'expired' }));
  }

  #isOurs({ host, port }: Member['info']): boolean {
    const own = this.#options.local.member.info;
    return host.equals(own.host) && port === own.port;
  }
}
