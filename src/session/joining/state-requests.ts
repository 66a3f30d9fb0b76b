import type { ContextName, UniqueId } from '../../base/index.js';
import {
  isBackupOnly,
  isRequested,
  nextRequest,
  pendingAt,
  whileComing,
  type MemberProgress,
  type Progress,
} from './member-progress.js';
import type { TransferAnswer } from './transfer-action.js';
import type { TransferSettings } from './transfer-settings.js';

/** What a member was last asked for. */
export interface StateRequest {
  readonly member: MemberProgress;
  /** Null: all contexts. */
  readonly context: ContextName | null;
  readonly part: Progress;
  readonly askedAt: number;
}

/** A pause before a member is asked again that could not send its sessions doubles so often at most. */
const MAX_DOUBLINGS = 6;

/** The member has sessions that it could not send as often as it was asked: ever more rarely it is asked again. */
function isToBeRepeated({ state, missing }: Progress): boolean {
  return state === 'complete' && missing === 'broken-off';
}

/** One request after the other, the oldest member first: which is next, what is answered, and what is given up. */
export class StateRequests {
  readonly #members: ReadonlyMap<UniqueId, MemberProgress>;
  readonly #settings: TransferSettings;
  #last: StateRequest | null = null;

  constructor(members: ReadonlyMap<UniqueId, MemberProgress>, settings: TransferSettings) {
    this.#members = members;
    this.#settings = settings;
  }

  /** The last request; null before there is one, and when it does not matter any more. */
  get last(): StateRequest | null {
    return this.#last;
  }

  /** Whether somebody is to answer the last request, or is answering it. */
  get isOpen(): boolean {
    return this.#last?.part.state === 'requested';
  }

  /** The next one need not wait for the last; for that to `member`, if one is given. */
  drop(member?: UniqueId): void {
    if (member === undefined || this.#last?.member.member.uniqueId === member) {
      this.#last = null;
    }
  }

  /** The request that is due, if there is one: it counts as asked. */
  next(now: number): StateRequest | null {
    if (now < this.#nextFrom()) {
      return null;
    }
    this.#last = null;
    for (const member of this.#oldestFirst()) {
      const next = nextRequest(member);
      if (next !== null && next.part.notBefore <= now) {
        const { part, context } = next;
        part.state = 'requested';
        part.answered = false;
        part.came = false;
        part.brokenOff = false;
        part.torn = false;
        part.deadline = now + this.#answerTimeout(member);
        this.#last = { member, context, part, askedAt: now };
        break;
      }
    }
    return this.#last;
  }

  /**
   * Something has come of the state of a member, whether it was asked for just now or before.
   * @returns false when it was the end of what has not come.
   */
  answered(
    progress: MemberProgress,
    context: ContextName,
    { answer, partial }: { readonly answer: TransferAnswer; readonly partial: boolean },
    now: number,
  ): boolean {
    const { all } = progress;
    if (all.state === 'silent' || (all.state === 'pending' && all.attempts > 0)) {
      // A late answer to the request for all contexts.
      all.state = 'complete';
    }
    all.answered = true;
    progress.answeredAt = now;
    progress.unanswered = 0;
    progress.silencePause = this.#settings.silencePause;
    const part = progress.contexts.get(context) ?? pendingAt(now);
    progress.contexts.set(context, part);
    part.answered = true;
    part.attempts = 0;
    part.torn ||= answer === 'torn';
    part.partial = partial;
    part.deadline = now + this.#settings.progressTimeout;
    part.notBefore = now + this.#settings.askAgainPause;
    if (answer === 'complete') {
      return this.#ended(progress, part, now);
    }
    if (answer === 'no-context-manager') {
      part.state = answer;
      return true;
    }
    part.came = true;
    if (isRequested(part) || part.missing === null) {
      part.state = whileComing(part.state);
    } else if (part.missing === 'nothing-came') {
      // It comes behind the end, since its acknowledgement was late.
      this.#endedWith(part);
    }
    return true;
  }

  /** A mirror has told what it has of all contexts: there is no other. */
  answeredAll(progress: MemberProgress, now: number): void {
    progress.all.state = 'complete';
    progress.all.answered = true;
    progress.answeredAt = now;
    progress.unanswered = 0;
    progress.silencePause = this.#settings.silencePause;
  }

  /**
   * A message that was being received has ended in the middle: it may have been of a state that is being sent, or was until now.
   * @param missing called for each context of a member that counted as sent, and is to be doubted now.
   */
  brokenOff(now: number, missing: (member: MemberProgress, context: ContextName) => void): void {
    for (const progress of this.#members.values()) {
      progress.all.brokenOff ||= isRequested(progress.all);
      for (const [context, part] of progress.contexts) {
        if (isRequested(part)) {
          part.brokenOff = true;
        } else if (!part.brokenOff && now - part.endedAt < this.#settings.brokenOffWithin) {
          part.brokenOff = true;
          part.emptyEnds += part.missing === null ? 1 : 0;
          this.#endedWithout(part, now);
          missing(progress, context);
        }
      }
    }
  }

  /** The member says that all has been sent. Returns whether it has come. */
  #ended(progress: MemberProgress, part: Progress, now: number): boolean {
    const { all } = progress;
    part.endedAt = now;
    if (all.brokenOff) {
      // It answers for one context after the other, and the first of the sessions of this one broke off.
      part.brokenOff = true;
      all.brokenOff = false;
    }
    if (part.came && !part.brokenOff) {
      this.#endedWith(part);
      return true;
    }
    part.emptyEnds++;
    this.#endedWithout(part, now);
    return false;
  }

  #endedWith(part: Progress): void {
    part.state = 'complete';
    part.missing = null;
  }

  /** It is asked again, after a pause; when that was in vain, nothing waits for it any more. */
  #endedWithout(part: Progress, now: number): void {
    const { maxBrokenOff, maxNothingCame, firstPause, askAgainPause } = this.#settings;
    const isLast = part.emptyEnds >= (part.brokenOff ? maxBrokenOff : maxNothingCame);
    part.missing = part.brokenOff ? 'broken-off' : 'nothing-came';
    part.state = isLast ? 'complete' : 'pending';
    const pause = isLast ? askAgainPause : firstPause;
    part.notBefore = now + pause * 2 ** Math.min(part.emptyEnds - 1, MAX_DOUBLINGS);
  }

  /** A member that was silent has sent something: it may be asked once more. False if it does not come to that. */
  heardAgain(progress: MemberProgress, now: number): boolean {
    if (progress.silentUntil === null || now < progress.silentUntil) {
      return false;
    }
    progress.silentUntil = null;
    progress.silencePause *= 2;
    for (const part of [progress.all, ...progress.contexts.values()]) {
      if (part.state === 'silent') {
        Object.assign(part, pendingAt(now), { attempts: this.#settings.maxAttempts - 1 });
      }
    }
    return true;
  }

  /** Gives up what has been waited for too long. */
  checkDeadlines(now: number): void {
    for (const progress of this.#members.values()) {
      this.#checkDeadlines(progress, now);
    }
  }

  /** Nothing has come, or not all of it. */
  giveUp(progress: MemberProgress, part: Progress, now: number): void {
    progress.unanswered++;
    part.attempts++;
    part.notBefore = now + this.#settings.firstPause * 2 ** (part.attempts - 1);
    // Who has begun to send and broken off is not asked for the same at once.
    const isSilent = part.answered || part.attempts >= this.#attempts(progress);
    part.state = isSilent ? 'silent' : 'pending';
    if (isSilent || progress.unanswered >= this.#settings.maxAttempts) {
      this.#fallSilent(progress, now);
    }
  }

  /** The member has shown that it has BackupManagers: what it has not answered so far need not be asked again at once. */
  hasBackupManagers(progress: MemberProgress, now: number): void {
    progress.hasBackupManagers = true;
    const { all } = progress;
    if (all.state === 'requested' && isBackupOnly(progress)) {
      all.deadline = Math.min(all.deadline, now + this.#answerTimeout(progress));
    }
    if (all.state === 'pending' && all.attempts >= this.#attempts(progress)) {
      all.state = 'silent';
      this.#fallSilent(progress, now);
    }
  }

  /** Whoever has DeltaManagers too answers soon; whoever has none never does. */
  #answerTimeout(progress: MemberProgress): number {
    const { answerTimeout, backupAnswerTimeout } = this.#settings;
    return isBackupOnly(progress) ? Math.min(answerTimeout, backupAnswerTimeout) : answerTimeout;
  }

  /** Several, since a DeltaManager drops requests while it starts. */
  #attempts(progress: MemberProgress): number {
    return isBackupOnly(progress) ? 1 : this.#settings.maxAttempts;
  }

  /**
   * When `next` or `checkDeadlines` has something to do at the earliest.
   * @param asks whether anybody is asked any more.
   */
  nextDeadline(asks: boolean): number {
    const nextFrom = this.#nextFrom();
    let earliest = Infinity;
    for (const progress of this.#members.values()) {
      const nextAsk = asks ? (nextRequest(progress)?.part.notBefore ?? Infinity) : Infinity;
      earliest = Math.min(earliest, this.#deadlineOf(progress, asks), Math.max(nextAsk, nextFrom));
    }
    return earliest;
  }

  /** From when on somebody else may be asked. */
  #nextFrom(): number {
    if (this.#last?.part.state !== 'requested') {
      return -Infinity;
    }
    return this.#last.part.answered ? Infinity : this.#last.askedAt + this.#settings.patience;
  }

  #deadlineOf(progress: MemberProgress, asks: boolean): number {
    let earliest = progress.all.state === 'requested' ? this.#quietFrom(progress) : Infinity;
    for (const part of progress.contexts.values()) {
      if (isRequested(part)) {
        earliest = Math.min(earliest, part.deadline);
      } else if (asks && isToBeRepeated(part)) {
        earliest = Math.min(earliest, part.notBefore);
      }
    }
    return earliest;
  }

  /** When the request for all contexts is over, if nothing more comes until then. */
  #quietFrom({ all, answeredAt, contexts }: MemberProgress): number {
    if (!all.answered || answeredAt === null) {
      return all.deadline;
    }
    return [...contexts.values()].some(isRequested) ? Infinity : answeredAt + this.#settings.quietTime;
  }

  #checkDeadlines(progress: MemberProgress, now: number): void {
    for (const part of progress.contexts.values()) {
      if (isRequested(part) && now >= part.deadline) {
        this.giveUp(progress, part, now);
      } else if (isToBeRepeated(part) && now >= part.notBefore) {
        part.state = 'pending';
      }
    }
    const { all } = progress;
    if (isRequested(all) && now >= this.#quietFrom(progress)) {
      if (all.answered) {
        all.state = 'complete';
      } else {
        this.giveUp(progress, all, now);
      }
    }
  }

  #fallSilent(progress: MemberProgress, now: number): void {
    progress.silentUntil = now + progress.silencePause;
    if (progress.unanswered >= this.#settings.maxAttempts) {
      for (const part of [progress.all, ...progress.contexts.values()]) {
        part.state = part.state === 'pending' ? 'silent' : part.state;
      }
    }
  }

  #oldestFirst(): MemberProgress[] {
    // Mirrors last: what Tomcats have told of they need not be believed for.
    return [...this.#members.values()].sort(
      (a, b) => Number(a.member.mirror) - Number(b.member.mirror) || a.startedAt - b.startedAt,
    );
  }
}
