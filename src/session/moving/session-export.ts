import { writeArchive } from '../../archive/index.js';
import { version, type ContextName, type SessionRecord, type StoreSnapshot } from '../../base/index.js';

/** Sessions as of one instant. */
export interface DatedSnapshot {
  /** The instant, by the clock of their `receivedAt`; epoch milliseconds. */
  readonly asOf: number;
  readonly sessions: StoreSnapshot;
}

export interface ExportOptions {
  /** Only of that context. */
  readonly context?: ContextName;
  /** Whether passwords, and what may hold some, are written too. */
  readonly withSecrets: boolean;
}

/**
 * An archive of what `begin` gives, piece by piece, at the pace of whoever reads it. `begin` is called with the first
 * piece: the instant is then.
 *
 * Errors: TRIBES_E_STORE_SNAPSHOT, TRIBES_E_STORE_CLOSED, TRIBES_E_ARCHIVE_LIMIT.
 */
export async function* exportSessions(
  begin: () => DatedSnapshot,
  { context, withSecrets }: ExportOptions,
): AsyncGenerator<Buffer, void> {
  const { asOf, sessions } = begin();
  try {
    const contexts = [...sessions.contexts].filter(([name]) => context === undefined || name === context);
    const header = {
      writer: `tomcat-tribes ${version()}`,
      asOf,
      contexts: new Map(contexts),
      withSecrets,
    };
    yield* writeArchive(header, recordsOf(sessions, context));
  } finally {
    sessions.close();
  }
}

function* recordsOf(sessions: StoreSnapshot, context: ContextName | undefined): Generator<SessionRecord> {
  for (let record = sessions.next(); record !== undefined; record = sessions.next()) {
    if (context === undefined || record.context === context) {
      yield record;
    }
  }
}
