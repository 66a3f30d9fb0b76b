import {
  StartLevel,
  type LocalMemberProperties,
  type Member,
  type MembershipListener,
  type MembershipService,
  type MembershipStatistics,
} from '../../src/membership/index.js';
import type {
  Destination,
  FaultyDestination,
  MessageHandler,
  ReplicationReceiver,
  ReplicationTransmitter,
} from '../../src/transport/index.js';
import type { ChannelData } from '../../src/wire/index.js';
import { member } from './members.js';

/** Receiver, transmitter and membership of one node, which write down in one list what is asked of them. */
export class RecordingParts {
  readonly calls: string[] = [];
  readonly sent: { readonly to: readonly string[]; readonly message: ChannelData }[] = [];
  readonly local = member(4000);
  known: Member[] = [];
  /** Calls that fail, with what. */
  readonly failures = new Map<string, Error>();
  /** Calls that last until the test lets them end. */
  readonly delays = new Map<string, Promise<void>>();
  /** Faulty destinations, by key. */
  readonly faulty = new Map<string, Error>();
  #handler: MessageHandler | undefined;
  #listener: MembershipListener | undefined;

  async #call(name: string): Promise<void> {
    this.calls.push(name);
    await this.delays.get(name);
    const failure = this.failures.get(name);
    if (failure !== undefined) {
      throw failure;
    }
  }

  /** What another node sends us. */
  receive(message: ChannelData): void | Promise<void> {
    return this.#handler?.(message);
  }

  get listener(): MembershipListener {
    if (this.#listener === undefined) {
      throw new Error('nobody listens to the membership');
    }
    return this.#listener;
  }

  readonly receiver: ReplicationReceiver = {
    address: { host: '127.0.0.1', port: 4000, udpPort: -1, securePort: -1 },
    start: (handler) => {
      this.#handler = handler;
      return this.#call('start receiver');
    },
    quiet: () => this.#call('wait for the last messages'),
    stop: () => this.#call('stop receiver'),
  };

  readonly transmitter: ReplicationTransmitter = {
    start: () => this.#call('start sender'),
    stop: () => this.#call('stop sender'),
    send: <D extends Destination>(
      to: readonly D[],
      message: ChannelData,
    ): Promise<FaultyDestination<D>[]> => {
      this.sent.push({ to: to.map(({ key }) => key), message });
      const faulty = to.flatMap((destination) => {
        const cause = this.faulty.get(destination.key);
        return cause === undefined ? [] : [{ destination, cause }];
      });
      return Promise.resolve(faulty);
    },
    remove: (key) => void this.calls.push(`remove ${key}`),
    keepAlive: () => void this.calls.push('keepAlive'),
  };

  /** What was sent to everybody on the group. */
  readonly broadcasts: ChannelData[] = [];

  readonly membership: MembershipService = {
    broadcast: async (message) => {
      await this.#call('broadcast');
      this.broadcasts.push(message);
    },
    local: this.local,
    setLocalMemberProperties: ({ host, port }: LocalMemberProperties) =>
      void this.calls.push(`local is ${host}:${port}`),
    members: () => this.known,
    member: (key) => this.known.find((member) => member.key === key),
    start: (level) => this.#call(`start ${levelName(level)}`),
    stop: (level) => this.#call(`stop ${levelName(level)}`),
    setListener: (listener) => void (this.#listener = listener),
    setSynchronised: (synchronised) => void this.calls.push(`synchronised ${synchronised}`),
    get statistics(): MembershipStatistics {
      throw new Error('not asked for by a channel');
    },
  };
}

function levelName(level: number): string {
  return level === StartLevel.MBR_RX ? 'MBR_RX' : level === StartLevel.MBR_TX ? 'MBR_TX' : String(level);
}
