import type { SessionId, SessionRecord, SessionScalars, ShareGroup, UniqueId } from '../base/index.js';
import type { ContextName } from '../base/index.js';
import { changeKey, type ChangeKey, type Stamp } from './order/change-order.js';
import { confirmedAlso } from './order/confirmers.js';
import type { ListenerChange, NamedChanges, SessionDelta } from './message/session-delta.js';
import { namesIn, replaced, without } from './share-groups.js';

/**
 * What a manager of Tomcat takes from its context for a session that was created elsewhere; we have no context. Tomcat's
 * own default (`session-timeout` of 30 minutes in conf/web.xml); the delta that follows brings the true value.
 */
const DEFAULT_MAX_INACTIVE_INTERVAL = 1800;

/** A change as a subscriber is told of it. */
export type SessionChange =
  | { readonly type: 'attributeChanged'; readonly name: string }
  | { readonly type: 'attributeRemoved'; readonly name: string }
  | { readonly type: 'sessionChanged'; readonly fields: readonly string[] }
  | { readonly type: 'sessionAccessed' };

export interface Changed {
  readonly record: SessionRecord;
  readonly changes: readonly SessionChange[];
}

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
    ...session,
    context,
    notes: session.notes ?? [],
    isValid: true,
    authType: null,
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
): Changed {
  const scalars = {
    maxInactiveInterval: delta.maxInactiveInterval ?? record.maxInactiveInterval,
    authType: delta.authType === undefined ? record.authType : delta.authType,
    principal: delta.principal === undefined ? record.principal : delta.principal,
    notes: changedGroups(record.notes, delta.notes),
    listeners: changedListeners(record.listeners, delta.listeners),
  };
  const after: SessionRecord = {
    ...record,
    ...(accessed && { lastAccessedTime: stamp.timestamp, thisAccessedTime: stamp.timestamp, isNew: false }),
    ...scalars,
    attributes: changedGroups(record.attributes, delta.attributes),
    receivedAt: now,
    source: stamp.sender,
    confirmedBy: confirmedAlso(record.confirmedBy, stamp.sender),
    version: record.version + 1,
  };
  const changes = [...attributeChanges(record, delta.attributes), ...scalarChanges(record, after)];
  return { record: after, changes: changes.length === 0 ? [{ type: 'sessionAccessed' }] : changes };
}

/** The session after an ACCESSED message: `access()` and `endAccess()`. */
export function withAccess(record: SessionRecord, stamp: Stamp, now: number): SessionRecord {
  return {
    ...record,
    lastAccessedTime: stamp.timestamp,
    thisAccessedTime: stamp.timestamp,
    isNew: false,
    receivedAt: now,
    source: stamp.sender,
    confirmedBy: confirmedAlso(record.confirmedBy, stamp.sender),
    version: record.version + 1,
  };
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
    ...transferred,
    id: record.id,
    lastAccessedTime: accessed.lastAccessedTime,
    thisAccessedTime: accessed.thisAccessedTime,
    isNew: accessed.isNew,
    source: accessed.source,
    maxInactiveInterval: (live.has(changeKey.maxInactiveInterval) ? record : transferred).maxInactiveInterval,
    principal: (live.has(changeKey.principal) ? record : transferred).principal,
    authType: record.authType,
    attributes: overlaid(transferred.attributes, record.attributes, liveAttribute),
    notes: overlaid(transferred.notes, record.notes, keptNote),
    listeners: overlaidListeners(record, transferred, live),
    receivedAt: Math.max(record.receivedAt, transferred.receivedAt),
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
    sameList(a.listeners, b.listeners, sameBytes)
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

function attributeChanges(before: SessionRecord, { set, removed }: NamedChanges): SessionChange[] {
  const had = namesIn(before.attributes);
  return [
    ...set.flatMap(({ names }) => names).map((name) => ({ type: 'attributeChanged' as const, name })),
    ...removed.filter((name) => had.has(name)).map((name) => ({ type: 'attributeRemoved' as const, name })),
  ];
}

function scalarChanges(before: SessionRecord, after: SessionRecord): SessionChange[] {
  const fields = [
    before.isNew !== after.isNew && 'isNew',
    before.maxInactiveInterval !== after.maxInactiveInterval && 'maxInactiveInterval',
    before.authType !== after.authType && 'authType',
    !sameBytes(before.principal, after.principal) && 'principal',
    !sameList(before.listeners, after.listeners, sameBytes) && 'listeners',
    !sameGroups(before.notes, after.notes) && 'notes',
  ].filter((field) => field !== false);
  return fields.length === 0 ? [] : [{ type: 'sessionChanged', fields }];
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

function sameGroups(a: readonly ShareGroup[], b: readonly ShareGroup[]): boolean {
  if (a === b) {
    return true;
  }
  const streams = new Map(b.map((group) => [JSON.stringify(group.names), group.stream]));
  return (
    a.length === b.length &&
    a.every(({ names, stream }) => sameBytes(stream, streams.get(JSON.stringify(names)) ?? null))
  );
}

function sameBytes(a: Buffer | null, b: Buffer | null): boolean {
  return a === b || (a !== null && b !== null && a.equals(b));
}

function sameList<T>(a: readonly T[], b: readonly T[], same: (a: T, b: T) => boolean): boolean {
  return a === b || (a.length === b.length && a.every((value, i) => i in b && same(value, b[i] as T)));
}
