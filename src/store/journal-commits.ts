import type { JournalFiles } from './journal-files.js';

/** What `commit` waits for. */
export type Durability = 'batch' | 'ack' | 'off';

export interface JournalCommitsParts {
  readonly durability: Durability;
  readonly files: Pick<JournalFiles, 'sync' | 'syncNames'>;
  /** Of a file in the directory of the journal. */
  readonly path: string;
  readonly failed: (error: unknown) => void;
  /** The file is not needed here any more. */
  readonly synced: (file: number) => void;
}

interface Waiter {
  /** Of the writes, the one that has to be safe. */
  readonly write: number;
  readonly resolve: (isSafe: boolean) => void;
}

/**
 * Which writes of the journal are as safe as they have to be, and who waits for that. Where they have to be safe from a
 * loss of power, `fdatasync` runs on another thread, once at a time, for all who wait meanwhile.
 */
export class JournalCommits {
  readonly #parts: JournalCommitsParts;
  #writes = 0;
  /** Of the writes, the last that is as safe as it has to be. */
  #safe = 0;
  #waiters: Waiter[] = [];
  /** Files with writes that are not safe from a loss of power, and whether one of them is new. */
  #unsynced = new Set<number>();
  #inSync: ReadonlySet<number> = new Set();
  #hasNewNames = false;
  #syncing: Promise<void> | undefined;

  constructor(parts: JournalCommitsParts) {
    this.#parts = parts;
  }

  /** Writes since the start. */
  get writes(): number {
    return this.#writes;
  }

  /** A file was made. */
  created(): void {
    this.#hasNewNames = true;
  }

  /** A write to the file was made. */
  written(file: number): void {
    this.#writes++;
    if (this.#parts.durability === 'ack') {
      this.#unsynced.add(file);
    }
  }

  /** Every write of this turn of the event loop was made. */
  settleWritten(): void {
    if (this.#parts.durability !== 'ack') {
      this.#settle(this.#writes, true);
    } else if (this.#waiters.length > 0) {
      this.#sync();
    }
  }

  /** Resolves when the writes are safe, and the next one, too, if there is one `due`; with false when they are not. */
  wait(due: boolean): Promise<boolean> {
    if (!due && this.#safe >= this.#writes) {
      return Promise.resolve(true);
    }
    const write = this.#writes + (due ? 1 : 0);
    const safe = new Promise<boolean>((resolve) => this.#waiters.push({ write, resolve }));
    if (!due) {
      this.#sync();
    }
    return safe;
  }

  /** Whether the file is not to be closed yet. */
  needs(file: number): boolean {
    return this.#unsynced.has(file) || this.#inSync.has(file);
  }

  /** Gives up the files that wait to be made safe, and returns them. */
  abandonFiles(): readonly number[] {
    const abandoned = [...this.#unsynced];
    this.#unsynced.clear();
    return abandoned;
  }

  /** Tells all who wait that nothing is safe. */
  refuse(): void {
    this.#settle(Infinity, false);
  }

  /** Makes the rest safe. Never rejects. */
  async finish(): Promise<void> {
    if (this.#unsynced.size > 0) {
      this.#sync();
    }
    await this.#syncing;
  }

  #sync(): void {
    this.#syncing ??= this.#syncAll().then(() => {
      this.#syncing = undefined;
      if (this.#waiters.length > 0 && this.#unsynced.size > 0) {
        this.#sync();
      }
    });
  }

  /** Never rejects. */
  async #syncAll(): Promise<void> {
    const { files, path, failed, synced } = this.#parts;
    const write = this.#writes;
    const unsynced = this.#unsynced;
    const hasNewNames = this.#hasNewNames;
    this.#inSync = unsynced;
    this.#unsynced = new Set();
    this.#hasNewNames = false;
    try {
      if (hasNewNames) {
        await files.syncNames(path);
      }
      for (const file of unsynced) {
        await files.sync(file);
      }
      this.#settle(write, true);
    } catch (error) {
      // What the system could not write, it may have forgotten: a second attempt would say nothing.
      failed(error);
    }
    this.#inSync = new Set();
    unsynced.forEach(synced);
  }

  #settle(write: number, isSafe: boolean): void {
    this.#safe = Math.max(this.#safe, Math.min(write, this.#writes));
    const done = this.#waiters.filter((waiter) => waiter.write <= write);
    this.#waiters = this.#waiters.filter((waiter) => waiter.write > write);
    for (const waiter of done) {
      waiter.resolve(isSafe);
    }
  }
}
