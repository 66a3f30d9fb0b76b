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
    const letters = this.#dialects.groups(destinations).map((group) => letterTo(group, encode));
    const isMulticast = (options & SEND_OPTIONS.MULTICAST) !== 0;
    const outcomes = await Promise.all(
      (isMulticast ? eachOnce(letters) : letters).map((letter) => this.#send(letter, options)),
    );
    return {
      delivered: outcomes.flatMap(({ delivered }) => delivered),
      faulty: outcomes.flatMap(({ faulty }) => faulty),
    };
  }

  async #send({ members, payload }: Letter, options: number): Promise<SendOutcome> {
    if (payload instanceof Error) {
      this.#faulty += members.length;
      return { delivered: [], faulty: members.map((member) => ({ member, cause: payload })) };
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

/** What some members get, or why there is nothing that they could get. */
interface Letter {
  readonly members: readonly Member[];
  readonly payload: Buffer | Error;
}

function letterTo({ dialect, members }: DialectGroup, encode: EncodeForDialect): Letter {
  try {
    return { members, payload: asBuffer(encode(dialect)) };
  } catch (error) {
    return { members, payload: error instanceof Error ? error : new Error(messageOf(error)) };
  }
}

/** A multicast reaches everybody, whoever it is for: what is the same in several dialects goes out once. */
function eachOnce(letters: readonly Letter[]): readonly Letter[] {
  const different: Letter[] = [];
  for (const letter of letters) {
    const at = different.findIndex(({ payload }) => isSame(payload, letter.payload));
    const members = [...(different[at]?.members ?? []), ...letter.members];
    different.splice(at < 0 ? different.length : at, 1, { members, payload: letter.payload });
  }
  return different;
}

function isSame(a: Buffer | Error, b: Buffer | Error): boolean {
  return a instanceof Buffer && b instanceof Buffer && a.equals(b);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
