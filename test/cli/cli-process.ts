import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { eventually } from '../support/eventually.js';

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** The standard input; default: none. */
  readonly input?: Buffer;
}

/** `tribes` as a process of its own, without the settings of whoever runs the tests. */
export class CliProcess {
  stdout = '';
  stderr = '';
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #closed: Promise<unknown>;

  constructor(argv: readonly string[], { cwd, environment = {}, input }: CliOptions = {}) {
    this.#child = spawn(process.execPath, [MAIN, ...argv], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], ...environment },
      ...(cwd !== undefined && { cwd }),
    });
    // A process that does not read to the end closes its side.
    this.#child.stdin.on('error', () => undefined).end(input);
    this.#closed = once(this.#child, 'close');
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** What ended it, if a signal did. */
  get endedBy(): NodeJS.Signals | null {
    return this.#child.signalCode;
  }

  async ended(): Promise<CliResult> {
    await this.#closed;
    return { code: this.#child.exitCode, stdout: this.stdout, stderr: this.stderr };
  }

  /** Waits for `pattern` on the standard output. */
  async says(pattern: RegExp, withinMs = 10_000): Promise<void> {
    const said = (): boolean => pattern.test(this.stdout) || !this.running;
    await eventually(`${String(pattern)} on stdout`, said, withinMs);
    if (!pattern.test(this.stdout)) {
      throw new Error(`it ended without saying ${String(pattern)}: ${this.stdout} ${this.stderr}`);
    }
  }
}

/** Runs `tribes` to its end. */
export async function cli(argv: readonly string[], options?: CliOptions): Promise<CliResult> {
  return await new CliProcess(argv, options).ended();
}
