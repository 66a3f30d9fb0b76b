export interface ReplayWindowSettings {
  /** Milliseconds by which a time stamp may differ from now (`replayWindowTime`). */
  readonly time: number;
  /** Messages remembered (`replayWindowMessageCount`). */
  readonly messageCount: number;
}

/**
 * Knows the messages that have been seen, by time stamp and nonce, and so which have not (EncryptInterceptor.checkIncoming…, from 9.0.119,
 * 10.1.56 and 11.0.23 on). Times are epoch milliseconds.
 */
export class ReplayWindow {
  readonly #settings: ReplayWindowSettings;
  readonly #stamps = new Map<string, number>();
  readonly #nonces = new Map<number, Set<string>>();
  /** The time stamps that are remembered, the youngest first. */
  readonly #order: number[] = [];
  #lastRemoved: number;

  constructor(settings: ReplayWindowSettings, startedAt: number) {
    this.#settings = settings;
    this.#lastRemoved = startedAt - settings.time;
  }

  get size(): number {
    return this.#stamps.size;
  }

  isNew(nonce: string, stamp: number, now: number): boolean {
    const { time } = this.#settings;
    return (
      stamp >= now - time && stamp <= now + time && stamp > this.#lastRemoved && !this.#stamps.has(nonce)
    );
  }

  remember(nonce: string, stamp: number): void {
    this.#stamps.set(nonce, stamp);
    const known = this.#nonces.get(stamp);
    if (known === undefined) {
      this.#nonces.set(stamp, new Set([nonce]));
      const at = this.#order.findIndex((other) => other < stamp);
      this.#order.splice(at === -1 ? this.#order.length : at, 0, stamp);
    } else {
      known.add(nonce);
    }
    while (this.#stamps.size > this.#settings.messageCount) {
      this.#forgetOldest();
    }
  }

  /** It was not processed after all: when it comes again it is new. */
  forget(nonce: string): void {
    const stamp = this.#stamps.get(nonce);
    if (stamp !== undefined) {
      this.#remove(nonce, stamp);
    }
  }

  #forgetOldest(): void {
    const stamp = this.#order.at(-1) ?? 0;
    const [nonce = ''] = this.#nonces.get(stamp) ?? [];
    this.#remove(nonce, stamp);
    this.#lastRemoved = stamp;
  }

  #remove(nonce: string, stamp: number): void {
    this.#stamps.delete(nonce);
    const left = this.#nonces.get(stamp);
    left?.delete(nonce);
    if (left?.size === 0) {
      this.#nonces.delete(stamp);
      this.#order.splice(this.#order.lastIndexOf(stamp), 1);
    }
  }
}

/** The last nonces that were seen, where there are no time stamps: at most `capacity`. */
export class SeenNonces {
  readonly #capacity: number;
  readonly #seen = new Set<string>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#seen.size;
  }

  has(nonce: string): boolean {
    return this.#seen.has(nonce);
  }

  add(nonce: string): void {
    this.#seen.add(nonce);
    if (this.#seen.size > this.#capacity) {
      const [oldest = ''] = this.#seen;
      this.#seen.delete(oldest);
    }
  }

  delete(nonce: string): void {
    this.#seen.delete(nonce);
  }
}
