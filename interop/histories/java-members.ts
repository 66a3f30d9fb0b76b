import { execFile, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { atExit } from '../kit/at-exit.js';
import { INTEROP } from '../kit/files.js';
import { bounded, findJdk, type TomcatInstallation } from '../kit/index.js';
import type { HeldEntry, HistoryMember, Identity, MemberOptions, Written } from './history-member.js';

const SOURCES = join(INTEROP, 'java/histories');
const ANSWER_MILLISECONDS = 30_000;
const TUNING = [
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-Xmx256m',
  '-Djava.net.preferIPv4Stack=true',
  '-Duser.language=en',
  '-Djava.util.logging.SimpleFormatter.format=%4$s %2$s %5$s %6$s%n',
];

/** A JVM with members that have Tomcat's own channels and maps (`interop/java/histories`). */
export class JavaMembers {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #classes: string;
  readonly #ended: Promise<never>;
  readonly #waiting = new Map<number, (answer: string) => void>();
  /** Lines of its log from WARNING on, without what differs from time to time, and how often each came. */
  readonly complaints = new Map<string, number>();
  #lastWords = '';
  #commands = 0;

  private constructor(child: ChildProcessWithoutNullStreams, classes: string) {
    this.#child = child;
    this.#classes = classes;
    this.#ended = once(child, 'exit').then(() => {
      throw new Error(`the Java program has ended: ${this.#lastWords.trim()}`);
    });
    this.#ended.catch(() => undefined); // `command` tells it
    child.once(
      'exit',
      atExit(() => child.kill('SIGKILL')),
    );
    child.stdin.on('error', () => undefined); // `command` says that it has ended
    createInterface({ input: child.stderr }).on('line', (line) => this.#logged(line));
    createInterface({ input: child.stdout }).on('line', (line) => this.#answered(line));
  }

  static async start({ classPath: jars }: TomcatInstallation): Promise<JavaMembers> {
    const classes = await mkdtemp(join(tmpdir(), 'tribes-histories-'));
    const classPath = jars.join(':');
    const sources = (await readdir(SOURCES)).map((name) => join(SOURCES, name));
    await promisify(execFile)(findJdk().javac, ['-proc:none', '-d', classes, '-cp', classPath, ...sources]);
    const child = spawn(findJdk().java, [...TUNING, '-cp', `${classes}:${classPath}`, 'HistoryPeer']);
    await once(child, 'spawn');
    return new JavaMembers(child, classes);
  }

  async open({ name, seed }: MemberOptions): Promise<JavaMember> {
    const [port = '', uniqueId = ''] = (await this.command('open', name, seed)).split(' ');
    return new JavaMember(this, name, { port: Number(port), uniqueId });
  }

  /** Error: what the member fails with. */
  async command(command: string, member: string, ...words: readonly (string | number)[]): Promise<string> {
    const number = this.#commands++;
    const answered = new Promise<string>((resolve) => this.#waiting.set(number, resolve));
    this.#child.stdin.write(`${[number, command, member, ...words].join(' ')}\n`);
    const what = `${member} answers "${[command, ...words].join(' ')}"`;
    const answer = await bounded(what, ANSWER_MILLISECONDS, Promise.race([answered, this.#ended]));
    if (answer.startsWith('failed ')) {
      throw new Error(`${command} of ${member} ${answer}`);
    }
    return answer;
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const closed = once(this.#child, 'close');
      this.#child.kill('SIGKILL');
      await closed;
    }
    await rm(this.#classes, { recursive: true, force: true });
  }

  #answered(line: string): void {
    const blank = line.indexOf(' ');
    const number = Number(line.slice(0, blank));
    this.#waiting.get(number)?.(line.slice(blank + 1));
    this.#waiting.delete(number);
  }

  #logged(line: string): void {
    this.#lastWords = `${this.#lastWords}\n${line}`.slice(-4_000);
    if (/^(WARNING|SEVERE) /.test(line)) {
      const kind = line.replace(/\[[^\]]*\]|\{[^}]*\}|[\d.]+/g, '…').slice(0, 160);
      this.complaints.set(kind, (this.complaints.get(kind) ?? 0) + 1);
    }
  }
}

export class JavaMember implements HistoryMember {
  readonly identity: Identity;
  readonly #peer: JavaMembers;
  readonly #name: string;

  constructor(peer: JavaMembers, name: string, identity: Identity) {
    this.#peer = peer;
    this.#name = name;
    this.identity = identity;
  }

  async come({ port, uniqueId }: Identity): Promise<void> {
    await this.#do('come', port, uniqueId);
  }

  async go({ port, uniqueId }: Identity): Promise<void> {
    await this.#do('go', port, uniqueId);
  }

  async cut({ port }: Identity): Promise<void> {
    await this.#do('cut', port);
  }

  async mend({ port }: Identity): Promise<void> {
    await this.#do('mend', port);
  }

  async disturb(loss: number): Promise<void> {
    await this.#do('disturb', loss);
  }

  async join(): Promise<void> {
    await this.#do('join');
  }

  /** What it publishes from now on waits for `release`, between the choice of a backup and all that comes behind it. */
  async hold(): Promise<void> {
    await this.#do('hold');
  }

  async release(): Promise<void> {
    await this.#do('release');
  }

  async put(key: string, text: string): Promise<Written> {
    return writtenOf(await this.#do('put', key, text));
  }

  async change(key: string, text: string): Promise<Written> {
    return writtenOf(await this.#do('change', key, text));
  }

  async remove(key: string): Promise<void> {
    await this.#do('remove', key);
  }

  async dump(): Promise<readonly HeldEntry[]> {
    const text = await this.#do('dump');
    return text.split(' ').filter(Boolean).map(entryOf);
  }

  async crash(): Promise<void> {
    await this.#do('crash');
  }

  #do(command: string, ...words: readonly (string | number)[]): Promise<string> {
    return this.#peer.command(command, this.#name, ...words);
  }
}

function writtenOf(answer: string): Written {
  return answer === 'none' ? undefined : portsOf(answer);
}

function portsOf(text: string): number[] {
  return text === '-' ? [] : text.split(',').map(Number);
}

function entryOf(line: string): HeldEntry {
  const [key = '', role = '', primary = '', backups = '', text = ''] = line.split('|');
  return {
    key,
    role,
    primary: primary === '-' ? null : Number(primary),
    backups: portsOf(backups),
    text: text === '-' ? null : text,
  };
}
