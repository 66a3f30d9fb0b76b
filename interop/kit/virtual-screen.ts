import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { atExit } from './at-exit.js';
import { bounded } from './wait.js';

const XVFB = '/usr/bin/Xvfb';

/** Why programs with windows cannot be run here, or undefined if they can. */
export function missingScreen(): string | undefined {
  return existsSync(XVFB)
    ? undefined
    : 'a program with a window needs a screen: apt-get install xvfb openjdk-17-jre';
}

/** An X server without a screen that one could see, for programs with windows; it listens to no network. */
export class VirtualScreen {
  /** ":99", for the environment variable DISPLAY. */
  readonly display: string;
  readonly #end: () => Promise<void>;

  private constructor(display: string, end: () => Promise<void>) {
    this.display = display;
    this.#end = end;
  }

  static async open(): Promise<VirtualScreen> {
    const child = spawn(XVFB, ['-displayfd', '3', '-nolisten', 'tcp', '-screen', '0', '1024x768x24'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const exited = once(child, 'exit');
    const release = atExit(() => child.kill('SIGKILL'));
    child.once('exit', release);
    const lines = createInterface({ input: child.stdio[3] as Readable });
    const ended = exited.then(() => {
      throw new Error('Xvfb has ended');
    });
    ended.catch(() => undefined); // told where somebody waits for it
    const [number] = (await bounded('Xvfb starts', 20_000, Promise.race([once(lines, 'line'), ended]))) as [
      string,
    ];
    return new VirtualScreen(`:${number}`, async () => {
      child.kill('SIGTERM');
      await bounded('Xvfb ends', 20_000, exited);
    });
  }

  close(): Promise<void> {
    return this.#end();
  }
}
