import type { MapPlace } from './mirror-node.js';

/** One session as a Tomcat's manager holds it: what the dump servlet answers. */
export interface DumpedSession {
  readonly id: string;
  readonly creationTime: number;
  readonly lastAccessedTime: number;
  readonly thisAccessedTime: number;
  readonly maxInactiveInterval: number;
  readonly isNew: boolean;
  readonly isValid: boolean;
  readonly authType: string | null;
  readonly principal: { readonly name: string; readonly roles: readonly string[] } | null;
  /** As they describe themselves. */
  readonly listeners: readonly string[];
  /** Names of the notes. */
  readonly notes: readonly string[];
  /** With a BackupManager, which shows its primaries and backups: "primary" or "backup". */
  readonly map?: MapPlace | null;
  readonly attributes: Readonly<Record<string, DumpedAttribute>>;
}

export interface DumpedAttribute {
  readonly class: string;
  /** The class with which the attribute's Java stream begins: another one where Java writes a stand-in. */
  readonly streamClass?: string;
  /** The attribute's own Java stream, base64. */
  readonly bytes?: string;
  /** The JSON view, with unordered sets as {"@set"} and unordered maps as {"@pairs"}. */
  readonly value?: unknown;
  /** Why Java cannot serialise it, if it cannot; then there is no stream and no view. */
  readonly unwritable?: string;
}

export interface Dump {
  /** The manager's name in the cluster: `localhost#/app`. */
  readonly context: string;
  readonly manager: string;
  readonly sessions: readonly DumpedSession[];
}
