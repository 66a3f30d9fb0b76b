import type { Clock, Timer } from '../base/index.js';

/** A connection, as the budget sees it. */
export interface BudgetHolder {
  readonly isMidFrame: boolean;
  /** There is room again. */
  resumeReading(): void;
  /** It was let on first, and did not come to the end of its frame: nobody else can go on until it lets go. */
  giveUp(): void;
}

/** How much a connection may read at a time. */
const READ_SIZE = 65_536;

/**
 * What all connections together may hold of unfinished frames and unprocessed messages.
 *
 * Beyond the limit nobody reads on, except one connection that is in the middle of a frame: otherwise many half frames
 * could wait for each other for ever. So the bound is the limit, plus one frame, plus one read for each connection.
 */
export class ReceiveBudget {
  readonly #limit: number;
  readonly #turnMs: number;
  readonly #clock: Clock;
  readonly #waiting = new Set<BudgetHolder>();
  #held = 0;
  #favoured: BudgetHolder | undefined;
  #turn: Timer | undefined;

  /** @param turnMs milliseconds that the one which may go on has for its frame. */
  constructor(limit: number, turnMs: number, clock: Clock) {
    this.#limit = limit;
    this.#turnMs = turnMs;
    this.#clock = clock;
  }

  get heldBytes(): number {
    return this.#held;
  }

  /** More (or, negative, fewer) bytes are held. */
  change(bytes: number): void {
    this.#held += bytes;
    if (bytes < 0) {
      this.#wake();
    }
  }

  /** Asked after each read. When false, `resumeReading` will be called. */
  mayRead(holder: BudgetHolder): boolean {
    if (holder === this.#favoured && !holder.isMidFrame) {
      this.#endTurn();
    }
    if (this.#held <= this.#limit || holder === this.#favoured) {
      return true;
    }
    this.#waiting.add(holder);
    this.#favourOne();
    return !this.#waiting.has(holder);
  }

  /** The connection is closed. */
  leave(holder: BudgetHolder): void {
    this.#waiting.delete(holder);
    if (holder === this.#favoured) {
      this.#endTurn();
      this.#favourOne();
    }
  }

  #wake(): void {
    let room = this.#limit - this.#held;
    if (room >= 0) {
      this.#endTurn();
    }
    for (const holder of this.#waiting) {
      if (room < 0) {
        return;
      }
      this.#waiting.delete(holder);
      room -= READ_SIZE;
      holder.resumeReading();
    }
  }

  #favourOne(): void {
    if (this.#favoured !== undefined) {
      return;
    }
    for (const holder of this.#waiting) {
      if (holder.isMidFrame) {
        this.#waiting.delete(holder);
        this.#favoured = holder;
        this.#turn = this.#clock.after(this.#turnMs, () => holder.giveUp());
        holder.resumeReading();
        return;
      }
    }
  }

  #endTurn(): void {
    this.#turn?.cancel();
    this.#favoured = undefined;
  }
}
