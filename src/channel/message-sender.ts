import { messageOf, randomUniqueId, TribesError, type Clock } from '../base/index.js';
import type { Member } from '../membership/index.js';
import { isJavaStream, SEND_OPTIONS, type MemberPackage } from '../wire/index.js';
import type { LowerLayer } from './channel-interceptor.js';
import { OptionsCounter } from './channel-statistics.js';
import type { EncodeForDialect, SendOutcome } from './channel.js';
import type { DialectGroup, DialectRegistry } from './dialect-registry.js';

export interface MessageSenderParts {
  readonly clock: Clock;
  readonly dialects: DialectRegistry;
  readonly stack: LowerLayer;
  /** The local member as the last heartbeat announced it. */
  readonly localPackage: () => MemberPackage;
}

/** The top of the stack, on the way down: makes messages of what is to be sent (GroupChannel.send). */
export class MessageSender {
  readonly #clock: Clock;
  readonly #dialects: DialectRegistry;
  readonly #stack: LowerLayer;
  readonly #localPackage: () => MemberPackage;
  readonly #sent = new OptionsCounter();
  #faulty = 0;

  constructor({ clock, dialects, stack, localPackage }: MessageSenderParts) {
    this.#clock = clock;
    this.#dialects = dialects;
    this.#stack = stack;
    this.#localPackage = localPackage;
  }

  get sent(): OptionsCounter {
    return this.#sent;
  }

  get faulty(): number {
    return this.#faulty;
  }

  /** As `Channel.send`. */
  async send(
    destinations: readonly Member[],
    encode: EncodeForDialect,
    options: number,
  ): Promise<SendOutcome> {
    if (destinations.length === 0) {
      throw new TribesError('TRIBES_E_CHANNEL_NO_DESTINATION', {});
    }
    const groups = this.#dialects.groups(destinations);
    const outcomes = await Promise.all(groups.map((group) => this.#sendToGroup(group, encode, options)));
    return {
      delivered: outcomes.flatMap(({ delivered }) => delivered),
      faulty: outcomes.flatMap(({ faulty }) => faulty),
    };
  }

  async #sendToGroup(
    { dialect, members }: DialectGroup,
    encode: EncodeForDialect,
    options: number,
  ): Promise<SendOutcome> {
    let payload: Buffer;
    try {
      payload = asBuffer(encode(dialect));
    } catch (error) {
      const cause = error instanceof Error ? error : new Error(messageOf(error));
      this.#faulty += members.length;
      return { delivered: [], faulty: members.map((member) => ({ member, cause })) };
    }
    if ((options & SEND_OPTIONS.BYTE_MESSAGE) === 0 && !isJavaStream(payload)) {
      const found = payload.length === 0 ? 'nothing' : payload.subarray(0, 4).toString('hex');
      throw new TribesError('TRIBES_E_CHANNEL_NOT_A_STREAM', { found });
    }
    this.#sent.add(options, members.length);
    const outcome = await this.#stack.sendMessage(members, {
      options,
      timestamp: BigInt(this.#clock.now()),
      uniqueId: randomUniqueId(),
      member: this.#localPackage(),
      message: payload,
    });
    this.#faulty += outcome.faulty.length;
    return outcome;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
