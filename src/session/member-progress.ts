import type { ContextName, UniqueId } from '../base/index.js';
import type { TransferState } from './session-mirror.js';

/** What the machine needs to know of a member. */
export interface TransferMember {
  readonly uniqueId: UniqueId;
  readonly name: string;
  /** Milliseconds since its start, as it says; 0 for a mirror that is not synchronised. */
  readonly age: number;
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
  /** Something of what came could not be read. */
  torn: boolean;
  /** It asked for its own state: that it does not have a session says nothing. */
  readonly beganEmpty: boolean;
}

/** How far we are with one member. */
export interface MemberProgress {
  readonly member: TransferMember;
  /** Our time of its start. */
  readonly startedAt: number;
  /** The request for all contexts. */
  readonly all: Progress;
  readonly contexts: Map<ContextName, Progress>;
  /** When something last came of what it was asked for; null before that. */
  answeredAt: number | null;
  /** Requests of any kind since then. */
  unanswered: number;
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
    torn: false,
    beganEmpty: false,
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
export function nextRequest({ all, contexts }: MemberProgress): NextRequest | null {
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

/** Whether the member has answered everything that it was asked, or had its chance to. */
export function isSettled({ all, contexts }: MemberProgress): boolean {
  const open = (part: Progress): boolean => part.state === 'pending' || part.state === 'requested';
  return !open(all) && ![...contexts.values()].some(open);
}

/** For each context, since when the longest running member has been there whose state has come whole. */
export function witnessesOf(members: readonly MemberProgress[]): Map<ContextName, number> {
  const witnesses = new Map<ContextName, number>();
  for (const { startedAt, contexts } of members) {
    for (const [context, { state, torn, beganEmpty }] of contexts) {
      if (state === 'complete' && !torn && !beganEmpty) {
        witnesses.set(context, Math.min(startedAt, witnesses.get(context) ?? Infinity));
      }
    }
  }
  return witnesses;
}
