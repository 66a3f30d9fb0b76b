/** How long after it was said for the first time a claim is said again, milliseconds. */
export const REPEAT_MS = 3_000;

/** How often it is said again, and how long after the first time, milliseconds. */
const REPEATS = 2;
const REPEAT_AGAIN_MS = 10_000;

const MAX_RECENT = 1_000;

interface Repetition {
  readonly due: number;
  readonly left: number;
}

/**
 * Entries of which we have become the primary or found another backup, and when that is said once more: messages of two who take
 * an entry over at the same time cross, and some are lost.
 */
export class RecentClaims {
  readonly #claims = new Map<string, Repetition>();

  has(key: string): boolean {
    return this.#claims.has(key);
  }

  /** It has been said just now. Of many that come at once, as after a restart, few are in dispute: those beyond are left out. */
  add(key: string, now: number): void {
    if (this.#claims.size < MAX_RECENT) {
      this.#claims.set(key, { due: now + REPEAT_MS, left: REPEATS });
    }
  }

  /** Somebody has come who has not heard it: that one must have told first what it has. */
  addUnheard(key: string, now: number): void {
    this.#claims.set(key, { due: now + REPEAT_MS, left: REPEATS });
  }

  /** It was said again, and somebody has not heard it. */
  addFailed(key: string, left: number, now: number): void {
    this.#claims.set(key, { due: now + REPEAT_MS, left });
  }

  forget(key: string): void {
    this.#claims.delete(key);
  }

  /** Those that are to be said again, at most `max`; they stay recent for a while longer. */
  takeDue(max: number, now: number, isStillOurs: (key: string) => boolean): [key: string, left: number][] {
    const due: [string, number][] = [];
    for (const [key, claim] of this.#claims) {
      if (claim.due > now) {
        continue;
      }
      if (due.length >= max) {
        break;
      }
      this.#claims.delete(key);
      if (claim.left > 0 && isStillOurs(key)) {
        due.push([key, claim.left]);
        this.#claims.set(key, { due: now + REPEAT_AGAIN_MS, left: claim.left - 1 });
      }
    }
    return due;
  }
}
