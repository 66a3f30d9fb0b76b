import type { ContextName, UniqueId } from '../../base/index.js';
import {
  isRequested,
  isSettled,
  mayTell,
  nextRequest,
  pendingAt,
  whileComing,
  witnessesOf,
  type MemberProgress,
  type NextRequest,
  type Progress,
  type TransferMember,
} from './member-progress.js';
import type { TransferState } from '../session-mirror.js';

/** Milliseconds, unless said otherwise. */
export interface TransferSettings {
  /**
   * No Tomcat is asked before its managers can be expected to run: that long after its start, by its heartbeat. A
   * manager that waits for its own state drops requests with a warning. Somebody who says 0 is a mirror.
   */
  readonly minimumAge: number;
  /**
   * The same for a Tomcat that starts when we have what there is to have: there is no hurry, since it tells of what
   * it does, and it may itself be asking us, for longer than it usually takes.
   */
  readonly newcomerAge: number;
  /** Nobody is asked earlier than that after it has appeared: it has to know us, to send us what changes meanwhile. */
  readonly settleTime: number;
  /**
   * How long a request may stay without any answer: a Tomcat has written its whole state before it sends anything, and
   * writes it once more when it is asked again.
   */
  readonly answerTimeout: number;
  /** After that long without any answer, the next member is asked. */
  readonly patience: number;
  /** How long a state that has begun to come may pause. */
  readonly progressTimeout: number;
  /** A request for all contexts is done when nothing has come for that long: nobody says how many answers there are. */
  readonly quietTime: number;
  /** The pause before the second request; it doubles with each further one. */
  readonly firstPause: number;
  /** Requests that stay without answer until a member counts as silent. */
  readonly maxAttempts: number;
  /** A silent member that is heard again is asked again, at first after that long; it doubles each time. */
  readonly silencePause: number;
  /** We count as synchronised after that long without progress, whoever has not answered (`stateTransferTimeout`). */
  readonly roundTimeout: number;
  /** And after that long in any case. */
  readonly maxRoundTime: number;
  /**
   * A Tomcat that asks us while we are asking others is answered within that time, with what there is then: half of what
   * it waits by default (`stateTransferTimeout`).
   */
  readonly answerWithin: number;
  /** Nobody is asked for the same context sooner than that after its last answer. */
  readonly askAgainPause: number;
}

export const defaultTransferSettings: TransferSettings = {
  minimumAge: 4000,
  newcomerAge: 15_000,
  settleTime: 1000,
  answerTimeout: 10_000,
  patience: 3000,
  progressTimeout: 20_000,
  quietTime: 500,
  firstPause: 2000,
  maxAttempts: 3,
  silencePause: 30_000,
  roundTimeout: 60_000,
  maxRoundTime: 600_000,
  answerWithin: 30_000,
  askAgainPause: 60_000,
};

export type TransferAction =
  /** Ask for the sessions of one context, or of all. */
  | { readonly type: 'request'; readonly member: UniqueId; readonly context: ContextName | null }
  /** We have been away: what nobody has told us of since then is to be doubted. */
  | { readonly type: 'roundBegun' }
  /**
   * Every member has answered or had its chance.
   * `witnesses`: the members whose state has come whole, by context.
   */
  | { readonly type: 'roundDone'; readonly witnesses: ReadonlyMap<ContextName, ReadonlySet<UniqueId>> };

/** What a method returns that had nothing to do: deadlines are what they were. */
export const UNCHANGED: readonly TransferAction[] = [];

/** What has become of a member's answer. */
export type TransferAnswer =
  /** A part of its state has come, or been taken in. */
  | 'data'
  /** A part could not be read to its end. */
  | 'torn'
  | 'complete'
  | 'no-context-manager';

/** A member that asks us for the sessions of a context. */
export interface Asker {
  readonly uniqueId: UniqueId;
  readonly context: ContextName;
}

interface Outstanding {
  readonly member: MemberProgress;
  readonly context: ContextName | null;
  readonly part: Progress;
  readonly askedAt: number;
}

/**
 * Whom to ask for its sessions, and when: a state machine, driven by what happens and the time.
 *
 * Every member is asked once for all its contexts (GET_ALL_SESSIONS without a name), the oldest first, one at a time
 * unless it is slow to begin. What it names then is what it has; a context that it shows later (by a message about it) is asked for by name. Nobody is
 * asked by name for a context that it has not shown: a Tomcat that does not have it logs a warning
 * (`ClusterSessionListener.messageReceived`). A manager that starts drops requests, so a request without answer is
 * repeated, with growing pauses.
 *
 * A member that asks for its own state begins empty: its context is complete without having been asked for.
 */
export class StateTransfer {
  readonly #settings: TransferSettings;
  readonly #members = new Map<UniqueId, MemberProgress>();
  #outstanding: Outstanding | null = null;
  #round: { readonly begunAt: number; progressAt: number } | null = null;
  #roundBegunAt = -Infinity;
  #joinedAt = Infinity;
  /** When everybody is to be asked anew. */
  #roundDue = Infinity;
  #synchronisedSince: number | null = null;
  /** Since when nobody else has been there; null while somebody is. */
  #aloneSince: number | null = null;
  #leaving = false;
  #actions: TransferAction[] = [];

  constructor(settings: TransferSettings = defaultTransferSettings) {
    this.#settings = settings;
  }

  /**
   * We have joined; those who were there already have heard of us by now (the membership service has waited for that).
   * @param askers who waits for our sessions.
   * @returns what is to be done, as all methods that take a time do.
   */
  begin(
    members: readonly TransferMember[],
    now: number,
    askers: readonly Asker[] = [],
  ): readonly TransferAction[] {
    for (const member of members) {
      this.#add(member, now, now);
    }
    this.#joinedAt = now;
    for (const { uniqueId, context } of askers) {
      const progress = this.#members.get(uniqueId);
      if (progress !== undefined) {
        this.#beginsEmpty(progress, context, now);
        progress.waitsFor.add(context);
      }
    }
    this.#beginRound(now);
    return this.tick(now);
  }

  memberAdded(member: TransferMember, now: number): readonly TransferAction[] {
    const aloneSince = this.#aloneSince;
    this.#add(member, now, now + this.#settings.settleTime);
    if (this.#synchronisedSince !== null && aloneSince !== null && now - member.age < aloneSince) {
      // It has been running while we were alone: we were cut off, and have missed what happened.
      this.#beginRound(now);
    } else if (this.#synchronisedSince !== null && member.returns) {
      // What it has told the others meanwhile we have missed. Not for each of many interruptions, though.
      this.#roundDue = Math.max(now, this.#roundBegunAt + this.#settings.askAgainPause);
    }
    return this.tick(now);
  }

  memberGone(id: UniqueId, now: number): readonly TransferAction[] {
    this.#forget(id);
    return this.tick(now);
  }

  /** The member has sent something. */
  heard(id: UniqueId, now: number): readonly TransferAction[] {
    const progress = this.#members.get(id);
    if (progress === undefined || progress.silentUntil === null || now < progress.silentUntil) {
      return UNCHANGED;
    }
    progress.silentUntil = null;
    progress.silencePause *= 2;
    for (const part of [progress.all, ...progress.contexts.values()]) {
      if (part.state === 'silent') {
        Object.assign(part, pendingAt(now), { attempts: this.#settings.maxAttempts - 1 });
      }
    }
    return this.tick(now);
  }

  /** The member has sent a message about the context, so that it has it. */
  shows(id: UniqueId, context: ContextName, now: number): readonly TransferAction[] {
    const progress = this.#members.get(id);
    const known = progress?.contexts.get(context);
    const isNews = known === undefined || (known.state === 'no-context-manager' && now >= known.notBefore);
    if (progress === undefined || !isNews) {
      return UNCHANGED;
    }
    progress.contexts.set(context, pendingAt(now + this.#settings.settleTime));
    return this.tick(now);
  }

  /** The member asks for the sessions of a context: it begins without any. */
  startsEmpty(id: UniqueId, context: ContextName, now: number): readonly TransferAction[] {
    const progress = this.#members.get(id);
    if (progress === undefined) {
      return UNCHANGED;
    }
    this.#beginsEmpty(progress, context, now);
    return this.tick(now);
  }

  #beginsEmpty(progress: MemberProgress, context: ContextName, now: number): void {
    const empty = { ...pendingAt(now), state: 'complete' as const, beganEmpty: true };
    const part = progress.contexts.get(context);
    progress.contexts.set(context, part?.state === 'requested' ? part : empty);
    // It is starting, and drops what it is asked.
    progress.all.notBefore = Math.max(progress.all.notBefore, now + this.#settings.minimumAge);
  }

  /** Whether the member waits for us to send it the sessions of a context; it is asked nothing meanwhile. */
  waits(id: UniqueId, context: ContextName, waits: boolean, now: number): readonly TransferAction[] {
    const progress = this.#members.get(id);
    if (waits) {
      progress?.waitsFor.add(context);
    } else if (progress?.waitsFor.delete(context) === true) {
      progress.all.notBefore = Math.max(progress.all.notBefore, now + this.#settings.minimumAge);
    }
    return this.tick(now);
  }

  /**
   * Whether somebody else may still tell us of sessions of that context, who was here before us: who comes later begins
   * with what we have.
   */
  mayLearn(asker: UniqueId, context: ContextName): boolean {
    const round = this.#round;
    return (
      round !== null &&
      [...this.#members.values()].some(
        (progress) =>
          progress.member.uniqueId !== asker &&
          (progress.member.mirror || progress.startedAt < round.begunAt) &&
          mayTell(progress, context),
      )
    );
  }

  /**
   * Something has come of the state of a member.
   *
   * @param partial the member is itself waiting for the states of others: what it does not have says nothing.
   */
  answered(
    id: UniqueId,
    context: ContextName,
    answer: TransferAnswer,
    now: number,
    partial = false,
  ): readonly TransferAction[] {
    const progress = this.#members.get(id);
    if (progress === undefined) {
      return UNCHANGED;
    }
    const { all } = progress;
    if (all.state === 'silent' || (all.state === 'pending' && all.attempts > 0)) {
      // A late answer to the request for all contexts.
      all.state = 'complete';
    }
    all.answered = true;
    progress.answeredAt = now;
    progress.unanswered = 0;
    progress.silencePause = this.#settings.silencePause;
    if (this.#round !== null) {
      this.#round.progressAt = now;
    }
    const part = progress.contexts.get(context) ?? pendingAt(now);
    progress.contexts.set(context, part);
    part.answered = true;
    part.attempts = 0;
    part.torn ||= answer === 'torn';
    part.partial = partial;
    part.deadline = now + this.#settings.progressTimeout;
    part.notBefore = now + this.#settings.askAgainPause;
    part.state = answer === 'data' || answer === 'torn' ? whileComing(part.state) : answer;
    return this.tick(now);
  }

  /** The request did not reach the member. */
  requestFailed(id: UniqueId, context: ContextName | null, now: number): readonly TransferAction[] {
    const progress = this.#members.get(id);
    const part = context === null ? progress?.all : progress?.contexts.get(context);
    if (progress !== undefined && part?.state === 'requested' && !part.answered) {
      this.#giveUp(progress, part, now);
    }
    return this.tick(now);
  }

  /** Messages of the member for sessions of that context, which we do not have, keep coming: ask it again. */
  askAgain(id: UniqueId, context: ContextName, now: number): readonly TransferAction[] {
    const part = this.#members.get(id)?.contexts.get(context);
    if (part === undefined || part.state === 'requested' || now < part.notBefore) {
      return UNCHANGED;
    }
    part.state = 'pending';
    return this.tick(now);
  }

  /** We have missed what happened in the last time, whoever told us: a new round begins. */
  missed(now: number): readonly TransferAction[] {
    this.#askEverybodyAgain(now);
    return this.tick(now);
  }

  /** Nobody is asked any more: what comes now is only the rest of what was asked for. */
  leave(): void {
    this.#leaving = true;
  }

  tick(now: number): readonly TransferAction[] {
    if (now >= this.#askAllFrom()) {
      this.#askEverybodyAgain(now);
    }
    for (const progress of this.#members.values()) {
      this.#checkDeadlines(progress, now);
    }
    if (!this.#leaving && now >= this.#nextAskFrom()) {
      this.#outstanding = null;
      this.#askNext(now);
    }
    this.#checkRound(now);
    this.#aloneSince = this.#members.size > 0 ? null : (this.#aloneSince ?? now);
    const actions = this.#actions;
    this.#actions = [];
    return actions;
  }

  /** How far the sessions of that context have come from the member. */
  stateOf(id: UniqueId, context: ContextName): TransferState {
    const progress = this.#members.get(id);
    const part = progress?.contexts.get(context)?.state;
    if (progress === undefined || part !== undefined) {
      return part ?? 'pending';
    }
    // What it did not name when it was asked for everything, it does not have.
    return progress.all.state === 'complete' ? 'no-context-manager' : progress.all.state;
  }

  /** Whether something of what came from the member could not be read. */
  isTorn(id: UniqueId, context: ContextName): boolean {
    return this.#members.get(id)?.contexts.get(context)?.torn ?? false;
  }

  /** True while sessions that messages wait for may still be on their way. */
  get isTransferring(): boolean {
    return this.#round !== null || this.#outstanding?.part.state === 'requested';
  }

  /** True while somebody may be sending what it was asked for. */
  get isAwaited(): boolean {
    return [...this.#members.values()].some(({ all, contexts }) =>
      [all, ...contexts.values()].some(isRequested),
    );
  }

  get synchronisedSince(): number | null {
    return this.#synchronisedSince;
  }

  /** Why we are not synchronised, in words. */
  get reason(): string {
    const outstanding = this.#outstanding;
    const waiting = [...this.#members.values()].filter((progress) => !isSettled(progress)).length;
    if (outstanding !== null) {
      const what = outstanding.context === null ? 'all contexts' : `context ${outstanding.context}`;
      return `asked ${outstanding.member.member.name} for the sessions of ${what}; ${waiting} of ${this.#members.size} members to go`;
    }
    return this.#round === null
      ? 'not joined yet'
      : `${waiting} of ${this.#members.size} members have still to be asked for their sessions`;
  }

  /** When `tick` has to be called at the latest; Infinity when only an event can change anything. */
  nextDeadline(): number {
    const nextAskFrom = this.#nextAskFrom();
    let earliest = Math.min(this.#roundDeadline(), this.#askAllFrom());
    for (const progress of this.#members.values()) {
      const nextAsk = nextRequest(progress)?.part.notBefore ?? Infinity;
      earliest = Math.min(earliest, this.#deadlineOf(progress), Math.max(nextAsk, nextAskFrom));
    }
    return earliest;
  }

  /** When everybody is asked anew: not while somebody is answering. */
  #askAllFrom(): number {
    return this.#leaving || this.#outstanding?.part.state === 'requested' ? Infinity : this.#roundDue;
  }

  /** From when on somebody else may be asked. */
  #nextAskFrom(): number {
    if (this.#outstanding?.part.state !== 'requested') {
      return -Infinity;
    }
    return this.#outstanding.part.answered ? Infinity : this.#outstanding.askedAt + this.#settings.patience;
  }

  #add(
    member: TransferMember,
    now: number,
    knowsUsFrom: number,
    waitsFor: Set<ContextName> = new Set(),
  ): void {
    const { minimumAge, newcomerAge, silencePause } = this.#settings;
    const startedAt = now - member.age;
    const isNewcomer = startedAt >= this.#joinedAt && !member.mirror;
    const mayRunFrom = member.age === 0 ? now : startedAt + (isNewcomer ? newcomerAge : minimumAge);
    this.#forget(member.uniqueId);
    this.#members.set(member.uniqueId, {
      member,
      startedAt,
      all: pendingAt(Math.max(knowsUsFrom, mayRunFrom)),
      contexts: new Map(),
      waitsFor,
      answeredAt: null,
      unanswered: 0,
      silentUntil: null,
      silencePause,
    });
  }

  #forget(id: UniqueId): void {
    this.#members.delete(id);
    if (this.#outstanding?.member.member.uniqueId === id) {
      this.#outstanding = null;
    }
  }

  #askEverybodyAgain(now: number): void {
    this.#outstanding = null;
    for (const { member, startedAt, waitsFor } of [...this.#members.values()]) {
      this.#add({ ...member, age: now - startedAt }, now, now, waitsFor);
    }
    this.#beginRound(now);
  }

  #beginRound(now: number): void {
    this.#round = { begunAt: now, progressAt: now };
    this.#roundBegunAt = now;
    this.#roundDue = Infinity;
    this.#synchronisedSince = null;
    this.#actions.push({ type: 'roundBegun' });
  }

  #checkRound(now: number): void {
    const round = this.#round;
    if (round === null) {
      return;
    }
    const members = [...this.#members.values()];
    // Who has come since begins with what others have.
    const asked = members.filter(({ member, startedAt }) => member.mirror || startedAt < round.begunAt);
    if (asked.every(isSettled) || now >= this.#roundDeadline()) {
      this.#round = null;
      this.#synchronisedSince = now;
      this.#actions.push({ type: 'roundDone', witnesses: witnessesOf(members) });
    }
  }

  #roundDeadline(): number {
    const { roundTimeout, maxRoundTime } = this.#settings;
    const round = this.#round;
    return round === null
      ? Infinity
      : Math.min(round.progressAt + roundTimeout, round.begunAt + maxRoundTime);
  }

  #deadlineOf(progress: MemberProgress): number {
    let earliest = progress.all.state === 'requested' ? this.#quietFrom(progress) : Infinity;
    for (const { state, deadline } of progress.contexts.values()) {
      if (state === 'requested') {
        earliest = Math.min(earliest, deadline);
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
        this.#giveUp(progress, part, now);
      }
    }
    const { all } = progress;
    if (isRequested(all) && now >= this.#quietFrom(progress)) {
      if (all.answered) {
        all.state = 'complete';
      } else {
        this.#giveUp(progress, all, now);
      }
    }
  }

  /** Nothing has come, or not all of it. */
  #giveUp(progress: MemberProgress, part: Progress, now: number): void {
    const { maxAttempts, firstPause } = this.#settings;
    progress.unanswered++;
    part.attempts++;
    part.notBefore = now + firstPause * 2 ** (part.attempts - 1);
    // Who has begun to send and broken off is not asked for the same at once.
    const isSilent = part.answered || part.attempts >= maxAttempts;
    part.state = isSilent ? 'silent' : 'pending';
    if (isSilent || progress.unanswered >= maxAttempts) {
      this.#fallSilent(progress, now);
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

  #askNext(now: number): void {
    for (const progress of this.#oldestFirst()) {
      const next = nextRequest(progress);
      if (next !== null && next.part.notBefore <= now) {
        this.#ask(progress, next, now);
        return;
      }
    }
  }

  #ask(member: MemberProgress, { part, context }: NextRequest, now: number): void {
    part.state = 'requested';
    part.answered = false;
    part.torn = false;
    part.deadline = now + this.#settings.answerTimeout;
    this.#outstanding = { member, context, part, askedAt: now };
    this.#actions.push({ type: 'request', member: member.member.uniqueId, context });
  }

  #oldestFirst(): MemberProgress[] {
    // Mirrors last: what Tomcats have told of they need not be believed for.
    return [...this.#members.values()].sort(
      (a, b) => Number(a.member.mirror) - Number(b.member.mirror) || a.startedAt - b.startedAt,
    );
  }
}
