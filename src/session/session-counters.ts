/** Events of `org.apache.catalina.ha.session.SessionMessage`, without their prefix EVT_. */
export type SessionEventName =
  | 'SESSION_CREATED'
  | 'SESSION_EXPIRED'
  | 'SESSION_ACCESSED'
  | 'GET_ALL_SESSIONS'
  | 'ALL_SESSION_DATA'
  | 'SESSION_DELTA'
  | 'ALL_SESSION_TRANSFERCOMPLETE'
  | 'CHANGE_SESSION_ID'
  | 'ALL_SESSION_NOCONTEXTMANAGER';

/** What has happened since the start. Plain numbers, for metrics. */
export interface SessionCounters {
  /** Session messages received, by event; each is counted once. */
  readonly received: Record<SessionEventName, number>;
  /** Messages that could not be understood, and were not used. */
  undecodable: number;
  /** Messages whose context was refused, since there are too many. */
  refusedContexts: number;
  /** Messages, and parts of transfers, refused because the store was full (TRIBES_E_STORE_FULL). */
  refusedFull: number;
  /** Live messages that changed a session. */
  applied: number;
  /** Live messages that came before their session and had to wait for it. */
  early: number;
  /** Of those, the ones whose session did not come. */
  unknown: number;
  /** Live messages overtaken by a younger one of their sender, wholly or in part. */
  stale: number;
  /** Live messages that said what was known: CREATED of a known session, a change of id that is done. */
  repeated: number;
  /** Messages for the old id of a session that found it under its new one. */
  redirected: number;
  /** Messages, and sessions of transfers, that came after their session had expired. */
  buried: number;
  /** Values that could not be understood, and were kept with the message that brought them. */
  uncutValues: number;
  /** Values that could not be understood, nor kept. */
  lostValues: number;
  /** Values that their sender could not write (TC_EXCEPTION). */
  abortedValues: number;
  /** Sessions expired by idle time. */
  expiredIdle: number;
  /** Sessions that nobody held any more when we asked anew. */
  expiredAbsent: number;
  /** State transfers asked of others. */
  transfersRequested: number;
  /** ALL_SESSION_DATA messages taken in to their end. */
  transfersRead: number;
  /** ALL_SESSION_DATA messages that broke off: what stood before the break was taken in. */
  transfersTorn: number;
  /** Ends of transfers that came without what they end: nothing had come, or a message had broken off. */
  transfersMissing: number;
  /** Sessions taken over from transfers. */
  transferredSessions: number;
  /** Sessions of transfers that were not younger than what was known. */
  transferredOlder: number;
  /** Sessions taken over from archives. */
  importedSessions: number;
  /** State requests of others answered. */
  transfersServed: number;
  /** State requests not answered, because too many others were being answered. */
  transfersRefused: number;
  /** Sessions sent with those answers. */
  servedSessions: number;
  /** Sessions that could not be written, or were not acknowledged. */
  unservedSessions: number;
  /** Values left out of those sessions: their classes are of a servlet API that the asker does not have. */
  leftOutValues: number;
  /** Values left out of those sessions: they are kept with the message that brought them. */
  unservedUncutValues: number;
  /** Values of those sessions that were sent though nobody knew whether the asker has the servlet API that they need. */
  doubtfulValues: number;
}

export function newCounters(): SessionCounters {
  return {
    received: {
      SESSION_CREATED: 0,
      SESSION_EXPIRED: 0,
      SESSION_ACCESSED: 0,
      GET_ALL_SESSIONS: 0,
      ALL_SESSION_DATA: 0,
      SESSION_DELTA: 0,
      ALL_SESSION_TRANSFERCOMPLETE: 0,
      CHANGE_SESSION_ID: 0,
      ALL_SESSION_NOCONTEXTMANAGER: 0,
    },
    undecodable: 0,
    refusedContexts: 0,
    refusedFull: 0,
    applied: 0,
    early: 0,
    unknown: 0,
    stale: 0,
    repeated: 0,
    redirected: 0,
    buried: 0,
    uncutValues: 0,
    lostValues: 0,
    abortedValues: 0,
    expiredIdle: 0,
    expiredAbsent: 0,
    transfersRequested: 0,
    transfersRead: 0,
    transfersTorn: 0,
    transfersMissing: 0,
    transferredSessions: 0,
    transferredOlder: 0,
    importedSessions: 0,
    transfersServed: 0,
    transfersRefused: 0,
    servedSessions: 0,
    unservedSessions: 0,
    leftOutValues: 0,
    unservedUncutValues: 0,
    doubtfulValues: 0,
  };
}
