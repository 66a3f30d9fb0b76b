import type {
  ContextName,
  SessionId,
  SessionPage,
  SessionRecord,
  ShareGroup,
  UniqueId,
  SessionRoutes,
} from '../base/index.js';
import type { BackupGroup, BackupPlace } from './backup/backup-manager.js';
import type { BridgeState } from './backup/group-bridge.js';
import type { SingleSignOnPage, SingleSignOnQuery } from './full-maps/single-sign-ons.js';
import type { DatedSnapshot } from './moving/session-export.js';

/** How far a member's sessions of one context have come to us. */
export type TransferState =
  /** Not asked yet. */
  | 'pending'
  /** Asked; waiting for its data. */
  | 'requested'
  /** Transfer complete; or nothing to transfer, since it began empty after us. */
  | 'complete'
  /** It answered that it does not have the context, or did not name it when it was asked for everything. */
  | 'no-context-manager'
  /** Asked as often as is reasonable; it stayed silent, or broke off. Asked again when it sends something. */
  | 'silent';

/**
 * How the sessions failed to come that a member says to have sent. `broken-off`: a message ended in the middle, since its sender
 * gave up waiting. `nothing-came`: nothing came but the end; that is right of a Tomcat with `sendAllSessions="false"`
 * that has no sessions.
 */
export type MissingState = 'broken-off' | 'nothing-came';

/** A state that a member has asked us for, and got. */
export interface ServedState {
  /** When it was sent, epoch milliseconds. */
  readonly at: number;
  readonly sessions: number;
  /** Sessions that were not acknowledged, or could not be written. */
  readonly failed: number;
  /** Values left out: their classes are of a servlet API (javax, jakarta) that the member does not have. */
  readonly leftOut: number;
  /** Values left out: they could not be understood, and are kept with the message that brought them. */
  readonly uncut: number;
  /** Values sent in doubt: of a servlet API of which nobody knew whether the member has it. */
  readonly inDoubt: number;
}

/** How far one member's sessions of a context have come. */
export interface ContextMember {
  readonly uniqueId: UniqueId;
  readonly name: string;
  readonly state: TransferState;
  /** Set when something of what it sent could not be read: sessions are missing, which other members may have sent. */
  readonly torn?: true;
  /** Set when it said that its sessions had been sent, and they did not come, or not all of them. */
  readonly missing?: MissingState;
  /** The last state that it asked us for. */
  readonly served?: ServedState;
}

/** What is known of a web application. */
export interface ContextInfo {
  readonly name: ContextName;
  readonly manager: 'DeltaManager' | 'BackupManager';
  readonly sessions: number;
  /** Those of them that no Tomcat has told of since the node began to ask: they may have ended meanwhile. */
  readonly unconfirmed: number;
  /** By member, oldest first. With a BackupManager: those that have its map. */
  readonly members: readonly ContextMember[];
  /** With a BackupManager: the map as each group of Tomcats sees it that can read each other's messages. */
  readonly groups?: readonly BackupGroup[];
  /** With a BackupManager: whether sessions are carried from group to group. */
  readonly bridge?: BridgeState;
}

/** Something that happened to a session; `at`: when we learnt of it, epoch milliseconds by our own clock. */
export type SessionEvent = { readonly context: ContextName; readonly id: SessionId; readonly at: number } & (
  | { readonly type: 'sessionCreated' }
  | { readonly type: 'sessionAccessed' }
  /** `absent`: we have been away, and nobody has it any more. */
  | { readonly type: 'sessionExpired'; readonly reason: 'message' | 'idle' | 'absent' }
  | { readonly type: 'sessionIdChanged'; readonly newId: SessionId }
  /** Scalars changed: isNew, maxInactiveInterval, authType, principal, listeners, notes. */
  | { readonly type: 'sessionChanged'; readonly fields: readonly string[] }
  | { readonly type: 'attributeChanged'; readonly name: string }
  | { readonly type: 'attributeRemoved'; readonly name: string }
  /** Taken over from a state transfer, or from an archive. */
  | { readonly type: 'sessionTransferred' }
);

/** Whether the node has the cluster's sessions. */
export type Synchronisation =
  | { readonly state: 'synchronised'; readonly since: number }
  | { readonly state: 'synchronising'; readonly reason: string };

/** What the faces see of the sessions. Reads are local and cheap; nothing here sends anything. */
export interface SessionMirror {
  synchronisation(): Synchronisation;
  contexts(): readonly ContextInfo[];
  page(query: { context?: ContextName; cursor?: string; limit: number }): SessionPage;
  /** The sessions of that id: at most one for each context. */
  find(id: SessionId, context?: ContextName): readonly SessionRecord[];
  /** Calls `listener` whenever the node has got the cluster's sessions, until the returned function is called. */
  onSynchronised(listener: () => void): () => void;
  /** As `SessionStore.routes`. */
  routes(steps: number): SessionRoutes | undefined;
  /** All sessions as of now, while they go on changing; to be closed. */
  snapshot(): DatedSnapshot;
  /** Whether no Tomcat has told of the session since the node began to ask. */
  isUnconfirmed(session: Pick<SessionRecord, 'context' | 'id' | 'receivedAt'>): boolean;
  /** Who has a session that is in a replicated map; undefined for any other. */
  place(session: Pick<SessionRecord, 'context' | 'id'>): BackupPlace | undefined;
  /**
   * Gets a session that is in a replicated map, and of which this node is no backup, from whoever has it: without becoming its
   * primary. What came is found by `find` then. Never rejects.
   */
  look(id: SessionId, context?: ContextName): Promise<void>;
  /** The single sign-ons of the cluster behind the id `after`, in the order of their ids. */
  singleSignOns(query: SingleSignOnQuery): SingleSignOnPage;
  /** The attributes of a ReplicatedContext; undefined where no Tomcat has told of one of that name. */
  contextAttributes(context: string): readonly ShareGroup[] | undefined;
  /** Calls `listener` for every event, in order, until the returned function is called. Listeners must be quick. */
  subscribe(listener: (event: SessionEvent) => void): () => void;
}
