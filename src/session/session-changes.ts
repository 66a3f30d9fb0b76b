import type { SessionId, SessionRecord, SessionScalars, ShareGroup, UniqueId } from '../base/index.js';
import type { ContextName } from '../base/index.js';
import { changeKey, type ChangeKey, type Stamp } from './order/change-order.js';
import { confirmedAlso } from './order/confirmers.js';
import {
  emptyDelta,
  type ListenerChange,
  type NamedChanges,
  type SessionDelta,
} from './message/session-delta.js';
import { replaced, without } from './share-groups.js';

/**
 * What a manager of Tomcat takes from its context for a session that was created elsewhere; we have no context. Tomcat's
 * own default (`session-timeout` of 30 minutes in conf/web.xml); the delta that follows brings the true value.
 */
const DEFAULT_MAX_INACTIVE_INTERVAL = 1800;

/** One session of a state transfer. */
export interface TransferredSession extends Omit<SessionScalars, 'authType' | 'isValid'> {
  readonly id: SessionId;
  readonly attributes: readonly ShareGroup[];
  readonly principal: Buffer | null;
  /** The notes of the two slots that are not empty; null where the sender writes no slots. */
  readonly notes: readonly ShareGroup[] | null;
  readonly listeners: readonly Buffer[];
}

/** Names of the notes that whole sessions have slots for (`DeltaSession.doWriteObject`), in their order. */
export const SLOT_NOTES: readonly [string, string] = [
  'org.apache.catalina.authenticator.SESSION_ID',
  'org.apache.catalina.authenticator.REQUEST',
];

/** A session as `DeltaManager.handleSESSION_CREATED` makes it; `endAccess()` has cleared the new flag. */
export function createdSession(
  context: ContextName,
  id: SessionId,
  stamp: Stamp,
  now: number,
): SessionRecord {
  return {
    context,
    id,
    creationTime: stamp.timestamp,
    lastAccessedTime: stamp.timestamp,
    thisAccessedTime: stamp.timestamp,
    maxInactiveInterval: DEFAULT_MAX_INACTIVE_INTERVAL,
    isNew: false,
    isValid: true,
    authType: null,
    attributes: [],
    principal: null,
    notes: [],
    listeners: [],
    receivedAt: now,
    source: stamp.sender,
    confirmedBy: confirmedAlso([], stamp.sender),
    version: 1,
  };
}

/**
 * A session as `DeltaManager.deserializeSessions` makes it: valid, whatever the donor says.
 *
 * @param receivedAt since when it has been idle as far as we know, by our clock.
 */
export function transferredSession(
  context: ContextName,
  session: TransferredSession,
  donor: UniqueId,
  receivedAt: number,
): SessionRecord {
  return {
    context,
    id: session.id,
    creationTime: session.creationTime,
    lastAccessedTime: session.lastAccessedTime,
    thisAccessedTime: session.thisAccessedTime,
    maxInactiveInterval: session.maxInactiveInterval,
    isNew: session.isNew,
    isValid: true,
    authType: null,
    attributes: session.attributes,
    principal: session.principal,
    notes: session.notes ?? [],
    listeners: session.listeners,
    receivedAt,
    source: donor,
    confirmedBy: confirmedAlso([], donor),
    version: 1,
  };
}

/**
 * The session after `delta` (`DeltaRequest.execute`): its actions in order, between `access()` and `endAccess()`.
 * @param accessed whether no younger access by the same sender has come before.
 */
export function withDelta(
  record: SessionRecord,
  delta: SessionDelta,
  stamp: Stamp,
  now: number,
  accessed: boolean,
): SessionRecord {
  const { maxInactiveInterval, authType, principal } = delta;
  return {
    context: record.context,
    id: record.id,
    creationTime: record.creationTime,
    lastAccessedTime: accessed ? stamp.timestamp : record.lastAccessedTime,
    thisAccessedTime: accessed ? stamp.timestamp : record.thisAccessedTime,
    maxInactiveInterval: maxInactiveInterval ?? record.maxInactiveInterval,
    isNew: accessed ? false : record.isNew,
    isValid: record.isValid,
    authType: authType === undefined ? record.authType : authType,
    attributes: changedGroups(record.attributes, delta.attributes),
    principal: principal === undefined ? record.principal : principal,
    notes: changedGroups(record.notes, delta.notes),
    listeners: changedListeners(record.listeners, delta.listeners),
    receivedAt: now,
    source: stamp.sender,
    confirmedBy: confirmedAlso(record.confirmedBy, stamp.sender),
    version: record.version + 1,
  };
}

/** The session after an ACCESSED message: `access()` and `endAccess()`. */
export function withAccess(record: SessionRecord, stamp: Stamp, now: number): SessionRecord {
  return withDelta(record, emptyDelta, stamp, now, true);
}

/**
 * `transferred`, with what `live` says has been changed since the state was asked for. What a transfer does not carry
 * (authentication type, notes without a slot) stays as it is.
 */
export function withTransfer(
  record: SessionRecord,
  transferred: SessionRecord,
  hasNoteSlots: boolean,
  live: ReadonlySet<ChangeKey>,
): SessionRecord {
  const liveAttribute = (name: string): boolean => live.has(changeKey.attribute(name));
  const keptNote = (name: string): boolean =>
    live.has(changeKey.note(name)) || !hasNoteSlots || !SLOT_NOTES.includes(name);
  const accessed = live.has(changeKey.accessed) ? record : transferred;
  return {
    context: transferred.context,
    id: record.id,
    creationTime: transferred.creationTime,
    lastAccessedTime: accessed.lastAccessedTime,
    thisAccessedTime: accessed.thisAccessedTime,
    maxInactiveInterval: (live.has(changeKey.maxInactiveInterval) ? record : transferred).maxInactiveInterval,
    isNew: accessed.isNew,
    isValid: transferred.isValid,
    authType: record.authType,
    attributes: overlaid(transferred.attributes, record.attributes, liveAttribute),
    principal: (live.has(changeKey.principal) ? record : transferred).principal,
    notes: overlaid(transferred.notes, record.notes, keptNote),
    listeners: overlaidListeners(record, transferred, live),
    receivedAt: Math.max(record.receivedAt, transferred.receivedAt),
    source: accessed.source,
    confirmedBy: transferred.confirmedBy.reduceRight(confirmedAlso, record.confirmedBy),
    version: record.version + 1,
  };
}

/** True when both hold the same, whoever sent them and whenever. */
export function sameContent(a: SessionRecord, b: SessionRecord): boolean {
  return (
    a.creationTime === b.creationTime &&
    a.maxInactiveInterval === b.maxInactiveInterval &&
    a.isNew === b.isNew &&
    a.authType === b.authType &&
    sameBytes(a.principal, b.principal) &&
    sameGroups(a.attributes, b.attributes) &&
    sameGroups(a.notes, b.notes) &&
    sameListeners(a.listeners, b.listeners)
  );
}

function changedGroups(groups: readonly ShareGroup[], { set, removed }: NamedChanges): readonly ShareGroup[] {
  return set.length === 0 && removed.length === 0 ? groups : replaced(groups, set, removed);
}

function changedListeners(
  listeners: readonly Buffer[],
  changes: readonly ListenerChange[],
): readonly Buffer[] {
  return changes.reduce((result, { action, stream }) => {
    const others = result.filter((listener) => !listener.equals(stream));
    return action === 'add' ? [...others, stream] : others;
  }, listeners);
}

/** `groups`, with the names that `isTop` says are taken from `top` taken from there, absence included. */
function overlaid(
  groups: readonly ShareGroup[],
  top: readonly ShareGroup[],
  isTop: (name: string) => boolean,
): readonly ShareGroup[] {
  return [...without(groups, isTop), ...without(top, (name) => !isTop(name))];
}

function overlaidListeners(
  record: SessionRecord,
  transferred: SessionRecord,
  live: ReadonlySet<ChangeKey>,
): readonly Buffer[] {
  const isLive = (stream: Buffer): boolean => live.has(changeKey.listener(stream));
  return [...transferred.listeners.filter((stream) => !isLive(stream)), ...record.listeners.filter(isLive)];
}

/** Whether both hold the same values under the same names, in whatever order. */
export function sameGroups(a: readonly ShareGroup[], b: readonly ShareGroup[]): boolean {
  if (a === b) {
    return true;
  }
  const streams = new Map(b.map((group) => [JSON.stringify(group.names), group.stream]));
  return (
    a.length === b.length &&
    a.every(({ names, stream }) => sameBytes(stream, streams.get(JSON.stringify(names)) ?? null))
  );
}

export function sameListeners(a: readonly Buffer[], b: readonly Buffer[]): boolean {
  return a === b || (a.length === b.length && a.every((stream, i) => sameBytes(stream, b[i] ?? null)));
}

export function sameBytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === b || (a !== null && b !== null && a.equals(b));
}
