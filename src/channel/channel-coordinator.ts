import { messageOf, TribesError, type Logger } from '../base/index.js';
import {
  memberKey,
  StartLevel,
  type DisappearReason,
  type Member,
  type MemberKey,
  type MembershipListener,
  type MembershipService,
} from '../membership/index.js';
import type { ReplicationReceiver, ReplicationTransmitter } from '../transport/index.js';
import { SEND_OPTIONS, type ChannelData } from '../wire/index.js';
import type { LowerLayer, UpperLayer } from './channel-interceptor.js';
import type { SendOutcome } from './channel.js';

export interface CoordinatorParts {
  readonly receiver: ReplicationReceiver;
  readonly transmitter: ReplicationTransmitter;
  readonly membership: MembershipService;
  readonly logger: Logger;
}

/** One part of the channel, by its start level. */
interface Part {
  readonly level: number;
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The bottom of the stack: receiver, sender and membership (org.apache.catalina.tribes.group.ChannelCoordinator). */
export class ChannelCoordinator implements LowerLayer, MembershipListener {
  readonly #receiver: ReplicationReceiver;
  readonly #transmitter: ReplicationTransmitter;
  readonly #membership: MembershipService;
  readonly #logger: Logger;
  /** In the order of starting. Stopping goes backwards, so that the goodbye is said first and while all else works. */
  readonly #parts: readonly Part[];
  #upper: UpperLayer | undefined;
  #started = 0;
  /** A stop ends a start that is under way. */
  #interrupted = false;
  #ownMessages = 0;

  constructor({ receiver, transmitter, membership, logger }: CoordinatorParts) {
    this.#receiver = receiver;
    this.#transmitter = transmitter;
    this.#membership = membership;
    this.#logger = logger;
    membership.setListener(this);
    this.#parts = [
      {
        level: StartLevel.SND_RX,
        name: 'receiver',
        start: () => this.#startReceiver(),
        stop: () => receiver.stop(),
      },
      {
        level: StartLevel.SND_TX,
        name: 'sender',
        start: () => transmitter.start(),
        stop: () => transmitter.stop(),
      },
      {
        level: StartLevel.MBR_RX,
        name: 'membership receiver',
        start: () => membership.start(StartLevel.MBR_RX),
        stop: () => this.#leave(),
      },
      {
        level: StartLevel.MBR_TX,
        name: 'membership sender',
        start: () => membership.start(StartLevel.MBR_TX),
        stop: () => membership.stop(StartLevel.MBR_TX),
      },
    ];
  }

  attach(upper: UpperLayer): void {
    this.#upper = upper;
  }

  /** Messages of our own that came back to us, by multicast or a loop in the network. */
  get ownMessages(): number {
    return this.#ownMessages;
  }

  /**
   * The membership says goodbye with the last of its levels. Those who have not heard it yet send us what we still
   * acknowledge.
   */
  async #leave(): Promise<void> {
    const isHeard = this.#membership.members().length > 0;
    await this.#membership.stop(StartLevel.MBR_RX);
    if (isHeard) {
      await this.#receiver.quiet();
    }
  }

  /** Others connect as soon as they hear of us: the port is open, and known, before the first heartbeat. */
  async #startReceiver(): Promise<void> {
    await this.#receiver.start((message) => this.messageReceived(message));
    this.#membership.setLocalMemberProperties(this.#receiver.address);
  }

  /** Error: TRIBES_E_CHANNEL_NOT_STARTED when it was stopped meanwhile, and those of the parts. */
  async start(level: number): Promise<void> {
    this.#interrupted = false;
    for (const part of this.#parts) {
      if ((level & part.level) !== 0 && (this.#started & part.level) === 0) {
        // Before it is tried: a part that fails half-way is stopped like any other.
        this.#started |= part.level;
        await part.start();
      }
      if (this.#isInterrupted()) {
        throw new TribesError('TRIBES_E_CHANNEL_NOT_STARTED', { operation: 'going on after a stop' });
      }
    }
  }

  #isInterrupted(): boolean {
    return this.#interrupted;
  }

  /** Stops what has been started, and goes on when something fails; then rejects with the first failure. */
  async stop(level: number): Promise<void> {
    this.#interrupted = true;
    const failures: Error[] = [];
    for (const part of this.#parts.toReversed()) {
      if ((level & this.#started & part.level) !== 0) {
        this.#started &= ~part.level;
        await part.stop().catch((error: unknown) => {
          failures.push(error instanceof Error ? error : new Error(messageOf(error)));
          this.#logger.error(
            { part: part.name, error: messageOf(error) },
            'a part of the channel did not stop',
          );
        });
      }
    }
    const [first] = failures;
    if (first !== undefined) {
      throw first;
    }
  }

  async sendMessage(destinations: readonly Member[], message: ChannelData): Promise<SendOutcome> {
    if ((message.options & SEND_OPTIONS.MULTICAST) !== 0) {
      return this.#broadcast(destinations, message);
    }
    const failed = await this.#transmitter.send(destinations, message);
    const faulty = failed.map(({ destination, cause }) => ({ member: destination, cause }));
    const failedKeys = new Set(faulty.map(({ member }) => member.key));
    return { delivered: destinations.filter(({ key }) => !failedKeys.has(key)), faulty };
  }

  /** One datagram for all, whoever the destinations are. That it was sent is all that is ever known. */
  async #broadcast(destinations: readonly Member[], message: ChannelData): Promise<SendOutcome> {
    try {
      if (this.#membership.broadcast === undefined) {
        throw new TribesError('TRIBES_E_CHANNEL_NO_MULTICAST', {});
      }
      await this.#membership.broadcast(message);
      return { delivered: destinations, faulty: [] };
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(messageOf(error));
      return { delivered: [], faulty: destinations.map((member) => ({ member, cause })) };
    }
  }

  messageReceived(message: ChannelData): void | Promise<void> {
    if (memberKey(message.member) === this.#membership.local.key) {
      this.#ownMessages++;
      return;
    }
    return this.#above.messageReceived(message);
  }

  memberAdded(member: Member): void {
    this.#above.memberAdded(member);
  }

  memberDisappeared(member: Member, reason: DisappearReason): void {
    this.#above.memberDisappeared(member, reason);
  }

  members(): readonly Member[] {
    return this.#membership.members();
  }

  member(key: MemberKey): Member | undefined {
    return this.#membership.member(key);
  }

  heartbeat(): void {
    this.#transmitter.keepAlive();
  }

  get #above(): UpperLayer {
    if (this.#upper === undefined) {
      throw new Error('ChannelCoordinator is not part of a stack yet');
    }
    return this.#upper;
  }
}
