import type { RemoteInfo } from 'node:dgram';
import {
  LogThrottle,
  messageOf,
  parseDomain,
  randomUniqueId,
  TribesError,
  type Clock,
  type Logger,
  type MembershipLimits,
  type Timer,
  type UniqueId,
} from '../base/index.js';
import type { ChannelData } from '../wire/index.js';
import { LocalMember } from './local-member.js';
import { defaultMcastSettings, type McastSettings } from './mcast-settings.js';
import type { Member, MemberKey } from './member.js';
import {
  StartLevel,
  type LocalMemberProperties,
  type MembershipListener,
  type MembershipService,
  type MembershipStatistics,
} from './membership-service.js';
import { broadcastMessage, groupSendError } from './multicast-broadcast.js';
import { MulticastHeartbeat, type MembershipAction } from './multicast-heartbeat.js';
import { RecoveringSocket } from './recovering-socket.js';
import { sleep } from './sleep.js';

export interface McastServiceOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is left out has Tomcat's default. */
  readonly settings?: Partial<McastSettings>;
  /** Our id in the cluster; a random one by default. */
  readonly uniqueId?: UniqueId;
  /** Ourselves, where other memberships share it; one of `uniqueId` and the settings by default. */
  readonly local?: LocalMember;
  readonly limits?: MembershipLimits;
  /** Takes messages that were sent to everybody on the group (SEND_OPTIONS_MULTICAST). */
  readonly onBroadcast?: (message: ChannelData) => void;
}

/** Where a multicast membership listens. */
export interface McastDescription {
  readonly group: string;
  readonly port: number;
  /** Address of the interface; undefined: the system's default. */
  readonly bind: string | undefined;
}

/**
 * Membership by multicast heartbeats (`org.apache.catalina.tribes.membership.McastService`).
 *
 * Started with MBR_RX alone it is passive: it sends nothing, not even when it stops.
 */
export class McastService implements MembershipService {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: McastSettings;
  readonly #onBroadcast: ((message: ChannelData) => void) | undefined;
  readonly #local: LocalMember;
  readonly #protocol: MulticastHeartbeat;
  readonly #socket: RecoveringSocket;
  readonly #complaints: LogThrottle;
  /** What runs for each start level that is on. */
  readonly #timers = new Map<number, Timer>();
  #listener: MembershipListener | undefined;
  /** Starts and stops run one after the other; a stop wakes the starts before it. */
  #lifecycle: Promise<void> = Promise.resolve();
  #stopping = new AbortController();
  /** Whether the group has heard of us, and is owed a farewell. */
  #announced = false;
  #heartbeatsSent = 0;
  #garbage = 0;

  /** Errors: TRIBES_E_MEMBERSHIP_DOMAIN. */
  constructor(options: McastServiceOptions) {
    const { clock, logger, settings, uniqueId, limits, onBroadcast } = options;
    this.#clock = clock;
    this.#logger = logger;
    this.#settings = { ...defaultMcastSettings, ...settings };
    this.#onBroadcast = onBroadcast;
    this.#complaints = new LogThrottle(clock, { logger });
    this.#local =
      options.local ??
      new LocalMember({
        uniqueId: uniqueId ?? randomUniqueId(),
        domain: parseDomain(this.#settings.domain),
        payload: this.#settings.payload,
      });
    this.#protocol = new MulticastHeartbeat({
      local: this.#local,
      dropTime: this.#settings.dropTime,
      ...(limits !== undefined && { limits }),
    });
    const onDatagram = (datagram: Buffer, sender: RemoteInfo): void => this.#receive(datagram, sender);
    this.#socket = new RecoveringSocket({ clock, logger, settings: this.#settings, onDatagram });
  }

  get local(): Member {
    return this.#local.member;
  }

  /** Errors: TRIBES_E_MEMBERSHIP_UNANNOUNCED, TRIBES_E_MEMBERSHIP_PAYLOAD. */
  setLocalMemberProperties(properties: LocalMemberProperties): void {
    this.#local.setProperties(properties);
    this.#protocol.assertFits();
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

  async broadcast(message: ChannelData): Promise<void> {
    if (!this.#timers.has(StartLevel.MBR_TX)) {
      throw new TribesError('TRIBES_E_MEMBERSHIP_SILENT', {});
    }
    await broadcastMessage(message, this.#socket, this.#settings);
  }

  describe(): McastDescription {
    const { address, port, bind } = this.#settings;
    return { group: address, port, bind };
  }

  get statistics(): MembershipStatistics {
    return {
      heartbeatsReceived: this.#protocol.heartbeatsReceived,
      heartbeatsSent: this.#heartbeatsSent,
      sendErrors: this.#socket.sendErrors,
      garbage: this.#garbage,
      refused: this.#protocol.refused,
    };
  }

  /**
   * Each level that is started waits for two periods, so that members are known before the caller goes on; `stop` ends
   * the wait.
   *
   * Errors: TRIBES_E_MEMBERSHIP_BIND, _ADDRESS, _PORT, _SEND, _UNANNOUNCED.
   */
  start(level: number): Promise<void> {
    const { signal } = this.#stopping;
    return this.#inTurn(async () => {
      const startedBefore = [...this.#timers.keys()];
      try {
        if ((level & StartLevel.MBR_RX) !== 0 && !signal.aborted) {
          await this.#startReceiving(signal);
        }
        if ((level & StartLevel.MBR_TX) !== 0 && !signal.aborted) {
          await this.#startSending(signal);
        }
      } catch (error) {
        await this.#stopAllBut(startedBefore);
        throw error;
      }
    });
  }

  stop(level: number): Promise<void> {
    this.#stopping.abort();
    this.#stopping = new AbortController();
    return this.#inTurn(() =>
      this.#stopAllBut([...this.#timers.keys()].filter((bit) => (level & bit) === 0)),
    );
  }

  async #stopAllBut(remaining: readonly number[]): Promise<void> {
    for (const [level, timer] of this.#timers) {
      if (!remaining.includes(level)) {
        timer.cancel();
        this.#timers.delete(level);
      }
    }
    if (this.#timers.size === 0) {
      await this.#leave();
    }
  }

  async #startReceiving(stopping: AbortSignal): Promise<void> {
    if (this.#timers.has(StartLevel.MBR_RX)) {
      return;
    }
    await this.#join();
    const { frequency, soTimeout } = this.#settings;
    const period = soTimeout > 0 ? soTimeout : frequency;
    const expire = (): void => this.#apply(this.#protocol.expire(this.#clock.monotonic(), period));
    this.#timers.set(StartLevel.MBR_RX, this.#clock.every(period, expire));
    await sleep(this.#clock, 2 * frequency, stopping);
  }

  async #startSending(stopping: AbortSignal): Promise<void> {
    if (this.#timers.has(StartLevel.MBR_TX)) {
      return;
    }
    await this.#join();
    await this.#sendFirstHeartbeat();
    const { frequency } = this.#settings;
    const beat = (): void => void this.#sendHeartbeat();
    this.#timers.set(StartLevel.MBR_TX, this.#clock.every(frequency, beat));
    await sleep(this.#clock, 2 * frequency, stopping);
  }

  async #join(): Promise<void> {
    if (this.#timers.size === 0) {
      await this.#socket.open();
      this.#protocol.begin(this.#clock.monotonic());
    }
  }

  async #leave(): Promise<void> {
    if (this.#announced) {
      this.#announced = false;
      await this.#socket.trySend(this.#protocol.farewell(this.#clock.monotonic()));
    }
    await this.#socket.close();
  }

  /** As Tomcat does, a node whose first heartbeat cannot be sent does not start. */
  async #sendFirstHeartbeat(): Promise<void> {
    try {
      if (await this.#socket.send(this.#protocol.heartbeat(this.#clock.monotonic()))) {
        this.#heartbeatsSent++;
      }
      this.#announced = true;
    } catch (cause) {
      if (cause instanceof TribesError) {
        throw cause;
      }
      throw groupSendError(this.#settings, cause);
    }
  }

  /** Never rejects. */
  async #sendHeartbeat(): Promise<void> {
    if (await this.#socket.trySend(this.#protocol.heartbeat(this.#clock.monotonic()))) {
      this.#heartbeatsSent++;
    }
  }

  #receive(datagram: Buffer, sender: RemoteInfo): void {
    const refusedBefore = this.#protocol.refused;
    this.#apply(this.#protocol.receive(datagram, this.#clock.monotonic()), sender);
    if (this.#protocol.refused > refusedBefore && this.#complaints.admit('refused') > 0) {
      const members = this.members().length;
      this.#logger.warn(
        { sender: sender.address, members },
        'a member is refused: there are too many, or it is too big',
      );
    }
  }

  #apply(actions: readonly MembershipAction[], sender?: RemoteInfo): void {
    for (const action of actions) {
      try {
        this.#act(action, sender);
      } catch (error) {
        this.#logger.error({ error: messageOf(error), action: action.type }, 'a membership listener failed');
      }
    }
  }

  #act(action: MembershipAction, sender?: RemoteInfo): void {
    switch (action.type) {
      case 'added':
        this.#listener?.memberAdded(action.member);
        return;
      case 'disappeared':
        this.#listener?.memberDisappeared(action.member, action.reason);
        return;
      case 'broadcast':
        this.#onBroadcast?.(action.message);
        return;
      case 'garbage':
        this.#complainOf(action.cause, sender?.address ?? '');
    }
  }

  #complainOf(cause: unknown, sender: string): void {
    this.#garbage++;
    const datagrams = this.#complaints.admit(`garbage ${sender}`);
    if (datagrams > 0) {
      this.#logger.warn({ sender, datagrams, error: messageOf(cause) }, 'a datagram of the group is ignored');
    }
  }

  #inTurn(step: () => Promise<void>): Promise<void> {
    const turn = this.#lifecycle.then(step);
    this.#lifecycle = turn.catch(() => undefined);
    return turn;
  }
}
