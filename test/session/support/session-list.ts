import { encodeSessions } from '../../../src/session/donating/session-list-writer.js';
import { contextName, randomUniqueId, sessionId } from '../../../src/base/index.js';
import { transferredSession } from '../../../src/session/session-changes.js';
import { NEWEST_DIALECT } from '../../../src/wire/index.js';
import { donated } from './rig.js';

/** A payload of ALL_SESSION_DATA: sessions by id with attribute `v`. Times are epoch milliseconds. */
export function sessionList(
  sessions: Readonly<Record<string, string>>,
  accessedAt: number,
  creationTime = 1000,
): Buffer {
  const records = Object.entries(sessions).map(([id, v]) =>
    transferredSession(
      contextName('localhost#/app'),
      donated(
        sessionId(id),
        { v },
        {
          creationTime,
          lastAccessedTime: accessedAt,
          thisAccessedTime: accessedAt,
          maxInactiveInterval: 1800,
        },
      ),
      randomUniqueId(),
      accessedAt,
    ),
  );
  return encodeSessions(records, NEWEST_DIALECT);
}
