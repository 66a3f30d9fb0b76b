import type {
  ContextName,
  DeferredDelta,
  SessionAtHand,
  SessionId,
  SessionRecord,
  UniqueId,
} from '../base/index.js';
import { nameOf } from './change.js';
import { DeferredDeltas, mayBeFirst } from './deferred-deltas.js';
import { sizeOf } from './record-codec.js';
import type { Waiting } from './write-behind.js';

/** A record, and what it takes (`sizeOf`). */
export interface SizedRecord {
  readonly record: SessionRecord;
  readonly size: number;
}

/** A session that is in use, as it is now. */
export class HotSession implements SizedRecord, SessionAtHand {
  readonly key: Buffer;
  /** By which the changes that wait know it. */
  readonly name: string;
  /** The change of it that was made last, where it waits to be written. */
  waiting: Waiting | undefined;
  /** Looked at since it came or was passed over last: see `HotSessions`. */
  isUsed = false;
  /** What it counts for there. */
  counted = 0;
  /** As it was before what is deferred. */
  #record: SessionRecord;
  #size: number;
  #deferred: DeferredDeltas | undefined;
  /** Whether no two values share anything; undefined: nobody has looked. */
  #isParted: boolean | undefined;

  constructor(key: Buffer, { record, size }: SizedRecord) {
    this.key = key;
    this.name = nameOf({ database: 'heads', key });
    this.#record = record;
    this.#size = size;
    this.waiting = undefined;
  }

  /** What is deferred is carried out. */
  get record(): SessionRecord {
    if (this.#deferred !== undefined) {
      this.#carryOut(this.#deferred);
    }
    return this.#record;
  }

  /** About what it takes. */
  get size(): number {
    return this.#size + (this.#deferred?.byteLength ?? 0);
  }

  get context(): ContextName {
    return this.#record.context;
  }

  get id(): SessionId {
    return this.#record.id;
  }

  get creationTime(): number {
    return this.#record.creationTime;
  }

  get receivedAt(): number {
    return this.#deferred?.receivedAt ?? this.#record.receivedAt;
  }

  get version(): number {
    return this.#record.version + (this.#deferred?.count ?? 0);
  }

  /** It is this from now on. */
  replace({ record, size }: SizedRecord): void {
    this.discard();
    this.#isParted = undefined;
    this.#record = record;
    this.#size = size;
  }

  /** See `SessionStore.deferrable`. */
  mayDefer(sender: UniqueId, bytes: number): boolean {
    const { source, confirmedBy, attributes } = this.#record;
    return (
      source === sender &&
      confirmedBy[0] === sender &&
      (this.#deferred?.hasRoomFor(bytes) ?? mayBeFirst(bytes)) &&
      (this.#isParted ??= attributes.every(({ names }) => names.length === 1))
    );
  }

  defer(delta: DeferredDelta): void {
    if (this.#deferred === undefined) {
      this.#deferred = new DeferredDeltas(delta);
    } else {
      this.#deferred.add(delta);
    }
  }

  /** What is deferred never happens. */
  discard(): void {
    this.#deferred = undefined;
  }

  /** Values that share nothing still do not, since each that is deferred comes by itself: `#isParted` stays right. */
  #carryOut(deferred: DeferredDeltas): void {
    this.#record = deferred.carryOut(this.#record);
    this.discard();
    this.#size = sizeOf(this.#record);
  }
}

/** Error: TypeError for a session that no store of ours has given out. */
export function expectOurs(session: SessionAtHand): asserts session is HotSession {
  if (!(session instanceof HotSession)) {
    throw new TypeError('the session is of another store');
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
    const { context, id } = session;
    let sessions = this.#contexts.get(context);
    if (sessions === undefined) {
      sessions = new Map();
      this.#contexts.set(context, sessions);
    }
    sessions.set(id, session);
    this.#queue.add(session);
    this.changed(session);
  }

  /** The session takes more than before, or less. */
  changed(session: HotSession): void {
    const { size, counted } = session;
    session.counted = size;
    this.#bytes += size - counted;
    this.#evict();
  }

  delete(session: HotSession): void {
    const { context, id, counted } = session;
    this.#queue.delete(session);
    this.#bytes -= counted;
    const sessions = this.#contexts.get(context);
    sessions?.delete(id);
    if (sessions?.size === 0) {
      this.#contexts.delete(context);
    }
  }

  #evict(): void {
    if (this.#bytes <= this.#maxBytes) {
      return;
    }
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
