import { defaultMembershipLimits, TribesError, type MembershipLimits, type UniqueId } from '../base/index.js';
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
import { hostBytes, hostText } from './host-address.js';
import { AnnouncedMember, memberKey, makeMember, type Member, type MemberKey } from './member.js';
import { MemberTable } from './member-table.js';
import type { DisappearReason, LocalMemberProperties } from './membership-service.js';

/** What a datagram, or the passing of time, asks of the shell. */
export type MembershipAction =
  | { readonly type: 'added'; readonly member: Member }
  | { readonly type: 'disappeared'; readonly member: Member; readonly reason: DisappearReason }
  /** A message that was sent to everybody on the group (SEND_OPTIONS_MULTICAST). */
  | { readonly type: 'broadcast'; readonly message: ChannelData }
  | { readonly type: 'garbage'; readonly cause: unknown };

export interface MulticastHeartbeatOptions {
  readonly uniqueId: UniqueId;
  readonly domain: Buffer;
  readonly payload: Buffer;
  /** Milliseconds of silence after which a member is taken for gone. */
  readonly dropTime: number;
  readonly limits?: MembershipLimits;
}

/** The largest UDP payload that IPv4 carries. */
const MAX_DATAGRAM = 65_507;

const EMPTY = Buffer.alloc(0);

/**
 * The protocol of `McastServiceImpl` without sockets and timers: datagrams and times go in, actions and heartbeats come
 * out. All times are milliseconds of a clock that never jumps.
 */
export class MulticastHeartbeat {
  readonly #options: MulticastHeartbeatOptions;
  readonly #table: MemberTable;
  #local: AnnouncedMember;
  #startedAt = 0;
  #synchronised = false;
  /** Since when the state has been handed on that we have; our own start where nothing is said. */
  #stateSince = Infinity;
  #lastExpiry: number | undefined;
  #heartbeatsReceived = 0;

  constructor(options: MulticastHeartbeatOptions) {
    this.#options = options;
    this.#table = new MemberTable(options.limits ?? defaultMembershipLimits);
    this.#local = new AnnouncedMember(this.#localInfo({ host: '0.0.0.0', port: 0 }));
  }

  get local(): Member {
    return this.#local;
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

  /** Errors: TRIBES_E_MEMBERSHIP_UNANNOUNCED, TRIBES_E_MEMBERSHIP_PAYLOAD. */
  setLocalMemberProperties(properties: LocalMemberProperties): void {
    const local = new AnnouncedMember(this.#localInfo(properties));
    assertReachable(local.info, 'TRIBES_E_MEMBERSHIP_UNANNOUNCED');
    const { length } = encodeMemberPackage({ ...local.info, command: SHUTDOWN_PAYLOAD });
    if (length > MAX_DATAGRAM) {
      throw new TribesError('TRIBES_E_MEMBERSHIP_PAYLOAD', { length, limit: MAX_DATAGRAM });
    }
    this.#local = local;
  }

  /** From here our age counts (`McastService.start` sets the service start time). */
  begin(now: number): void {
    this.#startedAt = now;
    this.#lastExpiry = undefined;
    this.#announce(0, EMPTY);
  }

  /** @param stateSince since when the state has been handed on that we have, where that is longer than we run. */
  setSynchronised(synchronised: boolean, stateSince = Infinity): void {
    this.#synchronised = synchronised;
    this.#stateSince = stateSince;
  }

  /**
   * The next heartbeat. It says age 0 until the node is synchronised, so that no member that joins takes it for the
   * oldest; peers take over an age that differs from the last one, and are not disturbed by one that does not.
   *
   * Error: TRIBES_E_MEMBERSHIP_UNANNOUNCED when the local address is not set.
   */
  heartbeat(now: number): Buffer {
    assertReachable(this.#local.info, 'TRIBES_E_MEMBERSHIP_UNANNOUNCED');
    return this.#announce(this.#age(now), EMPTY);
  }

  /** The last heartbeat: it carries the command "BABY-ALEX". */
  farewell(now: number): Buffer {
    return this.#announce(this.#age(now), SHUTDOWN_PAYLOAD);
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
    if (key === this.#local.key) {
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
      .filter(({ member }) => memberKey(member) !== this.#local.key)
      .map((message) => ({ type: 'broadcast', message }));
  }

  #age(now: number): number {
    const since = Math.min(this.#startedAt, this.#stateSince);
    return this.#synchronised ? Math.max(0, Math.floor(now - since)) : 0;
  }

  #announce(age: number, command: Buffer): Buffer {
    this.#local.update({ ...this.#local.info, aliveTime: BigInt(age), command });
    return encodeMemberPackage(this.#local.info);
  }

  #localInfo({ host, port, securePort = -1, udpPort = -1 }: LocalMemberProperties): MemberPackage {
    const { uniqueId, domain, payload } = this.#options;
    const address = hostBytes(host) ?? EMPTY;
    return {
      aliveTime: 0n,
      port,
      securePort,
      udpPort,
      host: address,
      command: EMPTY,
      domain,
      uniqueId,
      payload,
    };
  }
}

function assertReachable(
  { host, port }: MemberPackage,
  code: 'TRIBES_E_MEMBERSHIP_UNANNOUNCED' | 'TRIBES_E_MEMBER_ADDRESS',
): void {
  const isAddress = (host.length === 4 || host.length === 16) && host.some((byte) => byte !== 0);
  if (!isAddress || port < 1 || port > 65_535) {
    throw new TribesError(code, { host: hostText(host), port });
  }
}
