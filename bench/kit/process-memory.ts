import { readFileSync } from 'node:fs';

const SAMPLE_MS = 50;

/** What a process holds, in MB (10^6 bytes). */
export interface ProcessMemory {
  /** Anonymous memory that is resident: not the mapped pages of files, such as LMDB's. */
  readonly anonymous: number;
  /** The most that was ever resident (VmHWM), mapped pages of files included. */
  readonly residentPeak: number;
}

export function processMemory(pid: number): ProcessMemory {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const megabytes = (key: string): number =>
    (Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN) * 1024) / 1e6;
  return { anonymous: megabytes('RssAnon'), residentPeak: megabytes('VmHWM') };
}

/** Looks again and again at what a process holds; the kernel itself only keeps the peak of everything together. */
export class AnonymousPeak {
  readonly #process: { readonly pid: number | undefined };
  readonly #timer: NodeJS.Timeout;
  #peak = 0;

  /** @param process may still be about to start */
  constructor(process: { readonly pid: number | undefined }) {
    this.#process = process;
    this.#timer = setInterval(() => this.#look(), SAMPLE_MS);
  }

  /** The most that was seen, in MB; it looks no more. */
  end(): number {
    clearInterval(this.#timer);
    this.#look();
    return this.#peak;
  }

  #look(): void {
    const { pid } = this.#process;
    try {
      this.#peak = pid === undefined ? this.#peak : Math.max(this.#peak, processMemory(pid).anonymous);
    } catch {
      // It has ended; whoever waits for it says so.
    }
  }
}
