import type { ContextName, UniqueId } from '../../base/index.js';
import { isSettled, witnessesOf, type MemberProgress } from './member-progress.js';
import type { TransferSettings } from './transfer-settings.js';

/** When everybody is asked, and when that is over: every member has answered or had its chance. */
export class TransferRounds {
  readonly #settings: TransferSettings;
  #current: { readonly begunAt: number; progressAt: number } | null = null;
  #lastBegunAt = -Infinity;
  #due = Infinity;
  #synchronisedSince: number | null = null;

  constructor(settings: TransferSettings) {
    this.#settings = settings;
  }

  /** Whether a round goes on. */
  get isOpen(): boolean {
    return this.#current !== null;
  }

  /** Since when the last round has been over; null while one goes on, and before the first. */
  get synchronisedSince(): number | null {
    return this.#synchronisedSince;
  }

  /** When the next one is to begin. */
  get due(): number {
    return this.#due;
  }

  /** When the one that goes on is over at the latest. */
  get deadline(): number {
    const { roundTimeout, maxRoundTime } = this.#settings;
    const round = this.#current;
    return round === null
      ? Infinity
      : Math.min(round.progressAt + roundTimeout, round.begunAt + maxRoundTime);
  }

  begin(now: number): void {
    this.#current = { begunAt: now, progressAt: now };
    this.#lastBegunAt = now;
    this.#due = Infinity;
    this.#synchronisedSince = null;
  }

  /** Another one is to begin, but not at once after the last. */
  beginAgain(now: number): void {
    this.#due = Math.max(now, this.#lastBegunAt + this.#settings.askAgainPause);
  }

  /** Something has come. */
  progressed(now: number): void {
    if (this.#current !== null) {
      this.#current.progressAt = now;
    }
  }

  /** Whether the round waits for that member: who has come since begins with what others have. */
  asks({ member, startedAt }: MemberProgress): boolean {
    return this.#current !== null && (member.mirror || startedAt < this.#current.begunAt);
  }

  /** Ends the round if it is over: then with the members whose state has come whole, by context; null otherwise. */
  check(members: readonly MemberProgress[], now: number): Map<ContextName, Set<UniqueId>> | null {
    const isOver = members.filter((member) => this.asks(member)).every(isSettled) || now >= this.deadline;
    if (this.#current === null || !isOver) {
      return null;
    }
    this.#current = null;
    this.#synchronisedSince = now;
    return witnessesOf(members);
  }
}
