import type { Clock, Timer } from '../base/index.js';

/** A connection, as the budget sees it. */
export interface BudgetHolder {
  readonly isMidFrame: boolean;
  /** There is room again. */
  resumeReading(): void;
  /** It alone was let on, and did not come to the end of its frame in time: nobody else can go on before it lets go. */
  giveUp(): void;
}

/**
 * What all connections together may hold of unfinished frames and of unprocessed messages.
 *
 * Beyond the limit nobody reads on, until messages have been processed. When there is none left to process, half frames
 * could wait for each other for ever; so one connection that is in the middle of a frame has a turn to finish it. The
 * bound is thus the limit, one frame, and one read for each connection.
 */
export class ReceiveBudget {
  readonly #limit: number;
  readonly #turnMs: number;
  readonly #clock: Clock;
  readonly #waiting = new Set<BudgetHolder>();
  #unfinishedBytes = 0;
  #unprocessedBytes = 0;
  #favoured: BudgetHolder | undefined;
  #turn: Timer | undefined;

  /**
   * @param limit in bytes.
   * @param turnMs milliseconds that a turn may take.
   */
  constructor(limit: number, turnMs: number, clock: Clock) {
    this.#limit = limit;
    this.#turnMs = turnMs;
    this.#clock = clock;
  }

  get heldBytes(): number {
    return this.#unfinishedBytes + this.#unprocessedBytes;
  }

  /** For those who cannot wait. */
  get hasRoom(): boolean {
    return this.heldBytes <= this.#limit;
  }

  /** More (or, negative, fewer) bytes of unfinished frames are held. */
  unfinished(bytes: number): void {
    this.#unfinishedBytes += bytes;
    if (bytes < 0) {
      this.#letOn();
    }
  }

  /** A message is there to be processed. */
  queued(bytes: number): void {
    this.#unprocessedBytes += bytes;
  }

  processed(bytes: number): void {
    this.#unprocessedBytes -= bytes;
    this.#letOn();
  }

  /** Asked after each read. When false, `resumeReading` will be called. */
  mayRead(holder: BudgetHolder): boolean {
    if (holder === this.#favoured && !holder.isMidFrame) {
      this.#endTurn();
    }
    if (this.heldBytes > this.#limit && holder !== this.#favoured) {
      this.#waiting.add(holder);
      this.#letOn();
    }
    return !this.#waiting.has(holder);
  }

  /** The connection reads no more. */
  leave(holder: BudgetHolder): void {
    this.#waiting.delete(holder);
    if (holder === this.#favoured) {
      this.#endTurn();
      this.#letOn();
    }
  }

  #letOn(): void {
    if (this.heldBytes <= this.#limit) {
      this.#endTurn();
      this.#wakeAll();
    } else if (this.#unprocessedBytes === 0 && this.#favoured === undefined) {
      this.#beginTurn();
    }
  }

  #wakeAll(): void {
    if (this.#waiting.size === 0) {
      return;
    }
    const woken = [...this.#waiting];
    this.#waiting.clear();
    woken.forEach((holder) => holder.resumeReading());
  }

  #beginTurn(): void {
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
