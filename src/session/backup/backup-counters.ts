/** What has happened to sessions in replicated maps since the start. Plain numbers, for metrics. */
export interface BackupCounters {
  /** Whole sessions taken in, and changes of sessions. */
  values: number;
  diffs: number;
  /** Those of them that could not be read or applied. */
  unreadable: number;
  /** Accesses and takeovers that we were told of. */
  accesses: number;
  /** Sessions of which we became the primary, since theirs had gone. */
  promoted: number;
  /** Sessions lost: everybody who had their value has gone. */
  lost: number;
  /** Sessions of the run before of which nobody told, and that we gave back. */
  restored: number;
  /** Sessions got from elsewhere to be looked at, without becoming their primary. */
  looks: number;
  /** Takeovers of a session by a Tomcat that cannot read the messages of the one that had it. */
  bridged: number;
  /** Sessions that had lost their backup without their primary noticing, and of which we made ourselves the backup. */
  sheltered: number;
  /** Removals that did not count, since the session lives in another group. */
  removalsSwallowed: number;
  /** Sessions elsewhere of which nothing is known here, since there were `session.maxProxies` of them. */
  refusedProxies: number;
}

export function newBackupCounters(): BackupCounters {
  return {
    values: 0,
    diffs: 0,
    unreadable: 0,
    accesses: 0,
    promoted: 0,
    lost: 0,
    restored: 0,
    looks: 0,
    bridged: 0,
    sheltered: 0,
    removalsSwallowed: 0,
    refusedProxies: 0,
  };
}
