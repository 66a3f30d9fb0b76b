import type { Clock, ContextName, Timer, UniqueId } from '../../base/index.js';
import type { Member } from '../../membership/index.js';

export interface DeferredAnswersParts {
  readonly clock: Clock;
  /** Whether somebody else may still tell us of sessions of that context. */
  readonly mayLearn: (asker: UniqueId, context: ContextName) => boolean;
  /** The asker begins to wait, or waits no longer. */
  readonly waits: (asker: Member, context: ContextName, waits: boolean) => void;
  /** How long an answer is put off at most, in milliseconds: half of what the asker waits (`stateTransferTimeout`). */
  readonly maxDelay: number;
}

interface Deferred {
  readonly asker: Member;
  readonly context: ContextName;
  readonly timer: Timer;
  readonly resolve: (answer: boolean) => void;
}

/** Answers put off at a time; anybody can ask, under any name. Further ones are given at once. */
const MAX_DEFERRED = 256;

/**
 * Answers to state requests that are put off while we are ourselves still asking others: a starting Tomcat asks one
 * member only, once. Only Tomcats wait; mirrors are answered at once with what there is, so that two of them never wait
 * for each other.
 */
export class DeferredAnswers {
  readonly #parts: DeferredAnswersParts;
  readonly #deferred = new Set<Deferred>();
  #closed = false;

  constructor(parts: DeferredAnswersParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#deferred.size;
  }

  /** Resolves when it is time to answer; with false when the asker has gone. */
  ready(asker: Member, context: ContextName): Promise<boolean> {
    const { clock, mayLearn, waits, maxDelay } = this.#parts;
    const isFull = this.#deferred.size >= MAX_DEFERRED;
    if (this.#closed || isFull || !mayLearn(asker.uniqueId, context)) {
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const deferred: Deferred = {
        asker,
        context,
        resolve,
        timer: clock.after(maxDelay, () => this.#end(deferred, true)),
      };
      this.#deferred.add(deferred);
      waits(asker, context, true);
    });
  }

  /** Something has come: some may be answered now. */
  check(): void {
    for (const deferred of this.#deferred) {
      if (!this.#parts.mayLearn(deferred.asker.uniqueId, deferred.context)) {
        this.#end(deferred, true);
      }
    }
  }

  memberGone(uniqueId: UniqueId): void {
    for (const deferred of this.#deferred) {
      if (deferred.asker.uniqueId === uniqueId) {
        this.#end(deferred, false);
      }
    }
  }

  /** Everybody is answered with what there is; nobody waits any more. */
  close(): void {
    this.#closed = true;
    for (const deferred of this.#deferred) {
      this.#end(deferred, true);
    }
  }

  #end(deferred: Deferred, answer: boolean): void {
    if (this.#deferred.delete(deferred)) {
      deferred.timer.cancel();
      this.#parts.waits(deferred.asker, deferred.context, false);
      deferred.resolve(answer);
    }
  }
}
