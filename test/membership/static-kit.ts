import { randomInt } from 'node:crypto';
import {
  parseStaticMember,
  silentLogger,
  systemClock,
  type Logger,
  type UniqueId,
} from '../../src/base/index.js';
import { GroupChannel, StaticMembershipMessenger } from '../../src/channel/index.js';
import {
  StartLevel,
  StaticMembershipService,
  type LocalMemberProperties,
  type Member,
  type MembershipListener,
  type MembershipService,
  type StaticMembershipSettings,
} from '../../src/membership/index.js';
import { NioReceiver, PooledParallelSender } from '../../src/transport/index.js';

/** An address of the loopback interface that nobody else is likely to use. */
export function loopbackAddress(): string {
  return `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(2, 255)}`;
}

export function idOf(port: number): UniqueId {
  return port.toString(16).padStart(32, '0') as UniqueId;
}

/** An entry of a list; with an id made of its port. */
export function entry(host: string, port: number): string {
  return `${host}:${port};uniqueId=${idOf(port)}`;
}

/** A static membership with the receiver and the sender of a channel below it, all started together. */
export class StaticNode implements MembershipService {
  readonly service: StaticMembershipService;
  readonly channel: GroupChannel;
  private stops = 0;

  constructor(
    host: string,
    port: number,
    { members, ...settings }: Partial<Omit<StaticMembershipSettings, 'members'>> & { members: string[] },
    logger: Logger = silentLogger,
  ) {
    const parts = { clock: systemClock, logger };
    const service = new StaticMembershipService({
      ...parts,
      settings: { ...settings, members: members.map(parseStaticMember) },
    });
    this.service = service;
    this.channel = new GroupChannel({
      ...parts,
      receiver: new NioReceiver({ ...parts, settings: { address: host, port, autoBind: 1 } }),
      transmitter: new PooledParallelSender(parts),
      createMembership: () => service,
      interceptors: [],
      startLevel: StartLevel.SND_RX | StartLevel.SND_TX,
    });
    service.setMessenger(new StaticMembershipMessenger({ ...parts, channel: this.channel }));
    service.setLocalMemberProperties({ host, port });
  }

  async start(level: number): Promise<void> {
    const { stops } = this;
    try {
      await this.channel.start();
    } catch (error) {
      if (this.stops === stops) {
        throw error;
      }
    }
    if (this.stops === stops) {
      await this.service.start(level);
    }
  }

  async stop(level: number): Promise<void> {
    this.stops++;
    await this.service.stop(level);
    if (level === StartLevel.DEFAULT) {
      await this.channel.stop();
    }
  }

  /** Falls silent without a farewell. */
  async kill(): Promise<void> {
    await this.channel.stop();
  }

  get local(): Member {
    return this.service.local;
  }

  get statistics() {
    return this.service.statistics;
  }

  setLocalMemberProperties(properties: LocalMemberProperties): void {
    this.service.setLocalMemberProperties(properties);
  }

  members(): readonly Member[] {
    return this.service.members();
  }

  member(key: Member['key']): Member | undefined {
    return this.service.member(key);
  }

  setListener(listener: MembershipListener): void {
    this.service.setListener(listener);
  }

  setSynchronised(synchronised: boolean, stateAgeMs?: number): void {
    this.service.setSynchronised(synchronised, stateAgeMs);
  }
}
