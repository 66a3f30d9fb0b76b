import type { ContextName, SessionId, SessionRecord } from '../../base/index.js';
import type { Member } from '../../membership/index.js';

/** Changes of one session that travel as one delta; whatever is left out stays as it is. */
export interface SessionEdit {
  /** Attributes by name, each a complete Java stream (header included) of exactly one object. */
  readonly set?: ReadonlyMap<string, Buffer>;
  /** Attributes to remove; none of those that are set. A name that is not there is no error. */
  readonly remove?: readonly string[];
  /** Seconds, from -2^31 to 2^31-1; zero or less: the session never expires. */
  readonly maxInactiveInterval?: number;
}

export interface NewSession {
  readonly set?: ReadonlyMap<string, Buffer>;
  /** Seconds; default 1800, Tomcat's own. */
  readonly maxInactiveInterval?: number;
  /** Suffix of the id (`jvmRoute` of an Engine): the Tomcat to which a load balancer sends whoever has the session. */
  readonly jvmRoute?: string;
}

/** Who writes, for the audit line. */
export interface WriteOrigin {
  /** What let the writer in: `library`, or the name of a token; never the token. */
  readonly by: string;
  /** Address of the other end; none for the library. */
  readonly address?: string;
}

export interface WriteCondition {
  /** As `sessionVersion` gave it; the write is refused when the session has changed since. */
  readonly ifVersion?: string;
}

/** An attribute that was set. */
export interface WrittenAttribute {
  readonly name: string;
  /** The Java class of its value, as in streams: `java.lang.Long`, `[I`. */
  readonly class: string;
  /** Of the stream of its value. */
  readonly bytes: number;
}

/** What became of a write. It has been taken into our own store, whoever of the others has acknowledged it. */
export interface WriteOutcome {
  /** The attributes that were set, in the order in which they were given. */
  readonly set: readonly WrittenAttribute[];
  /** The session as it is here now, under the id that it has now; null when it was expired. */
  readonly record: SessionRecord | null;
  /** Members that have processed the write; all of them, or none at all where the node is alone, is success. */
  readonly acknowledged: readonly Member[];
  /** Members of which that is not known: they may have taken it, or may take it yet. */
  readonly unacknowledged: readonly { readonly member: Member; readonly reason: string }[];
}

/**
 * Changes sessions as a Tomcat does: in our own store, and at every member. Writes of one session go out one after the
 * other, in the order of the calls; each resolves when every member has acknowledged it, or was given up on.
 *
 * Errors of all methods, before anything was changed: TRIBES_E_WRITE_NO_CONTEXT, TRIBES_E_WRITE_NO_SESSION (not of
 * `create`), TRIBES_E_WRITE_VERSION (of a condition), TRIBES_E_WRITE_BUSY, TRIBES_E_STORE_FULL; of those that set
 * attributes: TRIBES_E_WRITE_NAME, TRIBES_E_WRITE_CLASS, TRIBES_E_WRITE_LIMIT, TRIBES_E_WRITE_STREAM, TRIBES_E_JAVA_….
 */
export interface SessionWriter {
  /** Creates a session under a new id of Tomcat's form. */
  create(context: ContextName, session: NewSession, origin: WriteOrigin): Promise<WriteOutcome>;
  /** Sets and removes attributes, and the idle limit, with one delta. */
  change(
    context: ContextName,
    id: SessionId,
    edit: SessionEdit,
    origin: WriteOrigin,
    condition?: WriteCondition,
  ): Promise<WriteOutcome>;
  /** Ends the session everywhere. */
  expire(
    context: ContextName,
    id: SessionId,
    origin: WriteOrigin,
    condition?: WriteCondition,
  ): Promise<WriteOutcome>;
  /** Gives the session a new id, with the route suffix of the old one. */
  changeId(
    context: ContextName,
    id: SessionId,
    origin: WriteOrigin,
    condition?: WriteCondition,
  ): Promise<WriteOutcome>;
}

/**
 * Names the state of a session: two records of one id have equal versions only when nothing has happened to the session
 * in between, accesses included. Letters, digits and `-`.
 */
export function sessionVersion({ creationTime, version, receivedAt }: SessionRecord): string {
  return [creationTime, version, receivedAt].map((part) => part.toString(36)).join('-');
}
