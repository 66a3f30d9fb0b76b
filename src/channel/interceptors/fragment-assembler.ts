import { TribesError, type ChannelLimits, type UniqueId } from '../../base/index.js';
import type { MemberKey } from '../../membership/index.js';
import type { HeldBudget } from './held-budget.js';

/** One piece of a message, as FragmentationInterceptor cuts it. */
export interface Fragment {
  readonly bytes: Buffer;
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

/** Whose message it is a piece of. */
export interface FragmentSource {
  readonly key: MemberKey;
  readonly name: string;
  readonly uniqueId: UniqueId;
}

interface Incomplete {
  readonly member: MemberKey;
  readonly count: number;
  readonly since: number;
  readonly pieces: Map<number, Buffer>;
  bytes: number;
}

const INTERCEPTOR = 'FragmentationInterceptor';

/** Puts messages together of pieces in any order. Times are monotonic milliseconds. */
export class FragmentAssembler {
  readonly #limits: ChannelLimits;
  readonly #budget: HeldBudget;
  /** The oldest first. */
  readonly #incomplete = new Map<string, Incomplete>();

  constructor(limits: ChannelLimits, budget: HeldBudget) {
    this.#limits = limits;
    this.#budget = budget;
  }

  /**
   * The whole message, when nothing of it is missing any more. A piece that came before changes nothing.
   *
   * Errors: TRIBES_E_CHANNEL_UNWRAP, TRIBES_E_CHANNEL_MESSAGE_SIZE, TRIBES_E_CHANNEL_HELD; the message is given up then.
   */
  add(source: FragmentSource, { bytes, index, count }: Fragment, now: number): Buffer | null {
    const key = `${source.key} ${source.uniqueId}`;
    const set = this.#incomplete.get(key) ?? {
      member: source.key,
      count,
      since: now,
      pieces: new Map<number, Buffer>(),
      bytes: 0,
    };
    if (index < 0 || index >= count || count !== set.count) {
      this.#forget(key, set);
      const problem = `fragment ${index} of ${count}${count === set.count ? '' : ` in a message of ${set.count}`}`;
      throw new TribesError('TRIBES_E_CHANNEL_UNWRAP', { interceptor: INTERCEPTOR, problem });
    }
    if (set.pieces.has(index)) {
      return null;
    }
    const { maxMessageBytes } = this.#limits;
    if (set.bytes + bytes.length > maxMessageBytes) {
      this.#forget(key, set);
      throw new TribesError('TRIBES_E_CHANNEL_MESSAGE_SIZE', { interceptor: INTERCEPTOR, maxMessageBytes });
    }
    if (set.pieces.size + 1 === count) {
      set.pieces.set(index, bytes);
      const whole = Buffer.concat(Array.from({ length: count }, (_, at) => set.pieces.get(at) ?? bytes));
      set.pieces.delete(index);
      this.#forget(key, set);
      return whole;
    }
    this.#hold(source, key, set, index, bytes);
    return null;
  }

  #hold(source: FragmentSource, key: string, set: Incomplete, index: number, bytes: Buffer): void {
    try {
      this.#budget.take(source, bytes.length);
    } catch (error) {
      this.#forget(key, set);
      throw error;
    }
    // A copy: what is held shall not hold all that came with it.
    set.pieces.set(index, Buffer.from(bytes));
    set.bytes += bytes.length;
    this.#incomplete.set(key, set);
  }

  /** Gives up messages that have been incomplete for longer than `age`, and returns how many they were. */
  expire(age: number, now: number): number {
    let expired = 0;
    for (const [key, set] of this.#incomplete) {
      if (now - set.since > age) {
        this.#forget(key, set);
        expired++;
      }
    }
    return expired;
  }

  #forget(key: string, { member, bytes, pieces }: Incomplete): void {
    if (this.#incomplete.delete(key)) {
      this.#budget.give(member, bytes, pieces.size);
    }
  }
}
