import type { ContextName, FactStore, Ledger, SessionId, SessionLimits } from '../../base/index.js';
import type { Tombstone } from './tombstones.js';

/** A tombstone at rest. */
export interface StoredTombstone {
  readonly context: ContextName;
  readonly id: SessionId;
  readonly tombstone: Tombstone;
  /** When it was set, by our time. */
  readonly at: number;
  /** Of its entry. */
  readonly number: number;
}

/** So many entries after the other are counted together. */
const BLOCK = 256;
/** So many entries rest for each tombstone that one context may remember. */
const ENTRIES_FOR_EACH = 2;

/** Where an earlier version kept tombstones. */
const FACT_PREFIX = 'tombstone/';

/**
 * Tombstones at rest, so that a restart does not bring back what has expired: one entry for each that is set, and one for each
 * session that came back. They are struck off, the oldest first, when none before them is needed, or there are too many: what
 * of them is needed still is remembered then, but not beyond a restart.
 */
export class TombstoneLedger {
  readonly #ledger: Ledger;
  readonly #maxEntries: number;
  /** How many entries of a block are needed. */
  readonly #needed = new Map<number, number>();
  /** The block up to which everything has been struck off. */
  #struck = -1;
  #last = 0;

  constructor(ledger: Ledger, { maxTombstones }: Pick<SessionLimits, 'maxTombstones'>) {
    this.#ledger = ledger;
    this.#maxEntries = Math.max(BLOCK, ENTRIES_FOR_EACH * maxTombstones);
  }

  /** Those of one context. */
  of(context: ContextName): ContextTombstones {
    return new ContextTombstones(this, context);
  }

  /** What is stored, the oldest first; what cannot be read is left out. */
  restore(): readonly StoredTombstone[] {
    const stored = new Map<string, StoredTombstone>();
    for (const [number, entry] of this.#ledger.entries()) {
      this.#last = number;
      const read = readEntry(entry, number);
      if (read !== undefined) {
        const key = JSON.stringify([read.context, read.id]);
        stored.delete(key);
        if (read.tombstone !== null) {
          stored.set(key, read as StoredTombstone);
        }
      }
    }
    for (const { number } of stored.values()) {
      this.#count(number, 1);
    }
    this.#strike();
    return [...stored.values()].sort((a, b) => a.at - b.at);
  }

  /** Takes over what an earlier version has stored as facts. */
  takeOver(facts: FactStore): void {
    for (const [key, value] of [...facts.entries(FACT_PREFIX)]) {
      const read = readFact(value);
      if (read !== undefined) {
        this.#ledger.add(entryOf(read.context, read.id, read.tombstone, read.at));
      }
      facts.delete(key);
    }
  }

  /** Answers the number by which it is forgotten. */
  keep(context: ContextName, id: SessionId, tombstone: Tombstone, at: number): number {
    this.#last = this.#ledger.add(entryOf(context, id, tombstone, at));
    this.#count(this.#last, 1);
    this.#strike();
    return this.#last;
  }

  /** The session lives again: its tombstone, of that number, is none any more. */
  annul(context: ContextName, id: SessionId, number: number): void {
    this.#last = this.#ledger.add(Buffer.from(JSON.stringify([context, id])));
    this.forget(number);
  }

  /** The tombstone of that number is too old, or there is a younger one of its session. */
  forget(number: number): void {
    this.#count(number, -1);
    this.#strike();
  }

  #count(number: number, change: 1 | -1): void {
    const block = Math.floor(number / BLOCK);
    if (block <= this.#struck) {
      return;
    }
    const needed = (this.#needed.get(block) ?? 0) + change;
    if (needed > 0) {
      this.#needed.set(block, needed);
    } else {
      this.#needed.delete(block);
    }
  }

  /** Everything before the first block of which something is needed, but for what is too much; never what is not full. */
  #strike(): void {
    const current = Math.floor(this.#last / BLOCK);
    const first = Math.ceil((this.#last - this.#maxEntries) / BLOCK);
    let block = this.#struck;
    while (block + 1 < current && (block + 1 < first || !this.#needed.has(block + 1))) {
      block++;
      this.#needed.delete(block);
    }
    if (block > this.#struck) {
      this.#struck = block;
      this.#ledger.strike((block + 1) * BLOCK - 1);
    }
  }
}

/** The tombstones of one context at rest. */
export class ContextTombstones {
  readonly #ledger: TombstoneLedger;
  readonly #context: ContextName;

  constructor(ledger: TombstoneLedger, context: ContextName) {
    this.#ledger = ledger;
    this.#context = context;
  }

  keep(id: SessionId, tombstone: Tombstone, at: number): number {
    return this.#ledger.keep(this.#context, id, tombstone, at);
  }

  annul(id: SessionId, number: number): void {
    this.#ledger.annul(this.#context, id, number);
  }

  forget(number: number): void {
    this.#ledger.forget(number);
  }
}

/** An entry is a JSON array: what it is about; behind that, where it is a tombstone, when and why, and the message that said so. */
function entryOf(
  context: ContextName,
  id: SessionId,
  { reason, stamp, creationTime }: Tombstone,
  at: number,
): Buffer {
  const said = stamp === null ? [] : [stamp.sender, stamp.timestamp];
  return Buffer.from(JSON.stringify([context, id, at, reason, creationTime, ...said]));
}

type ReadEntry = Omit<StoredTombstone, 'tombstone'> & { readonly tombstone: Tombstone | null };

function readEntry(entry: Buffer, number: number): ReadEntry | undefined {
  const fields = parsed(entry);
  if (!Array.isArray(fields)) {
    return undefined;
  }
  const [context, id, at, reason, creationTime, sender, timestamp] = fields as unknown[];
  if (fields.length === 2) {
    return checked({ context, id, at: 0, number }, null);
  }
  const stamp = sender === undefined ? null : { sender, timestamp };
  return checked({ context, id, at, number }, { reason, stamp, creationTime });
}

/** As an earlier version stored it: an object with the same fields. */
function readFact(value: Buffer): StoredTombstone | undefined {
  const { context, id, tombstone, at } = (parsed(value) ?? {}) as Record<string, unknown>;
  return tombstone === null || typeof tombstone !== 'object'
    ? undefined
    : (checked({ context, id, at, number: 0 }, tombstone) as StoredTombstone | undefined);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Undefined where it is not what it should be. */
function checked(
  fields: Readonly<Record<Exclude<keyof StoredTombstone, 'tombstone'>, unknown>>,
  tombstone: object | null,
): ReadEntry | undefined {
  const { context, id, at } = fields;
  const isWhole =
    typeof context === 'string' &&
    typeof id === 'string' &&
    typeof at === 'number' &&
    (tombstone === null || isTombstone(tombstone));
  return isWhole ? ({ ...fields, tombstone } as ReadEntry) : undefined;
}

function isTombstone(value: Partial<Record<keyof Tombstone, unknown>>): value is Tombstone {
  const { reason, stamp, creationTime } = value;
  const isReason = reason === 'message' || reason === 'idle' || reason === 'absent';
  return isReason && isStampOrNull(stamp) && (creationTime === null || typeof creationTime === 'number');
}

function isStampOrNull(value: unknown): boolean {
  if (value === null) {
    return true;
  }
  const { sender, timestamp } = (value ?? {}) as { sender?: unknown; timestamp?: unknown };
  return typeof sender === 'string' && typeof timestamp === 'number';
}
