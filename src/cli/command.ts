import type { LoadedSettings } from '../config/index.js';

/** Where a command reads and writes; so that nothing but `main.ts` touches the process. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Results. */
  out(text: string): void;
  /** What is said to the person, and errors. */
  err(text: string): void;
  /** The standard input. */
  input(): AsyncIterable<Uint8Array>;
  /**
   * Aborted when the user or the system asks the program to end. Whoever takes this, early, promises to end in order;
   * a command that never does so is ended by the signal itself, however busy it is.
   */
  readonly interrupted: AbortSignal;
  /** Ends the process at once, whatever it is still doing. */
  exit(code: number): void;
}

/** A command line, taken apart. */
export interface Invocation extends LoadedSettings {
  readonly terminal: Terminal;
  readonly words: readonly string[];
  readonly switches: ReadonlySet<string>;
  readonly options: ReadonlyMap<string, string>;
}

/** Exit codes of every command. */
export const ExitCode = {
  OK: 0,
  /** The question was asked, and the answer is no: a file differs, a session is not there. */
  NO: 1,
  /** The question could not be asked: bad usage, bad settings, a start that failed. */
  FAILED: 2,
} as const;

export interface Command {
  readonly name: string;
  /** Behind `tribes `: `members [--watch] [--json]`. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** What more there is to say; lines of at most 100 characters. */
  readonly details: string;
  /** Flags without a value. */
  readonly switches: readonly string[];
  /** Flags with a value, beside the settings. */
  readonly options: readonly string[];
  /** Resolves to the exit code. Errors that are thrown are told in one line; the exit code is then 2. */
  run(invocation: Invocation): Promise<number>;
}
