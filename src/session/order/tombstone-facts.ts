import { hash } from 'node:crypto';
import type { ContextName, FactStore, SessionId, UniqueId } from '../../base/index.js';
import type { Tombstone } from './tombstones.js';

/** A tombstone at rest. */
export interface StoredTombstone {
  readonly context: ContextName;
  readonly id: SessionId;
  readonly tombstone: Tombstone;
  /** When it was set, by our time. */
  readonly at: number;
}

const PREFIX = 'tombstone/';

/** The tombstones of one context beside its sessions, so that a restart does not bring back what has expired. */
export class TombstoneFacts {
  readonly #facts: FactStore;
  readonly #context: ContextName;

  constructor(facts: FactStore, context: ContextName) {
    this.#facts = facts;
    this.#context = context;
  }

  keep(id: SessionId, tombstone: Tombstone, at: number): void {
    const stored: StoredTombstone = { context: this.#context, id, tombstone, at };
    this.#facts.put(this.#keyOf(id), Buffer.from(JSON.stringify(stored)));
  }

  forget(id: SessionId): void {
    this.#facts.delete(this.#keyOf(id));
  }

  /** Keys of facts are short; names and ids are of any length. */
  #keyOf(id: SessionId): string {
    return PREFIX + hash('sha256', JSON.stringify([this.#context, id]), 'base64url');
  }
}

/** All that is stored, the oldest first. What cannot be read is left out, and forgotten. */
export function storedTombstones(facts: FactStore): readonly StoredTombstone[] {
  const stored: StoredTombstone[] = [];
  for (const [key, value] of facts.entries(PREFIX)) {
    const tombstone = parsed(value);
    if (tombstone === undefined) {
      facts.delete(key);
    } else {
      stored.push(tombstone);
    }
  }
  return stored.sort((a, b) => a.at - b.at);
}

function parsed(value: Buffer): StoredTombstone | undefined {
  try {
    const fields = JSON.parse(value.toString('utf8')) as Partial<StoredTombstone> | null;
    const { context, id, tombstone, at } = fields ?? {};
    return typeof context === 'string' &&
      typeof id === 'string' &&
      typeof at === 'number' &&
      isTombstone(tombstone)
      ? { context, id, tombstone, at }
      : undefined;
  } catch {
    return undefined;
  }
}

function isTombstone(value: unknown): value is Tombstone {
  const { reason, stamp, creationTime } = (value ?? {}) as Partial<Record<keyof Tombstone, unknown>>;
  const isReason = reason === 'message' || reason === 'idle' || reason === 'absent';
  return isReason && isStampOrNull(stamp) && (creationTime === null || typeof creationTime === 'number');
}

function isStampOrNull(value: unknown): boolean {
  if (value === null) {
    return true;
  }
  const { sender, timestamp } = (value ?? {}) as { sender?: UniqueId; timestamp?: number };
  return typeof sender === 'string' && typeof timestamp === 'number';
}
