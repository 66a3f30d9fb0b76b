import type { ContextName, SessionId, UniqueId } from './brands.js';

/**
 * Attributes that share a mutable object rest together in one stream, so that identity survives; every other
 * attribute rests in a group of its own.
 */
export interface ShareGroup {
  /** Attribute names, in the order of their values in `stream`. */
  readonly names: readonly string[];
  /** A complete Java stream (header included) whose top-level objects are the values, one for each name. */
  readonly stream: Buffer;
  /**
   * Set where the value of the one name could not be cut out of the message that brought it, since it is opaque or too
   * large: `stream` says why, and has what the message held from there on (`uncutStream`), which may be of other sessions
   * and have passwords. It is never shown as a value, never put into another stream, and in no archive without secrets.
   */
  readonly uncut?: true;
}

/** What a session is, apart from its attributes. Times are epoch milliseconds as the sender gave them. */
export interface SessionScalars {
  readonly creationTime: number;
  readonly lastAccessedTime: number;
  readonly thisAccessedTime: number;
  /** Seconds; zero or less: never expires. */
  readonly maxInactiveInterval: number;
  readonly isNew: boolean;
  readonly isValid: boolean;
  /** Never part of a state transfer, so null after one (page 05, section 4). */
  readonly authType: string | null;
}

/** One session at rest. Records are immutable: a change makes a new one. */
export interface SessionRecord extends SessionScalars {
  readonly context: ContextName;
  readonly id: SessionId;
  readonly attributes: readonly ShareGroup[];
  /** The principal as a Java stream of its own, or null. May hold a password (8.5 and 9.0): never show it. */
  readonly principal: Buffer | null;
  /** Notes by name, each a Java stream of its own. May hold a password: never show them. */
  readonly notes: readonly ShareGroup[];
  /** Replicated listeners, each a Java stream of its own. */
  readonly listeners: readonly Buffer[];
  /** Our own clock when the last change was received: what expiry and recency go by. */
  readonly receivedAt: number;
  /** The member that sent the last change. */
  readonly source: UniqueId | null;
  /**
   * Members that have shown that they have the session: they sent a change of it, or listed it in a state. The latest
   * first, at most `MAX_CONFIRMERS`.
   */
  readonly confirmedBy: readonly UniqueId[];
  /** Counts the changes of this record, from 1. */
  readonly version: number;
}

/** How many members a record remembers by which it was confirmed. */
export const MAX_CONFIRMERS = 8;

/** What lists and expiry need: a record without its values. */
export interface SessionSummary extends SessionScalars {
  readonly context: ContextName;
  readonly id: SessionId;
  readonly attributeNames: readonly string[];
  readonly receivedAt: number;
}

/**
 * A session that is at hand, as far as that is known without carrying out what was deferred of it. It changes with the session:
 * to be used at once, and not to be kept.
 */
export type SessionAtHand = Pick<SessionRecord, 'context' | 'id' | 'creationTime' | 'receivedAt'>;

/**
 * A delta of a session, or an access, that is carried out when somebody asks for the session. It changes nothing but
 * attributes, the times of access, `isNew`, which becomes false, and `maxInactiveInterval`.
 */
export interface DeferredDelta {
  /** The payload of EVT_SESSION_DELTA, which is known to be readable; null: an access. Good until who was given it returns. */
  readonly payload: Buffer | null;
  /** Who sent it: the member that sent what is known of the session, and that has confirmed it last. */
  readonly sender: UniqueId;
  /** When the session was accessed, by the sender's clock. */
  readonly timestamp: number;
  /** When it came, by our own. */
  readonly receivedAt: number;
  /** Who carries it out. */
  readonly by: DeltaCarrier;
}

export interface DeltaCarrier {
  /** The session after `deltas`: at least one, all of them its own (`by`), in their order, each once. `version` counts each. */
  carryOut(record: SessionRecord, deltas: readonly DeferredDelta[]): SessionRecord;
}

/** Part of a list of sessions. */
export interface SessionPage {
  readonly sessions: readonly SessionSummary[];
  /** Pass it on to get the next page; null after the last. */
  readonly next: string | null;
}

export interface StoreStatistics {
  readonly sessions: number;
  /** Changes accepted and not yet at rest, in bytes. */
  readonly dirtyBytes: number;
  /** Bytes that what is at rest takes, on disk or in memory, room not used at the moment included. */
  readonly storedBytes: number;
  /** Records met since `open` that could not be decoded. They stay where they are until a `put` or `delete`. */
  readonly unreadable: number;
  /** Bytes, and files, of the journal; zero without one, as all of this. */
  readonly journalBytes: number;
  readonly journalSegments: number;
  /** Times that something was written to the journal since `open`. */
  readonly journalWrites: number;
  /** Files of the journal that were damaged, or are not of this store, and are kept aside. */
  readonly journalDamaged: number;
  /** Attempts to write that failed since `open`. */
  readonly failures: number;
  /** Why what is accepted is not as safe as it should be, and what to do about it; null when it is. */
  readonly problem: string | null;
}

/** Numbers of sessions by context and route (`routeOf`). */
export type SessionRoutes = ReadonlyMap<ContextName, ReadonlyMap<string | null, number>>;

/** Every session as it was at one instant, while the store goes on changing. */
export interface StoreSnapshot {
  /** Contexts that had sessions then, with their number. */
  readonly contexts: ReadonlyMap<ContextName, number>;
  /**
   * The next session, each once, in no particular order; undefined after the last. Those that cannot be read are left
   * out.
   *
   * Errors: TRIBES_E_STORE_SNAPSHOT when more has changed meanwhile than may be kept; TRIBES_E_STORE_CLOSED.
   */
  next(): SessionRecord | undefined;
  /** Must be called, or changes go on being kept; idempotent. */
  close(): void;
}

/** Small things that are to be remembered beside the sessions, by name; they are as durable as sessions are. */
export interface FactStore {
  get(key: string): Buffer | undefined;
  /** Keys of up to 1024 bytes of UTF-8. */
  put(key: string, value: Buffer): void;
  /** True if it was there. */
  delete(key: string): boolean;
  /** Those whose keys begin with `prefix`, in the order of their keys. */
  entries(prefix: string): Iterable<readonly [key: string, value: Buffer]>;
}

/**
 * Entries in the order in which they were added, which are read when a store has been opened, and not looked up; they are as
 * durable as sessions are, and hardly take memory.
 */
export interface Ledger {
  /** The entry is copied. Answers its number, which is higher than those of all that are there. */
  add(entry: Buffer): number;
  /** Strikes off the entries up to that number, or most of them: those that rest together go together. */
  strike(upTo: number): void;
  /** The oldest first; those that cannot be read are left out. */
  entries(): Iterable<readonly [number: number, entry: Buffer]>;
}

/**
 * Where sessions rest. Reads are local and see every write that came before them; writes return at once and come to
 * rest behind (`flush` waits for them). Not safe for use by two processes at once: `open` refuses a store in use.
 * Every method but `open`, `close` and `statistics` throws TRIBES_E_STORE_CLOSED while the store is not open.
 *
 * Every implementation passes `test/store/session-store-suite.ts`.
 */
export interface SessionStore {
  /**
   * Errors: TRIBES_E_STORE_UNREADABLE, TRIBES_E_STORE_NEWER, TRIBES_E_STORE_IN_USE, TRIBES_E_STORE_KEY,
   * TRIBES_E_STORE_KEY_FILE.
   */
  open(): Promise<void>;
  /** Flushes and closes, also when the flush fails; idempotent. Error: TRIBES_E_STORE_WRITE. */
  close(): Promise<void>;
  get(context: ContextName, id: SessionId): SessionRecord | undefined;
  /**
   * The record is kept, and so is the memory of its streams, which must not change any more. What has not changed since the
   * record before is best the same object: then it costs next to nothing.
   *
   * @param isInUse whether the session is likely to be looked at, or to change, soon; default: it is. It makes no difference to
   * anything but what that costs.
   */
  put(record: SessionRecord, isInUse?: boolean): void;
  /** The session, where it has been in use of late; undefined does not mean that there is none. */
  atHand(context: ContextName, id: SessionId): SessionAtHand | undefined;
  /**
   * The session, where a delta of that sender with a payload of so many bytes may be deferred. Undefined where it may not: the
   * session is not at hand, much has been deferred already, values share something, or somebody else sent what is known of it.
   */
  deferrable(context: ContextName, id: SessionId, sender: UniqueId, bytes: number): SessionAtHand | undefined;
  /**
   * Changes what `deferrable` has just returned, as `put` would: reads see it, and it comes to rest like any other change; but
   * the work is done when it is needed, and never for what is deleted before.
   */
  defer(session: SessionAtHand, delta: DeferredDelta): void;
  /** True if the session was there. */
  delete(context: ContextName, id: SessionId): boolean;
  /** Contexts that have sessions, with their number. */
  contexts(): ReadonlyMap<ContextName, number>;
  /**
   * Sessions of one context, or of all, in a stable order; `limit` from 1 to 10,000. A cursor stays good while
   * sessions come and go. Errors: TRIBES_E_STORE_CURSOR, TRIBES_E_STORE_LIMIT.
   */
  page(query: { context?: ContextName; cursor?: string; limit: number }): SessionPage;
  /** Every session of `context`; changes made meanwhile may or may not be seen, no session is seen twice. */
  summaries(context: ContextName): Iterable<SessionSummary>;
  /** The same with their values, each as it is when it is asked for. What is read for it is not kept at hand. */
  records(context: ContextName): Iterable<SessionRecord>;
  /**
   * Counts the sessions by route: at most `steps` more of them, undefined as long as not all are counted. Once they are, the
   * numbers are kept, and cost nothing but a step for each session that comes or goes.
   */
  routes(steps: number): SessionRoutes | undefined;
  /** The sessions as they are at the instant of the call, what is not at rest yet included. */
  snapshot(): StoreSnapshot;
  readonly facts: FactStore;
  readonly ledger: Ledger;
  /**
   * To be called before a message is taken that changes something. Nothing, while there is room; while more than
   * `store.dirtyBytes` wait to be written, a promise of room, so that memory stays bounded. Error, thrown or rejected
   * with: TRIBES_E_STORE_FULL, when nothing can be written: the message is not to be taken then.
   */
  checkRoom(): Promise<void> | undefined;
  /**
   * Resolves when everything put or deleted before the call is as safe as `durability` says. While nothing can be
   * written it resolves too (`statistics` says so): changes are kept in memory, up to `store.dirtyBytes`.
   */
  commit(): Promise<void>;
  /** Resolves when everything put or deleted before the call is at rest. Error: TRIBES_E_STORE_WRITE. */
  flush(): Promise<void>;
  statistics(): StoreStatistics;
}
