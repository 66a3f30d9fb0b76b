import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, closeSync, existsSync, openSync } from 'node:fs';
import { atExit } from './at-exit.js';
import { bounded, TimeoutError } from './wait.js';

/** Where the kernel offers it, a child also ends when this process is killed outright. */
const PARENT_DEATH = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL'] : [];

/** What a shell answers for a program that cannot be run. */
const CANNOT_RUN = 127;

export interface ProcessOptions {
  /** For messages: "tomcat1". */
  readonly name: string;
  /** The command and its arguments. Whatever precedes the program must exec it, so that the pid is the program's. */
  readonly command: readonly string[];
  /** Default: that of this process. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Standard output and error are appended to this file. */
  readonly logFile: string;
}

/** How a process ended: an exit code, or the signal that ended it. */
export type Ending = { readonly code: number } | { readonly signal: NodeJS.Signals };

/** A child process that we started, known by its own pid, and ended with us at the latest. */
export class SupervisedProcess {
  readonly name: string;
  readonly exited: Promise<Ending>;
  readonly #child: ChildProcess;
  #ending: Ending | undefined;

  constructor(options: ProcessOptions) {
    this.name = options.name;
    const [program = '', ...rest] = [...PARENT_DEATH, ...options.command];
    const log = openSync(options.logFile, 'a');
    this.#child = spawn(program, rest, {
      stdio: ['ignore', log, log],
      env: options.environment ?? process.env,
    });
    closeSync(log);
    const release = atExit(() => this.signal('SIGKILL'));
    this.exited = new Promise((resolve) => {
      const end = (ending: Ending): void => {
        release();
        this.#ending = ending;
        resolve(ending);
      };
      this.#child.once('error', ({ message }) => {
        appendFileSync(options.logFile, `${message}\n`);
        end({ code: CANNOT_RUN });
      });
      this.#child.once('exit', (code, signal) => end(signal === null ? { code: code ?? 0 } : { signal }));
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Undefined while it runs. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** False if it had ended already. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#ending === undefined && this.#child.kill(signal);
  }

  /** Asks it to end, and waits. @throws TimeoutError, after it was killed for not ending `within` milliseconds */
  async terminate(within: number): Promise<Ending> {
    this.signal('SIGTERM');
    this.signal('SIGCONT');
    try {
      return await bounded(`${this.name} ends after SIGTERM`, within, this.exited);
    } catch (error) {
      if (error instanceof TimeoutError) {
        await this.kill();
      }
      throw error;
    }
  }

  /** SIGKILL, also to a stopped process. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await bounded(`${this.name} ends after SIGKILL`, 10_000, this.exited);
  }
}
