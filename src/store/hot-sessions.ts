import type { ContextName, SessionId, SessionRecord } from '../base/index.js';
import { nameOf } from './change.js';
import type { Waiting } from './write-behind.js';

/** A record, and what it takes (`sizeOf`). */
export interface SizedRecord {
  readonly record: SessionRecord;
  readonly size: number;
}

/** A session that is in use, as it is now. */
export class HotSession implements SizedRecord {
  readonly key: Buffer;
  /** By which the changes that wait know it. */
  readonly name: string;
  record: SessionRecord;
  size: number;
  /** The change of it that was made last, where it waits to be written. */
  waiting: Waiting | undefined;
  /** Looked at since it came or was passed over last: see `HotSessions`. */
  isUsed = false;

  constructor(key: Buffer, { record, size }: SizedRecord) {
    this.key = key;
    this.name = nameOf({ database: 'heads', key });
    this.record = record;
    this.size = size;
    this.waiting = undefined;
  }
}

/**
 * The sessions that have been in use of late, as they are, so that whoever changes one again and again finds it without
 * decoding it, and without hashing its id. What does not fit any more goes: those first that have not been looked at since
 * their turn came last.
 */
export class HotSessions {
  readonly #maxBytes: number;
  readonly #evicted: (session: HotSession) => void;
  readonly #contexts = new Map<ContextName, Map<SessionId, HotSession>>();
  /** In the order in which their turn comes. */
  readonly #queue = new Set<HotSession>();
  #bytes = 0;

  /** `evicted` is told of each that goes for want of room. */
  constructor(maxBytes: number, evicted: (session: HotSession) => void = () => undefined) {
    this.#maxBytes = maxBytes;
    this.#evicted = evicted;
  }

  get byteLength(): number {
    return this.#bytes;
  }

  get(context: ContextName, id: SessionId): HotSession | undefined {
    const session = this.#contexts.get(context)?.get(id);
    if (session !== undefined) {
      session.isUsed = true;
    }
    return session;
  }

  add(session: HotSession): void {
    const { context, id } = session.record;
    let sessions = this.#contexts.get(context);
    if (sessions === undefined) {
      sessions = new Map();
      this.#contexts.set(context, sessions);
    }
    sessions.set(id, session);
    this.#queue.add(session);
    this.#bytes += session.size;
    this.#evict();
  }

  /** The session is this from now on. */
  change(session: HotSession, { record, size }: SizedRecord): void {
    this.#bytes += size - session.size;
    session.size = size;
    session.record = record;
    this.#evict();
  }

  delete(session: HotSession): void {
    const { context, id } = session.record;
    this.#queue.delete(session);
    this.#bytes -= session.size;
    const sessions = this.#contexts.get(context);
    sessions?.delete(id);
    if (sessions?.size === 0) {
      this.#contexts.delete(context);
    }
  }

  #evict(): void {
    for (const session of this.#queue) {
      if (this.#bytes <= this.#maxBytes) {
        return;
      }
      if (session.isUsed) {
        session.isUsed = false;
        this.#queue.delete(session);
        this.#queue.add(session);
      } else {
        this.delete(session);
        this.#evicted(session);
      }
    }
  }
}
