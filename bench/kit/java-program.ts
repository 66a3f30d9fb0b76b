import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { findJdk, type TomcatInstallation } from '../../interop/kit/index.js';
import { ROOT } from '../../interop/kit/files.js';

export const JAVA_SOURCES = `${ROOT}bench/java`;

/** Compiles the Java files of a folder into another one; those that they need may lie beside that folder. */
export async function compileJava(
  sources: string,
  classes: string,
  { classPath }: TomcatInstallation,
): Promise<void> {
  const files = (await readdir(sources)).filter((name) => name.endsWith('.java'));
  const options = ['-nowarn', '-encoding', 'UTF-8', '-proc:none', '-d', classes, '-cp', classPath.join(':')];
  options.push('-sourcepath', JAVA_SOURCES);
  await promisify(execFile)(findJdk().javac, [...options, ...files.map((name) => join(sources, name))]);
}

/** For its end, once its input has ended. */
const PATIENCE_MS = 10_000;

/** What a program wrote to standard error is told up to this length, when it has ended. */
const LAST_WORDS = 4_000;

/**
 * One of our Java programs, in a JVM that is not tuned: it answers each line with a line, and ends when its standard
 * input does, so that it never outlives this process.
 */
export class JavaProgram {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string, undefined>;
  readonly #classes: string;
  #lastWords = '';

  private constructor(child: ChildProcessWithoutNullStreams, classes: string) {
    this.#child = child;
    this.#classes = classes;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
    child.stdin.on('error', () => undefined); // `ask` says that it has ended
  }

  static async start(
    mainClass: string,
    words: readonly (string | number)[],
    installation: TomcatInstallation,
  ): Promise<JavaProgram> {
    const classes = await mkdtemp(join(tmpdir(), 'tribes-bench-'));
    await compileJava(JAVA_SOURCES, classes, installation);
    const classPath = [classes, ...installation.classPath].join(':');
    const child = spawn(findJdk().java, ['-cp', classPath, mainClass, ...words.map(String)]);
    await once(child, 'spawn');
    return new JavaProgram(child, classes);
  }

  /** @throws Error where it ends instead of answering */
  async ask(...words: readonly (string | number)[]): Promise<string> {
    this.#child.stdin.write(`${words.join(' ')}\n`);
    const answer: IteratorResult<string, undefined> = await this.#answers.next();
    if (answer.done === true) {
      throw new Error(`the JVM has ended: ${this.#lastWords.trim()}`);
    }
    return answer.value;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = once(this.#child, 'close');
      this.#child.stdin.end();
      const late = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
      await closed;
      clearTimeout(late);
    }
    await rm(this.#classes, { recursive: true, force: true });
  }
}
