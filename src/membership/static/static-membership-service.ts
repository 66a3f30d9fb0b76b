import { setMaxListeners } from 'node:events';
import {
  defaultMembershipLimits,
  LogThrottle,
  messageOf,
  randomUniqueId,
  type Clock,
  type Logger,
  type MembershipLimits,
  type StaticMember,
  type Timer,
} from '../../base/index.js';
import { StaticMemberMessageType, type StaticMemberMessage } from '../../wire/index.js';
import { canConnect } from '../can-connect.js';
import { endpointText, hostBytes } from '../host-address.js';
import { Lifecycle } from '../lifecycle.js';
import { LocalMember } from '../local-member.js';
import type { Member, MemberKey } from '../member.js';
import {
  StartLevel,
  type LocalMemberProperties,
  type MembershipListener,
  type MembershipService,
  type MembershipStatistics,
} from '../membership-service.js';
import { HostNames, memberAt, type HostLookup } from './host-names.js';
import { StaticMembership, type StaticMembershipAction } from './static-membership.js';
import {
  defaultStaticMembershipSettings,
  type StaticMembershipSettings,
} from './static-membership-settings.js';
import type { StaticMessenger } from './static-messenger.js';

export interface StaticMembershipServiceOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is left out has Tomcat's default. */
  readonly settings?: Partial<StaticMembershipSettings>;
  /** Milliseconds between two heartbeats of the channel. Default 5000. */
  readonly heartbeatSleeptime?: number;
  /** Ourselves, where other memberships share it. */
  readonly local?: LocalMember;
  readonly limits?: MembershipLimits;
  /** Default: the system's. */
  readonly lookup?: HostLookup;
}

/** How long a stop waits for its farewell to be sent, milliseconds. */
const FAREWELL_MS = 1000;

/**
 * Membership by a list of addresses (`org.apache.catalina.tribes.membership.StaticMembershipService`): whoever is in the
 * list and takes connections is asked, over the channel, for who it is. A member need not be in the lists of the others:
 * they take in whoever asks.
 *
 * Without a messenger, or started with MBR_RX alone, it says nothing to anybody; without one it lists the entries that
 * take connections.
 *
 * Members are asked at least twice within `expirationTime`. (Tomcat asks once in that time, by default; one that is
 * not in its list, and so is not asked by it, would come and go there.)
 */
export class StaticMembershipService implements MembershipService {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: StaticMembershipSettings;
  readonly #period: number;
  readonly #names: HostNames;
  readonly #local: LocalMember;
  readonly #membershipId: Buffer;
  readonly #protocol: StaticMembership;
  readonly #complaints: LogThrottle;
  readonly #lifecycle = new Lifecycle();
  #messenger: StaticMessenger | undefined;
  #listener: MembershipListener | undefined;
  #level = 0;
  #timer: Timer | undefined;
  #rounds = new AbortController();
  /** The rounds of which one is under way. */
  #busy: AbortController | undefined;
  /** Whether somebody may have heard of us, and is owed a farewell. */
  #announced = false;
  #asked = 0;
  #sendErrors = 0;
  #garbage = 0;

  constructor(options: StaticMembershipServiceOptions) {
    const { clock, logger, heartbeatSleeptime = 5000, limits = defaultMembershipLimits } = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#complaints = new LogThrottle(clock, { logger });
    this.#settings = { ...defaultStaticMembershipSettings, ...options.settings };
    const { channelName, expirationTime, useThread, pingInterval } = this.#settings;
    this.#period = useThread ? pingInterval : Math.min(heartbeatSleeptime, expirationTime / 2);
    this.#names = new HostNames({ clock, logger, lookup: options.lookup });
    const nothing = Buffer.alloc(0);
    this.#local =
      options.local ?? new LocalMember({ uniqueId: randomUniqueId(), domain: nothing, payload: nothing });
    this.#membershipId = Buffer.from(`${channelName}-StaticMembership`, 'latin1');
    this.#protocol = new StaticMembership({
      local: this.#local,
      membershipId: this.#membershipId,
      expirationTime,
      limits,
    });
  }

  /** How to talk to the others; to be called before MBR_TX is started. */
  setMessenger(messenger: StaticMessenger): void {
    this.#messenger = messenger;
    messenger.listen(this.#membershipId, {
      requested: (message) => this.#requested(message),
      told: (message) => this.#hear(message),
    });
  }

  get local(): Member {
    return this.#local.member;
  }

  /** Error: TRIBES_E_MEMBERSHIP_UNANNOUNCED. */
  setLocalMemberProperties(properties: LocalMemberProperties): void {
    this.#local.setProperties(properties);
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

  setSynchronised(synchronised: boolean, stateAgeMs = 0): void {
    this.#local.setSynchronised(synchronised, this.#clock.monotonic() - stateAgeMs);
  }

  /** `heartbeatsSent`: members asked; `heartbeatsReceived`: questions and answers of others. */
  get statistics(): MembershipStatistics {
    return {
      heartbeatsReceived: this.#protocol.heardCount,
      heartbeatsSent: this.#asked,
      sendErrors: this.#sendErrors,
      garbage: this.#garbage,
      refused: this.#protocol.refused,
    };
  }

  /**
   * With both levels, resolves when everybody in the list has answered, or `connectTimeout` and `rpcTimeout` are over.
   *
   * Errors: TRIBES_E_MEMBERSHIP_UNANNOUNCED, TRIBES_E_MEMBERSHIP_TWO_IDS.
   */
  start(level: number): Promise<void> {
    return this.#lifecycle.start(async (stopping) => {
      const before = this.#level;
      this.#level |= level & (StartLevel.MBR_RX | StartLevel.MBR_TX);
      if (this.#level === before || stopping.aborted) {
        return;
      }
      try {
        await this.#begin(stopping);
      } catch (error) {
        this.#level = before;
        throw error;
      }
    });
  }

  async #begin(stopping: AbortSignal): Promise<void> {
    const speaks = this.#speaks;
    if (!speaks && this.#messenger !== undefined) {
      return;
    }
    if (speaks) {
      this.#local.begin(this.#clock.monotonic());
    }
    this.#rounds = new AbortController();
    setMaxListeners(0, this.#rounds.signal); // one for each entry
    await Promise.race([this.#ask(StaticMemberMessageType.START), aborted(stopping)]);
    if (stopping.aborted) {
      this.#rounds.abort();
    } else {
      this.#timer = this.#clock.every(this.#period, () => void this.#ping());
    }
  }

  get #speaks(): boolean {
    return this.#level === (StartLevel.MBR_RX | StartLevel.MBR_TX) && this.#messenger !== undefined;
  }

  stop(level: number): Promise<void> {
    return this.#lifecycle.stop(async () => {
      this.#level &= ~level;
      if (this.#level !== 0) {
        return;
      }
      this.#timer?.cancel();
      this.#rounds.abort();
      await this.#leave();
      this.#protocol.reset();
    });
  }

  async #leave(): Promise<void> {
    if (!this.#announced || this.#messenger === undefined) {
      return;
    }
    this.#announced = false;
    const members = this.members();
    if (members.length > 0) {
      const told = this.#messenger.tell(members, this.#protocol.farewell(this.#clock.monotonic()));
      await this.#within(FAREWELL_MS, told);
    }
  }

  async #within(limitMs: number, work: Promise<void>): Promise<void> {
    let timer: Timer | undefined;
    const limit = new Promise<void>((resolve) => (timer = this.#clock.after(limitMs, resolve)));
    await Promise.race([work, limit]);
    timer?.cancel();
  }

  /** Never rejects; a round that takes longer than the period is followed by the next but one. */
  async #ping(): Promise<void> {
    const rounds = this.#rounds;
    if (this.#busy === rounds) {
      return;
    }
    this.#busy = rounds;
    try {
      await this.#ask(StaticMemberMessageType.PING);
    } catch (error) {
      this.#logger.error({ error: messageOf(error) }, 'members could not be asked');
    } finally {
      if (this.#busy === rounds) {
        this.#busy = undefined;
      }
    }
  }

  async #ask(msgtype: number): Promise<void> {
    const { signal } = this.#rounds;
    const entries = await this.#resolved();
    const { connectTimeout: timeoutMs } = this.#settings;
    const connected = await Promise.all(
      entries.map((entry) => canConnect(entry, { clock: this.#clock, timeoutMs, signal })),
    );
    const reachable = entries.filter((_entry, index) => connected[index]);
    if (!signal.aborted) {
      await (this.#speaks ? this.#call(reachable, msgtype, signal) : this.#take(reachable));
    }
    if (!signal.aborted) {
      this.#apply(this.#protocol.expire(this.#clock.monotonic()));
    }
  }

  async #call(reachable: readonly Member[], msgtype: number, signal: AbortSignal): Promise<void> {
    const messenger = this.#messenger;
    const destinations = reachable.map((entry) => this.#knownAt(entry) ?? entry);
    if (messenger === undefined || destinations.length === 0) {
      return;
    }
    this.#announced = true;
    this.#asked += destinations.length;
    const outcome = await messenger.ask(
      destinations,
      this.#protocol.message(msgtype, this.#clock.monotonic()),
      {
        timeoutMs: this.#settings.rpcTimeout,
        onAnswer: (answer) => !signal.aborted && this.#hear(answer),
      },
    );
    if (!signal.aborted) {
      this.#sendErrors += outcome.faulty.length;
      this.#apply(this.#protocol.unreachable(outcome.faulty));
    }
  }

  /** Who only listens knows of a member what the list says. */
  #take(reachable: readonly Member[]): Promise<void> {
    for (const { info } of reachable) {
      this.#apply(this.#protocol.alive(info, this.#clock.monotonic()));
    }
    return Promise.resolve();
  }

  #knownAt({ name }: Member): Member | undefined {
    return this.members().find((member) => member.name === name);
  }

  /** The entries as members, without ourselves. Names are looked up each time: containers come back elsewhere. */
  async #resolved(): Promise<readonly Member[]> {
    const found = await Promise.all(this.#settings.members.map((entry) => this.#memberOf(entry)));
    return found.filter((member) => member !== undefined);
  }

  async #memberOf(entry: StaticMember): Promise<Member | undefined> {
    const { port, uniqueId, domain } = entry;
    // At once where it is an address: our id is to be known before another membership says it.
    const host = hostBytes(entry.host) ?? (await this.#names.addressOf(entry.host));
    if (host === undefined) {
      return undefined;
    }
    const own = this.#local.member.info;
    if (host.equals(own.host) && port === own.port) {
      this.#local.identify(
        'the static list',
        uniqueId ?? own.uniqueId,
        domain.length > 0 ? domain : undefined,
      );
      return undefined;
    }
    return memberAt(entry, host);
  }

  #requested(message: StaticMemberMessage): StaticMemberMessage | undefined {
    if (!this.#speaks) {
      return undefined;
    }
    this.#hear(message);
    this.#announced = true;
    return this.#protocol.message(message.msgtype, this.#clock.monotonic());
  }

  #hear(message: StaticMemberMessage): void {
    try {
      this.#apply(this.#protocol.heard(message, this.#clock.monotonic()));
    } catch (error) {
      this.#garbage++;
      const { member } = message;
      const place = member === null ? '' : endpointText(member.member.host.join('.'), member.member.port);
      const times = this.#complaints.admit('garbage');
      if (times > 0) {
        this.#logger.warn({ member: place, error: messageOf(error), times }, 'a member message is ignored');
      }
    }
  }

  #apply(actions: readonly StaticMembershipAction[]): void {
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

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(undefined);
    } else {
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    }
  });
}
