/** Milliseconds, unless said otherwise. */
export interface TransferSettings {
  /**
   * No Tomcat is asked before its managers can be expected to run: that long after its start, by its heartbeat. A
   * manager that waits for its own state drops requests with a warning. Somebody who says 0 is a mirror.
   */
  readonly minimumAge: number;
  /**
   * The same for a Tomcat that starts when we have what there is to have: there is no hurry, since it tells of what
   * it does, and it may itself be asking us, for longer than it usually takes.
   */
  readonly newcomerAge: number;
  /** Nobody is asked earlier than that after it has appeared: it has to know us, to send us what changes meanwhile. */
  readonly settleTime: number;
  /**
   * How long a request may stay without any answer: a Tomcat has written its whole state before it sends anything, and
   * writes it once more when it is asked again.
   */
  readonly answerTimeout: number;
  /** The same for a member that has shown BackupManagers and nothing else: as a rule it has nothing to say. */
  readonly backupAnswerTimeout: number;
  /** After that long without any answer, the next member is asked. */
  readonly patience: number;
  /** How long a state that has begun to come may pause. */
  readonly progressTimeout: number;
  /** A request for all contexts is done when nothing has come for that long: nobody says how many answers there are. */
  readonly quietTime: number;
  /** The pause before the second request; it doubles with each further one. */
  readonly firstPause: number;
  /**
   * Requests that stay without answer until a member counts as silent. One is enough where a member has shown that it has
   * BackupManagers, and nothing else.
   */
  readonly maxAttempts: number;
  /**
   * How often a member is asked that says to have sent what did not come: because a message broke off (it may have been
   * busy), and because nothing came (it may have no sessions).
   */
  readonly maxBrokenOff: number;
  readonly maxNothingCame: number;
  /** A message may turn out to have broken off that long after its sender has said that all had been sent. */
  readonly brokenOffWithin: number;
  /** A silent member that is heard again is asked again, at first after that long; it doubles each time. */
  readonly silencePause: number;
  /** We count as synchronised after that long without progress, whoever has not answered (`stateTransferTimeout`). */
  readonly roundTimeout: number;
  /** And after that long in any case. */
  readonly maxRoundTime: number;
  /**
   * A Tomcat that asks us while we are asking others is answered within that time, with what there is then: half of what
   * it waits by default (`stateTransferTimeout`).
   */
  readonly answerWithin: number;
  /** Nobody is asked for the same context sooner than that after its last answer. */
  readonly askAgainPause: number;
}

export const defaultTransferSettings: TransferSettings = {
  minimumAge: 4000,
  newcomerAge: 15_000,
  settleTime: 1000,
  answerTimeout: 10_000,
  backupAnswerTimeout: 3_000,
  patience: 3000,
  progressTimeout: 20_000,
  quietTime: 500,
  firstPause: 2000,
  maxAttempts: 3,
  maxBrokenOff: 3,
  maxNothingCame: 2,
  brokenOffWithin: 3000,
  silencePause: 30_000,
  roundTimeout: 60_000,
  maxRoundTime: 600_000,
  answerWithin: 30_000,
  askAgainPause: 60_000,
};
