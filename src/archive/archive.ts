import type { ContextName } from '../base/index.js';

/** The first bytes of a session archive say so. */
export const ARCHIVE_MAGIC = 'tomcat-tribes sessions';

/** Media type of an archive. */
export const ARCHIVE_TYPE = 'application/vnd.tomcat-tribes.sessions';

/** Version of the format (`Header.format` of session-archive.proto). */
export const ARCHIVE_FORMAT = 1;

/** What stands at the beginning of an archive. */
export interface ArchiveHeader {
  /** Program and version that wrote it. */
  readonly writer: string;
  /** The instant of which the sessions are: epoch milliseconds, by the clock that their `receivedAt` goes by. */
  readonly asOf: number;
  /** Contexts that had sessions at that instant, with their number. */
  readonly contexts: ReadonlyMap<ContextName, number>;
  /** Whether passwords, and what may hold some, are in it. */
  readonly withSecrets: boolean;
}

/** What stands at its end. */
export interface ArchiveSummary {
  /** Sessions in the archive. */
  readonly contexts: ReadonlyMap<ContextName, number>;
  /** Principals without their passwords, and principals and notes left out, since secrets were not to be in it. */
  readonly secretsLeftOut: number;
}

/** Bounds on an archive that is read; each is far beyond what the node writes. */
export const ARCHIVE_LIMITS = {
  /** Bytes of one part, and of the sessions of a batch: a batch holds one session at least, however large. */
  maxPartBytes: 2 ** 28,
  /** Sessions, names, streams and contexts of one part, all together. */
  maxPartElements: 2 ** 20,
} as const;
