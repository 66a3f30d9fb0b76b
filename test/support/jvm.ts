import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  findJdk,
  findTomcat,
  NotInstalledError,
  type TomcatVersion,
} from '../../interop/kit/installation.js';

/** What a suite needs of this machine: a JDK, and the jars of a Tomcat if it names one. */
export interface JvmNeeds {
  readonly tomcat?: TomcatVersion;
}

/**
 * A suite that needs a JVM. Where there is none it is skipped with a word about it; with TRIBES_REQUIRE_TOMCAT=1 it
 * fails.
 */
export function describeWithJvm(title: string, needs: JvmNeeds, suite: (classPath: string) => void): void {
  let classPath: string;
  try {
    findJdk();
    classPath = needs.tomcat === undefined ? '' : findTomcat(needs.tomcat).classPath.join(':');
  } catch (error) {
    if (!(error instanceof NotInstalledError)) {
      throw error;
    }
    describe(title, () => {
      it(`skipped: ${error.message}`, function () {
        if (process.env['TRIBES_REQUIRE_TOMCAT'] === '1') {
          throw error;
        }
        this.skip();
      });
    });
    return;
  }
  describe(title, () => suite(classPath));
}

/** The path of a file in the source tree, named from its root: `test/channel/jvm/TribesPeer.java`. */
export function sourceFile(path: string): string {
  return fileURLToPath(new URL(`../../../${path}`, import.meta.url));
}

const compiled = new Map<string, Promise<string>>();
const scratch = new Set<string>();

/** Compiles Java sources, once for each class path, and returns the folder of the classes. */
export function compileJava(sources: readonly string[], classPath = ''): Promise<string> {
  const key = [classPath, ...sources].join('\n');
  const known = compiled.get(key) ?? compile(sources, classPath);
  compiled.set(key, known);
  return known;
}

async function compile(sources: readonly string[], classPath: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tribes-java-'));
  scratch.add(folder);
  const options = ['-nowarn', '-encoding', 'UTF-8', '-proc:none', '-d', folder, '-cp', classPath];
  await promisify(execFile)(findJdk().javac, [...options, ...sources]);
  return folder;
}

after(async () => {
  await Promise.all([...scratch].map((folder) => rm(folder, { recursive: true, force: true })));
  scratch.clear();
  compiled.clear();
});

export interface JavaCommand {
  readonly mainClass: string;
  readonly classPath: readonly string[];
  readonly jvmOptions?: readonly string[];
  readonly args?: readonly string[];
}

function commandLine({ mainClass, classPath, jvmOptions = [], args = [] }: JavaCommand): string[] {
  const path = classPath.filter((entry) => entry !== '').join(':');
  // Quick to start, since these programs are short; and the same log in every country.
  const options = [
    '-Duser.language=en',
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-Xshare:auto',
    '-Xmx256m',
  ];
  return [...options, ...jvmOptions, '-cp', path, mainClass, ...args];
}

/** Runs a Java program to its end with `input` at its standard input, and returns its standard output. */
export async function runJava(command: JavaCommand, input: Uint8Array = Buffer.alloc(0)): Promise<Buffer> {
  const child = spawn(findJdk().java, commandLine(command));
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => undefined); // a program that ends early is judged by how it ends
  child.stdin.end(input);
  await once(child, 'close');
  if (child.exitCode !== 0) {
    const complaint = Buffer.concat(stderr).toString();
    throw new Error(
      `${command.mainClass} ended with ${String(child.exitCode ?? child.signalCode)}: ${complaint}`,
    );
  }
  return Buffer.concat(stdout);
}

/** A Java program that runs beside the test, told what to do line by line, and saying what happens line by line. */
export class JavaProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #closed: Promise<unknown>;
  /** What it wrote to standard output so far. */
  readonly lines: string[] = [];
  /** What it wrote to standard error so far: the log of a Tomcat. */
  readonly errorLines: string[] = [];

  constructor(command: JavaCommand) {
    this.#child = spawn(findJdk().java, commandLine(command));
    this.#closed = once(this.#child, 'close');
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.lines.push(line));
    createInterface({ input: this.#child.stderr }).on('line', (line) => this.errorLines.push(line));
    this.#child.stdin.on('error', () => undefined); // `exited` says that it is gone
  }

  get exited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** The first line from index `from` on that `pattern` matches, waited for if need be. */
  async line(
    pattern: RegExp,
    options: { readonly from?: number; readonly withinMs?: number } = {},
  ): Promise<string> {
    const { from = 0, withinMs = 20_000 } = options;
    const deadline = performance.now() + withinMs;
    for (;;) {
      const found = this.lines.slice(from).find((line) => pattern.test(line));
      if (found !== undefined) {
        return found;
      }
      if (this.exited || performance.now() > deadline) {
        const said = [...this.lines, ...this.errorLines].slice(-40).join('\n');
        throw new Error(
          `${this.exited ? 'ended without' : 'not in time:'} a line like ${String(pattern)}:\n${said}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Sends it a signal, such as SIGSTOP, that does not end it. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** As `kill -9`, or another signal; resolves when it is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.exited) {
      this.#child.kill(signal);
    }
    await this.#closed;
  }

  /** Ends its standard input, which it takes as a request to end; resolves when it is gone. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.#closed;
  }
}
