import type { ContextName, UniqueId } from '../../base/index.js';
import type { MissingState, TransferState } from '../session-mirror.js';

/** What the machine needs to know of a member. */
export interface TransferMember {
  readonly uniqueId: UniqueId;
  readonly name: string;
  /** Milliseconds since its start, as it says; 0 for a mirror that is not synchronised, or is to be nobody's source. */
  readonly age: number;
  /** A node such as this one: it answers at any time. */
  readonly mirror: boolean;
  /** It has been here before, and has run since: we were cut off from each other. */
  readonly returns: boolean;
}

/** How far one request of a member has come, and what came of it. */
export interface Progress {
  state: TransferState;
  /** Requests since the last answer. */
  attempts: number;
  /** While it is pending: when it may be asked. */
  notBefore: number;
  /** While it is requested: when we stop waiting. */
  deadline: number;
  /** Whether anything has come since it was asked. */
  answered: boolean;
  /** Whether any sessions have come since it was asked. */
  came: boolean;
  /** Since it was asked, a message that was being received ended in the middle. */
  brokenOff: boolean;
  /** When it last said that all had been sent; -Infinity before that. */
  endedAt: number;
  /** How often it has said so when that was not what we got, since it was last asked for what it had told of. */
  emptyEnds: number;
  /** What it says that it has sent did not come, or not all of it. */
  missing: MissingState | null;
  /** It has told of sessions that we did not have, and was asked for them. */
  isAskedFor: boolean;
  /** Something of what came could not be read. */
  torn: boolean;
  /** It asked for its own state: that it does not have a session says nothing. */
  readonly beganEmpty: boolean;
  /** It was itself waiting for the states of others when it answered. */
  partial: boolean;
}

/** How far we are with one member. */
export interface MemberProgress {
  readonly member: TransferMember;
  /** Our time of its start. */
  readonly startedAt: number;
  /** The request for all contexts. */
  readonly all: Progress;
  readonly contexts: Map<ContextName, Progress>;
  /** Contexts whose sessions it waits for, from us: meanwhile it drops what it is asked. */
  readonly waitsFor: Set<ContextName>;
  /** When something last came of what it was asked for; null before that. */
  answeredAt: number | null;
  /** Requests of any kind since then. */
  unanswered: number;
  /** It has shown that BackupManagers keep sessions of it: these answer no request. */
  hasBackupManagers: boolean;
  /** When what it sends may make us ask again for what it was silent about; null when there is nothing of that sort. */
  silentUntil: number | null;
  silencePause: number;
}

export interface NextRequest {
  readonly part: Progress;
  readonly context: ContextName | null;
}

export function pendingAt(notBefore: number): Progress {
  return {
    state: 'pending',
    attempts: 0,
    notBefore,
    deadline: Infinity,
    answered: false,
    came: false,
    brokenOff: false,
    endedAt: -Infinity,
    emptyEnds: 0,
    missing: null,
    isAskedFor: false,
    torn: false,
    beganEmpty: false,
    partial: false,
  };
}

/** Data that come behind the end (their acknowledgement was late) do not open the transfer again. */
export function whileComing(state: TransferState): TransferState {
  return state === 'complete' ? 'complete' : 'requested';
}

export function isRequested(part: Progress): boolean {
  return part.state === 'requested';
}

/** What to ask the member for next: everything first, then what it has shown since. */
export function nextRequest({ all, contexts, waitsFor }: MemberProgress): NextRequest | null {
  if (waitsFor.size > 0) {
    return null;
  }
  if (all.state === 'pending') {
    return { part: all, context: null };
  }
  for (const [context, part] of contexts) {
    if (part.state === 'pending' && all.state !== 'requested') {
      return { part, context };
    }
  }
  return null;
}

const isOpen = ({ state }: Progress): boolean => state === 'pending' || state === 'requested';

/** Whether BackupManagers are all that the member has, as far as it has shown. */
export function isBackupOnly({ hasBackupManagers, contexts }: MemberProgress): boolean {
  return hasBackupManagers && contexts.size === 0;
}

/** Whether the member has answered everything that it was asked, or had its chance to. */
export function isSettled({ all, contexts }: MemberProgress): boolean {
  return !isOpen(all) && ![...contexts.values()].some(isOpen);
}

/** Whether the member may still tell us of sessions of that context. One that takes its own from us has nothing to tell. */
export function mayTell({ all, contexts }: MemberProgress, context: ContextName): boolean {
  const parts = [...contexts.values()];
  return !parts.some(({ beganEmpty }) => beganEmpty) && isOpen(contexts.get(context) ?? all);
}

/** For each context, the members whose state has come whole. */
export function witnessesOf(members: readonly MemberProgress[]): Map<ContextName, Set<UniqueId>> {
  const witnesses = new Map<ContextName, Set<UniqueId>>();
  for (const { member, contexts } of members) {
    for (const [context, { state, missing, torn, beganEmpty, partial }] of contexts) {
      if (state === 'complete' && missing === null && !torn && !beganEmpty && !partial) {
        const known = witnesses.get(context) ?? new Set<UniqueId>();
        witnesses.set(context, known.add(member.uniqueId));
      }
    }
  }
  return witnesses;
}
