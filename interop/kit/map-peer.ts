import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { atExit } from './at-exit.js';
import { INTEROP } from './files.js';
import { findJdk, type TomcatInstallation } from './installation.js';
import type { Group } from './tomcat-settings.js';
import { bounded } from './wait.js';

export interface MapPeerOptions {
  readonly installation: TomcatInstallation;
  readonly address: string;
  readonly group: Group;
  /** Name of the map. */
  readonly map: string;
}

const ANSWER_MILLISECONDS = 30_000;

/** A Java program that is no Tomcat, with a `ReplicatedMap` on a channel of its own. */
export class MapPeer {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #classes: string;
  readonly #ended: Promise<never>;
  readonly #waiting: ((line: string) => void)[] = [];
  #lastWords = '';

  private constructor(child: ChildProcessWithoutNullStreams, classes: string) {
    this.#child = child;
    this.#classes = classes;
    this.#ended = once(child, 'exit').then(() => {
      throw new Error(`the Java program has ended: ${this.#lastWords.trim()}`);
    });
    this.#ended.catch(() => undefined); // `#answer` tells it
    child.once(
      'exit',
      atExit(() => child.kill('SIGKILL')),
    );
    child.stdin.on('error', () => undefined); // `#answer` says that it has ended
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-4_000);
    });
    createInterface({ input: child.stdout }).on('line', (line) => this.#waiting.shift()?.(line));
  }

  /** Resolves when it has joined the map. */
  static async start({ installation, address, group, map }: MapPeerOptions): Promise<MapPeer> {
    const classes = await mkdtemp(join(tmpdir(), 'tribes-map-peer-'));
    const classPath = installation.classPath.join(':');
    const source = join(INTEROP, 'java/MapPeer.java');
    await promisify(execFile)(findJdk().javac, ['-proc:none', '-d', classes, '-cp', classPath, source]);
    const tuning = ['-XX:TieredStopAtLevel=1', '-Djava.net.preferIPv4Stack=true'];
    const words = [address, group.address, String(group.port), map];
    const child = spawn(findJdk().java, [...tuning, '-cp', `${classes}:${classPath}`, 'MapPeer', ...words]);
    await once(child, 'spawn');
    const peer = new MapPeer(child, classes);
    await peer.#answer();
    return peer;
  }

  /** What the map holds: "java.lang.Integer 5" by key. Nothing is read as a program of the map would read it. */
  list(): Promise<string> {
    return this.#do('list');
  }

  /** @param type as MapPeer.java has it: "integer", "date", … */
  async put(key: string, type: string, value: string): Promise<void> {
    await this.#do(`put ${key} ${type} ${value}`);
  }

  async remove(key: string): Promise<void> {
    await this.#do(`remove ${key}`);
  }

  /** How many others have the map, as it knows them. */
  async members(): Promise<number> {
    return Number(await this.#do('members'));
  }

  /** Says goodbye, and ends. */
  async leave(): Promise<void> {
    await this.#do('leave');
    await this.kill();
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = once(this.#child, 'close');
      this.#child.kill('SIGKILL');
      await closed;
    }
    await rm(this.#classes, { recursive: true, force: true });
  }

  #do(command: string): Promise<string> {
    this.#child.stdin.write(`${command}\n`);
    return this.#answer();
  }

  #answer(): Promise<string> {
    const line = new Promise<string>((resolve) => this.#waiting.push(resolve));
    return bounded('the Java program answers', ANSWER_MILLISECONDS, Promise.race([line, this.#ended]));
  }
}
