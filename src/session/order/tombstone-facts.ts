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

/** Keys of facts are short; names and ids are of any length. What is longer, in UTF-16 units, is kept under a hash. */
const MAX_PLAIN_KEY = 256;

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
    this.#facts.put(keyOf(this.#context, id), Buffer.from(JSON.stringify(stored)));
  }

  forget(id: SessionId): void {
    this.#facts.delete(keyOf(this.#context, id));
  }
}

function keyOf(context: ContextName, id: SessionId): string {
  const key = `${PREFIX}${context.length}:${context}${id}`;
  return key.length > MAX_PLAIN_KEY ? PREFIX + hash('sha256', key, 'base64url') : key;
}

/**
 * All that is stored, the oldest first. What cannot be read is left out, and forgotten; what an earlier version stored under
 * another key is moved.
 */
export function storedTombstones(facts: FactStore): readonly StoredTombstone[] {
  const stored: StoredTombstone[] = [];
  for (const [key, value] of facts.entries(PREFIX)) {
    const tombstone = parsed(value);
    if (tombstone === undefined) {
      facts.delete(key);
    } else {
      const { context, id } = tombstone;
      const own = keyOf(context, id);
      if (key !== own) {
        facts.delete(key);
        facts.put(own, value);
      }
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
