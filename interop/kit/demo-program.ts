import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { atExit } from './at-exit.js';
import { findJdk, type TomcatInstallation } from './installation.js';
import { compiledPrograms } from './java-peer.js';
import type { VirtualScreen } from './virtual-screen.js';
import { bounded, eventually } from './wait.js';

/** Where Tomcat's demonstration programs are, compiled: a folder for each version ("9", "10.1"). */
const DIRECTORY = 'TRIBES_DEMOS';

const PACKAGE = 'org.apache.catalina.tribes.demos';

/** Why the demonstration programs of that version cannot be run, or undefined if they can. */
export function missingDemos(version: TomcatInstallation['version']): string | undefined {
  const directory = process.env[DIRECTORY];
  if (directory === undefined) {
    return "needs Tomcat's demonstration programs: --demos DIR, see docs/interop.md";
  }
  const wanted = join(directory, version, PACKAGE.replaceAll('.', '/'), 'EchoRpcTest.class');
  return existsSync(wanted) ? undefined : `there is no ${wanted}`;
}

export interface DemoOptions {
  readonly installation: TomcatInstallation;
  /** "EchoRpcTest" */
  readonly mainClass: string;
  readonly words?: readonly string[];
  /** Options of the JVM. */
  readonly jvmOptions?: readonly string[];
  /** Of a program that is a window, which is then told what to do (`interop/java/DemoWindow.java`). */
  readonly screen?: VirtualScreen;
}

/** One of the demonstration programs of Tomcat's own source (`org.apache.catalina.tribes.demos`), and what it says. */
export class DemoProgram {
  /** Of standard output and standard error. */
  readonly lines: string[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #name: string;

  private constructor(child: ChildProcessWithoutNullStreams, name: string) {
    this.#child = child;
    this.#name = name;
    child.once(
      'exit',
      atExit(() => child.kill('SIGKILL')),
    );
    child.stdin.on('error', () => undefined); // `line` says that it has ended
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on('line', (line) => this.lines.push(line));
    }
  }

  static async start({
    installation,
    mainClass,
    words = [],
    jvmOptions = [],
    screen,
  }: DemoOptions): Promise<DemoProgram> {
    const directory = process.env[DIRECTORY] ?? '';
    const classes = [join(directory, installation.version), ...installation.classPath];
    const options = ['-Djava.net.preferIPv4Stack=true', '-Duser.language=en', ...jvmOptions];
    const program = [`${PACKAGE}.${mainClass}`, ...words];
    if (screen !== undefined) {
      classes.push(await compiledPrograms(installation));
      program.unshift('DemoWindow');
    }
    const child = spawn(findJdk().java, [...options, '-cp', classes.join(':'), ...program], {
      env: { ...process.env, ...(screen && { DISPLAY: screen.display }) },
    });
    await once(child, 'spawn');
    return new DemoProgram(child, mainClass);
  }

  /** The first line from index `from` on that matches, waited for if need be; with its groups. */
  line(pattern: RegExp, { from = 0, within = 20_000 } = {}): Promise<RegExpExecArray> {
    return eventually(`${this.#name} says ${String(pattern)}`, within, () => {
      if (this.#child.exitCode !== null) {
        throw new Error(`it has ended: ${this.lines.slice(-10).join('\n')}`);
      }
      return (
        this.lines
          .slice(from)
          .map((text) => pattern.exec(text))
          .find((found) => found !== null) ?? undefined
      );
    });
  }

  /** How many lines match. */
  count(pattern: RegExp): number {
    return this.lines.filter((line) => pattern.test(line)).length;
  }

  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** SIGTERM: it says goodbye, and ends. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = once(this.#child, 'close');
      this.#child.kill('SIGTERM');
      await bounded(`${this.#name} ends`, 20_000, closed);
    }
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = once(this.#child, 'close');
      this.#child.kill('SIGKILL');
      await closed;
    }
  }
}
