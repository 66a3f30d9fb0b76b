import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { atExit } from './at-exit.js';
import { INTEROP } from './files.js';
import { findJdk, type TomcatInstallation } from './installation.js';
import { CLOSED_UNDER_ITS_READER } from './tomcat-log.js';
import type { Group } from './tomcat-settings.js';
import { bounded } from './wait.js';

export interface JavaPeerOptions {
  readonly installation: TomcatInstallation;
  /** Of its receiver, and of the interface for multicast. */
  readonly address: string;
  readonly group: Group;
  /** TCP port of its receiver. Default: one that it finds. */
  readonly port?: number;
}

const ANSWER_MILLISECONDS = 30_000;
const SOURCES = join(INTEROP, 'java');
const TUNING = [
  ...['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx512m'],
  ...['-Djava.net.preferIPv4Stack=true', '-Duser.language=en'],
  '-Djava.util.logging.SimpleFormatter.format=%4$s %2$s %5$s %6$s%n',
];
/** Of every channel that is no Tomcat's. */
const HARMLESS = /No utility executor was set/;

/**
 * A Java program of `interop/java` that is no Tomcat and has a channel of its own (`PeerChannel.java`). It is told what to do line by line on
 * its standard input, and answers each by one line.
 */
export class JavaPeer {
  /** Lines of its log from WARNING on. */
  readonly complaints: string[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<never>;
  readonly #waiting: ((line: string) => void)[] = [];
  #lastWords = '';
  #port = 0;
  #isLeaving = false;

  private constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    this.#ended = once(child, 'exit').then(() => {
      throw new Error(`the Java program has ended: ${this.#lastWords.trim()}`);
    });
    this.#ended.catch(() => undefined); // `#answer` tells it
    child.once(
      'exit',
      atExit(() => child.kill('SIGKILL')),
    );
    child.stdin.on('error', () => undefined); // `#answer` says that it has ended
    createInterface({ input: child.stderr }).on('line', (line) => this.#logged(line));
    createInterface({ input: child.stdout }).on('line', (line) => this.#waiting.shift()?.(line));
  }

  /** Starts the class of that name; resolves when it has joined. */
  static async start(
    mainClass: string,
    { installation, address, group, port = 0 }: JavaPeerOptions,
    words: readonly string[] = [],
  ): Promise<JavaPeer> {
    const classPath = [await compiledPrograms(installation), ...installation.classPath].join(':');
    const place = [address, group.address, String(group.port), String(port)];
    const child = spawn(findJdk().java, [...TUNING, '-cp', classPath, mainClass, ...place, ...words]);
    await once(child, 'spawn');
    const peer = new JavaPeer(child);
    peer.#port = Number((await peer.#answer()).replace('ready ', ''));
    return peer;
  }

  /** TCP port of its receiver. */
  get port(): number {
    return this.#port;
  }

  /** Tells it a line, and returns its answer. */
  do(command: string): Promise<string> {
    this.#child.stdin.write(`${command}\n`);
    return this.#answer();
  }

  /** Says goodbye, and ends. */
  async leave(): Promise<void> {
    this.#isLeaving = true;
    await this.do('leave');
    await this.kill();
  }

  /** SIGKILL, and waits; nothing where it does not run. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = once(this.#child, 'close');
      this.#child.kill('SIGKILL');
      await closed;
    }
  }

  #logged(line: string): void {
    this.#lastWords = `${this.#lastWords}${line}\n`.slice(-4_000);
    const isHarmless = HARMLESS.test(line) || (this.#isLeaving && CLOSED_UNDER_ITS_READER.test(line));
    if (/^(WARNING|SEVERE)/.test(line) && !isHarmless) {
      this.complaints.push(line);
    }
  }

  #answer(): Promise<string> {
    const line = new Promise<string>((resolve) => this.#waiting.push(resolve));
    return bounded('the Java program answers', ANSWER_MILLISECONDS, Promise.race([line, this.#ended]));
  }
}

/** Directories of the classes of all programs, by release; they go with this process. */
const directories = new Map<string, Promise<string>>();

/** The directory of the classes of all programs of `interop/java`, compiled for that release once. */
export function compiledPrograms(installation: TomcatInstallation): Promise<string> {
  const known = directories.get(installation.release) ?? compile(installation);
  directories.set(installation.release, known);
  return known;
}

async function compile({ classPath }: TomcatInstallation): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tribes-peers-'));
  atExit(() => rmSync(directory, { recursive: true, force: true }));
  const names = (await readdir(SOURCES)).filter((name) => name.endsWith('.java'));
  const options = ['-proc:none', '-d', directory, '-cp', classPath.join(':')];
  await promisify(execFile)(findJdk().javac, [...options, ...names.map((name) => join(SOURCES, name))]);
  return directory;
}
