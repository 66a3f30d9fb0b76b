import { defaultMembershipLimits, TribesError, type MembershipLimits } from '../base/index.js';
import {
  decodeChannelData,
  decodeFrames,
  decodeMemberPackage,
  encodeMemberPackage,
  SHUTDOWN_PAYLOAD,
  startsMemberPackage,
  type ChannelData,
  type MemberPackage,
} from '../wire/index.js';
import { assertReachable, type LocalMember } from './local-member.js';
import { memberKey, makeMember, type Member, type MemberKey } from './member.js';
import { MemberTable } from './member-table.js';
import type { DisappearReason } from './membership-service.js';

/** What a datagram, or the passing of time, asks of the shell. */
export type MembershipAction =
  | { readonly type: 'added'; readonly member: Member }
  | { readonly type: 'disappeared'; readonly member: Member; readonly reason: DisappearReason }
  /** A message that was sent to everybody on the group (SEND_OPTIONS_MULTICAST). */
  | { readonly type: 'broadcast'; readonly message: ChannelData }
  | { readonly type: 'garbage'; readonly cause: unknown };

export interface MulticastHeartbeatOptions {
  readonly local: LocalMember;
  /** Milliseconds of silence after which a member is taken for gone. */
  readonly dropTime: number;
  readonly limits?: MembershipLimits;
}

/** The largest UDP payload that IPv4 carries. */
const MAX_DATAGRAM = 65_507;

/**
 * The protocol of `McastServiceImpl` without sockets and timers: datagrams and times go in, actions and heartbeats come
 * out. All times are milliseconds of a clock that never jumps.
 */
export class MulticastHeartbeat {
  readonly #options: MulticastHeartbeatOptions;
  readonly #table: MemberTable;
  readonly #local: LocalMember;
  #lastExpiry: number | undefined;
  #heartbeatsReceived = 0;

  constructor(options: MulticastHeartbeatOptions) {
    this.#options = options;
    this.#table = new MemberTable(options.limits ?? defaultMembershipLimits);
    this.#local = options.local;
  }

  get members(): readonly Member[] {
    return this.#table.members;
  }

  member(key: MemberKey): Member | undefined {
    return this.#table.get(key);
  }

  /** Heartbeats of other members. */
  get heartbeatsReceived(): number {
    return this.#heartbeatsReceived;
  }

  /** Members that there was no room for, counted at each of their heartbeats. */
  get refused(): number {
    return this.#table.refused;
  }

  /** Error: TRIBES_E_MEMBERSHIP_PAYLOAD when what we say of us is too long for a datagram. */
  assertFits(): void {
    const { length } = encodeMemberPackage({ ...this.#local.member.info, command: SHUTDOWN_PAYLOAD });
    if (length > MAX_DATAGRAM) {
      throw new TribesError('TRIBES_E_MEMBERSHIP_PAYLOAD', { length, limit: MAX_DATAGRAM });
    }
  }

  begin(now: number): void {
    this.#local.begin(now);
    this.#lastExpiry = undefined;
  }

  /** The next heartbeat. Error: TRIBES_E_MEMBERSHIP_UNANNOUNCED when the local address is not set. */
  heartbeat(now: number): Buffer {
    return encodeMemberPackage(this.#local.announce(now));
  }

  /** The last heartbeat: it carries the command "BABY-ALEX". */
  farewell(now: number): Buffer {
    return encodeMemberPackage(this.#local.farewell(now));
  }

  /** One datagram of the group (`McastServiceImpl.receive`). */
  receive(datagram: Buffer, now: number): readonly MembershipAction[] {
    try {
      return startsMemberPackage(datagram)
        ? this.#heard(decodeMemberPackage(datagram), now)
        : this.#broadcasts(datagram);
    } catch (cause) {
      return [{ type: 'garbage', cause }];
    }
  }

  /**
   * Removes the members that have been silent for longer than dropTime; to be called every `periodMs`. A round that
   * comes late is passed over: if this process was held up, what the others sent meanwhile still waits to be read.
   */
  expire(now: number, periodMs: number): readonly MembershipAction[] {
    const isLate = this.#lastExpiry !== undefined && now - this.#lastExpiry > 2 * periodMs;
    this.#lastExpiry = now;
    if (isLate) {
      return [];
    }
    const silent = this.#table.expire(now, this.#options.dropTime);
    return silent.map((member) => ({ type: 'disappeared', member, reason: 'expired' }));
  }

  #heard(info: MemberPackage, now: number): readonly MembershipAction[] {
    const key = memberKey(info);
    if (key === this.#local.member.key) {
      return [];
    }
    if (info.command.equals(SHUTDOWN_PAYLOAD)) {
      this.#heartbeatsReceived++;
      // Told of unknown members too: a failure detector above may still list what has expired here.
      const member = this.#table.remove(key) ?? makeMember(info);
      return [{ type: 'disappeared', member, reason: 'shutdown' }];
    }
    assertReachable(info, 'TRIBES_E_MEMBER_ADDRESS');
    this.#heartbeatsReceived++;
    const member = this.#table.announced(info, now);
    return member === undefined ? [] : [{ type: 'added', member }];
  }

  #broadcasts(datagram: Buffer): readonly MembershipAction[] {
    return decodeFrames(datagram)
      .map((frame) => decodeChannelData(frame))
      .filter(({ member }) => memberKey(member) !== this.#local.member.key)
      .map((message) => ({ type: 'broadcast', message }));
  }
}
