import {
  defaultMembershipLimits,
  LogThrottle,
  messageOf,
  randomUniqueId,
  TribesError,
  type Clock,
  type Logger,
  type MembershipLimits,
  type Timer,
} from '../../base/index.js';
import { hostBytes, hostText } from '../host-address.js';
import { Lifecycle } from '../lifecycle.js';
import { LocalMember } from '../local-member.js';
import { memberKey, type Member, type MemberKey } from '../member.js';
import {
  StartLevel,
  type LocalMemberProperties,
  type MembershipListener,
  type MembershipService,
  type MembershipStatistics,
} from '../membership-service.js';
import { sleep } from '../sleep.js';
import { CloudMembership, type CloudMembershipAction } from './cloud-membership.js';
import type { MemberLookup } from './member-lookup.js';

export interface CloudMembershipServiceOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lookup: MemberLookup;
  /** The receiver port of all members, ours included; 0: whatever our receiver gets. */
  readonly receiverPort: number;
  /** Milliseconds after which a member that is listed no more is taken for gone. Default 5000. */
  readonly expirationTime?: number;
  /** Milliseconds between two lookups: those between two heartbeats of the channel. Default 5000. */
  readonly heartbeatSleeptime?: number;
  /** Ourselves, where other memberships share it. */
  readonly local?: LocalMember;
  readonly limits?: MembershipLimits;
}

/** Between two attempts to find out who we are, milliseconds. */
const IDENTITY_RETRY_MS = 1000;

/**
 * Membership by a list that a cloud keeps (`org.apache.catalina.tribes.membership.cloud.CloudMembershipService`): nothing
 * is announced, and nobody says farewell. All members listen on the same port, and their ids come from their addresses or
 * pods: of two members at one address each takes the other for itself, so that the second is refused.
 *
 * Where only the list tells who we are, a start waits until it does. While the list cannot be had, nobody expires.
 */
export class CloudMembershipService implements MembershipService {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #lookup: MemberLookup;
  readonly #receiverPort: number;
  readonly #period: number;
  readonly #local: LocalMember;
  readonly #protocol: CloudMembership;
  readonly #complaints: LogThrottle;
  readonly #lifecycle = new Lifecycle();
  #listener: MembershipListener | undefined;
  #level = 0;
  #timer: Timer | undefined;
  #rounds = new AbortController();
  /** The rounds of which one is under way. */
  #busy: AbortController | undefined;
  #failures = 0;

  constructor(options: CloudMembershipServiceOptions) {
    const { clock, logger, lookup, expirationTime = 5000, limits = defaultMembershipLimits } = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#complaints = new LogThrottle(clock, { logger });
    this.#lookup = lookup;
    this.#receiverPort = options.receiverPort;
    this.#period = options.heartbeatSleeptime ?? 5000;
    const nothing = Buffer.alloc(0);
    this.#local =
      options.local ?? new LocalMember({ uniqueId: randomUniqueId(), domain: nothing, payload: nothing });
    this.#protocol = new CloudMembership({ local: this.#local, place: lookup.place, expirationTime, limits });
  }

  get local(): Member {
    return this.#local.member;
  }

  /**
   * Errors: TRIBES_E_MEMBERSHIP_TWIN when the receiver got another port than that of all members,
   * TRIBES_E_MEMBERSHIP_UNANNOUNCED, TRIBES_E_MEMBERSHIP_TWO_IDS.
   */
  setLocalMemberProperties(properties: LocalMemberProperties): void {
    const { host, port } = properties;
    if (this.#receiverPort !== 0 && port !== this.#receiverPort) {
      throw new TribesError('TRIBES_E_MEMBERSHIP_TWIN', {
        host,
        port: this.#receiverPort,
        place: this.#lookup.place,
        why: 'somebody listens there already',
      });
    }
    this.#local.setProperties(properties);
    const id = this.#lookup.idOf(hostBytes(host) ?? Buffer.alloc(0));
    if (id !== undefined) {
      this.#local.identify(this.#lookup.place, id);
    }
  }

  members(): readonly Member[] {
    return this.#protocol.members;
  }

  member(key: MemberKey): Member | undefined {
    return this.#protocol.member(key);
  }

  setListener(listener: MembershipListener): void {
    this.#listener = listener;
  }

  /** The age that the others see is that of the list. */
  setSynchronised(synchronised: boolean, stateAgeMs = 0): void {
    this.#local.setSynchronised(synchronised, this.#clock.monotonic() - stateAgeMs);
  }

  /** `heartbeatsReceived`: members that lists had; `sendErrors`: lookups that failed. */
  get statistics(): MembershipStatistics {
    return {
      heartbeatsReceived: this.#protocol.foundCount,
      heartbeatsSent: 0,
      sendErrors: this.#failures,
      garbage: 0,
      refused: this.#protocol.refused,
    };
  }

  /** Somebody has sent us a message; where its address gives its id, it is taken in before it is listed. */
  heard(info: Member['info']): void {
    if (this.#level === 0 || this.member(memberKey(info)) !== undefined) {
      return; // nearly every message, and at once
    }
    const { host, port } = info;
    const uniqueId = this.#lookup.idOf(host);
    if (uniqueId !== undefined) {
      this.#apply(this.#protocol.heard({ host, uniqueId, aliveTime: -1 }, port, this.#clock.monotonic()));
    }
  }

  /**
   * Resolves when the first list has come, or could not be had. With MBR_TX and where only the list tells our id: when it
   * has come and names us.
   *
   * Errors: TRIBES_E_MEMBERSHIP_TWIN, TRIBES_E_MEMBERSHIP_TWO_IDS.
   */
  start(level: number): Promise<void> {
    return this.#lifecycle.start(async (stopping) => {
      const isRunning = this.#level !== 0;
      if (stopping.aborted || (this.#level & level) === level) {
        return;
      }
      this.#level |= level & (StartLevel.MBR_RX | StartLevel.MBR_TX);
      try {
        await this.#begin(isRunning, stopping);
      } catch (error) {
        this.#level = 0;
        this.#end();
        throw error;
      }
    });
  }

  async #begin(isRunning: boolean, stopping: AbortSignal): Promise<void> {
    const giveUp = (): void => this.#rounds.abort();
    if (!isRunning) {
      this.#rounds = new AbortController();
    }
    stopping.addEventListener('abort', giveUp);
    try {
      if (!isRunning) {
        this.#local.begin(this.#clock.monotonic());
        await this.#round();
        this.#timer = this.#clock.every(this.#period, () => void this.#laterRound());
      }
      while ((this.#level & StartLevel.MBR_TX) !== 0 && !this.#isIdentified() && !stopping.aborted) {
        await sleep(this.#clock, IDENTITY_RETRY_MS, stopping);
        await this.#round();
      }
    } finally {
      stopping.removeEventListener('abort', giveUp);
    }
  }

  #isIdentified(): boolean {
    return this.#protocol.isListed || this.#lookup.idOf(this.local.info.host) !== undefined;
  }

  stop(level: number): Promise<void> {
    return this.#lifecycle.stop(() => {
      this.#level &= ~level;
      if (this.#level === 0) {
        this.#end();
      }
      return Promise.resolve();
    });
  }

  #end(): void {
    this.#timer?.cancel();
    this.#rounds.abort();
    this.#protocol.reset();
  }

  /** Never rejects; one that takes longer than the period is followed by the next but one. */
  async #laterRound(): Promise<void> {
    const rounds = this.#rounds;
    if (this.#busy === rounds) {
      return;
    }
    this.#busy = rounds;
    try {
      await this.#round();
    } catch (error) {
      this.#complain('error', 'the list of members is refused', { error: messageOf(error) });
    } finally {
      if (this.#busy === rounds) {
        this.#busy = undefined;
      }
    }
  }

  /** Errors: those of `CloudMembership.listed`. */
  async #round(): Promise<void> {
    const { signal } = this.#rounds;
    const found = await this.#lookup.find(signal).catch((error: unknown) => {
      if (!signal.aborted) {
        this.#failures++;
        this.#complain('warn', 'the list of members cannot be had', { error: messageOf(error) });
      }
      return undefined;
    });
    if (found === undefined || signal.aborted) {
      return;
    }
    const now = this.#clock.monotonic();
    const { port, host } = this.local.info;
    this.#apply(this.#protocol.listed(found, port === 0 ? this.#receiverPort : port, now));
    if (port !== 0) {
      this.#local.announce(now);
      if (!this.#protocol.isListed) {
        const { advice } = this.#lookup;
        this.#complain('warn', 'this node is not listed: the others do not see it', {
          host: hostText(host),
          advice,
        });
      }
    }
  }

  #complain(level: 'warn' | 'error', text: string, fields: object): void {
    const times = this.#complaints.admit(text);
    if (times > 0) {
      this.#logger[level]({ place: this.#lookup.place, times, ...fields }, text);
    }
  }

  #apply(actions: readonly CloudMembershipAction[]): void {
    for (const action of actions) {
      try {
        if (action.type === 'added') {
          this.#listener?.memberAdded(action.member);
        } else {
          this.#listener?.memberDisappeared(action.member, action.reason);
        }
      } catch (error) {
        this.#logger.error({ error: messageOf(error), action: action.type }, 'a membership listener failed');
      }
    }
  }
}
