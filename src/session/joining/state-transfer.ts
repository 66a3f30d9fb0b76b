import type { ContextName, UniqueId } from '../../base/index.js';
import {
  isRequested,
  isSettled,
  mayTell,
  pendingAt,
  witnessesOf,
  type MemberProgress,
  type TransferMember,
} from './member-progress.js';
import type { MissingState, TransferState } from '../session-mirror.js';
import { StateRequests } from './state-requests.js';
import { UNCHANGED, type TransferAction, type TransferAnswer } from './transfer-action.js';
import { TransferRounds } from './transfer-rounds.js';
import { defaultTransferSettings, type TransferSettings } from './transfer-settings.js';

/** A member that asks us for the sessions of a context. */
export interface Asker {
  readonly uniqueId: UniqueId;
  readonly context: ContextName;
}

/**
 * Whom to ask for its sessions, and when: a state machine, driven by what happens and the time.
 *
 * Every member is asked once for all its contexts (GET_ALL_SESSIONS without a name), the oldest first, one at a time
 * unless it is slow to begin. What it names then is what it has; a context that it shows later (by a message about it) is asked for by name. Nobody is
 * asked by name for a context that it has not shown: a Tomcat that does not have it logs a warning
 * (`ClusterSessionListener.messageReceived`). A manager that starts drops requests, so a request without answer is
 * repeated, with growing pauses; not so to a member that has only BackupManagers, as far as it has shown.
 *
 * A member that asks for its own state begins empty: its context is complete without having been asked for.
 */
export class StateTransfer {
  readonly #settings: TransferSettings;
  readonly #members = new Map<UniqueId, MemberProgress>();
  readonly #requests: StateRequests;
  readonly #rounds: TransferRounds;
  #joinedAt = Infinity;
  /** Since when nobody else has been there; null while somebody is. */
  #aloneSince: number | null = null;
  #leaving = false;
  #actions: TransferAction[] = [];

  constructor(settings: TransferSettings = defaultTransferSettings) {
    this.#settings = settings;
    this.#requests = new StateRequests(this.#members, settings);
    this.#rounds = new TransferRounds(settings);
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
    const { synchronisedSince } = this.#rounds;
    this.#add(member, now, now + this.#settings.settleTime);
    if (synchronisedSince !== null && aloneSince !== null && now - member.age < aloneSince) {
      // It has been running while we were alone: we were cut off, and have missed what happened.
      this.#beginRound(now);
    } else if (synchronisedSince !== null && member.returns) {
      // What it has told the others meanwhile we have missed. Not for each of many interruptions, though.
      this.#rounds.beginAgain(now);
    }
    return this.tick(now);
  }

  memberGone(id: UniqueId, now: number): readonly TransferAction[] {
    this.#forget(id);
    return this.tick(now);
  }

  /** Whether something that the member sends may make us ask it again. */
  isSilent(id: UniqueId): boolean {
    const silentUntil = this.#members.get(id)?.silentUntil;
    return silentUntil !== undefined && silentUntil !== null;
  }

  /** The member has sent something. */
  heard(id: UniqueId, now: number): readonly TransferAction[] {
    const progress = this.#members.get(id);
    return progress !== undefined && this.#requests.heardAgain(progress, now) ? this.tick(now) : UNCHANGED;
  }

  /** Whether it is known that the member has the context, or that it is no member. */
  hasShown(id: UniqueId, context: ContextName): boolean {
    const progress = this.#members.get(id);
    const state = progress?.contexts.get(context)?.state;
    return progress === undefined || (state !== undefined && state !== 'no-context-manager');
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

  /** The member has called a map of a BackupManager. */
  hasBackupManagers(id: UniqueId, now: number): readonly TransferAction[] {
    const progress = this.#members.get(id);
    if (progress === undefined || progress.hasBackupManagers) {
      return UNCHANGED;
    }
    this.#requests.hasBackupManagers(progress, now);
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
    return [...this.#members.values()].some(
      (progress) =>
        progress.member.uniqueId !== asker && this.#rounds.asks(progress) && mayTell(progress, context),
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
    this.#rounds.progressed(now);
    if (!this.#requests.answered(progress, context, { answer, partial }, now)) {
      this.#isMissing(progress, context);
    }
    return this.tick(now);
  }

  /** Nothing more comes of what a mirror was asked for, when it was asked for all contexts. */
  answeredAll(id: UniqueId, now: number): readonly TransferAction[] {
    const progress = this.#members.get(id);
    if (progress === undefined) {
      return UNCHANGED;
    }
    this.#rounds.progressed(now);
    this.#requests.answeredAll(progress, now);
    return this.tick(now);
  }

  /** A message that was being received has ended in the middle: its sender has given up on it, or has gone. */
  brokenOff(now: number): readonly TransferAction[] {
    this.#requests.brokenOff(now, (progress, context) => this.#isMissing(progress, context));
    return this.tick(now);
  }

  #isMissing({ member, contexts }: MemberProgress, context: ContextName): void {
    const part = contexts.get(context);
    if (part !== undefined && part.missing !== null) {
      const { missing, state } = part;
      const again = state === 'pending';
      this.#actions.push({ type: 'missing', member: member.uniqueId, context, missing, again });
    }
  }

  /** The request did not reach the member. */
  requestFailed(id: UniqueId, context: ContextName | null, now: number): readonly TransferAction[] {
    const progress = this.#members.get(id);
    const part = context === null ? progress?.all : progress?.contexts.get(context);
    if (progress !== undefined && part?.state === 'requested' && !part.answered) {
      this.#requests.giveUp(progress, part, now);
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
    part.isAskedFor = true;
    part.emptyEnds = part.missing === null ? 0 : part.emptyEnds;
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
    this.#requests.checkDeadlines(now);
    if (!this.#leaving) {
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

  /** What of the sessions that the member says to have sent did not come; null where there is nothing of that sort. */
  missingOf(id: UniqueId, context: ContextName): MissingState | null {
    return this.#members.get(id)?.contexts.get(context)?.missing ?? null;
  }

  /**
   * Sessions that are missing here: of contexts that no member has given whole, and of which one says that it has sent them,
   * though a message broke off, or nothing came and it tells of sessions that we do not have.
   */
  missing(): readonly { readonly member: TransferMember; readonly context: ContextName }[] {
    const members = [...this.#members.values()];
    const witnesses = witnessesOf(members);
    return members.flatMap(({ member, contexts }) =>
      [...contexts]
        .filter(([context, { missing, isAskedFor }]) => {
          const isCertain = missing === 'broken-off' || (missing !== null && isAskedFor);
          return isCertain && !witnesses.has(context);
        })
        .map(([context]) => ({ member, context })),
    );
  }

  /** True while sessions that messages wait for may still be on their way. */
  get isTransferring(): boolean {
    return this.#rounds.isOpen || this.#requests.isOpen;
  }

  /** True while somebody may be sending what it was asked for. */
  get isAwaited(): boolean {
    return [...this.#members.values()].some(({ all, contexts }) =>
      [all, ...contexts.values()].some(isRequested),
    );
  }

  get synchronisedSince(): number | null {
    return this.#rounds.synchronisedSince;
  }

  /** Why we are not synchronised, in words. */
  get reason(): string {
    const request = this.#requests.last;
    const waiting = [...this.#members.values()].filter((progress) => !isSettled(progress)).length;
    if (request !== null) {
      const what = request.context === null ? 'all contexts' : `context ${request.context}`;
      return `asked ${request.member.member.name} for the sessions of ${what}; ${waiting} of ${this.#members.size} members to go`;
    }
    return this.#rounds.isOpen
      ? `${waiting} of ${this.#members.size} members have still to be asked for their sessions`
      : 'not joined yet';
  }

  /** When `tick` has to be called at the latest; Infinity when only an event can change anything. */
  nextDeadline(): number {
    return Math.min(this.#rounds.deadline, this.#askAllFrom(), this.#requests.nextDeadline(!this.#leaving));
  }

  /** When everybody is asked anew: not while somebody is answering. */
  #askAllFrom(): number {
    return this.#leaving || this.#requests.isOpen ? Infinity : this.#rounds.due;
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
      hasBackupManagers: false,
      silentUntil: null,
      silencePause,
    });
  }

  #forget(id: UniqueId): void {
    this.#members.delete(id);
    this.#requests.drop(id);
  }

  #askEverybodyAgain(now: number): void {
    this.#requests.drop();
    for (const { member, startedAt, waitsFor } of [...this.#members.values()]) {
      this.#add({ ...member, age: now - startedAt }, now, now, waitsFor);
    }
    this.#beginRound(now);
  }

  #beginRound(now: number): void {
    this.#rounds.begin(now);
    this.#actions.push({ type: 'roundBegun' });
  }

  #checkRound(now: number): void {
    const witnesses = this.#rounds.check([...this.#members.values()], now);
    if (witnesses !== null) {
      this.#actions.push({ type: 'roundDone', witnesses });
    }
  }

  #askNext(now: number): void {
    const request = this.#requests.next(now);
    if (request !== null) {
      const { member, context } = request;
      this.#actions.push({ type: 'request', member: member.member.uniqueId, context });
    }
  }
}
