import { TribesError, type UniqueId } from '../base/index.js';
import { SHUTDOWN_PAYLOAD, type MemberPackage } from '../wire/index.js';
import { hostBytes, hostText } from './host-address.js';
import { AnnouncedMember, type Member } from './member.js';
import type { LocalMemberProperties } from './membership-service.js';

export interface LocalMemberOptions {
  readonly uniqueId: UniqueId;
  readonly domain: Buffer;
  readonly payload: Buffer;
}

const EMPTY = Buffer.alloc(0);

/**
 * Ourselves, as we say of us in every membership that we take part in: one id, one address, one age. All times are
 * milliseconds of a clock that never jumps.
 */
export class LocalMember {
  #options: LocalMemberOptions;
  #member: AnnouncedMember;
  #identifiedBy: string | undefined;
  #startedAt = 0;
  #synchronised = false;
  /** Since when the state has been handed on that we have; our own start where nothing is said. */
  #stateSince = Infinity;

  constructor(options: LocalMemberOptions) {
    this.#options = options;
    this.#member = new AnnouncedMember(this.#info({ host: '0.0.0.0', port: 0 }));
  }

  get member(): Member {
    return this.#member;
  }

  /** Error: TRIBES_E_MEMBERSHIP_UNANNOUNCED. */
  setProperties(properties: LocalMemberProperties): void {
    const member = new AnnouncedMember(this.#info(properties));
    assertReachable(member.info, 'TRIBES_E_MEMBERSHIP_UNANNOUNCED');
    this.#member = member;
  }

  /**
   * The id by which the others know us from elsewhere, such as a list or our address; the domain too, where one is given.
   *
   * Error: TRIBES_E_MEMBERSHIP_TWO_IDS when another membership (`source`) has found another id.
   */
  identify(source: string, uniqueId: UniqueId, domain?: Buffer): void {
    const found = this.#identifiedBy;
    if (found !== undefined && found !== source && uniqueId !== this.#options.uniqueId) {
      const known = this.#options.uniqueId;
      throw new TribesError('TRIBES_E_MEMBERSHIP_TWO_IDS', { found, known, source, uniqueId });
    }
    this.#identifiedBy = source;
    this.#options = { ...this.#options, uniqueId, ...(domain !== undefined && { domain }) };
    const { host, port, securePort, udpPort } = this.#member.info;
    this.#member = new AnnouncedMember(this.#info({ host: hostText(host), port, securePort, udpPort }));
  }

  /** From here our age counts (`McastService.start` sets the service start time). */
  begin(now: number): void {
    this.#startedAt = now;
    this.#announce(0, EMPTY);
  }

  /** @param stateSince since when the state has been handed on that we have, where that is longer than we run. */
  setSynchronised(synchronised: boolean, stateSince = Infinity): void {
    this.#synchronised = synchronised;
    this.#stateSince = stateSince;
  }

  /**
   * What we say of us now. The age is 0 until the node is synchronised, so that no member that joins takes it for the
   * oldest; peers take over an age that differs from the last one, and are not disturbed by one that does not.
   *
   * Error: TRIBES_E_MEMBERSHIP_UNANNOUNCED when the address is not set.
   */
  announce(now: number): MemberPackage {
    assertReachable(this.#member.info, 'TRIBES_E_MEMBERSHIP_UNANNOUNCED');
    return this.#announce(this.#age(now), EMPTY);
  }

  /** The same, with the command "BABY-ALEX". */
  farewell(now: number): MemberPackage {
    return this.#announce(this.#age(now), SHUTDOWN_PAYLOAD);
  }

  #age(now: number): number {
    const since = Math.min(this.#startedAt, this.#stateSince);
    return this.#synchronised ? Math.max(0, Math.floor(now - since)) : 0;
  }

  #announce(age: number, command: Buffer): MemberPackage {
    this.#member.update({ ...this.#member.info, aliveTime: BigInt(age), command });
    return this.#member.info;
  }

  #info({ host, port, securePort = -1, udpPort = -1 }: LocalMemberProperties): MemberPackage {
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

/** Whether others can connect to what a member says of itself. Error: `code`. */
export function assertReachable(
  { host, port }: Pick<MemberPackage, 'host' | 'port'>,
  code: 'TRIBES_E_MEMBERSHIP_UNANNOUNCED' | 'TRIBES_E_MEMBER_ADDRESS',
): void {
  const isAddress = (host.length === 4 || host.length === 16) && host.some((byte) => byte !== 0);
  if (!isAddress || port < 1 || port > 65_535) {
    throw new TribesError(code, { host: hostText(host), port });
  }
}
