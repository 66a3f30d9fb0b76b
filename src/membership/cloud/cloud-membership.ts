import { TribesError, type MembershipLimits } from '../../base/index.js';
import { hostText } from '../host-address.js';
import type { LocalMember } from '../local-member.js';
import type { Member, MemberKey } from '../member.js';
import { MemberTable } from '../member-table.js';
import type { FoundMember } from './member-lookup.js';

/** What a list, or the passing of time, asks of the shell. */
export type CloudMembershipAction =
  | { readonly type: 'added'; readonly member: Member }
  | { readonly type: 'disappeared'; readonly member: Member; readonly reason: 'expired' };

export interface CloudMembershipOptions {
  readonly local: LocalMember;
  /** What lists the members, for errors. */
  readonly place: string;
  /** Milliseconds after which a member that is listed no more is taken for gone. */
  readonly expirationTime: number;
  readonly limits: MembershipLimits;
}

const NOTHING = Buffer.alloc(0);

/**
 * The rules of `CloudMembershipProvider` without lookups and timers: lists and times go in, actions come out. All members
 * listen on the same port. All times are milliseconds of a clock that never jumps.
 */
export class CloudMembership {
  readonly #options: CloudMembershipOptions;
  #table: MemberTable;
  #listed = false;
  #found = 0;

  constructor(options: CloudMembershipOptions) {
    this.#options = options;
    this.#table = new MemberTable(options.limits);
  }

  get members(): readonly Member[] {
    return this.#table.members;
  }

  member(key: MemberKey): Member | undefined {
    return this.#table.get(key);
  }

  /** Whether the last list had us. */
  get isListed(): boolean {
    return this.#listed;
  }

  /** Members in lists, ourselves left out, counted in each. */
  get foundCount(): number {
    return this.#found;
  }

  get refused(): number {
    return this.#table.refused;
  }

  /**
   * Everybody who is listed, and the port of all.
   *
   * Errors: TRIBES_E_MEMBERSHIP_TWIN when somebody else has our address, TRIBES_E_MEMBERSHIP_TWO_IDS.
   */
  listed(found: readonly FoundMember[], port: number, now: number): readonly CloudMembershipAction[] {
    const { local, place } = this.#options;
    const own = local.member.info.host;
    const ours = new Set(found.filter(({ host }) => host.equals(own)).map(({ uniqueId }) => uniqueId));
    const [id, twin] = ours;
    if (twin !== undefined) {
      throw new TribesError('TRIBES_E_MEMBERSHIP_TWIN', {
        host: hostText(own),
        port,
        place,
        why: 'it is listed there twice',
      });
    }
    this.#listed = id !== undefined;
    if (id !== undefined) {
      local.identify(place, id);
    }
    const actions: CloudMembershipAction[] = [];
    for (const one of found) {
      if (!one.host.equals(own)) {
        this.#found++;
        const member = this.#table.announced(packageOf(one, port), now);
        if (member !== undefined) {
          actions.push({ type: 'added', member });
        }
      }
    }
    const gone = this.#table.expire(now, this.#options.expirationTime);
    return [
      ...actions,
      ...gone.map((member) => ({ type: 'disappeared', member, reason: 'expired' }) as const),
    ];
  }

  /** Somebody has sent a message whom no list has named yet (DNSMembershipProvider.accept). */
  heard(one: FoundMember, port: number, now: number): readonly CloudMembershipAction[] {
    const own = this.#options.local.member.info;
    const isKnown = [own, ...this.members.map(({ info }) => info)].some(
      (info) => info.host.equals(one.host) && info.port === port,
    );
    const member = isKnown ? undefined : this.#table.announced(packageOf(one, port), now);
    return member === undefined ? [] : [{ type: 'added', member }];
  }

  /** Forgets everybody. */
  reset(): void {
    this.#table = new MemberTable(this.#options.limits);
  }
}

/** Nothing else is known of a member, whatever it says of itself. */
function packageOf({ host, uniqueId, aliveTime }: FoundMember, port: number): Member['info'] {
  const unused = { securePort: -1, udpPort: -1, command: NOTHING, domain: NOTHING, payload: NOTHING };
  return { aliveTime: BigInt(Math.trunc(aliveTime)), port, host, uniqueId, ...unused };
}
