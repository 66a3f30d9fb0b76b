import type { SessionRecord, ShareGroup } from '../../base/index.js';
import { classesUsed, isOneCommonValue, scannedObjects, type ScannedValue } from '../../java/index.js';
import type { Dialect } from '../../wire/index.js';
import { isKnownEverywhere, servletPackageOf } from './class-origin.js';
import type { NamedValue, Reservation, Reserved } from './reservations.js';
import { SLOT_NOTES } from '../session-changes.js';

/** Values by name that share a stream. */
export interface DonatedGroup {
  readonly names: readonly string[];
  readonly stream: Buffer;
  /** Where they stand in it; null for the one value of a stream that need not be scanned. */
  readonly values: readonly ScannedValue[] | null;
}

/** A session made ready for one asker: what it is sent of it, and how. */
export interface DonatedSession {
  readonly record: SessionRecord;
  readonly attributes: readonly DonatedGroup[];
  /** For the two slots; empty where there is nothing to go there, or the asker is not known to read them. */
  readonly notes: readonly DonatedGroup[];
  /**
   * What it takes to read all that, beside what every Tomcat has: classes with their serialVersionUIDs, enum constants.
   * Sorted; equal for sessions that can be read by the same JVMs.
   */
  readonly demands: readonly string[];
  /** What is not known to be readable for the asker; it goes in a delta of its own, behind the sessions. */
  readonly supplement: Supplement | null;
  readonly reserved: Reserved;
}

export interface Supplement {
  readonly attributes: readonly DonatedGroup[];
  readonly notes: readonly DonatedGroup[];
}

/**
 * What of `record` goes to an asker of that dialect.
 *
 * - A value that is kept uncut is left out: what it was of is not known.
 * - A value of a class of the servlet API that the asker is known not to have is left out.
 * - If its line is not known, such a value goes in a delta, which is read by itself: where it cannot be read, the session
 *   is there all the same.
 * - So do notes, unless the asker is known to read the slots that they have in whole sessions: those are unreadable for
 *   releases before 8.5.83, 9.0.66 and 10.0.24.
 *
 * Errors: those of `scannedObjects`.
 */
export function donatedSession(record: SessionRecord, dialect: Dialect): DonatedSession {
  const demands = new Set<string>();
  const reserved: Record<Reservation, NamedValue[]> = { leftOut: [], uncut: [], inDoubt: [] };
  const sort = (groups: readonly ShareGroup[]): Sorted => sorted(groups, dialect, demands, reserved);
  const attributes = sort(record.attributes);
  const wayOfNotes = wayOfNotesTo(dialect);
  const notes = wayOfNotes === 'none' ? NOTHING : sort(record.notes.filter(isForSlot));
  for (const stream of [...(record.principal === null ? [] : [record.principal]), ...record.listeners]) {
    if (!isOneCommonValue(stream, isKnownEverywhere)) {
      addDemands(scannedObjects(stream), demands);
    }
  }
  const inSlots = wayOfNotes === 'slots';
  const supplement = {
    attributes: attributes.doubtful,
    notes: inSlots ? notes.doubtful : [...notes.plain, ...notes.doubtful],
  };
  return {
    record,
    attributes: attributes.plain,
    notes: inSlots ? notes.plain : [],
    demands: [...demands].sort(),
    supplement: supplement.attributes.length + supplement.notes.length === 0 ? null : supplement,
    reserved,
  };
}

/**
 * How notes go: where the asker writes slots, it reads them. One that writes none may be of a release that does not know
 * them, or is not told to (`persistAuthenticationNotes`): it gets them in a delta if it is known to understand that. One of
 * which nothing is known gets them so, too: what it cannot read there costs nothing else.
 */
function wayOfNotesTo({ noteSlots, noteActions }: Dialect): 'slots' | 'delta' | 'none' {
  if (noteSlots === 'yes') {
    return 'slots';
  }
  const isStranger = noteSlots === 'unknown' && noteActions === 'unknown';
  return noteActions === 'yes' || isStranger ? 'delta' : 'none';
}

interface Sorted {
  readonly plain: readonly DonatedGroup[];
  /** Nobody knows whether the asker has the servlet API that these need. */
  readonly doubtful: readonly DonatedGroup[];
}

const NOTHING: Sorted = { plain: [], doubtful: [] };

function sorted(
  groups: readonly ShareGroup[],
  { servletPackage }: Dialect,
  demands: Set<string>,
  reserved: Readonly<Record<Reservation, NamedValue[]>>,
): Sorted {
  const plain: DonatedGroup[] = [];
  const doubtful: DonatedGroup[] = [];
  for (const { names, stream, uncut } of groups) {
    if (uncut === true) {
      reserved.uncut.push(...names.map((name) => ({ name })));
      continue;
    }
    if (names.length === 1 && isOneCommonValue(stream, isKnownEverywhere)) {
      plain.push({ names, stream, values: null });
      continue;
    }
    const values = scannedObjects(stream);
    const group = { names, stream, values };
    const own = new Set<string>();
    const className = addDemands(values, own);
    const needed = className === undefined ? null : servletPackageOf(className);
    if (className === undefined || needed === servletPackage) {
      plain.push(group);
      own.forEach((demand) => demands.add(demand));
    } else {
      const isInDoubt = servletPackage === 'unknown';
      reserved[isInDoubt ? 'inDoubt' : 'leftOut'].push(...names.map((name) => ({ name, className })));
      if (isInDoubt) {
        doubtful.push(group);
      }
    }
  }
  return { plain, doubtful };
}

/** @returns a class of the servlet API, if there is any. */
function addDemands(values: readonly ScannedValue[], demands: Set<string>): string | undefined {
  let servletClass: string | undefined;
  for (const { name, demand } of classesUsed(values, isKnownEverywhere)) {
    demands.add(demand);
    servletClass ??= servletPackageOf(name) === null ? undefined : name;
  }
  return servletClass;
}

function isForSlot({ names }: ShareGroup): boolean {
  return names.some((name) => SLOT_NOTES.includes(name));
}
