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

/** What is wrong in the end, and with which entries. */
export interface Verdict {
  /** A write was acknowledged, one of the two that had it lives, and no primary and no backup has any value. */
  readonly lost: readonly string[];
  /** The value of a primary is older than a write that was acknowledged and of which a holder lives. */
  readonly stale: readonly string[];
  /** There is a value, and no primary. */
  readonly ownerless: readonly string[];
  /** There is more than one primary. */
  readonly disputed: readonly string[];
  /** There are others, and the backup that the primary names has not what the primary has. */
  readonly apart: readonly string[];
}

export type Flaw = keyof Verdict;
export const FLAWS: readonly Flaw[] = ['lost', 'stale', 'ownerless', 'disputed', 'apart'];

export function isFlawless(verdict: Verdict): boolean {
  return FLAWS.every((flaw) => verdict[flaw].length === 0);
}

export function judge(outcome: Outcome): Verdict {
  const keys = new Set([...outcome.writes.map(({ key }) => key), ...heldKeys(outcome)]);
  const verdict: Record<Flaw, string[]> = { lost: [], stale: [], ownerless: [], disputed: [], apart: [] };
  for (const key of [...keys].filter((each) => !outcome.removed.has(each))) {
    for (const flaw of flawsOf(key, outcome)) {
      verdict[flaw].push(key);
    }
  }
  return verdict;
}

function heldKeys({ held }: Outcome): string[] {
  return [...held.values()].flatMap((entries) => entries.map(({ key }) => key));
}

function flawsOf(key: string, { held, seatAt, writes }: Outcome): Flaw[] {
  const entries = [...held].flatMap(([seat, all]) =>
    all.filter((entry) => entry.key === key).map((entry) => ({ ...entry, seat })),
  );
  const kept = writes.filter(
    (write) => write.key === key && write.holders.some((holder) => held.has(holder)),
  );
  const values = entries.filter(({ role, text }) => role !== 'proxy' && text !== null);
  if (values.length === 0) {
    return kept.length > 0 ? ['lost'] : [];
  }
  const primaries = values.filter(({ role }) => role === 'primary');
  const [primary] = primaries;
  if (primary === undefined) {
    return ['ownerless'];
  }
  const endOf = (text: string | null): number =>
    writes.find((write) => write.text === text)?.ended ?? Infinity;
  const isStale = primaries.some(({ text }) => kept.some(({ began }) => began > endOf(text)));
  const isApart = primaries.some(({ backups, text }) => {
    const keepers = values.filter(({ seat }) => backups.some((port) => seatAt(port) === seat));
    return held.size > 1 && !keepers.some((keeper) => keeper.text === text);
  });
  return [
    ...(isStale ? (['stale'] as const) : []),
    ...(primaries.length > 1 ? (['disputed'] as const) : []),
    ...(isApart ? (['apart'] as const) : []),
  ];
}
