import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { atExit } from './at-exit.js';
import type { ClusterMember } from './cluster-member.js';
import { INTEROP } from './files.js';
import { findJdk, type TomcatInstallation } from './installation.js';
import { bounded } from './wait.js';
import { WriteLedger } from './write-ledger.js';

export interface AcknowledgedWriterOptions {
  readonly installation: TomcatInstallation;
  /** The member whose acknowledgements count. */
  readonly target: ClusterMember;
  readonly writers: number;
  /** Sessions that each writer keeps changing. */
  readonly sessions: number;
  readonly seed: number;
}

/** For everything that is under way to be acknowledged, or to fail: more than a sender's own 5 s, twice. */
const PAUSE_MILLISECONDS = 15_000;

/**
 * Changes sessions at one receiver with Tomcat's own channel, each change acknowledged as processed (channelSendOptions 6), and keeps
 * the account of it. It is no member of any cluster.
 */
export class AcknowledgedWriter {
  readonly ledger = new WriteLedger();
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #classes: string;
  readonly #ended: Promise<never>;
  #paused: (() => void) | undefined;
  #lastWords = '';

  private constructor(child: ChildProcessWithoutNullStreams, classes: string) {
    this.#child = child;
    this.#classes = classes;
    this.#ended = once(child, 'exit').then(() => {
      throw new Error(`the writer has ended: ${this.#lastWords.trim()}`);
    });
    this.#ended.catch(() => undefined); // `pause` tells it
    const release = atExit(() => child.kill('SIGKILL'));
    child.once('exit', release);
    child.stdin.on('error', () => undefined); // `pause` says that it has ended
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-4_000);
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'paused') {
        this.#paused?.();
      } else {
        this.ledger.note(line);
      }
    });
  }

  /** Starts the JVM; nothing is written before `go`. */
  static async start(options: AcknowledgedWriterOptions): Promise<AcknowledgedWriter> {
    const { installation, target, writers, sessions, seed } = options;
    const classes = await mkdtemp(join(tmpdir(), 'tribes-writer-'));
    const source = join(INTEROP, 'java/AcknowledgedWriter.java');
    const classPath = installation.classPath.join(':');
    await promisify(execFile)(findJdk().javac, ['-proc:none', '-d', classes, '-cp', classPath, source]);
    const words = [target.address, target.receiverPort, writers, sessions, seed].map(String);
    const tuning = ['-XX:TieredStopAtLevel=1', '-Djava.net.preferIPv4Stack=true'];
    const program = ['-cp', `${classes}:${classPath}`, 'AcknowledgedWriter', ...words];
    const child = spawn(findJdk().java, [...tuning, ...program]);
    await once(child, 'spawn');
    return new AcknowledgedWriter(child, classes);
  }

  go(): void {
    this.#child.stdin.write('go\n');
  }

  /** Returns when every change has been acknowledged or has failed, and is in the ledger. */
  async pause(): Promise<void> {
    const paused = new Promise<void>((resolve) => {
      this.#paused = resolve;
    });
    this.#child.stdin.write('pause\n');
    await bounded('the writer pauses', PAUSE_MILLISECONDS, Promise.race([paused, this.#ended]));
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = once(this.#child, 'close');
      this.#child.kill('SIGKILL');
      await closed;
    }
    await rm(this.#classes, { recursive: true, force: true });
  }
}
