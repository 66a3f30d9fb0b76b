import type { SessionRecord } from '../../base/index.js';
import { idleDeadline } from '../idle-deadline.js';

/** What becomes of a session of an archive. */
export type ImportOutcome =
  /** There was none of that id. */
  | 'new'
  /** The one that was there was accessed earlier, or was to be overwritten. */
  | 'replaced'
  /** The one that is there was accessed as late, or later. */
  | 'kept'
  /** It was idle for too long already when the archive was made. */
  | 'idle'
  /** It has expired here since. */
  | 'expired'
  /** It is of one context too many (`session.maxContexts`). */
  | 'refused';

export interface ImportOptions {
  /** When the sessions were as the archive has them, by the clock of their `receivedAt`. */
  readonly asOf: number;
  /** Whether what is there gives way, though it be younger. */
  readonly overwrite: boolean;
  /** Nothing is changed; the outcome is what it would be. */
  readonly dryRun: boolean;
}

/** Takes sessions of archives in. */
export interface SessionImporter {
  /** As `SessionStore.checkRoom`: nothing while there is room for another session, or a promise of it. Error: TRIBES_E_STORE_FULL. */
  checkRoom(): Promise<void> | undefined;
  /** Synchronous, as every change is. */
  importSession(record: SessionRecord, options: ImportOptions): ImportOutcome;
  /** Resolves when what was imported is at rest. Error: TRIBES_E_STORE_WRITE. */
  settle(): Promise<void>;
}

/** How many sessions had which outcome. */
export type ImportTally = Record<ImportOutcome, number>;

export const emptyTally = (): ImportTally => ({
  new: 0,
  replaced: 0,
  kept: 0,
  idle: 0,
  expired: 0,
  refused: 0,
});

/** How long the event loop is held before others get their turn, in milliseconds. */
const SLICE_MS = 4;

/** Imports `records`, in slices and no faster than they come to rest, and adds to `tally`. Error: TRIBES_E_STORE_FULL. */
export async function importSessions(
  importer: SessionImporter,
  records: Iterable<SessionRecord>,
  options: ImportOptions,
  tally: ImportTally,
): Promise<void> {
  let sliceEnd = performance.now() + SLICE_MS;
  for (const record of records) {
    const room = options.dryRun ? undefined : importer.checkRoom();
    if (room !== undefined) {
      await room;
    }
    tally[importer.importSession(record, options)]++;
    if (performance.now() > sliceEnd) {
      await new Promise((resolve) => void setImmediate(resolve));
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
}

/**
 * The session as it begins to live here. The time that it has spent in the archive does not count as idle. Of the time
 * before, what is beyond one `maxInactiveInterval` does: so much its Tomcat need not have told of (`idleDeadline`), and it
 * shall not end before the Tomcats of this cluster have been started. Nobody here has sent or confirmed it.
 */
export function importedSession(record: SessionRecord, asOf: number, now: number): SessionRecord {
  const untoldMs = 1000 * Math.max(0, record.maxInactiveInterval);
  const idleMs = Math.max(0, asOf - record.receivedAt - untoldMs);
  return { ...record, receivedAt: now - idleMs, source: null, confirmedBy: [] };
}

/** What becomes of `incoming` beside the session that is there. */
export function outcomeOf(
  existing: SessionRecord | undefined,
  incoming: SessionRecord,
  now: number,
  overwrite: boolean,
): ImportOutcome {
  if (idleDeadline(incoming, incoming.receivedAt, -Infinity) <= now) {
    return 'idle';
  }
  if (existing === undefined) {
    return 'new';
  }
  return overwrite || incoming.lastAccessedTime > existing.lastAccessedTime ? 'replaced' : 'kept';
}
