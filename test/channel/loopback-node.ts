import { randomInt } from 'node:crypto';
import { systemClock } from '../../src/base/index.js';
import { GroupChannel, type GroupChannelOptions, type ReceivedMessage } from '../../src/channel/index.js';
import { McastService, type Member } from '../../src/membership/index.js';
import { NioReceiver, PooledParallelSender } from '../../src/transport/index.js';
import { eventually } from '../support/eventually.js';
import { recordingLogger, type LogLine } from '../support/recording-logger.js';

/** A multicast group that nobody else is likely to use; with the interface 127.0.0.1 it reaches no other host. */
export interface Group {
  readonly address: string;
  readonly port: number;
}

export function randomGroup(): Group {
  return {
    address: `239.255.${randomInt(1, 255)}.${randomInt(1, 255)}`,
    port: randomInt(20_000, 60_000),
  };
}

/** What a node is given beside its place. */
export interface LoopbackNodeOptions extends Partial<GroupChannelOptions> {
  /** Milliseconds between heartbeats of the membership; a start takes four times that. */
  readonly frequency?: number;
  /** Of the receiver; 0: any free one. Default: -1, none, as Tomcat has it. */
  readonly udpPort?: number;
  /** What the listener does with a message; by default it takes it. */
  readonly take?: (message: ReceivedMessage) => boolean | Promise<boolean>;
}

/** A channel of ours on the loopback interface, with real sockets and Tomcat's defaults. */
export class LoopbackNode {
  readonly channel: GroupChannel;
  readonly received: ReceivedMessage[] = [];
  /** `+port` and `-port reason`. */
  readonly events: string[] = [];
  readonly lines: (level: LogLine['level']) => LogLine[];

  constructor(
    group: Group,
    { take = () => true, frequency = 500, udpPort = -1, ...options }: LoopbackNodeOptions = {},
  ) {
    const { logger, lines } = recordingLogger();
    this.lines = lines;
    const clock = systemClock;
    this.channel = new GroupChannel({
      clock,
      logger,
      receiver: new NioReceiver({ clock, logger, settings: { address: '127.0.0.1', port: 0, udpPort } }),
      transmitter: new PooledParallelSender({ clock, logger }),
      createMembership: (onBroadcast) =>
        new McastService({
          clock,
          logger,
          settings: { ...group, bind: '127.0.0.1', frequency },
          onBroadcast,
        }),
      ...options,
    });
    this.channel.addChannelListener({
      messageReceived: (message) => {
        this.received.push(message);
        return take(message);
      },
    });
    this.channel.addMembershipListener({
      memberAdded: ({ port }) => this.events.push(`+${port}`),
      memberDisappeared: ({ port }, reason) => this.events.push(`-${port} ${reason}`),
    });
  }

  get port(): number {
    return this.channel.local.port;
  }

  /** The member at `port`, waited for if need be. */
  async member(port: number): Promise<Member> {
    const find = (): Member | undefined => this.channel.members().find((member) => member.port === port);
    await eventually(`member ${port} is known`, () => find() !== undefined, 10_000);
    const found = find();
    if (found === undefined) {
      throw new Error(`member ${port} came and went`);
    }
    return found;
  }

  payloads(): string[] {
    return this.received.map(({ payload, options }) => `${options} ${payload.toString('hex')}`);
  }

  statistic(interceptor: string, name: string): number | undefined {
    return this.channel.statistics().interceptors.find((one) => one.name === interceptor)?.statistics[name];
  }
}
