import type { Seat } from './history.js';
import type { HeldEntry } from './history-member.js';

/** A write that has ended. */
export interface Write {
  readonly key: string;
  readonly text: string;
  /** By a monotonic clock, milliseconds. */
  readonly began: number;
  readonly ended: number;
  /** The writer and who keeps its backup; empty where nobody does, or the writer is no primary. */
  readonly holders: readonly Seat[];
}

/** What there is in the end, and what was done. */
export interface Outcome {
  /** What each living member has. */
  readonly held: ReadonlyMap<Seat, readonly HeldEntry[]>;
  readonly seatAt: (port: number) => Seat | undefined;
  readonly writes: readonly Write[];
  /** Keys that somebody has removed: one that missed it may have brought them back. */
  readonly removed: ReadonlySet<string>;
}

/**
 * What may be wrong with an entry in the end:
 * - `lost`: a write was acknowledged, one of the two that had it lives, and no primary and no backup has any value.
 * - `stale`: the value of a primary is older than a write that was acknowledged and of which a holder lives.
 * - `ownerless`: there is a value, and no primary.
 * - `disputed`: there is more than one primary.
 * - `apart`: there are others, and the backup that a primary names has not what the primary has.
 */
export type Flaw = 'lost' | 'stale' | 'ownerless' | 'disputed' | 'apart';

export const FLAWS: readonly Flaw[] = ['lost', 'stale', 'ownerless', 'disputed', 'apart'];

export interface FlawedEntry {
  readonly key: string;
  /** Whom it concerns. */
  readonly seats: readonly Seat[];
  /** What each member has of it: "0 proxy of 1; 1 primary, backup 2, k1.4; 2 backup of 1, k1.4". */
  readonly told: string;
}

export type Verdict = Readonly<Record<Flaw, readonly FlawedEntry[]>>;

export function verdictOf(entriesWith: (flaw: Flaw) => readonly FlawedEntry[]): Verdict {
  return {
    lost: entriesWith('lost'),
    stale: entriesWith('stale'),
    ownerless: entriesWith('ownerless'),
    disputed: entriesWith('disputed'),
    apart: entriesWith('apart'),
  };
}

export function isFlawless(verdict: Verdict): boolean {
  return FLAWS.every((flaw) => verdict[flaw].length === 0);
}

/** Each flaw, and the entries that have it. */
export function verdictText(verdict: Verdict): string {
  const told = FLAWS.filter((flaw) => verdict[flaw].length > 0).map(
    (flaw) => `${flaw} ${verdict[flaw].map(({ key, told: how }) => `${key} (${how})`).join(' ')}`,
  );
  return told.length === 0 ? 'nothing' : told.join(', ');
}

export function judge(outcome: Outcome): Verdict {
  const heldKeys = [...outcome.held.values()].flatMap((entries) => entries.map(({ key }) => key));
  const keys = new Set([...outcome.writes.map(({ key }) => key), ...heldKeys]);
  const judged = [...keys]
    .filter((key) => !outcome.removed.has(key))
    .map((key) => ({ key, flaws: flawsOf(key, outcome) }));
  return verdictOf((flaw) =>
    judged.flatMap(({ key, flaws }) => {
      const seats = flaws[flaw] ?? [];
      return seats.length === 0 ? [] : [{ key, seats, told: toldOf(key, outcome) }];
    }),
  );
}

/** Whom each flaw of an entry concerns. */
function flawsOf(
  key: string,
  { held, seatAt, writes }: Outcome,
): Readonly<Partial<Record<Flaw, readonly Seat[]>>> {
  const entries = [...held].flatMap(([seat, all]) =>
    all.filter((entry) => entry.key === key).map((entry) => ({ ...entry, seat })),
  );
  const kept = writes.filter(
    (write) => write.key === key && write.holders.some((holder) => held.has(holder)),
  );
  const values = entries.filter(({ role, text }) => role !== 'proxy' && text !== null);
  if (values.length === 0) {
    return { lost: kept.flatMap(({ holders }) => holders) };
  }
  const primaries = values.filter(({ role }) => role === 'primary');
  if (primaries.length === 0) {
    return { ownerless: seatsOf(values) };
  }
  const endOf = (text: string | null): number =>
    writes.find((write) => write.text === text)?.ended ?? Infinity;
  const stale = primaries.filter(({ text }) => kept.some(({ began }) => began > endOf(text)));
  const keepersOf = ({ backups }: HeldEntry): (HeldEntry & { readonly seat: Seat })[] =>
    values.filter(({ seat }) => backups.some((port) => seatAt(port) === seat));
  const apart = primaries.filter(
    (primary) => held.size > 1 && !keepersOf(primary).some(({ text }) => text === primary.text),
  );
  return {
    stale: seatsOf(stale),
    disputed: primaries.length > 1 ? seatsOf(primaries) : [],
    apart: apart.flatMap((primary) => [primary.seat, ...seatsOf(keepersOf(primary))]),
  };
}

function seatsOf(entries: readonly { readonly seat: Seat }[]): Seat[] {
  return entries.map(({ seat }) => seat);
}

function toldOf(key: string, { held, seatAt }: Outcome): string {
  const seat = (port: number): string => String(seatAt(port) ?? port);
  const told = [...held].map(([holder, entries]) => {
    const entry = entries.find((each) => each.key === key);
    if (entry === undefined) {
      return `${holder} nothing`;
    }
    const { role, primary, backups, text } = entry;
    const place = role === 'primary' ? '' : ` of ${primary === null ? 'nobody' : seat(primary)}`;
    const kept = backups.length === 0 ? '' : `, backup ${backups.map(seat).join('+')}`;
    return `${holder} ${role}${place}${kept}${text === null ? '' : `, ${text}`}`;
  });
  return told.join('; ');
}
