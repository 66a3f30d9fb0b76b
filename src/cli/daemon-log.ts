import { pino } from 'pino';
import type { Logger } from '../base/index.js';
import type { Settings } from '../config/index.js';

/** What is kept for a reader of the log that does not keep up, in bytes; beyond that lines are dropped. */
const MAX_PENDING_BYTES = 2 ** 23;

/** The fields in which the node's log lines hold session ids or what users have put into sessions. */
const CONFIDENTIAL = ['sessionId', 'newId', 'value'];

/**
 * JSON lines on the standard error. Writing never waits: a terminal or a pipe that stands still must not hold the node up.
 */
export function daemonLog({ level, redact }: Settings['log']): Logger {
  return pino(
    {
      level,
      redact: redact ? { paths: CONFIDENTIAL, censor: '[redacted]' } : [],
    },
    pino.destination({ fd: 2, sync: false, maxLength: MAX_PENDING_BYTES }),
  );
}
