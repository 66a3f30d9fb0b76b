import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { findJdk, type TomcatInstallation } from '../../interop/kit/index.js';
import { JAVA_SOURCES, javaClasses } from './java-classes.js';

/** For its end, once its input has ended. */
const PATIENCE_MS = 10_000;

/** What a program wrote to standard error is told up to this length, when it has ended. */
const LAST_WORDS = 4_000;

/**
 * One of our Java programs: it answers each line with a line, and ends when its standard input does, so that it never
 * outlives this process.
 */
export class JavaProgram {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string, undefined>;
  #lastWords = '';

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
    child.stdin.on('error', () => undefined); // `ask` says that it has ended
  }

  /** @param tuning options of the JVM */
  static async start(
    mainClass: string,
    words: readonly (string | number)[],
    installation: TomcatInstallation,
    tuning: readonly string[] = [],
  ): Promise<JavaProgram> {
    const classPath = [await javaClasses(JAVA_SOURCES, installation), ...installation.classPath].join(':');
    const options = ['-Djava.net.preferIPv4Stack=true', ...tuning, '-cp', classPath];
    const child = spawn(findJdk().java, [...options, mainClass, ...words.map(String)]);
    await once(child, 'spawn');
    return new JavaProgram(child);
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
  }
}
