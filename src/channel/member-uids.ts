import { MEMBER_IMPL_UIDS } from '../wire/index.js';

/** The servlet API of Tomcats of which nothing is known: `javax` up to 9, `jakarta` from 10 on. */
export type ServletApi = 'auto' | 'javax' | 'jakarta';

interface Known {
  uid: bigint | undefined;
  /** Questions in a row without an answer. */
  unanswered: number;
  restUntil: number;
}

const { D, E, F } = MEMBER_IMPL_UIDS;

/** Milliseconds until a member that has answered in no form is tried again: each wrong one is an error in its log. */
const REST_MS = 60_000;

/** Questions without an answer after which a member is no more what it was: it may have been upgraded. */
const DOUBT = 2;

/** Members remembered at a time. */
const MAX_REMEMBERED = 4096;

/**
 * With which serialVersionUID of `MemberImpl` the member at an address (`tcp://host:port`) is to be asked who it is: the one
 * that it has been seen to write, or else one after the other. Pure: times are passed in, monotonic milliseconds.
 */
export class MemberUids {
  readonly #guesses: readonly bigint[];
  readonly #known = new Map<string, Known>();

  constructor(servletApi: ServletApi) {
    this.#guesses = servletApi === 'javax' ? [D, F, E] : servletApi === 'jakarta' ? [F, E, D] : [F, D, E];
  }

  of(name: string): bigint {
    const known = this.#known.get(name);
    return known?.uid ?? this.#guesses[(known?.unanswered ?? 0) % this.#guesses.length] ?? F;
  }

  mayAsk(name: string, now: number): boolean {
    return now >= (this.#known.get(name)?.restUntil ?? 0);
  }

  /** It has written a member with this one. */
  seen(name: string, uid: bigint): void {
    this.#remember(name, { uid, unanswered: 0, restUntil: 0 });
  }

  /** It has answered, if only that it does not have the service: what it was asked with is right. */
  understood(name: string): void {
    this.seen(name, this.of(name));
  }

  unanswered(name: string, now: number): void {
    const known = this.#known.get(name) ?? { uid: undefined, unanswered: 0, restUntil: 0 };
    known.unanswered++;
    if (known.uid !== undefined && known.unanswered >= DOUBT) {
      known.uid = undefined;
      known.unanswered = 0;
    } else if (known.uid === undefined && known.unanswered % this.#guesses.length === 0) {
      known.restUntil = now + REST_MS;
    }
    this.#remember(name, known);
  }

  #remember(name: string, known: Known): void {
    if (this.#known.has(name) || this.#known.size < MAX_REMEMBERED) {
      this.#known.set(name, known);
    }
  }
}
