import { TribesError, type ChannelLimits } from '../../base/index.js';
import type { Member, MemberKey } from '../../membership/index.js';

/** What a message that is held back occupies beside its bytes, so that empty ones count too. */
const OVERHEAD = 256;

/** What an interceptor holds back of others, and whether there is room for more. */
export class HeldBudget {
  readonly #interceptor: string;
  readonly #limits: ChannelLimits;
  readonly #held = new Map<MemberKey, { messages: number; bytes: number }>();
  #messages = 0;
  #bytes = 0;

  constructor(interceptor: string, limits: ChannelLimits) {
    this.#interceptor = interceptor;
    this.#limits = limits;
  }

  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  hasRoom(member: MemberKey, length: number): boolean {
    const { messages, bytes } = this.#of(member);
    const { maxHeldMessages, maxHeldBytes, maxHeldBytesOfAll } = this.#limits;
    const size = length + OVERHEAD;
    return (
      messages < maxHeldMessages && bytes + size <= maxHeldBytes && this.#bytes + size <= maxHeldBytesOfAll
    );
  }

  /** A message of `length` bytes is held back. Error: TRIBES_E_CHANNEL_HELD when there is no room for it. */
  take({ key, name }: Pick<Member, 'key' | 'name'>, length: number): void {
    const held = this.#of(key);
    if (!this.hasRoom(key, length)) {
      throw new TribesError('TRIBES_E_CHANNEL_HELD', {
        interceptor: this.#interceptor,
        member: name,
        messages: held.messages,
        bytes: held.bytes,
        bytesOfAll: this.#bytes,
        size: length,
      });
    }
    this.#held.set(key, { messages: held.messages + 1, bytes: held.bytes + length + OVERHEAD });
    this.#messages++;
    this.#bytes += length + OVERHEAD;
  }

  /** Messages of `length` bytes together are held back no more. */
  give(member: MemberKey, length: number, messages = 1): void {
    const held = this.#of(member);
    const size = length + OVERHEAD * messages;
    this.#messages -= messages;
    this.#bytes -= size;
    if (held.messages === messages) {
      this.#held.delete(member);
    } else {
      this.#held.set(member, { messages: held.messages - messages, bytes: held.bytes - size });
    }
  }

  #of(member: MemberKey): { messages: number; bytes: number } {
    return this.#held.get(member) ?? { messages: 0, bytes: 0 };
  }
}
