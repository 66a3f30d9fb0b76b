import { existsSync, readFileSync } from 'node:fs';
import { SupervisedProcess, type Ending, type ProcessOptions } from './supervised-process.js';

/** The program behind a member of the cluster: a process of this machine, or a container. */
export interface Runtime {
  /** Where the other members reach it; a container has one only while it runs. */
  readonly address: string;
  /** Starts it, again where it has ended, and returns at once. */
  launch(): Promise<void>;
  readonly running: boolean;
  /** Of a process of this machine, while it runs. */
  readonly pid?: number | undefined;
  /** How the last run ended; undefined while it runs, and before the first. */
  readonly ending: Ending | undefined;
  /** SIGTERM, and waits. @throws TimeoutError, after it was killed for not ending `within` milliseconds */
  terminate(within: number): Promise<Ending | undefined>;
  /** SIGKILL, and waits; nothing where it does not run. */
  kill(): Promise<void>;
  /** Freezes it: its sockets stay. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Everything that it has said in all its runs. */
  log(): string;
  /** Where a person finds the log. */
  readonly logPlace: string;
}

/** A process on this machine. */
export class LocalRuntime implements Runtime {
  readonly address: string;
  readonly #options: ProcessOptions;
  #process: SupervisedProcess | undefined;

  constructor(address: string, options: ProcessOptions) {
    this.address = address;
    this.#options = options;
  }

  get logPlace(): string {
    return this.#options.logFile;
  }

  get running(): boolean {
    return this.#process !== undefined && this.#process.ending === undefined;
  }

  get pid(): number | undefined {
    return this.running ? this.#process?.pid : undefined;
  }

  get ending(): Ending | undefined {
    return this.#process?.ending;
  }

  launch(): Promise<void> {
    if (this.running) {
      throw new Error(`${this.#options.name} is running already`);
    }
    this.#process = new SupervisedProcess(this.#options);
    return Promise.resolve();
  }

  async terminate(within: number): Promise<Ending | undefined> {
    return this.#process?.terminate(within);
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  pause(): Promise<void> {
    this.#process?.signal('SIGSTOP');
    return Promise.resolve();
  }

  resume(): Promise<void> {
    this.#process?.signal('SIGCONT');
    return Promise.resolve();
  }

  log(): string {
    const { logFile } = this.#options;
    return existsSync(logFile) ? readFileSync(logFile, 'utf8') : '';
  }
}
